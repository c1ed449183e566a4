/** Something to be done at a time; a cancelled one is passed over. */
export interface Entry {
  readonly at: number;
  readonly order: number;
  act: (() => void) | undefined;
}

/** What is to be done, the earliest first; what falls on the same instant in the order in which it was put down. */
export class Agenda {
  readonly #entries: Entry[] = [];
  #made = 0;
  /** The time of what was taken last. */
  now = 0;

  get size(): number {
    return this.#entries.length;
  }

  /** Not before now: what is late is done next. */
  at(time: number, act: () => void): Entry {
    const entry: Entry = { at: time > this.now ? time : this.now, order: this.#made, act };
    this.#made += 1;
    const entries = this.#entries;
    let place = entries.length;
    entries.push(entry);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const other = entries[above]!;
      if (isBefore(other, entry)) break;
      entries[place] = other;
      place = above;
    }
    entries[place] = entry;
    return entry;
  }

  after(delay: number, act: () => void): Entry {
    return this.at(this.now + delay, act);
  }

  cancel(entry: Entry | undefined): void {
    if (entry !== undefined) entry.act = undefined;
  }

  /** The next thing to do, with `now` brought to its time; nothing when nothing is left. */
  take(): (() => void) | undefined {
    for (;;) {
      const first = this.#first();
      if (first === undefined) return undefined;
      const { act } = first;
      if (act === undefined) continue;
      first.act = undefined;
      this.now = first.at;
      return act;
    }
  }

  #first(): Entry | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return first;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= entries.length) break;
      if (below + 1 < entries.length && isBefore(entries[below + 1]!, entries[below]!)) below += 1;
      if (isBefore(last, entries[below]!)) break;
      entries[place] = entries[below]!;
      place = below;
    }
    entries[place] = last;
    return first;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
