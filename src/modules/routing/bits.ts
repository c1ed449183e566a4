// Sets of agents as bits, one to an agent: what ten thousand agents have in common is then a few hundred words to look at.

/** How many bits are set. */
export function countOf(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** A set of small whole numbers. All sets that are combined must have been grown to the same size. */
export class Bits {
  words: Int32Array;
  size = 0;
  /** Rises with each change. */
  revision = 0;

  /** @param words how many words of 32 numbers each */
  constructor(words: number) {
    this.words = new Int32Array(words);
  }

  has(index: number): boolean {
    return has(this.words, index);
  }

  /** Puts the number in or takes it out; whether that changed anything. */
  put(index: number, inside: boolean): boolean {
    if (has(this.words, index) === inside) return false;
    this.words[index >> 5]! ^= 1 << (index & 31);
    this.size += inside ? 1 : -1;
    this.revision += 1;
    return true;
  }

  grow(words: number): void {
    const grown = new Int32Array(words);
    grown.set(this.words);
    this.words = grown;
  }

  clear(words: number): void {
    this.words = new Int32Array(words);
    this.size = 0;
    this.revision += 1;
  }
}

export function has(words: Int32Array, index: number): boolean {
  return (words[index >> 5]! & (1 << (index & 31))) !== 0;
}

/** How many are in both. */
export function countInBoth(a: Int32Array, b: Int32Array): number {
  let count = 0;
  for (let w = 0; w < a.length; w += 1) {
    const both = a[w]! & b[w]!;
    if (both !== 0) count += countOf(both);
  }
  return count;
}

/** The lowest that are in both, at most so many. */
export function lowestInBoth(a: Int32Array, b: Int32Array, max: number): number[] {
  const lowest: number[] = [];
  for (let w = 0; w < a.length; w += 1)
    for (let both = a[w]! & b[w]!; both !== 0; both &= both - 1) {
      if (lowest.length === max) return lowest;
      lowest.push((w << 5) + 31 - Math.clz32(both & -both));
    }
  return lowest;
}
