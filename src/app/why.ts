import { z } from 'zod';
import {
  decisionsOf,
  interactionById,
  interactionState,
  namesIn,
  peopleInWhy,
  whySeen,
} from '#src/modules/interactions/index.ts';
import type { WhyView } from '#src/modules/routing/contract.ts';
import {
  explainDecision,
  explainMoment,
  type Moment,
  type Routing,
  type Standing,
} from '#src/modules/routing/index.ts';
import type { NamesOf } from '#src/platform/names.ts';
import { isRefusal, type Refused, refuse } from '#src/platform/refusal.ts';
import { type Asked, moment, pageSizeMax, route, wholeInQuery } from '#src/platform/route/route.ts';
import { peopleSeenBy } from './people-seen.ts';
import { askedNamesIn } from './work.ts';

const whyView = z
  .object({
    why: z.record(z.string(), z.unknown()).nullable(),
    names: z.record(z.string(), z.string()),
    at: z.iso.datetime().optional(),
    what: z
      .enum(['waiting', 'decided', 'not-waiting', 'not-there', 'nobody-routed', 'before-the-journal'])
      .optional(),
    state: interactionState.optional(),
    decision: z.object({ seq: z.number().int().nullable(), agentId: z.uuid() }).optional(),
    agents: z
      .array(
        z.object({
          agentId: z.uuid(),
          place: z.number().int().nullable(),
          reason: z.string().nullable(),
          bars: z.array(z.string()),
          idleSince: z.iso.datetime(),
          above: z.number().nullable(),
          interrupted: z.boolean(),
        }),
      )
      .optional(),
    others: z
      .object({
        couldTake: z.number().int(),
        not: z.array(z.object({ reason: z.string(), count: z.number().int() })),
      })
      .optional(),
    next: z.number().int().nullable().optional(),
  })
  .meta({ id: 'Why' }) satisfies z.ZodType<WhyView>;

/** What is asked about an interaction: now, at a moment that is over, or about one of its decisions. */
export function whyRoute({ names, routing }: { names: NamesOf; routing: Routing }) {
  async function asked(
    { ctx, actor }: Asked,
    interactionId: string,
    { at, decision }: { at?: Date | undefined; decision?: number | undefined },
  ): Promise<Refused<{ moment: Moment; at: Date }>> {
    const { clients } = actor;
    if (decision !== undefined) {
      if ((await interactionById(ctx.db.system, interactionId, clients)) === undefined)
        return refuse('interaction-unknown');
      const row = (await decisionsOf(ctx.db.system, interactionId)).find(({ seq }) => seq === decision);
      if (row === undefined) return refuse('not-found');
      const found = await explainDecision(ctx, row);
      return isRefusal(found) ? found : { moment: found, at: row.at };
    }
    if (at !== undefined) {
      const found = await explainMoment(ctx, { interactionId, clients, at });
      return isRefusal(found) ? found : { moment: found, at };
    }
    const row = await interactionById(ctx.db.system, interactionId, clients);
    if (row === undefined) return refuse('interaction-unknown');
    const now = ctx.clock.now();
    const explained = await routing.explain(interactionId);
    return {
      at: now,
      moment:
        explained === undefined
          ? { kind: 'not-waiting', state: row.state }
          : { kind: 'waiting', ...explained },
    };
  }

  return route('GET /api/interactions/:id/why', {
    summary:
      'Why an interaction waits: who could take it, who cannot and why; now, at a moment that is over, or when it was decided',
    params: { id: z.uuid() },
    query: {
      at: moment.optional(),
      /** The seq of an offer. */
      decision: wholeInQuery.optional(),
      /** Every agent, a page of them from a place in the list on; or one alone. */
      agents: z.literal('all').optional(),
      agentId: z.uuid().optional(),
      from: wholeInQuery.default(0),
    },
    answer: whyView,
    handle: async ({ params, query }, request): Promise<Refused<WhyView>> => {
      const { ctx, actor } = request;
      const { at, decision, agents, agentId, from } = query;
      const known = async () => ({ ...(await names.all()), ...(await askedNamesIn(ctx, actor.language)) });
      if (at === undefined && decision === undefined && agents === undefined && agentId === undefined) {
        if ((await interactionById(ctx.db.system, params.id, actor.clients)) === undefined)
          return refuse('interaction-unknown');
        const whole = ((await routing.whyWaiting(params.id)) ?? null) as Record<string, unknown> | null;
        const why = whySeen(whole, await peopleSeenBy(ctx, actor, peopleInWhy(whole)));
        return { why, names: namesIn(why, await known()) };
      }
      const found = await asked(request, params.id, { at, decision });
      if (isRefusal(found)) return found;
      const one = found.moment;
      const view: WhyView = {
        why: null,
        names: {},
        at: (one.kind === 'decided' ? new Date(one.decidedAt) : found.at).toISOString(),
        what: one.kind,
      };
      if (one.kind === 'not-waiting') view.state = one.state;
      if (one.kind !== 'waiting' && one.kind !== 'decided') return view;
      const whole = one.why as unknown as Record<string, unknown>;
      const ids = new Set([...one.agents.map((agent) => agent.agentId), ...peopleInWhy(whole)]);
      const seen = await peopleSeenBy(ctx, actor, [...ids]);
      view.why = whySeen(whole, seen);
      if (one.kind === 'decided') view.decision = { seq: one.decision?.seq ?? null, agentId: one.agentId };
      if (agents !== undefined || agentId !== undefined)
        Object.assign(view, standings(one.agents, { seen, agentId, from }));
      view.names = namesIn(view, await known());
      return view;
    },
  });
}

/** Those the asker may know of, a page of them; of the others how many they are. */
function standings(
  all: readonly Standing[],
  { seen, agentId, from }: { seen: ReadonlySet<string>; agentId: string | undefined; from: number },
): Pick<WhyView, 'agents' | 'others' | 'next'> {
  const shown = all.filter(
    (one) => seen.has(one.agentId) && (agentId === undefined || one.agentId === agentId),
  );
  const hidden = all.filter((one) => !seen.has(one.agentId));
  const counts = new Map<string, number>();
  for (const { reason } of hidden)
    if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const end = from + pageSizeMax;
  return {
    agents: shown
      .slice(from, end)
      .map(({ agentId: id, place, reason, bars, idleSince, above, interrupted }) => ({
        agentId: id,
        place: place ?? null,
        reason: reason ?? null,
        bars: [...(bars ?? [])],
        idleSince: new Date(idleSince).toISOString(),
        above: above ?? null,
        interrupted: interrupted === true,
      })),
    others: {
      couldTake: hidden.filter(({ place }) => place !== undefined).length,
      not: [...counts].map(([reason, count]) => ({ reason, count })),
    },
    next: end < shown.length ? end : null,
  };
}
