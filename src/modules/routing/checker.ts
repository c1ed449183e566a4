import { createHash } from 'node:crypto';
import { setImmediate as othersTurn } from 'node:timers/promises';
import { assessmentsSince, lapsesAt } from '#src/modules/competencies/index.ts';
import {
  type Act,
  decisionsAt,
  headsOfInteractions,
  type InteractionRow,
  interactionsByIds,
  kindOf,
  openCount,
  openInteractionsAfter,
  routingRulesChangedAt,
  type State,
  slotsTaken,
  stateAfter,
} from '#src/modules/interactions/index.ts';
import { heads } from '#src/modules/presence/index.ts';
import type { Clock } from '#src/platform/clock.ts';
import type { Context } from '#src/platform/context.ts';
import type { Queryable, Tx } from '#src/platform/db/sql.ts';
import { type EventMark, newestEvents, tailsOf } from '#src/platform/events/queries.ts';
import type { InvariantName, InvariantsView } from './contract.ts';
import { createEngine } from './engine.ts';
import { agentFacts, interactionSeen, rulesFacts, typeFacts } from './facts.ts';
import {
  type DecidedWhy,
  differences,
  type Finding,
  invariantNames,
  judge,
  judging,
  type Offered,
  type Picture,
  pairsMax,
  saysChange,
  type Tail,
} from './judge.ts';
import { pool } from './lease.ts';
import {
  boundStatements,
  dropOldViolations,
  keepViolations,
  lastCheck,
  newestViolations,
  noteCheck,
  violationCounts,
} from './queries.ts';
import type { EngineSnapshot } from './seam.ts';
import type { Routing } from './shell.ts';

/** What one check may take. */
export const checking = {
  /** Open interactions that are read; of more a part, and the next checks go on behind it. */
  openMax: 50_000,
  /** Events that are read; of more the newest. */
  eventsMax: 20_000,
  /** The first check of an owner looks back so many. */
  eventsAtFirst: 2_000,
  pairsMax,
  /** Violations that one check keeps and logs; all are counted. */
  keptMax: 100,
  keptDays: 30,
  /** What may be on its way is looked at again after this long. */
  againMs: 6_000,
  /** And after this long more what the engine believes: it reads the record beside what it is told every 10 s. */
  healsMs: 8_000,
  statementMs: 10_000,
  /** How long it works before it lets others. */
  sliceMs: 5,
  shownMax: 20,
};
export type Checking = typeof checking;

/** Changes that an offer is judged by are kept for the next check for so long: until they were heard, and for offers that came late. */
const changesKeptMs = 4 * judging.heardMs;

const actOf = new Map<string, Act>(Object.entries(kindOf).map(([act, kind]) => [kind, act as Act]));

/** What of a running engine is compared: the part of `Routing` that a check asks. */
export type Checked = Pick<Routing, 'owns' | 'snapshot' | 'epoch' | 'heldBack'>;

export interface CheckFigures {
  /** Since this copy started. */
  found: Record<InvariantName, number>;
  done: number;
  /** Not this copy's to do, or the one before was still under way. */
  skipped: number;
  failed: number;
  last?: { at: Date; milliseconds: number };
}

/**
 * Looks whether the record and the engine of the pool's owner keep the published invariants: all of it in one snapshot of the database,
 * judged by an account that shares no code with the engine. What could be on its way is looked at twice before it counts.
 */
export function createChecker(
  ctx: Pick<Context, 'db' | 'clock' | 'log' | 'node'>,
  routing: Checked,
  limits: Checking = checking,
) {
  const figures: CheckFigures = {
    found: Object.fromEntries(invariantNames.map((name) => [name, 0])) as Record<InvariantName, number>,
    done: 0,
    skipped: 0,
    failed: 0,
  };
  let place: { xid: string; id: string } | undefined;
  let since: Since | undefined;
  let part: string | undefined;
  let turn = 0;
  let underWay = false;
  const stopping = new AbortController();

  /** One picture, its judgement, and how far the log was read in it. */
  async function look({
    owner,
    suspects,
  }: {
    owner: string | undefined;
    suspects: readonly Finding[];
  }): Promise<{ findings: Finding[]; seen: Seen }> {
    const seen = await ctx.db.system.begin('isolation level repeatable read read only', (tx) =>
      readPicture(tx as Tx, { now: ctx.clock.now(), place, since, part, epoch: owner, limits }),
    );
    const mine = routing.snapshot();
    const heldBack = routing.heldBack();
    const judged = await inSlices(
      ctx.clock,
      judge({ ...seen.picture, heldBack }, { suspects, turn, most: limits.pairsMax }),
      limits.sliceMs,
    );
    const findings = judged.findings;
    if (!judged.whole) seen.whole = false;
    if (mine !== undefined && routing.owns()) {
      const rebuilt = await inSlices(ctx.clock, rebuild(seen.picture, mine), limits.sliceMs);
      findings.push(...(await inSlices(ctx.clock, differences(mine, rebuilt, seen.picture), limits.sliceMs)));
    }
    return { findings, seen };
  }

  async function run(): Promise<void> {
    const owner = routing.epoch();
    const began = ctx.clock.monotonic();
    const first = await look({ owner, suspects: [] });
    let worked = ctx.clock.monotonic() - began;
    const { seen } = first;
    const settled = first.findings.filter((one) => one.settled);
    const standing: Finding[] = [];
    let suspects = first.findings.filter((one) => !one.settled);
    for (const wait of [limits.againMs, limits.healsMs]) {
      if (suspects.length === 0) break;
      await pause(ctx.clock, wait, stopping.signal);
      // Another owner decides by now, or nobody: what was seen says nothing of them.
      if (stopping.signal.aborted || !routing.owns() || routing.epoch() !== owner) {
        figures.skipped++;
        return;
      }
      const again = ctx.clock.monotonic();
      const keys = new Set(suspects.map(({ key }) => key));
      const { findings } = await look({ owner, suspects });
      const found = findings.filter((one) => !one.settled && keys.has(one.key));
      // A telling that was lost is made up for by the owner's own reading: what it believes is judged only after that.
      const isLast = wait === limits.healsMs;
      standing.push(...found.filter(({ invariant }) => isLast || invariant !== 'differs-from-record'));
      suspects = isLast ? [] : found.filter(({ invariant }) => invariant === 'differs-from-record');
      worked += ctx.clock.monotonic() - again;
    }
    const at = ctx.clock.now();
    const milliseconds = Math.round(worked);
    await keep([...settled, ...standing], at);
    await noteCheck(ctx.db.system, pool, {
      node: ctx.node,
      checked_at: at,
      milliseconds,
      whole: seen.whole,
      open: seen.open,
      agents: seen.picture.agents.length,
      events: seen.picture.happened.length,
    });
    // Only now: a check that failed is done again over the same events.
    place = seen.place ?? place;
    since = seen.since;
    part = seen.part;
    turn++;
    figures.done++;
    figures.last = { at, milliseconds };
  }

  async function keep(violations: readonly Finding[], at: Date): Promise<void> {
    const byKey = new Map(violations.map((one) => [digest(one.key).toString('hex'), one]));
    const kept = [...byKey]
      .slice(0, limits.keptMax)
      .map(([key, one]) => ({ ...one, key: Buffer.from(key, 'hex') }));
    const fresh = await keepViolations(ctx.db.system, pool, kept, at);
    for (const key of fresh) {
      const { invariant, what, ids } = byKey.get(key.toString('hex'))!;
      figures.found[invariant]++;
      ctx.log.error({ invariant, what, ids }, 'An invariant of routing does not hold.');
    }
    // More than are kept at once: whether they are new is not known any more, that they are too many is.
    for (const [, { invariant }] of [...byKey].slice(limits.keptMax)) figures.found[invariant]++;
    if (byKey.size > limits.keptMax)
      ctx.log.error({ found: byKey.size, kept: limits.keptMax }, 'More violations than are kept at once.');
    await dropOldViolations(ctx.db.system, pool, new Date(at.getTime() - limits.keptDays * 86_400_000));
  }

  return {
    /** One check, if this copy routes and none is under way. Throws what reading the record throws. */
    async check(): Promise<void> {
      if (underWay || stopping.signal.aborted || !routing.owns()) {
        // Whoever routes meanwhile judges what happens meanwhile; coming back, this one begins anew.
        if (!underWay) [place, since, part] = [undefined, undefined, undefined];
        figures.skipped++;
        return;
      }
      underWay = true;
      try {
        await run();
      } catch (fault) {
        figures.failed++;
        throw fault;
      } finally {
        underWay = false;
      }
    },
    figures: (): CheckFigures => figures,
    /** What was found, by whichever copy. */
    view: () => invariantsView(ctx.db.system, limits.shownMax),
    /** Ends the wait of a check that is under way. */
    stop: () => stopping.abort(),
  };
}

export type Checker = ReturnType<typeof createChecker>;

/** What is known of the time before the events of a check. */
interface Since {
  at: number;
  changes: Picture['happened'];
}

interface Seen {
  picture: Omit<Picture, 'heldBack'>;
  since: Since;
  open: number;
  whole: boolean;
  place: { xid: string; id: string } | undefined;
  part: string | undefined;
}

async function readPicture(
  tx: Tx,
  {
    now,
    place,
    since,
    part,
    epoch,
    limits,
  }: {
    now: Date;
    place: { xid: string; id: string } | undefined;
    since: Since | undefined;
    part: string | undefined;
    epoch: string | undefined;
    limits: Checking;
  },
): Promise<Seen> {
  await boundStatements(tx, limits.statementMs);
  const open = await openCount(tx);
  const whole = open <= limits.openMax;
  const [types, agents, rules, rulesChanged, taken, presence, rows] = await Promise.all([
    typeFacts(tx, now),
    agentFacts(tx),
    rulesFacts(tx),
    routingRulesChangedAt(tx),
    slotsTaken(tx),
    heads(tx),
    openInteractionsAfter(tx, whole ? undefined : part, limits.openMax),
  ]);
  // Of a part, what takes a slot is read besides: nobody's places can be judged without it.
  const known = new Set(rows.map(({ id }) => id));
  const besides = whole ? [] : taken.map((slot) => slot.interaction_id).filter((id) => !known.has(id));
  const all: InteractionRow[] = [...rows, ...(await interactionsByIds(tx, besides))];

  const most = place === undefined ? limits.eventsAtFirst : limits.eventsMax;
  const newest = await newestEvents(tx, place, most);
  const tails = await readTails(tx, newest, all, presence);
  const offered = await readOffers(tx, newest);
  const asked = [...new Set(offered.flatMap(({ decision }) => decision?.agentId ?? []))];
  const from = Math.min(now.getTime(), ...offered.flatMap(({ decision }) => decision?.why.decidedAt ?? []));
  const assessed = await assessmentsSince(tx, asked, new Date(from - judging.heardMs));

  // What was cut off is not known: then all changes are known only since the oldest event that is left.
  const cut = since === undefined || newest.length === most;
  const changedSince = cut ? (newest.at(-1)?.at ?? now).getTime() : since.at;
  const inOrder = inStreams(newest);
  const changedBefore = cut ? [] : since.changes;
  const keptFrom = now.getTime() - changesKeptMs;
  return {
    since: {
      at: Math.max(changedSince, keptFrom),
      changes: [...changedBefore, ...inOrder].filter(({ kind, at }) => saysChange(kind) && at >= keptFrom),
    },
    open,
    whole: whole && (place === undefined || newest.length < most),
    place: newest[0] === undefined ? undefined : { xid: newest[0].xid, id: newest[0].id },
    part: whole ? undefined : rows.length < limits.openMax ? undefined : rows.at(-1)?.id,
    picture: {
      at: now.getTime(),
      whole,
      rules: { ...rules, version: 1 },
      rulesChangedAt: rulesChanged?.getTime() ?? 0,
      types: types.types.map(({ facts }) => ({ ...facts, version: 1 })),
      agents: agents.map((agent) => ({ kind: 'agent', version: 1, ...agent })),
      open: all.map((row) => ({
        seen: interactionSeen(row),
        since: row.state_since.getTime(),
        ...(row.due_at === null ? {} : { dueAt: row.due_at.getTime() }),
        ...(row.offer_until === null ? {} : { offerUntil: row.offer_until.getTime() }),
      })),
      taken: taken.map((slot) => ({
        agentId: slot.agent_id,
        channel: slot.channel,
        interactionId: slot.interaction_id,
        since: slot.since.getTime(),
      })),
      presence: presence.map((head) => ({
        agentId: head.agent_id,
        state: head.state,
        since: head.since.getTime(),
      })),
      happened: inOrder,
      changedBefore,
      changedSince,
      tails,
      offered,
      assessed: assessed.map((row) => ({
        agentId: row.agent_id,
        competencyId: row.competency_id,
        language: row.language,
        level: row.level,
        validUntil: lapsesAt(row.valid_until).getTime(),
        recordedAt: row.recorded_at.getTime(),
      })),
      ...(epoch === undefined ? {} : { epoch }),
      follow,
    },
  };
}

function follow(state: State, kind: string): State | undefined {
  const act = actOf.get(kind);
  return act === undefined ? state : stateAfter(state, act);
}

function inStreams(events: readonly EventMark[]): Picture['happened'] {
  return events
    .map((event) => ({
      stream: event.stream,
      seq: event.seq,
      kind: event.kind,
      at: event.at.getTime(),
      ...(event.agent_id === null ? {} : { agentId: event.agent_id }),
      ...(event.state === null ? {} : { state: event.state }),
      ...(event.from === null ? {} : { from: event.from }),
    }))
    .sort((a, b) => (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.seq - b.seq));
}

/** The ends of the streams that moved, counted from the last event before, and of what is open. */
async function readTails(
  tx: Queryable,
  happened: readonly EventMark[],
  open: readonly InteractionRow[],
  presence: readonly { session_id: string; seq: number }[],
): Promise<Tail[]> {
  const from = new Map<string, number>();
  const interactions = new Set<string>();
  for (const { stream, seq, kind } of happened) {
    from.set(stream, Math.min(from.get(stream) ?? seq, Math.max(1, seq - 1)));
    if (kind.startsWith('interaction.')) interactions.add(stream);
  }
  for (const { id, seq } of open) {
    if (!from.has(id)) from.set(id, Math.max(1, seq - 1));
    interactions.add(id);
  }
  const known = new Map<string, Tail['head']>(
    presence.map(({ session_id: session, seq }) => [session, { seq }]),
  );
  for (const row of open) known.set(row.id, { seq: row.seq, state: row.state });
  for (const row of await headsOfInteractions(
    tx,
    [...interactions].filter((id) => !known.has(id)),
  ))
    known.set(row.id, { seq: row.seq, state: row.state });
  const counted = new Map(
    (
      await tailsOf(
        tx,
        [...from].map(([stream, first]) => ({ stream, from: first })),
      )
    ).map((tail) => [tail.stream, tail]),
  );
  return [...from].map(([stream, first]) => {
    const head = known.get(stream);
    return {
      stream,
      from: first,
      count: 0,
      min: 0,
      max: 0,
      ...counted.get(stream),
      ...(head === undefined ? {} : { head }),
    };
  });
}

async function readOffers(tx: Queryable, happened: readonly EventMark[]): Promise<Offered[]> {
  const events = happened.filter(({ kind }) => kind === kindOf.offer);
  const decisions = new Map(
    (await decisionsAt(tx, events)).map((row) => [`${row.interaction_id} ${row.seq}`, row]),
  );
  return events.map(({ stream, seq, at, agent_id: agentId }) => {
    const row = decisions.get(`${stream} ${seq}`);
    return {
      interactionId: stream,
      seq,
      at: at.getTime(),
      ...(agentId === null ? {} : { agentId }),
      ...(row === undefined
        ? {}
        : {
            decision: {
              agentId: row.agent_id,
              epoch: row.epoch,
              since: row.since.getTime(),
              why: row.why as unknown as DecidedWhy,
            },
          }),
    };
  });
}

/** An engine that stands on the picture alone, brought to the instant of the other. */
function* rebuild(
  { rules, types, agents, open }: Pick<Picture, 'rules' | 'types' | 'agents' | 'open'>,
  { at }: EngineSnapshot,
): Generator<void, EngineSnapshot> {
  const engine = createEngine();
  let steps = 0;
  for (const seen of [rules, ...types, ...agents, ...open.map((one) => one.seen)]) {
    if (++steps % 50 === 0) yield;
    try {
      engine.see(seen);
    } catch (fault) {
      // What cannot be true is judged as what it is; the rest of the record is compared all the same.
      if (!(fault instanceof TypeError)) throw fault;
    }
  }
  yield;
  return engine.snapshot(at);
}

/** Runs to the end, letting others work whenever it has worked for so long. */
async function inSlices<Answer>(
  clock: Clock,
  steps: Generator<void, Answer>,
  sliceMs: number,
): Promise<Answer> {
  let began = clock.monotonic();
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (clock.monotonic() - began < sliceMs) continue;
    await othersTurn();
    began = clock.monotonic();
  }
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  signal.addEventListener('abort', () => {
    cancel();
    resolve();
  });
  return promise;
}

const digest = (text: string) => createHash('sha256').update(text).digest();

async function invariantsView(db: Queryable, shownMax: number): Promise<InvariantsView> {
  const [check, counts, newest] = await Promise.all([
    lastCheck(db, pool),
    violationCounts(db, pool),
    newestViolations(db, pool, shownMax),
  ]);
  const found = new Map(counts.map((row) => [row.invariant, row.found]));
  return {
    checkedAt: check?.checked_at.toISOString() ?? null,
    milliseconds: check?.milliseconds ?? null,
    whole: check?.whole ?? null,
    open: check?.open ?? null,
    agents: check?.agents ?? null,
    events: check?.events ?? null,
    invariants: invariantNames.map((invariant) => ({
      invariant,
      found: found.get(invariant) ?? 0,
      violations: newest
        .filter((row) => row.invariant === invariant)
        .map(({ what, ids, first_at: first, last_at: last }) => ({
          what,
          ids,
          firstAt: first.toISOString(),
          lastAt: last.toISOString(),
        })),
    })),
  };
}
