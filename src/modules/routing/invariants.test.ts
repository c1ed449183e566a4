import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createEngine } from './engine.ts';
import {
  Account,
  type Invariant,
  invariants,
  rebuildViolations,
  type Step,
  stepsTo,
  violations,
} from './invariants.ts';
import {
  type AgentSeen,
  type Channel,
  type Decision,
  type Engine,
  type InteractionSeen,
  type Millis,
  type NotReason,
  namesMax,
  notReasons,
  type Seen,
  type TypeSeen,
  type Why,
} from './seam.ts';

// Random hours of a contact centre: a world that holds the truth as the database would, and an engine that hears of it late, twice and
// out of order, whose decisions are written, refused or lost. A plain scan over everything must decide the same.

const acts = [
  ...Array.from({ length: 8 }, () => 'arrive' as const),
  ...Array.from({ length: 8 }, () => 'decide' as const),
  ...Array.from({ length: 8 }, () => 'write' as const),
  ...Array.from({ length: 14 }, () => 'go-on' as const),
  ...Array.from({ length: 4 }, () => 'agent' as const),
  ...Array.from({ length: 3 }, () => 'wait' as const),
  ...Array.from({ length: 3 }, () => 'deliver' as const),
  ...(['refuse', 'refuse', 'change-line', 'change-line', 'type', 'type', 'type-goes', 'agent-goes'] as const),
  ...(['clock-back', 'crash'] as const),
];

interface Act {
  act: (typeof acts)[number];
  which: number;
  how: number;
  post: number;
}

const anHour = fc.array(
  fc.record({ act: fc.constantFrom(...acts), which: fc.nat(23), how: fc.nat(1023), post: fc.nat(9) }),
  { minLength: 1, maxLength: 110, size: 'max' },
);

const channels: readonly Channel[] = ['chat', 'voice'];
const people = ['ann', 'bob', 'cy', 'dee'];
const typeIds = ['orders', 'repairs', 'billing', 'news'];

/** What goes on, by state: what the agent, the customer or the lease does. */
const life: Partial<
  Record<InteractionSeen['state'], readonly (readonly [act: string, to: InteractionSeen['state']])[]>
> = {
  waiting: [
    ['abandon', 'abandoned'],
    ['schedule', 'scheduled'],
    ['dismiss', 'closed'],
  ],
  scheduled: [['fallDue', 'waiting']],
  offered: [
    ['accept', 'handling'],
    ['accept', 'handling'],
    ['decline', 'waiting'],
    ['expire', 'waiting'],
    ['abandon', 'abandoned'],
  ],
  handling: [
    ['end', 'wrapping'],
    ['end', 'wrapping'],
    ['park', 'parked'],
    ['transfer', 'waiting'],
    ['loseAgent', 'waiting'],
  ],
  parked: [
    ['resume', 'handling'],
    ['release', 'waiting'],
    ['end', 'wrapping'],
  ],
  wrapping: [
    ['complete', 'closed'],
    ['complete', 'closed'],
    ['reopen', 'handling'],
  ],
};

class World {
  now: Millis = 1000;
  engine: Engine = createEngine();
  history: Step[] = [];
  account = new Account();
  readonly found: string[] = [];
  readonly differences: string[] = [];
  readonly written: string[] = [];
  readonly #agents = new Map<string, AgentSeen>();
  readonly #types = new Map<string, TypeSeen>();
  readonly #rows = new Map<string, InteractionSeen>();
  readonly #versions = new Map<string, number>();
  #post: Seen[] = [];
  #pending: Decision[] = [];

  constructor() {
    for (const [i, id] of typeIds.entries()) this.#changeType(id, i * 37, 0);
    for (const [i, id] of people.entries()) this.#changeAgent(id, 1 + i * 61, 0);
  }

  play(hour: readonly Act[]): this {
    for (const act of hour) this.#take(act);
    this.#pause(3);
    return this;
  }

  #take({ act, which, how, post }: Act): void {
    if (act === 'arrive') this.#arrive(which, how, post);
    else if (act === 'decide') this.decide(how % 4 === 0 ? how % 3 : undefined);
    else if (act === 'write') this.#write(which, how, post);
    else if (act === 'refuse') this.#refuse(which, how);
    else if (act === 'go-on') this.#goOn(which, how, post);
    else if (act === 'change-line') this.#changeLine(which, how, post);
    else if (act === 'agent') this.#changeAgent(people[which % people.length] ?? '', how, post);
    else if (act === 'type') this.#changeType(typeIds[which % typeIds.length] ?? '', how, post);
    else if (act === 'agent-goes') this.#forget('agent', people[which % people.length] ?? '');
    else if (act === 'type-goes') this.#forget('type', typeIds[which % typeIds.length] ?? '');
    else if (act === 'deliver') this.#deliver(which);
    else if (act === 'wait') this.now += how % 30;
    else if (act === 'clock-back') this.now -= how % 30;
    else this.#crash(how);
  }

  decide(max?: number): Decision[] {
    const expected = naive(this.account, this.now, max);
    const decisions = this.engine.decide(this.now, max);
    if (JSON.stringify(decisions) !== JSON.stringify(expected))
      this.differences.push(`decided ${JSON.stringify(decisions)} instead of ${JSON.stringify(expected)}`);
    this.#step({ did: 'decide', at: this.now, decisions, ...(max !== undefined && { max }) });
    this.#pending.push(...decisions);
    if (max === undefined) this.#checkWake();
    this.#checkWaiting();
    return decisions;
  }

  /** Until the engine wakes by itself, nothing could have been decided. */
  #checkWake(): void {
    const wake = this.engine.wakeAt(this.now);
    const until = wake === undefined ? this.now + 1_000_000 : wake - 1;
    if (naive(this.account, Math.max(until, this.now)).length > 0)
      this.differences.push(`sleeps until ${wake} though something could be decided before`);
  }

  #checkWaiting(): void {
    for (const one of this.account.interactions.values()) {
      if (one.state !== 'waiting' || this.account.reserved.has(one.interactionId)) continue;
      const [why, expected] = [
        this.engine.whyWaiting(one.interactionId, this.now),
        naiveWaiting(this.account, one, this.now),
      ];
      if (JSON.stringify(why) !== JSON.stringify(expected))
        this.differences.push(`waits because ${JSON.stringify(why)} instead of ${JSON.stringify(expected)}`);
    }
  }

  /** Everything written is heard, nothing is under way, no failed write holds anything back. */
  settle(salt: number): void {
    for (const seen of shuffled(this.#post, salt)) this.#see(seen);
    this.#post = [];
    for (const { interactionId } of this.#pending) this.#step({ did: 'release', interactionId });
    this.#pending = [];
    this.now = Math.max(this.now, ...this.account.released.values());
  }

  /** The rows of the database, in any order, old ones among them. */
  rebuilt(salt: number): Engine {
    const engine = createEngine();
    const rows = [...this.#agents.values(), ...this.#types.values(), ...this.#open()];
    for (const seen of shuffled([...rows, ...rows.filter((_, i) => (i + salt) % 3 === 0)], salt))
      engine.see(seen);
    return engine;
  }

  /** Anybody who can do everything comes on duty, in the end. */
  everybodyComes(): void {
    const competencies = ['english', 'french'].map((competencyId) => ({
      competencyId,
      level: 9,
      validUntil: Number.POSITIVE_INFINITY,
    }));
    for (const id of typeIds) if (!this.#types.has(id)) this.#changeType(id, 0, 0);
    this.#emit(
      {
        kind: 'agent',
        agentId: 'zoe',
        version: 1,
        ready: true,
        clients: ['acme', 'globex'],
        capacity: { chat: 500, voice: 500 },
        competencies,
        idleSince: 0,
      },
      0,
    );
    this.now += 1000;
  }

  waiting(): string[] {
    return this.#open()
      .filter(({ state }) => state === 'waiting')
      .map(({ interactionId }) => interactionId)
      .sort();
  }

  #arrive(which: number, how: number, post: number): void {
    const n = this.#rows.size;
    const typeId = typeIds[which % typeIds.length] ?? '';
    this.#writeRow(
      {
        kind: 'interaction',
        interactionId: `i${(n * 7) % 10}-${n}`,
        seq: 1,
        state: 'waiting',
        clientId: which % 5 === 0 ? 'globex' : 'acme',
        typeId,
        channel: channels[which % 7 === 0 ? 1 : 0] ?? 'chat',
        priority: how % 5 === 0 ? 1 : 0,
        arrivedAt: this.now - (how % 4),
        ...(how % 9 === 0 && { heldUntil: this.now + (how % 25), heldWhy: 'opening-hours' }),
      },
      post,
    );
  }

  #write(which: number, how: number, post: number): void {
    const [decision] = this.#pending.splice(which % Math.max(1, this.#pending.length), 1);
    if (decision === undefined) return;
    const row = this.#rows.get(decision.interactionId);
    const fits =
      row?.state === 'waiting' &&
      row.seq === decision.seq &&
      this.#slotIsFree(decision.agentId, decision.channel);
    if (row !== undefined && fits) {
      this.written.push(`${row.interactionId} ${row.seq}`);
      const { heldUntil: _, heldWhy: __, ...rest } = row;
      this.#writeRow(
        {
          ...rest,
          seq: row.seq + 1,
          state: 'offered',
          agentId: decision.agentId,
          ...(how % 3 > 0 && { agentSince: this.now }),
        },
        post,
      );
      return;
    }
    if (row !== undefined) this.#see(row);
    for (const other of this.#open()) if (other.agentId === decision.agentId) this.#see(other);
    const agent = this.#agents.get(decision.agentId);
    if (agent !== undefined) this.#see(agent);
    this.#step({ did: 'release', interactionId: decision.interactionId });
  }

  /** The database is away: the write failed and no fresh row is to be had. */
  #refuse(which: number, how: number): void {
    const [decision] = this.#pending.splice(which % Math.max(1, this.#pending.length), 1);
    if (decision !== undefined)
      this.#step({
        did: 'release',
        interactionId: decision.interactionId,
        ...(how % 3 > 0 && { notBefore: this.now + (how % 20) }),
      });
  }

  #goOn(which: number, how: number, post: number): void {
    const open = this.#open();
    // Rather those that somebody has: what waits mostly goes on waiting.
    const had = how % 6 === 0 ? open : open.filter(({ agentId }) => agentId !== undefined);
    const row = had[which % Math.max(1, had.length)];
    const next = row && life[row.state];
    const [act, to] = next?.[how % next.length] ?? [];
    if (row === undefined || to === undefined) return;
    const { agentId, agentSince, notTo, askAgainAt: _, heldUntil: __, heldWhy: ___, ...rest } = row;
    const changed: InteractionSeen = { ...rest, seq: row.seq + 1, state: to };
    if (['offered', 'handling', 'wrapping', 'parked'].includes(to)) {
      if (row.state === 'parked' && agentId !== undefined && !this.#slotIsFree(agentId, row.channel)) return;
      Object.assign(changed, { agentId, ...(agentSince !== undefined && { agentSince }) });
    }
    if (act === 'decline' || act === 'expire')
      Object.assign(changed, {
        notTo: [agentId ?? '', ...(notTo ?? [])],
        ...(how % 7 > 0 && { askAgainAt: this.now + (how % 40) }),
      });
    if (act === 'transfer') changed.typeId = typeIds[how % typeIds.length] ?? changed.typeId;
    this.#writeRow(changed, post);
  }

  /** By hand, and recorded: another priority, or a pause. */
  #changeLine(which: number, how: number, post: number): void {
    const waiting = this.#open().filter(({ state }) => state === 'waiting');
    const row = waiting[which % Math.max(1, waiting.length)];
    if (row === undefined) return;
    const hold = how % 2 === 0 ? { heldUntil: this.now + (how % 30), heldWhy: 'paused' } : {};
    this.#writeRow({ ...row, seq: row.seq + 1, priority: how % 3, ...hold }, post);
  }

  #changeAgent(agentId: string, how: number, post: number): void {
    const agent: AgentSeen = {
      kind: 'agent',
      agentId,
      version: this.#nextVersion(agentId),
      ready: how % 4 > 0,
      clients: how % 3 === 0 ? ['acme'] : ['globex', 'acme'],
      capacity: { chat: (how >> 3) % 4, ...(how % 5 > 1 && { voice: 1 }) },
      competencies: ['english', 'french'].flatMap((competencyId, i) =>
        (how >> i) % 5 === 0
          ? []
          : [
              { competencyId, level: ((how >> (2 * i)) % 3) + 1, validUntil: this.now + ((how >> i) % 120) },
              ...(how % 6 === 0 ? [{ competencyId, level: 1, validUntil: this.now + 300 }] : []),
            ],
      ),
      idleSince: this.now - (how % 8),
    };
    this.#agents.set(agentId, agent);
    this.#emit(agent, post);
  }

  #changeType(typeId: string, how: number, post: number): void {
    const requires = ['french', 'english'].flatMap((competencyId, i) =>
      (how >> i) % 3 === 0 ? [{ competencyId, level: ((how >> (i + 1)) % 2) + 1 }] : [],
    );
    const type: TypeSeen = {
      kind: 'type',
      typeId,
      clientId: 'acme',
      channel: 'chat',
      requires: how % 4 === 0 ? requires.toReversed() : requires,
      version: this.#nextVersion(typeId),
    };
    this.#types.set(typeId, type);
    this.#emit(type, post);
  }

  #forget(kind: 'agent' | 'type', id: string): void {
    const known = kind === 'agent' ? this.#agents : this.#types;
    const version = known.get(id)?.version;
    known.delete(id);
    if (version === undefined) return;
    const gone = kind === 'agent' ? { kind, agentId: id, version } : { kind, typeId: id, version };
    this.#step({ did: 'forget', gone });
  }

  #deliver(which: number): void {
    const [seen] = this.#post.splice(which % Math.max(1, this.#post.length), 1);
    if (seen !== undefined) this.#see(seen);
  }

  /** The program dies with decisions under way and facts unheard. The next one reads the rows; facts that were on the way may still come. */
  #crash(how: number): void {
    this.#pause(how);
    this.engine = this.rebuilt(how);
    this.history = stepsTo(this.engine.snapshot());
    this.account = new Account();
    for (const step of this.history) this.account.take(step);
    // The judge must know what ended and what is gone, or an old fact on its way would come back for it alone: the program drops those.
    const isLive = (seen: Seen) =>
      seen.kind === 'interaction'
        ? !['closed', 'abandoned'].includes(this.#rows.get(seen.interactionId)?.state ?? 'closed')
        : seen.kind === 'agent'
          ? this.#agents.has(seen.agentId)
          : this.#types.has(seen.typeId);
    this.#post = this.#post.filter(isLive);
    this.#pending = [];
  }

  #pause(salt: number): void {
    const state = violations(this.history, this.engine.snapshot());
    this.found.push(...state);
    const late = this.#post;
    this.settle(salt);
    this.found.push(
      ...violations(this.history, this.engine.snapshot()).filter((one) => !state.includes(one)),
    );
    const rebuilt = this.rebuilt(salt);
    this.found.push(...rebuildViolations(this.engine.snapshot(this.now), rebuilt.snapshot(this.now)));
    const [before, after] = [this.engine.decide(this.now), rebuilt.decide(this.now)];
    if (JSON.stringify(before) !== JSON.stringify(after))
      this.found.push(`6 rebuilt: decides ${JSON.stringify(after)} instead of ${JSON.stringify(before)}`);
    this.#step({ did: 'decide', at: this.now, decisions: before });
    this.#pending = before;
    this.#post = late;
  }

  #open(): InteractionSeen[] {
    return [...this.#rows.values()].filter(({ state }) => state !== 'closed' && state !== 'abandoned');
  }

  #slotIsFree(agentId: string, channel: Channel): boolean {
    const used = this.#open().filter(
      (one) =>
        one.agentId === agentId &&
        one.channel === channel &&
        one.state !== 'parked' &&
        one.state !== 'waiting',
    );
    return used.length < (this.#agents.get(agentId)?.capacity[channel] ?? 0);
  }

  #nextVersion(id: string): number {
    const version = (this.#versions.get(id) ?? 0) + 1;
    this.#versions.set(id, version);
    return version;
  }

  #writeRow(row: InteractionSeen, post: number): void {
    this.#rows.set(row.interactionId, row);
    this.#emit(row, post);
  }

  /** Most facts are heard at once; some later, some twice, some again after newer ones. */
  #emit(seen: Seen, post: number): void {
    if (post !== 6) this.#see(seen);
    if (post === 7) this.#see(seen);
    if (post === 6 || post === 8) this.#post.push(seen);
  }

  #see(seen: Seen): void {
    this.#step({ did: 'see', seen });
  }

  #step(step: Step): void {
    if (step.did === 'see') this.engine.see(step.seen);
    else if (step.did === 'forget') this.engine.forget(step.gone);
    else if (step.did === 'release') this.engine.release(step.interactionId, step.notBefore);
    this.history.push(step);
    this.account.take(step);
  }
}

/** Decides by looking at everything, one interaction after the other. */
function naive(account: Account, now: Millis, max = Number.POSITIVE_INFINITY): Decision[] {
  const reserved = new Map(account.reserved);
  const decisions: Decision[] = [];
  for (const one of account.inLine(now).sort(inOrder)) {
    if (decisions.length >= max) break;
    const why = naiveWhy(account, one, now);
    const [asked] = why.eligible;
    if (asked === undefined) continue;
    if (one.notTo?.includes(asked.agentId)) why.askedAgain = true;
    decisions.push({
      interactionId: one.interactionId,
      seq: one.seq,
      agentId: asked.agentId,
      channel: one.channel,
      why,
    });
    account.reserved.set(one.interactionId, { agentId: asked.agentId, since: now });
  }
  account.reserved.clear();
  for (const [id, reservation] of reserved) account.reserved.set(id, reservation);
  return decisions;
}

function naiveWaiting(account: Account, one: InteractionSeen, now: Millis): Why {
  const notBefore = account.released.get(one.interactionId) ?? now;
  const heldUntil = one.heldUntil ?? now;
  const until = Math.max(heldUntil, notBefore);
  const held = until > now && {
    held: { until, why: until === heldUntil ? (one.heldWhy ?? '') : 'write-failed' },
  };
  const why = naiveWhy(account, one, now);
  if (account.types.has(one.typeId))
    return { ...why, ...held, waitsFor: held ? 'hold' : why.eligibleCount > 0 ? 'decision' : 'agent' };
  const { askAgainAt: _, ...rest } = why;
  return { ...rest, eligible: [], eligibleCount: 0, not: [], ...held, waitsFor: held ? 'hold' : 'type' };
}

function naiveWhy(account: Account, one: InteractionSeen, now: Millis): Why {
  const type = account.types.get(one.typeId);
  const requires = naiveRequires(type);
  const ahead = account
    .inLine(now)
    .filter(
      (other) =>
        other.clientId === one.clientId &&
        other.channel === one.channel &&
        JSON.stringify(naiveRequires(account.types.get(other.typeId))) === JSON.stringify(requires) &&
        inOrder(other, one) < 0,
    );
  const reasons = [...account.agents.values()].map((agent) => ({
    agent,
    reason: naiveReason(account, agent, one, now),
  }));
  const eligible = reasons
    .filter(({ reason }) => reason === undefined)
    .map(({ agent }) => ({
      agentId: agent.agentId,
      idleSince: idleSince(account, agent),
      last: one.notTo?.includes(agent.agentId),
    }))
    .sort(
      (a, b) =>
        Number(a.last ?? 0) - Number(b.last ?? 0) ||
        a.idleSince - b.idleSince ||
        (a.agentId < b.agentId ? -1 : 1),
    );
  const { priority, arrivedAt, typeId, clientId, channel, askAgainAt } = one;
  return {
    rule: 'longest-idle',
    decidedAt: now,
    order: { priority, arrivedAt, ahead: type === undefined ? 0 : ahead.length },
    typeId,
    clientId,
    channel,
    ...(type !== undefined && { typeVersion: type.version }),
    requires,
    eligible: eligible.slice(0, namesMax).map(({ agentId, idleSince }) => ({ agentId, idleSince })),
    eligibleCount: eligible.length,
    not: notReasons.flatMap((reason) => {
      const ids = reasons.filter((each) => each.reason === reason).map(({ agent }) => agent.agentId);
      return ids.length === 0 ? [] : [{ reason, count: ids.length, agents: ids.sort().slice(0, namesMax) }];
    }),
    ...(askAgainAt !== undefined && askAgainAt > now && { askAgainAt }),
  };
}

function naiveRequires(type: TypeSeen | undefined) {
  return (type?.requires ?? [])
    .map(({ competencyId, level }) => ({ competencyId, level }))
    .sort((a, b) => (a.competencyId < b.competencyId ? -1 : 1));
}

function naiveReason(
  account: Account,
  agent: AgentSeen,
  one: InteractionSeen,
  now: Millis,
): NotReason | undefined {
  if (!agent.clients.includes(one.clientId)) return 'agent-not-of-client';
  if ((agent.capacity[one.channel] ?? 0) === 0) return 'channel-not-taken';
  const requires = account.requires(one);
  const assessed = (id: string) => agent.competencies.filter(({ competencyId }) => competencyId === id);
  if (requires.some(({ competencyId }) => assessed(competencyId).length === 0)) return 'competency-missing';
  if (requires.some(({ competencyId, level }) => !assessed(competencyId).some((held) => held.level >= level)))
    return 'competency-level-too-low';
  if (
    requires.some(
      ({ competencyId, level }) =>
        !assessed(competencyId).some((held) => held.level >= level && held.validUntil > now),
    )
  )
    return 'competency-lapsed';
  if (!agent.ready) return 'agent-not-ready';
  if (!account.hasSlot(agent, one.channel)) return 'agent-at-capacity';
  return account.mayBeAsked(agent.agentId, one, now) ? undefined : 'declined-already';
}

function idleSince(account: Account, { agentId, idleSince: since }: AgentSeen): Millis {
  const given = [...account.interactions.values()].flatMap((one) => {
    const reservation = account.reserved.get(one.interactionId);
    if (reservation?.agentId === agentId) return [reservation.since];
    const holds = one.agentId === agentId && ['offered', 'handling', 'wrapping'].includes(one.state);
    return holds && one.agentSince !== undefined ? [one.agentSince] : [];
  });
  return Math.max(since, ...given);
}

function inOrder(a: InteractionSeen, b: InteractionSeen): number {
  return b.priority - a.priority || a.arrivedAt - b.arrivedAt || (a.interactionId < b.interactionId ? -1 : 1);
}

/** A fixed order for each salt. */
function shuffled<T>(items: readonly T[], salt: number): T[] {
  return items
    .map((item, i) => ({ item, at: Math.imul(i + 1, 2654435761 + salt * 40503) >>> 0 }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

const hours = { numRuns: 250 };

for (const [number, sentence] of Object.entries(invariants))
  test(`invariant ${number}: ${sentence}`, () => {
    fc.assert(
      fc.property(anHour, (hour) => {
        const against = new World()
          .play(hour)
          .found.filter((one) => one.startsWith(`${number satisfies string} `));
        assert.deepEqual(against, []);
      }),
      hours,
    );
  });

test('a plain scan over everything decides the same, with the same why, and never earlier than the engine wakes', () => {
  fc.assert(
    fc.property(anHour, (hour) => assert.deepEqual(new World().play(hour).differences, [])),
    hours,
  );
});

test('whatever happened, all that waits is given away once when a competent agent has room', () => {
  fc.assert(
    fc.property(anHour, fc.nat(99), (hour, salt) => {
      const world = new World().play(hour);
      world.settle(salt);
      world.everybodyComes();
      const waiting = world.waiting();
      const given = world.decide().map(({ interactionId }) => interactionId);
      assert.deepEqual(given.sort(), waiting);
      assert.equal(new Set(world.written).size, world.written.length);
    }),
    hours,
  );
});

test('the order in which the same facts come changes nothing', () => {
  fc.assert(
    fc.property(anHour, fc.nat(99), fc.nat(99), (hour, one, other) => {
      const world = new World().play(hour);
      const engines = [world.rebuilt(one), world.rebuilt(other)];
      const [a, b] = engines.map((engine) => JSON.stringify([engine.decide(world.now), engine.snapshot()]));
      assert.equal(a, b);
    }),
    hours,
  );
});

test('the judge sees each kind of violation', () => {
  const type: TypeSeen = {
    kind: 'type',
    typeId: 'orders',
    clientId: 'acme',
    channel: 'chat',
    requires: [],
    version: 1,
  };
  const ann: AgentSeen = {
    kind: 'agent',
    agentId: 'ann',
    version: 1,
    ready: true,
    clients: ['acme'],
    capacity: { chat: 1 },
    competencies: [],
    idleSince: 0,
  };
  const one: InteractionSeen = {
    kind: 'interaction',
    interactionId: 'one',
    seq: 1,
    state: 'waiting',
    clientId: 'acme',
    typeId: 'orders',
    channel: 'chat',
    priority: 0,
    arrivedAt: 1,
  };
  const two: InteractionSeen = { ...one, interactionId: 'two', arrivedAt: 2 };
  const given = (to: string, ...which: InteractionSeen[]): Step => ({
    did: 'decide',
    at: 10,
    max: which.length,
    decisions: which.map(({ interactionId, seq, channel }) => ({
      interactionId,
      seq,
      agentId: to,
      channel,
      why: {} as Why,
    })),
  });
  const see = (...facts: Seen[]): Step[] => facts.map((seen) => ({ did: 'see', seen }));
  const numbers = (...steps: Step[]) => violations(steps).map((says) => Number(says[0]) as Invariant);
  const english = [{ competencyId: 'english', level: 2 }];

  assert.deepEqual(numbers(...see(type, ann, one, two), given('ann', one)), []);
  assert.deepEqual(numbers(...see(type, ann, one, two), given('ann', one, two)), [1]);
  assert.deepEqual(
    numbers(...see(type, ann, { ...two, state: 'wrapping', agentId: 'ann' }, one), given('ann', one)),
    [1],
  );
  assert.deepEqual(numbers(...see({ ...type, requires: english }, ann, one), given('ann', one)), [2]);
  const lapsed = { ...ann, competencies: [{ competencyId: 'english', level: 2, validUntil: 10 }] };
  assert.deepEqual(numbers(...see({ ...type, requires: english }, lapsed, one), given('ann', one)), [2]);
  assert.deepEqual(numbers(...see(type, { ...ann, ready: false }, one), given('ann', one)), [2]);
  assert.deepEqual(numbers(...see(type, { ...ann, clients: [] }, one), given('ann', one)), [2]);
  assert.deepEqual(numbers(...see(type, one), given('ann', one)), [2]);
  assert.deepEqual(numbers(...see(type, ann, one), { did: 'decide', at: 10, decisions: [] }), [3]);
  assert.deepEqual(numbers(...see(type, ann, { ...one, heldUntil: 11 }), given('ann', one)), [3]);
  assert.deepEqual(
    numbers(...see(type, ann, { ...one, notTo: ['ann'], askAgainAt: 11 }), given('ann', one)),
    [3],
  );
  assert.deepEqual(numbers(...see(type, ann, one, two), given('ann', two)), [4]);
  assert.deepEqual(numbers(...see(type, ann, one, { ...two, priority: 1 }), given('ann', one)), [4]);
  assert.deepEqual(numbers(...see(type, ann, one), given('ann', one), given('bob', one)), [7]);
  assert.deepEqual(numbers(...see(type, ann, one), given('ann', { ...one, seq: 2 })), [7]);

  const engine = createEngine();
  for (const fact of [type, one, two]) engine.see(fact);
  const good = engine.snapshot(10);
  const history = see(type, one, two);
  const afterwards = (places: Partial<typeof good.places>) =>
    violations(history, { ...good, places: { ...good.places, ...places } }).map((says) => says[0]);
  assert.deepEqual(afterwards({}), []);
  assert.deepEqual(afterwards({ held: ['two'] }), ['5']);
  assert.deepEqual(afterwards({ lines: [], aside: ['one', 'two'] }), ['5', '5']);
  assert.deepEqual(afterwards({ lines: [] }), ['7', '7']);
  assert.deepEqual(afterwards({ held: ['three'] }), ['7']);
  assert.deepEqual(
    violations(see({ ...two, seq: 2 }), good).map((says) => says[0]),
    ['7', '7'],
  );
  assert.equal(rebuildViolations(good, { ...good, interactions: [] }).length, 1);
  assert.deepEqual(rebuildViolations(good, structuredClone(good)), []);
});
