import { awaySince } from '#src/channels/chat/index.ts';
import {
  abandonInteraction,
  agentsWithWork,
  bringBackDue,
  bringBackInterrupted,
  bringBackUnread,
  dropOldKeys,
  openInteractions,
  returnWork,
} from '#src/modules/interactions/index.ts';
import { dropOldSessions } from '#src/modules/people/index.ts';
import { graceSeconds, heads, renewalSeconds } from '#src/modules/presence/index.ts';
import { dropOldJournal } from '#src/modules/routing/index.ts';
import type { Context } from '#src/platform/context.ts';
import { ensurePartitions } from '#src/platform/db/partitions.ts';
import { isConnectionFault } from '#src/platform/db/sql.ts';
import type { Modules } from './modules.ts';

/** How long a customer who waits may be away before the conversation counts as abandoned; their place is kept until then. */
export const absenceMinutes = 30;
const keptDays = 2;
/** How long a line's key is kept: no browser sends a line again after that. */
const keysKeptDays = 30;
const keysAtOnceMax = 10_000;
const journalAtOnceMax = 2_000;

/**
 * What the program does by the clock. Each duty is idempotent and runs on every node; one that fails is tried again at its next
 * turn. Lapsed agents are looked for only after a grace of its own, so that those whose program was away can come back first.
 */
export function createUpkeep(
  ctx: Context,
  modules: Modules,
  { journalDays }: { journalDays: number | undefined },
) {
  let stopped = false;
  const underWay = new Set<Promise<unknown>>();
  const daysAgo = (days: number) => new Date(ctx.clock.now().getTime() - days * 86_400_000);

  function every(seconds: number, name: string, duty: () => Promise<unknown>, firstAfter = seconds): void {
    const turn = () => {
      if (stopped) return;
      const run = duty()
        .catch((fault) => {
          if (isConnectionFault(fault))
            ctx.log.warn({ duty: name }, 'The database is away; the duty waits for its next turn.');
          else
            ctx.log.error({ err: fault, duty: name }, 'A duty failed; it is tried again at its next turn.');
        })
        .finally(() => {
          underWay.delete(run);
          if (!stopped) ctx.clock.after(seconds * 1000, turn);
        });
      underWay.add(run);
    };
    ctx.clock.after(firstAfter * 1000, turn);
  }

  return {
    start(): void {
      every(renewalSeconds, 'renew presence', () => modules.keeper.renew());
      every(2, 'lose agents whose line is gone', () => modules.keeper.loseLapsed());
      every(5, 'return work of agents who are away', () => returnStrayWork(ctx), graceSeconds);
      every(2, 'bring back what is due', async () => {
        const present = new Set(
          (await heads(ctx.db.system)).filter((row) => row.state !== 'offline').map((row) => row.agent_id),
        );
        const isPresent = (agentId: string) => present.has(agentId);
        await bringBackDue(ctx, isPresent);
        await bringBackUnread(ctx, isPresent);
        await bringBackInterrupted(ctx, isPresent);
      });
      // Whoever waited while this program was away has the whole time to come back.
      every(
        30,
        'end conversations whose customer is gone',
        () => endAbsent(ctx, modules),
        absenceMinutes * 60,
      );
      every(60, 'check the invariants of routing', () => modules.checker.check());
      every(6 * 3600, 'make partitions', () => ensurePartitions(ctx.db.owner, ctx.clock.now()));
      every(600, 'forget keys of old lines', () =>
        untilShort(() => dropOldKeys(ctx.db.system, daysAgo(keysKeptDays), keysAtOnceMax)),
      );
      // Without a number of days (in tests) it is kept.
      if (journalDays !== undefined)
        every(600, 'drop what routing was told long ago', () =>
          untilShort(
            () => dropOldJournal(ctx.db.owner, daysAgo(journalDays), journalAtOnceMax),
            journalAtOnceMax,
          ),
        );
      every(3600, 'drop what is over', () => dropOldSessions(ctx.db.system, daysAgo(keptDays)));
    },
    async stop(): Promise<void> {
      stopped = true;
      modules.checker.stop();
      await Promise.all(underWay);
    },
  };
}

/** Batches, one transaction each, until one is not full: what comes in faster than a batch a turn is caught up with. */
async function untilShort(batch: () => Promise<number>, full = keysAtOnceMax): Promise<void> {
  for (;;) if ((await batch()) < full) return;
}

/** Work that names an agent who is offline, whatever happened: what a crash between two commits can leave behind. */
export async function returnStrayWork(ctx: Context): Promise<number> {
  // Whoever is back while this goes on keeps what came to them since it looked.
  const until = ctx.clock.now();
  const holders = await agentsWithWork(ctx.db.system);
  if (holders.length === 0) return 0;
  const known = new Map((await heads(ctx.db.system, holders)).map((row) => [row.agent_id, row]));
  let returned = 0;
  for (const agentId of holders) {
    const head = known.get(agentId);
    if (head === undefined || head.state === 'offline') {
      returned += await returnWork(ctx, {
        agentId,
        reason: head?.reason ?? 'signed-out',
        until,
      });
    }
  }
  return returned;
}

/** A customer who waits and has been away for long is not waiting any more. */
export async function endAbsent(ctx: Context, modules: Pick<Modules, 'chatLive'>): Promise<number> {
  const waiting = (await openInteractions(ctx.db.system)).filter(
    (row) => row.channel === 'chat' && (row.state === 'waiting' || row.state === 'offered'),
  );
  const away = waiting.filter((row) => !modules.chatLive.isThere(row.thread_id)).map((row) => row.thread_id);
  if (away.length === 0) return 0;
  const before = new Date(ctx.clock.now().getTime() - absenceMinutes * 60_000);
  const gone = new Set(await awaySince(ctx.db.system, away, before));
  for (const row of waiting)
    if (gone.has(row.thread_id))
      await abandonInteraction(ctx, { interactionId: row.id, reason: 'customer-away' });
  return gone.size;
}
