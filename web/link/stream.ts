import type { InteractionEvent } from '#src/modules/interactions/contract.ts';

/** What a browser holds of one interaction's stream. */
export interface Stream {
  /** Without a gap, from the first event on. */
  readonly events: readonly InteractionEvent[];
  /** Came before their predecessor; not shown until it came too. */
  readonly ahead: readonly InteractionEvent[];
  /**
   * The seq that the server spoke of last, or what is known here if that is more. A server that lost track itself names a head beyond
   * all; its next answer brings the true one.
   */
  readonly head: number;
  /** The server ended the subscription, with this code: the right to see it was lost. */
  readonly ended?: string;
}

export const emptyStream: Stream = { events: [], ahead: [], head: 0 };

/** The seq up to which everything is here. */
export function held(stream: Stream): number {
  return stream.events.at(-1)?.seq ?? 0;
}

/** The stream with these events in their places: none twice, none out of order, none shown before its predecessor. */
export function withEvents(stream: Stream, events: readonly InteractionEvent[], head: number): Stream {
  const start = held(stream);
  const waiting = new Map<number, InteractionEvent>();
  for (const event of stream.ahead) waiting.set(event.seq, event);
  for (const event of events) if (event.seq > start) waiting.set(event.seq, event);

  const joined: InteractionEvent[] = [];
  for (let seq = start + 1; ; seq++) {
    const next = waiting.get(seq);
    if (next === undefined) break;
    joined.push(next);
    waiting.delete(seq);
  }
  const ahead = [...waiting.values()].sort((one, other) => one.seq - other.seq);
  const seen = Math.max(head, ahead.at(-1)?.seq ?? 0, start + joined.length);
  if (joined.length === 0 && ahead.length === stream.ahead.length && seen === stream.head) return stream;
  return {
    ...stream,
    events: joined.length === 0 ? stream.events : [...stream.events, ...joined],
    ahead,
    head: seen,
  };
}

/** Whether something before the head is missing and has to be asked for again, after `held`. */
export function hasGap(stream: Stream): boolean {
  return held(stream) < stream.head;
}
