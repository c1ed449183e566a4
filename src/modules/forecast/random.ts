/** Chance that can be repeated, with the shapes that arrivals, patience and work have. */
export interface Random {
  /** From 0 to below 1, with 53 bits. */
  next(): number;
  exponential(mean: number): number;
  /** Lognormal, by its own mean and coefficient of variation (standard deviation ÷ mean). */
  lognormal(mean: number, cv: number): number;
  /** Gamma with mean 1: the higher the shape, the nearer to 1. */
  gamma(shape: number): number;
}

/**
 * A stream of its own for each name: what is drawn for one purpose does not move when something else draws more or less, so two plans
 * meet the same days. The generator is sfc32 (Chris Doty-Humphrey, PractRand), seeded by FNV-1a over the names.
 */
export function random(seed: number, ...names: readonly (string | number)[]): Random {
  const text = [seed, ...names].join('\u0000');
  let a = hashOf(text, 0x811c9dc5);
  let b = hashOf(text, 0x01234567);
  let c = hashOf(text, 0x6b5fca6b);
  let counter = 1;
  const bits = () => {
    const mixed = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + mixed;
    c |= 0;
    return mixed >>> 0;
  };
  for (let i = 0; i < 12; i += 1) bits();

  const next = () => (bits() * 2 ** 21 + (bits() >>> 11)) / 2 ** 53;
  let spare: number | undefined;
  /** Marsaglia's polar method: two at a time. */
  const normal = () => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    for (;;) {
      const x = 2 * next() - 1;
      const y = 2 * next() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      spare = y * factor;
      return x * factor;
    }
  };
  return {
    next,
    exponential: (mean) => -mean * Math.log(1 - next()),
    lognormal(mean, cv) {
      const variance = Math.log(1 + cv * cv);
      return mean * Math.exp(Math.sqrt(variance) * normal() - variance / 2);
    },
    gamma(shape) {
      // Marsaglia & Tsang 2000; a shape below 1 by way of the next higher.
      const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
      const c0 = 1 / Math.sqrt(9 * d);
      for (;;) {
        const x = normal();
        const v = (1 + c0 * x) ** 3;
        if (v <= 0) continue;
        if (Math.log(1 - next()) >= (x * x) / 2 + d - d * v + d * Math.log(v)) continue;
        const raw = shape < 1 ? d * v * (1 - next()) ** (1 / shape) : d * v;
        return raw / shape;
      }
    },
  };
}

function hashOf(text: string, start: number): number {
  let hash = start >>> 0;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}
