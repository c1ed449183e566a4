// Works out public holidays, away from the main thread: the library takes a second to load and tens of milliseconds to a year.
import Holidays from 'date-holidays';
import { answerTasks } from '#src/platform/workers/answer.ts';
import type { Holiday, HolidayRegion } from './contract.ts';

/** What the worker is asked, and what it answers in one message. */
export interface HolidayQuestion {
  /** Region and year, each pair once. */
  wanted: { region: string; year: number }[];
  /** Whether the list of regions is wanted too. */
  regions: boolean;
}
export interface HolidayAnswer {
  /** In the order of what was wanted; nothing for a region that is not known. */
  found: (Holiday[] | null)[];
  regions: HolidayRegion[];
}

const dayMs = 86_400_000;

/** The country, state and region of a code such as CH-GE, if there is such a place. */
function calendarOf(code: string): Holidays | undefined {
  const [country = '', state, region] = code.split('-');
  const made = new Holidays();
  if (made.getCountries()[country] === undefined) return undefined;
  if (state !== undefined && made.getStates(country)?.[state] === undefined) return undefined;
  if (region !== undefined && made.getRegions(country, state!)?.[region] === undefined) return undefined;
  made.init(country, state as string, region as string, { types: ['public'] });
  return made;
}

function holidaysOf(region: string, year: number): Holiday[] | null {
  const calendar = calendarOf(region);
  if (calendar === undefined) return null;
  const french = new Map(
    calendar.getHolidays(year, 'fr').map(({ rule, date, name }) => [`${rule} ${date}`, name]),
  );
  return calendar.getHolidays(year, 'en').flatMap(({ rule, date, name, start, end }) => {
    const first = Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
    // Some last several days. An hour more or less is summer time.
    const days = Math.max(1, Math.round((end.getTime() - start.getTime()) / dayMs));
    return Array.from({ length: days }, (_, later) => ({
      day: new Date(first + later * dayMs).toISOString().slice(0, 10),
      key: rule,
      nameEn: name,
      nameFr: french.get(`${rule} ${date}`) ?? name,
    }));
  });
}

function allRegions(): HolidayRegion[] {
  const all = new Holidays();
  const english = all.getCountries('en');
  const french = all.getCountries('fr');
  return Object.keys(english)
    .sort()
    .flatMap((country) => {
      const states = all.getStates(country, 'en') ?? {};
      const statesFr = all.getStates(country, 'fr') ?? {};
      const nameEn = english[country]!;
      const nameFr = french[country] ?? nameEn;
      return [
        { code: country, nameEn, nameFr },
        ...Object.keys(states).map((state) => ({
          code: `${country}-${state}`,
          nameEn: `${nameEn}, ${states[state]}`,
          nameFr: `${nameFr}, ${statesFr[state] ?? states[state]}`,
        })),
      ];
    });
}

answerTasks<HolidayQuestion, HolidayAnswer>(({ wanted, regions }) => ({
  found: wanted.map(({ region, year }) => holidaysOf(region, year)),
  regions: regions ? allRegions() : [],
}));
