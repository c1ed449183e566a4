import { createPool } from '#src/platform/workers/pool.ts';
import type { Holiday, HolidayRegion } from './contract.ts';
import type { HolidayAnswer, HolidayQuestion } from './holidays-worker.ts';

// What is known of public holidays: asked once for a region and a year, of a worker of its own.

/** How many regions' years are kept; beyond that the one asked first goes. */
export const holidayYearsMax = 500;
/** Questions that wait for the one worker; a page asks one, so these are many people at once. */
const questionsMax = 100;

const years = new Map<string, Promise<Holiday[] | null>>();
let regions: Promise<HolidayRegion[]> | undefined;

/** One worker, so that many regions at once are no crowd; it goes when nobody has asked for a while. */
export const holidayPool = createPool<HolidayQuestion, HolidayAnswer>({
  name: 'holidays',
  script: new URL('./holidays-worker.ts', import.meta.url),
  workers: 1,
  deadlineMs: 30_000,
  megabytes: 256,
  queueMax: questionsMax,
});

async function ask(question: HolidayQuestion): Promise<HolidayAnswer> {
  const outcome = await holidayPool.run(question);
  if (outcome.failed !== undefined)
    throw new Error(`Holidays could not be worked out (${outcome.failed}): ${outcome.message}`);
  return outcome.answer;
}

/**
 * The public holidays of regions in years, by `region year`; nothing for a region that is not known. What was asked before is answered
 * from memory.
 */
export async function holidaysOf(
  wanted: readonly { region: string; year: number }[],
): Promise<Map<string, Holiday[] | null>> {
  const keyOf = ({ region, year }: { region: string; year: number }) => `${region} ${year}`;
  const missing = [...new Map(wanted.map((each) => [keyOf(each), each])).values()].filter(
    (each) => !years.has(keyOf(each)),
  );
  if (missing.length > 0) {
    const answer = ask({ wanted: missing, regions: false });
    missing.forEach((each, place) => {
      const key = keyOf(each);
      if (years.size >= holidayYearsMax) years.delete(years.keys().next().value as string);
      const found = answer.then((all) => all.found[place] ?? null);
      years.set(key, found);
      found.catch(() => years.delete(key)); // asked again next time
    });
  }
  const pending = wanted.map((each) => [keyOf(each), years.get(keyOf(each))] as const);
  return new Map(
    await Promise.all(pending.map(async ([key, found]) => [key, (await found) ?? null] as const)),
  );
}

/** The regions whose holidays are known: countries and their parts. */
export function holidayRegions(): Promise<HolidayRegion[]> {
  regions ??= ask({ wanted: [], regions: true }).then((answer) => answer.regions);
  regions.catch(() => {
    regions = undefined;
  });
  return regions;
}
