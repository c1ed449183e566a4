import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Context } from '#src/platform/context.ts';
import { ensurePartitions, monthStart } from '#src/platform/db/partitions.ts';
import { openPool, type Queryable, type Sql } from '#src/platform/db/sql.ts';
import { createDispatcher, type Reaction, type Timing } from '#src/platform/events/dispatcher.ts';
import {
  eventsPast,
  holderOfLog,
  lags,
  moveCursor,
  retryMark,
  takeCursor,
} from '#src/platform/events/queries.ts';
import { newId } from '#src/platform/ids.ts';
import { addressOf, emptyDatabase, testDatabase } from '#test/support/database.ts';
import { eventually } from '#test/support/eventually.ts';
import { ownCluster } from '#test/support/own-cluster.ts';
import { openTransaction } from '#test/support/spine.ts';

// Reading the log, on a server of its own: an open transaction anywhere on it holds the log back, which is what is shown here.

after(async () => (await ownCluster()).stop());
const own = async () => testDatabase({ cluster: await ownCluster() });

/** Appends an event as the program does, with whatever xid its transaction has. */
async function append(db: Queryable, stream: string, seq: number, kind = 'test.happened'): Promise<void> {
  await db`insert into event (stream, seq, kind, at) values (${stream}, ${seq}, ${kind}, now())`;
}

/** A reaction that notes what it is told, and does what the test says. */
function noting(
  act: (seq: number, stream: string) => void = () => {},
): Reaction & { seen: string[]; names: Map<string, string> } {
  const seen: string[] = [];
  const names = new Map<string, string>();
  return {
    name: 'note',
    kind: 'test.happened',
    seen,
    names,
    async react(_ctx, { stream, seq }) {
      act(seq, stream);
      seen.push(`${names.get(stream) ?? 'a'}${seq}`);
    },
  };
}

const dispatcherOf = (ctx: Context, reaction: Reaction, timing: Partial<Timing> = {}) =>
  createDispatcher(ctx, [reaction], timing);

/** A transaction that is left open: it writes nothing of ours unless told, but has its xid. */
const openWriter = (
  db: Sql,
  act: (tx: Queryable) => PromiseLike<unknown> = (tx) => tx`select pg_current_xact_id()`,
) => openTransaction(db, act);

test('a seq that stands in the log already is refused', async () => {
  await using database = await own();
  const { db, clock } = database;
  const stream = newId(clock.now());
  await append(db.system, stream, 1);
  await assert.rejects(append(db.system, stream, 1), /event_2026_03_pkey/);

  // A log in partitions of its times, which is the usual way, cannot refuse it: the time must stand in its key.
  await db.owner.unsafe(`
    create table usual (stream uuid, seq integer, at timestamptz, primary key (stream, seq, at)) partition by range (at);
    create table usual_all partition of usual for values from (minvalue) to (maxvalue)`);
  await db.owner`insert into usual values (${stream}, 1, now())`;
  await db.owner`insert into usual values (${stream}, 1, now() + interval '1 second')`;
  assert.equal((await db.owner`select from usual`).length, 2);
});

test('what happened first in a stream is handled first, also when its transaction began later', async () => {
  for (const batch of [1, 2, 200]) {
    await using database = await own();
    const { ctx, db, clock } = database;
    const stream = newId(clock.now());
    const reaction = noting();
    const dispatcher = dispatcherOf(ctx, reaction, { batch });
    await append(db.system, stream, 1);
    // The later act has its xid before the earlier one, then waits for the row.
    await db.system.begin(async (tx) => {
      await tx`select pg_current_xact_id()`;
      await append(db.system, stream, 2);
      await append(tx as Queryable, stream, 3);
    });
    await append(db.system, stream, 4);
    const log = await eventsPast(db.system, { xid: '0', id: '0' }, 10);
    assert.deepEqual(
      log.map(({ seq }) => seq),
      [1, 3, 2, 4],
      'the log itself is in another order',
    );
    await dispatcher.runOnce();
    assert.deepEqual(reaction.seen, ['a1', 'a2', 'a3', 'a4'], `batches of ${batch}`);
    assert.deepEqual(
      [...(await db.owner`select * from reaction_stream`)],
      [],
      'no stream keeps a row of its own',
    );
    await dispatcher.runOnce();
    assert.equal(reaction.seen.length, 4);
  }
});

test('an event whose transaction commits late is not skipped', async () => {
  await using database = await own();
  const { ctx, db, clock } = database;
  const [early, late] = [newId(clock.now()), newId(clock.now())];
  const reaction = noting();
  reaction.names.set(early, 'early').set(late, 'late');
  const dispatcher = dispatcherOf(ctx, reaction);

  // Whoever reads on by the events' ids alone passes over what is not committed yet, for good.
  let usualCursor = '0';
  const usual: string[] = [];
  const readUsual = async () => {
    for (const row of await db.system<{ stream: string; id: string }[]>`
      select stream, id::text from event where id > ${usualCursor}::bigint order by id`) {
      usual.push(reaction.names.get(row.stream)!);
      usualCursor = row.id;
    }
  };
  const commit = await openWriter(db.system, (tx) => append(tx, early, 1));
  await append(db.system, late, 1);
  await readUsual();
  await dispatcher.runOnce();
  assert.deepEqual(reaction.seen, []);
  await commit();
  await readUsual();
  await dispatcher.runOnce();
  assert.deepEqual(usual, ['late']);
  assert.deepEqual(reaction.seen, ['early1', 'late1']);
});

test('an event that was undone is not waited for', async () => {
  await using database = await own();
  const { ctx, db, clock } = database;
  const stream = newId(clock.now());
  const reaction = noting();
  const dispatcher = dispatcherOf(ctx, reaction);
  const end = await openWriter(db.system, (tx) => append(tx, newId(clock.now()), 1));
  await append(db.system, stream, 1);
  await dispatcher.runOnce();
  assert.deepEqual(reaction.seen, []);
  await end('undo');
  await dispatcher.runOnce();
  assert.deepEqual(reaction.seen, ['a1']);
});

test('a writer of another database holds the log back, is named, and nothing is skipped', async () => {
  await using database = await own();
  const { ctx, db, clock } = database;
  const cluster = await ownCluster();
  await using elsewhere = await emptyDatabase({ cluster });
  const foreign = openPool(addressOf(cluster, elsewhere.name), 'owner', { max: 2, name: 'a nightly import' });
  try {
    const stream = newId(clock.now());
    const reaction = noting();
    const dispatcher = dispatcherOf(ctx, reaction);
    // The one that began first is not the one that holds the log: it has written nothing until after the other.
    const reader = await openWriter(foreign, (tx) => tx`select`);
    const end = await openWriter(foreign);
    await append(db.system, stream, 1);
    await dispatcher.runOnce();
    assert.deepEqual(reaction.seen, []);
    const [lag] = await lags(db.system, new Date(Date.now() + 60_000));
    assert.equal(lag?.waiting, true);
    assert.ok(lag.seconds >= 59 && lag.seconds < 120, `${lag.seconds}`);
    const holder = await holderOfLog(db.owner);
    assert.match(
      holder?.what ?? '',
      new RegExp(`^process \\d+ of parley in database ${elsewhere.name} \\(a nightly import\\)$`),
    );
    assert.ok(holder!.seconds >= 0 && holder!.seconds < 60);
    // The role that serves may see it as well: the figure is read with its rights.
    await eventually('its age is told', async () => ((await holderOfLog(db.system))?.seconds ?? 0) > 0.05);
    assert.equal((await holderOfLog(db.system))?.what, holder?.what);
    await end();
    await reader();
    await dispatcher.runOnce();
    assert.deepEqual(reaction.seen, ['a1']);
    assert.equal((await lags(db.system, new Date()))[0]?.waiting, false);
    assert.equal(await holderOfLog(db.owner), undefined);
  } finally {
    await foreign.end({ timeout: 5 });
  }
});

test('of several open writers the one that holds the log back is named, not the one open longest', async () => {
  await using database = await own();
  const { db } = database;
  const { promise: wrote, resolve: write } = Promise.withResolvers<void>();
  const { promise: began, resolve: isOpen } = Promise.withResolvers<void>();
  const { promise: end, resolve: finish } = Promise.withResolvers<void>();
  const { promise: has, resolve: hasXid } = Promise.withResolvers<void>();
  const first = db.system.begin(async (tx) => {
    await tx`select set_config('application_name', 'open longest', false)`;
    isOpen();
    await wrote;
    await tx`select pg_current_xact_id()`;
    hasXid();
    await end;
    await tx`select set_config('application_name', 'parley system', false)`;
  });
  await began;
  const commit = await openWriter(db.owner, async (tx) => tx`select pg_current_xact_id()`);
  write();
  await has;
  assert.match((await holderOfLog(db.system))?.what ?? '', /\(parley owner\)$/);
  await commit();
  assert.match((await holderOfLog(db.system))?.what ?? '', /\(open longest\)$/);
  finish();
  await first;
});

test('a prepared transaction holds the log back and is named', async () => {
  await using database = await own();
  const { ctx, db, clock } = database;
  const stream = newId(clock.now());
  const reaction = noting();
  const dispatcher = dispatcherOf(ctx, reaction);
  const one = await db.owner.reserve();
  try {
    await one`begin`;
    await append(one, newId(clock.now()), 1);
    await one`prepare transaction 'forgotten'`;
    await append(db.system, stream, 1);
    await dispatcher.runOnce();
    assert.deepEqual(reaction.seen, []);
    assert.match(
      (await holderOfLog(db.system))?.what ?? '',
      /^prepared transaction forgotten of parley in database t_/,
    );
    await one`rollback prepared 'forgotten'`;
  } finally {
    one.release();
  }
  await dispatcher.runOnce();
  assert.deepEqual(reaction.seen, ['a1']);
});

test('a new event of an old stream, which lies in the oldest partition, is delivered', async () => {
  await using database = await own();
  const { ctx, db, clock } = database;
  const long = monthStart(clock.now(), -18);
  await ensurePartitions(db.owner, clock.now(), long);
  const [old, young] = [newId(long), newId(clock.now())];
  const reaction = noting();
  reaction.names.set(old, 'old').set(young, 'young');
  const dispatcher = dispatcherOf(ctx, reaction);
  await append(db.system, old, 1);
  await append(db.system, young, 1);
  await dispatcher.runOnce();
  await append(db.system, old, 2);
  assert.deepEqual(
    [
      ...(await db.system`select tableoid::regclass::text as partition from event where stream = ${old} and seq = 2`),
    ],
    [{ partition: 'event_2024_09' }],
  );
  // Whoever reads on from the newest stream, as ids in order of time invite to, does not find it.
  assert.equal((await db.system`select from event where stream > ${young}`).length, 0);
  await dispatcher.runOnce();
  assert.deepEqual(reaction.seen, ['old1', 'young1', 'old2']);
});

test('an event that a reaction cannot bear parks its stream only, and in order it goes on after', async () => {
  await using database = await own();
  const { ctx, db, clock } = database;
  const [poisoned, sound] = [newId(clock.now()), newId(clock.now())];
  let poison = true;
  const reaction = noting((seq, stream) => {
    if (poison && stream === poisoned && seq === 2) throw new Error('cannot bear it');
  });
  reaction.names.set(poisoned, 'poisoned').set(sound, 'sound');
  const dispatcher = dispatcherOf(ctx, reaction, { attemptsMax: 3 });
  for (const seq of [1, 2, 3]) for (const stream of [poisoned, sound]) await append(db.system, stream, seq);
  await dispatcher.runOnce();
  assert.deepEqual(reaction.seen.toSorted(), ['poisoned1', 'sound1', 'sound2', 'sound3']);
  const mark = async () =>
    (
      await db.owner<
        { attempts: number; parked_at: Date | null; parked_seq: number; error: string }[]
      >`select attempts, parked_at, parked_seq, error from reaction_stream`
    )[0];
  assert.deepEqual(await mark(), { attempts: 1, parked_at: null, parked_seq: 2, error: 'cannot bear it' });
  await dispatcher.runOnce();
  assert.equal((await mark())?.attempts, 1, 'it is not tried before its time');
  for (const ms of [1_000, 4_000]) {
    clock.pass(ms);
    await dispatcher.runOnce();
  }
  assert.deepEqual(await mark(), {
    attempts: 3,
    parked_at: clock.now(),
    parked_seq: 2,
    error: 'cannot bear it',
  });
  assert.deepEqual(
    database.logged.map(({ level, msg }) => [level, msg]),
    [
      ['warn', 'A reaction failed; it is tried again.'],
      ['warn', 'A reaction failed; it is tried again.'],
      ['error', 'A reaction failed too often and its stream is parked; all others go on.'],
    ],
  );
  await append(db.system, poisoned, 4);
  await append(db.system, sound, 4);
  await dispatcher.runOnce();
  assert.deepEqual(reaction.seen.at(-1), 'sound4');
  // A person may say: try again now. It fails again, and stays where it is.
  assert.equal(await retryMark(db.system, 'note', sound, clock.now()), false);
  assert.equal(await retryMark(db.system, 'note', poisoned, clock.now()), true);
  await dispatcher.runOnce();
  assert.equal((await mark())?.attempts, 4);
  // Now and then it is tried again by itself.
  poison = false;
  reaction.seen.length = 0;
  clock.pass(3_600_000);
  await dispatcher.runOnce();
  assert.deepEqual(reaction.seen, ['poisoned2', 'poisoned3', 'poisoned4']);
  assert.equal(await mark(), undefined);
  poison = true;
  await append(db.system, poisoned, 5);
  await dispatcher.runOnce();
  assert.equal(reaction.seen.at(-1), 'poisoned5');
});

test('a stream that failed is made good in its own order, also where the log has another', async () => {
  for (const batch of [1, 3]) {
    await using database = await own();
    const { ctx, db, clock } = database;
    const stream = newId(clock.now());
    let failures = 2;
    const reaction = noting((seq) => {
      if (seq === 1 && failures-- > 0) throw new Error('not yet');
    });
    const dispatcher = dispatcherOf(ctx, reaction, { batch, retryMs: () => 0 });
    await append(db.system, stream, 1);
    await db.system.begin(async (tx) => {
      await tx`select pg_current_xact_id()`;
      for (const seq of [2, 3]) await append(db.system, stream, seq);
      await append(tx as Queryable, stream, 4);
    });
    // The log says 1, 4, 2, 3: a retry comes when 4 was read, and 2 and 3 were not.
    await dispatcher.runOnce();
    await dispatcher.runOnce();
    assert.deepEqual(reaction.seen, ['a1', 'a2', 'a3', 'a4'], `batches of ${batch}`);
    assert.deepEqual([...(await db.owner`select * from reaction_stream`)], []);
  }
});

test('one node runs a reaction; the next takes over when its lease is out, and moves on from where it stood', async () => {
  await using database = await own();
  const { ctx, db, clock } = database;
  const second = database.anotherNode();
  const stream = newId(clock.now());
  const [here, there] = [noting(), noting()];
  const [first, other] = [
    dispatcherOf(ctx, here, { leaseMs: 300 }),
    dispatcherOf(second, there, { leaseMs: 300 }),
  ];
  await append(db.system, stream, 1);
  await first.runOnce();
  await other.runOnce();
  assert.deepEqual([here.seen, there.seen], [['a1'], []]);
  const stalled = (await takeCursor(db.system, 'note', ctx.node, 300))!;
  await append(db.system, stream, 2);
  await eventually('the lease is out', async () => {
    await other.runOnce();
    return there.seen.length > 0;
  });
  assert.deepEqual(there.seen, ['a2']);
  // The one that stalled wakes up with what it had read: the cursor is no longer its to move.
  assert.equal(await moveCursor(db.system, 'note', stalled.epoch, { xid: '1', id: '1' }), false);
});

test('a node that is slow over a batch keeps its lease, and stops when it lost it', async () => {
  await using database = await own();
  const { ctx, db, clock } = database;
  const second = database.anotherNode();
  const streams = Array.from({ length: 6 }, () => newId(clock.now()));
  let steal = false;
  const reaction = noting();
  const note = reaction.react;
  reaction.react = async (at, event) => {
    await note(at, event);
    clock.pass(60);
    if (steal)
      await db.owner`update reaction_cursor set node = ${second.node}, epoch = epoch + 1, lease_until = now() + interval '1 minute'`;
    steal = false;
  };
  const dispatcher = dispatcherOf(ctx, reaction, { leaseMs: 100 });
  for (const stream of streams) await append(db.system, stream, 1);
  await dispatcher.runOnce();
  assert.equal(reaction.seen.length, 6);
  const [{ epoch } = {}] = await db.owner<{ epoch: string }[]>`select epoch::text from reaction_cursor`;
  assert.equal(epoch, '1', 'it never let go of it');

  for (const stream of streams) await append(db.system, stream, 2);
  steal = true;
  await dispatcher.runOnce();
  assert.equal(reaction.seen.length, 7, 'the rest of the batch is the other node’s');
  const [{ place } = {}] = await db.owner<
    { place: string }[]
  >`select (xid, id)::text as place from reaction_cursor`;
  await dispatcherOf(second, noting()).runOnce();
  const [{ moved } = {}] = await db.owner<
    { moved: boolean }[]
  >`select (xid, id)::text <> ${place!} as moved from reaction_cursor`;
  assert.equal(moved, true);
});

test('a runner that stops lets the next one begin at once', async () => {
  await using database = await own();
  const { ctx, db, clock } = database;
  const there = noting();
  const dispatcher = dispatcherOf(ctx, noting());
  await dispatcher.runOnce();
  await dispatcher.stop();
  await append(db.system, newId(clock.now()), 1);
  await dispatcherOf(database.anotherNode(), there).runOnce();
  assert.deepEqual(there.seen, ['a1']);
});
