import { type Asking, agentsOf, holdOf, whoIsAsked } from './explain.ts';
import { Ordered } from './ordered.ts';
import type {
  AgentSeen,
  Channel,
  Decision,
  Engine,
  EngineSnapshot,
  Gone,
  InteractionSeen,
  InteractionState,
  Millis,
  Requirement,
  Seen,
  TypeSeen,
  Why,
} from './seam.ts';
import { channels, type Profile, type Signature, Takers } from './takers.ts';

// What waits stands in lines, one to each signature (and, for what was declined, to each way of asking), in the order in which it is
// offered. A line is worth a look only after something came to its front or an agent became free for it; the rest is known to be stuck.
// So a decision costs the heads of the lines worth a look and of the profiles that may take them, never the length of a line.

/** How many ended interactions are remembered at least, so that an older fact that arrives late does not bring one back. */
const endedMin = 50_000;

const holdsSlot: Record<InteractionState, boolean> = {
  waiting: false,
  scheduled: false,
  offered: true,
  handling: true,
  parked: false,
  wrapping: true,
  closed: false,
  abandoned: false,
};

interface Line {
  key: string;
  signature: Signature;
  asking: Asking;
  waiting: Ordered<Open>;
}

interface Reservation {
  agentId: string;
  since: Millis;
  why: Why;
}

/** An open interaction and where it stands. */
interface Open {
  seen: InteractionSeen;
  place: 'line' | 'held' | 'without-type' | 'reserved' | 'slot' | 'aside';
  line?: Line;
  /** When its place must be looked at again: its hold ends, or who declined may be asked again. */
  dueAt?: Millis;
  reservation?: Reservation;
  notBefore?: Millis;
}

const byOrder = ({ seen: a }: Open, { seen: b }: Open): number =>
  b.priority - a.priority || a.arrivedAt - b.arrivedAt || compare(a.interactionId, b.interactionId);

const byDue = (a: Open, b: Open): number =>
  (a.dueAt ?? 0) - (b.dueAt ?? 0) || compare(a.seen.interactionId, b.seen.interactionId);

const byHead = (a: Line, b: Line): number => {
  const [first, second] = [a.waiting.first(), b.waiting.first()];
  return first === undefined || second === undefined ? compare(a.key, b.key) : byOrder(first, second);
};

export function createEngine(): Engine {
  return new Matching();
}

class Matching implements Engine {
  #at: Millis = Number.NEGATIVE_INFINITY;
  readonly #types = new Map<string, TypeSeen>();
  readonly #typesGone = new Map<string, number>();
  readonly #agentsGone = new Map<string, number>();
  readonly #open = new Map<string, Open>();
  /** Ended interactions and their seq, in two generations of which the older is dropped whole. */
  #ended = new Map<string, number>();
  #endedBefore = new Map<string, number>();

  readonly #lines = new Map<Signature, Map<string, Line>>();
  /** Waiting interactions that stand where they do because of their type. */
  readonly #ofType = new Map<string, Set<Open>>();
  /** In the order of when their place must be looked at again. */
  readonly #due = new Ordered<Open>(byDue);
  readonly #worthALook = new Set<Line>();
  readonly #takers = new Takers((profile, channel) => this.#lookAtLinesFor(profile, channel));

  see(seen: Seen): void {
    if (seen.kind === 'agent') this.#seeAgent(seen);
    else if (seen.kind === 'type') this.#seeType(seen);
    else this.#seeInteraction(seen);
  }

  forget(gone: Gone): void {
    if (gone.kind === 'agent') {
      const known = this.#takers.agent(gone.agentId)?.seen?.version;
      if (this.#isGone(this.#agentsGone, gone.agentId, known, gone.version))
        this.#takers.forget(gone.agentId);
    } else {
      const known = this.#types.get(gone.typeId)?.version;
      if (!this.#isGone(this.#typesGone, gone.typeId, known, gone.version)) return;
      this.#types.delete(gone.typeId);
      this.#standAgain(gone.typeId);
    }
  }

  decide(now: Millis, max = Number.POSITIVE_INFINITY): Decision[] {
    this.#comeTo(now);
    const heads = new Ordered<Line>(byHead);
    for (const line of this.#worthALook) heads.add(line);

    const decisions: Decision[] = [];
    while (decisions.length < max) {
      const line = heads.first();
      if (line === undefined) break;
      heads.delete(line);
      const next = line.waiting.first();
      const asked = next && whoIsAsked(this.#takers, line.signature, line.asking);
      if (next === undefined || asked === undefined) {
        this.#worthALook.delete(line);
        continue;
      }
      decisions.push(this.#reserve(next, line, asked.id, now));
      if (line.waiting.size > 0) heads.add(line);
    }
    return decisions;
  }

  release(interactionId: string, notBefore?: Millis): void {
    const open = this.#open.get(interactionId);
    if (open?.reservation === undefined) return;
    this.#leave(open);
    if (notBefore !== undefined) open.notBefore = notBefore;
    this.#stand(open);
  }

  whyWaiting(interactionId: string, now: Millis): Why | undefined {
    this.#comeTo(now);
    const open = this.#open.get(interactionId);
    if (open === undefined || open.seen.state !== 'waiting') return undefined;
    if (open.reservation !== undefined) return open.reservation.why;

    const { seen } = open;
    const type = this.#types.get(seen.typeId);
    const held = holdOf(seen, open.notBefore, now);
    if (type === undefined)
      return {
        ...orderOf(seen, 0, now),
        requires: [],
        eligible: [],
        eligibleCount: 0,
        not: [],
        ...(held && { held }),
        waitsFor: held === undefined ? 'type' : 'hold',
      };
    const why = this.#why(open, type, this.#signatureOf(seen, type), askingOf(seen, now), now);
    return {
      ...why,
      ...(held && { held }),
      waitsFor: held !== undefined ? 'hold' : why.eligibleCount > 0 ? 'decision' : 'agent',
    };
  }

  wakeAt(now: Millis): Millis | undefined {
    if (this.#worthALook.size > 0) return now;
    const next = this.#due.first()?.dueAt;
    return next === undefined ? undefined : Math.max(now, next);
  }

  snapshot(now?: Millis): EngineSnapshot {
    if (now !== undefined) this.#comeTo(now);
    const open = [...this.#open.values()].sort((a, b) => compare(a.seen.interactionId, b.seen.interactionId));
    const agents = [...this.#takers.agents()].sort((a, b) => compare(a.id, b.id));
    const standing = (place: Open['place']) =>
      open.filter((one) => one.place === place).map(({ seen }) => seen.interactionId);
    const lines = [...this.#lines.values()]
      .flatMap((ofSignature) => [...ofSignature.values()])
      .filter(({ waiting }) => waiting.size > 0)
      .sort((a, b) => compare(a.signature.key, b.signature.key) || compare(a.key, b.key));

    return {
      ...(this.#at !== Number.NEGATIVE_INFINITY && { at: this.#at }),
      types: [...this.#types.values()].map(canonicalType).sort((a, b) => compare(a.typeId, b.typeId)),
      agents: agents.flatMap(({ seen }) => (seen === undefined ? [] : [canonicalAgent(seen)])),
      interactions: open.map(({ seen }) => canonicalInteraction(seen)),
      reserved: open.flatMap(({ seen, reservation }) =>
        reservation === undefined
          ? []
          : [
              {
                interactionId: seen.interactionId,
                seq: seen.seq,
                agentId: reservation.agentId,
                channel: seen.channel,
                since: reservation.since,
              },
            ],
      ),
      released: open.flatMap(({ seen, notBefore }) =>
        notBefore === undefined || notBefore <= this.#at
          ? []
          : [{ interactionId: seen.interactionId, notBefore }],
      ),
      places: {
        lines: lines.map(({ signature, key, waiting }) => ({
          requirements: signature.key + key,
          interactionIds: [...waiting].map(({ seen }) => seen.interactionId),
        })),
        held: standing('held'),
        withoutType: standing('without-type'),
        reserved: agents
          .flatMap(({ slots }) => channels.flatMap((channel) => [...slots[channel]]))
          .flatMap(([interactionId, { reserved }]) => (reserved ? [interactionId] : []))
          .sort(),
        slots: agents.flatMap(({ id, slots }) =>
          channels.flatMap((channel) => {
            const held = [...slots[channel]].flatMap(([interactionId, { reserved }]) =>
              reserved ? [] : [interactionId],
            );
            return held.length === 0 ? [] : [{ agentId: id, channel, interactionIds: held.sort() }];
          }),
        ),
        aside: standing('aside'),
      },
    };
  }

  #seeAgent(seen: AgentSeen): void {
    mustBeNumbers(seen.agentId, seen.version, seen.idleSince);
    const known = this.#takers.agent(seen.agentId)?.seen?.version ?? this.#agentsGone.get(seen.agentId);
    if (known !== undefined && seen.version <= known) return;
    this.#agentsGone.delete(seen.agentId);
    this.#takers.see(seen, this.#at);
  }

  #seeType(seen: TypeSeen): void {
    mustBeNumbers(seen.typeId, seen.version, ...seen.requires.map(({ level }) => level));
    const known = this.#types.get(seen.typeId)?.version ?? this.#typesGone.get(seen.typeId);
    if (known !== undefined && seen.version <= known) return;
    this.#typesGone.delete(seen.typeId);
    this.#types.set(seen.typeId, { ...seen, requires: canonicalRequires(seen.requires) });
    this.#standAgain(seen.typeId);
  }

  #seeInteraction(seen: InteractionSeen): void {
    const { interactionId: id, seq, priority, arrivedAt } = seen;
    mustBeNumbers(id, seq, priority, arrivedAt);
    for (const instant of [seen.agentSince, seen.askAgainAt, seen.heldUntil])
      if (Number.isNaN(instant)) throw new TypeError(`a fact about ${id} has an instant that is none`);
    if (holdsSlot[seen.state] && seen.agentId === undefined)
      throw new TypeError(`${id} is ${seen.state} without an agent`);
    const before = this.#open.get(id);
    const known = before?.seen.seq ?? this.#ended.get(id) ?? this.#endedBefore.get(id);
    if (known !== undefined && seq <= known) return;

    if (before !== undefined) this.#leave(before);
    if (seen.state === 'closed' || seen.state === 'abandoned') {
      this.#open.delete(id);
      this.#rememberEnded(id, seq);
      return;
    }
    const open: Open = { seen, place: 'aside' };
    this.#open.set(id, open);
    this.#stand(open);
  }

  /** Remembers a removal and answers whether what is known is older than it. */
  #isGone(gone: Map<string, number>, id: string, known: number | undefined, version = known): boolean {
    if (version === undefined || (known !== undefined && known > version)) return false;
    gone.set(id, Math.max(version, gone.get(id) ?? version));
    return true;
  }

  #rememberEnded(id: string, seq: number): void {
    this.#ended.set(id, seq);
    if (this.#ended.size < endedMin) return;
    this.#endedBefore = this.#ended;
    this.#ended = new Map();
  }

  /** Puts an open interaction where its fact and the present instant say. */
  #stand(open: Open): void {
    const { seen } = open;
    delete open.dueAt;
    if (seen.state === 'waiting') {
      const held = holdOf(seen, open.notBefore, this.#at);
      if (held !== undefined) {
        open.place = 'held';
        this.#lookAgainAt(open, held.until);
        return;
      }
      const type = this.#types.get(seen.typeId);
      this.#ofTypeSet(seen.typeId).add(open);
      if (type === undefined) {
        open.place = 'without-type';
        return;
      }
      const asking = askingOf(seen, this.#at);
      if (!asking.again && seen.askAgainAt !== undefined) this.#lookAgainAt(open, seen.askAgainAt);
      open.place = 'line';
      open.line = this.#lineOf(this.#signatureOf(seen, type), asking);
      open.line.waiting.add(open);
      this.#worthALook.add(open.line);
    } else if (holdsSlot[seen.state] && seen.agentId !== undefined) {
      open.place = 'slot';
      const since = seen.agentSince ?? Number.NEGATIVE_INFINITY;
      this.#takers.take(seen.agentId, seen.channel, seen.interactionId, { since, reserved: false });
    } else open.place = 'aside';
  }

  /** Takes an open interaction out of where it stands. */
  #leave(open: Open): void {
    const { seen, line, reservation } = open;
    if (open.dueAt !== undefined) this.#due.delete(open);
    delete open.dueAt;
    if (seen.state === 'waiting') this.#ofType.get(seen.typeId)?.delete(open);
    if (line !== undefined) {
      line.waiting.delete(open);
      if (line.waiting.size === 0) this.#worthALook.delete(line);
      if (line.waiting.size === 0 && line.key !== '') this.#lines.get(line.signature)?.delete(line.key);
      delete open.line;
    }
    if (reservation !== undefined) this.#takers.give(reservation.agentId, seen.channel, seen.interactionId);
    delete open.reservation;
    if (open.place === 'slot' && seen.agentId !== undefined)
      this.#takers.give(seen.agentId, seen.channel, seen.interactionId);
  }

  #reserve(open: Open, line: Line, agentId: string, now: Millis): Decision {
    const { seen } = open;
    const type = this.#types.get(seen.typeId);
    if (type === undefined) throw new Error(`${seen.interactionId} stands in a line without its type`);
    const why = this.#why(open, type, line.signature, line.asking, now);
    if (line.asking.declined.includes(agentId)) why.askedAgain = true;
    // The line itself goes on being looked at by whoever decides, even when this empties it.
    this.#leave(open);
    open.place = 'reserved';
    open.reservation = { agentId, since: now, why };
    this.#takers.take(agentId, seen.channel, seen.interactionId, { since: now, reserved: true });
    return { interactionId: seen.interactionId, seq: seen.seq, agentId, channel: seen.channel, why };
  }

  #why(open: Open, type: TypeSeen, signature: Signature, asking: Asking, now: Millis): Why {
    let ahead = 0;
    for (const { waiting } of this.#lines.get(signature)?.values() ?? []) ahead += waiting.countBefore(open);
    return {
      ...orderOf(open.seen, ahead, now),
      typeVersion: type.version,
      requires: signature.requires.map((requirement) => ({ ...requirement })),
      ...agentsOf(this.#takers, signature, asking),
      ...(!asking.again && open.seen.askAgainAt !== undefined && { askAgainAt: open.seen.askAgainAt }),
    };
  }

  #signatureOf(seen: InteractionSeen, type: TypeSeen): Signature {
    return this.#takers.signature(seen.clientId, seen.channel, type.requires);
  }

  #lineOf(signature: Signature, asking: Asking): Line {
    let ofSignature = this.#lines.get(signature);
    if (ofSignature === undefined) {
      ofSignature = new Map();
      this.#lines.set(signature, ofSignature);
    }
    const key =
      asking.declined.length === 0
        ? ''
        : `${asking.again ? 'last' : 'not'} ${JSON.stringify(asking.declined)}`;
    let line = ofSignature.get(key);
    if (line === undefined) {
      line = { key, signature, asking, waiting: new Ordered(byOrder) };
      ofSignature.set(key, line);
    }
    return line;
  }

  #ofTypeSet(typeId: string): Set<Open> {
    let set = this.#ofType.get(typeId);
    if (set === undefined) {
      set = new Set();
      this.#ofType.set(typeId, set);
    }
    return set;
  }

  #lookAgainAt(open: Open, at: Millis): void {
    if (at === Number.POSITIVE_INFINITY) return;
    open.dueAt = at;
    this.#due.add(open);
  }

  #lookAtLinesFor(profile: Profile, channel: Channel): void {
    for (const signature of profile.takes) {
      if (signature.channel !== channel) continue;
      for (const line of this.#lines.get(signature)?.values() ?? [])
        if (line.waiting.size > 0) this.#worthALook.add(line);
    }
  }

  /** The type changed or went: what waits for it stands elsewhere now, and signatures that nothing waits for are dropped. */
  #standAgain(typeId: string): void {
    const standing = this.#ofType.get(typeId) ?? [];
    this.#ofType.delete(typeId);
    for (const open of standing) {
      this.#leave(open);
      this.#stand(open);
    }
    for (const [signature, lines] of this.#lines) {
      if ([...lines.values()].some(({ waiting }) => waiting.size > 0)) continue;
      this.#lines.delete(signature);
      this.#takers.dropSignature(signature);
    }
  }

  #comeTo(now: Millis): void {
    if (!Number.isFinite(now)) throw new TypeError(`${now} is not an instant`);
    const back = now < this.#at;
    this.#at = now;
    if (back) {
      this.#takers.rejoin(now);
      for (const open of this.#open.values()) {
        if (open.seen.state !== 'waiting' || open.reservation !== undefined) continue;
        this.#leave(open);
        this.#stand(open);
      }
      return;
    }
    this.#takers.lapse(now);
    for (
      let open = this.#due.first();
      open !== undefined && (open.dueAt ?? 0) <= now;
      open = this.#due.first()
    ) {
      this.#leave(open);
      this.#stand(open);
    }
  }
}

function askingOf({ notTo, askAgainAt }: InteractionSeen, now: Millis): Asking {
  return { declined: [...new Set(notTo)].sort(), again: askAgainAt === undefined || askAgainAt <= now };
}

function orderOf(seen: InteractionSeen, ahead: number, now: Millis) {
  const { priority, arrivedAt, typeId, clientId, channel } = seen;
  return {
    rule: 'longest-idle',
    decidedAt: now,
    order: { priority, arrivedAt, ahead },
    typeId,
    clientId,
    channel,
  } as const;
}

function mustBeNumbers(id: string, ...numbers: number[]): void {
  if (!numbers.every(Number.isFinite)) throw new TypeError(`a fact about ${id} has a number that is none`);
}

function canonicalRequires(requires: readonly Requirement[]): Requirement[] {
  const highest = new Map<string, number>();
  for (const { competencyId, level } of requires)
    highest.set(competencyId, Math.max(level, highest.get(competencyId) ?? level));
  return [...highest]
    .map(([competencyId, level]) => ({ competencyId, level }))
    .sort((a, b) => compare(a.competencyId, b.competencyId));
}

function canonicalType({ typeId, clientId, channel, requires, version }: TypeSeen): TypeSeen {
  return { kind: 'type', typeId, clientId, channel, requires, version };
}

function canonicalAgent(seen: AgentSeen): AgentSeen {
  const { agentId, version, ready, clients, capacity, competencies, idleSince } = seen;
  return {
    kind: 'agent',
    agentId,
    version,
    ready,
    clients: [...new Set(clients)].sort(),
    capacity: Object.fromEntries(
      channels.flatMap((channel) => (capacity[channel] === undefined ? [] : [[channel, capacity[channel]]])),
    ),
    competencies: competencies
      .map(({ competencyId, level, validUntil }) => ({ competencyId, level, validUntil }))
      .sort(
        (a, b) => compare(a.competencyId, b.competencyId) || a.validUntil - b.validUntil || a.level - b.level,
      ),
    idleSince,
  };
}

function canonicalInteraction(seen: InteractionSeen): InteractionSeen {
  const { interactionId, seq, state, clientId, typeId, channel, priority, arrivedAt, notTo } = seen;
  const { agentId, agentSince, askAgainAt, heldUntil, heldWhy } = seen;
  return {
    kind: 'interaction',
    interactionId,
    seq,
    state,
    clientId,
    typeId,
    channel,
    priority,
    arrivedAt,
    ...(agentId !== undefined && { agentId }),
    ...(agentSince !== undefined && { agentSince }),
    ...(notTo !== undefined && notTo.length > 0 && { notTo: [...new Set(notTo)].sort() }),
    ...(askAgainAt !== undefined && { askAgainAt }),
    ...(heldUntil !== undefined && { heldUntil }),
    ...(heldWhy !== undefined && { heldWhy }),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
