import { missesSince, offerExpired, returnWork, routingRulesNow } from '#src/modules/interactions/index.ts';
import { personById, personChanged } from '#src/modules/people/index.ts';
import { heads, markNotResponding, presenceChanged } from '#src/modules/presence/index.ts';
import { on, type Reaction } from '#src/platform/events/dispatcher.ts';

/** What follows what, in other modules: read from the log, tried until done. (Offers are not here: the engine hears of each commit at once.) */
export const reactions: readonly Reaction[] = [
  on(presenceChanged, 'return-work-of-who-left', async (ctx, { body, at }) => {
    if (body.state === 'offline')
      await returnWork(ctx, { agentId: body.agentId, reason: body.reason, until: at });
  }),
  on(offerExpired, 'mark-who-does-not-respond', async (ctx, { body: { agentId }, at }) => {
    const [head] = await heads(ctx.db.system, [agentId]);
    if (head?.state !== 'ready') return;
    const [misses, { missesMax }] = await Promise.all([
      missesSince(ctx.db.system, agentId, head.since),
      routingRulesNow(ctx.db.system),
    ]);
    if (misses >= missesMax) await markNotResponding(ctx, { agentId, missedAt: at });
  }),
  on(personChanged, 'return-work-of-clients-left', async (ctx, { stream: agentId, body, at }) => {
    if (!body.changed.includes('clients')) return;
    const serves = (await personById(ctx.db.system, agentId))?.clients;
    if (serves !== undefined)
      await returnWork(ctx, { agentId, reason: 'serves-client-no-more', until: at, serves });
  }),
];
