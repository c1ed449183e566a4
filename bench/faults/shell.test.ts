import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InteractionRow, TypeRow } from '#src/modules/interactions/index.ts';
import { typeSeen } from '#src/modules/routing/facts.ts';
import type { RoutingRecord } from '#src/modules/routing/record.ts';
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
    expire: (interactionId, agentId) => {
      expired.push(interactionId);
      return advance('expire', { interactionId, agentId, at: clock.now() });
    },
    accept: (interactionId, agentId) => advance('accept', { interactionId, agentId, at: clock.now() }),
  };
  const routing = createRoutingOn({ ...plain, ...change(plain, store) }, { bus, clock, log: createLog() });
  return { store, clock, routing, offered, expired };
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
