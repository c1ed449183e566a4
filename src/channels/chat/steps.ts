import type { CustomerStep } from './contract.ts';

interface Happened {
  stream: string;
  seq: number;
  kind: string;
  at: Date;
  body: Record<string, unknown>;
  message?: {
    author: 'customer' | 'agent' | 'system';
    agentId: string | null;
    audience: 'all' | 'staff';
    text: string;
    key: string;
  };
}

// What a kind of event means to the customer. What is not here is not their business.
const meaning: Readonly<Record<string, 'waiting' | 'with-agent' | 'ended'>> = {
  'interaction.arrived': 'waiting',
  'interaction.accepted': 'with-agent',
  'interaction.taken': 'with-agent',
  'interaction.resumed': 'with-agent',
  'interaction.reopened': 'with-agent',
  'interaction.agent-lost': 'waiting',
  'interaction.transferred': 'waiting',
  'interaction.released': 'waiting',
  'interaction.ended': 'ended',
  'interaction.abandoned': 'ended',
  'interaction.dismissed': 'ended',
  'interaction.cancelled': 'ended',
};

/** An event as the customer sees it: a line, a change of state, or a step that says nothing but keeps the count whole. */
export function stepOf(event: Happened, names: Readonly<Record<string, string>>): CustomerStep {
  const place = { interactionId: event.stream, seq: event.seq, at: event.at.toISOString() };
  const nameOf = (agentId: unknown) => (typeof agentId === 'string' ? (names[agentId] ?? null) : null);
  const { message } = event;
  if (message !== undefined && message.audience === 'all') {
    return {
      ...place,
      kind: 'line',
      author: message.author,
      name: nameOf(message.agentId),
      text: message.text,
      key: message.author === 'customer' ? message.key : '',
    };
  }
  const state = meaning[event.kind];
  if (state === undefined) return { ...place, kind: 'other' };
  return { ...place, kind: 'state', state, name: state === 'with-agent' ? nameOf(event.body.agentId) : null };
}
