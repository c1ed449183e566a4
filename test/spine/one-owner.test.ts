import assert from 'node:assert/strict';
import { test } from 'node:test';
import { advance, advanceStatement, type Fence, interactionById } from '#src/modules/interactions/index.ts';
import { createLease, lease, pool } from '#src/modules/routing/lease.ts';
import { releaseLease, renewLease, takeLease } from '#src/modules/routing/queries.ts';
import { leaseRecord } from '#src/modules/routing/record.ts';
import type { Context } from '#src/platform/context.ts';
import { openPool, type Queryable } from '#src/platform/db/sql.ts';
import { done, makeCentre, refusalOf } from '#test/support/centre.ts';
import { testDatabase } from '#test/support/database.ts';
import { eventually } from '#test/support/eventually.ts';
import {
  contradictions,
  fieldsOf,
  holdRow,
  openTransaction,
  standing,
  waitingForLock,
} from '#test/support/spine.ts';

async function takeOver(ctx: Context): Promise<string> {
  return (await takeLease(ctx.db.system, pool, ctx.node, 60_000, true))!;
}

test('a decision of an earlier owner that waits while the pool changes hands moves nothing', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const successor = own.anotherNode();
  const centre = await makeCentre(ctx);
  const agentId = centre.agents[0]!.id;
  const { id, seq } = await centre.arrive();
  const fence: Fence = { pool, epoch: await takeOver(ctx) };
  const letGo = await holdRow(ctx, id);
  const decided = advance(ctx, 'offer', {
    interactionId: id,
    ...fieldsOf('offer', { agentId, at: ctx.clock.now() }),
    fence,
    why: { rule: 'longest-idle' },
  });
  await eventually('the decision waits for the row', async () => (await waitingForLock(ctx.db.owner)) === 1);
  // It holds the lease row by its key, so the next owner waits until the statement has come to its end, whichever that is …
  let epoch: string | undefined;
  const taking = takeOver(successor).then((got) => (epoch = got));
  await eventually(
    'the next owner waits for the decision',
    async () => (await waitingForLock(ctx.db.owner)) === 2,
  );
  assert.equal(epoch, undefined);
  await letGo();
  done(await decided);
  await taking;
  // … and only then reads what is true: nothing is written behind its back.
  assert.equal((await interactionById(successor.db.system, id))?.state, 'offered');

  // From then on, whatever the old one has under way finds its epoch gone.
  done(await advance(ctx, 'decline', { interactionId: id, agentId, at: ctx.clock.now() }));
  const late = await advance(ctx, 'offer', {
    interactionId: id,
    ...fieldsOf('offer', { agentId, at: ctx.clock.now() }),
    fence,
    why: { rule: 'longest-idle' },
  });
  assert.equal(refusalOf(late), 'decision-outdated');
  const after = await standing(ctx.db.system, id);
  assert.deepEqual([after.row.state, after.row.seq, after.slots], ['waiting', seq + 2, []]);
  assert.equal((await ctx.db.owner`select from decision where interaction_id = ${id}`).length, 1);
  done(
    await advance(successor, 'offer', {
      interactionId: id,
      ...fieldsOf('offer', { agentId, at: ctx.clock.now() }),
      fence: { pool, epoch: epoch! },
      why: { rule: 'longest-idle' },
    }),
  );
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('a lease that is only looked at does not fence: the epoch moves under the waiting statement', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const successor = own.anotherNode();
  const centre = await makeCentre(ctx);
  const agentId = centre.agents[0]!.id;
  const offerOf = async (epoch: string) => {
    const { id } = await centre.arrive();
    const { text, values } = advanceStatement('offer', {
      interactionId: id,
      ...fieldsOf('offer', { agentId, at: ctx.clock.now() }),
      fence: { pool, epoch },
    });
    assert.match(text, / for key share\)/);
    return { id, text, values };
  };
  // As one would write it first: the lease row is read in the statement, and not locked.
  const naive = await offerOf(await takeOver(ctx));
  const letGo = await holdRow(ctx, naive.id);
  const underWay = ctx.db.system
    .unsafe(naive.text.replace(' for key share)', ')'), naive.values as never[])
    .execute();
  await eventually('it waits for the row', async () => (await waitingForLock(ctx.db.owner)) === 1);
  const epoch = await takeOver(successor);
  assert.equal(
    (await interactionById(successor.db.system, naive.id))?.state,
    'waiting',
    'what the next owner reads',
  );
  await letGo();
  await underWay;
  assert.equal(
    (await interactionById(successor.db.system, naive.id))?.state,
    'offered',
    'and what was written behind its back',
  );

  // The statement as it is makes the next owner wait.
  const real = await offerOf(epoch);
  const letGoAgain = await holdRow(ctx, real.id);
  const fenced = ctx.db.system.unsafe(real.text, real.values as never[]).execute();
  await eventually('it waits for the row', async () => (await waitingForLock(ctx.db.owner)) === 1);
  const taking = takeOver(successor);
  await eventually('the next owner waits for it', async () => (await waitingForLock(ctx.db.owner)) === 2);
  await letGoAgain();
  assert.equal((await fenced).length, 1);
  await taking;
});

test('a decision upon an older state of the interaction moves nothing', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const agentId = centre.agents[0]!.id;
  const row = await centre.arrive();
  const fence: Fence = { pool, epoch: await takeOver(ctx) };
  const decide = (seq: number) =>
    advance(ctx, 'offer', {
      interactionId: row.id,
      ...fieldsOf('offer', { agentId, at: ctx.clock.now() }),
      seq,
      fence,
    });
  assert.equal(refusalOf(await decide(row.seq - 1)), 'decision-outdated');
  assert.equal(refusalOf(await decide(row.seq + 1)), 'decision-outdated');
  done(await decide(row.seq));
});

test('a decision under way does not keep the owner from renewing its lease, as a lock of the whole row would', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const epoch = await takeOver(ctx);
  const renew = () => renewLease(ctx.db.system, pool, epoch, ctx.node, 60_000);
  const lock = (how: 'key share' | 'share') => (tx: Queryable) =>
    tx.unsafe(`select from pool_owner where pool = $1 and epoch = $2::bigint for ${how}`, [pool, epoch]);
  const underWay = await openTransaction(ctx.db.system, lock('key share'));
  assert.equal(await renew(), true);
  await underWay();
  const whole = await openTransaction(ctx.db.system, lock('share'));
  const renewing = renew();
  await eventually('the renewal waits', async () => (await waitingForLock(ctx.db.owner)) === 1);
  await whole();
  assert.equal(await renewing, true);
});

test('beside sixteen deciders the lease is renewed at once, where locks of the whole row would starve it', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const epoch = await takeOver(ctx);
  const deciders = openPool(own.address, 'system', { max: 16 });
  // Each decider holds its lock for two milliseconds, as a statement that commits does, and takes the next at once.
  const renewals = async (lock: 'key share' | 'share') => {
    let decisions = 0;
    const enough = new AbortController();
    const running = Array.from({ length: 16 }, async () => {
      while (!enough.signal.aborted) {
        await deciders.unsafe(
          `with owner as materialized (select 1 from pool_owner where pool = $1 and epoch = $2::bigint for ${lock}) select pg_sleep(0.002) from owner`,
          [pool, epoch],
        );
        decisions++;
      }
    });
    await eventually('all decide', () => decisions > 100);
    const took: number[] = [];
    for (let renewal = 0; renewal < 9; renewal++) {
      const decided = decisions;
      const begun = performance.now();
      assert.equal(await renewLease(ctx.db.system, pool, epoch, ctx.node, 60_000), true);
      took.push(performance.now() - begun);
      await eventually('they go on', () => decisions > decided + 16);
    }
    enough.abort();
    await Promise.all(running);
    return took.sort((a, b) => a - b)[4]!;
  };
  try {
    const byKey = await renewals('key share');
    const whole = await renewals('share');
    assert.ok(
      byKey < whole,
      `median ${byKey.toFixed(1)} ms beside key shares, ${whole.toFixed(1)} ms beside shares`,
    );
  } finally {
    await deciders.end({ timeout: 5 });
  }
});

test('nobody else takes the pool while its lease lasts, one does when it is over, and only the owner renews it', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const second = own.anotherNode();
  const third = own.anotherNode();
  const first = await takeLease(ctx.db.system, pool, ctx.node, 400, false);
  assert.equal(first, '1');
  assert.equal(await takeLease(second.db.system, pool, second.node, 400, false), undefined);
  assert.equal(await renewLease(second.db.system, pool, '1', second.node, 400), false);
  assert.equal(await renewLease(ctx.db.system, pool, '1', ctx.node, 400), true);
  const both = await eventually('the lease is over', async () => {
    const got = await Promise.all(
      [second, third].map((node) => takeLease(node.db.system, pool, node.node, 60_000, false)),
    );
    return got.some((epoch) => epoch !== undefined) && got;
  });
  assert.deepEqual(
    both.filter((epoch) => epoch !== undefined),
    ['2'],
    'one of the two',
  );
  assert.equal(await renewLease(ctx.db.system, pool, '1', ctx.node, 400), false);
  const winner = both[0] === '2' ? second : third;
  await releaseLease(winner.db.system, pool, '2', winner.node);
  assert.equal(await takeLease(ctx.db.system, pool, ctx.node, 400, false), '3');
});

test('an owner that was stopped knows by its own clock that its time is over, before the lease is', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const rights = createLease(leaseRecord(ctx.db.system, pool, ctx.node), clock);
  assert.equal(await rights.keep(), 'taken');
  assert.equal(rights.epoch(), '1');
  clock.pass(lease.ms - lease.marginMs - 1);
  assert.equal(rights.epoch(), '1');
  clock.pass(1);
  assert.equal(rights.epoch(), undefined);
  const second = own.anotherNode();
  assert.equal(
    await takeLease(second.db.system, pool, second.node, lease.ms, false),
    undefined,
    'it still lasts',
  );
  assert.equal(await rights.keep(), 'kept');
  assert.equal(rights.epoch(), '1');
  // The wall clock may be set to what it likes.
  clock.jump(-3_600_000);
  assert.equal(rights.epoch(), '1');
  clock.jump(7_200_000);
  assert.equal(rights.epoch(), '1');
});
