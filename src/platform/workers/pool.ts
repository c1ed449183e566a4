import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'node:v8';
import { type Clock, systemClock } from '../clock.ts';
import type { FromWorker, ToWorker } from './answer.ts';

/**
 * Why a task has no answer:
 *
 * - `too-busy`: as many wait as may; nothing was begun
 * - `deadline`: it took longer than it may, and its worker was ended
 * - `memory`: it wanted more memory than it may have, and its worker was ended
 * - `crashed`: its worker ended by itself, or could not be started
 * - `threw`: what works on it threw; `name` and `message` are the error's
 * - `answer-too-large`: there was one, but more than the program takes in at once
 * - `cancelled`: whoever asked wanted it no more
 * - `stopped`: the pool was stopped before it was done
 */
export type TaskFailure =
  | 'too-busy'
  | 'deadline'
  | 'memory'
  | 'crashed'
  | 'threw'
  | 'answer-too-large'
  | 'cancelled'
  | 'stopped';

/** Hostile work fails as a matter of course, so its failures are values and never thrown. */
export type Outcome<Answer> =
  | { failed?: undefined; answer: Answer }
  | { failed: TaskFailure; name: string; message: string };

export interface PoolOptions {
  /** Named in figures and in messages. */
  name: string;
  /** A file of ours that calls `answerTasks`. */
  script: URL;
  /** At most so many processes. */
  workers: number;
  /** How many of them are started at once and kept; the others come when there is work, and go after `idleMs`. */
  warm?: number;
  /** From when a worker has the task. */
  deadlineMs: number;
  /** What a worker may take for its work, beside what the runtime itself takes. */
  megabytes: number;
  /** Tasks that wait for a worker; more are refused. */
  queueMax: number;
  answerBytesMax?: number;
  /** How long a worker that is not kept waits for more. */
  idleMs?: number;
  clock?: Clock;
}

export interface PoolFigures {
  name: string;
  workers: number;
  busy: number;
  waiting: number;
  /** Since the pool was made. */
  answered: number;
  failed: Record<TaskFailure, number>;
  /** Of the last tasks answered or failed, from when a worker had them; 0 before the first. */
  p99Ms: number;
}

export interface Pool<Task, Answer> {
  /** @param options.deadlineMs for this task, when it is to be shorter than the pool's */
  run(task: Task, options?: { signal?: AbortSignal; deadlineMs?: number }): Promise<Outcome<Answer>>;
  figures(): PoolFigures;
  /** What is under way or waits may finish within the time; then workers are ended, whatever they do. */
  stop(withinMs?: number): Promise<void>;
}

const answerBytesMax = 16_000_000;
const idleMs = 30_000;
/** A script that has not said it is ready after this long never will. */
const startMs = 30_000;
/** Memory is looked at so often while something is worked on: what lies outside V8's heap knows no other limit. */
const lookMs = 50;
/** A Node with nothing loaded holds this much; our own code and its libraries are in it. */
const runtimeMegabytes = 128;
/** Address space that V8 sets aside without using it; the kernel counts it as if it were used. */
const reservedMegabytes = 768;
/** After so much processor time a worker is replaced, so that the kernel can end one that outlived its program. */
const cpuSeconds = 60;
const durationsKept = 1_000;
const wordsKept = 2_000;
const restartMs = (failures: number) => Math.min(100 * 2 ** (failures - 1), 30_000);

const root = resolve(import.meta.dirname, '../../..');
const everyChild = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of everyChild) child.kill('SIGKILL');
});

interface Waiting {
  id: number;
  task: Uint8Array;
  deadlineMs: number;
  settle(outcome: Outcome<unknown>): void;
}

interface Worker {
  child: ChildProcess;
  ready: boolean;
  current?: Waiting;
  since: number;
  /** Why we ended it, when we did. */
  ended?: { failed: TaskFailure; message: string };
  cancelTimer(): void;
  stderr: string;
}

/**
 * Processes for work that is slow or comes from strangers: a task has a deadline and a memory limit, and whatever it does befalls
 * itself alone.
 *
 * They are processes and not threads: V8 ends the *whole* process when a thread's heap cannot take one large allocation
 * (docs/decisions/0012), and a process can be denied what a parser has no business with. It has an empty environment, may read this
 * program's own files and nothing else, write nothing, start nothing and load no native code.
 */
export function createPool<Task, Answer>({
  name,
  script,
  workers: workersMax,
  warm = 0,
  deadlineMs,
  megabytes,
  queueMax,
  answerBytesMax: answerMax = answerBytesMax,
  idleMs: idleForMs = idleMs,
  clock = systemClock,
}: PoolOptions): Pool<Task, Answer> {
  const workers = new Set<Worker>();
  const queue: Waiting[] = [];
  const durations: number[] = [];
  const failed: Record<TaskFailure, number> = {
    'too-busy': 0,
    deadline: 0,
    memory: 0,
    crashed: 0,
    threw: 0,
    'answer-too-large': 0,
    cancelled: 0,
    stopped: 0,
  };
  let answered = 0;
  let made = 0;
  let failedStarts = 0;
  let resting = false;
  let stopping = false;
  let emptied: (() => void) | undefined;

  const busyOnes = () => [...workers].filter(({ current }) => current !== undefined);
  const failure = (kind: TaskFailure, message: string, errorName = kind as string): Outcome<never> => {
    failed[kind]++;
    return { failed: kind, name: errorName, message };
  };

  function run(
    task: Task,
    { signal, deadlineMs: ownMs = deadlineMs }: { signal?: AbortSignal; deadlineMs?: number } = {},
  ): Promise<Outcome<Answer>> {
    if (stopping) return Promise.resolve(failure('stopped', `${name} is being stopped.`));
    if (signal?.aborted === true) return Promise.resolve(failure('cancelled', 'It was wanted no more.'));
    const free = [...workers].some(({ ready, current }) => ready && current === undefined);
    if (!free && queue.length >= queueMax)
      return Promise.resolve(failure('too-busy', `${queue.length} tasks wait for ${name} already.`));
    return new Promise((settled) => {
      const waiting: Waiting = {
        id: ++made,
        task: serialize(task),
        deadlineMs: Math.min(ownMs, deadlineMs),
        settle(outcome) {
          signal?.removeEventListener('abort', cancel);
          settled(outcome as Outcome<Answer>);
        },
      };
      function cancel(): void {
        const place = queue.indexOf(waiting);
        if (place !== -1) {
          queue.splice(place, 1);
          waiting.settle(failure('cancelled', 'It was wanted no more.'));
          return;
        }
        const worker = busyOnes().find(({ current }) => current === waiting);
        if (worker !== undefined) end(worker, 'cancelled', 'It was wanted no more.');
      }
      signal?.addEventListener('abort', cancel, { once: true });
      queue.push(waiting);
      handOut();
    });
  }

  function handOut(): void {
    for (const worker of workers) {
      if (queue.length === 0) break;
      if (worker.ready && worker.current === undefined && worker.ended === undefined)
        give(worker, queue.shift()!);
    }
    const starting = [...workers].filter(({ ready }) => !ready).length;
    const wanted = Math.min(queue.length - starting, workersMax - workers.size);
    if (!resting) for (let more = 0; more < wanted; more++) start();
    if (queue.length === 0 && busyOnes().length === 0) emptied?.();
  }

  function give(worker: Worker, waiting: Waiting): void {
    worker.cancelTimer();
    worker.current = waiting;
    worker.since = clock.monotonic();
    hold(worker.child, true);
    worker.child.send({ id: waiting.id, task: waiting.task, answerBytesMax: answerMax } satisfies ToWorker);
    const stopDeadline = clock.after(waiting.deadlineMs, () =>
      end(worker, 'deadline', `It took longer than ${waiting.deadlineMs} ms.`),
    );
    let stopLooking = () => {};
    const look = () => {
      stopLooking = clock.after(lookMs, () => {
        if (megabytesOf(worker.child.pid) > megabytes + runtimeMegabytes)
          end(worker, 'memory', `It wanted more than ${megabytes} MB.`);
        else look();
      });
    };
    look();
    worker.cancelTimer = () => {
      stopDeadline();
      stopLooking();
    };
  }

  function end(worker: Worker, kind: TaskFailure, message: string): void {
    worker.ended ??= { failed: kind, message };
    worker.cancelTimer();
    worker.child.kill('SIGKILL');
  }

  function start(): void {
    const child = spawnWorker(script, megabytes, deadlineMs);
    const worker: Worker = {
      child,
      ready: false,
      since: clock.monotonic(),
      cancelTimer: () => {},
      stderr: '',
    };
    workers.add(worker);
    everyChild.add(child);
    hold(child, queue.length > 0);
    worker.cancelTimer = clock.after(startMs, () => end(worker, 'crashed', 'It did not start in time.'));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      worker.stderr = (worker.stderr + text).slice(-wordsKept);
    });
    child.on('error', (fault) => {
      worker.stderr ||= fault.message;
      if (child.pid === undefined) closed(worker, null, null);
    });
    child.on('message', (message: FromWorker) => hear(worker, message));
    child.on('close', (code, signal) => closed(worker, code, signal));
  }

  function hear(worker: Worker, message: FromWorker): void {
    if (worker.ended !== undefined) return; // it was late
    if ('ready' in message) {
      worker.ready = true;
      failedStarts = 0;
      rest(worker);
      return handOut();
    }
    const { current } = worker;
    if (current === undefined || message.id !== current.id) return;
    delete worker.current;
    noteDuration(worker);
    worker.cancelTimer();
    if (message.cpuMs > cpuSeconds * 1_000) end(worker, 'stopped', 'It has done enough.');
    else rest(worker);
    current.settle(outcomeOf(message));
    handOut();
  }

  function outcomeOf(message: Exclude<FromWorker, { ready: true }>): Outcome<unknown> {
    if ('threw' in message) {
      // What is outside V8's heap and cannot be had is an error like another, and may be thrown on.
      const { name: errorName, message: words } = message.threw;
      const memory = errorName === 'RangeError' && words === 'Array buffer allocation failed';
      return failure(memory ? 'memory' : 'threw', words, errorName);
    }
    if ('tooLarge' in message)
      return failure(
        'answer-too-large',
        `The answer has ${message.tooLarge} bytes; at most ${answerMax} may come back.`,
      );
    try {
      const answer: unknown = deserialize(message.answer);
      answered++;
      return { answer };
    } catch (fault) {
      return failure('crashed', `The answer cannot be read: ${(fault as Error).message}`);
    }
  }

  function noteDuration({ since }: Worker): void {
    durations.push(clock.monotonic() - since);
    if (durations.length > durationsKept) durations.shift();
  }

  /** Nothing to do: a worker that is not kept goes after a while, and none keeps the program from ending. */
  function rest(worker: Worker): void {
    hold(worker.child, false);
    worker.cancelTimer();
    worker.cancelTimer = clock.after(idleForMs, () => {
      if (workers.size > warm) end(worker, 'stopped', 'It had nothing to do.');
    });
  }

  function closed(worker: Worker, code: number | null, signal: NodeJS.Signals | null): void {
    if (!workers.delete(worker)) return;
    everyChild.delete(worker.child);
    worker.cancelTimer();
    const { current, ended } = worker;
    const why = ended ?? reasonOf(worker.stderr, code, signal, megabytes);
    if (current !== undefined) {
      noteDuration(worker);
      current.settle(failure(why.failed, why.message));
    } else if (!worker.ready) {
      // Whoever waits must not wait for what cannot be started; the next try is after a while.
      failedStarts++;
      if (!stopping && ![...workers].some(({ ready }) => ready))
        for (const waiting of queue.splice(0)) waiting.settle(failure('crashed', why.message));
      resting = true;
      clock.after(restartMs(failedStarts), () => {
        resting = false;
        keepWarm();
        handOut();
      });
    }
    if (!resting) keepWarm();
    handOut();
  }

  function keepWarm(): void {
    if (stopping) return;
    while (workers.size < Math.min(warm, workersMax)) start();
  }

  keepWarm();
  return {
    run,
    figures() {
      const sorted = durations.toSorted((a, b) => a - b);
      const p99Ms = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0;
      return {
        name,
        workers: workers.size,
        busy: busyOnes().length,
        waiting: queue.length,
        answered,
        failed: { ...failed },
        p99Ms,
      };
    },
    async stop(withinMs = 5_000) {
      stopping = true;
      if (withinMs > 0 && (queue.length > 0 || busyOnes().length > 0)) {
        const { promise, resolve: go } = Promise.withResolvers<void>();
        emptied = go;
        const cancel = clock.after(withinMs, go);
        await promise;
        cancel();
      }
      for (const waiting of queue.splice(0))
        waiting.settle(failure('stopped', `${name} was stopped before its turn.`));
      const ends = [...workers].map(
        ({ child }) => new Promise<void>((gone) => child.once('close', () => gone())),
      );
      for (const worker of workers) end(worker, 'stopped', `${name} was stopped before it was done.`);
      await Promise.all(ends);
    },
  };
}

/** A process that is held keeps the program running until it has answered. */
function hold(child: ChildProcess, held: boolean): void {
  const verb = held ? 'ref' : 'unref';
  child[verb]();
  child.channel?.[verb]();
  (child.stderr as unknown as { ref(): void; unref(): void } | null)?.[verb]();
}

/**
 * No core dumps; first to go when the machine runs out of memory; a wall in the kernel against one allocation that is larger than any
 * look would be quick enough for; and an end to processor time, should the program be killed while this one runs in circles. Where the
 * system knows one of these not, the others hold.
 */
const walls = `ulimit -c 0 2>/dev/null
{ echo 800 > /proc/self/oom_score_adj; } 2>/dev/null
[ "$(uname)" = Linux ] && ulimit -d "$1" 2>/dev/null
ulimit -t "$2" 2>/dev/null
shift 2
exec "$@"`;

function spawnWorker(script: URL, megabytes: number, deadlineMs: number): ChildProcess {
  const file = fileURLToPath(script);
  const readable = [
    `${root}/src${sep}`,
    `${root}/node_modules${sep}`,
    `${root}/package.json`,
    `${dirname(file)}${sep}`,
  ];
  return spawn(
    '/bin/sh',
    [
      '-c',
      walls,
      'parley-worker',
      String((reservedMegabytes + megabytes) * 1_024),
      String(cpuSeconds + Math.ceil((deadlineMs * 2) / 1_000)),
      process.execPath,
      `--max-old-space-size=${megabytes}`,
      '--permission',
      ...readable.map((path) => `--allow-fs-read=${path}`),
      file,
    ],
    { cwd: root, env: { TZ: 'UTC' }, stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced' },
  );
}

/** What a process holds in the machine's memory, in megabytes; 0 where the system does not say. */
function megabytesOf(pid: number | undefined): number {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    return (Number(kilobytes ?? 0) * 1_024) / 1_000_000;
  } catch {
    return 0;
  }
}

function reasonOf(
  stderr: string,
  code: number | null,
  signal: NodeJS.Signals | null,
  megabytes: number,
): { failed: TaskFailure; message: string } {
  if (
    /heap out of memory|FatalOOM|out of memory|invalid size error|invalid table size|std::bad_alloc/.test(
      stderr,
    )
  )
    return { failed: 'memory', message: `It wanted more than ${megabytes} MB.` };
  if (signal === 'SIGXCPU') return { failed: 'deadline', message: 'It took all its processor time.' };
  const last =
    stderr
      .trim()
      .split('\n')
      .find((line) => /Error/.test(line)) ?? '';
  return {
    failed: 'crashed',
    message: `Its worker ended with ${signal ?? code ?? 'no process'}${last === '' ? '' : `: ${last.slice(0, 300)}`}.`,
  };
}
