import type { Queryable } from '#src/platform/db/sql.ts';
import type { DayInterval, WeekInterval } from './contract.ts';

export interface SiteRow {
  id: string;
  name: string;
  time_zone: string;
  active: boolean;
  version: number;
}

export async function insertSite(
  db: Queryable,
  s: { id: string; name: string; timeZone: string; at: Date },
): Promise<SiteRow> {
  const [row] = await db<SiteRow[]>`
    insert into site (id, name, time_zone, created_at) values (${s.id}, ${s.name}, ${s.timeZone}, ${s.at}) returning *`;
  return row!;
}

export async function updateSite(
  db: Queryable,
  id: string,
  version: number,
  change: { name?: string; timeZone?: string; active?: boolean },
): Promise<SiteRow | undefined> {
  const [row] = await db<SiteRow[]>`
    update site set version = version + 1, name = coalesce(${change.name ?? null}, name),
           time_zone = coalesce(${change.timeZone ?? null}, time_zone), active = coalesce(${change.active ?? null}, active)
     where id = ${id} and version = ${version} returning *`;
  return row;
}

export async function siteById(db: Queryable, id: string): Promise<SiteRow | undefined> {
  const [row] = await db<SiteRow[]>`select * from site where id = ${id}`;
  return row;
}

export async function sitePage(db: Queryable, page: { after?: string; limit: number }): Promise<SiteRow[]> {
  return db<SiteRow[]>`
    select * from site ${page.after === undefined ? db`` : db`where id > ${page.after}`} order by id limit ${page.limit}`;
}

export async function siteHasTeams(db: Queryable, siteId: string): Promise<boolean> {
  return (await db`select from team where site_id = ${siteId} and active limit 1`).length > 0;
}

export interface TeamRow {
  id: string;
  site_id: string;
  name_en: string;
  name_fr: string;
  active: boolean;
  version: number;
  members: string[];
}

/** Whom somebody may know of: all, or only those who share a client with them. */
export type Sharing = readonly string[] | 'all';

const shared = (db: Queryable, sharing: Sharing) =>
  sharing === 'all'
    ? db`true`
    : db`exists (select from person_client c where c.person_id = m.person_id and c.client_id = any (${sharing as string[]}::uuid[]))`;

const teamColumns = (db: Queryable, sharing: Sharing) => db`
  t.*, array(select m.person_id from team_member m where m.team_id = t.id and ${shared(db, sharing)} order by m.person_id) as members`;

export async function teamById(
  db: Queryable,
  id: string,
  sharing: Sharing = 'all',
): Promise<TeamRow | undefined> {
  const [row] = await db<TeamRow[]>`select ${teamColumns(db, sharing)} from team t where t.id = ${id}`;
  return row;
}

/** Teams that concern somebody: those with a member who shares a client with them, or all. */
export async function teamPage(
  db: Queryable,
  sharing: Sharing,
  page: { after?: string; limit: number },
): Promise<TeamRow[]> {
  return db<TeamRow[]>`
    select ${teamColumns(db, sharing)} from team t
     where ${sharing === 'all' ? db`true` : db`exists (select from team_member m where m.team_id = t.id and ${shared(db, sharing)})`}
       ${page.after === undefined ? db`` : db`and t.id > ${page.after}`} order by t.id limit ${page.limit}`;
}

export async function insertTeam(
  db: Queryable,
  t: { id: string; siteId: string; nameEn: string; nameFr: string; at: Date },
): Promise<void> {
  await db`
    insert into team (id, site_id, name_en, name_fr, created_at) values (${t.id}, ${t.siteId}, ${t.nameEn}, ${t.nameFr}, ${t.at})`;
}

export async function updateTeam(
  db: Queryable,
  id: string,
  version: number,
  change: { siteId?: string; nameEn?: string; nameFr?: string; active?: boolean },
): Promise<boolean> {
  const rows = await db`
    update team set version = version + 1, site_id = coalesce(${change.siteId ?? null}::uuid, site_id),
           name_en = coalesce(${change.nameEn ?? null}, name_en), name_fr = coalesce(${change.nameFr ?? null}, name_fr),
           active = coalesce(${change.active ?? null}, active)
     where id = ${id} and version = ${version} returning id`;
  return rows.length > 0;
}

/** Makes these the members. Answers who joined and who left. */
export async function setMembers(
  db: Queryable,
  teamId: string,
  members: readonly string[],
): Promise<{ joined: string[]; left: string[] }> {
  const left = await db<{ person_id: string }[]>`
    delete from team_member where team_id = ${teamId} and person_id <> all (${members as string[]}::uuid[]) returning person_id`;
  const joined = await db<{ person_id: string }[]>`
    insert into team_member (team_id, person_id) select ${teamId}, unnest(${members as string[]}::uuid[])
    on conflict do nothing returning person_id`;
  return { joined: joined.map((row) => row.person_id), left: left.map((row) => row.person_id) };
}

/** Whether an active type's overflow names the team: out of use, it would be waited for in vain. */
export async function teamIsAsked(db: Queryable, teamId: string): Promise<boolean> {
  const asks = JSON.stringify({ teams: [{ teamIds: [teamId] }] });
  return (
    (await db`select from interaction_type where active and routing @> ${asks}::text::jsonb limit 1`).length >
    0
  );
}

/** Of these teams, those in use. */
export async function activeTeams(db: Queryable, ids: readonly string[]): Promise<Set<string>> {
  const rows = await db<
    { id: string }[]
  >`select id from team where active and id = any (${ids as string[]}::uuid[])`;
  return new Set(rows.map((row) => row.id));
}

/** Every team's names, retired ones too: what was kept for one is still said. */
export async function teamNames(db: Queryable): Promise<{ id: string; name_en: string; name_fr: string }[]> {
  return db<{ id: string; name_en: string; name_fr: string }[]>`select id, name_en, name_fr from team`;
}

/** The teams in use that people (none named: all) are in. */
export async function teamsOf(
  db: Queryable,
  people?: readonly string[],
): Promise<{ person_id: string; team_id: string }[]> {
  return db<{ person_id: string; team_id: string }[]>`
    select m.person_id, m.team_id from team_member m join team t on t.id = m.team_id
     where t.active and (${people === undefined} or m.person_id = any (${(people ?? []) as string[]}::uuid[]))
     order by m.person_id, m.team_id`;
}

export interface HoursRow {
  id: string;
  client_id: string | null;
  name: string;
  time_zone: string;
  weekly: WeekInterval[];
  holiday_region: string | null;
  holidays_worked: string[];
  message_en: string;
  message_fr: string;
  closed_early_at: Date | null;
  closed_early_by: string | null;
  closed_early_reason: string | null;
  closed_early_message_en: string;
  closed_early_message_fr: string;
  version: number;
  exceptions: { day: string; intervals: DayInterval[]; messageEn: string; messageFr: string }[];
}

/** How long past exceptions are shown. */
export const exceptionsKeptDays = 366;

const hoursColumns = (db: Queryable, now: Date) => db`
  h.*, coalesce((select jsonb_agg(jsonb_build_object('day', e.day::text, 'intervals', e.intervals, 'messageEn', e.message_en,
                                                     'messageFr', e.message_fr) order by e.day)
                   from opening_exception e
                  where e.hours_id = h.id and e.day >= (${now}::timestamptz at time zone 'UTC')::date - ${exceptionsKeptDays}::integer), '[]') as exceptions`;

/** These opening hours (none named: all). */
export async function hoursRows(db: Queryable, now: Date, ids?: readonly string[]): Promise<HoursRow[]> {
  return db<HoursRow[]>`
    select ${hoursColumns(db, now)} from opening_hours h
     where ${ids === undefined} or h.id = any (${(ids ?? []) as string[]}::uuid[])`;
}

/** Those of a client one may see, or common to all. */
export async function hoursSeen(
  db: Queryable,
  id: string,
  clients: readonly string[],
  now: Date,
): Promise<HoursRow | undefined> {
  const [row] = await db<HoursRow[]>`
    select ${hoursColumns(db, now)} from opening_hours h
     where h.id = ${id} and (h.client_id is null or h.client_id = any (${clients as string[]}::uuid[]))`;
  return row;
}

export async function hoursPage(
  db: Queryable,
  clients: readonly string[],
  page: { after?: string; limit: number },
  now: Date,
): Promise<HoursRow[]> {
  return db<HoursRow[]>`
    select ${hoursColumns(db, now)} from opening_hours h
     where (h.client_id is null or h.client_id = any (${clients as string[]}::uuid[]))
       ${page.after === undefined ? db`` : db`and h.id > ${page.after}`} order by h.id limit ${page.limit}`;
}

export interface HoursDraft {
  clientId: string | null;
  name: string;
  timeZone: string;
  weekly: readonly WeekInterval[];
  holidayRegion: string | null;
  holidaysWorked: readonly string[];
  messageEn: string;
  messageFr: string;
}

export async function insertHours(db: Queryable, id: string, h: HoursDraft, at: Date): Promise<void> {
  await db`
    insert into opening_hours (id, client_id, name, time_zone, weekly, holiday_region, holidays_worked, message_en, message_fr, created_at)
    values (${id}, ${h.clientId}, ${h.name}, ${h.timeZone}, ${db.json(h.weekly as never)}, ${h.holidayRegion}, ${h.holidaysWorked as string[]},
            ${h.messageEn}, ${h.messageFr}, ${at})`;
}

export async function updateHours(
  db: Queryable,
  id: string,
  version: number,
  h: Omit<HoursDraft, 'clientId'>,
): Promise<boolean> {
  const rows = await db`
    update opening_hours set version = version + 1, name = ${h.name}, time_zone = ${h.timeZone}, weekly = ${db.json(h.weekly as never)},
           holiday_region = ${h.holidayRegion}, holidays_worked = ${h.holidaysWorked as string[]}, message_en = ${h.messageEn}, message_fr = ${h.messageFr}
     where id = ${id} and version = ${version} returning id`;
  return rows.length > 0;
}

export async function deleteHours(db: Queryable, id: string, version: number): Promise<boolean> {
  return (
    (await db`delete from opening_hours where id = ${id} and version = ${version} returning id`).length > 0
  );
}

/** Moves the version on: of two who change a calendar at once, one is told. */
export async function nextHoursVersion(db: Queryable, id: string, version: number): Promise<boolean> {
  return (
    (
      await db`update opening_hours set version = version + 1 where id = ${id} and version = ${version} returning id`
    ).length > 0
  );
}

export async function writeException(
  db: Queryable,
  hoursId: string,
  e: { day: string; intervals: readonly DayInterval[]; messageEn: string; messageFr: string },
): Promise<void> {
  await db`
    insert into opening_exception (hours_id, day, intervals, message_en, message_fr)
    values (${hoursId}, ${e.day}::date, ${db.json(e.intervals as never)}, ${e.messageEn}, ${e.messageFr})
    on conflict (hours_id, day) do update set intervals = excluded.intervals, message_en = excluded.message_en, message_fr = excluded.message_fr`;
}

export async function deleteException(db: Queryable, hoursId: string, day: string): Promise<boolean> {
  return (
    (await db`delete from opening_exception where hours_id = ${hoursId} and day = ${day}::date returning day`)
      .length > 0
  );
}

export async function writeClosedEarly(
  db: Queryable,
  id: string,
  early: { at: Date; by: string | null; reason: string; messageEn: string; messageFr: string } | null,
): Promise<void> {
  await db`
    update opening_hours set version = version + 1, closed_early_at = ${early?.at ?? null}, closed_early_by = ${early?.by ?? null},
           closed_early_reason = ${early?.reason ?? null}, closed_early_message_en = ${early?.messageEn ?? ''}, closed_early_message_fr = ${early?.messageFr ?? ''}
     where id = ${id}`;
}
