// What the customer did and the server has not confirmed yet, in the order in which it was done.
// It lives in the browser's storage: a reload, a crash or an hour without a line loses nothing. Each act has a name of
// its own there, so that two tabs of one page never overwrite each other's, and a key by which the server takes it once.

import { readJson, type Store } from './store.ts';

export interface Unsent {
  /** Names the act for good: the server takes a key once. */
  key: string;
  do: 'say' | 'end';
  text: string;
  /** Milliseconds since 1970, on the customer's clock. */
  at: number;
  /** Why the server refused it; it waits for the customer to retry or drop it. */
  failed?: { code: string; title: string };
}

const beginning = 'out.';
const orderDigits = 12;

export class Outbox {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Everything that is not confirmed, oldest first. */
  all(): Unsent[] {
    return this.#names().flatMap((name) => (readJson(this.#store, name) as Unsent | undefined) ?? []);
  }

  /** The next act to send: the oldest that was not refused. */
  next(): Unsent | undefined {
    return this.all().find((act) => act.failed === undefined);
  }

  add(act: Unsent): void {
    const last = this.#names()
      .at(-1)
      ?.slice(beginning.length, beginning.length + orderDigits);
    const order = String(Number(last ?? 0) + 1).padStart(orderDigits, '0');
    this.#store.set(`${beginning}${order}.${act.key}`, JSON.stringify(act));
  }

  remove(key: string): void {
    for (const name of this.#namesOf(key)) this.#store.remove(name);
  }

  fail(key: string, failed: { code: string; title: string }): void {
    for (const name of this.#namesOf(key)) {
      const act = readJson(this.#store, name) as Unsent | undefined;
      if (act !== undefined) this.#store.set(name, JSON.stringify({ ...act, failed }));
    }
  }

  /** A refused act goes to the end of the line: what was written after it may have been received meanwhile. */
  retry(key: string): void {
    const act = this.all().find((one) => one.key === key);
    if (act === undefined) return;
    this.remove(key);
    this.add({ key: act.key, do: act.do, text: act.text, at: act.at });
  }

  #names(): string[] {
    return this.#store.names(beginning);
  }

  #namesOf(key: string): string[] {
    return this.#names().filter((name) => name.endsWith(`.${key}`));
  }
}
