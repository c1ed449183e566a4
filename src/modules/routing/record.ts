import {
  type Advanced,
  advance,
  type InteractionRow,
  interactionsByIds,
  openInteractions,
} from '#src/modules/interactions/index.ts';
import type { Context } from '#src/platform/context.ts';
import type { Queryable } from '#src/platform/db/sql.ts';
import type { Refused } from '#src/platform/refusal.ts';
import { fulfils } from '#src/standard/fulfils.ts';
import { agentFacts, allFacts, rulesFacts, typeFacts } from './facts.ts';
import type { JournalRecord } from './journal.ts';
import { appendJournal, releaseLease, renewLease, takeLease } from './queries.ts';
import type { Decision } from './seam.ts';

fulfils(['6.3.1-a', '6.3.4-d'], offerInteraction);

/** The right to decide for a pool, as the record keeps it: on its own clock, with an epoch that only ever rises. */
export interface LeaseRecord {
  /** The new epoch, when nobody holds the pool or the asker is alone. */
  take(ms: number, alone: boolean): Promise<string | undefined>;
  /** Whether the asker still held it. */
  renew(epoch: string, ms: number): Promise<boolean>;
  release(epoch: string): Promise<void>;
}

/** Under which epoch, in which run of the journal and as the how-manieth decision of it. */
export interface DecidedAs {
  epoch: string;
  runId: string;
  position: number;
  offerSeconds: number;
}

/**
 * All that routing reads and writes. The database stands behind it in the product, a double that fails at any moment in a
 * simulation. Reads answer what is committed at some moment between the call and the answer; writes commit whole or not at all, and
 * may throw in either case.
 */
export interface RoutingRecord {
  lease: LeaseRecord;
  allFacts(now: Date): ReturnType<typeof allFacts>;
  agentFacts(only?: readonly string[]): ReturnType<typeof agentFacts>;
  typeFacts(now: Date): ReturnType<typeof typeFacts>;
  rulesFacts(): ReturnType<typeof rulesFacts>;
  openInteractions(): Promise<InteractionRow[]>;
  interactionsByIds(ids: readonly string[]): Promise<InteractionRow[]>;
  /** What the engine was told; a decision is written after what it was taken upon. */
  journal: JournalRecord;
  /** Writes a decision under the owner's epoch and upon the seq it was taken at. */
  offer(decision: Decision, of: DecidedAs): Promise<Refused<Advanced>>;
  /** Ends the offer that lasted until then, whose time is over. */
  expire(interactionId: string, agentId: string, offerUntil: Date): Promise<Refused<Advanced>>;
  /** Takes an offer in the agent's name, where the type says that it does not ring. */
  accept(interactionId: string, agentId: string): Promise<Refused<Advanced>>;
}

export function leaseRecord(db: Queryable, pool: string, node: string): LeaseRecord {
  return {
    take: (ms, alone) => takeLease(db, pool, node, ms, alone),
    renew: (epoch, ms) => renewLease(db, pool, epoch, node, ms),
    release: (epoch) => releaseLease(db, pool, epoch, node),
  };
}

/** The record as the database keeps it. */
export function routingRecord(ctx: Context, pool: string): RoutingRecord {
  const db = ctx.db.system;
  return {
    lease: leaseRecord(db, pool, ctx.node),
    allFacts: (now) => allFacts(db, now),
    agentFacts: (only) => agentFacts(db, only),
    typeFacts: (now) => typeFacts(db, now),
    rulesFacts: () => rulesFacts(db),
    openInteractions: () => openInteractions(db),
    interactionsByIds: (ids) => interactionsByIds(db, ids),
    journal: { append: (chunk) => appendJournal(db, { pool, node: ctx.node }, chunk) },
    offer: (decision, as) => offerInteraction(ctx, decision, { pool, ...as }),
    expire: (interactionId, agentId, offerUntil) =>
      advance(ctx, 'expire', { interactionId, agentId, at: laterOf(ctx.clock.now(), offerUntil) }),
    accept: (interactionId, agentId) =>
      advance(ctx, 'accept', {
        interactionId,
        agentId,
        at: ctx.clock.now(),
        body: { automatically: true },
      }),
  };
}

/** An offer ends at its end at the earliest, also by a clock that was put back meanwhile. */
export function laterOf(one: Date, other: Date): Date {
  return one > other ? one : other;
}

/**
 * Writes a decision: one statement, fenced by the owner's epoch and guarded by the seq it was taken upon. The engine only
 * ever names agents who master the type today (6.3.1, 6.4).
 */
export function offerInteraction(
  ctx: Context,
  decision: Decision,
  { pool, epoch, runId, position, offerSeconds }: DecidedAs & { pool: string },
) {
  const at = ctx.clock.now();
  return advance(ctx, 'offer', {
    interactionId: decision.interactionId,
    agentId: decision.agentId,
    seq: decision.seq,
    at,
    offerUntil: new Date(at.getTime() + offerSeconds * 1000),
    fence: { pool, epoch },
    why: decision.why,
    ...(decision.interrupts === undefined ? {} : { body: { interrupts: decision.interrupts } }),
    decidedAs: { runId, position },
  });
}
