import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agent, engineWith, pairs, type, waiting } from '#test/support/routing-facts.ts';
import type { RulesSeen } from './seam.ts';

const later = 1_000_000;
const english = (level: number) => ({ competencyId: 'english', level });
const speaks = (level: number) => ({ competencies: [{ ...english(level), validUntil: later }] });
const mail = { channel: 'email', typeId: 'mail' } as const;
const call = { channel: 'voice', typeId: 'calls' } as const;
const desk = { capacity: { chat: 2, email: 2, voice: 1 } };
const callsFirst: RulesSeen = {
  kind: 'rules',
  version: 1,
  channels: { voice: { email: 'interrupts', chat: 'excluded' }, email: { voice: 'excluded' } },
};

test('the best match of level is asked first where the type asks for it, else the one idle longest', () => {
  const agents = [
    agent('ann', { ...speaks(2), idleSince: 1 }),
    agent('bob', { ...speaks(4), idleSince: 9 }),
    agent('cy', { ...speaks(4), idleSince: 5 }),
  ];
  const asks = { requires: [english(1)] };
  assert.deepEqual(pairs(engineWith(type(asks), ...agents, waiting('one', 1)).decide(10)), ['one to ann']);
  const engine = engineWith(type({ ...asks, bestLevelFirst: true }), ...agents);
  for (const id of ['one', 'three', 'two']) engine.see(waiting(id, id.length));
  const decisions = engine.decide(10);
  assert.deepEqual(pairs(decisions), ['one to cy', 'two to bob', 'three to ann']);
  assert.deepEqual(
    decisions.map(({ why }) => [why.rule, why.eligible[0]?.above]),
    [
      ['longest-idle', 3],
      ['best-level', 3],
      ['only-one', 1],
    ],
  );
});

test('whose level rose or fell is ranked by what they master now', () => {
  const engine = engineWith(
    type({ requires: [english(1)], bestLevelFirst: true }),
    agent('ann', speaks(2)),
    agent('bob', speaks(3)),
    waiting('one', 1),
  );
  assert.deepEqual(pairs(engine.decide(10)), ['one to bob']);
  engine.release('one');
  engine.see(agent('ann', { version: 2, ...speaks(5) }));
  assert.deepEqual(pairs(engine.decide(11)), ['one to ann']);
  engine.release('one');
  engine.see(
    agent('ann', {
      version: 3,
      competencies: [...speaks(2).competencies, { ...english(5), validUntil: 20 }],
    }),
  );
  assert.deepEqual(pairs(engine.decide(19)), ['one to ann']);
  engine.release('one');
  assert.deepEqual(pairs(engine.decide(20)), ['one to bob'], 'the higher level lapsed');
});

test('with many free, whose level rose is ranked by it too', () => {
  const many = Array.from({ length: 60 }, (_, i) => agent(`agent-${10 + i}`, speaks(2)));
  const engine = engineWith(
    type({ requires: [english(1)], bestLevelFirst: true }),
    ...many,
    waiting('one', 1),
  );
  assert.deepEqual(pairs(engine.decide(10)), ['one to agent-10']);
  engine.release('one');
  engine.see(agent('agent-40', { version: 2, ...speaks(3) }));
  assert.deepEqual(pairs(engine.decide(11)), ['one to agent-40']);
  engine.release('one');
  engine.see(agent('agent-40', { version: 3, ...speaks(1) }));
  assert.deepEqual(pairs(engine.decide(12)), ['one to agent-10']);
});

test('at first only the best are asked, then step by step others, never below what is required', () => {
  const engine = engineWith(
    type({
      requires: [english(2)],
      widening: {
        best: [english(5)],
        steps: [
          { afterMs: 100, lower: 2 },
          { afterMs: 300, lower: 1 },
        ],
      },
    }),
    agent('five', { ...speaks(5), ready: false }),
    agent('three', speaks(3)),
    agent('two', { ...speaks(2), capacity: { chat: 2 } }),
    agent('one', speaks(1)),
    waiting('a', 1000),
    waiting('b', 1001),
    waiting('c', 1002),
  );
  assert.deepEqual(engine.decide(1050), []);
  const why = engine.whyWaiting('a', 1050);
  assert.deepEqual(why?.widening, { step: 0, of: 2, asks: [english(5)], nextAt: 1100 });
  assert.deepEqual(
    why?.not.map(({ reason, agents }) => [reason, ...agents]),
    [
      ['competency-level-too-low', 'one'],
      ['below-best-level', 'three', 'two'],
      ['agent-not-ready', 'five'],
    ],
  );
  assert.equal(engine.wakeAt(1050), 1100);
  assert.deepEqual(pairs(engine.decide(1100)), ['a to three']);
  assert.deepEqual(pairs(engine.decide(1301)), ['b to two']);
  assert.deepEqual(pairs(engine.decide(1302)), ['c to two']);
});

test('a customer is served in their language, at the level the type asks', () => {
  const engine = engineWith(
    type({ language: { level: 3 } }),
    agent('none'),
    agent('some', { languages: [{ language: 'fr', level: 2, validUntil: later }] }),
    agent('lapsed', { languages: [{ language: 'fr', level: 4, validUntil: 50 }] }),
    waiting('one', 1, { language: 'fr' }),
    waiting('two', 2),
  );
  assert.deepEqual(pairs(engine.decide(60)), ['two to lapsed']);
  const why = engine.whyWaiting('one', 60);
  assert.deepEqual(why?.language, { language: 'fr', level: 3 });
  assert.deepEqual(
    why?.not.map(({ reason, agents }) => [reason, ...agents]),
    [
      ['language-missing', 'none'],
      ['language-level-too-low', 'some'],
      ['language-lapsed', 'lapsed'],
    ],
  );
  engine.see(agent('none', { version: 2, languages: [{ language: 'fr', level: 3, validUntil: later }] }));
  assert.deepEqual(pairs(engine.decide(61)), ['one to none']);
});

test('who has not read what is mandatory is not offered the types concerned, and the why names it', () => {
  const barred = [{ typeId: 'orders', reason: 'mandatory-information-unread' }];
  const engine = engineWith(type(), agent('ann', { barred }), waiting('one', 1));
  assert.deepEqual(engine.decide(2), []);
  const bars = ['mandatory-information-unread'];
  assert.deepEqual(engine.whyWaiting('one', 2)?.not, [
    { reason: 'agent-barred', count: 1, agents: ['ann'], bars },
  ]);
  engine.see(agent('ann', { version: 2, barred: [{ typeId: 'orders', reason: 'suspended' }] }));
  assert.deepEqual(engine.whyWaiting('one', 2)?.not[0]?.bars, ['suspended']);
  engine.see(agent('ann', { version: 3 }));
  assert.deepEqual(pairs(engine.decide(3)), ['one to ann']);
});

test('priority rises with age, so that a low one is not passed over for ever', () => {
  const ageing = { everyMs: 100, by: 1, atMost: 3 };
  const engine = engineWith(
    type({ ageing }),
    type({ typeId: 'urgent' }),
    waiting('old', 0),
    waiting('fresh', 250, { typeId: 'urgent', priority: 2 }),
  );
  engine.see(agent('ann'));
  assert.deepEqual(pairs(engine.decide(199, 0)), []);
  const late = engine.decide(300);
  assert.deepEqual(pairs(late), ['old to ann']);
  assert.deepEqual([late[0]?.why.order.priority, late[0]?.why.order.aged], [0, 3]);
  engine.see(waiting('urgent-one', 300, { typeId: 'urgent', priority: 4 }));
  engine.release('old');
  assert.deepEqual(pairs(engine.decide(10_000)), ['urgent-one to ann'], 'no higher than allowed');
});

test('between types of the same priority the one nearest to the breach of its target comes first', () => {
  const engine = engineWith(
    type({ typeId: 'slow', targetMs: 500 }),
    type({ typeId: 'quick', targetMs: 20 }),
    type({ typeId: 'none' }),
    waiting('a', 1, { typeId: 'none' }),
    waiting('b', 2, { typeId: 'slow' }),
    waiting('c', 300, { typeId: 'quick' }),
    agent('ann', { capacity: { chat: 3 } }),
  );
  const decisions = engine.decide(400);
  assert.deepEqual(pairs(decisions), ['c to ann', 'b to ann', 'a to ann']);
  assert.equal(decisions[0]?.why.order.breachAt, 320);
});

test('a call interrupts mail, which keeps its place with the agent and comes back', () => {
  const facts = [
    callsFirst,
    type({ ...call, typeId: 'calls' }),
    type({ ...mail, typeId: 'mail' }),
    agent('ann', { capacity: { email: 1, voice: 1 } }),
    waiting('letter', 1, { ...mail, seq: 3, state: 'handling', agentId: 'ann' }),
  ];
  const engine = engineWith(...facts, waiting('ring', 2, call));
  const [decision] = engine.decide(10);
  assert.deepEqual(decision?.interrupts, ['letter']);
  assert.equal(decision?.why.eligible[0]?.interrupted, true);
  engine.see(waiting('ring', 2, { ...call, seq: 2, state: 'handling', agentId: 'ann' }));
  engine.see(waiting('letter', 1, { ...mail, seq: 4, state: 'parked', agentId: 'ann', comesBack: true }));
  engine.see(waiting('next', 3, mail));
  engine.see(waiting('ring', 2, { ...call, seq: 3, state: 'closed' }));
  assert.deepEqual(engine.decide(20), [], 'the place of the letter is kept');
  engine.see(waiting('letter', 1, { ...mail, seq: 5, state: 'closed' }));
  assert.deepEqual(pairs(engine.decide(30)), ['next to ann']);
});

test('what was interrupted and waits to come back stands in the way of nothing else, and is not interrupted again', () => {
  const aside = waiting('letter', 1, { ...mail, seq: 4, state: 'parked', agentId: 'ann', comesBack: true });
  for (const beside of ['excluded', 'interrupts'] as const) {
    const engine = engineWith(
      { ...callsFirst, channels: { voice: { email: beside } } },
      type({ ...call, typeId: 'calls' }),
      agent('ann', { ...desk, idleSince: 5 }),
      { ...aside, agentSince: 900 },
      waiting('ring', 2, call),
    );
    const [decision] = engine.decide(1000);
    assert.deepEqual([decision?.agentId, decision?.interrupts], ['ann', undefined]);
    assert.deepEqual(decision?.why.eligible, [{ agentId: 'ann', idleSince: 5 }]);
  }
});

test('what excludes a channel keeps it away, and who need not be interrupted is asked first', () => {
  const engine = engineWith(
    callsFirst,
    type({ ...call, typeId: 'calls' }),
    agent('chats', { ...desk, idleSince: 1 }),
    agent('mails', { ...desk, idleSince: 2 }),
    agent('rings', { ...desk, idleSince: 3 }),
    agent('idle', { ...desk, idleSince: 900 }),
    waiting('a', 1, { seq: 2, state: 'handling', agentId: 'chats' }),
    waiting('b', 1, { ...mail, seq: 2, state: 'handling', agentId: 'mails' }),
    waiting('c', 1, { ...mail, seq: 2, state: 'wrapping', agentId: 'rings' }),
    waiting('one', 2, call),
    waiting('two', 3, call),
    waiting('three', 4, call),
  );
  const decisions = engine.decide(1000);
  assert.deepEqual(pairs(decisions), ['one to idle', 'two to mails']);
  assert.deepEqual(
    decisions.map(({ why }) => why.rule),
    ['not-interrupted', 'only-one'],
  );
  assert.deepEqual(
    engine.whyWaiting('three', 1000)?.not.map(({ reason, agents }) => [reason, ...agents]),
    [
      ['agent-at-capacity', 'idle', 'mails'],
      ['channel-excluded', 'chats', 'rings'],
    ],
  );
  engine.see({ ...callsFirst, version: 2, channels: {} });
  assert.deepEqual(pairs(engine.decide(1001)), ['three to chats'], 'a change of rules re-offers what waits');
});

test('the preferred agent is waited for while they are there, and others are asked when they are not', () => {
  const preferred = { agentId: 'ann', until: 500, why: 'case-owner' as const };
  const busy = waiting('busy', 0, { seq: 2, state: 'handling', agentId: 'ann' });
  const engine = engineWith(type(), agent('ann'), agent('bob'), busy, waiting('one', 1, { preferred }));
  assert.deepEqual(engine.decide(10), []);
  const why = engine.whyWaiting('one', 10);
  assert.equal(why?.waitsFor, 'one-agent');
  assert.deepEqual(why?.preferred, { ...preferred, kept: true });
  assert.deepEqual(
    why?.not.map(({ reason, agents }) => [reason, ...agents]),
    [
      ['kept-for-another', 'bob'],
      ['agent-at-capacity', 'ann'],
    ],
  );
  assert.equal(engine.wakeAt(10), 500);
  engine.see(agent('ann', { version: 2, ready: false }));
  assert.deepEqual(pairs(engine.decide(11)), ['one to bob'], 'on a break: nobody waits for them');
  engine.release('one');
  engine.see(agent('ann', { version: 3, idleSince: 400 }));
  engine.see({ ...busy, seq: 3, state: 'closed' });
  const [decision] = engine.decide(600);
  assert.deepEqual([decision?.agentId, decision?.why.rule], ['ann', 'preferred-agent'], 'first among equals');
});

test('a preferred agent who declined, or may not take it, is not waited for', () => {
  const preferred = { agentId: 'ann', until: 500, why: 'last-agent' as const };
  const engine = engineWith(
    type({ requires: [english(1)] }),
    agent('ann', { ready: true }),
    agent('bob', speaks(1)),
    agent('cy', { ...speaks(1), idleSince: 9 }),
    waiting('one', 1, { preferred }),
    waiting('two', 2, { preferred: { ...preferred, agentId: 'bob' }, notTo: ['bob'], askAgainAt: 400 }),
  );
  assert.deepEqual(pairs(engine.decide(10)), ['one to bob', 'two to cy']);
});

test('what is pushed to an agent waits for them alone until the instant, whatever they lack in level or team', () => {
  const toAgent = { agentId: 'ann', until: 500 };
  const engine = engineWith(
    type({ teams: [{ teamIds: ['north'], afterMs: 0 }], deferred: { reserve: 9 } }),
    agent('ann', { ready: false }),
    agent('bob', { teams: ['north'] }),
    waiting('one', 1, { toAgent }),
  );
  assert.deepEqual(engine.decide(10), []);
  assert.equal(engine.whyWaiting('one', 10)?.waitsFor, 'one-agent');
  engine.see(agent('ann', { version: 2 }));
  const [decision] = engine.decide(11);
  assert.deepEqual([decision?.agentId, decision?.why.rule], ['ann', 'pushed']);
  engine.see(waiting('one', 1, { seq: 2, toAgent }));
  engine.see(agent('ann', { version: 3, ready: false }));
  assert.deepEqual(engine.decide(499), []);
  assert.deepEqual(pairs(engine.decide(500)), ['one to bob'], 'then it is for all again');
});

test('a team that cannot answer is helped by the next after its time, and a push to a team goes before', () => {
  const teams = [
    { teamIds: ['north'], afterMs: 0 },
    { teamIds: ['south'], afterMs: 100 },
  ];
  const engine = engineWith(
    type({ teams }),
    agent('ann', { teams: ['north'], ready: false }),
    agent('bob', { teams: ['south'] }),
    agent('cy', { teams: ['west'] }),
    waiting('one', 1000),
    waiting('two', 1001, { toTeam: { teamId: 'west', until: 9000 } }),
  );
  assert.deepEqual(pairs(engine.decide(1001)), ['two to cy']);
  const why = engine.whyWaiting('one', 1001);
  assert.deepEqual(why?.teams, { sets: 1, of: 2, nextAt: 1100 });
  assert.deepEqual(why?.not[0], { reason: 'team-not-asked', count: 2, agents: ['bob', 'cy'] });
  assert.equal(engine.wakeAt(1001), 1100);
  assert.deepEqual(pairs(engine.decide(1100)), ['one to bob']);
});

test('deferred work waits while live work does, and leaves enough others free for it', () => {
  const both = { capacity: { chat: 1, email: 1 } };
  const engine = engineWith(
    type(),
    type({ ...mail, typeId: 'mail', deferred: { reserve: 1 } }),
    agent('ann', both),
    waiting('letter', 1, { ...mail, priority: 9 }),
    waiting('chat', 5),
  );
  assert.deepEqual(pairs(engine.decide(10)), ['chat to ann'], 'live work first, whatever the priority');
  const why = engine.whyWaiting('letter', 10);
  assert.equal(why?.waitsFor, 'live-work');
  assert.deepEqual(why?.not, [{ reason: 'kept-for-live-work', count: 1, agents: ['ann'] }]);
  engine.see(agent('bob', { capacity: { chat: 1 } }));
  assert.deepEqual(pairs(engine.decide(11)), ['letter to ann'], 'bob stays free for chats');
  engine.release('letter');
  engine.see(agent('bob', { version: 2, ready: false }));
  assert.deepEqual(engine.decide(12), []);
  engine.see(type({ version: 2, closedUntil: 5000 }));
  assert.equal(engine.wakeAt(13), 13);
  assert.deepEqual(pairs(engine.decide(13)), ['letter to ann'], 'at night nothing is live');
});

test('a paused type is held under the name it was paused with, and its line is as it was when it goes on', () => {
  const engine = engineWith(
    type({ paused: { why: 'paused-by-supervisor' } }),
    agent('ann', { capacity: { chat: 2 } }),
    waiting('one', 1),
    waiting('two', 2),
  );
  assert.deepEqual(engine.decide(10), []);
  const why = engine.whyWaiting('two', 10);
  assert.deepEqual([why?.held, why?.waitsFor], [{ why: 'paused-by-supervisor' }, 'hold']);
  assert.equal(why?.order.ahead, 1);
  assert.equal(engine.wakeAt(10), undefined);
  engine.see(type({ version: 2, closedUntil: 60 }));
  assert.deepEqual(engine.decide(11), []);
  assert.deepEqual(engine.whyWaiting('one', 11)?.held, { until: 60, why: 'opening-hours' });
  assert.equal(engine.wakeAt(11), 60);
  assert.deepEqual(pairs(engine.decide(60)), ['one to ann', 'two to ann']);
});

test('one that somebody declined does not stand in the way of another that they did not', () => {
  const declined = (id: string, at: number, ...notTo: string[]) =>
    waiting(id, at, { seq: 3, notTo, askAgainAt: later });
  const engine = engineWith(
    type(),
    agent('ann'),
    declined('one', 1, 'ann'),
    declined('two', 2, 'ann', 'bob'),
  );
  assert.deepEqual(engine.decide(10), []);
  engine.see(declined('three', 3, 'bob'));
  assert.deepEqual(pairs(engine.decide(11)), ['three to ann'], 'it came behind two that ann declined');
  engine.see(declined('four', 4, 'bob'));
  assert.deepEqual(engine.decide(12), []);
  engine.see(waiting('three', 3, { seq: 4, state: 'closed' }));
  assert.deepEqual(
    pairs(engine.decide(13)),
    ['four to ann'],
    'ann is free again, and declined the first two',
  );
  engine.see(agent('cy', { capacity: { chat: 9 } }));
  assert.deepEqual(pairs(engine.decide(14)), ['one to cy', 'two to cy']);
});

test('a reorder by hand is a change of priority, and takes effect among those who wait', () => {
  const engine = engineWith(type(), waiting('one', 1), waiting('two', 2), waiting('three', 3));
  engine.see(waiting('three', 3, { seq: 2, priority: 1 }));
  engine.see(agent('ann', { capacity: { chat: 3 } }));
  assert.deepEqual(pairs(engine.decide(10)), ['three to ann', 'one to ann', 'two to ann']);
});

test('with hundreds of agents free the choice is the same as with a few', () => {
  const rare = { competencyId: 'welsh', level: 1 };
  const engine = engineWith(
    type({ requires: [rare], typeId: 'welsh' }),
    type({ requires: [english(1)], bestLevelFirst: true }),
    ...Array.from({ length: 400 }, (_, i) =>
      agent(`agent-${String(i).padStart(3, '0')}`, {
        idleSince: 1000 - i,
        competencies: [
          { ...english(1 + (i % 3)), validUntil: later },
          ...(i % 100 === 7 ? [{ ...rare, validUntil: later }] : []),
        ],
      }),
    ),
    waiting('one', 1, { typeId: 'welsh' }),
    waiting('two', 2, { preferred: { agentId: 'agent-005', until: 3, why: 'named' } }),
    waiting('three', 3, { notTo: ['agent-398'], askAgainAt: later }),
  );
  const decisions = engine.decide(2000);
  assert.deepEqual(pairs(decisions), ['one to agent-307', 'two to agent-005', 'three to agent-395']);
  assert.equal(decisions[1]?.why.eligibleCount, 399);
  assert.deepEqual(decisions[2]?.why.not.at(-1), {
    reason: 'declined-already',
    count: 1,
    agents: ['agent-398'],
  });
});

test('of hundreds who are free those kept for live work are counted, and those who do none are asked', () => {
  const engine = engineWith(
    type(),
    type({ ...mail, typeId: 'mail', deferred: { reserve: 60 } }),
    ...Array.from({ length: 50 }, (_, i) => agent(`chats-${i}`, { capacity: { chat: 1, email: 1 } })),
    ...Array.from({ length: 40 }, (_, i) => agent(`mails-${10 + i}`, { capacity: { email: 1 } })),
    waiting('letter', 1, { ...mail, notTo: ['mails-10', 'chats-1'] }),
  );
  const [decision] = engine.decide(10);
  assert.equal(decision?.agentId, 'mails-11');
  assert.equal(decision?.why.eligibleCount, 40);
  assert.deepEqual(
    decision?.why.not.map(({ reason, count }) => [reason, count]),
    [['kept-for-live-work', 50]],
  );
});

// What went wrong elsewhere, by the number under which it was told there.

test('a chat handed to one agent does not exceed their limit (rocketchat#35722)', () => {
  const engine = engineWith(
    type(),
    agent('ann'),
    agent('bob'),
    waiting('held', 1, { seq: 3, state: 'handling', agentId: 'ann' }),
    waiting('handed', 2, { seq: 4, toAgent: { agentId: 'ann', until: later } }),
  );
  assert.deepEqual(engine.decide(10), []);
  engine.see(waiting('held', 1, { seq: 4, state: 'closed' }));
  assert.deepEqual(pairs(engine.decide(11)), ['handed to ann']);
});

test('a chat that was put aside and comes back counts against the limit meanwhile (rocketchat#18217)', () => {
  const aside = waiting('aside', 1, { seq: 3, state: 'parked', agentId: 'ann', comesBack: true });
  const engine = engineWith(type(), agent('ann'), aside, waiting('new', 2));
  assert.deepEqual(engine.decide(10), []);
  assert.deepEqual(engine.snapshot().places.slots, [
    { agentId: 'ann', channel: 'chat', interactionIds: ['aside'] },
  ]);
});

test('an agent who serves several types is not called twice at the same moment (freeswitch#2901)', () => {
  const engine = engineWith(
    ...['a', 'b', 'c'].map((typeId) => type({ typeId, channel: 'voice' })),
    agent('ann', { capacity: { voice: 1 } }),
    ...['a', 'b', 'c'].map((typeId, i) => waiting(`call-${typeId}`, i, { typeId, channel: 'voice' })),
  );
  assert.deepEqual(pairs(engine.decide(10)), ['call-a to ann']);
  assert.deepEqual(engine.decide(10), []);
  engine.see(agent('ann', { version: 2, capacity: { voice: 1 } }));
  assert.deepEqual(engine.decide(11), []);
});

test('an agent is never stuck as reserved, whatever becomes of the call (freeswitch#2540)', () => {
  const others = [agent('ann'), waiting('next', 9)];
  const reserved = (...extra: Parameters<typeof engineWith>) => {
    const engine = engineWith(type(), ...others, waiting('one', 1), ...extra);
    assert.deepEqual(pairs(engine.decide(10)), ['one to ann']);
    return engine;
  };
  const abandoned = reserved();
  abandoned.see(waiting('one', 1, { seq: 2, state: 'abandoned' }));
  assert.deepEqual(pairs(abandoned.decide(11)), ['next to ann']);

  const failed = reserved();
  failed.release('one', later);
  assert.deepEqual(pairs(failed.decide(11)), ['next to ann']);

  const taken = reserved();
  taken.see(waiting('one', 1, { seq: 2, state: 'offered', agentId: 'bob' }));
  assert.deepEqual(pairs(taken.decide(11)), ['next to ann']);

  const changed = reserved();
  changed.forget({ kind: 'type', typeId: 'orders' });
  changed.release('one');
  changed.see(type({ version: 2 }));
  assert.deepEqual(pairs(changed.decide(11)), ['one to ann']);

  const gone = reserved();
  gone.forget({ kind: 'agent', agentId: 'ann' });
  gone.see(agent('bob'));
  assert.deepEqual(pairs(gone.decide(11)), ['next to bob']);
  gone.see(agent('ann', { version: 2 }));
  gone.release('one');
  assert.deepEqual(pairs(gone.decide(12)), ['one to ann']);
});

test('a call that ended keeps no agent busy, even when older news of it comes later (freeswitch#2530)', () => {
  const engine = engineWith(type(), agent('ann'), waiting('zombie', 1, { seq: 5, state: 'closed' }));
  engine.see(waiting('zombie', 1, { seq: 3, state: 'handling', agentId: 'ann' }));
  engine.see(waiting('zombie', 1, { seq: 4, state: 'wrapping', agentId: 'ann' }));
  assert.deepEqual(engine.snapshot().places.slots, []);
  engine.see(waiting('live', 2));
  assert.deepEqual(pairs(engine.decide(10)), ['live to ann']);
});

test('five agents who let everything pass do not bring the line to a halt (freeswitch#1062)', () => {
  const five = ['ann', 'bob', 'cy', 'dee', 'eve'];
  const engine = engineWith(type(), ...five.map((id) => agent(id)));
  for (let i = 0; i < 20; i += 1) engine.see(waiting(`call-${i}`, i));
  let seq = 1;
  const passed = new Map<string, string[]>();
  for (let now = 100; now < 3000; now += 100) {
    for (const { interactionId, agentId } of engine.decide(now)) {
      seq += 1;
      const notTo = [...(passed.get(interactionId) ?? []), agentId];
      passed.set(interactionId, notTo);
      const arrivedAt = Number(interactionId.slice(5));
      engine.see(waiting(interactionId, arrivedAt, { seq, notTo, askAgainAt: now + 1000 }));
    }
  }
  assert.equal(passed.size, 20, 'each was offered to somebody');
  engine.see(agent('fay', { capacity: { chat: 99 } }));
  const given = engine.decide(3000);
  assert.equal(given.length, 20, 'and all of it finds somebody when somebody new comes');
  assert.ok(given.some(({ agentId }) => agentId === 'fay'));
});

test('no call comes before the last one is wrapped up (asterisk, 7 June 2017)', () => {
  const engine = engineWith(
    callsFirst,
    type({ ...call, typeId: 'calls' }),
    type({ ...mail, typeId: 'mail' }),
    agent('ann', desk),
    waiting('last', 1, { ...call, seq: 4, state: 'wrapping', agentId: 'ann' }),
    waiting('next', 2, call),
    waiting('letter', 3, mail),
  );
  assert.deepEqual(engine.decide(10), [], 'nor mail beside it, where a call excludes mail');
  engine.see(waiting('last', 1, { ...call, seq: 5, state: 'closed' }));
  assert.deepEqual(pairs(engine.decide(11)), ['next to ann']);
});
