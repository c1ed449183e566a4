import { z } from 'zod';
import { seeing } from '#src/platform/db/sql.ts';
import { type Actor, hasRole } from '#src/platform/identity/actor.ts';
import { refuse } from '#src/platform/refusal.ts';
import { day, page, pageOf, pageQuery, route, whole, wholeInQuery } from '#src/platform/route/route.ts';
import { closeEarly } from './close-early.ts';
import type { Holiday, HolidayRegion, OpeningHours, Site, Team } from './contract.ts';
import { holidayRegions, holidaysOf } from './holidays.ts';
import {
  changeHours,
  createHours,
  exceptDay,
  hoursView,
  removeHours,
  shownHours,
  unexceptDay,
} from './opening-hours.ts';
import { hoursPage, hoursSeen, sitePage, teamById, teamPage } from './queries.ts';
import { changeSite, createSite, siteView } from './sites.ts';
import { changeTeam, createTeam, membersMax, teamView } from './teams.ts';

const site = z
  .object({
    id: z.uuid(),
    name: z.string(),
    timeZone: z.string(),
    active: z.boolean(),
    version: z.number().int(),
  })
  .meta({ id: 'Site' }) satisfies z.ZodType<Site>;
const team = z
  .object({
    id: z.uuid(),
    siteId: z.uuid(),
    nameEn: z.string(),
    nameFr: z.string(),
    members: z.array(z.uuid()),
    active: z.boolean(),
    version: z.number().int(),
  })
  .meta({ id: 'Team' }) satisfies z.ZodType<Team>;

const from = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as 08:30');
const to = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'a time of day such as 18:00, or 24:00');
const interval = z.object({ from, to });
const weekInterval = z.object({ day: z.number().int().min(1).max(7), from, to });
const hours = z
  .object({
    id: z.uuid(),
    clientId: z.uuid().nullable(),
    name: z.string(),
    timeZone: z.string(),
    weekly: z.array(weekInterval),
    holidayRegion: z.string().nullable(),
    holidaysWorked: z.array(z.string()),
    messageEn: z.string(),
    messageFr: z.string(),
    exceptions: z.array(
      z.object({
        day: z.iso.date(),
        intervals: z.array(interval),
        messageEn: z.string(),
        messageFr: z.string(),
      }),
    ),
    closedEarly: z
      .object({
        at: z.iso.datetime(),
        by: z.uuid().nullable(),
        reason: z.string(),
        messageEn: z.string(),
        messageFr: z.string(),
      })
      .nullable(),
    open: z.boolean(),
    changesAt: z.iso.datetime().nullable(),
    version: z.number().int(),
  })
  .meta({ id: 'OpeningHours' }) satisfies z.ZodType<OpeningHours>;
const holiday = z
  .object({ day: z.iso.date(), key: z.string(), nameEn: z.string(), nameFr: z.string() })
  .meta({ id: 'Holiday' }) satisfies z.ZodType<Holiday>;
const holidayRegion = z
  .object({ code: z.string(), nameEn: z.string(), nameFr: z.string() })
  .meta({ id: 'HolidayRegion' }) satisfies z.ZodType<HolidayRegion>;

const id = { id: z.uuid() };
const name = z.string().trim().min(1).max(120);
const timeZone = z.string().min(1).max(64);
const members = z.array(z.uuid()).max(membersMax);
const region = z.string().regex(/^[A-Z]{2}(-[A-Z0-9]{1,6}){0,2}$/, 'a region such as FR or CH-GE');
const weekly = z.array(weekInterval).max(70);
const worked = z.array(z.string().min(1).max(200)).max(100);
const message = z.string().trim().min(1).max(500);
const ownMessage = z.string().trim().max(500).default('');
const year = z.coerce.number().int().min(2000).max(2199);

/** An administrator knows of everybody; others of those who share a client with them. */
const sharing = (actor: Actor) => (hasRole(actor, 'administrator') ? ('all' as const) : actor.clients);

export const organisationRoutes = [
  route('GET /api/sites', {
    summary: 'The sites where people work',
    query: pageQuery,
    answer: pageOf(site),
    handle: async ({ query: { limit, cursor } }, { ctx }) =>
      page(await sitePage(ctx.db.system, { after: cursor, limit: limit + 1 }), limit, siteView),
  }),
  route('POST /api/sites', {
    summary: 'Create a site',
    body: { name, timeZone },
    answer: site,
    creates: true,
    handle: ({ body }, { ctx, actor }) => createSite(ctx, body, actor.personId),
    view: siteView,
  }),
  route('PATCH /api/sites/:id', {
    summary: 'Change a site, or take it out of use',
    params: id,
    body: {
      name: name.optional(),
      timeZone: timeZone.optional(),
      active: z.boolean().optional(),
      version: whole,
    },
    answer: site,
    handle: ({ params, body }, { ctx, actor }) => changeSite(ctx, params.id, body, actor.personId),
    view: siteView,
  }),
  route('GET /api/teams', {
    summary: 'Teams: all for administrators, else those with somebody who serves a client of one’s own',
    query: pageQuery,
    answer: pageOf(team),
    handle: async ({ query: { limit, cursor } }, { ctx, actor }) =>
      page(
        await teamPage(ctx.db.system, sharing(actor), { after: cursor, limit: limit + 1 }),
        limit,
        teamView,
      ),
  }),
  route('POST /api/teams', {
    summary: 'Create a team',
    body: { siteId: z.uuid(), nameEn: name, nameFr: name, members: members.default([]) },
    answer: team,
    creates: true,
    handle: ({ body }, { ctx, actor }) => createTeam(ctx, body, actor.personId),
    view: teamView,
  }),
  route('GET /api/teams/:id', {
    summary: 'One team',
    params: id,
    answer: team,
    handle: async ({ params }, { ctx, actor }) => {
      const row = await teamById(ctx.db.system, params.id, sharing(actor));
      return row === undefined || (row.members.length === 0 && sharing(actor) !== 'all')
        ? refuse('not-found')
        : row;
    },
    view: teamView,
  }),
  route('PATCH /api/teams/:id', {
    summary: 'Change a team or its members; routing follows at once',
    params: id,
    body: {
      siteId: z.uuid().optional(),
      nameEn: name.optional(),
      nameFr: name.optional(),
      members: members.optional(),
      active: z.boolean().optional(),
      version: whole,
    },
    answer: team,
    handle: ({ params, body }, { ctx, actor }) => changeTeam(ctx, params.id, body, actor.personId),
    view: teamView,
  }),

  route('GET /api/opening-hours', {
    summary:
      'Opening hours: the common ones and those of the clients one may see, and whether it is open now',
    query: pageQuery,
    answer: pageOf(hours),
    handle: async ({ query: { limit, cursor } }, { ctx, actor }) => {
      const now = ctx.clock.now();
      const rows = await seeing(ctx.db, actor.clients, (tx) =>
        hoursPage(tx, actor.clients, { after: cursor, limit: limit + 1 }, now),
      );
      const shown = new Map((await shownHours(rows, now)).map((each) => [each.row.id, each]));
      return page(rows, limit, (row) => hoursView(shown.get(row.id)!));
    },
  }),
  route('POST /api/opening-hours', {
    summary: 'Create opening hours, of one client or common to all',
    body: {
      clientId: z.uuid().nullable(),
      name,
      timeZone,
      weekly,
      holidayRegion: region.nullable().default(null),
      holidaysWorked: worked.default([]),
      messageEn: message,
      messageFr: message,
    },
    answer: hours,
    creates: true,
    handle: async ({ body }, { ctx, actor }) =>
      body.clientId === null || actor.clients.includes(body.clientId)
        ? createHours(ctx, body, actor.personId)
        : refuse('client-unknown'),
    view: hoursView,
  }),
  route('GET /api/opening-hours/:id', {
    summary: 'One calendar of opening hours',
    params: id,
    answer: hours,
    handle: async ({ params }, { ctx, actor }) => {
      const now = ctx.clock.now();
      const row = await seeing(ctx.db, actor.clients, (tx) => hoursSeen(tx, params.id, actor.clients, now));
      return row === undefined ? refuse('not-found') : (await shownHours([row], now))[0]!;
    },
    view: hoursView,
  }),
  route('PATCH /api/opening-hours/:id', {
    summary: 'Change opening hours; they hold at once',
    params: id,
    body: {
      name: name.optional(),
      timeZone: timeZone.optional(),
      weekly: weekly.optional(),
      holidayRegion: region.nullable().optional(),
      holidaysWorked: worked.optional(),
      messageEn: message.optional(),
      messageFr: message.optional(),
      version: whole,
    },
    answer: hours,
    handle: ({ params, body }, { ctx, actor }) =>
      changeHours(ctx, params.id, body, actor.clients, actor.personId),
    view: hoursView,
  }),
  route('DELETE /api/opening-hours/:id', {
    summary: 'Remove opening hours that no interaction type follows',
    params: id,
    query: { version: wholeInQuery },
    handle: ({ params, query }, { ctx, actor }) =>
      removeHours(ctx, { ...params, ...query, clients: actor.clients, by: actor.personId }),
  }),
  route('PUT /api/opening-hours/:id/exceptions/:day', {
    summary: 'Make a day unlike its week: closed, or open at other times, with a message',
    params: { ...id, day },
    body: {
      intervals: z.array(interval).max(10),
      messageEn: ownMessage,
      messageFr: ownMessage,
      version: whole,
    },
    answer: hours,
    handle: ({ params, body }, { ctx, actor }) =>
      exceptDay(ctx, {
        hoursId: params.id,
        day: params.day,
        ...body,
        clients: actor.clients,
        by: actor.personId,
      }),
    view: hoursView,
  }),
  route('DELETE /api/opening-hours/:id/exceptions/:day', {
    summary: 'Make a day like its week again',
    params: { ...id, day },
    query: { version: wholeInQuery },
    answer: hours,
    handle: ({ params, query }, { ctx, actor }) =>
      unexceptDay(ctx, {
        hoursId: params.id,
        day: params.day,
        ...query,
        clients: actor.clients,
        by: actor.personId,
      }),
    view: hoursView,
  }),
  route('PUT /api/opening-hours/:id/early-closing', {
    summary: 'Close for the rest of today with a reason and a message, or undo it',
    params: id,
    body: {
      closed: z.boolean(),
      reason: z.string().trim().min(1).max(200),
      messageEn: ownMessage,
      messageFr: ownMessage,
    },
    answer: hours,
    handle: ({ params, body }, { ctx, actor }) =>
      closeEarly(ctx, {
        hoursId: params.id,
        ...body,
        clients: actor.clients,
        forAll: hasRole(actor, 'administrator'),
        by: actor.personId,
      }),
    view: hoursView,
  }),
  route('GET /api/holiday-regions', {
    summary: 'The countries and parts of countries whose public holidays are known',
    answer: z.object({ items: z.array(holidayRegion) }),
    handle: async () => ({ items: await holidayRegions() }),
  }),
  route('GET /api/holidays', {
    summary: 'The public holidays of a region in a year',
    query: { region, year },
    answer: z.object({ items: z.array(holiday) }),
    handle: async ({ query }) => {
      const found = (await holidaysOf([query])).get(`${query.region} ${query.year}`) ?? null;
      return found === null ? refuse('holiday-region-unknown') : { items: found };
    },
  }),
];
