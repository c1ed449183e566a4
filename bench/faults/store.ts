import { type InteractionRow, type TypeRow } from '#src/modules/interactions/index.ts';
import {
  type Act,
  kindOf,
  type State,
  stateAfter,
  statesBefore,
} from '#src/modules/interactions/lifecycle.ts';
import { namesNewAgent, whyNotAdvance } from '#src/modules/interactions/rules.ts';
import type { Appended, JournalChunk } from '#src/modules/routing/journal.ts';
import type { Channel, Decision } from '#src/modules/routing/seam.ts';
import type { Committed } from '#src/platform/events/bus.ts';

// The record's double: rows and slots in memory, with what the statements refuse. Each act is whole or not at all, at one instant.
// What goes wrong on the way to it and back is the business of `record.ts`.

/** Faults of the record itself, for tests that must notice them; none of them in a product's record. */
export interface Sabotage {
  /** Offers are taken from whoever asks, whatever its epoch. */
  noFence?: boolean;
  /** An offer is written though the interaction changed meanwhile. */
  noSeq?: boolean;
  /** Slots are not counted. */
  noCapacity?: boolean;
  /** One slot in fifty is not freed. */
  forgetsSlots?: boolean;
  /** One write in two hundred is answered as done, and never was. */
  answersFirst?: boolean;
}

/** What was committed, in order: what an account kept from outside is told. */
export interface Entry {
  at: number;
  seq: number;
  act: Act | 'arrive';
  state: State;
  interactionId: string;
  typeId: string;
  channel: Channel;
  agentId: string | null;
  /** Whose slot was freed. */
  freedAgentId: string | null;
  /** Of an offer: under which right to decide it was written. */
  epoch?: string;
  /** Of an offer: upon which number it was decided. */
  upon?: number;
}

export interface Slot {
  retired: boolean;
  holds: string | undefined;
}

export interface AgentRow {
  id: string;
  clients: string[];
  /** Competencies with the level assessed. */
  competencies: Map<string, number>;
  ready: boolean;
  connected: boolean;
  since: number;
  slots: Map<Channel, Slot[]>;
  freedAt: number;
}

export interface WrittenDecision {
  runId: string;
  position: number;
  seq: number;
  decision: Decision;
}

export interface Advancing {
  interactionId: string;
  agentId?: string;
  seq?: number;
  /** The writer's wall clock. */
  at: Date;
  epoch?: string;
  offerUntil?: Date;
  typeId?: string;
}

const withSlot: readonly State[] = ['offered', 'handling', 'wrapping'];

export class Store {
  readonly rows = new Map<string, InteractionRow>();
  readonly agents = new Map<string, AgentRow>();
  readonly types = new Map<string, TypeRow>();
  /** By the customer's own key: what is sent again stands there once. */
  readonly keys = new Map<string, string>();
  readonly decisions: WrittenDecision[] = [];
  readonly journal: JournalChunk[] = [];
  readonly #open = new Map<string, InteractionRow>();
  readonly #chunks = new Set<string>();
  owner: { epoch: number; node: string; until: number } | undefined;
  /** The record's own clock beside true time, in ms. */
  clockOffset = 0;
  #freed = 0;
  #now: () => number;
  #committed: (entry: Entry, row: InteractionRow) => void;
  #taken: (epoch: string, node: string) => void;
  readonly sabotage: Sabotage;
  readonly keepsJournal: boolean;

  constructor(options: {
    now: () => number;
    committed: (entry: Entry, row: InteractionRow) => void;
    taken: (epoch: string, node: string) => void;
    sabotage: Sabotage;
    keepsJournal: boolean;
  }) {
    this.#now = options.now;
    this.#committed = options.committed;
    this.#taken = options.taken;
    this.sabotage = options.sabotage;
    this.keepsJournal = options.keepsJournal;
  }

  // --- the right to decide -----------------------------------------------------------------------------------------------------

  #clock(): number {
    return this.#now() + this.clockOffset;
  }

  take(node: string, ms: number, alone: boolean): string | undefined {
    if (this.owner !== undefined && this.owner.until >= this.#clock() && !alone) return undefined;
    this.owner = { epoch: (this.owner?.epoch ?? 0) + 1, node, until: this.#clock() + ms };
    this.#taken(String(this.owner.epoch), node);
    return String(this.owner.epoch);
  }

  renew(node: string, epoch: string, ms: number): boolean {
    if (!this.#isOwner(node, epoch)) return false;
    this.owner!.until = this.#clock() + ms;
    return true;
  }

  release(node: string, epoch: string): void {
    if (this.#isOwner(node, epoch)) this.owner!.until = this.#clock() - 1;
  }

  #isOwner(node: string, epoch: string): boolean {
    return this.owner?.node === node && String(this.owner.epoch) === epoch;
  }

  append(chunk: JournalChunk): Appended {
    if (String(this.owner?.epoch) !== chunk.epoch) return 'owner-changed';
    if (chunk.n > 0 && !this.#chunks.has(`${chunk.runId} ${chunk.n - 1}`)) return 'gap';
    const key = `${chunk.runId} ${chunk.n}`;
    if (this.#chunks.has(key)) return 'kept';
    this.#chunks.add(key);
    if (chunk.n > 0) this.#chunks.delete(`${chunk.runId} ${chunk.n - 2}`);
    if (this.keepsJournal) this.journal.push(chunk);
    return 'kept';
  }

  // --- interactions --------------------------------------------------------------------------------------------------------------

  arrive(key: string, row: InteractionRow): { row: InteractionRow; event: Committed } {
    const known = this.rows.get(this.keys.get(key) ?? '');
    if (known !== undefined)
      return { row: known, event: eventOf('interaction.arrived', known, known.arrived_at, {}) };
    this.keys.set(key, row.id);
    this.rows.set(row.id, row);
    this.#tell('arrive', row, null, {});
    return { row, event: eventOf('interaction.arrived', row, row.arrived_at, {}) };
  }

  /** As the statement of an act: moves the row, takes or frees the slot and takes the next seq, or says what stands against it. */
  advance(
    act: Act,
    input: Advancing,
  ): { refused: string } | { row: InteractionRow; freedAgentId: string | null; event: Committed } {
    const { sabotage } = this;
    const row = this.rows.get(input.interactionId);
    const asked = {
      at: input.at,
      ...(input.agentId !== undefined && { agentId: input.agentId }),
      ...(input.seq !== undefined && sabotage.noSeq !== true && { seq: input.seq }),
    };
    const reason = whyNotAdvance(row, act, asked);
    if (reason !== undefined || row === undefined) return { refused: reason ?? 'interaction-unknown' };
    if (input.epoch !== undefined && sabotage.noFence !== true && String(this.owner?.epoch) !== input.epoch)
      return { refused: 'decision-outdated' };
    const to = stateAfter(row.state, act) as State;
    const takes = withSlot.includes(to) && !withSlot.includes(row.state);
    const frees = !withSlot.includes(to) && statesBefore(act).some((state) => withSlot.includes(state));
    const agentId = namesNewAgent(act) ? input.agentId! : row.agent_id;
    if (takes) {
      const slots = this.agents.get(agentId!)?.slots.get(row.channel) ?? [];
      // What is held in a retired slot counts as well.
      const held = slots.filter(({ holds }) => holds !== undefined).length;
      const isFull = held >= slots.filter(({ retired }) => !retired).length;
      const free = slots.find((slot) => !slot.retired && slot.holds === undefined);
      if (free !== undefined && !isFull) free.holds = row.id;
      else if (sabotage.noCapacity !== true) return { refused: 'agent-at-capacity' };
    }
    let freedAgentId: string | null = null;
    if (frees && row.agent_id !== null) {
      const agent = this.agents.get(row.agent_id);
      const held = agent?.slots.get(row.channel)?.find((slot) => slot.holds === row.id);
      if (held !== undefined) {
        freedAgentId = row.agent_id;
        this.#freed += 1;
        agent!.freedAt = Math.max(agent!.freedAt, input.at.getTime());
        if (sabotage.forgetsSlots !== true || this.#freed % 50 !== 0) held.holds = undefined;
      }
    }
    const over = to === 'closed' || to === 'abandoned';
    const declined = act === 'decline' || act === 'expire';
    const next: InteractionRow = {
      ...row,
      state: to,
      seq: row.seq + 1,
      state_since: to === row.state ? row.state_since : input.at,
      agent_id: to === 'waiting' || over ? null : agentId,
      offer_until: to === 'offered' ? (input.offerUntil ?? null) : null,
      not_to:
        declined && !row.not_to.includes(row.agent_id!)
          ? [...row.not_to, row.agent_id!]
          : act === 'accept' || act === 'transfer' || act === 'release'
            ? []
            : row.not_to,
      handled_by: act === 'accept' ? row.agent_id : row.handled_by,
      type_id: act === 'transfer' ? (input.typeId ?? row.type_id) : row.type_id,
      closed_at: over ? input.at : null,
    };
    this.rows.set(row.id, next);
    this.#tell(act, next, freedAgentId, input);
    const named = freedAgentId ?? next.agent_id ?? row.agent_id;
    return {
      row: next,
      freedAgentId,
      event: eventOf(kindOf[act], next, input.at, named === null ? {} : { agentId: named }),
    };
  }

  #tell(
    act: Entry['act'],
    row: InteractionRow,
    freedAgentId: string | null,
    { epoch, seq: upon }: { epoch?: string; seq?: number },
  ): void {
    const entry: Entry = {
      at: this.#now(),
      seq: row.seq,
      act,
      state: row.state,
      interactionId: row.id,
      typeId: row.type_id,
      channel: row.channel,
      agentId: row.agent_id,
      freedAgentId,
    };
    if (epoch !== undefined) entry.epoch = epoch;
    if (upon !== undefined) entry.upon = upon;
    if (row.closed_at === null) this.#open.set(row.id, row);
    else this.#open.delete(row.id);
    this.#committed(entry, row);
  }

  open(): InteractionRow[] {
    return [...this.#open.values()];
  }

  setCapacity(agentId: string, channel: Channel, size: number): void {
    const { slots } = this.agents.get(agentId)!;
    const own = slots.get(channel) ?? [];
    while (own.length < size) own.push({ retired: false, holds: undefined });
    for (const [i, slot] of own.entries()) slot.retired = i >= size;
    slots.set(channel, own);
  }
}

export function eventOf(
  kind: string,
  row: InteractionRow,
  at: Date,
  body: Record<string, unknown>,
): Committed {
  return { stream: row.id, seq: row.seq, kind, clientId: row.client_id, at, body, after: row };
}
