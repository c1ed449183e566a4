import { playRound, type RoundResult } from './world.ts';

// Plays rounds in a process of its own: what one seed decides is the same wherever it is played. Ends with whoever asks.

export type PlayedRound = Omit<RoundResult, 'store'>;

process.on('message', ({ seed, contacts }: { seed: number; contacts: number }) => {
  void playRound({ seed, contacts }).then((result) => {
    const played: PlayedRound & { store?: unknown } = { ...result };
    delete played.store;
    process.send?.(played);
  });
});
