import { isDeepStrictEqual } from 'node:util';
import { competencyAssessed, competencyChanged } from '#src/modules/competencies/index.ts';
import {
  advance,
  allTypes,
  freesSlot,
  type InteractionRow,
  interactionById,
  interactionsByIds,
  openInteractions,
  type TypeRow,
  typeById,
  typeChanged,
} from '#src/modules/interactions/index.ts';
import { personChanged, personCreated } from '#src/modules/people/index.ts';
import { lineChanged, presenceChanged } from '#src/modules/presence/index.ts';
import type { Context } from '#src/platform/context.ts';
import { isConnectionFault } from '#src/platform/db/sql.ts';
import type { Committed } from '#src/platform/events/bus.ts';
import { isRefusal } from '#src/platform/refusal.ts';
import { fulfils } from '#src/standard/fulfils.ts';
import { createEngine } from './engine.ts';
import { agentFacts, allFacts, interactionSeen, typeSeen } from './facts.ts';
import { createLease, lease, pool } from './lease.ts';
import type { Decision, Engine, Why } from './seam.ts';

fulfils('6.3.1-a', offerInteraction);

/** Decisions whose commit is under way at once: what the database groups into one fsync. */
const commitsAtOnceMax = 16;
const retryMs = 1_000;
/** How often the record is read beside what was told. */
const comparingMs = 10_000;
/** How long a decision that was refused although its interaction did not change is not taken again. */
const unchangedMs = 250;

/**
 * Writes a decision: one statement, fenced by the owner's epoch and guarded by the seq it was taken upon. The engine only
 * ever names agents who master the type today (6.3.1, 6.4).
 */
export function offerInteraction(
  ctx: Context,
  decision: Decision,
  { epoch, offerSeconds }: { epoch: string; offerSeconds: number },
) {
  const at = ctx.clock.now();
  return advance(ctx, 'offer', {
    interactionId: decision.interactionId,
    agentId: decision.agentId,
    seq: decision.seq,
    at,
    offerUntil: new Date(at.getTime() + offerSeconds * 1000),
    fence: { pool, epoch },
    why: decision.why,
  });
}

/**
 * Drives the engine while this node owns the pool: loads the state, feeds it each commit, writes its decisions and ends
 * offers whose time is over. Whatever goes wrong with a write, the row is read again and decided again.
 */
export function createRouting(ctx: Context, { alone = false } = {}) {
  const rights = createLease(ctx.db.system, ctx.clock, ctx.node, { alone });
  let engine: Engine | undefined;
  let loading: Committed[] | undefined;
  let loadAgain = false;
  let stopped = false;
  let underWay = 0;
  let planned = false;
  let wake: (() => void) | undefined;
  let version = 0;
  const offerSeconds = new Map<string, number>();
  const offers = new Map<string, () => void>();
  const lastFacts = new Map<string, Awaited<ReturnType<typeof agentFacts>>[number]>();
  const staleAgents = new Set<string>();
  let readingAgents: Promise<void> | undefined;
  const idle = new Set<() => void>();
  let offered = 0;

  // Nobody waits longer than this for a commit whose telling was lost: by a node killed before it told, or a reply that never came.
  const open = new Map<string, number>();

  const stopListening = ctx.bus.listen((events) => {
    if (loading !== undefined) loading.push(...events);
    else if (engine !== undefined) take(events);
  });
  const stopGaps = ctx.bus.onGap(() => {
    if (engine !== undefined || loading !== undefined) void load();
  });

  async function keepLease(): Promise<void> {
    if (stopped) return;
    try {
      const got = await rights.keep();
      if (stopped) return await rights.release();
      if (got === 'taken') {
        ctx.log.info({ pool, epoch: rights.epoch() }, 'This node routes.');
        await load();
      } else if (got === 'none') letGo();
      else plan(); // it may have been without the right for a while
    } catch (fault) {
      ctx.log.warn({ err: fault }, 'The right to route could not be renewed; it is tried again.');
    }
    if (!stopped) ctx.clock.after(lease.renewalMs, () => void keepLease());
  }

  function letGo(): void {
    if (engine === undefined) return;
    engine = undefined;
    wake?.();
    for (const cancel of offers.values()) cancel();
    offers.clear();
    lastFacts.clear();
    staleAgents.clear();
    open.clear();
  }

  // One reading at a time; who asks for one while it is under way has it begun anew, since what they missed may be older than it.
  async function load(): Promise<void> {
    loadAgain = loading !== undefined;
    if (loadAgain) return;
    loading = [];
    try {
      let facts = await allFacts(ctx.db.system);
      while (loadAgain) {
        loadAgain = false;
        facts = await allFacts(ctx.db.system);
      }
      letGo();
      const fresh = createEngine();
      for (const type of facts.types) {
        offerSeconds.set(type.id, type.offer_seconds);
        fresh.see(typeSeen(type));
      }
      for (const agent of facts.agents) {
        lastFacts.set(agent.agentId, agent);
        fresh.see({ kind: 'agent', version: ++version, ...agent });
      }
      engine = fresh;
      for (const row of facts.interactions) seeInteraction(row);
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
      } else if (kind === presenceChanged.kind || kind === lineChanged) refreshAgent(String(body.agentId));
      else if (kind === personChanged.kind || kind === personCreated.kind || kind === competencyAssessed.kind)
        refreshAgent(stream);
      else if (kind === typeChanged.kind) void refreshType(stream);
      else if (kind === competencyChanged.kind) for (const agentId of lastFacts.keys()) refreshAgent(agentId);
    }
    plan();
  }

  function seeInteraction(row: InteractionRow): void {
    engine?.see(interactionSeen(row));
    if (row.closed_at === null) open.set(row.id, Math.max(row.seq, open.get(row.id) ?? 0));
    else open.delete(row.id);
    if (row.state === 'offered' && row.offer_until !== null) armOffer(row);
    else {
      offers.get(row.id)?.();
      offers.delete(row.id);
    }
  }

  function seeType(row: TypeRow): void {
    if (!row.active) return engine?.forget({ kind: 'type', typeId: row.id, version: row.version });
    offerSeconds.set(row.id, row.offer_seconds);
    return engine?.see(typeSeen(row));
  }

  function seeFreed(agentId: string, at: number): void {
    const known = lastFacts.get(agentId);
    if (known === undefined || known.idleSince >= at) return;
    const facts = { ...known, idleSince: at };
    lastFacts.set(agentId, facts);
    engine?.see({ kind: 'agent', version: ++version, ...facts });
  }

  // The end of an offer is the owner's to write, after the clock that set it; a millisecond late rather than early.
  function armOffer(row: InteractionRow): void {
    offers.get(row.id)?.();
    const left = row.offer_until!.getTime() - ctx.clock.now().getTime();
    const end = () => {
      if (rights.epoch() === undefined) {
        // It may not write at this moment. Once it may again it ends the offer; whoever takes over does so by a timer of their own.
        offers.set(row.id, ctx.clock.after(retryMs, end));
        return;
      }
      offers.delete(row.id);
      advance(ctx, 'expire', { interactionId: row.id, agentId: row.agent_id!, at: ctx.clock.now() })
        .then((answer) => (isRefusal(answer) ? readAgain(row.id) : undefined))
        .catch((fault) => {
          ctx.log.warn({ err: fault }, 'An offer could not be ended; it is tried again.');
          ctx.clock.after(retryMs, () => void readAgain(row.id));
        });
    };
    offers.set(row.id, ctx.clock.after(left + 1, end));
  }

  async function readAgain(interactionId: string, decision?: Decision): Promise<void> {
    const soon = () => ctx.clock.now().getTime() + unchangedMs;
    try {
      const row = await interactionById(ctx.db.system, interactionId);
      if (row !== undefined) seeInteraction(row);
      // The row is as it was: what stood against the write is not in it, so the same decision must not come straight back.
      if (decision !== undefined) {
        engine?.release(interactionId, row?.seq === decision.seq ? soon() : undefined);
      }
    } catch {
      if (decision !== undefined) engine?.release(interactionId, ctx.clock.now().getTime() + retryMs);
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
        const [rows, agents, types] = await Promise.all([
          openInteractions(ctx.db.system),
          agentFacts(ctx.db.system),
          allTypes(ctx.db.system),
        ]);
        types.forEach(seeType);
        const known = new Map(agents.map((agent) => [agent.agentId, agent]));
        const found = new Set(rows.map((row) => row.id));
        const ended = [...believed.keys()].filter((id) => !found.has(id));
        const changed = rows.filter((row) => row.seq !== believed.get(row.id));
        for (const row of [...changed, ...(await interactionsByIds(ctx.db.system, ended))])
          seeInteraction(row);
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
        const facts = new Map(
          (await agentFacts(ctx.db.system, wanted)).map((agent) => [agent.agentId, agent]),
        );
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

  async function refreshType(typeId: string): Promise<void> {
    try {
      const row = await typeById(ctx.db.system, typeId);
      if (row !== undefined) seeType(row);
      plan();
    } catch (fault) {
      ctx.log.warn({ err: fault }, 'An interaction type could not be read for routing; it is read again.');
      ctx.clock.after(retryMs, () => void refreshType(typeId));
    }
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
    const now = ctx.clock.now().getTime();
    for (const decision of engine.decide(now, commitsAtOnceMax - underWay)) {
      underWay++;
      void write(decision, epoch).finally(() => {
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

  async function write(decision: Decision, epoch: string): Promise<void> {
    try {
      const seconds = offerSeconds.get(decision.why.typeId) ?? 20;
      const answer = await offerInteraction(ctx, decision, { epoch, offerSeconds: seconds });
      if (!isRefusal(answer)) {
        offered++;
        return;
      }
      // Somebody was faster, or the pool is another node's: look at what is true and decide upon that.
      refreshAgent(decision.agentId);
      await readAgain(decision.interactionId, decision);
    } catch (fault) {
      ctx.log.warn({ err: fault }, 'An offer could not be written; it is decided again.');
      engine?.release(decision.interactionId, ctx.clock.now().getTime() + retryMs);
      ctx.clock.after(retryMs, () => void readAgain(decision.interactionId));
    }
  }

  return {
    async start(): Promise<void> {
      await keepLease();
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
      letGo();
      await rights.release();
    },
    /** Whether this node decides at this moment. */
    owns: () => engine !== undefined && rights.epoch() !== undefined,
    offered: () => offered,
    /** Why an interaction still waits, from the owner's own state; elsewhere from the record. */
    async whyWaiting(interactionId: string): Promise<Why | undefined> {
      const now = ctx.clock.now().getTime();
      if (engine !== undefined && loading === undefined && rights.epoch() !== undefined)
        return engine.whyWaiting(interactionId, now);
      return (await rebuiltEngine(ctx)).whyWaiting(interactionId, now);
    },
    /** The engine's state and the same rebuilt from the record: they differ only by what is under way. */
    snapshot: () => engine?.snapshot(ctx.clock.now().getTime()),
  };
}

export type Routing = ReturnType<typeof createRouting>;

/** An engine that stands on the record alone, as after a crash. */
export async function rebuiltEngine(ctx: Context): Promise<Engine> {
  const facts = await allFacts(ctx.db.system);
  const fresh = createEngine();
  for (const type of facts.types) fresh.see(typeSeen(type));
  facts.agents.forEach((agent, index) => fresh.see({ kind: 'agent', version: index + 1, ...agent }));
  for (const row of facts.interactions) fresh.see(interactionSeen(row));
  return fresh;
}
