// The steps of a conversation in their order. Within an interaction seq has no gap, so a step that comes too early is
// held until the ones before it were fetched, and one that comes twice is seen once.

import type { CustomerStep, Position } from '#src/channels/chat/contract.ts';

export type ConversationState =
  | { state: 'none' }
  | { state: 'waiting' | 'with-agent' | 'ended'; name: string | null };

interface Part {
  /** Without a gap: the step with seq n stands at n - 1. */
  steps: CustomerStep[];
  /** Steps ahead of a gap, by seq. */
  held: Map<number, CustomerStep>;
}

export class Conversation {
  readonly #parts = new Map<string, Part>();
  readonly #keys = new Set<string>();

  /** Takes a step from the server and answers those that can be shown now, in order: none, this one, or more. */
  take(step: CustomerStep): CustomerStep[] {
    const part = this.#part(step.interactionId);
    if (step.seq > part.steps.length) part.held.set(step.seq, step);
    const shown: CustomerStep[] = [];
    for (;;) {
      const next = part.held.get(part.steps.length + 1);
      if (next === undefined) return shown;
      part.held.delete(next.seq);
      part.steps.push(next);
      shown.push(next);
      if (next.kind === 'line' && next.author === 'customer') this.#keys.add(next.key);
    }
  }

  /** All steps that can be shown, oldest first. */
  steps(): CustomerStep[] {
    return this.#ordered().flatMap(([, part]) => part.steps);
  }

  /** The line with this key of the customer is part of the conversation. */
  holds(key: string): boolean {
    return this.#keys.has(key);
  }

  /** The last step held without a gap before it: the server is asked for what comes after. */
  position(): Position | undefined {
    let last: Position | undefined;
    for (const [interactionId, part] of this.#ordered()) {
      if (part.steps.length > 0) last = { interactionId, seq: part.steps.length };
      if (part.held.size > 0) return last;
    }
    return last;
  }

  /** Something came ahead of a gap; fetch after `position()`. */
  hasGap(): boolean {
    return [...this.#parts.values()].some((part) => part.held.size > 0);
  }

  /** Empty steps for every gap: taken when fetching does not bring what is missing, so that what waits behind is shown. */
  fillers(): CustomerStep[] {
    return this.#ordered().flatMap(([interactionId, { steps, held }]) => {
      const [first] = held.values();
      if (first === undefined) return [];
      const missing = Math.min(...held.keys()) - steps.length - 1;
      return Array.from({ length: missing }, (_, at) => {
        return { interactionId, seq: steps.length + 1 + at, at: first.at, kind: 'other' } as const;
      });
    });
  }

  state(): ConversationState {
    const last = this.steps().findLast((step) => step.kind === 'state');
    return last === undefined ? { state: 'none' } : { state: last.state, name: last.name };
  }

  /** Steps of others that came after `seen`. */
  unreadAfter(seen: Position | undefined): number {
    const after = (step: CustomerStep) =>
      seen === undefined ||
      step.interactionId > seen.interactionId ||
      (step.interactionId === seen.interactionId && step.seq > seen.seq);
    return this.steps().filter((step) => step.kind === 'line' && step.author === 'agent' && after(step))
      .length;
  }

  #part(interactionId: string): Part {
    const known = this.#parts.get(interactionId);
    if (known !== undefined) return known;
    const fresh: Part = { steps: [], held: new Map() };
    this.#parts.set(interactionId, fresh);
    return fresh;
  }

  /** Ids of interactions are in order of time. */
  #ordered(): [string, Part][] {
    return [...this.#parts].sort(([one], [other]) => (one < other ? -1 : 1));
  }
}
