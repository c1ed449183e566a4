import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Program } from '#test/support/program.ts';
import { textOf } from './frame.ts';

/**
 * Has a program of ours throw away what it needs no longer, over its debugger, which SIGUSR1 opens: what it then holds is memory in
 * use, not memory that it has not got round to giving back. The program must have been started with `--inspect-port=0`.
 */
export async function collectGarbage(program: Pick<Program, 'pid' | 'stderr'>): Promise<void> {
  const url = () => /Debugger listening on (ws:\S+)/.exec(program.stderr())?.[1];
  process.kill(program.pid, 'SIGUSR1');
  for (let tries = 0; url() === undefined && tries < 500; tries += 1) await wait(10);
  const socket = new WebSocket(url() ?? '');
  await once(socket, 'open');
  // Twice: what has only just become unreachable is often freed by the second round.
  for (const id of [1, 2]) {
    const done = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        if ((JSON.parse(textOf(data)) as { id?: number }).id === id) resolve();
      });
    });
    socket.send(JSON.stringify({ id, method: 'HeapProfiler.collectGarbage' }));
    await done;
  }
  socket.terminate();
}
