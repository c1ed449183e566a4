import { parentPort } from 'node:worker_threads';
import { playRound, type RoundResult } from './world.ts';

// Plays rounds on a thread of its own: what one seed decides is the same wherever it is played.

export type PlayedRound = Omit<RoundResult, 'store'>;

parentPort?.on('message', ({ seed, contacts }: { seed: number; contacts: number }) => {
  void playRound({ seed, contacts }).then(({ store: _, ...result }) => parentPort?.postMessage(result));
});
