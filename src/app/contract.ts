import type { InteractionEvent, WorkChange, WorkSnapshot } from '#src/modules/interactions/contract.ts';
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
 * `interaction:ID` (events after a seq), `floor` later.
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
