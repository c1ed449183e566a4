import { Ordered } from './ordered.ts';
import type { Millis } from './seam.ts';

/** Something to look at again at an instant. */
export interface Timer {
  at: Millis;
  /** Tells two timers of one instant apart; what they do must not depend on which rings first. */
  serial: number;
  ring: () => void;
}

/** All instants at which something changes by time alone, in one place. Time is told; nothing here waits. */
export class Timers {
  readonly #waiting = new Ordered<Timer>((a, b) => a.at - b.at || a.serial - b.serial);
  #serial = 0;

  set(at: Millis, ring: () => void): Timer {
    this.#serial += 1;
    const timer = { at, serial: this.#serial, ring };
    this.#waiting.add(timer);
    return timer;
  }

  cancel(timer: Timer | undefined): void {
    if (timer !== undefined) this.#waiting.delete(timer);
  }

  /** Rings all that are due by then, each once, also those that are set meanwhile. */
  ringUntil(now: Millis): void {
    for (let timer = this.#waiting.first(); timer && timer.at <= now; timer = this.#waiting.first()) {
      this.#waiting.delete(timer);
      timer.ring();
    }
  }

  next(): Millis | undefined {
    return this.#waiting.first()?.at;
  }
}
