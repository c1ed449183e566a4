import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Act,
  acts,
  advance,
  interactionById,
  kindOf,
  returnWork,
  type State,
  setCapacity,
  stateAfter,
  states,
  statesWithAgent,
  statesWithSlot,
} from '#src/modules/interactions/index.ts';
import type { Context } from '#src/platform/context.ts';
import { isRefusal } from '#src/platform/refusal.ts';
import { type Centre, done, makeCentre, refusalOf } from '#test/support/centre.ts';
import { testDatabase } from '#test/support/database.ts';
import { eventually } from '#test/support/eventually.ts';
import {
  contradictions,
  fieldsOf,
  holdRow,
  interactionIn,
  standing,
  waitingForLock,
} from '#test/support/spine.ts';

const refusedInState = (state: State, act: Act) =>
  state === 'closed' || state === 'abandoned'
    ? 'interaction-already-over'
    : act === 'accept' || act === 'decline'
      ? 'interaction-not-offered-to-you'
      : 'act-not-possible-now';

test('every act moves an interaction as the table of its life says, or moves nothing and says why', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 1, capacity: { chat: 50 } });
  const agentId = centre.agents[0]!.id;
  for (const state of states) {
    for (const act of acts) {
      const { id } = await interactionIn(state, ctx, centre);
      const before = await standing(ctx.db.system, id);
      if (act === 'expire') clock.pass(21_000);
      const fields = { interactionId: id, ...fieldsOf(act, { agentId, at: clock.now() }) };
      const answer = await advance(
        ctx,
        act,
        act === 'accept' || act === 'decline' ? { ...fields, agentId } : fields,
      );
      const after = await standing(ctx.db.system, id);
      const name = `${act} from ${state}`;
      const to = stateAfter(state, act);
      if (to === undefined) {
        assert.equal(refusalOf(answer), refusedInState(state, act), name);
        assert.deepEqual(after, before, name);
      } else {
        assert.equal(done(answer).row.state, to, name);
        assert.deepEqual(done(answer).row, after.row, name);
        assert.deepEqual(after.seqs, [...before.seqs, before.row.seq + 1], name);
        assert.equal(after.kinds.at(-1), kindOf[act], name);
        assert.equal(after.row.seq, before.row.seq + 1, name);
        const keeps = statesWithSlot.includes(to) || act === 'interrupt';
        assert.equal(after.slots.length, keeps ? 1 : 0, name);
        assert.equal(after.row.agent_id, statesWithAgent.includes(to) ? agentId : null, name);
        assert.deepEqual(after.row.arrived_at, before.row.arrived_at, `${name} keeps its place`);
        const frees = statesWithSlot.includes(state) && !keeps;
        assert.equal(done(answer).freedAgentId, frees ? agentId : null, name);
      }
      if (after.slots.length > 0) await emptyHands(ctx, id, agentId);
    }
  }
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

/** So that one agent suffices for all: what still holds a slot is brought to an end. */
async function emptyHands(ctx: Context, interactionId: string, agentId: string): Promise<void> {
  const row = await interactionById(ctx.db.system, interactionId);
  const act = row?.state === 'wrapping' ? 'settle' : row?.state === 'parked' ? 'release' : 'loseAgent';
  done(await advance(ctx, act, { interactionId, ...fieldsOf(act, { agentId, at: ctx.clock.now() }) }));
}

test('an act of somebody else than the agent who holds the interaction moves nothing', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx, { agents: 2 });
  const [holder, other] = centre.agents as [Centre['agents'][0], Centre['agents'][0]];
  const offered = await interactionIn('offered', ctx, centre, holder.id);
  for (const act of ['accept', 'decline'] as const) {
    const answer = await advance(ctx, act, {
      interactionId: offered.id,
      agentId: other.id,
      at: ctx.clock.now(),
    });
    assert.equal(refusalOf(answer), 'interaction-not-offered-to-you');
  }
  const handled = await interactionIn('handling', ctx, centre, holder.id);
  for (const act of ['end', 'park', 'loseAgent'] as const) {
    const answer = await advance(ctx, act, {
      interactionId: handled.id,
      agentId: other.id,
      at: ctx.clock.now(),
    });
    assert.equal(refusalOf(answer), 'not-your-interaction');
  }
  assert.equal((await interactionById(ctx.db.system, handled.id))?.state, 'handling');
});

test('an act of somebody who does not see the client finds no interaction', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const agentId = centre.agents[0]!.id;
  const other = await makeCentre(ctx, { name: 'Another client', agents: 0 });
  const offered = await interactionIn('offered', ctx, centre);
  const at = ctx.clock.now();
  const foreign = await advance(ctx, 'accept', {
    interactionId: offered.id,
    agentId,
    at,
    clients: other.clients,
  });
  assert.equal(refusalOf(foreign), 'interaction-unknown');
  const blind = await advance(ctx, 'accept', { interactionId: offered.id, agentId, at, clients: [] });
  assert.equal(refusalOf(blind), 'interaction-unknown');
  done(await advance(ctx, 'accept', { interactionId: offered.id, agentId, at, clients: centre.clients }));
});

test('an offer does not end before its time, whichever timer says so', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx);
  const { id } = await interactionIn('offered', ctx, centre);
  clock.pass(19_000);
  const early = await advance(ctx, 'expire', { interactionId: id, at: clock.now() });
  assert.equal(refusalOf(early), 'act-not-possible-now');
  clock.pass(1_000);
  const { row } = done(await advance(ctx, 'expire', { interactionId: id, at: clock.now() }));
  assert.deepEqual([row.state, row.not_to], ['waiting', [centre.agents[0]!.id]]);
});

test('who declined it or let it pass is remembered until somebody accepts it', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 3 });
  const [first, second, third] = centre.agents.map(({ id }) => id) as [string, string, string];
  const { id } = await centre.arrive();
  const act = async (what: Act, agentId: string) =>
    done(
      await advance(ctx, what, {
        interactionId: id,
        ...fieldsOf(what, { agentId, at: clock.now() }),
        agentId,
      }),
    ).row;
  await act('offer', first);
  assert.deepEqual((await act('decline', first)).not_to, [first]);
  await act('offer', second);
  clock.pass(20_000);
  assert.deepEqual((await act('expire', second)).not_to, [first, second]);
  await act('offer', third);
  const taken = await act('accept', third);
  assert.deepEqual([taken.not_to, taken.handled_by], [[], third]);
});

test('when many are offered to one agent at once, exactly as many as they can hold go to them', async () => {
  for (const k of [1, 3, 8]) {
    await using own = await testDatabase();
    const { ctx } = own;
    const centre = await makeCentre(ctx, { capacity: { chat: k } });
    const agentId = centre.agents[0]!.id;
    const waiting = await Promise.all(Array.from({ length: 16 }, () => centre.arrive()));
    const answers = await Promise.all(
      waiting.map(({ id }) =>
        advance(ctx, 'offer', { interactionId: id, ...fieldsOf('offer', { agentId, at: ctx.clock.now() }) }),
      ),
    );
    assert.equal(answers.filter((answer) => !isRefusal(answer)).length, k);
    for (const answer of answers) if (isRefusal(answer)) assert.equal(answer.refused, 'agent-at-capacity');
    assert.deepEqual(await contradictions(ctx.db.owner), []);
  }
});

test('the database refuses one too many, whatever the program does', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx, { capacity: { chat: 1 } });
  const agentId = centre.agents[0]!.id;
  await interactionIn('handling', ctx, centre);
  const { id } = await centre.arrive();
  const take = (slot: number) =>
    ctx.db.system`insert into assignment values (${agentId}, 'chat', ${slot}, ${id}, now())`;
  await assert.rejects(take(1), /assignment_pkey/);
  await assert.rejects(take(2), /assignment_agent_id_channel_slot_fkey/);
});

test('parked work is taken up only into a free place, and so is its end', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx, { capacity: { chat: 1 } });
  const agentId = centre.agents[0]!.id;
  const parked = await interactionIn('parked', ctx, centre);
  const held = await interactionIn('handling', ctx, centre);
  for (const act of ['resume', 'end'] as const) {
    const answer = await advance(ctx, act, { interactionId: parked.id, agentId, at: ctx.clock.now() });
    assert.equal(refusalOf(answer), 'agent-at-capacity');
    assert.equal((await interactionById(ctx.db.system, parked.id))?.seq, parked.seq);
  }
  done(await advance(ctx, 'park', { interactionId: held.id, agentId, at: ctx.clock.now() }));
  done(await advance(ctx, 'resume', { interactionId: parked.id, agentId, at: ctx.clock.now() }));
  done(await advance(ctx, 'park', { interactionId: parked.id, agentId, at: ctx.clock.now() }));
  done(await advance(ctx, 'end', { interactionId: held.id, agentId, at: ctx.clock.now() }));
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('a lowered limit takes nothing away from the agent, but gives them no more', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx, { capacity: { chat: 2 } });
  const agentId = centre.agents[0]!.id;
  const first = await interactionIn('handling', ctx, centre);
  const second = await interactionIn('handling', ctx, centre);
  await setCapacity(ctx.db.system, agentId, { chat: 1 });
  assert.equal((await standing(ctx.db.system, first.id)).slots.length, 1);
  assert.equal((await standing(ctx.db.system, second.id)).slots.length, 1);
  const { id } = await centre.arrive();
  const offer = () =>
    advance(ctx, 'offer', { interactionId: id, ...fieldsOf('offer', { agentId, at: ctx.clock.now() }) });
  assert.equal(refusalOf(await offer()), 'agent-at-capacity');
  done(await advance(ctx, 'park', { interactionId: second.id, agentId, at: ctx.clock.now() }));
  assert.equal(refusalOf(await offer()), 'agent-at-capacity', 'the retired place is free, and stays so');
  done(await advance(ctx, 'park', { interactionId: first.id, agentId, at: ctx.clock.now() }));
  done(await offer());
});

test('a lowered limit counts what is still held above it, whichever place becomes free first', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx, { capacity: { chat: 2 } });
  const agentId = centre.agents[0]!.id;
  const first = await interactionIn('handling', ctx, centre);
  const second = await interactionIn('handling', ctx, centre);
  await setCapacity(ctx.db.system, agentId, { chat: 1 });
  done(await advance(ctx, 'park', { interactionId: first.id, agentId, at: ctx.clock.now() }));
  const { id } = await centre.arrive();
  const offer = () =>
    advance(ctx, 'offer', { interactionId: id, ...fieldsOf('offer', { agentId, at: ctx.clock.now() }) });
  assert.equal(refusalOf(await offer()), 'agent-at-capacity');
  assert.equal(
    refusalOf(await advance(ctx, 'resume', { interactionId: first.id, agentId, at: ctx.clock.now() })),
    'agent-at-capacity',
  );
  done(await advance(ctx, 'park', { interactionId: second.id, agentId, at: ctx.clock.now() }));
  done(await offer());
});

test('when an agent is lost, what they hold returns to its old place, is settled or stays parked, and once', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { capacity: { chat: 5 } });
  const agentId = centre.agents[0]!.id;
  const held = {
    offered: await interactionIn('offered', ctx, centre),
    handling: await interactionIn('handling', ctx, centre),
    parked: await interactionIn('parked', ctx, centre),
    wrapping: await interactionIn('wrapping', ctx, centre),
  };
  clock.pass(60_000);
  const lose = () => returnWork(ctx, { agentId, reason: 'connection-lost', until: clock.now() });
  assert.equal(await lose(), 3);
  const now = async (state: keyof typeof held) => (await standing(ctx.db.system, held[state].id)).row;
  for (const state of ['offered', 'handling'] as const) {
    const row = await now(state);
    assert.deepEqual([row.state, row.agent_id], ['waiting', null]);
    assert.deepEqual(row.arrived_at, held[state].arrived_at);
  }
  assert.deepEqual(
    [(await now('wrapping')).state, (await now('wrapping')).outcome_code],
    ['closed', 'not-recorded'],
  );
  assert.deepEqual([(await now('parked')).state, (await now('parked')).agent_id], ['parked', agentId]);
  assert.equal(await lose(), 0);
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('what came to an agent after they were back stays theirs', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx);
  const agentId = centre.agents[0]!.id;
  const old = await interactionIn('handling', ctx, centre);
  const lostAt = clock.now();
  clock.pass(5_000);
  const fresh = await interactionIn('handling', ctx, centre);
  assert.equal(await returnWork(ctx, { agentId, reason: 'connection-lost', until: lostAt }), 1);
  assert.equal((await interactionById(ctx.db.system, old.id))?.state, 'waiting');
  assert.equal((await interactionById(ctx.db.system, fresh.id))?.state, 'handling');
});

// The statement of an act sees the assignments as they were when it began; then it may wait for the row. These hold the row with one
// act under way, let the other wait for it, and look at what comes of it.

test('a customer who leaves at the very moment of an offer leaves no place taken', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const agentId = centre.agents[0]!.id;
  const { id } = await centre.arrive();
  const letGo = await holdRow(ctx, id);
  const offered = advance(ctx, 'offer', {
    interactionId: id,
    ...fieldsOf('offer', { agentId, at: ctx.clock.now() }),
  });
  await eventually('the offer waits for the row', async () => (await waitingForLock(ctx.db.owner)) === 1);
  const left = advance(ctx, 'abandon', {
    interactionId: id,
    at: ctx.clock.now(),
    body: { reason: 'customer-left' },
  });
  await eventually('the customer waits for it too', async () => (await waitingForLock(ctx.db.owner)) === 2);
  await letGo();
  done(await offered);
  assert.equal(done(await left).freedAgentId, agentId);
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('an exchange that is ended while its agent sets it aside holds a place again', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const agentId = centre.agents[0]!.id;
  const { id } = await interactionIn('handling', ctx, centre);
  const letGo = await holdRow(ctx, id);
  const parked = advance(ctx, 'park', { interactionId: id, agentId, at: ctx.clock.now() });
  await eventually('parking waits for the row', async () => (await waitingForLock(ctx.db.owner)) === 1);
  const ended = advance(ctx, 'end', { interactionId: id, at: ctx.clock.now(), body: { by: 'customer' } });
  await eventually('the end waits for it too', async () => (await waitingForLock(ctx.db.owner)) === 2);
  await letGo();
  done(await parked);
  done(await ended);
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('an offer that is declined and accepted at once is one of the two', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const agentId = centre.agents[0]!.id;
  for (let round = 0; round < 10; round++) {
    const { id } = await interactionIn('offered', ctx, centre);
    const answers = await Promise.all(
      (['accept', 'decline', 'accept'] as const).map((act) =>
        advance(ctx, act, { interactionId: id, agentId, at: ctx.clock.now() }),
      ),
    );
    assert.equal(answers.filter((answer) => !isRefusal(answer)).length, 1);
    for (const answer of answers)
      if (isRefusal(answer)) assert.equal(answer.refused, 'interaction-not-offered-to-you');
    await returnWork(ctx, { agentId, reason: 'signed-out', until: ctx.clock.now() });
  }
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});
