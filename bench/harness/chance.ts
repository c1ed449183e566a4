/** Chance that can be repeated: mulberry32, good enough to scatter moments, not to keep secrets. */
export interface Chance {
  /** From 0 to below 1. */
  next(): number;
  between(from: number, to: number): number;
  /** From 0 to below `count`. */
  index(count: number): number;
}

export function chance(seed: number): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (from, to) => from + next() * (to - from),
    index: (count) => Math.floor(next() * count),
  };
}
