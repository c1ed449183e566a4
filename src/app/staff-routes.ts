import { z } from 'zod';
import { anyClient, centreName, nameCentre } from '#src/modules/clients/index.ts';
import { nameCustomer } from '#src/modules/customers/index.ts';
import { capacityMax, capacityOf, namesIn, setCapacity } from '#src/modules/interactions/index.ts';
import type { Person } from '#src/modules/people/contract.ts';
import {
  anyPerson,
  changeOwnPassword,
  changePerson,
  createFirstAccount,
  createPerson,
  openSession,
  type PersonRow,
  passwordLengthMax,
  passwordLengthMin,
  personById,
  personPage,
  signIn,
  signOut,
} from '#src/modules/people/index.ts';
import type { Presence } from '#src/modules/presence/contract.ts';
import { heads, type PresenceKeeper, presenceView, signOffPresence } from '#src/modules/presence/index.ts';
import type { InvariantsView } from '#src/modules/routing/contract.ts';
import { type Checker, invariantNames, type Routing } from '#src/modules/routing/index.ts';
import type { Context } from '#src/platform/context.ts';
import type { Dispatcher } from '#src/platform/events/dispatcher.ts';
import { holderOfLog, lags, parkedStreams, retryMark } from '#src/platform/events/queries.ts';
import type { Actor } from '#src/platform/identity/actor.ts';
import type { SessionView } from '#src/platform/identity/contract.ts';
import type { NamesOf } from '#src/platform/names.ts';
import { isRefusal, refuse } from '#src/platform/refusal.ts';
import { type Asked, page, pageOf, pageQuery, pageSizeMax, route, whole } from '#src/platform/route/route.ts';
import { registerView } from '#src/standard/register-view.ts';
import { peopleSeenBy, seesPerson, sharing } from './people-seen.ts';
import { makeReadyClient } from './ready-client.ts';
import { whyRoute } from './why.ts';
import { workSnapshot } from './work.ts';

const role = z.enum(['administrator', 'supervisor', 'agent']);
const language = z.enum(['en', 'fr']);
const email = z.email().max(254);
const name = z.string().trim().min(1).max(120);
const password = z.string().min(passwordLengthMin).max(passwordLengthMax);
const limit = z.number().int().min(0).max(capacityMax).optional();
const capacity = z.strictObject({ voice: limit, email: limit, chat: limit, messaging: limit });
const id = { id: z.uuid() };

const sessionView = z
  .object({
    needsFirstAccount: z.boolean(),
    needsFirstClient: z.boolean(),
    centreName: z.string().nullable(),
    person: z
      .object({ id: z.uuid(), name: z.string(), email: z.string(), roles: z.array(role), language })
      .nullable(),
  })
  .meta({ id: 'Session' }) satisfies z.ZodType<SessionView>;
const person = z
  .object({
    id: z.uuid(),
    email: z.string(),
    name: z.string(),
    roles: z.array(role),
    language,
    active: z.boolean(),
    clients: z.array(z.uuid()),
    capacity: z.object({
      voice: z.number().optional(),
      email: z.number().optional(),
      chat: z.number().optional(),
      messaging: z.number().optional(),
    }),
    version: z.number().int(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Person' }) satisfies z.ZodType<Person>;
const presence = z
  .object({
    agentId: z.uuid(),
    state: z.enum(['ready', 'busy', 'break', 'training', 'meeting', 'not-responding', 'offline']),
    reason: z.string(),
    since: z.iso.datetime(),
    version: z.number().int(),
  })
  .meta({ id: 'Presence' }) satisfies z.ZodType<Presence>;
const invariants = z
  .object({
    checkedAt: z.iso.datetime().nullable(),
    milliseconds: z.number().int().nullable(),
    whole: z.boolean().nullable(),
    open: z.number().int().nullable(),
    agents: z.number().int().nullable(),
    events: z.number().int().nullable(),
    invariants: z.array(
      z.object({
        invariant: z.enum(invariantNames),
        found: z.number().int(),
        violations: z.array(
          z.object({
            what: z.string(),
            ids: z.array(z.string()),
            firstAt: z.iso.datetime(),
            lastAt: z.iso.datetime(),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'Invariants' }) satisfies z.ZodType<InvariantsView>;
const anything = z.record(z.string(), z.unknown());

/** The routes that join several modules: sessions, people with their capacity, presence, work, the log's reactions, the register. */
export function staffRoutes({
  names,
  keeper,
  routing,
  checker,
  dispatcher,
}: {
  names: NamesOf;
  keeper: PresenceKeeper;
  routing: Routing;
  checker: Checker;
  dispatcher: Dispatcher;
}) {
  async function shownSession(
    ctx: Context,
    actor: Pick<Actor, 'personId'> | undefined,
  ): Promise<SessionView> {
    const db = ctx.db.system;
    const [exists, client, centre, row] = await Promise.all([
      anyPerson(db),
      anyClient(db),
      centreName(db),
      actor === undefined ? undefined : personById(db, actor.personId),
    ]);
    return {
      needsFirstAccount: !exists,
      needsFirstClient: row?.roles.includes('administrator') === true && !client,
      centreName: centre,
      person:
        row === undefined
          ? null
          : { id: row.id, name: row.name, email: row.email, roles: row.roles, language: row.language },
    };
  }

  async function begin(asked: Asked, personId: string): Promise<SessionView> {
    const opened = await openSession(asked.ctx, personId);
    asked.session.open(opened.token, opened.expiresAt);
    return shownSession(asked.ctx, { personId });
  }

  async function shownPerson({ ctx, actor }: Asked, row: PersonRow): Promise<Person> {
    const own = (await capacityOf(ctx.db.system, [row.id])).get(row.id) ?? {};
    return personView(row, own, actor);
  }

  function personView(row: PersonRow, own: Person['capacity'], { clients }: Pick<Actor, 'clients'>): Person {
    return {
      id: row.id,
      email: row.email,
      name: row.name,
      roles: row.roles,
      language: row.language,
      active: row.active,
      // Of others' clients a supervisor learns only those they share.
      clients: row.clients.filter((client) => clients.includes(client)),
      capacity: own,
      version: row.version,
      createdAt: row.created_at.toISOString(),
    };
  }

  return [
    route('GET /api/session', {
      summary: 'Who is signed in, and what a newcomer should do first',
      answer: sessionView,
      handle: (_, { ctx, actor }) => shownSession(ctx, actor as Actor | undefined),
    }),
    route('POST /api/session', {
      summary: 'Sign in',
      body: { email: z.string().max(254), password: z.string().max(passwordLengthMax) },
      answer: sessionView,
      status: 201,
      handle: async ({ body }, asked) => {
        const opened = await signIn(asked.ctx, { ...body, address: asked.address });
        if (isRefusal(opened)) return opened;
        asked.session.open(opened.token, opened.expiresAt);
        return shownSession(asked.ctx, opened);
      },
    }),
    route('DELETE /api/session', {
      summary: 'Sign out: presence ends, work returns to its place',
      handle: async (_, asked) => {
        if (asked.actor.roles.includes('agent')) await signOffPresence(asked.ctx, asked.actor.personId);
        await signOut(asked.ctx, asked.actor);
        asked.session.close();
      },
    }),
    route('PATCH /api/me', {
      summary: 'Change one’s own language',
      body: { language },
      answer: sessionView,
      handle: async ({ body }, { ctx, actor }) => {
        const row = await personById(ctx.db.system, actor.personId);
        if (row === undefined) return refuse('not-found');
        const changed = await changePerson(
          ctx,
          actor.personId,
          { ...body, version: row.version },
          actor.personId,
        );
        return isRefusal(changed) ? changed : shownSession(ctx, actor);
      },
    }),
    route('POST /api/me/password', {
      summary: 'Change one’s own password; other sessions end',
      body: { current: z.string().max(passwordLengthMax), next: password },
      handle: ({ body }, { ctx, actor, address }) => changeOwnPassword(ctx, actor, { ...body, address }),
    }),
    route('POST /api/setup/first-account', {
      summary: 'Make the first account of an empty database, and sign in',
      body: { centreName: name, name, email, password, language },
      answer: sessionView,
      status: 201,
      handle: async ({ body: { centreName: centre, ...draft } }, asked) => {
        const made = await createFirstAccount(asked.ctx, draft);
        if (isRefusal(made)) return made;
        await nameCentre(asked.ctx, centre);
        return begin(asked, made.id);
      },
    }),
    route('POST /api/setup/ready-client', {
      summary:
        'Make a client that is ready to try: competencies, type, outcomes, an open chat channel, and oneself as its agent',
      answer: z.object({ clientId: z.uuid(), channelKey: z.string(), tryUrl: z.string() }),
      creates: 'in-several-commits',
      handle: (_, { ctx, actor }) => makeReadyClient(ctx, actor),
    }),

    route('GET /api/people', {
      summary: 'People: all that one may see, those with a part of a name, or those with these ids',
      query: {
        ...pageQuery,
        name: z.string().trim().max(120).optional(),
        id: z.union([z.uuid(), z.array(z.uuid()).max(pageSizeMax)]).optional(),
      },
      answer: pageOf(person),
      handle: async ({ query }, { ctx, actor }) => {
        const rows = await personPage(ctx.db.system, sharing(actor), {
          after: query.cursor,
          limit: query.limit + 1,
          name: query.name,
          ids: query.id === undefined ? undefined : [query.id].flat(),
        });
        const own = await capacityOf(
          ctx.db.system,
          rows.map((row) => row.id),
        );
        return page(rows, query.limit, (row) => personView(row, own.get(row.id) ?? {}, actor));
      },
    }),
    route('POST /api/people', {
      summary: 'Create an account',
      body: {
        email,
        name,
        roles: z.array(role).min(1).max(3),
        language: language.default('en'),
        password,
        clients: z.array(z.uuid()).max(pageSizeMax).default([]),
        capacity: capacity.default({}),
      },
      answer: person,
      creates: true,
      handle: ({ body: { capacity: own, ...draft } }, { ctx, actor }) =>
        createPerson(ctx, draft, actor.personId, (sql, personId) => setCapacity(sql, personId, own)),
      view: (row, { body }) => {
        const own = Object.entries(body.capacity).filter(([, size]) => size > 0);
        return personView(row, Object.fromEntries(own), row);
      },
    }),
    route('GET /api/people/:id', {
      summary: 'One person',
      params: id,
      answer: person,
      handle: async ({ params }, asked) => {
        const row = await personById(asked.ctx.db.system, params.id);
        return row === undefined || !(await seesPerson(asked, params.id))
          ? refuse('not-found')
          : shownPerson(asked, row);
      },
    }),
    route('PATCH /api/people/:id', {
      summary: 'Change an account, its rights, clients or capacity; it works at once, routing included',
      params: id,
      body: {
        name: name.optional(),
        roles: z.array(role).min(1).max(3).optional(),
        language: language.optional(),
        active: z.boolean().optional(),
        clients: z.array(z.uuid()).max(pageSizeMax).optional(),
        capacity: capacity.optional(),
        password: password.optional(),
        version: whole,
      },
      answer: person,
      handle: async ({ params, body: { capacity: own, ...change } }, asked) => {
        const also =
          own === undefined
            ? undefined
            : {
                act: (sql: Parameters<typeof setCapacity>[0], personId: string) =>
                  setCapacity(sql, personId, own),
                changed: ['capacity'],
              };
        const row = await changePerson(asked.ctx, params.id, change, asked.actor.personId, also);
        if (!isRefusal(row) && (change.active === false || change.roles?.includes('agent') === false))
          await signOffPresence(asked.ctx, params.id);
        return isRefusal(row) ? row : shownPerson(asked, row);
      },
    }),

    route('PUT /api/presence', {
      summary: 'Say what you are doing now',
      body: { state: z.enum(['ready', 'busy', 'break', 'training', 'meeting', 'offline']) },
      answer: presence,
      handle: async ({ body: { state } }, { ctx, actor }) =>
        state === 'offline' ? signOffPresence(ctx, actor.personId) : keeper.choose(actor.personId, state),
      view: presenceView,
    }),
    route('GET /api/presence', {
      summary: 'Who is doing what',
      answer: z.object({ items: z.array(presence), names: z.record(z.string(), z.string()) }),
      handle: async (_, { ctx, actor }) => {
        const rows = await heads(ctx.db.system);
        const seen = await peopleSeenBy(
          ctx,
          actor,
          rows.map((row) => row.agent_id),
        );
        const items = rows.filter((row) => seen.has(row.agent_id)).map(presenceView);
        return { items, names: namesIn(items, await names.all()) };
      },
    }),
    route('GET /api/work', {
      summary: 'One’s own work, as the live topic tells it',
      answer: anything,
      handle: (_, { ctx, actor }) => workSnapshot(ctx, actor, names),
    }),
    whyRoute({ names, routing }),
    route('PATCH /api/customers/:id', {
      summary: 'Note a customer’s name',
      params: id,
      body: { name },
      handle: async ({ params, body }, { ctx, actor }) =>
        (await nameCustomer(ctx.db.system, params.id, body.name, actor.clients))
          ? undefined
          : refuse('not-found'),
    }),

    route('GET /api/reactions', {
      summary: 'How far what follows events is behind, who holds the log back, and the streams that failed',
      answer: z.object({
        lags: z.array(z.object({ reaction: z.string(), waiting: z.boolean(), seconds: z.number() })),
        holder: z.object({ what: z.string(), seconds: z.number() }).nullable(),
        parked: z.array(
          z.object({
            reaction: z.string(),
            stream: z.uuid(),
            seq: z.number().int().nullable(),
            kind: z.string().nullable(),
            attempts: z.number().int(),
            error: z.string().nullable(),
            parkedAt: z.iso.datetime().nullable(),
            retryAt: z.iso.datetime().nullable(),
          }),
        ),
      }),
      handle: async (_, { ctx }) => {
        const db = ctx.db.system;
        const [behind, holder, parked] = await Promise.all([
          lags(db, ctx.clock.now()),
          holderOfLog(db),
          parkedStreams(db, pageSizeMax),
        ]);
        return {
          lags: behind.map(({ reaction, waiting, seconds }) => ({ reaction, waiting, seconds })),
          holder: holder === undefined ? null : { what: holder.what, seconds: holder.seconds },
          parked: parked.map((row) => ({
            reaction: row.reaction,
            stream: row.stream,
            seq: row.parked_seq,
            kind: row.kind,
            attempts: row.attempts,
            error: row.error,
            parkedAt: row.parked_at?.toISOString() ?? null,
            retryAt: row.retry_at?.toISOString() ?? null,
          })),
        };
      },
    }),
    route('POST /api/reactions/:reaction/streams/:stream/retry', {
      summary: 'Try a failed stream again now',
      params: { reaction: z.string().max(100), stream: z.uuid() },
      handle: async ({ params }, { ctx }) => {
        if (!(await retryMark(ctx.db.system, params.reaction, params.stream, ctx.clock.now())))
          return refuse('not-found');
        dispatcher.hint();
        return undefined;
      },
    }),
    route('GET /api/invariants', {
      summary:
        'Whether routing kept its invariants: when it was checked last, and what was found against each',
      answer: invariants,
      handle: () => checker.view(),
    }),
    route('GET /api/register', {
      summary: 'The register of requirements: what serves and shows each, gaps included',
      answer: z.array(anything),
      handle: () => registerView() as unknown as Record<string, unknown>[],
    }),
  ];
}
