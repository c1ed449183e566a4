import { randomFillSync } from 'node:crypto';
import type { Instant } from './clock.ts';

/**
 * A uuid v7 (RFC 9562, 5.7): 48 bits of milliseconds, then chance. Made in the program, since PostgreSQL has its own only
 * from 18 on, and because the id's time decides the partition a stream lives in.
 */
export function newId(now: Instant): string {
  const bytes = randomFillSync(new Uint8Array(16));
  const ms = now.getTime();
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(ms / 2 ** (8 * (5 - i))) % 256;
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return withDashes(Buffer.from(bytes).toString('hex'));
}

/** The smallest uuid of a moment: the lower bound of a partition. */
export function firstIdOf(moment: Instant): string {
  return withDashes(moment.getTime().toString(16).padStart(12, '0').padEnd(32, '0'));
}

/** When a uuid v7 was made. */
export function timeOfId(id: string): Instant {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}

function withDashes(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
