import { isDeepStrictEqual } from 'node:util';
import { competencyAssessed, competencyChanged } from '#src/modules/competencies/index.ts';
import {
  barsChanged,
  freesSlot,
  type InteractionRow,
  interactionReleased,
  routingRulesChanged,
  typeChanged,
} from '#src/modules/interactions/index.ts';
import { hoursChanged, teamChanged } from '#src/modules/organisation/index.ts';
import { personChanged, personCreated } from '#src/modules/people/index.ts';
import { lineChanged, presenceChanged } from '#src/modules/presence/index.ts';
import type { Context } from '#src/platform/context.ts';
import { isConnectionFault } from '#src/platform/db/sql.ts';
import type { Committed } from '#src/platform/events/bus.ts';
import { isRefusal } from '#src/platform/refusal.ts';
import { createEngine } from './engine.ts';
import { askAgainAfterMs, interactionSeen } from './facts.ts';
import { createRun, type Run, type RunOptions } from './journal.ts';
import { createLease, lease, pool, poolFree } from './lease.ts';
import { type DecidedAs, type RoutingRecord, routingRecord } from './record.ts';
import type { Decision, Engine, Why } from './seam.ts';

/** Decisions whose commit is under way at once: what the database groups into one fsync. */
const commitsAtOnceMax = 16;
const retryMs = 1_000;
/** What changes how types are shared out. */
const typeKinds: ReadonlySet<string> = new Set([
  typeChanged.kind,
  hoursChanged.kind,
  routingRulesChanged.kind,
]);
/** How long an offer rings whose type is not known. */
const offerSeconds = 20;
/** A wall clock that is put back further than this has the state loaded anew: what was held until a time is not held for longer. */
const putBackMs = 1_000;
/** How often the record is read beside what was told. */
const comparingMs = 10_000;
/** How many interactions that were held back after a write that failed are remembered, and how many such holds of each. */
const heldBackMax = 10_000;
const holdsKeptMax = 20;
/** How long a decision that was refused although its interaction did not change is not taken again. */
const unchangedMs = 250;

/**
 * Drives the engine while this node owns the pool: loads the state, feeds it each commit, writes its decisions and ends
 * offers whose time is over. Whatever goes wrong with a write, the row is read again and decided again.
 */
export function createRouting(ctx: Context, options: { alone?: boolean } = {}) {
  return createRoutingOn(routingRecord(ctx, pool), ctx, options);
}

/** The same on any record, as a simulation hands one in. */
export function createRoutingOn(
  record: RoutingRecord,
  ctx: Pick<Context, 'bus' | 'clock' | 'log'>,
  { alone = false, run: runOptions = {} }: { alone?: boolean; run?: RunOptions } = {},
) {
  const rights = createLease(record.lease, ctx.clock, { alone });
  let engine: Run | undefined;
  let loading: Committed[] | undefined;
  let foundMeanwhile: InteractionRow[] = [];
  let loadAgain = false;
  let stopped = false;
  let underWay = 0;
  let planned = false;
  let wake: (() => void) | undefined;
  let version = 0;
  const types = new Map<string, Awaited<ReturnType<RoutingRecord['typeFacts']>>['types'][number]>();
  let readingTypes: Promise<void> | undefined;
  let typesStale = false;
  let hoursChange: (() => void) | undefined;
  const offers = new Map<string, () => void>();
  const lastFacts = new Map<string, Awaited<ReturnType<RoutingRecord['agentFacts']>>[number]>();
  let lastRules: Awaited<ReturnType<RoutingRecord['rulesFacts']>> | undefined;
  const staleAgents = new Set<string>();
  let readingAgents: Promise<void> | undefined;
  const idle = new Set<() => void>();
  const heldBack = new Map<string, { from: number; until: number }[]>();
  let offered = 0;
  let refused = 0;
  let keeping: Promise<void> | undefined;
  let keepAgain = false;
  let loadingDone: Promise<void> | undefined;
  let nextKeep: (() => void) | undefined;
  let rebuilding: Promise<Engine> | undefined;
  let rebuiltNext: Promise<Engine> | undefined;
  let aheadMs = ctx.clock.now().getTime() - ctx.clock.monotonic();

  // Nobody waits longer than this for a commit whose telling was lost: by a node killed before it told, or a reply that never came.
  const open = new Map<string, number>();

  const stopListening = ctx.bus.listen((events) => {
    if (loading !== undefined) loading.push(...events);
    else if (engine !== undefined) take(events);
    else if (events.some(({ kind, remote }) => kind === poolFree && remote === true)) void keepLease();
  });
  const stopGaps = ctx.bus.onGap(() => {
    if (engine !== undefined || loading !== undefined) void load();
  });

  /** One at a time; whoever asks while one is under way has it asked again, since what they heard of may be newer than its answer. */
  function keepLease(): Promise<void> {
    if (stopped) return Promise.resolve();
    keepAgain = keeping !== undefined;
    nextKeep?.();
    keeping ??= keepLeaseNow().finally(() => {
      keeping = undefined;
      if (stopped) return;
      if (keepAgain) void keepLease();
      else nextKeep = ctx.clock.after(rights.held() ? lease.renewalMs : lease.lookMs, () => void keepLease());
    });
    return keeping;
  }

  async function keepLeaseNow(): Promise<void> {
    try {
      const got = await rights.keep();
      if (stopped) return;
      if (got === 'taken') {
        ctx.log.info({ pool, epoch: rights.epoch() }, 'This node routes.');
        loadingDone = load(); // not waited for here: what takes longer than a lease would lose it
      } else if (got === 'none') letGo();
      else plan(); // it may have been without the right for a while
    } catch (fault) {
      ctx.log.warn({ err: fault }, 'The right to route could not be renewed; it is tried again.');
    }
  }

  /** Whether the wall clock has gone back since this was asked last, by the steady one. */
  function wasPutBack(): boolean {
    const before = aheadMs;
    aheadMs = ctx.clock.now().getTime() - ctx.clock.monotonic();
    return aheadMs < before - putBackMs;
  }

  /** The others need not wait for the lease to end: the right is let go of, and they are told. */
  async function handOver(): Promise<void> {
    const run = engine;
    letGo();
    await run?.end();
    if (await rights.release())
      ctx.bus.tell([
        { stream: pool, seq: 0, kind: poolFree, clientId: null, at: ctx.clock.now(), body: { pool } },
      ]);
  }

  function letGo(): void {
    if (engine === undefined) return;
    void engine.end();
    engine = undefined;
    wake?.();
    for (const cancel of offers.values()) cancel();
    offers.clear();
    lastFacts.clear();
    types.clear();
    hoursChange?.();
    staleAgents.clear();
    open.clear();
  }

  // One reading at a time; who asks for one while it is under way has it begun anew, since what they missed may be older than it.
  async function load(): Promise<void> {
    loadAgain = loading !== undefined;
    if (loadAgain) return;
    loading = [];
    foundMeanwhile = [];
    wasPutBack(); // whatever the clock did before concerns nothing that is loaded now
    try {
      let facts = await record.allFacts(ctx.clock.now());
      while (loadAgain) {
        loadAgain = false;
        facts = await record.allFacts(ctx.clock.now());
      }
      letGo();
      const epoch = rights.held();
      if (epoch === undefined) {
        loading = undefined; // lost meanwhile: whoever takes it again loads anew
        return;
      }
      const fresh = createRun(createEngine(), record.journal, {
        epoch,
        clock: ctx.clock,
        log: ctx.log,
        ...runOptions,
      });
      engine = fresh;
      fresh.see({ ...facts.rules, version: ++version });
      lastRules = facts.rules;
      for (const { row, facts: type } of facts.types) {
        types.set(row.id, { row, facts: type });
        fresh.see({ ...type, version: ++version });
      }
      for (const agent of facts.agents) {
        lastFacts.set(agent.agentId, agent);
        fresh.see({ kind: 'agent', version: ++version, ...agent });
      }
      for (const row of [...facts.interactions, ...foundMeanwhile]) seeInteraction(row);
      awaitHours(facts.changesAt);
      const meanwhile = loading;
      loading = undefined;
      take(meanwhile);
      plan();
    } catch (fault) {
      loading = undefined;
      letGo();
      rights.drop();
      ctx.log.error({ err: fault }, 'The routing state could not be loaded; it is tried again.');
    }
  }

  function take(events: readonly Committed[]): void {
    for (const event of events) {
      const { kind, stream, body } = event;
      if (kind.startsWith('interaction.')) {
        if (event.after !== undefined) seeInteraction(event.after as InteractionRow);
        const { agentId } = body as { agentId?: string };
        if (freesSlot(kind) && agentId !== undefined) seeFreed(agentId, event.at.getTime());
        // It frees a slot only of what was interrupted: the record says since when the agent is idle.
        if (kind === interactionReleased.kind && agentId !== undefined) refreshAgent(agentId);
      } else if (kind === presenceChanged.kind || kind === lineChanged) refreshAgent(String(body.agentId));
      else if (
        kind === personChanged.kind ||
        kind === personCreated.kind ||
        kind === competencyAssessed.kind ||
        kind === barsChanged.kind
      )
        refreshAgent(stream);
      else if (typeKinds.has(kind)) refreshTypes();
      else if (kind === teamChanged.kind)
        refreshTeam(body as { joined: string[]; left: string[]; changed: object });
      else if (kind === competencyChanged.kind) for (const agentId of lastFacts.keys()) refreshAgent(agentId);
    }
    plan();
  }

  /** A row that was read by itself. What is being loaded meanwhile may be older. */
  function find(row: InteractionRow): void {
    if (loading !== undefined) foundMeanwhile.push(row);
    seeInteraction(row);
  }

  function seeInteraction(row: InteractionRow): void {
    const fact = interactionSeen(row);
    // Written by a clock that was ahead, it is not waited for longer than it was meant to be.
    if (fact.askAgainAt !== undefined)
      fact.askAgainAt = Math.min(fact.askAgainAt, ctx.clock.now().getTime() + askAgainAfterMs);
    const isNews = engine?.see(fact);
    // An answer that was long on its way: what is known is newer, and its offer's end stays set.
    if (isNews === false && row.seq !== open.get(row.id)) return;
    if (row.closed_at === null) open.set(row.id, Math.max(row.seq, open.get(row.id) ?? 0));
    else open.delete(row.id);
    if (row.state === 'offered' && row.offer_until !== null) armOffer(row);
    else {
      offers.get(row.id)?.();
      offers.delete(row.id);
    }
  }

  function seeFreed(agentId: string, at: number): void {
    const known = lastFacts.get(agentId);
    if (known === undefined || known.idleSince >= at) return;
    const facts = { ...known, idleSince: at };
    lastFacts.set(agentId, facts);
    engine?.see({ kind: 'agent', version: ++version, ...facts });
  }

  // The end of an offer is the owner's to write, after the clock that set it; a millisecond late rather than early. If that clock was
  // ahead, or this one was put back, it rings no longer than offers of its type do.
  function armOffer(row: InteractionRow): void {
    offers.get(row.id)?.();
    const seconds = types.get(row.type_id)?.row.offer_seconds ?? offerSeconds;
    const left = Math.min(row.offer_until!.getTime() - ctx.clock.now().getTime(), seconds * 1000);
    const end = () => {
      if (rights.epoch() === undefined) {
        // It may not write at this moment. Once it may again it ends the offer; whoever takes over does so by a timer of their own.
        offers.set(row.id, ctx.clock.after(retryMs, end));
        return;
      }
      offers.delete(row.id);
      record
        .expire(row.id, row.agent_id!, row.offer_until!)
        .then((answer) => (isRefusal(answer) ? readAgain(row.id) : undefined))
        .catch((fault) => {
          ctx.log.warn({ err: fault }, 'An offer could not be ended; it is tried again.');
          ctx.clock.after(retryMs, () => void readAgain(row.id));
        });
    };
    offers.set(row.id, ctx.clock.after(left + 1, end));
  }

  /** Drops the reservation of a write that moved nothing. What is held back for it is remembered: whoever judges the order asks for it. */
  function release({ interactionId, why }: Decision, notBefore: number | undefined): void {
    engine?.release(interactionId, notBefore);
    if (notBefore === undefined) return;
    const times = heldBack.get(interactionId) ?? [];
    heldBack.delete(interactionId); // so that what was not held back for longest is forgotten first
    heldBack.set(interactionId, [
      ...times.slice(1 - holdsKeptMax),
      { from: why.decidedAt, until: notBefore },
    ]);
    if (heldBack.size > heldBackMax) heldBack.delete(heldBack.keys().next().value!);
  }

  async function readAgain(interactionId: string, decision?: Decision): Promise<void> {
    const soon = () => ctx.clock.now().getTime() + unchangedMs;
    try {
      const [row] = await record.interactionsByIds([interactionId]);
      if (row !== undefined) find(row);
      // The row is as it was: what stood against the write is not in it, so the same decision must not come straight back.
      if (decision !== undefined) {
        release(decision, row?.seq === decision.seq ? soon() : undefined);
      }
    } catch {
      if (decision !== undefined) release(decision, ctx.clock.now().getTime() + retryMs);
      ctx.clock.after(retryMs, () => void readAgain(interactionId));
    }
    plan();
  }

  /**
   * Reads the record beside what was told, now and then: seq tells which is newer, so that reading twice changes nothing.
   */
  async function compare(): Promise<void> {
    if (stopped) return;
    try {
      if (engine !== undefined && loading === undefined && rights.epoch() !== undefined) {
        const believed = new Map(open);
        refreshTypes();
        const rows = await record.openInteractions();
        // At once: who was found here must not be passed over while something else is read.
        for (const row of rows) if (row.seq !== believed.get(row.id)) find(row);
        plan();
        const found = new Set(rows.map((row) => row.id));
        const ended = [...believed.keys()].filter((id) => !found.has(id));
        for (const row of await record.interactionsByIds(ended)) find(row);
        const agents = await record.agentFacts();
        const known = new Map(agents.map((agent) => [agent.agentId, agent]));
        for (const agentId of new Set([...known.keys(), ...lastFacts.keys()]))
          if (!isDeepStrictEqual(known.get(agentId), lastFacts.get(agentId))) refreshAgent(agentId);
        plan();
      }
    } catch (fault) {
      if (!isConnectionFault(fault))
        ctx.log.warn({ err: fault }, 'Routing could not be compared with the record; it is compared again.');
    }
    if (!stopped) ctx.clock.after(comparingMs, () => void compare());
  }

  function refreshAgent(agentId: string): void {
    staleAgents.add(agentId);
    readingAgents ??= readAgents().finally(() => {
      readingAgents = undefined;
      if (staleAgents.size > 0 && !stopped)
        ctx.clock.after(retryMs, () => staleAgents.size > 0 && refreshAgent([...staleAgents][0]!));
    });
  }

  // One reading at a time, so that an older answer never overtakes a newer one.
  async function readAgents(): Promise<void> {
    while (staleAgents.size > 0) {
      if (engine === undefined) return staleAgents.clear(); // whoever loads the state reads all agents
      const wanted = [...staleAgents];
      const asked = engine;
      staleAgents.clear();
      try {
        const facts = new Map((await record.agentFacts(wanted)).map((agent) => [agent.agentId, agent]));
        if (engine !== asked) continue; // all was loaded meanwhile, from a record no older than this answer
        for (const agentId of wanted) {
          const fresh = facts.get(agentId);
          if (fresh === undefined) {
            lastFacts.delete(agentId);
            engine?.forget({ kind: 'agent', agentId, version: ++version });
          } else {
            const known = lastFacts.get(agentId);
            const agent = {
              ...fresh,
              idleSince: Math.max(fresh.idleSince, fresh.ready && known?.ready ? known.idleSince : 0),
            };
            lastFacts.set(agentId, agent);
            engine?.see({ kind: 'agent', version: ++version, ...agent });
          }
        }
        plan();
      } catch (fault) {
        for (const agentId of wanted) staleAgents.add(agentId);
        ctx.log.warn({ err: fault }, 'Agents could not be read for routing; they are read again.');
        return;
      }
    }
  }

  /** Types, hours and rules are few: all of them are read when one of them changed, and when hours open or close. */
  function refreshTypes(): void {
    typesStale = true;
    readingTypes ??= readTypes().finally(() => {
      readingTypes = undefined;
      if (typesStale && !stopped) ctx.clock.after(retryMs, () => typesStale && refreshTypes());
    });
  }

  async function readTypes(): Promise<void> {
    while (typesStale) {
      typesStale = false;
      const asked = engine;
      if (asked === undefined) return; // whoever loads the state reads all types
      try {
        const [found, rules] = await Promise.all([record.typeFacts(ctx.clock.now()), record.rulesFacts()]);
        if (engine !== asked) return;
        if (!isDeepStrictEqual(rules, lastRules)) engine.see({ ...rules, version: ++version });
        lastRules = rules;
        const now = new Map(found.types.map((type) => [type.row.id, type]));
        for (const typeId of types.keys()) {
          if (now.has(typeId)) continue;
          types.delete(typeId);
          engine.forget({ kind: 'type', typeId, version: ++version });
        }
        for (const [typeId, type] of now) {
          const known = types.get(typeId);
          types.set(typeId, type);
          if (!isDeepStrictEqual(known?.facts, type.facts)) engine.see({ ...type.facts, version: ++version });
        }
        awaitHours(found.changesAt);
        plan();
      } catch (fault) {
        typesStale = true;
        ctx.log.warn({ err: fault }, 'Types could not be read for routing; they are read again.');
        return;
      }
    }
  }

  function awaitHours(changesAt: Date | undefined): void {
    hoursChange?.();
    hoursChange =
      changesAt === undefined
        ? undefined
        : ctx.clock.after(changesAt.getTime() - ctx.clock.now().getTime() + 1, refreshTypes);
  }

  function refreshTeam({
    joined,
    left,
    changed,
  }: {
    joined: string[];
    left: string[];
    changed: object;
  }): void {
    // A team that is put out of use or back into it concerns all its members.
    const concerned = 'active' in changed ? lastFacts.keys() : [...joined, ...left];
    for (const agentId of concerned) refreshAgent(agentId);
  }

  /** Decides once the facts at hand are all seen: several commits of one turn make one round. */
  function plan(): void {
    if (planned || stopped) return;
    planned = true;
    queueMicrotask(() => {
      planned = false;
      try {
        decide();
      } catch (fault) {
        // A fact the engine cannot take: the whole state is read anew, and the centre goes on.
        ctx.log.error({ err: fault }, 'Routing met a fault; its state is loaded again.');
        ctx.clock.after(retryMs, () => void load());
      }
    });
  }

  function decide(): void {
    const epoch = rights.epoch();
    if (engine === undefined || loading !== undefined || epoch === undefined || stopped) return;
    if (wasPutBack()) return void load();
    const now = ctx.clock.now().getTime();
    const run = engine;
    const before = run.decided();
    const decisions = run.decide(now, commitsAtOnceMax - underWay);
    // What they were taken upon is written before them, once for all of a round.
    const written = decisions.length === 0 ? undefined : run.written();
    for (const [at, decision] of decisions.entries()) {
      underWay++;
      const as = { epoch, runId: run.id, position: before + at + 1 };
      void write(decision, as, written!).finally(() => {
        underWay--;
        if (underWay === 0) for (const done of idle) done();
        plan();
      });
    }
    wake?.();
    const next = engine.wakeAt(now);
    // `now` means: more at once, when a commit under way makes room; that plans by itself.
    wake = next === undefined || next <= now ? undefined : ctx.clock.after(next - now, plan);
  }

  async function write(
    decision: Decision,
    as: Omit<DecidedAs, 'offerSeconds'>,
    written: Promise<boolean>,
  ): Promise<void> {
    try {
      if (!(await written)) {
        // Nothing is offered that the journal does not know of. Another decides now, or this node begins a run anew.
        if (engine?.isGivenUp() === true) void load();
        release(decision, ctx.clock.now().getTime() + retryMs);
        return;
      }
      const type = types.get(decision.why.typeId)?.row;
      const seconds = type?.offer_seconds ?? offerSeconds;
      const answer = await record.offer(decision, { ...as, offerSeconds: seconds });
      if (!isRefusal(answer)) {
        offered++;
        if (type?.routing.autoAccept === true) await acceptAtOnce(decision);
        return;
      }
      // Somebody was faster, or the pool is another node's: look at what is true and decide upon that.
      refused++;
      refreshAgent(decision.agentId);
      await readAgain(decision.interactionId, decision);
    } catch (fault) {
      ctx.log.warn({ err: fault }, 'An offer could not be written; it is decided again.');
      release(decision, ctx.clock.now().getTime() + retryMs);
      ctx.clock.after(retryMs, () => void readAgain(decision.interactionId));
    }
  }

  /** The type says that its offers do not ring. If this fails the offer rings, like any other. */
  async function acceptAtOnce({ interactionId, agentId }: Decision): Promise<void> {
    await record
      .accept(interactionId, agentId)
      .catch((fault) => ctx.log.warn({ err: fault }, 'An offer could not be accepted by itself; it rings.'));
  }

  /** The owner's own; elsewhere one that stands on the record as it is now, or a moment later. */
  async function engineAtHand(): Promise<Engine> {
    if (engine !== undefined && loading === undefined && rights.epoch() !== undefined) return engine;
    // The whole record is read for it: one at a time, and all who ask meanwhile share the next one.
    rebuiltNext ??= rebuildAfter(rebuilding);
    return rebuiltNext;
  }

  async function rebuildAfter(before: Promise<Engine> | undefined): Promise<Engine> {
    await before?.catch(() => {}); // whoever asked for that one hears of it
    const mine = rebuiltNext;
    rebuilding = mine;
    rebuiltNext = undefined;
    try {
      return await engineFrom(record, ctx.clock.now());
    } finally {
      if (rebuilding === mine) rebuilding = undefined;
    }
  }

  return {
    async start(): Promise<void> {
      await keepLease();
      await loadingDone;
      ctx.clock.after(comparingMs, () => void compare());
    },
    async stop(): Promise<void> {
      stopped = true;
      stopListening();
      stopGaps();
      if (underWay > 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        idle.add(resolve);
        await promise;
      }
      await keeping;
      await loadingDone;
      await handOver();
    },
    /** Whether this node decides at this moment. */
    owns: () => engine !== undefined && rights.epoch() !== undefined,
    offered: () => offered,
    /** The epoch under which it decides. */
    epoch: () => rights.epoch(),
    /** What it held back after writes that failed, and when. */
    heldBack: (): ReadonlyMap<string, readonly { from: number; until: number }[]> => heldBack,
    /** Decisions that the record refused: somebody was faster, or the pool had become another node's. */
    refused: () => refused,
    /** Why an interaction still waits, from the owner's own state; elsewhere from the record. */
    async whyWaiting(interactionId: string): Promise<Why | undefined> {
      const asked = await engineAtHand();
      return asked.whyWaiting(interactionId, ctx.clock.now().getTime());
    },
    /** The same with where every agent stands; undefined also while it is being offered. */
    async explain(interactionId: string): Promise<ReturnType<Engine['explain']>> {
      const asked = await engineAtHand();
      return asked.explain(interactionId, ctx.clock.now().getTime());
    },
    /** The engine's state and the same rebuilt from the record: they differ only by what is under way. */
    snapshot: () => engine?.snapshot(ctx.clock.now().getTime()),
  };
}

export type Routing = ReturnType<typeof createRouting>;

/** An engine that stands on the record alone, as after a crash. */
export function rebuiltEngine(ctx: Context): Promise<Engine> {
  return engineFrom(routingRecord(ctx, pool), ctx.clock.now());
}

async function engineFrom(record: RoutingRecord, now: Date): Promise<Engine> {
  const facts = await record.allFacts(now);
  const fresh = createEngine();
  fresh.see({ ...facts.rules, version: 1 });
  facts.types.forEach((type, index) => fresh.see({ ...type.facts, version: index + 1 }));
  facts.agents.forEach((agent, index) => fresh.see({ kind: 'agent', version: index + 1, ...agent }));
  for (const row of facts.interactions) fresh.see(interactionSeen(row));
  return fresh;
}
