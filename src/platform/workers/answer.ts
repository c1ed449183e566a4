import { constants, setPriority } from 'node:os';
import { deserialize, serialize } from 'node:v8';

// The side of a worker. It knows nothing of the program: no settings, no secret, no database, no right to write or to start anything.

/** What the pool sends, and what it hears. Bodies are v8's own serialization, so that their size is known before they are read. */
export interface ToWorker {
  id: number;
  task: Uint8Array;
  answerBytesMax: number;
}
export type FromWorker =
  | { ready: true }
  | { id: number; cpuMs: number; answer: Uint8Array }
  | { id: number; cpuMs: number; threw: { name: string; message: string } }
  | { id: number; cpuMs: number; tooLarge: number };

const wordsKept = 1_000;

/**
 * Answers a pool's tasks, one after the other. A worker's script calls it once, last. What the handler throws is that task's failure;
 * what it leaves behind (a promise nobody waits for that fails, a process that exits) ends this process and no other.
 */
// oxlint-disable-next-line no-unnecessary-type-parameters -- both sides name the pair, so that task and answer are checked at each
export function answerTasks<Task, Answer>(handler: (task: Task) => Answer | Promise<Answer>): void {
  const send = process.send?.bind(process);
  if (send === undefined) throw new Error('This script is a worker: a pool starts it.');
  // Ctrl-C reaches every process of a terminal, but who is to stop is the program's to say: it drains its workers first.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('disconnect', () => process.exit(0));
  // Whoever waits to be routed comes before whatever is being worked through here.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  process.on('message', async ({ id, task, answerBytesMax }: ToWorker) => {
    const cpuMs = () => (process.cpuUsage().user + process.cpuUsage().system) / 1_000;
    try {
      const answer = serialize(await handler(deserialize(task) as Task));
      if (answer.length > answerBytesMax) send({ id, cpuMs: cpuMs(), tooLarge: answer.length });
      else send({ id, cpuMs: cpuMs(), answer });
    } catch (fault) {
      const { name, message } = fault instanceof Error ? fault : new Error(String(fault));
      send({
        id,
        cpuMs: cpuMs(),
        threw: { name: name, message: message.slice(0, wordsKept) },
      });
    }
  });
  send({ ready: true });
}
