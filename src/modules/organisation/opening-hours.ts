import { z } from 'zod';
import type { Context } from '#src/platform/context.ts';
import { brokenConstraint, type Queryable } from '#src/platform/db/sql.ts';
import { event } from '#src/platform/events/event.ts';
import { publish, transaction } from '#src/platform/events/publish.ts';
import { newId } from '#src/platform/ids.ts';
import { type Refused, refuse } from '#src/platform/refusal.ts';
import type { OpeningException, OpeningHours } from './contract.ts';
import { holidaysOf } from './holidays.ts';
import {
  deleteException,
  deleteHours,
  type HoursDraft,
  type HoursRow,
  hoursRows,
  hoursSeen,
  insertHours,
  nextHoursVersion,
  updateHours,
  writeException,
} from './queries.ts';
import {
  type Calendar,
  horizonDays,
  isClosedEarly,
  messageAt,
  nextChange,
  openAt,
  whyNotExcept,
  whyNotKeepHours,
} from './rules.ts';
import { dayAt, dayPlus } from './zone.ts';

/** What is open when may have changed: routing and channels look again. */
export const hoursChanged = event(
  'opening-hours.changed',
  z.object({
    by: z.uuid().optional(),
    changed: z.record(z.string(), z.unknown()),
    reason: z.string().optional(),
  }),
);

/** Exceptions from today on that a calendar may hold. */
export const exceptionsMax = 200;

/** The years whose holidays the rules may meet around a moment. */
function yearsAround(now: Date): number[] {
  const day = now.toISOString().slice(0, 10);
  const years = [dayPlus(day, -2), day, dayPlus(day, horizonDays + 2)].map((d) => Number(d.slice(0, 4)));
  return [...new Set(years)];
}

/** The calendars of rows, with the holidays around a moment. */
async function calendarsOf(rows: readonly HoursRow[], now: Date): Promise<Map<string, Calendar>> {
  const wanted = rows.flatMap(({ holiday_region: region }) =>
    region === null ? [] : yearsAround(now).map((year) => ({ region, year })),
  );
  const known = await holidaysOf(wanted);
  return new Map(
    rows.map((row) => {
      const holidays =
        row.holiday_region === null
          ? []
          : yearsAround(now).flatMap((year) => known.get(`${row.holiday_region} ${year}`) ?? []);
      const calendar: Calendar = {
        timeZone: row.time_zone,
        messageEn: row.message_en,
        messageFr: row.message_fr,
        weekly: row.weekly,
        holidays: Map.groupBy(holidays, ({ day }) => day),
        holidaysWorked: row.holidays_worked,
        exceptions: new Map(row.exceptions.map((exception) => [exception.day, exception])),
        ...(row.closed_early_at === null
          ? {}
          : {
              closedEarly: {
                at: row.closed_early_at,
                messageEn: row.closed_early_message_en,
                messageFr: row.closed_early_message_fr,
              },
            }),
      };
      return [row.id, calendar];
    }),
  );
}

export async function calendarOf(row: HoursRow, now: Date): Promise<Calendar> {
  return (await calendarsOf([row], now)).get(row.id)!;
}

/** Whether it is open, and when that changes next. */
export interface HoursNow {
  open: boolean;
  /** None within the next hundred days: ask again before they are over. */
  changesAt?: Date;
  /** What customers are told while it is closed. */
  message?: { en: string; fr: string };
}

/** Whether these opening hours (none named: all) are open at a moment, by id. */
export async function hoursNow(
  db: Queryable,
  now: Date,
  only?: readonly string[],
): Promise<Map<string, HoursNow>> {
  const rows = await hoursRows(db, now, only);
  const calendars = await calendarsOf(rows, now);
  return new Map(
    rows.map(({ id }) => {
      const calendar = calendars.get(id)!;
      const changesAt = nextChange(calendar, now);
      const en = messageAt(calendar, now, 'en');
      const fr = messageAt(calendar, now, 'fr');
      return [
        id,
        {
          open: openAt(calendar, now),
          ...(changesAt === undefined ? {} : { changesAt }),
          ...(en === undefined || fr === undefined ? {} : { message: { en, fr } }),
        },
      ];
    }),
  );
}

/** Of these opening hours those that are closed now: since when by hand and why, and when they open next. */
export async function closedHours(
  db: Queryable,
  now: Date,
  only: readonly string[],
): Promise<OpeningHours[]> {
  if (only.length === 0) return [];
  const seen = await shownHours(await hoursRows(db, now, only), now);
  return seen.map(hoursView).filter(({ open }) => !open);
}

export interface HoursSeen {
  row: HoursRow;
  calendar: Calendar;
  now: Date;
}

export async function shownHours(rows: readonly HoursRow[], now: Date): Promise<HoursSeen[]> {
  const calendars = await calendarsOf(rows, now);
  return rows.map((row) => ({ row, calendar: calendars.get(row.id)!, now }));
}

export function hoursView({ row, calendar, now }: HoursSeen): OpeningHours {
  return {
    id: row.id,
    clientId: row.client_id,
    name: row.name,
    timeZone: row.time_zone,
    weekly: row.weekly,
    holidayRegion: row.holiday_region,
    holidaysWorked: row.holidays_worked,
    messageEn: row.message_en,
    messageFr: row.message_fr,
    exceptions: row.exceptions,
    closedEarly:
      row.closed_early_at === null || !isClosedEarly(calendar, now)
        ? null
        : {
            at: row.closed_early_at.toISOString(),
            by: row.closed_early_by,
            reason: row.closed_early_reason ?? '',
            messageEn: row.closed_early_message_en,
            messageFr: row.closed_early_message_fr,
          },
    open: openAt(calendar, now),
    changesAt: nextChange(calendar, now)?.toISOString() ?? null,
    version: row.version,
  };
}

/** As they stand in a transaction, with their holidays. */
export async function hoursIn(db: Queryable, id: string, now: Date): Promise<HoursSeen> {
  const [row] = await hoursRows(db, now, [id]);
  return { row: row!, calendar: await calendarOf(row!, now), now };
}

async function whyNotKeep(draft: Omit<HoursDraft, 'clientId'>, now: Date): Promise<string | undefined> {
  const reason = whyNotKeepHours(draft);
  if (reason !== undefined || draft.holidayRegion === null) return reason;
  // Asked before the transaction: it may take a second, and the calendar needs these years anyway.
  const wanted = yearsAround(now).map((year) => ({ region: draft.holidayRegion!, year }));
  const known = await holidaysOf(wanted);
  return [...known.values()].some((found) => found === null) ? 'holiday-region-unknown' : undefined;
}

/** New opening hours: of one client, or common to all. */
export async function createHours(ctx: Context, draft: HoursDraft, by?: string): Promise<Refused<HoursSeen>> {
  const at = ctx.clock.now();
  const reason = await whyNotKeep(draft, at);
  if (reason !== undefined) return refuse(reason);
  const id = newId(at);
  return transaction<Refused<HoursSeen>>(ctx, async (tx) => {
    await insertHours(tx.sql, id, draft, at);
    await publish(tx, hoursChanged, {
      stream: id,
      clientId: draft.clientId,
      at,
      body: { ...(by === undefined ? {} : { by }), changed: { ...draft } },
    });
    return hoursIn(tx.sql, id, at);
  }).catch((error) => {
    if (brokenConstraint(error)?.endsWith('fkey')) return refuse('client-unknown');
    throw error;
  });
}

export async function changeHours(
  ctx: Context,
  id: string,
  { version, ...change }: Partial<Omit<HoursDraft, 'clientId'>> & { version: number },
  clients: readonly string[],
  by?: string,
): Promise<Refused<HoursSeen>> {
  const at = ctx.clock.now();
  const row = await hoursSeen(ctx.db.system, id, clients, at);
  if (row === undefined) return refuse('not-found');
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const draft = {
    name: row.name,
    timeZone: row.time_zone,
    weekly: row.weekly,
    holidayRegion: row.holiday_region,
    holidaysWorked: row.holidays_worked,
    messageEn: row.message_en,
    messageFr: row.message_fr,
    ...given,
  };
  const reason = await whyNotKeep(draft, at);
  if (reason !== undefined) return refuse(reason);
  return transaction<Refused<HoursSeen>>(ctx, async (tx) => {
    if (!(await updateHours(tx.sql, id, version, draft))) return refuse('changed-meanwhile');
    await publish(tx, hoursChanged, {
      stream: id,
      clientId: row.client_id,
      at,
      body: { ...(by === undefined ? {} : { by }), changed: given },
    });
    return hoursIn(tx.sql, id, at);
  });
}

/** Removes opening hours that no type uses. What they were stays in the log. */
export async function removeHours(
  ctx: Context,
  { id, version, clients, by }: { id: string; version: number; clients: readonly string[]; by: string },
): Promise<Refused<undefined>> {
  return transaction<Refused<undefined>>(ctx, async (tx) => {
    const at = ctx.clock.now();
    const row = await hoursSeen(tx.sql, id, clients, at);
    if (row === undefined) return refuse('not-found');
    if (!(await deleteHours(tx.sql, id, version))) return refuse('changed-meanwhile');
    await publish(tx, hoursChanged, {
      stream: id,
      clientId: row.client_id,
      at,
      body: { by, changed: { removed: row.name } },
    });
    return undefined;
  }).catch((error) => {
    if (brokenConstraint(error)?.endsWith('fkey')) return refuse('hours-in-use');
    throw error;
  });
}

/** Makes a day unlike its week: closed, or open in these intervals alone. */
export async function exceptDay(
  ctx: Context,
  {
    hoursId,
    version,
    clients,
    by,
    ...exception
  }: OpeningException & { hoursId: string; version: number; clients: readonly string[]; by: string },
): Promise<Refused<HoursSeen>> {
  const at = ctx.clock.now();
  const row = await hoursSeen(ctx.db.system, hoursId, clients, at);
  if (row === undefined) return refuse('not-found');
  await calendarOf(row, at); // its holidays are at hand before the transaction, which waits for nothing outside
  const reason = whyNotExcept(exception, { timeZone: row.time_zone }, at);
  if (reason !== undefined) return refuse(reason);
  const today = dayAt(row.time_zone, at.getTime());
  const coming = row.exceptions.filter(({ day }) => day >= today && day !== exception.day);
  if (coming.length >= exceptionsMax) return refuse('too-many-exceptions');
  return transaction<Refused<HoursSeen>>(ctx, async (tx) => {
    if (!(await nextHoursVersion(tx.sql, hoursId, version))) return refuse('changed-meanwhile');
    await writeException(tx.sql, hoursId, exception);
    await publish(tx, hoursChanged, {
      stream: hoursId,
      clientId: row.client_id,
      at,
      body: { by, changed: { exception } },
    });
    return hoursIn(tx.sql, hoursId, at);
  });
}

/** The day is like its week again. */
export async function unexceptDay(
  ctx: Context,
  {
    hoursId,
    day,
    version,
    clients,
    by,
  }: { hoursId: string; day: string; version: number; clients: readonly string[]; by: string },
): Promise<Refused<HoursSeen>> {
  const at = ctx.clock.now();
  const row = await hoursSeen(ctx.db.system, hoursId, clients, at);
  if (row === undefined) return refuse('not-found');
  await calendarOf(row, at);
  return transaction<Refused<HoursSeen>>(ctx, async (tx) => {
    if (!(await nextHoursVersion(tx.sql, hoursId, version))) return refuse('changed-meanwhile');
    if (!(await deleteException(tx.sql, hoursId, day))) return refuse('not-found');
    await publish(tx, hoursChanged, {
      stream: hoursId,
      clientId: row.client_id,
      at,
      body: { by, changed: { exceptionRemoved: day } },
    });
    return hoursIn(tx.sql, hoursId, at);
  });
}
