import {
  canonicalAgent,
  canonicalInteraction,
  canonicalRules,
  canonicalType,
  mustBeTrue,
} from './canonical.ts';
import {
  type Asking,
  candidateOf,
  type Eligible,
  eligibleOf,
  notOf,
  ruleOf,
  standingsOf,
} from './explain.ts';
import { Heap } from './heap.ts';
import { Ordered } from './ordered.ts';
import {
  agedPriority,
  breachOf,
  compare,
  holdOf,
  latest,
  levelsAt,
  setsOf,
  stepOf,
  typeHoldOf,
} from './rules.ts';
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
  Reserved,
  Rule,
  RulesSeen,
  Seen,
  Standing,
  TypeSeen,
  Why,
} from './seam.ts';
import { type Agent, channels, type Signature, type Slot, Takers } from './takers.ts';
import { type Timer, Timers } from './timers.ts';

// What waits stands in lines, one to each type, priority and way of asking, in the order in which it came. Priorities rise with age and
// agents widen with time, but within a line all do so in that same order, so only the heads of lines are ever compared. A line is worth
// a look only after something came into it or an agent who may take it became free; the rest is known to be stuck. So a decision costs
// the heads of the lines that the agent may take, never the length of a line, and time moves an interaction once for each step.

/** How many ended interactions are remembered, so that an older fact that arrives late does not bring one back. */
const endedMax = 100_000;

/** Of more agents who became free it is not asked one by one whether they may take something of a line. */
const freedMax = 8;

const slotOf: Partial<Record<InteractionState, Slot['how']>> = {
  offered: 'offered',
  handling: 'handling',
  wrapping: 'wrapping',
};

/** A type and what waits for it, known or not. */
interface Kind {
  typeId: string;
  type?: TypeSeen;
  /** What is asked, but for pauses and hours. */
  shape?: string;
  /** Waiting interactions that stand in no line, as the type is not known. */
  readonly typeless: Set<Open>;
  readonly lines: Map<string, Line>;
  /** The lines of those that ask for nothing but what the type does at first, by priority. */
  readonly plain: Map<number, Line>;
  readonly signatures: Map<string, Signature>;
  held?: Why['held'];
  timer?: Timer;
}

interface Line {
  key: string;
  kind: Kind;
  signature: Signature;
  priority: number;
  /** Kept for that agent, or pushed to them. */
  only?: string;
  deferred: boolean;
  /** Each of its interactions leaves out those who declined it. */
  picky: boolean;
  waiting: Ordered<Open>;
  /** The first of those who wait, and when it came: read for each line that is looked at, so kept at hand. */
  head?: Open;
  headAt: Millis;
  /** While it is decided: the interaction looked at, when it came, and how urgent it is. */
  round: number;
  next?: Open;
  nextAt: Millis;
  aged: number;
  breachAt: Millis;
}

/** An open interaction and where it stands. */
interface Open {
  seen: InteractionSeen;
  /** Its type, while that is not known. */
  kind?: Kind;
  /** Whom it asks for, while it stands in a line. */
  whom?: Whom;
  place: 'line' | 'held' | 'without-type' | 'reserved' | 'slot' | 'aside';
  line?: Line;
  /** Rings when its place must be looked at again. */
  timer?: Timer;
  reservation?: Reserved;
  /** Whose slot it takes. */
  holder?: Agent;
  notBefore?: Millis;
  /** Whether it is looked at again when its preferred agent comes or goes. */
  prefers?: string;
}

/** Whom an interaction asks for at an instant, and when that changes by itself. */
interface Whom {
  only?: string;
  pushed: boolean;
  kept: boolean;
  picky: boolean;
  step?: number;
  sets?: number;
  toTeam?: string;
  changesAt: Millis;
}

const byArrival = ({ seen: a }: Open, { seen: b }: Open): number =>
  a.arrivedAt - b.arrivedAt || compare(a.interactionId, b.interactionId);

const byNext = (a: Line, b: Line): number =>
  b.aged - a.aged || a.breachAt - b.breachAt || a.nextAt - b.nextAt || byArrival(a.next!, b.next!);

export function createEngine(): Engine {
  return new Matching();
}

class Matching implements Engine {
  #at: Millis = Number.NEGATIVE_INFINITY;
  #rules: RulesSeen | undefined;
  readonly #kinds = new Map<string, Kind>();
  readonly #typesGone = new Map<string, number>();
  readonly #agentsGone = new Map<string, number>();
  /** Open interactions and, by their seq alone, those that ended last. */
  readonly #interactions = new Map<string, Open | number>();
  /** The ids of those that ended, in turn: one that is overwritten is forgotten. */
  readonly #ended: string[] = [];
  #endedCount = 0;

  /** Lines with something in them: by signature those for all, by agent those for one, and those of deferred work again. */
  readonly #linesOf = new Map<Signature, Set<Line>>();
  readonly #linesFor = new Map<string, Set<Line>>();
  readonly #deferred = new Set<Line>();
  /** By preferred agent. */
  readonly #preferring = new Map<string, Set<Open>>();

  /** Lines that something came into, and agents who can take something new, since they were last looked at. */
  readonly #worthALook = new Set<Line>();
  readonly #freed: Readonly<Record<Channel, Set<Agent>>> = {
    voice: new Set(),
    email: new Set(),
    chat: new Set(),
    messaging: new Set(),
  };
  /** Whether deferred work may have become possible: somebody is free who was not, or what is live changed. */
  #mayBlend = false;
  #round = 0;

  readonly #timers = new Timers();
  readonly #takers = new Takers(this.#timers, {
    gained: (agent, channel) => {
      this.#freed[channel].add(agent);
      this.#mayBlend = true;
    },
    changed: (agentId) => {
      this.#mayBlend = true;
      // Those who still prefer them are put back into the same set.
      const preferring = Array.from(this.#preferring.get(agentId) ?? []);
      for (const open of preferring) this.#standAgain(open);
    },
  });

  see(seen: Seen): boolean {
    mustBeTrue(seen);
    if (seen.kind === 'agent') return this.#seeAgent(seen);
    if (seen.kind === 'type') return this.#seeType(seen);
    if (seen.kind === 'rules') return this.#seeRules(seen);
    return this.#seeInteraction(seen);
  }

  forget(gone: Gone): boolean {
    if (gone.kind === 'agent') {
      const known = this.#takers.agent(gone.agentId)?.seen?.version;
      if (!isGone(this.#agentsGone, gone.agentId, known, gone.version)) return false;
      this.#takers.forget(gone.agentId);
    } else {
      const kind = this.#kinds.get(gone.typeId);
      if (!isGone(this.#typesGone, gone.typeId, kind?.type?.version, gone.version)) return false;
      if (kind !== undefined) this.#change(kind, undefined);
    }
    return true;
  }

  decide(now: Millis, max = Number.POSITIVE_INFINITY): Decision[] {
    this.#comeTo(now);
    const decisions: Decision[] = [];
    if (this.#isNews()) this.#decideIn(false, decisions, max);
    if (decisions.length >= max) return decisions;
    if (this.#deferred.size > 0 && (this.#mayBlend || this.#worthALook.size > 0))
      this.#decideIn(true, decisions, max);
    if (decisions.length >= max) return decisions;
    for (const channel of channels) if (this.#freed[channel].size > 0) this.#freed[channel].clear();
    if (this.#worthALook.size > 0) this.#worthALook.clear();
    this.#mayBlend = false;
    return decisions;
  }

  release(interactionId: string, notBefore?: Millis): boolean {
    const open = this.#openOf(interactionId);
    if (open?.reservation === undefined) return false;
    this.#leave(open);
    if (notBefore !== undefined) open.notBefore = notBefore;
    this.#stand(open);
    return true;
  }

  reserve(interactionId: string, { agentId, since, why }: Reserved): void {
    const open = this.#openOf(interactionId);
    if (open === undefined || open.seen.state !== 'waiting')
      throw new TypeError(`${interactionId} does not wait, and nobody can have been chosen for it`);
    this.#leave(open);
    open.place = 'reserved';
    open.reservation = { agentId, since, why };
    const slot: Slot = { interactionId, channel: open.seen.channel, since, how: 'reserved' };
    open.holder = this.#takers.take(agentId, slot);
  }

  comeTo(now: Millis): void {
    this.#comeTo(now);
  }

  whyWaiting(interactionId: string, now: Millis): Why | undefined {
    this.#comeTo(now);
    const open = this.#openOf(interactionId);
    if (open === undefined || open.seen.state !== 'waiting') return undefined;
    return open.reservation === undefined ? this.#waits(open, now).why : open.reservation.why;
  }

  explain(interactionId: string, now: Millis): { why: Why; agents: Standing[] } | undefined {
    this.#comeTo(now);
    const open = this.#openOf(interactionId);
    if (open === undefined || open.seen.state !== 'waiting' || open.reservation !== undefined)
      return undefined;
    const { why, asking } = this.#waits(open, now);
    return { why, agents: asking === undefined ? [] : standingsOf(this.#takers, asking) };
  }

  /** Why one that waits, and is not decided, does; and whom it asks, when its type is known. */
  #waits(open: Open, now: Millis): { why: Why; asking?: Asking } {
    const { seen } = open;
    const kind = this.#kindOf(seen.typeId);
    const own = holdOf(seen, open.notBefore, now);
    const held = latest([own, kind.held], now);
    if (kind.type === undefined)
      return {
        why: {
          ...orderOf(seen, undefined, 'nobody', 0, now),
          requires: [],
          eligible: [],
          eligibleCount: 0,
          not: [],
          ...(held && { held }),
          waitsFor: held === undefined ? 'type' : 'hold',
        },
      };
    const whom = open.whom ?? this.#whom(open, kind.type, now);
    const signature = open.line?.signature ?? this.#signature(seen, kind, kind.type, whom);
    const asking = this.#asking(seen, kind.type, whom, signature);
    const eligible = eligibleOf(this.#takers, asking);
    const why: Why = {
      ...this.#why(open, kind, kind.type, whom, asking, eligible),
      ...(held && { held }),
      waitsFor:
        held !== undefined
          ? 'hold'
          : eligible.count > 0
            ? 'decision'
            : eligible.kept.count > 0
              ? 'live-work'
              : whom.only !== undefined
                ? 'one-agent'
                : 'agent',
    };
    return { why, asking };
  }

  wakeAt(now: Millis): Millis | undefined {
    if (this.#isNews()) return now;
    if (this.#mayBlend && this.#deferred.size > 0) return now;
    const next = this.#timers.next();
    return next === undefined ? undefined : Math.max(now, next);
  }

  snapshot(now?: Millis): EngineSnapshot {
    if (now !== undefined) this.#comeTo(now);
    const open = [...this.#everyOpen()].sort((a, b) => compare(a.seen.interactionId, b.seen.interactionId));
    const agents = [...this.#takers.agents()].sort((a, b) => compare(a.id, b.id));
    const kinds = [...this.#kinds.values()].sort((a, b) => compare(a.typeId, b.typeId));
    const standing = (place: Open['place']) =>
      open.filter((one) => one.place === place).map(({ seen }) => seen.interactionId);
    const slotsOf = ({ slots }: Agent, isMeant: (slot: Slot) => boolean) =>
      slots
        .filter(isMeant)
        .map(({ interactionId }) => interactionId)
        .sort();

    return {
      ...(this.#at !== Number.NEGATIVE_INFINITY && { at: this.#at }),
      ...(this.#rules && { rules: canonicalRules(this.#rules) }),
      types: kinds.flatMap(({ type }) => (type === undefined ? [] : [type])),
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
        lines: kinds
          .flatMap(({ lines }) => [...lines.values()].sort((a, b) => compare(a.key, b.key)))
          .map(({ key, kind, waiting }) => ({
            asks: JSON.stringify([kind.typeId, ...key.split('\u0000')]),
            interactionIds: [...waiting].map(({ seen }) => seen.interactionId),
          })),
        held: standing('held'),
        withoutType: standing('without-type'),
        reserved: agents.flatMap((agent) => slotsOf(agent, ({ how }) => how === 'reserved')).sort(),
        slots: agents.flatMap((agent) =>
          channels.flatMap((channel) => {
            const ids = slotsOf(agent, (slot) => slot.channel === channel && slot.how !== 'reserved');
            return ids.length === 0 ? [] : [{ agentId: agent.id, channel, interactionIds: ids }];
          }),
        ),
        aside: standing('aside'),
      },
    };
  }

  #seeAgent(seen: AgentSeen): boolean {
    const known = this.#takers.agent(seen.agentId)?.seen?.version ?? this.#agentsGone.get(seen.agentId);
    if (known !== undefined && seen.version <= known) return false;
    this.#agentsGone.delete(seen.agentId);
    this.#takers.see(seen, this.#at);
    return true;
  }

  #seeType(seen: TypeSeen): boolean {
    const kind = this.#kindOf(seen.typeId);
    const known = kind.type?.version ?? this.#typesGone.get(seen.typeId);
    if (known !== undefined && seen.version <= known) return false;
    this.#typesGone.delete(seen.typeId);
    this.#change(kind, canonicalType(seen));
    return true;
  }

  #seeRules(seen: RulesSeen): boolean {
    if (this.#rules !== undefined && seen.version <= this.#rules.version) return false;
    this.#rules = seen;
    this.#takers.seeRules(seen);
    return true;
  }

  #seeInteraction(seen: InteractionSeen): boolean {
    const { interactionId: id, seq } = seen;
    const known = this.#interactions.get(id);
    const before = typeof known === 'object' ? known : undefined;
    const knownSeq = typeof known === 'object' ? known.seen.seq : known;
    if (knownSeq !== undefined && seq <= knownSeq) return false;

    const slot = slotFor(seen);
    if (before !== undefined) {
      // Whose slot goes from one state to the next is not free in between.
      this.#leave(before, slot?.agentId);
    }
    if (seen.state === 'closed' || seen.state === 'abandoned') {
      this.#interactions.set(id, seq);
      this.#rememberEnded(id);
      return true;
    }
    if (before !== undefined) {
      before.seen = seen;
      before.notBefore = undefined;
      this.#stand(before, slot);
      return true;
    }
    // All its parts from the start, and none ever deleted: objects of one shape are read many times as fast.
    const open: Open = {
      seen,
      place: 'aside',
      kind: undefined,
      whom: undefined,
      line: undefined,
      timer: undefined,
      reservation: undefined,
      holder: undefined,
      notBefore: undefined,
      prefers: undefined,
    };
    this.#interactions.set(id, open);
    this.#stand(open, slot);
    return true;
  }

  #rememberEnded(id: string): void {
    const at = this.#endedCount % endedMax;
    const oldest = this.#ended[at];
    // One that came back and is open, or ended again later, is not forgotten for having ended once.
    if (oldest !== undefined && typeof this.#interactions.get(oldest) === 'number')
      this.#interactions.delete(oldest);
    this.#ended[at] = id;
    this.#endedCount += 1;
  }

  #openOf(interactionId: string): Open | undefined {
    const known = this.#interactions.get(interactionId);
    return typeof known === 'object' ? known : undefined;
  }

  *#everyOpen(): Generator<Open> {
    for (const known of this.#interactions.values()) if (typeof known === 'object') yield known;
  }

  #kindOf(typeId: string): Kind {
    let kind = this.#kinds.get(typeId);
    if (kind === undefined) {
      kind = {
        typeId,
        typeless: new Set(),
        lines: new Map(),
        plain: new Map(),
        signatures: new Map(),
      };
      this.#kinds.set(typeId, kind);
    }
    return kind;
  }

  /** The type changed or went. What waits for it stands elsewhere then, unless only a pause or the hours changed. */
  #change(kind: Kind, type: TypeSeen | undefined): void {
    const shape = type && JSON.stringify({ ...type, version: 0, paused: null, closedUntil: null });
    kind.type = type;
    this.#hold(kind);
    if (shape === undefined || shape !== kind.shape) {
      kind.shape = shape;
      const standing = [...kind.typeless, ...[...kind.lines.values()].flatMap(({ waiting }) => [...waiting])];
      for (const open of standing) this.#leave(open);
      this.#takers.drop(kind.signatures.values());
      for (const signature of kind.signatures.values()) this.#linesOf.delete(signature);
      kind.signatures.clear();
      for (const open of standing) this.#stand(open);
    }
    this.#mayBlend = true;
    if (type === undefined && kind.typeless.size === 0 && kind.lines.size === 0)
      this.#kinds.delete(kind.typeId);
  }

  /** Looks at what holds the whole type, now and whenever a hold ends. */
  #hold(kind: Kind): void {
    this.#timers.cancel(kind.timer);
    kind.timer = undefined;
    const { type } = kind;
    const wasHeld = kind.held !== undefined;
    kind.held = type && typeHoldOf(type, this.#at);
    if (wasHeld && kind.held === undefined)
      for (const line of kind.lines.values()) this.#worthALook.add(line);
    // Work that is no longer live keeps nobody free; work that is live again adds those who are free for it to the reserve.
    if (wasHeld !== (kind.held !== undefined)) this.#mayBlend = true;
    const until = kind.held?.until;
    if (until !== undefined && until !== Number.POSITIVE_INFINITY)
      kind.timer = this.#timers.set(until, () => this.#hold(kind));
  }

  /** Puts an open interaction where its fact and the present instant say. */
  #stand(open: Open, slot = slotFor(open.seen)): void {
    const { seen } = open;
    if (seen.state !== 'waiting') {
      open.place = slot === undefined ? 'aside' : 'slot';
      if (slot !== undefined) open.holder = this.#takers.take(slot.agentId, slot);
      return;
    }
    const held = holdOf(seen, open.notBefore, this.#at);
    if (held !== undefined) {
      open.place = 'held';
      this.#lookAgainAt(open, held.until ?? Number.POSITIVE_INFINITY);
      return;
    }
    const kind = this.#kindOf(seen.typeId);
    const { type } = kind;
    if (type === undefined) {
      open.kind = kind;
      kind.typeless.add(open);
      open.place = 'without-type';
      return;
    }
    const { preferred } = seen;
    if (preferred !== undefined && preferred.until > this.#at) {
      open.prefers = preferred.agentId;
      setIn(this.#preferring, preferred.agentId).add(open);
    }
    const whom = this.#whom(open, type, this.#at);
    this.#lookAgainAt(open, whom.changesAt);
    open.place = 'line';
    open.whom = whom;
    open.line = this.#lineFor(seen, kind, type, whom);
    open.line.waiting.add(open);
    bringHead(open.line);
    // Behind others who ask for the same and found nobody it finds nobody either.
    const isNew = open.line.picky || open.line.head === open;
    if (isNew) this.#worthALook.add(open.line);
  }

  /** Takes an open interaction out of where it stands; a slot of the next holder's stays taken. */
  #leave(open: Open, nextHolder?: string): void {
    const { line, kind, prefers, holder } = open;
    this.#timers.cancel(open.timer);
    open.timer = undefined;
    if (kind !== undefined) {
      kind.typeless.delete(open);
      open.kind = undefined;
    }
    if (line !== undefined) {
      line.waiting.delete(open);
      bringHead(line);
      if (line.waiting.size === 0) this.#dropLine(line);
      open.line = undefined;
      open.whom = undefined;
    }
    if (prefers !== undefined) {
      deleteIn(this.#preferring, prefers, open);
      open.prefers = undefined;
    }
    open.reservation = undefined;
    open.holder = undefined;
    if (holder !== undefined && holder.id !== nextHolder) this.#takers.give(holder, open.seen.interactionId);
  }

  #standAgain(open: Open): void {
    this.#leave(open);
    this.#stand(open);
  }

  #lookAgainAt(open: Open, at: Millis): void {
    if (at === Number.POSITIVE_INFINITY) return;
    open.timer = this.#timers.set(at, () => {
      open.timer = undefined;
      this.#standAgain(open);
    });
  }

  /** Whom the interaction asks for now: the agent it was pushed to, else the preferred one, else its team or the type's, step by step. */
  #whom({ seen }: Open, type: TypeSeen, now: Millis): Whom {
    const { toAgent, toTeam, preferred, askAgainAt, notTo } = seen;
    const whom: Whom = {
      only: undefined,
      pushed: false,
      kept: false,
      picky: false,
      step: undefined,
      sets: undefined,
      toTeam: undefined,
      changesAt: Number.POSITIVE_INFINITY,
    };
    const until = (at: Millis | undefined) => {
      if (at !== undefined && at > now && at < whom.changesAt) whom.changesAt = at;
    };
    if (notTo !== undefined && notTo.length > 0 && askAgainAt !== undefined && askAgainAt > now) {
      whom.picky = true;
      until(askAgainAt);
    }
    if (toAgent !== undefined && toAgent.until > now) {
      until(toAgent.until);
      return { ...whom, only: toAgent.agentId, pushed: true };
    }
    if (preferred !== undefined && preferred.until > now) {
      until(preferred.until);
      const agent = this.#takers.agent(preferred.agentId);
      const isPresent =
        agent?.seen?.ready === true &&
        notTo?.includes(preferred.agentId) !== true &&
        this.#takers.isAble(
          agent,
          this.#signature(seen, this.#kindOf(seen.typeId), type, { ...whom, kept: true }),
        );
      if (isPresent) return { ...whom, only: preferred.agentId, kept: true };
    }
    if (type.widening !== undefined) {
      const { step, nextAt } = stepOf(type.widening, seen, now);
      whom.step = step;
      until(nextAt);
    }
    if (toTeam !== undefined && toTeam.until > now) {
      whom.toTeam = toTeam.teamId;
      until(toTeam.until);
    } else if (type.teams !== undefined && type.teams.length > 0) {
      const { sets, nextAt } = setsOf(type.teams, seen, now);
      whom.sets = sets;
      until(nextAt);
    }
    return whom;
  }

  #signature(
    seen: InteractionSeen,
    kind: Kind,
    type: TypeSeen,
    { pushed, kept, step, sets, toTeam }: Whom,
  ): Signature {
    const one = pushed || kept;
    const spoken = type.language === undefined ? undefined : seen.language;
    const key = one
      ? `one\u0000${seen.clientId}\u0000${seen.channel}\u0000${spoken ?? ''}`
      : `all\u0000${seen.clientId}\u0000${seen.channel}\u0000${spoken ?? ''}\u0000${step ?? ''}\u0000${sets ?? ''}\u0000${toTeam ?? ''}`;
    let signature = kind.signatures.get(key);
    if (signature === undefined) {
      const levels = one || step === undefined ? type.requires : levelsAt(type, step);
      const teamIds =
        toTeam === undefined
          ? sets === undefined
            ? undefined
            : type.teams?.slice(0, sets).flatMap((set) => set.teamIds)
          : [toTeam];
      signature = this.#takers.signature({
        typeId: type.typeId,
        clientId: seen.clientId,
        channel: seen.channel,
        requires: type.requires,
        ranked: type.bestLevelFirst === true,
        ...(type.language !== undefined &&
          spoken !== undefined && { language: { language: spoken, level: type.language.level } }),
        ...(levels !== type.requires && { levels }),
        ...(!one && teamIds !== undefined && { teamIds }),
      });
      kind.signatures.set(key, signature);
    }
    return signature;
  }

  #lineFor(seen: InteractionSeen, kind: Kind, type: TypeSeen, whom: Whom): Line {
    const { only, picky, pushed, step, sets, toTeam } = whom;
    const isPlain =
      only === undefined &&
      !picky &&
      (step === undefined || step === 0) &&
      (sets === undefined || sets === 1) &&
      toTeam === undefined &&
      type.language === undefined &&
      seen.clientId === type.clientId &&
      seen.channel === type.channel;
    const plain = isPlain ? kind.plain.get(seen.priority) : undefined;
    if (plain !== undefined) return plain;
    const spoken = type.language === undefined ? '' : (seen.language ?? '');
    const how = `${pushed ? 'pushed' : only === undefined ? '' : 'kept'}\u0000${picky ? 'picky' : ''}`;
    const where = `${step ?? ''}\u0000${sets ?? ''}\u0000${toTeam ?? ''}`;
    const key = `${seen.priority}\u0000${seen.clientId}\u0000${seen.channel}\u0000${spoken}\u0000${only ?? ''}\u0000${how}\u0000${where}`;
    let line = kind.lines.get(key);
    if (line === undefined) {
      line = {
        key,
        kind,
        signature: this.#signature(seen, kind, type, whom),
        priority: seen.priority,
        deferred: type.deferred !== undefined && !pushed,
        picky,
        waiting: new Ordered(byArrival),
        head: undefined,
        headAt: 0,
        round: 0,
        next: undefined,
        nextAt: 0,
        aged: 0,
        breachAt: 0,
        only,
      };
      kind.lines.set(key, line);
      if (isPlain) kind.plain.set(seen.priority, line);
      if (only === undefined) setIn(this.#linesOf, line.signature).add(line);
      else setIn(this.#linesFor, only).add(line);
      if (line.deferred) this.#deferred.add(line);
    }
    return line;
  }

  #dropLine(line: Line): void {
    line.kind.lines.delete(line.key);
    if (line.kind.plain.get(line.priority) === line) line.kind.plain.delete(line.priority);
    if (line.only === undefined) deleteIn(this.#linesOf, line.signature, line);
    else deleteIn(this.#linesFor, line.only, line);
    this.#deferred.delete(line);
    this.#worthALook.delete(line);
  }

  /** Names each line in which something may be decided because of who became free; some of them more than once. */
  #eachLineOfFreed(name: (line: Line) => void): void {
    for (const channel of channels) {
      if (this.#freed[channel].size === 0) continue; // nearly always: an iterator over nobody is not made for nothing
      for (const agent of this.#freed[channel]) {
        if (!this.#takers.isAvailable(agent, channel)) {
          this.#freed[channel].delete(agent);
          continue;
        }
        const own = this.#linesFor.get(agent.id);
        if (own !== undefined) for (const line of own) if (line.signature.channel === channel) name(line);
        if (this.#linesOf.size === 0) continue;
        for (const signature of this.#takers.takesOf(agent)) {
          if (signature.channel !== channel) continue;
          const lines = this.#linesOf.get(signature);
          if (lines !== undefined) for (const line of lines) name(line);
        }
      }
    }
  }

  #isNews(): boolean {
    if (this.#worthALook.size > 0) return true;
    for (const channel of channels) if (this.#freed[channel].size > 0) return true;
    return false;
  }

  #isAnybodyFreed(): boolean {
    for (const channel of channels) {
      if (this.#freed[channel].size === 0) continue;
      for (const agent of this.#freed[channel])
        if (this.#takers.isAvailable(agent, channel)) return true;
        else this.#freed[channel].delete(agent);
    }
    return false;
  }

  /** Whether one who became free may still take something of the line; when they are many, it is worth a look in any case. */
  #isFreedFor({ signature }: Line): boolean {
    const agents = this.#freed[signature.channel];
    let looked = 0;
    for (const agent of agents) {
      looked += 1;
      if (!this.#takers.isAvailable(agent, signature.channel)) agents.delete(agent);
      else if (looked > freedMax || this.#takers.isAble(agent, signature)) return true;
    }
    return false;
  }

  /** Gives away what is live, or what is deferred, the most urgent first, to whoever may take it. */
  #decideIn(isDeferred: boolean, decisions: Decision[], max: number): void {
    this.#round += 1;
    const heads = new Heap<Line>(byNext);
    /** How many of the heads are to be looked at whoever became free. */
    let toLookAt = 0;
    const put = (line: Line, next: Open | undefined) => {
      const { type } = line.kind;
      if (next === undefined || type === undefined) return;
      line.next = next;
      line.nextAt = next === line.head ? line.headAt : next.seen.arrivedAt;
      line.aged = agedPriority(type.ageing, line.priority, line.nextAt, this.#at);
      line.breachAt = breachOf(type, line.nextAt);
      if (isDeferred || this.#worthALook.has(line)) toLookAt += 1;
      heads.add(line);
    };
    const putFirst = (line: Line) => {
      if (line.round === this.#round || line.deferred !== isDeferred || line.kind.held !== undefined) return;
      line.round = this.#round;
      put(line, line.head);
    };
    if (isDeferred) for (const line of this.#deferred) putFirst(line);
    else {
      for (const line of this.#worthALook) putFirst(line);
      this.#eachLineOfFreed(putFirst);
    }
    while (decisions.length < max) {
      // All that is left was looked at before, and nobody who became free since is left either.
      if (toLookAt === 0 && !this.#isAnybodyFreed()) return;
      const line = heads.take();
      if (line?.next === undefined) return;
      if (isDeferred || this.#worthALook.has(line)) toLookAt -= 1;
      else if (!this.#isFreedFor(line)) continue;
      const { next, kind } = line;
      const { type } = kind;
      const { whom } = next;
      if (type === undefined || whom === undefined) continue;
      const asking = this.#asking(next.seen, type, whom, line.signature);
      const eligible = eligibleOf(this.#takers, asking);
      const [agent] = eligible.best;
      if (agent !== undefined) {
        const after = line.picky ? line.waiting.after(next) : undefined;
        decisions.push(this.#reserve(next, kind, type, whom, asking, eligible, agent));
        put(line, line.picky ? after : line.head);
      } else if (line.picky && eligible.declined.length > 0) put(line, line.waiting.after(next));
    }
    // What is left is found again next time: who became free and what is worth a look are kept until all was looked at.
  }

  #asking(
    { notTo, preferred }: InteractionSeen,
    { deferred }: TypeSeen,
    whom: Whom,
    signature: Signature,
  ): Asking {
    return {
      signature,
      declined: notTo === undefined || notTo.length === 0 ? nobody : [...new Set(notTo)],
      again: !whom.picky,
      only: whom.only,
      preferredId: preferred?.agentId,
      reserve:
        deferred === undefined || whom.pushed
          ? undefined
          : { others: deferred.reserve, live: () => this.#live() },
    };
  }

  /** What the types of live work that are open now ask for at the widest. */
  #live(): readonly Signature[] {
    const live: Signature[] = [];
    for (const kind of this.#kinds.values()) {
      const { type, held } = kind;
      if (type === undefined || type.deferred !== undefined || held !== undefined) continue;
      const { typeId, clientId, channel, requires } = type;
      const key = 'live';
      let signature = kind.signatures.get(key);
      if (signature === undefined) {
        signature = this.#takers.signature({ typeId, clientId, channel, requires, ranked: false });
        kind.signatures.set(key, signature);
      }
      live.push(signature);
    }
    return live;
  }

  #reserve(
    open: Open,
    kind: Kind,
    type: TypeSeen,
    whom: Whom,
    asking: Asking,
    eligible: Eligible,
    agent: Agent,
  ): Decision {
    const { interactionId, seq, channel } = open.seen;
    const why = this.#why(open, kind, type, whom, asking, eligible);
    if (asking.declined.includes(agent.id)) why.askedAgain = true;
    const interrupts = this.#takers.interruptedBy(agent, channel);
    this.#leave(open);
    open.place = 'reserved';
    open.reservation = { agentId: agent.id, since: this.#at, why };
    const slot: Slot = { interactionId, channel, since: this.#at, how: 'reserved' };
    open.holder = this.#takers.take(agent.id, slot);
    return {
      interactionId,
      seq,
      agentId: agent.id,
      channel,
      ...(interrupts.length > 0 && { interrupts }),
      why,
    };
  }

  #why(open: Open, kind: Kind, type: TypeSeen, whom: Whom, asking: Asking, eligible: Eligible): Why {
    const { seen } = open;
    const { widening, teams } = type;
    const { signature } = asking;
    const rule = ruleOf(this.#takers, asking, eligible, whom);
    // Put together part by part, in the order in which it is read: what is absent costs nothing, and each decision makes one.
    const why = orderOf(seen, type, rule, this.#ahead(open, kind, type, whom), this.#at) as Why;
    why.typeVersion = type.version;
    why.requires = type.requires;
    if (signature.language !== undefined) why.language = signature.language;
    if (whom.step !== undefined && widening !== undefined) {
      const { step, nextAt } = stepOf(widening, seen, this.#at);
      why.widening = { step, of: widening.steps.length, asks: signature.levels ?? type.requires };
      if (nextAt !== undefined) why.widening.nextAt = nextAt;
    }
    if (whom.sets !== undefined && teams !== undefined) {
      const { sets, nextAt } = setsOf(teams, seen, this.#at);
      why.teams = { sets, of: teams.length };
      if (nextAt !== undefined) why.teams.nextAt = nextAt;
    }
    if (whom.toTeam !== undefined && seen.toTeam !== undefined) why.toTeam = seen.toTeam;
    if (whom.pushed && seen.toAgent !== undefined) why.toAgent = seen.toAgent;
    if (seen.preferred !== undefined) why.preferred = { ...seen.preferred, kept: whom.kept };
    if (asking.reserve !== undefined) why.deferred = { reserve: asking.reserve.others };
    why.eligible = eligible.best.map((agent) => candidateOf(this.#takers, agent, signature));
    why.eligibleCount = eligible.count;
    why.not = notOf(this.#takers, asking, eligible);
    if (whom.picky) why.askAgainAt = seen.askAgainAt;
    return why;
  }

  /** How many of the type come first: of those for everybody or, for one that is kept for an agent, of those kept for the same. */
  #ahead(open: Open, { lines }: Kind, { ageing }: TypeSeen, { only }: Whom): number {
    const { seen } = open;
    const aged = agedPriority(ageing, seen.priority, seen.arrivedAt, this.#at);
    const isFirst = ({ seen: other }: Open) => {
      const difference = agedPriority(ageing, other.priority, other.arrivedAt, this.#at) - aged;
      if (difference !== 0) return difference > 0;
      return (
        other.arrivedAt < seen.arrivedAt ||
        (other.arrivedAt === seen.arrivedAt && other.interactionId < seen.interactionId)
      );
    };
    let ahead = 0;
    for (const line of lines.values()) {
      if (line.only !== only || line.head === open) continue;
      const difference = agedPriority(ageing, line.priority, line.headAt, this.#at) - aged;
      const mayBeFirst = difference > 0 || (difference === 0 && line.headAt <= seen.arrivedAt);
      if (mayBeFirst) ahead += line.waiting.countWhile(isFirst);
    }
    return ahead;
  }

  #comeTo(now: Millis): void {
    if (!Number.isFinite(now)) throw new TypeError(`${now} is not an instant`);
    const back = now < this.#at;
    this.#at = now;
    if (!back) {
      this.#timers.ringUntil(now);
      return;
    }
    this.#takers.countAgain(now);
    for (const kind of this.#kinds.values()) this.#hold(kind);
    for (const open of this.#everyOpen())
      if (open.seen.state === 'waiting' && open.reservation === undefined) this.#standAgain(open);
  }
}

const nobody: readonly string[] = [];

function bringHead(line: Line): void {
  const head = line.waiting.first();
  if (head === line.head) return;
  line.head = head;
  line.headAt = head === undefined ? 0 : head.seen.arrivedAt;
}

/** The slot that an interaction takes in its state, and whose. */
function slotFor({ interactionId, state, agentId, agentSince, channel, comesBack }: InteractionSeen) {
  const how = state === 'parked' && comesBack === true ? 'kept' : slotOf[state];
  if (how === undefined || agentId === undefined) return undefined;
  return { interactionId, agentId, channel, since: agentSince ?? Number.NEGATIVE_INFINITY, how };
}

function orderOf(
  seen: InteractionSeen,
  type: TypeSeen | undefined,
  rule: Rule,
  ahead: number,
  now: Millis,
): Pick<Why, 'rule' | 'decidedAt' | 'order' | 'typeId' | 'clientId' | 'channel'> {
  const { priority, arrivedAt, typeId, clientId, channel } = seen;
  const aged = agedPriority(type?.ageing, priority, arrivedAt, now);
  const order: Partial<Why['order']> = { priority };
  if (aged !== priority) order.aged = aged;
  order.arrivedAt = arrivedAt;
  if (type?.targetMs !== undefined) order.breachAt = breachOf(type, arrivedAt);
  order.ahead = ahead;
  return { rule, decidedAt: now, order: order as Why['order'], typeId, clientId, channel };
}

/** Remembers a removal and answers whether what is known is older than it. */
function isGone(gone: Map<string, number>, id: string, known: number | undefined, version = known): boolean {
  if (version === undefined || (known !== undefined && known > version)) return false;
  gone.set(id, Math.max(version, gone.get(id) ?? version));
  return true;
}

function setIn<Key, Value>(sets: Map<Key, Set<Value>>, key: Key): Set<Value> {
  let set = sets.get(key);
  if (set === undefined) {
    set = new Set();
    sets.set(key, set);
  }
  return set;
}

function deleteIn<Key, Value>(sets: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
}
