import { readFileSync, writeFileSync } from 'node:fs';
import { answerTasks } from '#src/platform/workers/answer.ts';
import type { Bomb } from './bombs.ts';

// What a worker may meet, on request. Started by the pool of the tests beside it.

export type Deed =
  | { do: 'add'; numbers: number[] }
  | { do: 'echo'; bytes: Uint8Array }
  | { do: 'answer-bytes'; bytes: number }
  | { do: 'environment' }
  | { do: 'read' | 'write'; path: string }
  | { do: 'throw' | 'spin' | 'exit' | 'leave-a-fault' | 'start-a-process' }
  | { do: Bomb };

const kept: unknown[] = [];

answerTasks<Deed, unknown>(async (deed) => {
  switch (deed.do) {
    case 'add':
      return deed.numbers.reduce((sum, each) => sum + each, 0);
    case 'echo':
      return deed.bytes;
    case 'answer-bytes':
      return new Uint8Array(deed.bytes);
    case 'environment':
      return { names: Object.keys(process.env).sort(), pid: process.pid };
    case 'read':
      return readFileSync(deed.path, 'utf8');
    case 'write':
      return writeFileSync(deed.path, 'x');
    case 'start-a-process':
      return (await import('node:child_process')).spawnSync('/bin/true').status;
    case 'throw':
      throw new TypeError('This mail has no end.');
    case 'exit':
      return process.exit(0);
    case 'leave-a-fault':
      void Promise.reject(new Error('Nobody waits for this.'));
      return new Promise((resolve) => setTimeout(resolve, 1_000));
    case 'spin':
      for (;;);
    case 'numbers':
      for (;;) kept.push(1.5);
    case 'pieces':
      return 'a,'.repeat(2e8).split(',').length;
    case 'nesting':
      return JSON.parse(`[${'[],'.repeat(1e8)}[]]`) as unknown;
    case 'map': {
      const map = new Map<number, number>();
      for (let count = 0; ; count++) map.set(count, count);
    }
    case 'fill':
      for (;;) kept.push(Array.from<number>({ length: 30e6 }).fill(1.1));
    case 'objects':
      for (;;) kept.push({ deed });
    case 'buffers':
      for (;;) kept.push(Buffer.alloc(5e6, 1));
    case 'one-buffer':
      return new Uint8Array(8e9).fill(1).length;
  }
});
