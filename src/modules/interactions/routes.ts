import { z } from 'zod';
import { seeing } from '#src/platform/db/sql.ts';
import type { NamesOf } from '#src/platform/names.ts';
import { isRefusal, type Refused, refuse } from '#src/platform/refusal.ts';
import {
  type Asked,
  moment,
  page,
  pageOf,
  pageQuery,
  pageSizeMax,
  route,
  whole,
  wholeInQuery,
} from '#src/platform/route/route.ts';
import type { Advanced } from './advance.ts';
import { barByHand, shownBars } from './bars.ts';
import { completeInteraction, dismissInteraction } from './complete-interaction.ts';
import type { Interaction } from './contract.ts';
import {
  acceptInteraction,
  declineInteraction,
  endExchange,
  parkInteraction,
  releaseInteraction,
  reopenExchange,
  resumeInteraction,
} from './handle-interaction.ts';
import {
  preferInteraction,
  pullInteraction,
  pushInteraction,
  reorderInteraction,
  takeInteraction,
} from './move-interaction.ts';
import { changeOutcome, createOutcome, outcomePage, outcomeView } from './outcomes.ts';
import { pauseType, resumeType } from './pause-type.ts';
import { decisionsOf, eventsAfter, interactionById, interactionDetail, interactionPage } from './queries.ts';
import { changeRoutingRules, routingRulesNow } from './routing-rules.ts';
import { channelRules, holdSeconds, missesMax, routingRules, typeRouting } from './routing-settings.ts';
import {
  agentBars,
  channel,
  decision,
  interaction,
  interactionEvent,
  interactionType,
  lineKey,
  lineText,
  outcome,
  state,
  transferTargets as targets,
} from './schemas.ts';
import { transferInteraction, transferTargets } from './transfer-interaction.ts';
import { changeType, createType, typePage, typeView } from './types.ts';
import { decisionView, eventView, interactionView, type Names, peopleInWhy } from './views.ts';
import type { LineWriter } from './write-line.ts';

const id = { id: z.uuid() };
const name = z.string().trim().min(1).max(120);
const reason = z.string().trim().max(200).optional();
const why = z.string().trim().min(1).max(200);
const priority = z.number().int().min(-100).max(100);
const toTeamOrAgent = z.union([z.strictObject({ teamId: z.uuid() }), z.strictObject({ agentId: z.uuid() })]);
const target = z.union([toTeamOrAgent, z.strictObject({ typeId: z.uuid() })]);
const requires = z.array(z.object({ competencyId: z.uuid(), level: z.number().int().min(1).max(5) })).max(20);
const code = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?$/, 'small letters, digits and hyphens');

export function interactionRoutes({
  names,
  lines,
  peopleSeen,
  askedNames,
}: {
  names: NamesOf;
  lines: LineWriter;
  /** Of these people, those that the asker may know of. */
  peopleSeen(asked: Asked, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** In the asker's language, the names of what a why speaks of beside people: competencies and teams. */
  askedNames(asked: Asked): Promise<Names>;
}) {
  const acting = (interactionId: string, { actor }: Asked) => ({
    interactionId,
    agentId: actor.personId,
    clients: actor.clients,
  });
  const moving = (interactionId: string, { actor }: Asked) => ({
    interactionId,
    by: actor.personId,
    clients: actor.clients,
  });
  const shown = async (answer: Refused<Advanced>, { ctx, actor }: Asked): Promise<Refused<Interaction>> => {
    if (isRefusal(answer)) return answer;
    const row = await seeing(ctx.db, actor.clients, (tx) =>
      interactionDetail(tx, answer.row.id, actor.clients),
    );
    return row === undefined ? refuse('interaction-unknown') : interactionView(row, await names.all());
  };

  return [
    route('GET /api/interactions', {
      summary: 'Interactions, newest first',
      query: {
        ...pageQuery,
        state: z.union([state, z.array(state)]).optional(),
        clientId: z.uuid().optional(),
        customerId: z.uuid().optional(),
        agentId: z.uuid().optional(),
      },
      answer: pageOf(interaction),
      handle: async ({ query: { limit, cursor, state: states, ...filter } }, { ctx, actor }) => {
        const known = await names.all();
        const rows = await seeing(ctx.db, actor.clients, (tx) =>
          interactionPage(tx, actor.clients, {
            ...filter,
            state: states === undefined ? undefined : [states].flat(),
            before: cursor,
            limit: limit + 1,
          }),
        );
        return page(rows, limit, (row) => interactionView(row, known));
      },
    }),
    route('GET /api/interactions/:id', {
      summary: 'One interaction',
      params: id,
      answer: interaction,
      handle: async ({ params }, { ctx, actor }) => {
        const row = await seeing(ctx.db, actor.clients, (tx) =>
          interactionDetail(tx, params.id, actor.clients),
        );
        return row === undefined ? refuse('interaction-unknown') : interactionView(row, await names.all());
      },
    }),
    route('GET /api/interactions/:id/events', {
      summary: 'What happened in an interaction, in order, after a seq',
      params: id,
      query: {
        after: wholeInQuery.default(0),
        limit: z.coerce.number().int().min(1).max(pageSizeMax).default(pageSizeMax),
      },
      answer: z.object({ events: z.array(interactionEvent), head: z.number().int() }),
      handle: async ({ params, query }, { ctx, actor }) => {
        const known = await names.all();
        return seeing(ctx.db, actor.clients, async (tx) => {
          const row = await interactionById(tx, params.id, actor.clients);
          if (row === undefined) return refuse('interaction-unknown');
          const events = await eventsAfter(tx, params.id, query.after, query.limit);
          return { events: events.map((event) => eventView(event, known)), head: row.seq };
        });
      },
    }),
    route('GET /api/interactions/:id/decisions', {
      summary: 'Every decision about an interaction, with its why',
      params: id,
      answer: z.array(decision),
      handle: async ({ params }, asked) => {
        const { ctx, actor } = asked;
        const rows = await seeing(ctx.db, actor.clients, async (tx) =>
          (await interactionById(tx, params.id, actor.clients)) === undefined
            ? undefined
            : decisionsOf(tx, params.id),
        );
        if (rows === undefined) return refuse('interaction-unknown');
        const known = { ...(await names.all()), ...(await askedNames(asked)) };
        const seen = await peopleSeen(
          asked,
          rows.flatMap(({ why }) => peopleInWhy(why)),
        );
        return rows.map((row) => decisionView(row, known, seen));
      },
    }),
    route('POST /api/interactions/:id/accept', {
      summary: 'Take what is offered to you',
      params: id,
      answer: interaction,
      handle: async ({ params }, asked) =>
        shown(await acceptInteraction(asked.ctx, acting(params.id, asked)), asked),
    }),
    route('POST /api/interactions/:id/decline', {
      summary: 'Decline what is offered to you; it returns to its place',
      params: id,
      body: { reason },
      answer: interaction,
      handle: async ({ params, body }, asked) =>
        shown(await declineInteraction(asked.ctx, { ...acting(params.id, asked), ...body }), asked),
    }),
    route('POST /api/interactions/:id/messages', {
      summary: 'Write a line to the customer, or a note for staff; the key makes it stand once',
      params: id,
      body: { key: lineKey, text: lineText, audience: z.enum(['all', 'staff']).default('all') },
      answer: z.object({ seq: z.number().int(), at: z.iso.datetime() }),
      status: 201,
      handle: async ({ params, body }, { actor }) =>
        lines.write({
          interactionId: params.id,
          author: 'agent',
          agentId: actor.personId,
          clients: actor.clients,
          ...body,
        }),
      view: ({ seq, at }) => ({ seq, at: at.toISOString() }),
    }),
    route('POST /api/interactions/:id/end', {
      summary: 'End the exchange; the record is completed next',
      params: id,
      answer: interaction,
      handle: async ({ params }, asked) =>
        shown(await endExchange(asked.ctx, acting(params.id, asked)), asked),
    }),
    route('POST /api/interactions/:id/reopen', {
      summary: 'Back from wrap-up into the exchange',
      params: id,
      answer: interaction,
      handle: async ({ params }, asked) =>
        shown(await reopenExchange(asked.ctx, acting(params.id, asked)), asked),
    }),
    route('POST /api/interactions/:id/complete', {
      summary: 'Complete the record with its outcome',
      params: id,
      body: { outcomeCode: code, note: z.string().trim().max(2_000).optional() },
      answer: interaction,
      handle: async ({ params, body }, asked) =>
        shown(await completeInteraction(asked.ctx, { ...acting(params.id, asked), ...body }), asked),
    }),
    route('POST /api/interactions/:id/park', {
      summary: 'Set aside, with or without a time to come back; the slot is free again',
      params: id,
      body: { dueAt: moment.optional(), reason },
      answer: interaction,
      handle: async ({ params, body }, asked) =>
        shown(await parkInteraction(asked.ctx, { ...acting(params.id, asked), ...body }), asked),
    }),
    route('POST /api/interactions/:id/resume', {
      summary: 'Take up what you parked, when you have a slot for it',
      params: id,
      answer: interaction,
      handle: async ({ params }, asked) =>
        shown(await resumeInteraction(asked.ctx, acting(params.id, asked)), asked),
    }),
    route('POST /api/interactions/:id/release', {
      summary: 'Give back what you parked; it returns to its place in the line',
      params: id,
      body: { reason },
      answer: interaction,
      handle: async ({ params, body }, asked) =>
        shown(await releaseInteraction(asked.ctx, { ...acting(params.id, asked), ...body }), asked),
    }),
    route('POST /api/interactions/:id/dismiss', {
      summary: 'Close what waits for nobody, with the outcome that says why',
      params: id,
      body: { outcomeCode: code },
      answer: interaction,
      handle: async ({ params, body }, asked) =>
        shown(
          await dismissInteraction(asked.ctx, {
            interactionId: params.id,
            by: asked.actor.personId,
            clients: asked.actor.clients,
            ...body,
          }),
          asked,
        ),
    }),
    route('GET /api/interactions/:id/targets', {
      summary: 'Where an interaction may go: other types, and the teams and agents who may take it today',
      params: id,
      query: { search: z.string().max(120).optional() },
      answer: targets,
      handle: async ({ params, query }, { ctx, actor }) => {
        const row = await interactionById(ctx.db.system, params.id, actor.clients);
        return row === undefined
          ? refuse('interaction-unknown')
          : transferTargets(ctx, { row, names: await names.all(), ...query });
      },
    }),
    route('POST /api/interactions/:id/transfer', {
      summary: 'Pass on what you handle, to another type, a team or an agent; it keeps its place',
      params: id,
      body: { to: target, reason: why, until: moment.optional(), thenAnybody: z.boolean().optional() },
      answer: interaction,
      handle: async ({ params, body }, asked) =>
        shown(await transferInteraction(asked.ctx, { ...acting(params.id, asked), ...body }), asked),
    }),
    route('POST /api/interactions/:id/pull', {
      summary: 'Take an offer back; it returns to its place and others are asked first',
      params: id,
      body: { reason: why },
      answer: interaction,
      handle: async ({ params, body }, asked) =>
        shown(await pullInteraction(asked.ctx, { ...moving(params.id, asked), ...body }), asked),
    }),
    route('POST /api/interactions/:id/take', {
      summary: 'Take what waits out of the line and handle it oneself',
      params: id,
      body: { reason: why },
      answer: interaction,
      handle: async ({ params, body }, asked) =>
        shown(await takeInteraction(asked.ctx, { ...moving(params.id, asked), ...body }), asked),
    }),
    route('POST /api/interactions/:id/push', {
      summary: 'Give what waits to a team or an agent who may take it, alone until a moment',
      params: id,
      body: { to: toTeamOrAgent, reason: why, until: moment.optional() },
      answer: interaction,
      handle: async ({ params, body }, asked) =>
        shown(await pushInteraction(asked.ctx, { ...moving(params.id, asked), ...body }), asked),
    }),
    route('POST /api/interactions/:id/prefer', {
      summary: 'Keep what waits for an agent first, if they are there; then for anybody',
      params: id,
      body: { agentId: z.uuid(), holdSeconds: holdSeconds.optional(), reason: why },
      answer: interaction,
      handle: async ({ params, body }, asked) =>
        shown(await preferInteraction(asked.ctx, { ...moving(params.id, asked), ...body }), asked),
    }),
    route('POST /api/interactions/:id/reorder', {
      summary: 'Move what waits forward or back: another priority, on the record',
      params: id,
      body: { priority, reason: why },
      answer: interaction,
      handle: async ({ params, body }, asked) =>
        shown(await reorderInteraction(asked.ctx, { ...moving(params.id, asked), ...body }), asked),
    }),

    route('GET /api/people/:id/bars', {
      summary: 'Types that an agent may not be given for now, and what stands against it',
      params: id,
      answer: agentBars,
      handle: async ({ params }, asked) =>
        (await peopleSeen(asked, [params.id])).has(params.id)
          ? { items: await shownBars(asked.ctx.db.system, params.id, asked.actor.clients) }
          : refuse('not-found'),
    }),
    route('PUT /api/people/:id/bars/:typeId', {
      summary: 'Bar an agent from a type by hand, or lift that; what waits is offered anew at once',
      params: { ...id, typeId: z.uuid() },
      body: { barred: z.boolean(), reason: why },
      answer: agentBars,
      handle: async ({ params, body }, { ctx, actor }) => {
        const { id: agentId, typeId } = params;
        const { clients, personId: by } = actor;
        const answer = await barByHand(ctx, { agentId, typeId, ...body, clients, by });
        return isRefusal(answer) ? answer : { items: await shownBars(ctx.db.system, agentId, clients) };
      },
    }),

    route('GET /api/routing-rules', {
      summary: 'The centre’s rules of routing: which channels go together, how many misses are too many',
      answer: routingRules,
      handle: (_, { ctx }) => routingRulesNow(ctx.db.system),
    }),
    route('PUT /api/routing-rules', {
      summary: 'Change the centre’s rules of routing; they hold at once',
      body: { channels: channelRules, missesMax, version: whole.min(0) },
      answer: routingRules,
      handle: ({ body }, { ctx, actor }) => changeRoutingRules(ctx, body, actor.personId),
    }),
    route('GET /api/interaction-types', {
      summary: 'Interaction types of the clients one may see',
      query: { ...pageQuery, clientId: z.uuid().optional() },
      answer: pageOf(interactionType),
      handle: async ({ query: { limit, cursor, clientId } }, { ctx, actor }) =>
        page(
          await seeing(ctx.db, actor.clients, (tx) =>
            typePage(tx, actor.clients, { clientId, after: cursor, limit: limit + 1 }),
          ),
          limit,
          typeView,
        ),
    }),
    route('POST /api/interaction-types', {
      summary: 'Create an interaction type',
      body: {
        clientId: z.uuid(),
        channel,
        nameEn: name,
        nameFr: name,
        priority: priority.default(0),
        offerSeconds: z.number().int().min(5).max(300).default(20),
        requires: requires.default([]),
        routing: typeRouting.default({}),
        hoursId: z.uuid().nullable().default(null),
      },
      answer: interactionType,
      creates: true,
      handle: async ({ body }, { ctx, actor }) =>
        actor.clients.includes(body.clientId)
          ? createType(ctx, body, actor.personId)
          : refuse('client-unknown'),
      view: typeView,
    }),
    route('PATCH /api/interaction-types/:id', {
      summary: 'Change an interaction type; what waits is matched anew at once',
      params: id,
      body: {
        nameEn: name.optional(),
        nameFr: name.optional(),
        priority: priority.optional(),
        offerSeconds: z.number().int().min(5).max(300).optional(),
        requires: requires.optional(),
        routing: typeRouting.optional(),
        hoursId: z.uuid().nullable().optional(),
        active: z.boolean().optional(),
        version: whole,
      },
      answer: interactionType,
      handle: ({ params, body }, { ctx, actor }) =>
        changeType(ctx, params.id, body, actor.clients, actor.personId),
      view: typeView,
    }),
    route('POST /api/interaction-types/:id/pause', {
      summary: 'Hold a type back, until a moment or until it is resumed; what waits keeps its place',
      params: id,
      body: { reason: why, until: moment.optional() },
      answer: interactionType,
      handle: ({ params, body }, { ctx, actor }) =>
        pauseType(ctx, { typeId: params.id, ...body, clients: actor.clients, by: actor.personId }),
      view: typeView,
    }),
    route('POST /api/interaction-types/:id/resume', {
      summary: 'Let a type go on',
      params: id,
      body: { reason: why },
      answer: interactionType,
      handle: ({ params, body }, { ctx, actor }) =>
        resumeType(ctx, { typeId: params.id, ...body, clients: actor.clients, by: actor.personId }),
      view: typeView,
    }),
    route('GET /api/outcomes', {
      summary: 'Outcomes: the common ones and those of the clients one may see',
      query: { ...pageQuery, clientId: z.uuid().optional() },
      answer: pageOf(outcome),
      handle: async ({ query: { limit, cursor, clientId } }, { ctx, actor }) =>
        page(
          await seeing(ctx.db, actor.clients, (tx) =>
            outcomePage(tx, actor.clients, { clientId, after: cursor, limit: limit + 1 }),
          ),
          limit,
          outcomeView,
        ),
    }),
    route('POST /api/outcomes', {
      summary: 'Create an outcome',
      body: { clientId: z.uuid().nullable(), code, nameEn: name, nameFr: name },
      answer: outcome,
      creates: true,
      handle: async ({ body }, { ctx, actor }) =>
        body.clientId === null || actor.clients.includes(body.clientId)
          ? createOutcome(ctx, body, actor.personId)
          : refuse('client-unknown'),
      view: outcomeView,
    }),
    route('PATCH /api/outcomes/:id', {
      summary: 'Rename an outcome, or take it out of use',
      params: id,
      body: { nameEn: name.optional(), nameFr: name.optional(), active: z.boolean().optional() },
      answer: outcome,
      handle: ({ params, body }, { ctx, actor }) =>
        changeOutcome(ctx, params.id, body, actor.clients, actor.personId),
      view: outcomeView,
    }),
  ];
}
