import { returnWork } from '#src/modules/interactions/index.ts';
import { personById, personChanged } from '#src/modules/people/index.ts';
import { presenceChanged, signOffPresence } from '#src/modules/presence/index.ts';
import { on, type Reaction } from '#src/platform/events/dispatcher.ts';

/** What follows what, in other modules: read from the log, tried until done. (Offers are not here: the engine hears of each commit at once.) */
export const reactions: readonly Reaction[] = [
  on(presenceChanged, 'return-work-of-who-left', async (ctx, { body, at }) => {
    if (body.state === 'offline')
      await returnWork(ctx, { agentId: body.agentId, reason: body.reason, until: at });
  }),
  on(personChanged, 'return-work-of-clients-left', async (ctx, { stream: agentId, body, at }) => {
    if (!['clients', 'roles', 'active'].some((field) => body.changed.includes(field))) return;
    const person = await personById(ctx.db.system, agentId);
    if (person === undefined) return;
    const isAgent = person.active && person.roles.includes('agent');
    const reason = isAgent ? 'serves-client-no-more' : 'agent-no-more';
    await returnWork(ctx, { agentId, reason, until: at, serves: isAgent ? person.clients : [] });
  }),
  on(personChanged, 'sign-off-who-is-no-agent', async (ctx, { stream: agentId, body }) => {
    if (!['roles', 'active'].some((field) => body.changed.includes(field))) return;
    const person = await personById(ctx.db.system, agentId);
    if (person !== undefined && !(person.active && person.roles.includes('agent')))
      await signOffPresence(ctx, agentId);
  }),
];
