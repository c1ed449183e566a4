import { has } from './bits.ts';
import type { Millis } from './seam.ts';

/** More than so many of a stretch are split into two; less than a quarter of that are joined to their neighbours. */
const stretchMax = 1024;

interface Stretch {
  /** Those of the stretch are idle since then or later, and before the next one begins. */
  from: Millis;
  words: Int32Array;
  size: number;
}

/**
 * Who is free, by how long. Kept as stretches of time, each a set of bits, so that those who may take something are found among
 * thousands who may not without a look at each of them: who can do little is idle longest, and stands in everybody's way.
 */
export class IdleOrder {
  #stretches: Stretch[];
  #since: Float64Array;
  #words: number;

  constructor(words: number) {
    this.#words = words;
    this.#since = new Float64Array(words * 32);
    this.#stretches = [this.#empty(Number.NEGATIVE_INFINITY)];
  }

  add(index: number, since: Millis): void {
    this.#since[index] = since;
    const at = this.#at(since);
    const stretch = this.#stretches[at]!;
    stretch.words[index >> 5]! |= 1 << (index & 31);
    stretch.size += 1;
    if (stretch.size > stretchMax) this.#split(at);
  }

  /** Does nothing to one who is not inside. */
  delete(index: number): void {
    const at = this.#at(this.#since[index]!);
    const stretch = this.#stretches[at]!;
    if (!has(stretch.words, index)) return;
    stretch.words[index >> 5]! ^= 1 << (index & 31);
    stretch.size -= 1;
    const next = this.#stretches[at + 1] ?? this.#stretches[at - 1];
    if (next !== undefined && (stretch.size + next.size) * 4 < stretchMax)
      this.#join(Math.min(at, this.#stretches.indexOf(next)));
  }

  /** The first of those in both sets, at most `max`, who are not skipped; of those idle equally long the lowest number first. */
  longest(a: Int32Array, b: Int32Array, max: number, skip?: (index: number) => boolean): number[] {
    const longest: number[] = [];
    const since = this.#since;
    for (const { words, size } of this.#stretches) {
      if (size === 0) continue;
      for (let w = 0; w < words.length; w += 1)
        for (let left = words[w]! & a[w]! & b[w]!; left !== 0; left &= left - 1) {
          const index = (w << 5) + 31 - Math.clz32(left & -left);
          let at = longest.length;
          if (at === max && since[index]! >= since[longest[at - 1]!]!) continue;
          if (skip?.(index)) continue;
          while (at > 0 && since[index]! < since[longest[at - 1]!]!) at -= 1;
          longest.splice(at, 0, index);
          if (longest.length > max) longest.pop();
        }
      if (longest.length === max) break;
    }
    return longest;
  }

  grow(words: number): void {
    this.#words = words;
    const since = new Float64Array(words * 32);
    since.set(this.#since);
    this.#since = since;
    for (const stretch of this.#stretches) {
      const grown = new Int32Array(words);
      grown.set(stretch.words);
      stretch.words = grown;
    }
  }

  clear(): void {
    this.#stretches = [this.#empty(Number.NEGATIVE_INFINITY)];
  }

  #empty(from: Millis): Stretch {
    return { from, words: new Int32Array(this.#words), size: 0 };
  }

  /** The last stretch that begins by then. */
  #at(since: Millis): number {
    let low = 0;
    let high = this.#stretches.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#stretches[middle]!.from <= since) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #split(at: number): void {
    const stretch = this.#stretches[at]!;
    const members = this.#members(stretch).sort((a, b) => this.#since[a]! - this.#since[b]!);
    const from = this.#since[members[members.length >> 1]!]!;
    // Those idle equally long stay together.
    if (from === this.#since[members[0]!]) return;
    const later = this.#empty(from);
    for (const index of members) {
      if (this.#since[index]! < from) continue;
      stretch.words[index >> 5]! ^= 1 << (index & 31);
      later.words[index >> 5]! |= 1 << (index & 31);
      later.size += 1;
    }
    stretch.size -= later.size;
    this.#stretches.splice(at + 1, 0, later);
  }

  /** Joins a stretch and the next. */
  #join(at: number): void {
    const stretch = this.#stretches[at]!;
    const [next] = this.#stretches.splice(at + 1, 1);
    for (let w = 0; w < stretch.words.length; w += 1) stretch.words[w]! |= next!.words[w]!;
    stretch.size += next!.size;
  }

  #members({ words }: Stretch): number[] {
    const members: number[] = [];
    for (let w = 0; w < words.length; w += 1)
      for (let left = words[w]!; left !== 0; left &= left - 1)
        members.push((w << 5) + 31 - Math.clz32(left & -left));
    return members;
  }
}
