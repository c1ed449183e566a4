import type { InteractionRow } from '#src/modules/interactions/index.ts';
import type { Channel, Decision } from '#src/modules/routing/seam.ts';
import type { Entry, Store } from './store.ts';

// The account kept from outside: what was committed, in order, what each copy could know, and what people could do. It shares no code with
// the engine, the shell or the record's double, and looks at everything by plain scans.

export interface Found {
  /** More than an agent's capacity was given to them. */
  overAssigned: number;
  /** Gone from a stream, or never ended. */
  lost: number;
  /** Given twice, ended twice, numbered twice. */
  doubled: number;
  /** Offered although somebody before it in the same line could have been. */
  inversions: number;
  /** Nobody has it though somebody could take it, or a slot is held by nothing. */
  stuck: number;
  /** Offered by a copy that no longer had the right to, or upon what was no longer true. */
  stale: number;
  /** Offered to somebody who has not been allowed to take it for long. */
  notAllowed: number;
  /** Faults thrown into the bus or out of the shell. */
  threw: number;
}

const from: Readonly<Record<string, readonly string[]>> = {
  offer: ['waiting'],
  accept: ['offered'],
  decline: ['offered'],
  expire: ['offered'],
  loseAgent: ['offered', 'handling'],
  abandon: ['waiting', 'offered'],
  transfer: ['handling'],
  park: ['handling'],
  resume: ['parked'],
  release: ['parked'],
  end: ['handling', 'parked'],
  complete: ['wrapping'],
  settle: ['wrapping'],
};
const slotStates = ['offered', 'handling', 'wrapping'];
const agentStates = [...slotStates, 'parked'];

interface Contact {
  id: string;
  seq: number;
  state: string;
  agentId: string | null;
  typeId: string;
  channel: Channel;
  since: number;
  notTo: Map<string, number>;
  /** Who has been able to take it, and since when. */
  taker: { agentId: string; since: number } | undefined;
}

export interface Person {
  clients: readonly string[];
  competencies: Map<string, number>;
  ready: boolean;
  capacity: Map<Channel, number>;
  changedAt: number;
}

export interface Kind {
  clientId: string;
  requires: readonly { competencyId: string; level: number }[];
  /** Held back from everybody. */
  isHeld: boolean;
  changedAt: number;
}

interface Known {
  row: InteractionRow;
  at: number;
  before: { row: InteractionRow; at: number } | undefined;
}

/** A decision, and how long what was decided about stands in no line for it. */
interface Taken {
  decision: Decision;
  from: number;
  until: number;
  refusedAt: number | undefined;
}

/** More decisions about one contact are not looked back at. */
const takenMax = 8;
/** More looks at a clock are not remembered. */
const wallsMax = 4_000;

interface Observer {
  known: Map<string, Known>;
  /** By type: what was known to wait, until it is found not to. */
  waiting: Map<string, Set<string>>;
  /** Under decision, or held back after a write that failed. */
  busy: Map<string, Taken[]>;
  /** When it looked at its wall clock, since that was last put elsewhere, by what it showed. */
  walls: Map<number, number>;
  /** What its wall clock had shown before. */
  wallsBefore: Set<number>;
  unsureUntil: number;
}

/** How long the shell holds back what it could not write, with some allowance. */
const heldMs = 1_200;
const refusedMs = 400;
/** A clock that was put back is noticed within that, and what was held until a time is let go of. */
const steppedMs = 3_000;
const stuckMs = 5_000;
const declinedMs = 15_000;
const longestOfferMs = 10_000;
/** What was changed is known everywhere so long after all is well. */
const healedMs = 16_000;

export class Judge {
  readonly found: Found = {
    overAssigned: 0,
    lost: 0,
    doubled: 0,
    inversions: 0,
    stuck: 0,
    stale: 0,
    notAllowed: 0,
    threw: 0,
  };
  /** The first of what was found, a sentence each. */
  readonly sentences: string[] = [];
  readonly people = new Map<string, Person>();
  readonly kinds = new Map<string, Kind>();
  readonly open = new Map<string, Contact>();
  arrived = 0;
  ended = 0;
  offered = 0;
  /** Offers whose order could not be judged: the copy's clock was just put elsewhere, or a write of its had failed. */
  unjudged = 0;
  takeovers = 0;
  history = 2166136261;
  readonly #held = new Map<string, Set<string>>();
  readonly #endedIds = new Set<string>();
  readonly #observers = new Map<string, Observer>();
  readonly #emptySlots = new Map<string, number>();
  #epoch = '0';
  readonly #now: () => number;
  /** Since when nothing has gone wrong. */
  calmSince = 0;
  /** By how much clocks that are not right may prolong what is waited for. */
  slackMs = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  #finds(what: keyof Found, sentence: string): void {
    this.found[what] += 1;
    if (this.sentences.length < 20)
      this.sentences.push(`${what} at ${this.#now().toFixed(0)} ms: ${sentence}`);
  }

  fault(fault: unknown): void {
    this.#finds('threw', fault instanceof Error ? (fault.stack ?? fault.message) : String(fault));
  }

  // --- what was committed ----------------------------------------------------------------------------------------------------------

  taken(epoch: string): void {
    this.#epoch = epoch;
    this.takeovers += 1;
  }

  committed(entry: Entry): void {
    const { act, interactionId: id, seq, state, agentId, typeId, channel } = entry;
    this.#remember(`${act} ${id} ${seq} ${agentId} ${entry.at.toFixed(3)}`);
    if (act === 'arrive') {
      if (this.open.has(id) || this.#endedIds.has(id)) this.#finds('doubled', `${id} arrived twice`);
      this.arrived += 1;
      this.open.set(id, {
        id,
        seq,
        state,
        agentId,
        typeId,
        channel,
        since: entry.at,
        notTo: new Map(),
        taker: undefined,
      });
      return;
    }
    const contact = this.open.get(id);
    if (contact === undefined) {
      this.#finds('doubled', `${act} of ${id}, which is over`);
      return;
    }
    if (seq <= contact.seq) this.#finds('doubled', `${id} has its number ${seq} twice`);
    if (seq > contact.seq + 1) this.#finds('lost', `${id} goes from number ${contact.seq} to ${seq}`);
    if (from[act]?.includes(contact.state) !== true)
      this.#finds('doubled', `${act} of ${id}, which is ${contact.state} with ${contact.agentId}`);
    if (act === 'accept' && agentId !== contact.agentId)
      this.#finds('doubled', `${id} was offered to ${contact.agentId} and accepted by ${agentId}`);
    if (act === 'offer') this.#wasOffered(entry, contact);

    if (slotStates.includes(contact.state) && contact.agentId !== null)
      this.#heldBy(contact.agentId, channel).delete(id);
    if (act === 'decline' || act === 'expire') contact.notTo.set(contact.agentId!, entry.at);
    if (act === 'accept' || act === 'transfer' || act === 'release') contact.notTo.clear();
    const hadSlot = slotStates.includes(contact.state) && contact.agentId === agentId;
    if (slotStates.includes(state)) {
      const held = this.#heldBy(agentId!, channel);
      held.add(id);
      const limit = this.people.get(agentId!)?.capacity.get(channel) ?? 0;
      if (!hadSlot && held.size > limit)
        this.#finds(
          'overAssigned',
          `${agentId} was given ${id} and has ${held.size} of ${limit} on ${channel}`,
        );
    }
    if (state !== contact.state) contact.since = entry.at;
    Object.assign(contact, { seq, state, agentId, typeId, taker: undefined });
    if (agentStates.includes(state) !== (agentId !== null))
      this.#finds('stuck', `${id} is ${state} with ${agentId}`);
    if (state === 'closed' || state === 'abandoned') {
      this.open.delete(id);
      this.#endedIds.add(id);
      this.ended += 1;
    }
  }

  #wasOffered({ epoch, upon, agentId, interactionId: id, typeId, at }: Entry, contact: Contact): void {
    this.offered += 1;
    if (upon !== contact.seq)
      this.#finds('stale', `${id} was offered as it was at ${upon}, and is at ${contact.seq}`);
    if (epoch !== this.#epoch)
      this.#finds('stale', `${id} was offered under ${epoch}, and ${this.#epoch} had been taken`);
    const person = this.people.get(agentId!);
    const kind = this.kinds.get(typeId);
    if (person === undefined || kind === undefined || contact.typeId !== typeId) return;
    const changedAt = Math.max(person.changedAt, kind.changedAt, this.calmSince);
    if (!this.#isCompetent(person, kind) && at > changedAt + healedMs)
      this.#finds('notAllowed', `${id} was offered to ${agentId}, who may not take it`);
  }

  #heldBy(agentId: string, channel: Channel): Set<string> {
    const key = `${agentId} ${channel}`;
    let held = this.#held.get(key);
    if (held === undefined) {
      held = new Set();
      this.#held.set(key, held);
    }
    return held;
  }

  #isCompetent(person: Person, { clientId, requires }: Kind): boolean {
    return (
      person.ready &&
      person.clients.includes(clientId) &&
      requires.every(({ competencyId, level }) => (person.competencies.get(competencyId) ?? 0) >= level)
    );
  }

  #remember(text: string): void {
    let hash = this.history;
    for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
    this.history = hash >>> 0;
  }

  // --- what a copy could know ------------------------------------------------------------------------------------------------------

  began(copy: string): void {
    this.#observers.set(copy, {
      known: new Map(),
      waiting: new Map(),
      busy: new Map(),
      walls: new Map(),
      wallsBefore: new Set(),
      unsureUntil: 0,
    });
  }

  /** The copy looked at its wall clock: by it a decision says when it was taken. */
  looked(copy: string, wall: number): void {
    const { walls } = this.#observers.get(copy)!;
    if (walls.size > wallsMax) walls.clear();
    walls.set(wall, this.#now());
  }

  /** Its wall clock was put elsewhere: what it tells from now on says nothing of before. */
  stepped(copy: string): void {
    const { walls, wallsBefore } = this.#observers.get(copy)!;
    if (wallsBefore.size > wallsMax) wallsBefore.clear();
    for (const wall of walls.keys()) wallsBefore.add(wall);
    walls.clear();
    this.unsure(copy, steppedMs);
  }

  /** The order of what the copy decides next cannot be judged. */
  unsure(copy: string, forMs = heldMs): void {
    const observer = this.#observers.get(copy)!;
    observer.unsureUntil = Math.max(observer.unsureUntil, this.#now() + forMs);
  }

  knows(copy: string, row: InteractionRow): void {
    const { known, waiting } = this.#observers.get(copy)!;
    const before = known.get(row.id);
    if (before !== undefined && before.row.seq >= row.seq) return;
    known.set(row.id, { row, at: this.#now(), before: before && { row: before.row, at: before.at } });
    if (row.state !== 'waiting') return;
    let ofType = waiting.get(row.type_id);
    if (ofType === undefined) {
      ofType = new Set();
      waiting.set(row.type_id, ofType);
    }
    ofType.add(row.id);
  }

  /** An answer with all that was open at some moment since it was asked for: what had been known before and is not in it is over. */
  knowsOpen(copy: string, rows: readonly InteractionRow[], askedAt: number): void {
    const { known, waiting } = this.#observers.get(copy)!;
    for (const row of rows) this.knows(copy, row);
    const open = new Set(rows.map(({ id }) => id));
    for (const ofType of waiting.values())
      for (const id of ofType) {
        const last = known.get(id)!;
        if (open.has(id) || last.at > askedAt) continue;
        known.set(id, {
          row: { ...last.row, seq: last.row.seq + 0.5, state: 'closed' },
          at: this.#now(),
          before: { row: last.row, at: last.at },
        });
      }
  }

  /** What was read of one that was refused, asked for at that very moment: until the answer it stands in no line, and a little longer. */
  readAgain(copy: string, ids: readonly string[], askedAt: number, isRead: boolean): void {
    const taken = ids.length === 1 ? this.#observers.get(copy)!.busy.get(ids[0]!) : undefined;
    for (const one of taken ?? [])
      if (one.refusedAt === askedAt) one.until = this.#now() + (isRead ? refusedMs : heldMs);
  }

  /** A copy asks for an offer to be written. Nobody who stood before it in its line, and whom the agent could have taken, was passed over. */
  decided(copy: string, decision: Decision): void {
    const { interactionId, seq, agentId, why } = decision;
    const observer = this.#observers.get(copy)!;
    const { known, waiting, busy, walls, wallsBefore } = observer;
    const at = walls.get(why.decidedAt);
    const own = known.get(interactionId);
    const decisions = busy.get(interactionId) ?? [];
    decisions.push({ decision, from: at ?? 0, until: Number.POSITIVE_INFINITY, refusedAt: undefined });
    if (decisions.length > takenMax) decisions.shift();
    busy.set(interactionId, decisions);
    const row = own?.row.seq === seq ? own.row : own?.before?.row.seq === seq ? own.before.row : undefined;
    // A wall clock that was put back shows a moment twice: which of them is meant, nobody can say.
    const isTwice = wallsBefore.has(why.decidedAt);
    if (at === undefined || isTwice || row === undefined || at < observer.unsureUntil) {
      this.unjudged += 1;
      return;
    }
    // The wall clock tells milliseconds: of what came within one and a half of them it cannot be said whether it was known.
    const until = at - 1.5;
    const ofType = waiting.get(row.type_id) ?? new Set<string>();
    for (const id of ofType) {
      const other = known.get(id)!;
      if (other.row.state !== 'waiting' && other.at < until - 60_000) ofType.delete(id);
      if (id === interactionId) continue;
      const then = other.at > at + 1.5 ? other.before : other;
      if (then === undefined || then.at >= until) continue;
      if (then.row.state !== 'waiting' || then.row.type_id !== row.type_id) continue;
      if (then.row.not_to.includes(agentId) || !isBefore(then.row, row)) continue;
      const isTaken = (one: Taken) => one.decision.seq >= then.row.seq && one.from <= at && at < one.until;
      if (busy.get(id)?.some(isTaken) === true) continue;
      this.#finds(
        'inversions',
        `${copy} offered ${interactionId} to ${agentId} before ${id}, which it had known to wait for ${(at - then.at).toFixed(0)} ms`,
      );
      return;
    }
  }

  answered(copy: string, decision: Decision, how: 'written' | 'refused' | 'failed'): void {
    const all = this.#observers.get(copy)!.busy.get(decision.interactionId);
    const busy = all?.find((one) => one.decision === decision);
    if (busy === undefined || how === 'written') return;
    if (how === 'refused') busy.refusedAt = this.#now();
    else busy.until = this.#now() + heldMs;
  }

  // --- what stands still -----------------------------------------------------------------------------------------------------------

  /** Looks at everything, every second or so while all has been well for long enough. */
  sample(store: Store): void {
    const now = this.#now();
    for (const contact of this.open.values()) {
      if (contact.state === 'offered' && now - contact.since > longestOfferMs + stuckMs + this.slackMs) {
        this.#finds(
          'stuck',
          `${contact.id} rings at ${contact.agentId} since ${contact.since.toFixed(0)} ms`,
        );
        contact.since = now;
      }
      if (contact.state !== 'waiting') continue;
      const { taker } = contact;
      if (taker !== undefined && this.#couldTake(contact, taker.agentId, now)) {
        if (now - taker.since <= stuckMs) continue;
        this.#finds(
          'stuck',
          `${contact.id} waits since ${contact.since.toFixed(0)} ms, and ${taker.agentId} could take it since ${taker.since.toFixed(0)} ms`,
        );
        taker.since = now;
        continue;
      }
      contact.taker = undefined;
      for (const agentId of this.people.keys())
        if (this.#couldTake(contact, agentId, now)) {
          contact.taker = { agentId, since: now };
          break;
        }
    }
    this.#sampleSlots(store, now);
  }

  #couldTake(contact: Contact, agentId: string, now: number): boolean {
    const person = this.people.get(agentId)!;
    const kind = this.kinds.get(contact.typeId)!;
    if (kind.isHeld || !this.#isCompetent(person, kind)) return false;
    const declined = contact.notTo.get(agentId);
    if (declined !== undefined && now - declined < declinedMs + this.slackMs) return false;
    return this.#heldBy(agentId, contact.channel).size < (person.capacity.get(contact.channel) ?? 0);
  }

  #sampleSlots(store: Store, now: number): void {
    for (const agent of store.agents.values())
      for (const slots of agent.slots.values())
        for (const [i, { holds }] of slots.entries()) {
          const key = `${agent.id} ${i} ${holds}`;
          if (holds === undefined) continue;
          const contact = this.open.get(holds);
          const isRight = contact?.agentId === agent.id && slotStates.includes(contact.state);
          if (isRight) {
            this.#emptySlots.delete(key);
            continue;
          }
          const since = this.#emptySlots.get(key) ?? now;
          this.#emptySlots.set(key, since);
          if (now - since > stuckMs) {
            this.#finds('stuck', `a slot of ${agent.id} is held by ${holds}, which is not with them`);
            this.#emptySlots.set(key, Number.POSITIVE_INFINITY);
          }
        }
  }

  /** After everybody had time: what has not ended is lost, and what the record has is what was told. */
  end(store: Store, keys: ReadonlyMap<string, string>): void {
    for (const { id, state, agentId } of this.open.values())
      this.#finds('lost', `${id} never ended: it is ${state} with ${agentId}`);
    for (const [key, id] of keys)
      if (!this.#endedIds.has(id) && !this.open.has(id))
        this.#finds('lost', `${id} was acknowledged to ${key} and is nowhere`);
    if (store.rows.size !== this.arrived)
      this.#finds('doubled', `the record has ${store.rows.size} interactions, and ${this.arrived} arrived`);
  }
}

function isBefore(a: InteractionRow, b: InteractionRow): boolean {
  if (a.priority !== b.priority) return false;
  const apart = a.arrived_at.getTime() - b.arrived_at.getTime();
  return apart < 0 || (apart === 0 && a.id < b.id);
}
