/** A line as its writer knows it, whoever that is. */
export interface WrittenLine {
  author: 'customer' | 'agent';
  /** The customer's conversation or the agent's id. */
  writer: string;
  key: string;
  text: string;
  /** Where it stands, as the program acknowledged it. */
  acknowledged?: { interactionId: string; seq: number };
}

/** An act of an agent that the program acknowledged, or an offer that it showed them. */
export interface AcknowledgedAct {
  act: 'offer' | 'accept' | 'end' | 'complete';
  interactionId: string;
  agentId: string;
  outcomeCode?: string;
}

/**
 * What the program acknowledged, kept by those who heard it, outside the program and its database. It is what a customer or an agent
 * could swear to, and so what may never be lost.
 */
export class Journal {
  readonly lines = new Map<string, WrittenLine>();
  readonly acts: AcknowledgedAct[] = [];
  readonly #offersSeen = new Set<string>();
  /** Of each acknowledgement, when it was heard (`performance.now()`). */
  readonly heardAt: number[] = [];

  wrote(line: WrittenLine): void {
    this.lines.set(line.key, line);
  }

  /** Heard again (a repeated sending, another socket) it counts once. */
  acknowledgedLine(key: string, place: { interactionId: string; seq: number }): void {
    const line = this.lines.get(key);
    if (line === undefined || line.acknowledged !== undefined) return;
    line.acknowledged = { interactionId: place.interactionId, seq: place.seq };
    this.#heard();
  }

  acknowledgedAct(act: AcknowledgedAct): void {
    this.acts.push(act);
    this.#heard();
  }

  /** An offer shown on a desk, counted once per offer. */
  sawOffer(interactionId: string, agentId: string, offerUntil: string): void {
    const offer = `${interactionId} ${agentId} ${offerUntil}`;
    if (this.#offersSeen.has(offer)) return;
    this.#offersSeen.add(offer);
    this.acknowledgedAct({ act: 'offer', interactionId, agentId });
  }

  get acknowledged(): number {
    return this.heardAt.length;
  }

  /** When the first acknowledgement after a moment was heard. */
  firstAfter(moment: number): number | undefined {
    return this.heardAt.find((at) => at > moment);
  }

  #heard(): void {
    this.heardAt.push(performance.now());
  }
}
