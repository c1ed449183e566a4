import { AsyncLocalStorage } from 'node:async_hooks';

/** A creation by API under an Idempotency-Key: the answer is stored in the transaction that creates. */
export interface Creation {
  personId: string;
  key: string;
  route: string;
  requestHash: Buffer;
  view: (answer: unknown) => unknown;
  stored?: boolean;
}

const current = new AsyncLocalStorage<Creation>();

export function withCreation<Answer>(creation: Creation, act: () => Promise<Answer>): Promise<Answer> {
  return current.run(creation, act);
}

export function creationUnderWay(): Creation | undefined {
  return current.getStore();
}
