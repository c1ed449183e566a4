import { competencyAssessed } from '#src/modules/competencies/index.ts';
import { Agenda } from '#src/modules/forecast/agenda.ts';
import { type Random, random } from '#src/modules/forecast/random.ts';
import { type InteractionRow, type TypeRow, typeChanged } from '#src/modules/interactions/index.ts';
import { personChanged } from '#src/modules/people/index.ts';
import { presenceChanged } from '#src/modules/presence/index.ts';
import type { Channel } from '#src/modules/routing/seam.ts';
import type { createRoutingOn } from '#src/modules/routing/shell.ts';
import type { Logger } from '#src/platform/log.ts';
import { type Found, Judge } from './judge.ts';
import { type Copy, fair, Network, stormy } from './network.ts';
import { type AgentRow, type Entry, type Sabotage, Store } from './store.ts';

// Minutes of a contact centre in virtual time: several copies of the program with the real shell and engine, one record, customers and
// agents, and weather. One seed decides all of it.

export interface RoundOptions {
  seed: number;
  contacts: number;
  sabotage?: Sabotage;
  createShell?: typeof createRoutingOn;
  /** Keeps what the engines were told, and what was decided, for a replay. */
  keepsJournal?: boolean;
  log?: Logger;
}

export interface RoundResult {
  seed: number;
  contacts: number;
  found: Found;
  sentences: string[];
  /** Of all that was committed, in order: the same seed, the same number. */
  history: number;
  offered: number;
  takeovers: number;
  unjudged: number;
  /** Virtual seconds. */
  seconds: number;
  store: Store;
}

/** True time when a round begins. */
const epochMs = Date.UTC(2026, 0, 5, 8);
const stormMs = 30_000;
const calmMs = 40_000;
/** After the last fault everything is as it should be again within so long. */
const healingMs = 18_000;
const presenceLeaseMs = 5_000;
/** Who asked and heard nothing for so long asks again. */
const patienceOfDeskMs = 10_000;
/** A round that takes longer does not end by itself. */
const longestDrainMs = 600_000;
/** Wall clocks are never further from the truth than this; in some rounds than the other. */
const clockMs = 5_000;
const wildClockMs = 3_600_000;

const channels: readonly Channel[] = ['voice', 'chat', 'email'];
const clients = ['acme', 'globex'];
const competencies = ['billing', 'repairs', 'orders', 'french'];

class GivenUp extends Error {}

export async function playRound(options: RoundOptions): Promise<RoundResult> {
  const world = new World(options);
  return world.play();
}

class World {
  readonly #options: RoundOptions;
  readonly #agenda = new Agenda();
  readonly #judge: Judge;
  readonly #store: Store;
  readonly #network: Network;
  readonly #customers: Random;
  readonly #people: Random;
  readonly #chaos: Random;
  /** Who was told that their message came in. */
  readonly #acknowledged = new Map<string, string>();
  /** Counts the sessions of each agent's desk: what an earlier one meant to do is not done. */
  readonly #sessions = new Map<string, number>();
  /** What each agent masters and may hold when nobody changes it for a while. */
  readonly #mastered = new Map<string, ReadonlyMap<string, number>>();
  readonly #capacities = new Map<string, ReadonlyMap<Channel, number>>();
  #made = 0;
  #events = 0;
  #stormUntil = 0;
  /** Clocks are wrong by as much as an hour. Opening hours then say anything, and stay as they are. */
  readonly #isWild: boolean;
  #draining = false;
  #done = false;
  #failure: unknown;

  constructor(options: RoundOptions) {
    this.#options = options;
    const { seed, sabotage = {}, keepsJournal = false } = options;
    const now = () => this.#agenda.now;
    this.#customers = random(seed, 'customers');
    this.#people = random(seed, 'people');
    this.#chaos = random(seed, 'chaos');
    this.#judge = new Judge(now);
    this.#isWild = this.#chaos.next() < 0.3;
    this.#judge.slackMs = this.#isWild ? 40_000 : 2 * clockMs + 1_000;
    this.#store = new Store({
      now,
      sabotage,
      keepsJournal,
      committed: (entry, row) => {
        this.#judge.committed(entry);
        this.#follows(entry, row);
      },
      taken: (epoch) => this.#judge.taken(epoch),
    });
    this.#network = new Network({
      agenda: this.#agenda,
      drawn: random(seed, 'network'),
      store: this.#store,
      judge: this.#judge,
      epochMs,
      ...(options.createShell && { createShell: options.createShell }),
      ...(options.log && { log: options.log }),
    });
  }

  async play(): Promise<RoundResult> {
    this.#open();
    await this.#run();
    if (this.#failure !== undefined) throw this.#failure;
    const { seed } = this.#options;
    const judge = this.#judge;
    judge.end(this.#store, this.#acknowledged);
    return {
      seed,
      contacts: judge.arrived,
      found: judge.found,
      sentences: judge.sentences,
      history: judge.history,
      offered: judge.offered,
      takeovers: judge.takeovers,
      unjudged: judge.unjudged,
      seconds: this.#agenda.now / 1000,
      store: this.#store,
    };
  }

  /**
   * Does what is next, lets all promises that it settled run to their end, then does what is next. Between two ticks the program's
   * microtasks are all run, without a turn of the event loop, which would take many times as long.
   */
  #run(): Promise<void> {
    return new Promise((resolve) => {
      let count = 0;
      const step = () => {
        const act = this.#done ? undefined : this.#agenda.take();
        if (act === undefined) return resolve();
        try {
          act();
        } catch (error) {
          this.#failure = error;
          return resolve();
        }
        count += 1;
        // Signals come through in the event loop only.
        if (count % 20_000 === 0) setImmediate(step);
        else queueMicrotask(() => process.nextTick(step));
      };
      step();
    });
  }

  // --- the centre ------------------------------------------------------------------------------------------------------------------

  #open(): void {
    const drawn = this.#people;
    const pick = <One>(all: readonly One[]) => all[Math.floor(drawn.next() * all.length)]!;
    const typesCount = 4 + Math.floor(drawn.next() * 4);
    for (let i = 0; i < typesCount; i += 1) this.#addType(i, pick);
    const agentsCount = 14 + Math.floor(drawn.next() * 14);
    for (let i = 0; i < agentsCount; i += 1) this.#hire(i, pick);
    const copies = 2 + Math.floor(this.#chaos.next() * 2);
    for (let i = 0; i < copies; i += 1) this.#network.start();
    this.#awaitCustomer();
    this.#sweep();
    this.#sampling();
    this.#weather();
  }

  #addType(i: number, pick: <One>(all: readonly One[]) => One): void {
    const drawn = this.#people;
    const id = `type ${i}`;
    const row: TypeRow = {
      id,
      client_id: clients[i % clients.length]!,
      channel: channels[i % channels.length]!,
      name_en: id,
      name_fr: id,
      priority: i % 3 === 0 ? 1 : 0,
      offer_seconds: 4 + Math.floor(drawn.next() * 7),
      active: true,
      version: 1,
      requires: [{ competencyId: pick(competencies), level: 1 + Math.floor(drawn.next() * 2) }],
      routing: {
        ...(i % 2 === 0 && { targetSeconds: 20 }),
        ...(i % 4 === 1 && { ageing: { everySeconds: 10, by: 1, atMost: 3 } }),
        ...(i % 5 === 3 && { autoAccept: true }),
        ...(i % 5 === 2 && { bestLevelFirst: true }),
      },
      hours_id: id,
      paused_at: null,
      paused_until: null,
      paused_by: null,
      paused_reason: null,
    };
    this.#store.types.set(id, row);
    this.#judge.kinds.set(id, {
      clientId: row.client_id,
      requires: row.requires,
      isHeld: false,
      changedAt: 0,
    });
  }

  #hire(i: number, pick: <One>(all: readonly One[]) => One): void {
    const drawn = this.#people;
    const id = `agent ${String(i).padStart(2, '0')}`;
    const mastered = new Map(competencies.map((name) => [name, Math.floor(drawn.next() * 4)] as const));
    mastered.set(pick(competencies), 3);
    // Somebody masters everything, so that nothing waits for ever.
    if (i < 3) for (const name of competencies) mastered.set(name, 3);
    const agent: AgentRow = {
      id,
      clients: i < 3 || drawn.next() < 0.5 ? clients : [pick(clients)],
      competencies: new Map([...mastered].filter(([, level]) => level > 0)),
      ready: true,
      connected: true,
      since: epochMs,
      slots: new Map(),
      freedAt: 0,
    };
    this.#store.agents.set(id, agent);
    this.#sessions.set(id, 1);
    this.#judge.people.set(id, {
      clients: agent.clients,
      competencies: new Map(agent.competencies),
      ready: true,
      capacity: new Map(),
      changedAt: 0,
    });
    for (const channel of channels)
      this.#setCapacity(id, channel, channel === 'voice' ? 1 : i < 3 ? 2 : Math.floor(drawn.next() * 4));
    this.#mastered.set(id, new Map(agent.competencies));
    this.#capacities.set(id, new Map(this.#judge.people.get(id)!.capacity));
  }

  #setCapacity(agentId: string, channel: Channel, size: number): void {
    this.#store.setCapacity(agentId, channel, size);
    const person = this.#judge.people.get(agentId)!;
    person.capacity.set(channel, size);
    person.changedAt = this.#agenda.now;
  }

  // --- customers -------------------------------------------------------------------------------------------------------------------

  #awaitCustomer(): void {
    // Now quiet, now busy, so that lines form and are worked off.
    const busy = 1 + 0.6 * Math.sin(this.#agenda.now / 40_000);
    this.#agenda.after(this.#customers.exponential(300 / busy), () => {
      this.#made += 1;
      this.#come(this.#made);
      if (this.#made < this.#options.contacts) this.#awaitCustomer();
      else this.#drain();
    });
  }

  #come(number: number): void {
    const id = `contact ${String(number).padStart(7, '0')}`;
    const types = [...this.#store.types.values()];
    const type = types[Math.floor(this.#customers.next() * types.length)]!;
    const key = `customer ${number}`;
    void this.#persist(async (copy) => {
      const at = copy.clock.now();
      const row: InteractionRow = {
        id,
        client_id: type.client_id,
        type_id: type.id,
        channel: type.channel,
        customer_id: key,
        thread_id: key,
        language: 'en',
        state: 'waiting',
        agent_id: null,
        seq: 1,
        priority: type.priority,
        arrived_at: at,
        state_since: at,
        due_at: null,
        offer_until: null,
        not_to: [],
        handled_by: null,
        outcome_code: null,
        unread: true,
        to_team_id: null,
        to_agent_id: null,
        to_until: null,
        preferred_agent_id: null,
        preferred_until: null,
        preferred_why: null,
        interrupted_by: null,
        closed_at: null,
      };
      const answer = await this.#network.act(copy, () => this.#store.arrive(key, row));
      this.#acknowledged.set(key, answer.row.id);
    });
  }

  // --- what follows what was committed: by the people, who look at it after a while ----------------------------------------------------

  #follows({ act, interactionId, agentId }: Entry, row: InteractionRow): void {
    const drawn = this.#people;
    if (act === 'arrive' && drawn.next() < 0.7)
      this.#later(2_000 + drawn.exponential(25_000), () => this.#do('abandon', interactionId));
    else if (act === 'offer') this.#isAsked(interactionId, agentId!, row.seq);
    else if (act === 'accept' || act === 'resume') this.#works(interactionId, agentId!);
    else if (act === 'park')
      this.#atDesk(agentId!, drawn.exponential(4_000), async () => {
        const answer = await this.#do(drawn.next() < 0.6 ? 'resume' : 'release', interactionId, agentId!);
        if (answer === 'agent-at-capacity') await this.#do('release', interactionId, agentId!);
      });
    else if (act === 'end')
      this.#atDesk(agentId!, drawn.exponential(600), () => this.#do('complete', interactionId, agentId!));
  }

  #isAsked(interactionId: string, agentId: string, seq: number): void {
    const drawn = this.#people;
    const chance = drawn.next();
    if (chance > 0.9 && !this.#draining) return;
    this.#atDesk(agentId, 100 + drawn.exponential(800), async () => {
      if (this.#store.rows.get(interactionId)?.seq !== seq) return;
      await this.#do(chance > 0.82 && !this.#draining ? 'decline' : 'accept', interactionId, agentId);
    });
  }

  #works(interactionId: string, agentId: string): void {
    const drawn = this.#people;
    this.#atDesk(agentId, drawn.exponential(2_600), async () => {
      const chance = drawn.next();
      if (this.#draining || chance < 0.86) await this.#do('end', interactionId, agentId);
      else if (chance < 0.92) await this.#do('park', interactionId, agentId);
      else {
        const types = [...this.#store.types.values()];
        const own = this.#store.rows.get(interactionId)!;
        // To another type of its client and channel.
        const others = types.filter(
          (type) =>
            type.client_id === own.client_id && type.channel === own.channel && type.id !== own.type_id,
        );
        const to = others[Math.floor(drawn.next() * others.length)];
        await this.#do('transfer', interactionId, agentId, to?.id ?? own.type_id);
      }
    });
  }

  /** At the agent's desk, if the same session is still there. */
  #atDesk(agentId: string, delayMs: number, act: () => Promise<unknown>): void {
    const session = this.#sessions.get(agentId);
    this.#later(delayMs, async () => {
      if (this.#sessions.get(agentId) === session) await act();
    });
  }

  #later(delayMs: number, act: () => Promise<unknown>): void {
    this.#agenda.after(delayMs, () => {
      act().catch((error: unknown) => {
        if (!(error instanceof GivenUp)) this.#failure = error;
      });
    });
  }

  /** An act through whichever copy answers, again and again; answers what was refused. */
  async #do(
    act: Parameters<Store['advance']>[0],
    interactionId: string,
    agentId?: string,
    typeId?: string,
  ): Promise<string | undefined> {
    return this.#persist(async (copy) => {
      const at = copy.clock.now();
      const answer = await this.#network.act(copy, () =>
        this.#store.advance(act, {
          interactionId,
          at,
          ...(agentId !== undefined && { agentId }),
          ...(typeId !== undefined && { typeId }),
        }),
      );
      return 'event' in answer ? undefined : answer.refused;
    });
  }

  async #persist<Answer>(ask: (copy: Copy) => Promise<Answer>): Promise<Answer> {
    for (let tries = 0; tries < 1_000; tries += 1) {
      const copy = this.#network.someCopy();
      if (copy !== undefined) {
        try {
          return await this.#within(ask(copy));
        } catch {
          // Said of the connection only: whoever asks cannot know whether it was done, and asks again.
        }
      }
      await this.#sleep(200 + this.#people.next() * 600);
    }
    throw new GivenUp('nobody answered');
  }

  /** A copy that was killed never answers. */
  #within<Answer>(asked: Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const entry = this.#agenda.after(patienceOfDeskMs, () => reject(new GivenUp('no answer')));
      asked.then(
        (answer) => {
          this.#agenda.cancel(entry);
          resolve(answer);
        },
        (error: unknown) => {
          this.#agenda.cancel(entry);
          reject(error);
        },
      );
    });
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#agenda.after(ms, resolve));
  }

  // --- agents come and go ----------------------------------------------------------------------------------------------------------

  /** A fact about an agent or a type is changed through a copy, and told. */
  #change(
    kind: string,
    stream: string,
    change: (copy: Copy) => void,
    body: Record<string, unknown> = {},
  ): void {
    this.#later(0, () =>
      this.#persist((copy) =>
        this.#network.act(copy, () => {
          change(copy);
          this.#events += 1;
          return {
            event: {
              stream,
              seq: this.#events,
              kind,
              clientId: null,
              at: new Date(epochMs + this.#agenda.now),
              body,
            },
          };
        }),
      ),
    );
  }

  #setPresence(agent: AgentRow, ready: boolean, connected: boolean): void {
    this.#change(
      presenceChanged.kind,
      `presence of ${agent.id}`,
      (copy) => {
        Object.assign(agent, { ready, connected, since: copy.clock.now().getTime() });
        const person = this.#judge.people.get(agent.id)!;
        person.ready = ready && connected;
        person.changedAt = this.#agenda.now;
      },
      { agentId: agent.id },
    );
  }

  #newSession(agent: AgentRow): void {
    this.#sessions.set(agent.id, this.#sessions.get(agent.id)! + 1);
  }

  #comeBack(agent: AgentRow): void {
    this.#newSession(agent);
    this.#setPresence(agent, true, true);
    // They find on their desk what they still have.
    const session = this.#sessions.get(agent.id);
    this.#later(1_000, async () => {
      if (this.#sessions.get(agent.id) !== session) return;
      for (const row of this.#store.open()) {
        if (row.agent_id !== agent.id) continue;
        if (row.state === 'handling') this.#works(row.id, agent.id);
        else if (row.state === 'wrapping')
          this.#atDesk(agent.id, 500, () => this.#do('complete', row.id, agent.id));
        else if (row.state === 'parked')
          this.#atDesk(agent.id, 500, () => this.#do('release', row.id, agent.id));
      }
    });
  }

  #changeSomeone(): void {
    const drawn = this.#chaos;
    const agents = [...this.#store.agents.values()];
    const agent = agents[Math.floor(drawn.next() * agents.length)]!;
    const chance = drawn.next();
    const person = this.#judge.people.get(agent.id)!;
    if (chance < 0.25) {
      // Vanishes: nobody knows before the lease of their line is over.
      this.#newSession(agent);
      this.#agenda.after(presenceLeaseMs, () => this.#setPresence(agent, false, false));
      this.#agenda.after(presenceLeaseMs + drawn.exponential(8_000), () => this.#comeBack(agent));
    } else if (chance < 0.4) {
      this.#newSession(agent);
      this.#setPresence(agent, false, true);
      this.#agenda.after(1_000 + drawn.exponential(6_000), () => this.#comeBack(agent));
    } else if (chance < 0.7) {
      const name = competencies[Math.floor(drawn.next() * competencies.length)]!;
      const had = this.#mastered.get(agent.id)!.get(name);
      const set = (level: number | undefined) =>
        this.#change(competencyAssessed.kind, agent.id, () => {
          for (const known of [agent.competencies, person.competencies])
            if (level === undefined) known.delete(name);
            else known.set(name, level);
          person.changedAt = this.#agenda.now;
        });
      set(undefined);
      this.#agenda.after(2_000 + drawn.exponential(10_000), () => set(had));
    } else {
      const channel = channels[Math.floor(drawn.next() * channels.length)]!;
      const before = this.#capacities.get(agent.id)!.get(channel)!;
      const set = (size: number) =>
        this.#change(personChanged.kind, agent.id, () => this.#setCapacity(agent.id, channel, size));
      set(Math.floor(drawn.next() * 4));
      this.#agenda.after(3_000 + drawn.exponential(10_000), () => set(before));
    }
  }

  #changeType(): void {
    const drawn = this.#chaos;
    const types = [...this.#store.types.values()];
    const { id } = types[Math.floor(drawn.next() * types.length)]!;
    const kind = this.#judge.kinds.get(id)!;
    const forMs = 500 + drawn.exponential(5_000);
    const changed = (isHeld: boolean) => {
      kind.isHeld = isHeld;
      kind.changedAt = this.#agenda.now;
    };
    const told = (change: (copy: Copy) => void) => this.#change(typeChanged.kind, id, change);
    if (drawn.next() < 0.5 || this.#isWild) {
      told((copy) => {
        this.#store.types.set(id, { ...this.#store.types.get(id)!, paused_at: copy.clock.now() });
        changed(true);
      });
      this.#agenda.after(forMs, () => this.#resumeType(id));
    } else {
      told((copy) => {
        const until = copy.clock.now().getTime() + forMs;
        this.#network.hours.set(id, { open: false, until });
        changed(true);
        // Every copy opens by its own clock; what can be told from outside is when all of them have.
        this.#agenda.after(forMs + this.#judge.slackMs, () => {
          if (this.#network.hours.get(id)?.until === until)
            changed(this.#store.types.get(id)!.paused_at !== null);
        });
      });
    }
  }

  #resumeType(id: string): void {
    this.#change(typeChanged.kind, id, () => {
      this.#store.types.set(id, { ...this.#store.types.get(id)!, paused_at: null });
      Object.assign(this.#judge.kinds.get(id)!, { isHeld: this.#isClosed(id), changedAt: this.#agenda.now });
    });
  }

  /** Back on duty, with all they ever mastered: changes that overtook one another may have left them without. */
  #restore(agent: AgentRow): void {
    const person = this.#judge.people.get(agent.id)!;
    this.#change(competencyAssessed.kind, agent.id, () => {
      for (const [name, level] of this.#mastered.get(agent.id)!) {
        agent.competencies.set(name, level);
        person.competencies.set(name, level);
      }
      for (const [channel, size] of this.#capacities.get(agent.id)!)
        this.#setCapacity(agent.id, channel, size);
    });
    if (!agent.connected || !agent.ready) this.#comeBack(agent);
  }

  #isClosed(id: string): boolean {
    const hours = this.#network.hours.get(id);
    return hours !== undefined && hours.until + this.#judge.slackMs > epochMs + this.#agenda.now;
  }

  /** What agents who are gone hold goes back, as a reaction and a sweep of the product do it. */
  #sweep(): void {
    this.#agenda.after(1_000, () => {
      for (const row of this.#store.open()) {
        const agent = row.agent_id === null ? undefined : this.#store.agents.get(row.agent_id);
        if (agent === undefined || agent.connected) continue;
        const act = row.state === 'wrapping' ? 'settle' : row.state === 'parked' ? 'release' : 'loseAgent';
        this.#later(0, () => this.#do(act, row.id, agent.id));
      }
      this.#sweep();
    });
  }

  // --- weather ---------------------------------------------------------------------------------------------------------------------

  #weather(): void {
    if (this.#draining) return;
    this.#network.weather = stormy;
    this.#stormUntil = this.#agenda.now + stormMs;
    this.#strike();
    this.#live();
    this.#agenda.after(stormMs, () => {
      this.#calm();
      this.#agenda.after(calmMs, () => this.#weather());
    });
  }

  #calm(): void {
    this.#network.weather = fair;
    if (this.#network.outage) this.#network.endOutage();
    this.#judge.calmSince = Math.max(this.#judge.calmSince, this.#agenda.now);
  }

  /** Ordinary changes, storm or not. */
  #live(): void {
    if (this.#draining || this.#agenda.now >= this.#stormUntil + calmMs) return;
    if (this.#chaos.next() < 0.75) this.#changeSomeone();
    else this.#changeType();
    this.#agenda.after(this.#chaos.exponential(3_000), () => this.#live());
  }

  #strike(): void {
    if (this.#draining || this.#agenda.now >= this.#stormUntil) return;
    const drawn = this.#chaos;
    const { copies } = this.#network;
    const copy = copies[Math.floor(drawn.next() * copies.length)];
    const owner = copies.find(({ routing }) => routing.owns());
    const chance = drawn.next();
    const left = this.#stormUntil - this.#agenda.now;
    if (chance < 0.25) {
      const struck = drawn.next() < 0.6 ? (owner ?? copy) : copy;
      if (struck !== undefined) this.#network.freeze(struck, Math.min(left, 200 + drawn.exponential(3_000)));
    } else if (chance < 0.45) {
      const struck = drawn.next() < 0.6 ? (owner ?? copy) : copy;
      if (struck !== undefined) this.#network.kill(struck);
      this.#agenda.after(Math.min(left, drawn.exponential(2_000)), () => this.#network.start());
    } else if (chance < 0.52) {
      // A rolling restart: one that is stopped in order after another came up.
      const next = this.#network.start();
      if (copy !== undefined && copy !== next)
        void this.#network.stop(copy).catch(() => this.#network.kill(copy));
    } else if (chance < 0.7) {
      if (!this.#network.outage) {
        this.#network.outage = true;
        this.#agenda.after(Math.min(left, 100 + drawn.exponential(2_500)), () => this.#network.endOutage());
      }
    } else if (chance < 0.85) {
      for (const struck of copies) {
        if (drawn.next() < 0.5) continue;
        struck.offset = (drawn.next() * 2 - 1) * (this.#isWild ? wildClockMs : clockMs);
        this.#judge.stepped(struck.name);
      }
    } else if (chance < 0.92) this.#store.clockOffset = (drawn.next() * 2 - 1) * 2_000;
    else this.#changeSomeone();
    this.#agenda.after(drawn.exponential(4_000), () => this.#strike());
  }

  #sampling(): void {
    this.#agenda.after(1_000, () => {
      const { now } = this.#agenda;
      if (now >= this.#stormUntil && now >= this.#judge.calmSince + healingMs)
        this.#judge.sample(this.#store);
      this.#sampling();
    });
  }

  /** Nobody comes any more, and nothing goes wrong: everything must end. */
  #drain(): void {
    this.#draining = true;
    this.#stormUntil = 0;
    this.#calm();
    const began = this.#agenda.now;
    if (this.#network.copies.length === 0) this.#network.start();
    const isOver = () => this.#acknowledged.size >= this.#made && this.#judge.open.size === 0;
    const look = () => {
      if (isOver() || this.#agenda.now > began + longestDrainMs) this.#done = true;
      else this.#agenda.after(1_000, look);
    };
    // What was begun ends by itself; then everybody comes back, with everything they ever mastered.
    this.#agenda.after(30_000, () => {
      for (const agent of this.#store.agents.values()) this.#restore(agent);
      for (const type of this.#store.types.values()) if (type.paused_at !== null) this.#resumeType(type.id);
    });
    look();
  }
}
