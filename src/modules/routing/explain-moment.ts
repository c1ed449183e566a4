import { type DecisionRow, decisionsOf, interactionById } from '#src/modules/interactions/index.ts';
import type { Context } from '#src/platform/context.ts';
import { type Refused, refuse } from '#src/platform/refusal.ts';
import { createPool } from '#src/platform/workers/pool.ts';
import { pool } from './lease.ts';
import type { MomentAnswer, MomentAsked } from './moment.ts';
import type { MomentTask } from './moment-worker.ts';
import { type Beginning, beginningOf, journalChunks } from './queries.ts';
import './refusals.ts';

/** Explanations that wait beside the one that is worked on; more are refused before anything is read for them. */
const explanationsWaitingMax = 4;
/** Of the journal read for one explanation, compressed. */
const explanationBytesMax = 64 * 1024 * 1024;
/** How long an explanation may take. */
const explanationMs = 20_000;

/** One at a time, in a process of its own: replaying an hour must not hold up who routes. */
export const momentPool = createPool<MomentTask, MomentAnswer>({
  name: 'moments',
  script: new URL('./moment-worker.ts', import.meta.url),
  workers: 1,
  deadlineMs: explanationMs,
  megabytes: 1_024,
  queueMax: explanationsWaitingMax,
});

/** What is known of a moment; `decision` is the row that a decision was written as. */
export type Moment =
  | Exclude<MomentAnswer, { kind: 'decided' }>
  | (Extract<MomentAnswer, { kind: 'decided' }> & { decision: DecisionRow | undefined })
  /** The journal began later, or is not kept for so long. */
  | { kind: 'before-the-journal' };

const withAgent: readonly string[] = ['offered', 'handling', 'wrapping', 'parked'];

/**
 * What was true of an interaction at a moment: why it waited and where everybody stood, or, when somebody had it, how that was decided.
 *
 * @returns `interaction-unknown`, `moment-to-come`, `explanation-busy`, `explanation-too-long`
 */
export async function explainMoment(
  ctx: Context,
  { interactionId, clients, at }: { interactionId: string; clients: readonly string[]; at: Date },
): Promise<Refused<Moment>> {
  const db = ctx.db.system;
  const row = await interactionById(db, interactionId, clients);
  if (row === undefined) return refuse('interaction-unknown');
  if (at > ctx.clock.now()) return refuse('moment-to-come');
  if (at < row.arrived_at || (row.closed_at !== null && at >= row.closed_at)) return { kind: 'not-there' };
  return unlessBusy(() => momentExplained(ctx, { interactionId, at }));
}

async function momentExplained(
  ctx: Context,
  { interactionId, at }: { interactionId: string; at: Date },
): Promise<Refused<Moment>> {
  const db = ctx.db.system;
  const begins = await beginningOf(db, { pool, at });
  if (begins === undefined) return { kind: 'before-the-journal' };
  const found = await replayed(ctx, begins, { interactionId, at: at.getTime() });
  if (!('kind' in found) || found.kind !== 'not-waiting') return found as Refused<Moment>;
  const rows = await decisionsOf(db, interactionId);
  // A decision that was being written at that moment is the run's own; who has it has it by the last decision before.
  const { position, state } = found;
  const decision =
    position === undefined
      ? withAgent.includes(state)
        ? rows.findLast((one) => one.at <= at)
        : undefined
      : rows.find((one) => one.run_id === begins.runId && one.position === position);
  return decision === undefined ? found : decisionExplained(ctx, decision);
}

/**
 * How a decision came about: who could take it at that instant and in which order, and why each other could not.
 *
 * @returns `explanation-busy`, `explanation-too-long`
 */
export function explainDecision(ctx: Context, decision: DecisionRow): Promise<Refused<Moment>> {
  return unlessBusy(() => decisionExplained(ctx, decision));
}

async function decisionExplained(ctx: Context, decision: DecisionRow): Promise<Refused<Moment>> {
  const { run_id: runId, position, interaction_id: interactionId } = decision;
  if (runId === null || position === null) return { kind: 'before-the-journal' };
  const begins = await beginningOf(ctx.db.system, { runId, position });
  if (begins === undefined) return { kind: 'before-the-journal' };
  const found = await replayed(ctx, begins, { interactionId, position });
  return 'kind' in found && found.kind === 'decided' ? { ...found, decision } : found;
}

let underWay = 0;

/** What is read for an explanation is held in memory until it is answered: nothing is read for more than may wait. */
async function unlessBusy(explain: () => Promise<Refused<Moment>>): Promise<Refused<Moment>> {
  if (underWay > explanationsWaitingMax) return refuse('explanation-busy');
  underWay++;
  try {
    return await explain();
  } finally {
    underWay--;
  }
}

async function replayed(ctx: Context, begins: Beginning, asked: MomentAsked): Promise<Refused<MomentAnswer>> {
  const chunks: MomentTask['chunks'] = [];
  let bytes = 0;
  for await (const chunk of journalChunks(ctx.db.system, begins.runId, begins.fromN)) {
    const { runId, n, kind, fromN, decided, body } = chunk;
    const isBeyond = 'at' in asked ? chunk.at.getTime() > asked.at : decided >= asked.position;
    chunks.push({ runId, n, kind, fromN, decided, body });
    bytes += body.length;
    if (bytes > explanationBytesMax) return refuse('explanation-too-long');
    if (isBeyond && n > begins.n) break;
  }
  const outcome = await momentPool.run({ asked, chunks });
  if (outcome.failed === undefined) return outcome.answer;
  if (outcome.failed === 'too-busy') return refuse('explanation-busy');
  if (outcome.failed === 'deadline' || outcome.failed === 'memory' || outcome.failed === 'answer-too-large')
    return refuse('explanation-too-long');
  throw new Error(`A moment could not be explained (${outcome.failed}): ${outcome.message}`);
}
