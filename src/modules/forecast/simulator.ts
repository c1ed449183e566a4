import { createEngine, type Engine, type InteractionSeen } from '#src/modules/routing/index.ts';
import { Agenda, type Entry } from './agenda.ts';
import { type Random, random } from './random.ts';
import type { Duration, Scenario, SimulatedGroup, SimulatedType } from './scenario.ts';

// A day of a contact centre in virtual time. The engine that decides is the product's own, told the same facts in the same order as it
// is told by the record; what customers and agents do is drawn by chance from streams that each have their own purpose.

/** What happened to a type's contacts in a day; those that arrived while it warmed up are not among them. */
export interface DayOfType {
  offered: number;
  /** Turned away because too many waited. */
  blocked: number;
  answered: number;
  /** Answered within the type's `withinSeconds`. */
  inTime: number;
  /** Answered by an agent who was free when they came. */
  atOnce: number;
  abandoned: number;
  /** Left within `withinSeconds`. */
  leftShort: number;
  /** Still waiting when nothing could happen any more: nobody was left to answer. */
  unanswered: number;
  waitAnsweredSeconds: number;
  waitAbandonedSeconds: number;
  /** Transferred to this type, and how many left while they waited again, for a transfer or because their agent had vanished. */
  transferred: number;
  leftAgain: number;
  /** Offers let pass, declined, and what went back from agents who vanished. */
  passed: number;
  declined: number;
  lostAgent: number;
}

/** Agents' time until the day closed, in seconds. */
export interface DayOfGroup {
  /** Ready, or with something in hand. */
  onDutySeconds: number;
  /** With something in hand: offered, in conversation or being wrapped up. */
  busySeconds: number;
}

export interface Day {
  types: DayOfType[];
  groups: DayOfGroup[];
  /** Decisions of the engine. */
  decisions: number;
}

/** Who declined or let pass is not asked again for so long; the product's own figure (`askAgainAfterMs`). */
const askAgainMs = 15_000;

interface Contact {
  readonly id: string;
  readonly place: number;
  readonly arrivedAt: number;
  readonly counted: boolean;
  /** Drawn as it came, so that it is the same contact whoever answers. */
  readonly handleMs: number;
  readonly wrapMs: number;
  patienceMs: number;
  kind: number;
  leg: number;
  seq: number;
  state: InteractionSeen['state'];
  agent: Agent | undefined;
  agentSince: number;
  stateSince: number;
  notTo: string[];
  patience: Entry | undefined;
  next: Entry | undefined;
}

interface Agent {
  readonly id: string;
  readonly group: number;
  readonly drawn: Random;
  version: number;
  /** In the plan of this hour. */
  planned: boolean;
  onBreak: boolean;
  /** Their line is dead; `gone` once that is noticed. */
  vanished: boolean;
  gone: boolean;
  nextBreak: Entry | undefined;
  nextCrash: Entry | undefined;
  idleSince: number;
  readonly holds: Set<Contact>;
  dutySince: number | undefined;
  busySince: number | undefined;
}

/** Plays one day. `seed` and `number` decide all that is chance; the same two give the same day. */
export function simulateDay(scenario: Scenario, seed: number, number: number): Day {
  return new Simulated(scenario, seed, number).play();
}

class Simulated {
  readonly #scenario: Scenario;
  readonly #agenda = new Agenda();
  readonly #engine: Engine = createEngine();
  readonly #closes: number;
  readonly #warm: number;
  readonly #agents: Agent[][];
  readonly #byId = new Map<string, Agent>();
  readonly #open = new Map<string, Contact>();
  readonly #waiting: number[];
  readonly #clients: readonly string[] = ['client'];
  readonly #draws: { arrival: Random; work: Random; patience: Random }[];
  readonly #routing: Random;
  readonly #day: Day;
  readonly #isClosed = () => this.#agenda.now >= this.#closes;
  #arrived = 0;
  #wake: Entry | undefined;

  constructor(scenario: Scenario, seed: number, number: number) {
    this.#scenario = scenario;
    const { types, groups, day, channels } = scenario;
    this.#closes = day.minutes * 60_000;
    this.#warm = day.warmUpMinutes * 60_000;
    this.#waiting = types.map(() => 0);
    this.#day = { types: types.map(() => noType()), groups: groups.map(() => noGroup()), decisions: 0 };
    this.#draws = types.map(({ name }) => ({
      arrival: random(seed, 'arrivals', name, number),
      work: random(seed, 'work', name, number),
      patience: random(seed, 'patience', name, number),
    }));
    this.#routing = random(seed, 'transfers', number);
    const factor = day.factorShape === undefined ? 1 : random(seed, 'factor', number).gamma(day.factorShape);

    if (channels !== undefined) this.#engine.see({ kind: 'rules', version: 1, channels });
    for (const type of types) this.#seeType(type);
    this.#agents = groups.map((group, place) => this.#hire(group, place, seed, number));
    for (const [kind, type] of types.entries()) this.#awaitArrival(kind, ratesOf(type, factor), 0);
  }

  play(): Day {
    for (;;) {
      const act = this.#agenda.take();
      if (act === undefined) break;
      act();
    }
    for (const contact of this.#open.values())
      if (contact.counted && contact.leg === 0) this.#day.types[contact.kind]!.unanswered += 1;
    for (const agents of this.#agents)
      for (const agent of agents) {
        this.#clockOut(agent);
        this.#idle(agent);
      }
    return this.#day;
  }

  #seeType(type: SimulatedType): void {
    this.#engine.see({
      kind: 'type',
      typeId: type.name,
      clientId: 'client',
      channel: type.channel,
      requires: [{ competencyId: type.name, level: 1 }],
      version: 1,
      bestLevelFirst: type.bestLevelFirst,
      ...(type.targetSeconds !== undefined && { targetMs: type.targetSeconds * 1000 }),
      ...(type.ageing !== undefined && {
        ageing: { everyMs: type.ageing.everySeconds * 1000, by: type.ageing.by, atMost: type.ageing.atMost },
      }),
      ...(type.deferred !== undefined && { deferred: type.deferred }),
      ...(type.overflow !== undefined && {
        teams: type.overflow.map((set) => ({ teamIds: set.groups, afterMs: set.afterSeconds * 1000 })),
      }),
    });
  }

  // --- agents ------------------------------------------------------------------------------------------------------------------

  /** As many as are ever planned at once, and the plan's changes on the agenda. */
  #hire(group: SimulatedGroup, place: number, seed: number, number: number): Agent[] {
    const plan = Array.isArray(group.agents) ? group.agents : [group.agents];
    const agents = Array.from({ length: Math.max(...plan) }, (_, i): Agent => {
      const id = `${group.name} ${String(i + 1).padStart(6, '0')}`;
      return {
        id,
        group: place,
        drawn: random(seed, 'agent', id, number),
        version: 0,
        planned: false,
        onBreak: false,
        vanished: false,
        gone: false,
        nextBreak: undefined,
        nextCrash: undefined,
        idleSince: 0,
        holds: new Set(),
        dutySince: undefined,
        busySince: undefined,
      };
    });
    for (const agent of agents) this.#byId.set(agent.id, agent);
    const { fromMinute = 0, toMinute = Number.POSITIVE_INFINITY } = group.shift ?? {};
    const [from, to] = [fromMinute * 60_000, toMinute * 60_000];
    const length = this.#closes / plan.length;
    const changes = new Set([0, ...plan.map((_, i) => i * length), from, to]);
    for (const at of changes) {
      if (at >= this.#closes) continue;
      const planned =
        at < from || at >= to ? 0 : plan[Math.min(plan.length - 1, Math.floor(at / length + 1e-9))]!;
      this.#agenda.at(at, () => this.#plan(agents, planned));
    }
    return agents;
  }

  /** Who is idle leaves first; who has something in hand leaves when it is done. */
  #plan(agents: readonly Agent[], planned: number): void {
    let over = agents.filter((agent) => agent.planned).length - planned;
    const leaving = [...agents].reverse().filter((agent) => agent.planned);
    for (const agent of [...leaving.filter(isIdle), ...leaving.filter((one) => !isIdle(one))]) {
      if (over <= 0) break;
      over -= 1;
      agent.planned = false;
      this.#agenda.cancel(agent.nextBreak);
      this.#agenda.cancel(agent.nextCrash);
      this.#clockOut(agent);
      this.#seeAgent(agent);
    }
    for (const agent of agents) {
      if (over >= 0) break;
      if (agent.planned) continue;
      over += 1;
      agent.planned = true;
      agent.idleSince = this.#agenda.now;
      this.#clockIn(agent);
      this.#seeAgent(agent);
      this.#awaitBreak(agent);
      this.#awaitCrash(agent);
    }
    this.#decide();
  }

  #isReady({ planned, onBreak, gone }: Agent): boolean {
    return planned && !onBreak && !gone;
  }

  #seeAgent(agent: Agent): void {
    const group = this.#scenario.groups[agent.group]!;
    agent.version += 1;
    this.#engine.see({
      kind: 'agent',
      agentId: agent.id,
      version: agent.version,
      ready: this.#isReady(agent),
      clients: this.#clients,
      ...this.#skillsOf(agent.group),
      teams: [group.name],
      idleSince: agent.idleSince,
    });
  }

  readonly #skills: {
    capacity: Partial<Record<SimulatedType['channel'], number>>;
    competencies: { competencyId: string; level: number; validUntil: number }[];
  }[] = [];

  #skillsOf(place: number) {
    const known = this.#skills[place];
    if (known !== undefined) return known;
    const { takes, capacity } = this.#scenario.groups[place]!;
    const levels = Array.isArray(takes) ? takes.map((name) => [name, 1] as const) : Object.entries(takes);
    const taken = new Map(levels);
    const atOnce: Partial<Record<SimulatedType['channel'], number>> = {};
    for (const { name, channel } of this.#scenario.types)
      if (taken.has(name)) atOnce[channel] = capacity[channel] ?? 1;
    const skills = {
      capacity: atOnce,
      competencies: levels.map(([competencyId, level]) => ({
        competencyId,
        level,
        validUntil: Number.POSITIVE_INFINITY,
      })),
    };
    this.#skills[place] = skills;
    return skills;
  }

  #awaitBreak(agent: Agent): void {
    const { breaks } = this.#scenario.groups[agent.group]!;
    if (breaks === undefined) return;
    this.#agenda.cancel(agent.nextBreak);
    agent.nextBreak = this.#agenda.after(agent.drawn.exponential(breaks.everyMinutes * 60_000), () => {
      if (this.#isClosed()) return;
      agent.onBreak = true;
      this.#clockOut(agent);
      this.#seeAgent(agent);
      this.#agenda.after(breaks.minutes * 60_000, () => {
        agent.onBreak = false;
        this.#comeBack(agent);
        this.#awaitBreak(agent);
      });
    });
  }

  /** As in the product: what is offered meanwhile rings in an empty room, and nothing goes back before the grace is over. */
  #awaitCrash(agent: Agent): void {
    const { crash } = this.#scenario.groups[agent.group]!;
    if (crash === undefined) return;
    this.#agenda.cancel(agent.nextCrash);
    agent.nextCrash = this.#agenda.after(agent.drawn.exponential(3_600_000 / crash.perHour), () => {
      if (this.#isClosed()) return;
      agent.vanished = true;
      for (const contact of agent.holds) this.#agenda.cancel(contact.next);
      this.#agenda.after(crash.graceSeconds * 1000, () => {
        agent.gone = true;
        for (const contact of Array.from(agent.holds)) this.#loseAgent(contact, agent);
        this.#clockOut(agent);
        this.#seeAgent(agent);
        this.#decide();
        this.#agenda.after(crash.backAfterMinutes * 60_000, () => {
          agent.vanished = false;
          agent.gone = false;
          this.#comeBack(agent);
          this.#awaitCrash(agent);
        });
      });
    });
  }

  #comeBack(agent: Agent): void {
    agent.idleSince = this.#agenda.now;
    this.#clockIn(agent);
    this.#seeAgent(agent);
    this.#decide();
  }

  #loseAgent(contact: Contact, agent: Agent): void {
    this.#day.types[contact.kind]!.lostAgent += 1;
    this.#release(contact, agent);
    if (contact.state === 'wrapping') this.#end(contact, 'closed');
    else this.#wait(contact, contact.state === 'offered' ? undefined : this.#patienceOf(contact.kind));
  }

  #clockIn(agent: Agent): void {
    if (this.#isReady(agent)) agent.dutySince ??= this.#agenda.now;
  }

  /** Who still has something in hand is on duty until it is done. */
  #clockOut(agent: Agent): void {
    if (agent.dutySince === undefined || agent.holds.size > 0) return;
    this.#day.groups[agent.group]!.onDutySeconds += this.#within(agent.dutySince);
    agent.dutySince = undefined;
  }

  #idle(agent: Agent): void {
    if (agent.busySince === undefined) return;
    this.#day.groups[agent.group]!.busySeconds += this.#within(agent.busySince);
    agent.busySince = undefined;
  }

  /** Seconds from then until now, of those between the end of the warm-up and the day's close. */
  #within(since: number): number {
    return Math.max(0, Math.min(this.#agenda.now, this.#closes) - Math.max(since, this.#warm)) / 1000;
  }

  // --- contacts ----------------------------------------------------------------------------------------------------------------

  /** The next arrival: exponential gaps, drawn anew where the rate changes, which a Poisson stream does not notice. */
  #awaitArrival(kind: number, rates: readonly number[], from: number): void {
    const length = this.#closes / rates.length;
    const drawn = this.#draws[kind]!.arrival;
    let at = from;
    for (let period = Math.floor(from / length + 1e-9); period < rates.length; period += 1) {
      const rate = rates[period]!;
      const end = (period + 1) * length;
      if (rate > 0) {
        const next = at + drawn.exponential(60_000 / rate);
        if (next < end) {
          this.#agenda.at(next, () => {
            this.#awaitArrival(kind, rates, next);
            this.#arrive(kind);
          });
          return;
        }
      }
      at = end;
    }
  }

  #patienceOf(kind: number): number {
    const { patience } = this.#scenario.types[kind]!;
    if (patience === undefined) return Number.POSITIVE_INFINITY;
    return draw(this.#periodOf(patience), this.#draws[kind]!.patience);
  }

  #periodOf(durations: Duration | Duration[]): Duration {
    if (!Array.isArray(durations)) return durations;
    const period = Math.floor((this.#agenda.now / this.#closes) * durations.length);
    return durations[Math.min(durations.length - 1, period)]!;
  }

  #arrive(kind: number): void {
    const type = this.#scenario.types[kind]!;
    const { work } = this.#draws[kind]!;
    const now = this.#agenda.now;
    this.#arrived += 1;
    const contact: Contact = {
      id: String(this.#arrived).padStart(10, '0'),
      place: this.#arrived,
      arrivedAt: now,
      counted: now >= this.#warm,
      handleMs: draw(this.#periodOf(type.handle), work),
      wrapMs: type.wrapUp === undefined ? 0 : draw(type.wrapUp, work),
      patienceMs: this.#patienceOf(kind),
      kind,
      leg: 0,
      seq: 0,
      state: 'waiting',
      agent: undefined,
      agentSince: 0,
      stateSince: now,
      notTo: [],
      patience: undefined,
      next: undefined,
    };
    const day = this.#day.types[kind]!;
    if (contact.counted) day.offered += 1;
    const isFull = this.#waiting[kind]! >= (type.queueMax ?? Number.POSITIVE_INFINITY);
    this.#open.set(contact.id, contact);
    this.#wait(contact, contact.patienceMs);
    this.#decide();
    // Whether an agent was free is the engine's to say, so a full line is asked about after it has.
    if (isFull && contact.state === 'waiting') {
      if (contact.counted) day.blocked += 1;
      this.#leaveLine(contact);
      this.#end(contact, 'closed');
    } else if (contact.counted && contact.state !== 'waiting') day.atOnce += 1;
  }

  /** Stands in line; `patienceMs` absent: the customer's patience goes on as it was. */
  #wait(contact: Contact, patienceMs?: number): void {
    contact.stateSince = this.#agenda.now;
    this.#waiting[contact.kind]! += 1;
    this.#become(contact, 'waiting');
    if (patienceMs !== undefined && patienceMs !== Number.POSITIVE_INFINITY)
      contact.patience = this.#agenda.after(patienceMs, () => this.#abandon(contact));
  }

  #leaveLine(contact: Contact): void {
    this.#waiting[contact.kind]! -= 1;
  }

  #abandon(contact: Contact): void {
    const day = this.#day.types[contact.kind]!;
    const waited = this.#agenda.now - contact.arrivedAt;
    if (contact.leg > 0) day.leftAgain += 1;
    else if (contact.counted) {
      day.abandoned += 1;
      day.waitAbandonedSeconds += waited / 1000;
      if (waited <= this.#scenario.types[contact.kind]!.withinSeconds * 1000) day.leftShort += 1;
    }
    const { agent } = contact;
    if (agent === undefined) this.#leaveLine(contact);
    else this.#release(contact, agent);
    this.#end(contact, 'abandoned');
    if (agent !== undefined) this.#seeAgent(agent);
    this.#decide();
  }

  #offer(contact: Contact, agent: Agent): void {
    this.#leaveLine(contact);
    const group = this.#scenario.groups[agent.group]!;
    contact.agent = agent;
    contact.agentSince = this.#agenda.now;
    if (agent.holds.size === 0) agent.busySince = this.#agenda.now;
    agent.holds.add(contact);
    const chance = group.noAnswer + group.decline > 0 ? agent.drawn.next() : 1;
    const ringMs = group.ring === undefined ? 0 : draw(group.ring, agent.drawn);
    const offerMs = this.#scenario.types[contact.kind]!.offerSeconds * 1000;
    if (agent.vanished || chance < group.noAnswer || ringMs >= offerMs) {
      this.#become(contact, 'offered');
      contact.next = this.#agenda.after(offerMs, () => this.#refuse(contact, agent, 'passed'));
    } else if (chance < group.noAnswer + group.decline) {
      this.#become(contact, 'offered');
      contact.next = this.#agenda.after(ringMs / 2, () => this.#refuse(contact, agent, 'declined'));
    } else if (ringMs > 0) {
      this.#become(contact, 'offered');
      contact.next = this.#agenda.after(ringMs, () => this.#answer(contact));
    } else this.#answer(contact);
  }

  #refuse(contact: Contact, agent: Agent, how: 'passed' | 'declined'): void {
    this.#day.types[contact.kind]![how] += 1;
    if (!contact.notTo.includes(agent.id)) contact.notTo = [...contact.notTo, agent.id];
    this.#release(contact, agent);
    this.#wait(contact);
    this.#seeAgent(agent);
    this.#decide();
  }

  #answer(contact: Contact): void {
    this.#agenda.cancel(contact.patience);
    contact.patience = undefined;
    contact.notTo = [];
    const day = this.#day.types[contact.kind]!;
    if (contact.leg === 0 && contact.counted) {
      const waited = this.#agenda.now - contact.arrivedAt;
      day.answered += 1;
      day.waitAnsweredSeconds += waited / 1000;
      if (waited <= this.#scenario.types[contact.kind]!.withinSeconds * 1000) day.inTime += 1;
    }
    this.#become(contact, 'handling');
    // Answered once: what is handled after an agent vanished is the same customer's second wait.
    contact.leg += 1;
    contact.next = this.#agenda.after(contact.handleMs, () => this.#handled(contact));
  }

  #handled(contact: Contact): void {
    const { transfer } = this.#scenario.types[contact.kind]!;
    const agent = contact.agent!;
    if (transfer !== undefined && contact.leg === 1 && this.#routing.next() < transfer.share) {
      const kind = this.#scenario.types.findIndex(({ name }) => name === transfer.to);
      this.#release(contact, agent);
      contact.kind = kind;
      this.#day.types[kind]!.transferred += 1;
      this.#wait(contact, this.#patienceOf(kind));
      this.#seeAgent(agent);
      this.#decide();
      return;
    }
    if (contact.wrapMs === 0) return this.#done(contact);
    this.#become(contact, 'wrapping');
    contact.next = this.#agenda.after(contact.wrapMs, () => this.#done(contact));
  }

  #done(contact: Contact): void {
    const agent = contact.agent!;
    this.#release(contact, agent);
    this.#end(contact, 'closed');
    this.#seeAgent(agent);
    this.#decide();
  }

  /** The agent has it in hand no more. */
  #release(contact: Contact, agent: Agent): void {
    this.#agenda.cancel(contact.next);
    contact.next = undefined;
    contact.agent = undefined;
    agent.holds.delete(contact);
    agent.idleSince = this.#agenda.now;
    if (agent.holds.size > 0) return;
    this.#idle(agent);
    if (!this.#isReady(agent)) this.#clockOut(agent);
  }

  #end(contact: Contact, state: 'closed' | 'abandoned'): void {
    this.#agenda.cancel(contact.patience);
    this.#become(contact, state);
    this.#open.delete(contact.id);
  }

  #become(contact: Contact, state: InteractionSeen['state']): void {
    contact.state = state;
    contact.seq += 1;
    const type = this.#scenario.types[contact.kind]!;
    const seen: InteractionSeen = {
      kind: 'interaction',
      interactionId: contact.id,
      seq: contact.seq,
      state,
      clientId: 'client',
      typeId: type.name,
      channel: type.channel,
      priority: type.priority,
      arrivedAt: contact.arrivedAt,
    };
    if (contact.agent !== undefined) {
      seen.agentId = contact.agent.id;
      seen.agentSince = contact.agentSince;
    }
    if (contact.notTo.length > 0) {
      seen.notTo = contact.notTo;
      seen.askAgainAt = contact.stateSince + askAgainMs;
    }
    this.#engine.see(seen);
  }

  #decide(): void {
    const now = this.#agenda.now;
    for (const { interactionId, agentId } of this.#engine.decide(now)) {
      this.#day.decisions += 1;
      this.#offer(this.#open.get(interactionId)!, this.#byId.get(agentId)!);
    }
    const wakeAt = this.#engine.wakeAt(now);
    if (this.#wake?.at === wakeAt && this.#wake?.act !== undefined) return;
    this.#agenda.cancel(this.#wake);
    this.#wake = wakeAt === undefined ? undefined : this.#agenda.at(wakeAt, () => this.#decide());
  }
}

function isIdle({ holds }: Agent): boolean {
  return holds.size === 0;
}

function ratesOf({ arrivalsPerMinute }: SimulatedType, factor: number): number[] {
  const rates = Array.isArray(arrivalsPerMinute) ? arrivalsPerMinute : [arrivalsPerMinute];
  return rates.map((rate) => rate * factor);
}

/** In milliseconds. */
function draw(duration: Duration, drawn: Random): number {
  if ('exponential' in duration) return drawn.exponential(duration.exponential * 1000);
  if ('lognormal' in duration) return drawn.lognormal(duration.lognormal * 1000, duration.cv);
  return duration.fixed * 1000;
}

function noType(): DayOfType {
  return {
    offered: 0,
    blocked: 0,
    answered: 0,
    inTime: 0,
    atOnce: 0,
    abandoned: 0,
    leftShort: 0,
    unanswered: 0,
    waitAnsweredSeconds: 0,
    waitAbandonedSeconds: 0,
    transferred: 0,
    leftAgain: 0,
    passed: 0,
    declined: 0,
    lostAgent: 0,
  };
}

function noGroup(): DayOfGroup {
  return { onDutySeconds: 0, busySeconds: 0 };
}
