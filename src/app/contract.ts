import type {
  Channel,
  Interaction,
  InteractionEvent,
  InteractionState,
  WorkChange,
  WorkSnapshot,
} from '#src/modules/interactions/contract.ts';
import type { PresenceState } from '#src/modules/presence/contract.ts';
import type { Problem } from '#src/platform/identity/contract.ts';

// The staff's live line: WebSocket /api/live, opened with the session's cookie from Parley's own pages.

/** Browser to server. `id` is the browser's own and comes back with the answer. */
export type FromStaff =
  | { do: 'subscribe'; topic: string; after?: number }
  | { do: 'unsubscribe'; topic: string }
  | { do: 'say'; id: string; interactionId: string; key: string; text: string; audience?: 'all' | 'staff' }
  | { do: 'ping' };

/**
 * Server to browser. Topics: `work` (own snapshot, and what changed of it since; whoever cannot apply a change subscribes again),
 * `interaction:ID` (events after a seq).
 */
export type ToStaff =
  | { hello: { personId: string; serverTime: string } }
  | { topic: 'work'; snapshot: WorkSnapshot }
  | { topic: 'work'; change: WorkChange }
  | { topic: string; events: InteractionEvent[]; head: number }
  | { said: string; seq: number; at: string }
  | { refused: string; problem: Problem }
  | { ended: string; code: string }
  | { pong: true };

/** In which order what is in the same state stands on the floor: longest waiting, nearest to its breach, highest priority. */
export type FloorSort = 'waiting' | 'breach' | 'priority';

/** What a supervisor sees of the floor at one moment: `GET /api/floor`. */
export interface Floor {
  /** The server's clock, to count from. */
  at: string;
  /** Open interactions: what waits first, then what is offered, in conversation, wrapped up, parked, put off. */
  interactions: FloorInteraction[];
  /** There are more than are listed: filter. */
  more: boolean;
  /** How many are open in each state, whichever state is filtered for. */
  counts: Partial<Record<InteractionState, number>>;
  /** Who is here, those with a place free first. */
  agents: FloorAgent[];
  moreAgents: boolean;
  /** Types that are held by hand now. */
  paused: FloorPause[];
  /** Opening hours that are closed now, with the types that follow them. */
  closed: FloorClosed[];
}

export interface FloorInteraction extends Interaction {
  /** When its type's target is missed; null: it has none, or somebody has it. */
  breachAt: string | null;
  /** The team or agent it is kept for now. */
  toName: string | null;
}

export interface FloorAgent {
  id: string;
  name: string;
  state: PresenceState;
  reason: string;
  since: string;
  /** Whether a browser of theirs is on the line; without one nothing is offered. */
  connected: boolean;
  capacity: Partial<Record<Channel, { used: number; of: number }>>;
}

export interface FloorPause {
  typeId: string;
  at: string;
  until: string | null;
  byName: string | null;
  reason: string;
}

export interface FloorClosed {
  hoursId: string;
  name: string;
  typeIds: string[];
  /** When it opens next; null: not within the next hundred days. */
  opensAt: string | null;
  /** Who closed it early and why, when somebody did. */
  early: { at: string; byName: string | null; reason: string } | null;
}
