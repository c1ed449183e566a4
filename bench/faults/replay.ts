// Works the decisions of a recorded hour out again, in a process of its own and from what the engines were told alone:
// node bench/faults/replay.ts FILE. Prints how many are, byte for byte, what was written.
import { readFileSync } from 'node:fs';
import { type JournalChunk, unpack } from '#src/modules/routing/journal.ts';
import { canonicalJson, createReplay, type Replay } from '#src/modules/routing/replay.ts';
import type { WrittenDecision } from './store.ts';

export interface Recorded {
  chunks: (Omit<JournalChunk, 'body'> & { body: string })[];
  decisions: WrittenDecision[];
}

export interface Compared {
  runs: number;
  replayed: number;
  written: number;
  equal: number;
  differences: string[];
}

export function compare({ chunks, decisions }: Recorded): Compared {
  const replays = new Map<string, Replay>();
  const again = new Map<string, string>();
  for (const { body, ...chunk } of chunks) {
    const replay = replays.get(chunk.runId) ?? createReplay();
    replays.set(chunk.runId, replay);
    const inputs = unpack(Buffer.from(body, 'base64'));
    for (const { runId, position, decision } of replay.take({ ...chunk, inputs }))
      again.set(`${runId} ${position}`, canonicalJson(decision));
  }
  const found: Compared = {
    runs: replays.size,
    replayed: again.size,
    written: decisions.length,
    equal: 0,
    differences: [],
  };
  for (const { runId, position, decision } of decisions) {
    const replayed = again.get(`${runId} ${position}`);
    if (replayed === canonicalJson(decision)) found.equal += 1;
    else if (found.differences.length < 10)
      found.differences.push(
        `${runId} ${position} was ${canonicalJson(decision)}, and is replayed as ${replayed}`,
      );
  }
  return found;
}

const [file] = process.argv.slice(2);
if (import.meta.main && file !== undefined)
  console.log(JSON.stringify(compare(JSON.parse(readFileSync(file, 'utf8')) as Recorded)));
