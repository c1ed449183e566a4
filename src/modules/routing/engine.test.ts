import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, engineWith, pairs, type, waiting } from '#test/support/routing-facts.ts';

const minute = 60_000;

test('the agent idle longest is asked first', () => {
  const engine = engineWith(
    type(),
    agent('ann', { idleSince: 200 }),
    agent('bob', { idleSince: 100 }),
    waiting('one', 300),
    waiting('two', 301),
  );
  assert.deepEqual(pairs(engine.decide(1000)), ['one to bob', 'two to ann']);
});

test('of two agents idle equally long always the same is asked', () => {
  for (const order of [
    ['ann', 'bob'],
    ['bob', 'ann'],
  ]) {
    const engine = engineWith(type(), ...order.map((id) => agent(id)), waiting('one', 1));
    assert.deepEqual(pairs(engine.decide(2)), ['one to ann']);
  }
});

test('an agent who was just given a conversation is not idle, so the next goes to somebody else', () => {
  const roomy = { capacity: { chat: 3 } };
  const engine = engineWith(
    type(),
    agent('ann', { ...roomy, idleSince: 0 }),
    agent('bob', { ...roomy, idleSince: 50 }),
    waiting('one', 1),
    waiting('two', 2),
    waiting('three', 3),
  );
  assert.deepEqual(pairs(engine.decide(100, 1)), ['one to ann']);
  engine.see(waiting('one', 1, { seq: 2, state: 'offered', agentId: 'ann', agentSince: 100 }));
  assert.deepEqual(pairs(engine.decide(110)), ['two to bob', 'three to ann']);
});

test('a higher priority goes first, then who came first', () => {
  const engine = engineWith(
    type(),
    waiting('late', 20),
    waiting('early', 10),
    waiting('urgent', 30, { priority: 5 }),
    agent('ann', { capacity: { chat: 3 } }),
  );
  assert.deepEqual(pairs(engine.decide(100)), ['urgent to ann', 'early to ann', 'late to ann']);
});

test('two agents never get one inquiry (rocketchat#22206)', () => {
  const engine = engineWith(type(), agent('ann'), agent('bob'), waiting('one', 1));
  assert.deepEqual(pairs(engine.decide(2)), ['one to ann']);
  assert.deepEqual(engine.decide(2), []);
  engine.see(waiting('one', 1));
  engine.see(agent('bob', { version: 2 }));
  assert.deepEqual(engine.decide(3), [], 'the same fact again while the decision is being written');
  engine.see(waiting('one', 1, { seq: 2, state: 'offered', agentId: 'ann' }));
  engine.see(waiting('one', 1));
  assert.deepEqual(engine.decide(4), [], 'an older fact after the outcome');
});

test('the limit of simultaneous chats is not exceeded by chats that come at once (rocketchat#19352)', () => {
  const engine = engineWith(type(), agent('ann', { capacity: { chat: 2, voice: 1 } }));
  for (let i = 0; i < 10; i += 1) engine.see(waiting(`chat-${i}`, i));
  assert.deepEqual(pairs(engine.decide(100)), ['chat-0 to ann', 'chat-1 to ann']);
  for (const [i, state] of (['handling', 'wrapping'] as const).entries())
    engine.see(waiting(`chat-${i}`, i, { seq: 2, state, agentId: 'ann' }));
  assert.deepEqual(engine.decide(200), [], 'a conversation being wrapped up still holds its slot');
  engine.see(waiting('chat-1', 1, { seq: 3, state: 'closed' }));
  assert.deepEqual(pairs(engine.decide(300)), ['chat-2 to ann']);
});

test('a slot taken before the agent was heard of counts', () => {
  const engine = engineWith(
    type(),
    waiting('old', 1, { seq: 4, state: 'handling', agentId: 'ann' }),
    waiting('new', 2),
    agent('ann'),
  );
  assert.deepEqual(engine.decide(10), []);
});

test('a parked conversation leaves its slot to others', () => {
  const engine = engineWith(
    type(),
    waiting('old', 1, { seq: 4, state: 'parked', agentId: 'ann' }),
    waiting('new', 2),
    agent('ann'),
  );
  assert.deepEqual(pairs(engine.decide(10)), ['new to ann']);
});

test('a lowered limit takes nothing away and adds nothing', () => {
  const engine = engineWith(
    type(),
    agent('ann', { capacity: { chat: 2 } }),
    ...['a', 'b'].map((id) => waiting(id, 1, { seq: 3, state: 'handling', agentId: 'ann' })),
    waiting('next', 5),
  );
  engine.see(agent('ann', { version: 2, capacity: { chat: 1 } }));
  engine.see(waiting('a', 1, { seq: 4, state: 'closed' }));
  assert.deepEqual(engine.decide(10), []);
  engine.see(waiting('b', 1, { seq: 4, state: 'closed' }));
  assert.deepEqual(pairs(engine.decide(20)), ['next to ann']);
});

test('when all were busy the oldest is offered first, newer ones do not overtake (chatwoot#10376)', () => {
  const engine = engineWith(
    type(),
    agent('ann'),
    waiting('busy', 0, { seq: 3, state: 'handling', agentId: 'ann' }),
  );
  engine.see(waiting('first', 10));
  assert.deepEqual(engine.decide(10), []);
  engine.see(waiting('second', 20));
  assert.deepEqual(engine.decide(20), []);
  engine.see(waiting('busy', 0, { seq: 4, state: 'closed' }));
  engine.see(waiting('third', 30));
  assert.deepEqual(pairs(engine.decide(30)), ['first to ann']);
});

test('what came while nobody was online is offered when somebody comes (chatwoot#10685)', () => {
  const engine = engineWith(type(), waiting('night', 0));
  assert.deepEqual(engine.decide(0), []);
  engine.see(agent('ann', { ready: false }));
  assert.deepEqual(engine.decide(8 * 60 * minute), []);
  engine.see(agent('ann', { version: 2 }));
  assert.equal(engine.wakeAt(8 * 60 * minute), 8 * 60 * minute);
  assert.deepEqual(pairs(engine.decide(8 * 60 * minute)), ['night to ann']);
});

test('an offer that expired returns to its old place (chatwoot#10376)', () => {
  const engine = engineWith(type(), agent('ann'), waiting('first', 10), waiting('second', 20));
  assert.deepEqual(pairs(engine.decide(30)), ['first to ann']);
  engine.see(waiting('first', 10, { seq: 2, state: 'offered', agentId: 'ann' }));
  engine.see(waiting('first', 10, { seq: 3, notTo: ['ann'] }));
  engine.see(agent('bob'));
  assert.deepEqual(pairs(engine.decide(50)), ['first to bob', 'second to ann']);
});

test('who declined is not asked in a loop, and not passed over for ever', () => {
  const declined = waiting('one', 1, { seq: 3, notTo: ['ann'], askAgainAt: 30_000 });
  const engine = engineWith(type(), agent('ann'), declined);
  assert.deepEqual(engine.decide(10), []);
  assert.equal(engine.wakeAt(10), 30_000);
  assert.equal(engine.whyWaiting('one', 10)?.waitsFor, 'agent');
  assert.deepEqual(engine.whyWaiting('one', 10)?.not, [
    { reason: 'declined-already', count: 1, agents: ['ann'] },
  ]);
  assert.deepEqual(engine.decide(29_999), []);
  const [asked] = engine.decide(30_000);
  assert.equal(asked?.agentId, 'ann');
  assert.equal(asked?.why.askedAgain, true);
});

test('while one waits to be asked again the agent who declined it takes the next', () => {
  const engine = engineWith(
    type(),
    agent('ann'),
    waiting('one', 1, { seq: 3, notTo: ['ann'], askAgainAt: 30_000 }),
    waiting('two', 2),
  );
  const decisions = engine.decide(10);
  assert.deepEqual(pairs(decisions), ['two to ann']);
  assert.equal(decisions[0]?.why.order.ahead, 1);
});

test('who declined is asked last even when idle longest', () => {
  const engine = engineWith(
    type(),
    agent('ann', { idleSince: 0 }),
    agent('bob', { idleSince: 500 }),
    waiting('one', 1, { seq: 3, notTo: ['ann'], askAgainAt: 600 }),
  );
  const [asked] = engine.decide(1000);
  assert.equal(asked?.agentId, 'bob');
  assert.deepEqual(
    asked?.why.eligible.map(({ agentId }) => agentId),
    ['bob', 'ann'],
  );
  assert.equal(asked?.why.askedAgain, undefined);
});

test('what a rule holds back is offered from the stated instant on, in its old place', () => {
  const engine = engineWith(
    type(),
    agent('ann'),
    waiting('held', 1, { heldUntil: 500, heldWhy: 'callback-time' }),
    waiting('free', 2),
  );
  assert.deepEqual(pairs(engine.decide(10)), ['free to ann']);
  const why = engine.whyWaiting('held', 10);
  assert.equal(why?.waitsFor, 'hold');
  assert.deepEqual(why?.held, { until: 500, why: 'callback-time' });
  assert.equal(engine.wakeAt(10), 500);
  engine.see(waiting('free', 2, { seq: 2, state: 'abandoned' }));
  engine.see(waiting('newer', 3));
  assert.deepEqual(pairs(engine.decide(500)), ['held to ann']);
});

test('a write that moved nothing puts the interaction back and frees the slot', () => {
  const engine = engineWith(type(), agent('ann'), waiting('gone', 1), waiting('next', 2));
  assert.deepEqual(pairs(engine.decide(10)), ['gone to ann']);
  engine.see(waiting('gone', 1, { seq: 2, state: 'abandoned' }));
  engine.release('gone');
  assert.deepEqual(pairs(engine.decide(10)), ['next to ann']);
  engine.release('next');
  assert.deepEqual(pairs(engine.decide(11)), ['next to ann'], 'nothing new was seen: it is decided again');
});

test('while the database is away a decision is not tried again in a loop', () => {
  const engine = engineWith(type(), agent('ann'), waiting('one', 1));
  engine.decide(10);
  engine.release('one', 1010);
  assert.deepEqual(engine.decide(11), []);
  assert.deepEqual(engine.whyWaiting('one', 11)?.held, { until: 1010, why: 'write-failed' });
  assert.equal(engine.wakeAt(11), 1010);
  assert.deepEqual(pairs(engine.decide(1010)), ['one to ann']);
});

test('an assessment that lapsed by the hour ends the offers at that instant', () => {
  const english = { competencyId: 'english', level: 3 };
  const facts = [
    type({ requires: [english] }),
    agent('ann', { competencies: [{ ...english, validUntil: 1000 }], capacity: { chat: 2 } }),
  ];
  const engine = engineWith(...facts, waiting('one', 1));
  assert.deepEqual(pairs(engine.decide(999)), ['one to ann']);
  engine.see(waiting('two', 2));
  assert.deepEqual(engine.decide(1000), []);
  assert.deepEqual(engine.whyWaiting('two', 1000)?.not, [
    { reason: 'competency-lapsed', count: 1, agents: ['ann'] },
  ]);
  engine.see(
    agent('ann', { version: 2, competencies: [{ ...english, validUntil: 9000 }], capacity: { chat: 2 } }),
  );
  assert.deepEqual(pairs(engine.decide(1001)), ['two to ann']);
});

test('a clock that went back makes nothing lapse that has not and holds what is held', () => {
  const english = { competencyId: 'english', level: 1 };
  const engine = engineWith(
    type({ requires: [english] }),
    agent('ann', { competencies: [{ ...english, validUntil: 1000 }] }),
    waiting('held', 1, { heldUntil: 1500 }),
  );
  assert.deepEqual(engine.decide(2000), []);
  engine.see(waiting('one', 2));
  assert.equal(engine.whyWaiting('held', 900)?.waitsFor, 'hold');
  assert.deepEqual(pairs(engine.decide(900)), ['one to ann']);
});

test('a type that asks for more applies to what waits already', () => {
  const engine = engineWith(type(), waiting('one', 1), waiting('two', 2));
  engine.see(type({ version: 2, requires: [{ competencyId: 'english', level: 2 }] }));
  engine.see(agent('ann', { capacity: { chat: 9 } }));
  assert.deepEqual(engine.decide(10), []);
  engine.see(type({ version: 1 }));
  assert.deepEqual(engine.decide(10), []);
  engine.see(type({ version: 3 }));
  assert.deepEqual(pairs(engine.decide(10)), ['one to ann', 'two to ann']);
});

test('what waits for a type that is not known is offered when the type is', () => {
  const engine = engineWith(agent('ann'), waiting('one', 1));
  assert.deepEqual(engine.decide(10), []);
  assert.equal(engine.whyWaiting('one', 10)?.waitsFor, 'type');
  engine.see(type());
  assert.deepEqual(pairs(engine.decide(10)), ['one to ann']);
  engine.release('one');
  engine.forget({ kind: 'type', typeId: 'orders' });
  assert.deepEqual(engine.decide(11), []);
  engine.see(type());
  assert.deepEqual(engine.decide(12), [], 'an older fact does not bring the type back');
});

test('an agent who is gone is asked no more, and an older fact does not bring them back', () => {
  const engine = engineWith(type(), agent('ann', { version: 3 }), waiting('one', 1));
  engine.forget({ kind: 'agent', agentId: 'ann', version: 2 });
  assert.deepEqual(pairs(engine.decide(10)), ['one to ann'], 'the removal was older than the fact');
  engine.release('one');
  engine.forget({ kind: 'agent', agentId: 'ann', version: 3 });
  engine.see(agent('ann', { version: 2 }));
  assert.deepEqual(engine.decide(11), []);
  engine.see(agent('ann', { version: 4 }));
  assert.deepEqual(pairs(engine.decide(12)), ['one to ann']);
});

test('a conversation that ended does not come back with an older fact', () => {
  const engine = engineWith(type(), agent('ann'), waiting('one', 1, { seq: 5, state: 'closed' }));
  engine.see(waiting('one', 1, { seq: 4, state: 'wrapping', agentId: 'ann' }));
  engine.see(waiting('two', 2));
  assert.deepEqual(pairs(engine.decide(10)), ['two to ann']);
});

test('a decision stops at the number asked for and says that there is more', () => {
  const engine = engineWith(
    type(),
    agent('ann', { capacity: { chat: 5 } }),
    waiting('one', 1),
    waiting('two', 2),
  );
  assert.deepEqual(engine.decide(10, 0), []);
  assert.deepEqual(pairs(engine.decide(10, 1)), ['one to ann']);
  assert.equal(engine.wakeAt(10), 10);
  assert.deepEqual(pairs(engine.decide(10, 1)), ['two to ann']);
  engine.decide(10);
  assert.equal(engine.wakeAt(10), undefined);
});

test('a fact that cannot be true is refused with its name', () => {
  const engine = engineWith(type());
  assert.throws(() => engine.see(waiting('one', Number.NaN)), /one/);
  assert.throws(
    () => engine.see(waiting('one', 1, { state: 'handling' })),
    /one is handling without an agent/,
  );
  assert.throws(() => engine.see(waiting('one', 1, { askAgainAt: Number.NaN })), /one/);
  assert.throws(() => engine.see(agent('ann', { idleSince: Number.POSITIVE_INFINITY })), /ann/);
  assert.throws(() => engine.decide(Number.NaN), /instant/);
  assert.deepEqual(engine.snapshot().interactions, []);
});
