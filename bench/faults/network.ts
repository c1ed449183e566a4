import type { Agenda } from '#src/modules/forecast/agenda.ts';
import type { Random } from '#src/modules/forecast/random.ts';
import type { InteractionRow } from '#src/modules/interactions/index.ts';
import { typeSeen } from '#src/modules/routing/facts.ts';
import { laterOf, type RoutingRecord } from '#src/modules/routing/record.ts';
import { createRoutingOn, type Routing } from '#src/modules/routing/shell.ts';
import type { Clock } from '#src/platform/clock.ts';
import { type Bus, type Committed, createBus } from '#src/platform/events/bus.ts';
import type { Logger } from '#src/platform/log.ts';
import type { Refused } from '#src/platform/refusal.ts';
import type { Judge } from './judge.ts';
import { createLog } from './quiet-log.ts';
import type { AgentRow, Store } from './store.ts';

// Between the copies of the program and the record: latency, replies that never come, tellings that are lost, copies that stand still.

/** How likely what is, per call or telling, and how long it takes. */
export interface Weather {
  /** A call fails before it did anything. */
  failsBefore: number;
  /** It did what it should, and its answer is an error or never comes in time. */
  failsAfter: number;
  slow: number;
  slowMs: number;
  /** Some are very slow: what was sent under one owner comes in under the next. */
  stalled: number;
  stalledMs: number;
  tellingLost: number;
  tellingTwice: number;
  tellingLate: number;
  tellingLateMs: number;
  gap: number;
}

export const fair: Weather = {
  failsBefore: 0,
  failsAfter: 0,
  slow: 0,
  slowMs: 0,
  stalled: 0,
  stalledMs: 0,
  tellingLost: 0,
  tellingTwice: 0,
  tellingLate: 0,
  tellingLateMs: 0,
  gap: 0,
};

export const stormy: Weather = {
  failsBefore: 0.03,
  failsAfter: 0.03,
  slow: 0.1,
  slowMs: 400,
  stalled: 0.015,
  stalledMs: 8_000,
  tellingLost: 0.03,
  tellingTwice: 0.05,
  tellingLate: 0.1,
  tellingLateMs: 2_000,
  gap: 0.002,
};

/** The longest an answer is waited for that never comes: the connection is given up then. */
const silenceMs = 8_000;
const batchMs = 5;

const unread = Buffer.alloc(64 * 1024);
const bytesOfInput = 60;

function sizeOf(inputs: readonly unknown[]): Uint8Array {
  return unread.subarray(0, Math.min(unread.length, inputs.length * bytesOfInput));
}

/** One for all: where each was thrown is nobody's question. */
const gone = Object.assign(new Error('the record is gone'), { code: 'CONNECTION_CLOSED' });

export interface NetworkOptions {
  agenda: Agenda;
  drawn: Random;
  store: Store;
  judge: Judge;
  /** True time at 0 on the agenda. */
  epochMs: number;
  /** A shell in which something was left out on purpose, for tests that must notice it. */
  createShell?: typeof createRoutingOn;
  log?: Logger;
}

/** One running copy of the program, as far as routing is concerned. */
export interface Copy {
  name: string;
  bus: Bus;
  routing: Routing;
  clock: Clock;
  /** The wall clock beside true time, in ms. */
  offset: number;
  readonly drift: number;
  alive: boolean;
  frozenUntil: number;
  held: (() => void)[];
  refs: Committed[];
}

export class Network {
  readonly #options: NetworkOptions;
  readonly copies: Copy[] = [];
  weather: Weather = fair;
  /** Nobody reaches the record. */
  outage = false;
  readonly #log = createLog();
  #born = 0;
  #waitingForOutage: (() => void)[] = [];

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  start(): Copy {
    const { agenda, drawn, createShell = createRoutingOn, epochMs, judge } = this.#options;
    this.#born += 1;
    const name = `copy ${this.#born}`;
    const copy = {
      name,
      bus: createBus((fault) => judge.fault(fault)),
      offset: (drawn.next() - 0.5) * 40,
      drift: (drawn.next() - 0.5) * 4e-4,
      alive: true,
      frozenUntil: 0,
      held: [],
      refs: [],
    } as unknown as Copy;
    copy.clock = {
      now: () => {
        const wall = Math.floor(epochMs + agenda.now * (1 + copy.drift) + copy.offset);
        judge.looked(copy.name, wall);
        return new Date(wall);
      },
      monotonic: () => agenda.now * (1 + copy.drift),
      after: (delayMs, act) => {
        const entry = agenda.after(Math.max(0, delayMs) / (1 + copy.drift), () => this.#in(copy, act));
        return () => agenda.cancel(entry);
      },
    };
    judge.began(copy.name);
    // Before the shell hears it: what it could know.
    copy.bus.listen((events) => {
      for (const { after } of events)
        if (after !== undefined) judge.knows(copy.name, after as InteractionRow);
      this.#relay(copy, events);
    });
    let runs = 0;
    copy.routing = createShell(
      this.#record(copy),
      { bus: copy.bus, clock: copy.clock, log: this.#options.log ?? this.#log },
      {
        run: {
          makeId: () => `${name} run ${String((runs += 1)).padStart(6, '0')}`,
          compress: (text) => Promise.resolve(Buffer.from(text)),
          // Where nobody will read it, only its size matters: compressing takes a sixth of the time.
          ...(this.#options.store.keepsJournal ? {} : { pack: sizeOf }),
        },
      },
    );
    this.copies.push(copy);
    void copy.routing.start();
    // Who runs already tells the newcomer, who then reads what was committed before they knew of it.
    agenda.after(2_000, () => this.#in(copy, () => copy.bus.gap()));
    return copy;
  }

  /** Ends it as `kill -9` does: what it sent off may still arrive, what it was told is never heard. */
  kill(copy: Copy): void {
    copy.alive = false;
    copy.held = [];
    this.copies.splice(this.copies.indexOf(copy), 1);
    // The others notice by the record that it is gone, and read what it may have committed and not told.
    for (const other of this.copies)
      this.#options.agenda.after(2_000 + this.#options.drawn.next() * 10_000, () =>
        this.#in(other, () => other.bus.gap()),
      );
  }

  /** As a stop in order: what is under way is finished and the right to decide handed over. */
  async stop(copy: Copy): Promise<void> {
    await copy.routing.stop();
    copy.alive = false;
    const place = this.copies.indexOf(copy);
    if (place !== -1) this.copies.splice(place, 1);
  }

  freeze(copy: Copy, ms: number): void {
    const { agenda } = this.#options;
    copy.frozenUntil = Math.max(copy.frozenUntil, agenda.now + ms);
    agenda.at(copy.frozenUntil, () => {
      if (agenda.now < copy.frozenUntil) return;
      const held = copy.held;
      copy.held = [];
      for (const act of held) agenda.after(0, () => this.#in(copy, act));
    });
  }

  endOutage(): void {
    this.outage = false;
    const waiting = this.#waitingForOutage;
    this.#waitingForOutage = [];
    for (const act of waiting) act();
    for (const copy of this.copies) this.#in(copy, () => copy.bus.gap());
  }

  /** Anybody who is up; undefined when nobody is. */
  someCopy(): Copy | undefined {
    const { agenda, drawn } = this.#options;
    const up = this.copies.filter((copy) => copy.frozenUntil <= agenda.now);
    return up[Math.floor(drawn.next() * up.length)];
  }

  #in(copy: Copy, act: () => void): void {
    if (!copy.alive) return;
    if (copy.frozenUntil > this.#options.agenda.now) copy.held.push(act);
    else act();
  }

  /** A call to the record and back: `run` happens at one instant, if at all. */
  call<Answer>(copy: Copy, run: () => Answer, told?: (answer: Answer) => void): Promise<Answer> {
    const { agenda, drawn, store } = this.#options;
    return new Promise((resolve, reject) => {
      const fail = (after: number) => agenda.after(after, () => this.#in(copy, () => reject(gone)));
      const answer = (value: Answer, after: number) => {
        const deliver = () => {
          told?.(value);
          resolve(value);
        };
        if (after === 0) this.#in(copy, deliver);
        else agenda.after(after, () => this.#in(copy, deliver));
      };
      const { weather } = this;
      const chance = drawn.next();
      const isSlow = chance > 1 - weather.slow;
      const latency =
        chance > 1 - weather.stalled
          ? drawn.next() * weather.stalledMs
          : drawn.exponential(isSlow ? weather.slowMs : 1.5);
      agenda.after(latency, () => {
        if (this.outage) {
          if (drawn.next() < 0.7) fail(drawn.next() * 50);
          else this.#waitingForOutage.push(() => fail(drawn.next() * 1_000));
          return;
        }
        if (chance < weather.failsBefore) return fail(drawn.next() < 0.8 ? 1 : drawn.next() * silenceMs);
        const value = run();
        if (chance < weather.failsBefore + weather.failsAfter)
          return fail(drawn.next() < 0.6 ? 1 : drawn.next() * silenceMs);
        answer(
          value,
          isSlow ? drawn.exponential(weather.slowMs) : store.sabotage.answersFirst === true ? 0.1 : 0,
        );
      });
    });
  }

  /** An act of somebody through a copy: what it did is told to that copy's listeners, and carried to the others. */
  async act<Answer extends { refused: string } | { event: Committed }>(
    copy: Copy,
    run: () => Answer,
  ): Promise<Answer> {
    return this.call(copy, run, (answer) => {
      if ('event' in answer) copy.bus.tell([answer.event]);
    });
  }

  /** Collected for a moment, then told to each other copy, which reads what it is told of. */
  #relay(copy: Copy, events: readonly Committed[]): void {
    const own = events.filter(({ remote }) => remote !== true);
    if (own.length === 0 || this.copies.length < 2) return;
    const isFirst = copy.refs.length === 0;
    copy.refs.push(...own);
    if (isFirst)
      this.#options.agenda.after(batchMs, () =>
        this.#in(copy, () => {
          const refs = copy.refs;
          copy.refs = [];
          for (const other of this.copies) if (other !== copy) this.#carry(other, refs);
        }),
      );
  }

  #carry(to: Copy, refs: readonly Committed[]): void {
    const { agenda, drawn, store } = this.#options;
    const { weather } = this;
    const chance = drawn.next();
    if (chance < weather.gap) {
      agenda.after(drawn.next() * 1_000, () => this.#in(to, () => to.bus.gap()));
      return;
    }
    if (this.outage || chance < weather.gap + weather.tellingLost) return;
    const times = drawn.next() < weather.tellingTwice ? 2 : 1;
    for (let i = 0; i < times; i += 1) {
      const late = drawn.next() < weather.tellingLate ? drawn.next() * weather.tellingLateMs : 0;
      agenda.after(1 + drawn.exponential(1) + late, () =>
        this.#in(to, () => {
          // The rows as they are when they are read, which may be later than the event.
          to.bus.tell(
            refs.map((event) => {
              const after = event.kind.startsWith('interaction.') ? store.rows.get(event.stream) : undefined;
              return { ...event, remote: true, after };
            }),
          );
        }),
      );
    }
  }

  #record(copy: Copy): RoutingRecord {
    const { store, judge, drawn } = this.#options;
    const call = <Answer>(run: () => Answer, told?: (answer: Answer) => void) => this.call(copy, run, told);
    const knowsAll = (rows: readonly InteractionRow[]) => {
      for (const row of rows) judge.knows(copy.name, row);
    };
    const agentFacts = (only?: readonly string[]) =>
      (only === undefined
        ? [...store.agents.values()]
        : only.flatMap((id) => store.agents.get(id) ?? [])
      ).map(factsOf);
    const typeFacts = (now: Date) => ({
      types: [...store.types.values()]
        .filter(({ active }) => active)
        .map((row) => ({ row, facts: typeSeen(row, this.hoursOf(row.hours_id, now), now) })),
      changesAt: this.hoursChangeAfter(now),
    });
    const rulesFacts = () => ({ kind: 'rules' as const, channels: {} });
    const write = async (
      act: 'offer' | 'expire' | 'accept',
      input: Parameters<Store['advance']>[1],
      written?: (answer: ReturnType<Store['advance']>) => void,
    ) => {
      if (store.sabotage.answersFirst === true && drawn.next() < 0.005) {
        const row = store.rows.get(input.interactionId)!;
        return call(() => ({ row, freedAgentId: null }) as unknown as Refused<never>);
      }
      const answer = await this.act(copy, () => {
        const done = store.advance(act, input);
        written?.(done);
        return done;
      });
      return answer as unknown as Refused<never>;
    };
    return {
      lease: {
        take: (ms, alone) => call(() => store.take(copy.name, ms, alone)),
        renew: (epoch, ms) => call(() => store.renew(copy.name, epoch, ms)),
        release: (epoch) => call(() => store.release(copy.name, epoch)),
      },
      // Each part is of a moment of its own, as four statements are.
      allFacts: async (now) => {
        const askedAt = this.#options.agenda.now;
        const [types, agents, interactions, rules] = await Promise.all([
          call(() => typeFacts(now)),
          call(() => agentFacts()),
          call(() => store.open()),
          call(rulesFacts),
        ]);
        judge.knowsOpen(copy.name, interactions, askedAt);
        return { ...types, agents, interactions, rules };
      },
      agentFacts: (only) => call(() => agentFacts(only)),
      typeFacts: (now) => call(() => typeFacts(now)),
      rulesFacts: () => call(rulesFacts),
      openInteractions: async () => {
        const askedAt = this.#options.agenda.now;
        const rows = await call(() => store.open());
        judge.knowsOpen(copy.name, rows, askedAt);
        return rows;
      },
      interactionsByIds: async (ids) => {
        const askedAt = this.#options.agenda.now;
        try {
          const rows = await call(() => ids.flatMap((id) => store.rows.get(id) ?? []), knowsAll);
          judge.readAgain(copy.name, ids, askedAt, true);
          return rows;
        } catch (fault) {
          judge.readAgain(copy.name, ids, askedAt, false);
          throw fault;
        }
      },
      journal: {
        append: async (chunk) => {
          try {
            const appended = await call(() => store.append(chunk));
            if (appended !== 'kept') judge.unsure(copy.name);
            return appended;
          } catch (fault) {
            judge.unsure(copy.name);
            throw fault;
          }
        },
      },
      offer: async (decision, { epoch, runId, position, offerSeconds }) => {
        const at = copy.clock.now();
        judge.decided(copy.name, decision);
        try {
          const answer = await write(
            'offer',
            {
              interactionId: decision.interactionId,
              agentId: decision.agentId,
              seq: decision.seq,
              at,
              epoch,
              offerUntil: new Date(at.getTime() + offerSeconds * 1000),
            },
            (done) => {
              if ('row' in done) store.decisions.push({ runId, position, seq: done.row.seq, decision });
            },
          );
          judge.answered(copy.name, decision, 'refused' in answer ? 'refused' : 'written');
          return answer;
        } catch (fault) {
          judge.answered(copy.name, decision, 'failed');
          throw fault;
        }
      },
      expire: (interactionId, agentId, offerUntil) =>
        write('expire', { interactionId, agentId, at: laterOf(copy.clock.now(), offerUntil) }),
      accept: (interactionId, agentId) => write('accept', { interactionId, agentId, at: copy.clock.now() }),
    };
  }

  /** Opening hours by their id: open until then, or closed until then, on the wall clock. */
  readonly hours = new Map<string, { open: boolean; until: number }>();

  hoursOf(id: string | null, now: Date): { open: boolean; changesAt: Date } | undefined {
    const hours = id === null ? undefined : this.hours.get(id);
    if (hours === undefined) return undefined;
    return { open: hours.open || hours.until <= now.getTime(), changesAt: new Date(hours.until) };
  }

  hoursChangeAfter(now: Date): Date | undefined {
    const next = [...this.hours.values()].map(({ until }) => until).filter((until) => until > now.getTime());
    return next.length === 0 ? undefined : new Date(Math.min(...next));
  }
}

function factsOf(agent: AgentRow) {
  const capacity: Partial<Record<string, number>> = {};
  for (const [channel, slots] of agent.slots) {
    const size = slots.filter(({ retired }) => !retired).length;
    if (size > 0) capacity[channel] = size;
  }
  return {
    agentId: agent.id,
    ready: agent.ready && agent.connected,
    clients: agent.clients,
    capacity,
    competencies: [...agent.competencies].map(([competencyId, level]) => ({
      competencyId,
      level,
      validUntil: Number.POSITIVE_INFINITY,
    })),
    languages: [],
    teams: [],
    idleSince: Math.max(agent.freedAt, agent.since),
  };
}
