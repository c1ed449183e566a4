/**
 * The wall clock finer than its milliseconds, on the same clock that the database's commits are told by. `Date.now()` is never ahead of
 * the time, and falls behind by less than a millisecond: the largest distance to the steady clock that was seen is the true one. It is
 * looked for anew every few seconds, since clocks of machines are set while they run.
 */
export class Wall {
  #best = Number.NEGATIVE_INFINITY;
  #before = Number.NEGATIVE_INFINITY;
  #since = performance.now();

  /** Milliseconds since 1970. */
  now(): number {
    const steady = performance.now();
    if (steady - this.#since > windowMs) {
      this.#before = this.#best;
      this.#best = Number.NEGATIVE_INFINITY;
      this.#since = steady;
    }
    this.#best = Math.max(this.#best, Date.now() - steady);
    return steady + Math.max(this.#best, this.#before);
  }
}

const windowMs = 5_000;
