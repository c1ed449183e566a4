import { Worker } from 'node:worker_threads';
import type { Holiday, HolidayRegion } from './contract.ts';
import type { HolidayAnswer, HolidayQuestion } from './holidays-worker.ts';

// What is known of public holidays: asked once for a region and a year, of a worker that ends when it has answered.

/** How many regions' years are kept; beyond that the one asked first goes. */
export const holidayYearsMax = 500;
const workerMs = 30_000;
const workerMegabytes = 256;

const years = new Map<string, Promise<Holiday[] | null>>();
let regions: Promise<HolidayRegion[]> | undefined;
let lastQuestion: Promise<unknown> = Promise.resolve();

/** One worker at a time, so that many regions at once are no crowd. */
function ask(question: HolidayQuestion): Promise<HolidayAnswer> {
  const answer = lastQuestion.then(
    () =>
      new Promise<HolidayAnswer>((resolve, reject) => {
        const worker = new Worker(new URL('./holidays-worker.ts', import.meta.url), {
          workerData: question,
          execArgv: [], // whatever this program was started with is not the worker's business
          resourceLimits: { maxOldGenerationSizeMb: workerMegabytes },
        });
        const late = setTimeout(() => {
          void worker.terminate();
          reject(new Error(`Holidays were not worked out within ${workerMs} ms.`));
        }, workerMs).unref();
        const done = () => clearTimeout(late);
        worker.once('message', (message: HolidayAnswer) => (done(), resolve(message)));
        worker.once('error', (fault) => (done(), reject(fault)));
        worker.once('exit', (code) => (done(), reject(new Error(`Holidays ended with ${code}.`))));
      }),
  );
  lastQuestion = answer.catch(() => {}); // whoever asked hears of it
  return answer;
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
