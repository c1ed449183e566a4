import { type DecisionRow, decisionsOfRun, decisionsWithoutRun } from '#src/modules/interactions/index.ts';
import type { Queryable } from '#src/platform/db/sql.ts';
import { unpack } from './journal.ts';
import { journalChunks, journalRuns } from './queries.ts';
import { canonicalJson, createReplay, JournalBroken, type Replayed } from './replay.ts';

/** What a replay of the journal found. */
export interface ReplayFound {
  runs: number;
  inputs: number;
  /** Decisions that the engine takes again. */
  replayed: number;
  /** Offers in the record that are, byte for byte, what the journal replays to. */
  equal: number;
  /** Decisions that were refused or failed when they were to be written: somebody was faster, or another owned the pool. */
  notWritten: number;
  /** Offers written before there was a journal. */
  withoutRun: number;
  differenceCount: number;
  /** The first of them, a sentence each. */
  differences: string[];
}

const differencesShown = 20;

/**
 * Works every decision of the runs that the journal has in full out again, and holds it against the record.
 *
 * @param between only runs that were under way then
 */
export async function replayCheck(
  db: Queryable,
  { from, to }: { from?: Date; to?: Date } = {},
): Promise<ReplayFound> {
  const found: ReplayFound = {
    runs: 0,
    inputs: 0,
    replayed: 0,
    equal: 0,
    notWritten: 0,
    withoutRun: await decisionsWithoutRun(db),
    differenceCount: 0,
    differences: [],
  };
  for (const run of await journalRuns(db, { from, to })) {
    found.runs += 1;
    await checkRun(db, run, found);
  }
  return found;
}

async function checkRun(
  db: Queryable,
  { runId, fromN, decided }: { runId: string; fromN: number; decided: number },
  found: ReplayFound,
): Promise<void> {
  const differs = (sentence: string) => {
    found.differenceCount += 1;
    if (found.differences.length < differencesShown) found.differences.push(sentence);
  };
  const rows = decisionsOfRun(db, runId, decided)[Symbol.asyncIterator]();
  let row = await rows.next();
  const compare = async (replayed: Replayed) => {
    found.replayed += 1;
    if (row.done === true || row.value.position! > replayed.position) {
      found.notWritten += 1;
      return;
    }
    const [written, again] = [recorded(row.value), replayedAs(replayed)];
    if (written === again) found.equal += 1;
    else
      differs(
        `Decision ${replayed.position} of run ${runId} was ${written}, and the journal replays to ${again}.`,
      );
    row = await rows.next();
  };
  const replay = createReplay();
  try {
    for await (const chunk of journalChunks(db, runId, fromN)) {
      const told = { ...chunk, inputs: unpack(chunk.body) };
      for (const input of replay.inputsOf(told)) {
        found.inputs += 1;
        for (const replayed of replay.tell(input)) await compare(replayed);
      }
    }
  } catch (fault) {
    if (!(fault instanceof JournalBroken) && !(fault instanceof TypeError)) throw fault;
    differs(`Run ${runId} cannot be replayed: ${fault.message}.`);
  }
  for (; row.done !== true; row = await rows.next())
    differs(
      `Decision ${row.value.position} of run ${runId} is in the record, and the journal does not come to it.`,
    );
}

type Recorded = Pick<DecisionRow, 'interaction_id' | 'seq' | 'agent_id' | 'why'> & {
  interrupts: string[] | null;
};

/** All that was decided, as the record has it, in one form. */
function recorded({
  interaction_id: interactionId,
  seq,
  agent_id: agentId,
  why,
  interrupts,
}: Recorded): string {
  return canonicalJson({ interactionId, seq, agentId, interrupts: interrupts ?? [], why });
}

function replayedAs({ decision: { interactionId, seq, agentId, interrupts, why } }: Replayed): string {
  return canonicalJson({ interactionId, seq: seq + 1, agentId, interrupts: interrupts ?? [], why });
}
