import type { Clock } from './clock.ts';

export interface Limit {
  /** How many at once. */
  burst: number;
  /** How many come back a second. */
  perSecond: number;
  /** How many keys are remembered; beyond that the one longest untouched is forgotten. */
  keysMax?: number;
}

/**
 * What stands for one asker behind an address. Of IPv6 it is the first 64 bits: whoever has one address of a network has them all,
 * and would otherwise never meet a limit.
 */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [left = '', right] = (address.split('%')[0] as string).toLowerCase().split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const zeros = right === undefined ? 0 : Math.max(0, 8 - head.length - tail.length);
  const groups = [...head, ...Array.from({ length: zeros }, () => '0'), ...tail];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/** A token bucket per key, for public doors: bounded in what it remembers, on the monotonic clock. */
export function createLimiter(clock: Clock, { burst, perSecond, keysMax = 50_000 }: Limit) {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    /** Takes one. Answers 0 when it may pass, else after how many seconds to try again. */
    take(key: string): number {
      const now = clock.monotonic();
      const known = buckets.get(key);
      const tokens =
        known === undefined ? burst : Math.min(burst, known.tokens + ((now - known.at) / 1000) * perSecond);
      buckets.delete(key); // set again below: the map's order is the order of last use
      if (buckets.size >= keysMax) buckets.delete(buckets.keys().next().value as string);
      if (tokens < 1) {
        buckets.set(key, { tokens, at: now });
        return Math.max(1, Math.ceil((1 - tokens) / perSecond));
      }
      buckets.set(key, { tokens: tokens - 1, at: now });
      return 0;
    },
  };
}
