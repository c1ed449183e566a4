/** Long enough that few are needed, short enough that moving one item within is a matter of nanoseconds. */
const runMax = 256;

/**
 * Items in order, each once. Kept as short sorted runs, so that taking the first, adding or removing anywhere and counting what stands
 * before an item cost about the same with a hundred items as with a hundred thousand.
 *
 * `compare` must tell any two different items apart, and an item must not change what it is compared by while it is inside.
 */
export class Ordered<T> implements Iterable<T> {
  readonly #compare: (a: T, b: T) => number;
  readonly #runs: T[][] = [];
  #size = 0;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  first(): T | undefined {
    return this.#runs[0]?.[0];
  }

  /** Does nothing when the item is inside already. */
  add(item: T): void {
    // Most come last, and most leave first: neither needs a search.
    const end = this.#runs.at(-1);
    if (end !== undefined && end.length < runMax && this.#compare(end.at(-1)!, item) < 0) {
      end.push(item);
      this.#size += 1;
      return;
    }
    const at = Math.min(this.#runOf(item), this.#runs.length - 1);
    const run = this.#runs[at];
    if (run === undefined) {
      this.#runs.push([item]);
      this.#size = 1;
      return;
    }
    const index = this.#indexIn(run, item);
    const there = run[index];
    if (there !== undefined && this.#compare(there, item) === 0) return;
    run.splice(index, 0, item);
    this.#size += 1;
    if (run.length > runMax) this.#runs.splice(at + 1, 0, run.splice(runMax >> 1));
  }

  /** Whether it was inside. */
  delete(item: T): boolean {
    const front = this.#runs[0];
    if (front !== undefined && front[0] === item) {
      if (front.length === 1) this.#runs.shift();
      else front.shift();
      this.#size -= 1;
      return true;
    }
    const at = this.#runOf(item);
    const run = this.#runs[at];
    if (run === undefined) return false;
    const index = this.#indexIn(run, item);
    const there = run[index];
    if (there === undefined || this.#compare(there, item) !== 0) return false;
    if (run.length === 1) this.#runs.splice(at, 1);
    else run.splice(index, 1);
    this.#size -= 1;
    return true;
  }

  /** How many items come before the first that does not hold; all those that hold must come before all that do not. */
  countWhile(holds: (item: T) => boolean): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const last = this.#runs[middle]?.at(-1);
      if (last !== undefined && holds(last)) low = middle + 1;
      else high = middle;
    }
    let count = 0;
    for (let i = 0; i < low; i += 1) count += this.#runs[i]?.length ?? 0;
    const run = this.#runs[low];
    if (run === undefined) return count;
    let from = 0;
    let to = run.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (holds(run[middle]!)) from = middle + 1;
      else to = middle;
    }
    return count + from;
  }

  /** The first item that comes after this one, which need not be inside. */
  after(item: T): T | undefined {
    const at = this.#runOf(item);
    const run = this.#runs[at];
    if (run === undefined) return undefined;
    const index = this.#indexIn(run, item);
    const there = run[index];
    if (there === undefined || this.#compare(there, item) !== 0) return there;
    return run[index + 1] ?? this.#runs[at + 1]?.[0];
  }

  *[Symbol.iterator](): Generator<T, undefined> {
    for (const run of this.#runs) yield* run;
    return undefined;
  }

  /** The first run that does not end before the item; the number of runs when all do. */
  #runOf(item: T): number {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const last = this.#runs[middle]?.at(-1);
      if (last !== undefined && this.#compare(last, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first index in the run whose item does not come before this one. */
  #indexIn(run: readonly T[], item: T): number {
    let low = 0;
    let high = run.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const there = run[middle];
      if (there !== undefined && this.#compare(there, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
