import { createEngine } from './engine.ts';
import { createTeller, type Input } from './journal-form.ts';
import type { Decision, Engine } from './seam.ts';

// What was decided, worked out again from what the engine was told. Nothing here reads anything: whoever has the chunks hands them in.

/** A chunk of the journal with its inputs. */
export interface ToldChunk {
  runId: string;
  n: number;
  kind: 'begin' | 'inputs' | 'part' | 'restart';
  fromN: number;
  decided: number;
  inputs: readonly Input[];
}

/** A decision and the how-manieth of its run it is. */
export interface Replayed {
  runId: string;
  position: number;
  decision: Decision;
}

/** The journal contradicts itself: something is missing, twice or elsewhere than it was. */
export class JournalBroken extends Error {
  override name = 'JournalBroken';
}

export interface Replay {
  /** As it was after what it was told last. */
  readonly engine: Engine;
  /** How many decisions of the run there were until then. */
  decided(): number;
  /**
   * The inputs of the next chunk, in the order in which they are to be told; fewer or more than it has while a restart point is put
   * together from its parts. The first chunk is one with which a run begins, or the one that a restart point says to read first.
   *
   * @throws JournalBroken when it is not the next chunk of the same run
   */
  inputsOf(chunk: ToldChunk): readonly Input[];
  /**
   * Tells the engine one input, and answers what it decided upon it.
   *
   * @throws JournalBroken when another number of decisions came of it than the journal says
   */
  tell(input: Input): Replayed[];
  /** Both at once. */
  take(chunk: ToldChunk): Replayed[];
}

export function createReplay(): Replay {
  const engine = createEngine();
  const tellEngine = createTeller(engine);
  let runId: string | undefined;
  let next = 0;
  let decided = 0;
  /** By what the journal says, ahead of what was told. */
  let counted = 0;
  let restoring: { fromN: number; until: ToldChunk[] } | undefined;

  function counting({ n, decided: before, inputs }: ToldChunk): readonly Input[] {
    if (before !== counted)
      throw new JournalBroken(
        `chunk ${n} of run ${runId} follows ${before} decisions, and there were ${counted}`,
      );
    for (const input of inputs) if (input[0] === 'decide') counted += input[3];
    return inputs;
  }

  function inputsOf(chunk: ToldChunk): readonly Input[] {
    const { n, kind, fromN, inputs } = chunk;
    if (runId === undefined) {
      runId = chunk.runId;
      next = n;
      if (kind !== 'begin') restoring = { fromN: n, until: [] };
    }
    if (chunk.runId !== runId) throw new JournalBroken(`run ${runId} goes on in run ${chunk.runId}`);
    if (n !== next) throw new JournalBroken(`chunk ${next} of run ${runId} is missing: ${n} follows`);
    next += 1;
    if (kind === 'begin' || kind === 'inputs') {
      if (restoring === undefined) return counting(chunk);
      restoring.until.push(chunk);
      return [];
    }
    if (fromN !== restoring?.fromN) return [];
    if (kind === 'part') return inputs;
    const { until } = restoring;
    restoring = undefined;
    counted = chunk.decided;
    decided = chunk.decided;
    return [...inputs, ...until.flatMap(counting)];
  }

  function tell(input: Input): Replayed[] {
    const decisions = tellEngine(input);
    if (decisions === undefined) return [];
    const told = input[0] === 'decide' ? input[3] : 0;
    if (decisions.length !== told)
      throw new JournalBroken(
        `after ${decided} decisions of run ${runId} there were ${told} more, and the replay takes ${decisions.length}`,
      );
    return decisions.map((decision) => {
      decided += 1;
      return { runId: runId!, position: decided, decision };
    });
  }

  return {
    engine,
    decided: () => decided,
    inputsOf,
    tell,
    take: (chunk) => inputsOf(chunk).flatMap(tell),
  };
}

/** JSON in which the order of an object's parts does not matter: how a why is compared that a database has had in its hands. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
