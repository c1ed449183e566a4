import type { Clock } from '#src/platform/clock.ts';
import type { LeaseRecord } from './record.ts';

/** One pool for now: all agents and types of the centre. */
export const pool = 'main';

/**
 * How long a lease lasts on the database's clock, how often it is renewed, how long before its end the owner stops deciding, and how
 * often the others look whether it is over.
 */
export const lease = { ms: 3_000, renewalMs: 1_000, marginMs: 1_000, lookMs: 250 } as const;

/** A hint on the bus: whoever routed has let go of its right, and the next may take it at once. */
export const poolFree = 'pool.free';

/**
 * The right to decide for a pool. Lost in silence at worst: a node that was stopped finds on its own steady clock that its
 * time is over, and the database refuses what it had under way, since the epoch has moved.
 */
export function createLease(record: LeaseRecord, clock: Clock, { alone = false } = {}) {
  let epoch: string | undefined;
  let until = Number.NEGATIVE_INFINITY;
  return {
    /** The epoch under which this node may decide now, if it may. */
    epoch: () => (epoch !== undefined && clock.monotonic() < until ? epoch : undefined),
    /** The epoch that is this node's to renew, whatever its own clock says. */
    held: () => epoch,
    /** Renews or takes the lease. Answers whether this call took it (and the state must be loaded). */
    async keep(): Promise<'taken' | 'kept' | 'none'> {
      const asked = clock.monotonic(); // counted from before the question: the lease can only end later than we think
      const mine = () => {
        until = asked + lease.ms - lease.marginMs;
      };
      if (epoch !== undefined) {
        if (await record.renew(epoch, lease.ms)) {
          mine();
          return 'kept';
        }
        epoch = undefined;
      }
      // With a data folder of its own the program is alone by lock: it need not wait for its predecessor's lease to end.
      epoch = await record.take(lease.ms, alone);
      if (epoch === undefined) return 'none';
      mine();
      return 'taken';
    },
    drop(): void {
      epoch = undefined;
    },
    /** Answers whether there was anything to let go of. */
    async release(): Promise<boolean> {
      const held = epoch;
      epoch = undefined;
      if (held !== undefined) await record.release(held);
      return held !== undefined;
    },
  };
}
