import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  acceptInteraction,
  advance,
  bringBackInterrupted,
  changeRoutingRules,
  completeInteraction,
  createLineWriter,
  endByCustomer,
  endExchange,
  type InteractionRow,
  interactionById,
  parkInteraction,
  releaseInteraction,
  resumeInteraction,
  returnWork,
  takeInteraction,
  transferInteraction,
} from '#src/modules/interactions/index.ts';
import { signOffPresence } from '#src/modules/presence/index.ts';
import { interactionSeen } from '#src/modules/routing/facts.ts';
import { createRouting, rebuiltEngine } from '#src/modules/routing/shell.ts';
import type { Context } from '#src/platform/context.ts';
import { armFaultPoints } from '#src/platform/fault-point.ts';
import { type AgentOptions, done, makeCentre, refusalOf } from '#test/support/centre.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { eventually } from '#test/support/eventually.ts';
import { contradictions, fieldsOf, holdRow, standing } from '#test/support/spine.ts';

// By the rules of a centre that nobody changed, a call interrupts mail.

const capacity = { voice: 2, email: 2, chat: 2 };
const everybody = () => true;

/** A centre with mail and calls, and one agent unless told. */
async function mailAndCalls(ctx: Context, options: AgentOptions = {}) {
  const centre = await makeCentre(ctx, { agents: 0, capacity });
  const agent = await centre.addAgent({ name: 'Ann', ...options });
  const mail = await centre.addType('email');
  const call = await centre.addType('voice');
  const letter = () => centre.arrive({ typeId: mail.id, channel: 'email' });
  const ringing = () => centre.arrive({ typeId: call.id, channel: 'voice' });
  /** Offered to the agent and taken. */
  const given = async (row: InteractionRow, agentId = agent.id) => {
    const at = ctx.clock.now();
    done(await advance(ctx, 'offer', { interactionId: row.id, ...fieldsOf('offer', { agentId, at }) }));
    return done(await acceptInteraction(ctx, { interactionId: row.id, agentId, clients: centre.clients }));
  };
  const by = (row: { id: string }) => ({
    interactionId: row.id,
    agentId: agent.id,
    clients: centre.clients,
  });
  const now = async (row: { id: string }) => (await interactionById(ctx.db.system, row.id))!;
  return { centre, agent, mail, call, letter, ringing, given, by, now };
}

const finish = async (ctx: Context, by: { interactionId: string; agentId: string; clients: string[] }) => {
  done(await endExchange(ctx, by));
  return done(await completeInteraction(ctx, { ...by, outcomeCode: 'solved' }));
};

async function lastEvent(own: TestDatabase, { id }: { id: string }) {
  const [event] = await own.db.owner<{ kind: string; seq: number; body: Record<string, unknown> }[]>`
    select kind, seq, body from event where stream = ${id} order by seq desc limit 1`;
  return event!;
}

test('a call that is accepted parks the mail with its place kept, in one commit, and its end brings the mail back', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const { agent, letter, ringing, given, by, now } = await mailAndCalls(ctx);
  const mail = await letter();
  await given(mail);
  clock.pass(1_000);
  const call = await ringing();
  const commits: string[][] = [];
  ctx.bus.listen((events) => commits.push(events.map(({ kind }) => kind)));
  const accepted = await given(call);

  assert.deepEqual(
    accepted.beside.map(({ id, state }) => [id, state]),
    [[mail.id, 'parked']],
  );
  assert.deepEqual(commits.at(-1), ['interaction.accepted', 'interaction.interrupted']);
  assert.deepEqual((await lastEvent(own, call)).body, { agentId: agent.id, interrupts: [mail.id] });
  const parked = await standing(ctx.db.system, mail.id);
  assert.deepEqual(
    [parked.row.state, parked.row.agent_id, parked.row.interrupted_by, parked.slots.length],
    ['parked', agent.id, call.id, 1],
  );
  assert.deepEqual((await lastEvent(own, mail)).body, { agentId: agent.id, by: call.id });
  assert.equal(interactionSeen(parked.row).comesBack, true);
  assert.deepEqual(accepted.beside[0], parked.row, 'what is told is what stands there');

  // In wrap-up the agent is with the call still; once its record is complete the mail is theirs again, at the same commit.
  done(await endExchange(ctx, by(call)));
  assert.equal((await now(mail)).state, 'parked');
  clock.pass(1_000);
  const completed = done(await completeInteraction(ctx, { ...by(call), outcomeCode: 'solved' }));
  assert.deepEqual(commits.at(-1), ['interaction.completed', 'interaction.resumed']);
  assert.deepEqual(
    completed.beside.map(({ id, state }) => [id, state]),
    [[mail.id, 'handling']],
  );
  assert.deepEqual((await lastEvent(own, mail)).body, {
    agentId: agent.id,
    why: 'interruption-over',
    after: call.id,
  });
  const back = await standing(ctx.db.system, mail.id);
  assert.deepEqual(back.slots, parked.slots, 'in the very place that was kept');
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('however the interrupting interaction leaves the agent, the mail comes back', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const { centre, agent, letter, ringing, given, by, now } = await mailAndCalls(ctx);
  const other = await centre.addAgent({ name: 'Bob' });
  const mail = await letter();
  await given(mail);
  const ways: Record<string, (call: InteractionRow) => Promise<unknown>> = {
    parked: (call) => parkInteraction(ctx, by(call)),
    transferred: (call) =>
      transferInteraction(ctx, { ...by(call), to: { agentId: other.id }, reason: 'knows it' }),
    lost: (call) =>
      advance(ctx, 'loseAgent', {
        interactionId: call.id,
        agentId: agent.id,
        at: clock.now(),
        body: { reason: 'serves-client-no-more' },
      }),
    done: (call) => finish(ctx, by(call)),
  };
  for (const [name, way] of Object.entries(ways)) {
    clock.pass(1_000);
    const call = await ringing();
    await given(call);
    assert.equal((await now(mail)).state, 'parked', name);
    done((await way(call)) as never);
    assert.deepEqual([(await now(mail)).state, (await now(mail)).interrupted_by], ['handling', null], name);
  }
  // What was parked by hand and is taken up again interrupts like any other.
  const [first] = await ctx.db.owner<{ id: string }[]>`
    select id from interaction where channel = 'voice' and state = 'parked'`;
  const resumed = done(await resumeInteraction(ctx, by(first!)));
  assert.deepEqual(
    resumed.beside.map(({ id }) => id),
    [mail.id],
  );
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('a second call leaves the mail where it is, and it comes back after the last of both', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const { letter, ringing, given, by, now } = await mailAndCalls(ctx);
  const mail = await letter();
  await given(mail);
  const [one, two] = [await ringing(), await ringing()];
  await given(one);
  const second = await given(two);
  assert.deepEqual(second.beside, []);
  await finish(ctx, by(one));
  assert.deepEqual([(await now(mail)).state, (await now(mail)).interrupted_by], ['parked', one.id]);
  assert.equal(await bringBackInterrupted(ctx, everybody), 0, 'and not by the clock either');
  const ended = await finish(ctx, by(two));
  assert.deepEqual(
    ended.beside.map(({ id, state }) => [id, state]),
    [[mail.id, 'handling']],
  );
});

test('calls that end at the same moment each see the other, and the clock brings the mail back', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const { agent, letter, ringing, given, by, now } = await mailAndCalls(ctx);
  const mail = await letter();
  await given(mail);
  const calls = [await ringing(), await ringing()];
  for (const call of calls) {
    await given(call);
    done(await endExchange(ctx, by(call)));
  }
  // Both statements begin before either is committed.
  const hold = await own.db.owner.reserve();
  await hold`begin`;
  await hold`select from interaction where id = any (${calls.map(({ id }) => id)}::uuid[]) for update`;
  const both = calls.map((call) => completeInteraction(ctx, { ...by(call), outcomeCode: 'solved' }));
  await eventually('both wait for the rows', async () => {
    const [row] = await ctx.db.owner<{ count: number }[]>`
      select count(*)::integer as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    return row!.count === 2;
  });
  await hold`commit`;
  hold.release();
  for (const answer of await Promise.all(both)) done(answer);
  assert.equal((await now(mail)).state, 'parked');
  assert.equal(await bringBackInterrupted(ctx, () => false), 0, 'to nobody who is away');
  assert.equal(await bringBackInterrupted(ctx, everybody), 1);
  const event = await lastEvent(own, mail);
  assert.deepEqual(
    [event.kind, event.body],
    ['interaction.resumed', { agentId: agent.id, why: 'interruption-over', after: calls[0]!.id }],
  );
  assert.equal(await bringBackInterrupted(ctx, everybody), 0);
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('of a chain of interruptions each comes back after the one that interrupted it', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const { centre, agent, letter, ringing, given, by, now } = await mailAndCalls(ctx);
  const channels = { voice: { chat: 'interrupts' }, chat: { email: 'interrupts' } } as const;
  done(await changeRoutingRules(ctx, { channels, missesMax: 3, version: 0 }, agent.id));
  const [mail, chat, call] = [await letter(), await centre.arrive(), await ringing()];
  for (const row of [mail, chat, call]) await given(row);
  const states = async () => Promise.all([mail, chat, call].map(async (row) => (await now(row)).state));
  assert.deepEqual(await states(), ['parked', 'parked', 'handling']);
  await finish(ctx, by(call));
  assert.deepEqual(await states(), ['parked', 'handling', 'closed']);
  await finish(ctx, by(chat));
  assert.deepEqual(await states(), ['handling', 'closed', 'closed']);
});

test('rules that do not let the call interrupt any more let the mail come back within a turn of the clock', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const { agent, letter, ringing, given, now } = await mailAndCalls(ctx);
  const mail = await letter();
  await given(mail);
  await given(await ringing());
  assert.equal(await bringBackInterrupted(ctx, everybody), 0);
  done(await changeRoutingRules(ctx, { channels: {}, missesMax: 3, version: 0 }, agent.id));
  assert.equal(await bringBackInterrupted(ctx, everybody), 1);
  assert.equal((await now(mail)).state, 'handling');
});

test('the agent takes the mail up again themselves during the call, and it is interrupted no longer', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const { letter, ringing, given, by, now } = await mailAndCalls(ctx, { capacity: { voice: 1, email: 1 } });
  const mail = await letter();
  await given(mail);
  const call = await ringing();
  await given(call);
  // Their only place is taken by the mail itself: nothing else can come to it meanwhile.
  const another = await letter();
  const at = ctx.clock.now();
  const offer = { interactionId: another.id, ...fieldsOf('offer', { agentId: by(mail).agentId, at }) };
  assert.equal(refusalOf(await advance(ctx, 'offer', offer)), 'agent-at-capacity');
  done(await resumeInteraction(ctx, by(mail)));
  assert.deepEqual([(await now(mail)).state, (await now(mail)).interrupted_by], ['handling', null]);
  const ended = await finish(ctx, by(call));
  assert.deepEqual(ended.beside, [], 'nothing is left to come back');
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('the customer writes as the agent takes the interrupted chat up again: both happen, though its own place is the only one', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const { centre, agent, ringing, given, by, now } = await mailAndCalls(ctx, {
    capacity: { voice: 1, chat: 1 },
  });
  const channels = { voice: { chat: 'interrupts' } } as const;
  done(await changeRoutingRules(ctx, { channels, missesMax: 3, version: 0 }, agent.id));
  const chat = await centre.arrive();
  await given(chat);
  await given(await ringing());
  const letGo = await holdRow(ctx, chat.id);
  const waiting = (count: number) =>
    eventually(`${count} wait for the row`, async () => {
      const [row] = await ctx.db.owner<{ count: number }[]>`
        select count(*)::integer as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      return row!.count === count;
    });
  const { write } = createLineWriter(ctx);
  const line = { author: 'customer', threadId: chat.thread_id, audience: 'all' } as const;
  const written = write({ ...line, interactionId: chat.id, text: 'Are you there?', key: 'are-you-there' });
  await waiting(1);
  const resumed = resumeInteraction(ctx, by(chat));
  await waiting(2);
  await letGo();
  done(await written);
  done(await resumed);
  const { state, interrupted_by: interruptedBy, unread } = await now(chat);
  assert.deepEqual([state, interruptedBy, unread], ['handling', null, true]);
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('the agent gives the interrupted mail back to the line: the place is free at once', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const { agent, letter, ringing, given, by, now } = await mailAndCalls(ctx);
  const mail = await letter();
  await given(mail);
  const call = await ringing();
  await given(call);
  const released = done(await releaseInteraction(ctx, { ...by(mail), reason: 'long call' }));
  assert.equal(released.freedAgentId, agent.id);
  assert.deepEqual(
    [(await now(mail)).state, (await standing(ctx.db.system, mail.id)).slots],
    ['waiting', []],
  );
  assert.deepEqual((await finish(ctx, by(call))).beside, []);
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('the customer of what is interrupted writes, and it comes back with their line; they leave, and its record is completed in its place', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const { centre, agent, ringing, given, by, now } = await mailAndCalls(ctx);
  const channels = { voice: { chat: 'interrupts' } } as const;
  done(await changeRoutingRules(ctx, { channels, missesMax: 3, version: 0 }, agent.id));
  const { write } = createLineWriter(ctx);
  const chat = await centre.arrive();
  await given(chat);
  const call = await ringing();
  await given(call);
  const line = { author: 'customer', threadId: chat.thread_id, audience: 'all' } as const;
  done(await write({ ...line, interactionId: chat.id, text: 'Are you there?', key: 'are-you-there' }));
  assert.deepEqual([(await now(chat)).state, (await now(chat)).unread], ['parked', true]);
  await finish(ctx, by(call));
  assert.deepEqual([(await now(chat)).state, (await now(chat)).unread], ['handling', true]);

  const next = await ringing();
  await given(next);
  done(await endByCustomer(ctx, { interactionId: chat.id }));
  const left = await standing(ctx.db.system, chat.id);
  assert.deepEqual([left.row.state, left.row.interrupted_by, left.slots.length], ['wrapping', null, 1]);
  assert.deepEqual((await finish(ctx, by(next))).beside, []);
  done(await completeInteraction(ctx, { ...by(chat), outcomeCode: 'solved' }));
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('an agent who goes leaves the interrupted mail to others like all they handled, and nothing is brought back to them', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const { agent, letter, ringing, given, now } = await mailAndCalls(ctx);
  const mail = await letter();
  await given(mail);
  const call = await ringing();
  await given(call);
  clock.pass(1_000);
  await signOffPresence(ctx, agent.id);
  const reason = 'signed-out';
  assert.equal(await returnWork(ctx, { agentId: agent.id, reason, until: clock.now() }), 2);
  for (const row of [mail, call])
    assert.deepEqual(
      [(await now(row)).state, (await standing(ctx.db.system, row.id)).slots],
      ['waiting', []],
    );
  assert.deepEqual((await lastEvent(own, mail)).body, { agentId: agent.id, reason });
  assert.equal(await returnWork(ctx, { agentId: agent.id, reason, until: clock.now() }), 0);
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('an agent who serves the client of the call no more has the mail of another back, and loses that of the client even interrupted', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const one = await mailAndCalls(ctx);
  const other = await makeCentre(ctx, { name: 'Other', agents: 0 });
  const otherMail = await other.addType('email');
  const kept = await other.arrive({ typeId: otherMail.id, channel: 'email' });
  const lost = await one.letter();
  for (const row of [kept, lost]) {
    const at = clock.now();
    done(
      await advance(ctx, 'offer', {
        interactionId: row.id,
        ...fieldsOf('offer', { agentId: one.agent.id, at }),
      }),
    );
    done(await advance(ctx, 'accept', { interactionId: row.id, at }));
  }
  const call = await one.ringing();
  assert.equal((await one.given(call)).beside.length, 2);
  clock.pass(1_000);
  await returnWork(ctx, {
    agentId: one.agent.id,
    reason: 'serves-client-no-more',
    until: clock.now(),
    serves: other.clients,
  });
  assert.deepEqual(
    [(await one.now(kept)).state, (await one.now(lost)).state, (await one.now(call)).state],
    ['handling', 'waiting', 'waiting'],
  );
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('a supervisor who takes a call out of the line has their own mail parked, and back after it', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const { agent, letter, ringing, given, by, now, centre } = await mailAndCalls(ctx, {
    roles: ['agent', 'supervisor'],
  });
  const mail = await letter();
  await given(mail);
  const call = await ringing();
  const moving = { interactionId: call.id, by: agent.id, clients: centre.clients, reason: 'urgent' };
  const taken = done(await takeInteraction(ctx, moving));
  assert.deepEqual(
    taken.beside.map(({ id }) => id),
    [mail.id],
  );
  assert.deepEqual((await lastEvent(own, call)).body, {
    agentId: agent.id,
    reason: 'urgent',
    interrupts: [mail.id],
  });
  await finish(ctx, by(call));
  assert.equal((await now(mail)).state, 'handling');
});

test('a program killed before or after the commit of an interruption leaves all of it or nothing', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const { agent, letter, ringing, given, by, now } = await mailAndCalls(ctx);
  const mail = await letter();
  await given(mail);
  const call = await ringing();
  const at = ctx.clock.now();
  done(
    await advance(ctx, 'offer', {
      interactionId: call.id,
      ...fieldsOf('offer', { agentId: agent.id, at }),
    }),
  );
  const dies = async (point: string, act: () => Promise<unknown>) => {
    armFaultPoints((name) => {
      if (name === point) throw new Error('killed');
    });
    try {
      await assert.rejects(act, /killed/);
    } finally {
      armFaultPoints(() => {});
    }
  };
  const states = async () => [(await now(call)).state, (await now(mail)).state];
  await dies('before accept', () => acceptInteraction(ctx, by(call)));
  assert.deepEqual(await states(), ['offered', 'handling']);
  await dies('after accept', () => acceptInteraction(ctx, by(call)));
  assert.deepEqual(await states(), ['handling', 'parked']);
  done(await endExchange(ctx, by(call)));
  const complete = () => completeInteraction(ctx, { ...by(call), outcomeCode: 'solved' });
  await dies('before complete', complete);
  assert.deepEqual(await states(), ['wrapping', 'parked']);
  await dies('after complete', complete);
  assert.deepEqual(await states(), ['closed', 'handling']);
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('the engine offers a call to who handles mail, says what it will interrupt, and fills no place that is kept', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const { agent, letter, ringing, by, now } = await mailAndCalls(ctx, { capacity: { voice: 1, email: 1 } });
  const routing = createRouting(ctx, { alone: true });
  await routing.start();
  const offered = (row: InteractionRow) =>
    eventually('it is offered', async () => (await now(row)).state === 'offered');
  const mail = await letter();
  await offered(mail);
  done(await acceptInteraction(ctx, by(mail)));
  clock.pass(1_000);
  const call = await ringing();
  await offered(call);
  assert.deepEqual((await lastEvent(own, call)).body, { agentId: agent.id, interrupts: [mail.id] });
  done(await acceptInteraction(ctx, by(call)));
  const later = await letter();
  await eventually('the engine knows that it waits for a place', async () => {
    const why = await routing.whyWaiting(later.id);
    return why?.waitsFor === 'agent' && why.not.some(({ reason }) => reason === 'agent-at-capacity');
  });
  clock.pass(1_000);
  await finish(ctx, by(call));
  assert.equal((await now(mail)).state, 'handling');
  await finish(ctx, by(mail));
  await offered(later);
  await eventually('what the engine knows is what the record says', async () => {
    const places = (await rebuiltEngine(ctx)).snapshot(clock.now().getTime()).places;
    assert.deepEqual(routing.snapshot()?.places, places);
    return true;
  });
  assert.equal((await now(later)).agent_id, agent.id);
  await routing.stop();
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});
