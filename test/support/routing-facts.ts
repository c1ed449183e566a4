import { createEngine } from '#src/modules/routing/engine.ts';
import type {
  AgentSeen,
  Decision,
  Engine,
  InteractionSeen,
  Seen,
  TypeSeen,
} from '#src/modules/routing/seam.ts';

// A small centre for tests of routing: one client, one type of chats that asks for nothing, agents with one place for a chat.

export function type(some: Partial<TypeSeen> = {}): TypeSeen {
  return {
    kind: 'type',
    typeId: 'orders',
    clientId: 'acme',
    channel: 'chat',
    requires: [],
    version: 1,
    ...some,
  };
}

export function agent(agentId: string, some: Partial<AgentSeen> = {}): AgentSeen {
  return {
    kind: 'agent',
    agentId,
    version: 1,
    ready: true,
    clients: ['acme'],
    capacity: { chat: 1 },
    competencies: [],
    idleSince: 0,
    ...some,
  };
}

export function waiting(
  interactionId: string,
  arrivedAt: number,
  some: Partial<InteractionSeen> = {},
): InteractionSeen {
  return {
    kind: 'interaction',
    interactionId,
    seq: 1,
    state: 'waiting',
    clientId: 'acme',
    typeId: 'orders',
    channel: 'chat',
    priority: 0,
    arrivedAt,
    ...some,
  };
}

export function engineWith(...facts: Seen[]): Engine {
  const engine = createEngine();
  for (const fact of facts) engine.see(fact);
  return engine;
}

/** Who got what, as sentences. */
export const pairs = (decisions: readonly Decision[]): string[] =>
  decisions.map(({ interactionId, agentId }) => `${interactionId} to ${agentId}`);
