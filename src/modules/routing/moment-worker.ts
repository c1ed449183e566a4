// Replays a part of the journal to explain one moment of it, away from the program that routes.
import { answerTasks } from '#src/platform/workers/answer.ts';
import { unpack } from './journal.ts';
import { type MomentAnswer, type MomentAsked, momentOf } from './moment.ts';
import type { ToldChunk } from './replay.ts';

export interface MomentTask {
  asked: MomentAsked;
  chunks: (Omit<ToldChunk, 'inputs'> & { body: Uint8Array })[];
}

function* told(chunks: MomentTask['chunks']): Generator<ToldChunk> {
  for (const { body, ...chunk } of chunks) yield { ...chunk, inputs: unpack(body) };
}

answerTasks<MomentTask, MomentAnswer>(({ asked, chunks }) => momentOf(told(chunks), asked));
