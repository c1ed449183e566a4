import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InteractionRow, TypeRow } from '#src/modules/interactions/index.ts';
import { typeSeen } from '#src/modules/routing/facts.ts';
import { laterOf, type RoutingRecord } from '#src/modules/routing/record.ts';
import { createRoutingOn } from '#src/modules/routing/shell.ts';
import { type Clock, manualClock } from '#src/platform/clock.ts';
import { createBus } from '#src/platform/events/bus.ts';
import { createLog } from './quiet-log.ts';
import { Store } from './store.ts';

// What simulation found in the shell, each as the shortest story in which it happens.

const start = new Date('2026-01-05T08:00:00Z');

const type: TypeRow = {
  id: 'chats',
  client_id: 'acme',
  channel: 'chat',
  name_en: 'Chats',
  name_fr: 'Chats',
  priority: 0,
  offer_seconds: 5,
  active: true,
  version: 1,
  requires: [],
  routing: {},
  hours_id: null,
  paused_at: null,
  paused_until: null,
  paused_by: null,
  paused_reason: null,
};

function waiting(id: string, arrivedAt: Date): InteractionRow {
  return {
    id,
    client_id: 'acme',
    type_id: 'chats',
    channel: 'chat',
    customer_id: id,
    thread_id: id,
    language: 'en',
    state: 'waiting',
    agent_id: null,
    seq: 1,
    priority: 0,
    arrived_at: arrivedAt,
    state_since: arrivedAt,
    due_at: null,
    offer_until: null,
    not_to: [],
    handled_by: null,
    outcome_code: null,
    unread: true,
    to_team_id: null,
    to_agent_id: null,
    to_until: null,
    preferred_agent_id: null,
    preferred_until: null,
    preferred_why: null,
    interrupted_by: null,
    closed_at: null,
  };
}

/** A shell on a record that answers at once, but for what the story changes. Without a telling: each commit must be found. */
async function shellOn(change: (record: RoutingRecord, store: Store) => Partial<RoutingRecord>) {
  const clock = manualClock(start);
  const store = new Store({
    now: () => clock.monotonic(),
    committed: () => {},
    taken: () => {},
    sabotage: {},
    keepsJournal: false,
  });
  store.types.set(type.id, type);
  store.agents.set('ann', {
    id: 'ann',
    clients: ['acme'],
    competencies: new Map(),
    ready: true,
    connected: true,
    since: 0,
    slots: new Map(),
    freedAt: 0,
  });
  store.setCapacity('ann', 'chat', 1);
  const bus = createBus((fault) => {
    throw fault;
  });
  const offered: string[] = [];
  const expired: string[] = [];
  const agents = () => [
    {
      agentId: 'ann',
      ready: true,
      clients: ['acme'],
      capacity: { chat: 1 },
      competencies: [],
      languages: [],
      teams: [],
      idleSince: 0,
    },
  ];
  const types = (now: Date) => ({
    types: [{ row: type, facts: typeSeen(type, undefined, now) }],
    changesAt: undefined,
  });
  const advance = async (...asked: Parameters<Store['advance']>) => {
    const answer = store.advance(...asked);
    if ('event' in answer) bus.tell([answer.event]);
    return answer as never;
  };
  const plain: RoutingRecord = {
    lease: {
      take: async (ms, alone) => store.take('one', ms, alone),
      renew: async (epoch, ms) => store.renew('one', epoch, ms),
      release: async (epoch) => store.release('one', epoch),
    },
    allFacts: async (now) => ({
      ...types(now),
      agents: agents(),
      interactions: store.open(),
      rules: { kind: 'rules', channels: {} },
    }),
    agentFacts: async () => agents(),
    typeFacts: async (now) => types(now),
    rulesFacts: async () => ({ kind: 'rules', channels: {} }),
    openInteractions: async () => store.open(),
    interactionsByIds: async (ids) => ids.flatMap((id) => store.rows.get(id) ?? []),
    journal: { append: async (chunk) => store.append(chunk) },
    offer: ({ interactionId, agentId, seq }, { epoch, offerSeconds }) => {
      offered.push(interactionId);
      const at = clock.now();
      const offerUntil = new Date(at.getTime() + offerSeconds * 1000);
      return advance('offer', { interactionId, agentId, seq, at, epoch, offerUntil });
    },
    expire: (interactionId, agentId, offerUntil) => {
      expired.push(interactionId);
      return advance('expire', { interactionId, agentId, at: laterOf(clock.now(), offerUntil) });
    },
    accept: (interactionId, agentId) => advance('accept', { interactionId, agentId, at: clock.now() }),
  };
  const routing = createRoutingOn({ ...plain, ...change(plain, store) }, { bus, clock, log: createLog() });
  return { store, clock, bus, routing, offered, expired };
}

/** Lets time pass in small steps, and all that was promised happen between them. */
async function pass(clock: Clock & { pass(ms: number): void }, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    clock.pass(50);
    await new Promise((next) => setImmediate(next));
  }
}

test('an offer ends in time though an answer comes in that was asked for before it was made', async () => {
  let failed = false;
  let late: (() => void) | undefined;
  const { store, clock, routing, expired } = await shellOn((record, of) => ({
    offer: (...asked) => {
      if (failed) return record.offer(...asked);
      failed = true;
      return Promise.reject(new Error('the connection is gone'));
    },
    // What is read again after the write that failed is long on its way.
    interactionsByIds: (ids) => {
      const rows = ids.flatMap((id) => of.rows.get(id) ?? []);
      if (late !== undefined) return Promise.resolve(rows);
      return new Promise((resolve) => {
        late = () => resolve(rows);
      });
    },
  }));
  store.arrive('a', waiting('a', start));
  await routing.start();
  await pass(clock, 2_000);
  assert.equal(store.rows.get('a')?.state, 'offered');
  assert.ok(late !== undefined);
  late();
  await pass(clock, 5_000);
  assert.deepEqual(expired, ['a']);
  await routing.stop();
});

test('who is found by comparing with the record is offered before the rest is read', async () => {
  let isSlow = false;
  const { store, clock, routing, offered } = await shellOn((record) => ({
    agentFacts: (only) => (isSlow ? new Promise(() => {}) : record.agentFacts(only)),
  }));
  await routing.start();
  await pass(clock, 100);
  isSlow = true;
  store.arrive('a', waiting('a', clock.now()));
  await pass(clock, 10_500);
  assert.deepEqual(offered, ['a']);
  await routing.stop();
});

test('what is read while the state is loaded anew is not forgotten with the state before', async () => {
  let loads = 0;
  const late: (() => void)[] = [];
  const { store, clock, bus, routing, offered } = await shellOn((record, of) => ({
    allFacts: async (now) => {
      const facts = await record.allFacts(now);
      loads += 1;
      if (loads > 1) await new Promise<void>((resolve) => late.push(resolve));
      return facts;
    },
    openInteractions: async () => {
      await new Promise<void>((resolve) => late.push(resolve));
      return of.open();
    },
  }));
  await routing.start();
  await pass(clock, 10_100);
  assert.equal(late.length, 1, 'it compares');
  bus.gap();
  await pass(clock, 100);
  assert.equal(late.length, 2, 'and loads');
  store.arrive('a', waiting('a', clock.now()));
  for (const answer of late) {
    answer();
    await pass(clock, 100);
  }
  await pass(clock, 500);
  assert.deepEqual(offered, ['a']);
  await routing.stop();
});

const anHour = 3_600_000;

test('an offer rings no longer for a clock that is put back by an hour, and is then made again', async () => {
  const { store, clock, routing, offered, expired } = await shellOn(() => ({}));
  store.arrive('a', waiting('a', start));
  await routing.start();
  await pass(clock, 1_000);
  assert.equal(store.rows.get('a')?.state, 'offered');
  clock.jump(-anHour);
  // The state is loaded anew within a second or so, and what rings is given its time once more at most.
  await pass(clock, 8_000);
  assert.deepEqual(expired, ['a']);
  // Who let it pass is asked again after the usual while, though by that end it is an hour away.
  await pass(clock, 20_000);
  assert.deepEqual(offered.slice(0, 2), ['a', 'a']);
  await routing.stop();
});

test('what a failed write holds back is not held back for an hour more by a clock that is put back', async () => {
  let isGone = true;
  const { store, clock, routing, offered } = await shellOn((record) => ({
    offer: (...asked) =>
      isGone ? Promise.reject(new Error('the connection is gone')) : record.offer(...asked),
  }));
  store.arrive('a', waiting('a', start));
  await routing.start();
  await pass(clock, 200);
  assert.deepEqual(offered, []);
  isGone = false;
  clock.jump(-anHour);
  await pass(clock, 3_000);
  assert.deepEqual(offered, ['a']);
  await routing.stop();
});
