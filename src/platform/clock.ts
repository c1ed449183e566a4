/** A moment on the wall clock. Rules are told it; nobody but a clock makes it. */
export type Instant = Date;

/** Time as it is handed in: the wall clock for what is recorded, the monotonic one for what is waited for. */
export interface Clock {
  now(): Instant;
  /** Milliseconds that never jump. Only differences mean anything. */
  monotonic(): number;
  /** Runs `act` once after `delayMs`, unless the answer is called first. Never holds the process open. */
  after(delayMs: number, act: () => void): () => void;
}

const longestTimer = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  after(delayMs, act) {
    const timer = setTimeout(act, Math.min(Math.max(0, delayMs), longestTimer));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export interface ManualClock extends Clock {
  /** Moves both clocks on and runs what falls due, in order. */
  pass(ms: number): void;
  /** Moves only the wall clock, as an administrator or a summer time change does. */
  jump(ms: number): void;
}

/** A clock that moves only when told to. */
export function manualClock(start: Instant | string): ManualClock {
  let wall = new Date(start).getTime();
  let steady = 0;
  let made = 0;
  const waiting: { at: number; order: number; act: () => void }[] = [];
  return {
    now: () => new Date(wall),
    monotonic: () => steady,
    after(delayMs, act) {
      const entry = { at: steady + Math.max(0, delayMs), order: made++, act };
      waiting.push(entry);
      return () => {
        const place = waiting.indexOf(entry);
        if (place !== -1) waiting.splice(place, 1);
      };
    },
    pass(ms) {
      const end = steady + ms;
      for (;;) {
        waiting.sort((a, b) => a.at - b.at || a.order - b.order);
        const next = waiting[0];
        if (next === undefined || next.at > end) break;
        waiting.shift();
        wall += next.at - steady;
        steady = next.at;
        next.act();
      }
      wall += end - steady;
      steady = end;
    },
    jump(ms) {
      wall += ms;
    },
  };
}
