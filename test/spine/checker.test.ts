import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chance } from '#bench/harness/chance.ts';
import { insertCustomer } from '#src/modules/customers/index.ts';
import {
  acceptInteraction,
  advance,
  arriveInteraction,
  completeInteraction,
  createType,
  declineInteraction,
  endExchange,
  type InteractionRow,
  interactionById,
  parkInteraction,
  pushInteraction,
  releaseInteraction,
  reorderInteraction,
  resumeInteraction,
  setBars,
  setCapacity,
} from '#src/modules/interactions/index.ts';
import { changePerson, personById } from '#src/modules/people/index.ts';
import { choosePresence, signOffPresence } from '#src/modules/presence/index.ts';
import { type Checking, checking, createChecker } from '#src/modules/routing/checker.ts';
import { createRouting } from '#src/modules/routing/shell.ts';
import { isConnectionFault } from '#src/platform/db/sql.ts';
import { newId } from '#src/platform/ids.ts';
import { type Centre, done, makeCentre } from '#test/support/centre.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { eventually } from '#test/support/eventually.ts';
import { holdRow, interactionIn, openTransaction } from '#test/support/spine.ts';

type Routing = ReturnType<typeof createRouting>;

/** A checker beside routing that has started, on a small centre; whatever is done to the record before, the owner has read it. */
async function checkerOn(own: TestDatabase, limits: Partial<Checking> = {}) {
  const routing = createRouting(own.ctx, { alone: true });
  await routing.start();
  const checker = createChecker(own.ctx, routing, { ...checking, ...limits });
  return { routing, checker };
}

/**
 * Lets a little time go by, once the database has answered all that was asked: the test's time is many times as fast as ours, and
 * what takes a moment, a connection that is made anew among it, must not seem to take seconds.
 */
async function breathe(own: TestDatabase, ms: number): Promise<void> {
  const { system } = own.db;
  for (let turn = 0; turn < 2; turn++)
    await Promise.allSettled(Array.from({ length: 16 }, () => system`select pg_sleep(0.001)`));
  own.clock.pass(ms);
}

/** One check, while the test's own time goes on. One that was skipped, since this copy did not decide for a moment, is done again. */
async function check(own: TestDatabase, checker: ReturnType<typeof createChecker>): Promise<void> {
  // A writer of another test on the same server holds the log back for a while.
  await eventually('the log can be read to its end', async () => {
    const [row] = await own.db.owner<{ held: boolean }[]>`
      select exists (select from pg_stat_activity where backend_xid is not null and datname <> current_database()) as held`;
    return !row!.held;
  });
  const { done } = checker.figures();
  for (let turn = 0; turn < 5 && checker.figures().done === done; turn++) {
    const over = new AbortController();
    const run = checker.check().finally(() => over.abort());
    await Promise.all([
      run,
      (async () => {
        while (!over.signal.aborted) await breathe(own, 200);
      })(),
    ]);
    if (checker.figures().done === done) await breathe(own, 400);
  }
  assert.equal(checker.figures().done, done + 1, 'it was checked');
}

/** Lets time go on as it does, so that whoever routes keeps the right to. */
async function pass(own: TestDatabase, routing: Routing, ms: number): Promise<void> {
  const until = own.clock.now().getTime() + ms;
  while (own.clock.now().getTime() < until || !routing.owns()) await breathe(own, 400);
}

/** What was counted, and what the log names of it. */
function said(own: TestDatabase, checker: ReturnType<typeof createChecker>) {
  const counts = Object.entries(checker.figures().found).filter(([, count]) => count > 0);
  const whats = own.logged.flatMap(({ level, invariant, what }) =>
    level === 'error' && invariant !== undefined ? [what] : [],
  );
  return { counts: Object.fromEntries(counts), whats };
}

async function finds(
  own: TestDatabase,
  checker: ReturnType<typeof createChecker>,
  counts: Record<string, number>,
  whats: string[],
): Promise<void> {
  await check(own, checker);
  assert.deepEqual(said(own, checker), { counts, whats });
  // What is counted is counted once.
  await check(own, checker);
  assert.deepEqual(said(own, checker), { counts, whats });
  const view = await checker.view();
  assert.deepEqual(
    Object.fromEntries(
      view.invariants.filter(({ found }) => found > 0).map(({ invariant, found }) => [invariant, found]),
    ),
    counts,
  );
  assert.ok(view.checkedAt !== null && view.whole === true);
}

const acting = (centre: Centre, row: { id: string }, agentId: string) => ({
  interactionId: row.id,
  agentId,
  clients: centre.clients,
});

/** A why as a decision keeps it, for an offer that no engine made. */
function whyOf(own: TestDatabase, row: InteractionRow, centre: Centre) {
  return {
    rule: 'longest-idle',
    decidedAt: own.clock.now().getTime(),
    order: { priority: row.priority, arrivedAt: row.arrived_at.getTime(), ahead: 0 },
    typeId: row.type_id,
    clientId: row.client_id,
    channel: row.channel,
    requires: [{ competencyId: centre.competency.id, level: 2 }],
    eligible: [],
    eligibleCount: 0,
    not: [],
  };
}

async function offerTo(own: TestDatabase, centre: Centre, row: InteractionRow, agentId: string) {
  const at = own.clock.now();
  const why = whyOf(own, row, centre);
  return done(
    await advance(own.ctx, 'offer', {
      interactionId: row.id,
      agentId,
      at,
      why,
      offerUntil: new Date(at.getTime() + 300_000),
    }),
  ).row;
}

const offered = (own: TestDatabase, row: { id: string }) =>
  eventually('it is offered', async () => {
    const it = (await interactionById(own.ctx.db.system, row.id))!;
    return it.state === 'offered' && it;
  });

test('in a centre that is well, nothing is found, and it is said when that was looked at', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 2, capacity: { chat: 1 } });
  const { routing, checker } = await checkerOn(own);
  assert.equal((await checker.view()).checkedAt, null);
  for (let count = 0; count < 4; count++) await centre.arrive();
  await eventually('two are offered', async () => {
    const [row] = await own.db.owner<{ n: number }[]>`
      select count(*)::integer as n from interaction where state = 'offered'`;
    return row!.n === 2;
  });
  await pass(own, routing, 6_000);
  await finds(own, checker, {}, []);
  const view = await checker.view();
  assert.deepEqual([view.open, view.agents], [4, 2]);
  assert.equal(checker.figures().done, 2);
  await routing.stop();
  await checker.check();
  assert.equal(checker.figures().skipped, 1, 'who does not route does not judge');
});

test('an agent with more than their places is found', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1, capacity: { chat: 2 } });
  await interactionIn('handling', own.ctx, centre);
  const second = await interactionIn('handling', own.ctx, centre);
  await withoutOffers(own);
  await own.db.owner`delete from assignment where interaction_id = ${second.id}`;
  await own.db.owner`delete from capacity_slot s where not exists (
    select from assignment a where a.agent_id = s.agent_id and a.channel = s.channel and a.slot = s.slot)`;
  const { routing, checker } = await checkerOn(own);
  await finds(own, checker, { 'over-capacity': 1 }, ['more-than-places']);
  await routing.stop();
});

test('an offer beside what excludes it is found', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1, capacity: { chat: 1, voice: 1 } });
  const agentId = centre.agents[0]!.id;
  const { routing, checker } = await checkerOn(own);
  const chat = await offered(own, await centre.arrive());
  done(await acceptInteraction(own.ctx, acting(centre, chat, agentId)));
  const calls = done(
    await createType(own.ctx, {
      clientId: centre.client.id,
      channel: 'voice',
      nameEn: 'Calls',
      nameFr: 'Appels',
      priority: 0,
      offerSeconds: 20,
      requires: [{ competencyId: centre.competency.id, level: 2 }],
    }),
  );
  await pass(own, routing, 5_000);
  const call = await arriveCall(own, centre, calls.id);
  await offerTo(own, centre, call, agentId);
  await finds(own, checker, { 'over-capacity': 1 }, ['beside-what-excludes-it']);
  await routing.stop();
});

async function arriveCall(own: TestDatabase, centre: Centre, typeId: string): Promise<InteractionRow> {
  const at = own.clock.now();
  const customerId = newId(at);
  await insertCustomer(own.ctx.db.system, {
    id: customerId,
    clientId: centre.client.id,
    language: 'en',
    at,
  });
  const { interactionId } = done(
    await arriveInteraction(own.ctx, {
      threadId: newId(at),
      clientId: centre.client.id,
      typeId,
      customerId,
      channel: 'voice',
      language: 'en',
      text: 'A call',
      key: newId(at),
    }),
  );
  return (await interactionById(own.ctx.db.system, interactionId))!;
}

/** Sets up what no engine decided: its offers are no subject of the test, and are put into the log as of long ago. */
async function withoutOffers(own: TestDatabase): Promise<void> {
  await own.db.owner`
    insert into decision (interaction_id, seq, client_id, agent_id, epoch, why, at)
    select e.stream, e.seq, e.client_id, (e.body ->> 'agentId')::uuid, 0, jsonb_build_object(
             'decidedAt', extract(epoch from e.at) * 1000, 'typeId', i.type_id, 'clientId', i.client_id, 'channel', i.channel,
             'order', jsonb_build_object('priority', i.priority, 'arrivedAt', extract(epoch from i.arrived_at) * 1000)), e.at
      from event e join interaction i on i.id = e.stream where e.kind = 'interaction.offered'`;
}

test('an offer to somebody without the competency is found, and one to somebody who has it is not', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 0, capacity: { chat: 1 } });
  const learner = await centre.addAgent({ level: 1 });
  const { routing, checker } = await checkerOn(own);
  await pass(own, routing, 20_000);
  await offerTo(own, centre, await centre.arrive(), learner.id);
  await finds(own, checker, { 'not-eligible': 1 }, ['offered-without-competency']);
  await centre.assess(learner.id, 2);
  await offered(own, await centre.addAgent().then(() => centre.arrive()));
  await finds(own, checker, { 'not-eligible': 1 }, ['offered-without-competency']);
  await routing.stop();
});

test('an offer in a language that the agent does not master is found', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1, capacity: { chat: 1 } });
  const { routing, checker } = await checkerOn(own);
  const row = await offered(own, await centre.arrive());
  await own.db.owner`
    update decision set why = why || '{"language": {"language": "fr", "level": 1}}' where interaction_id = ${row.id}`;
  await finds(own, checker, { 'not-eligible': 1 }, ['offered-without-language']);
  await routing.stop();
});

test('an offer to somebody who was not ready is found', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1, capacity: { chat: 1 } });
  const agentId = centre.agents[0]!.id;
  await choosePresence(own.ctx, agentId, 'break', true);
  own.clock.pass(20_000);
  const { routing, checker } = await checkerOn(own);
  await offerTo(own, centre, await centre.arrive(), agentId);
  await finds(own, checker, { 'not-eligible': 1 }, ['offered-while-not-ready']);
  await routing.stop();
});

test('an offer to somebody who does not work for the client is found, and what they hold of it too', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1, capacity: { chat: 1 } });
  const agentId = centre.agents[0]!.id;
  const held = await interactionIn('handling', own.ctx, centre);
  await withoutOffers(own);
  // Behind everybody's back: no event, so nobody returns it.
  await own.db.owner`delete from person_client where person_id = ${agentId}`;
  own.clock.pass(20_000);
  const { routing, checker } = await checkerOn(own);
  await finds(own, checker, { 'not-eligible': 1 }, ['held-without-right']);
  done(await endExchange(own.ctx, acting(centre, held, agentId)));
  done(await completeInteraction(own.ctx, { ...acting(centre, held, agentId), outcomeCode: 'solved' }));
  const row = await offerTo(own, centre, await centre.arrive(), agentId);
  done(await declineInteraction(own.ctx, acting(centre, row, agentId)));
  await finds(own, checker, { 'not-eligible': 2 }, ['held-without-right', 'offered-without-right']);
  await routing.stop();
});

test('an offer to somebody who is barred from its type is found, and one from before they were is not', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1, capacity: { chat: 2 } });
  const agentId = centre.agents[0]!.id;
  const bars = [{ typeId: centre.type.id, reason: 'mandatory-information-unread' }];
  const { routing, checker } = await checkerOn(own);
  await pass(own, routing, 20_000);
  await offered(own, await centre.arrive());
  done(await setBars(own.ctx, { agentId, source: 'knowledge', bars }));
  await finds(own, checker, {}, []);
  await pass(own, routing, 20_000);
  await offerTo(own, centre, await centre.arrive(), agentId);
  await finds(own, checker, { 'not-eligible': 1 }, ['offered-while-barred']);
  await routing.stop();
});

test('what waits beside an agent who could have it is found', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1, capacity: { chat: 1 }, priority: 1 });
  const { routing, checker } = await checkerOn(own);
  const row = await centre.arrive();
  await offered(own, row);
  const agentId = centre.agents[0]!.id;
  const late = await centre.arrive();
  const letGo = await holdRow(own.ctx, late.id); // whoever would offer it cannot
  done(await declineInteraction(own.ctx, acting(centre, row, agentId)));
  await pass(own, routing, 6_000);
  await finds(own, checker, { 'idle-beside-work': 1 }, ['waits-beside-idle']);
  await letGo();
  await offered(own, late);
  await routing.stop();
});

test('nothing is said of what only waited for a moment', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1, capacity: { chat: 1 } });
  const { routing, checker } = await checkerOn(own);
  const row = await centre.arrive();
  const letGo = await holdRow(own.ctx, row.id);
  await pass(own, routing, 6_000);
  const checked = checker.check();
  await letGo();
  await offered(own, row);
  await eventually('the second look was taken', async () => {
    own.clock.pass(200);
    return checker.figures().done === 1;
  });
  await checked;
  assert.deepEqual(said(own, checker), { counts: {}, whats: [] });
  await routing.stop();
});

test('what was overtaken is found when it was offered later', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 0, capacity: { chat: 1 } });
  const { routing, checker } = await checkerOn(own);
  const first = await centre.arrive();
  await pass(own, routing, 1_000);
  const second = await centre.arrive();
  await pass(own, routing, 20_000);
  await centre.addAgent();
  await offered(own, first);
  await pass(own, routing, 1_000);
  await centre.addAgent();
  await offered(own, second);
  await check(own, checker);
  assert.deepEqual(said(own, checker), { counts: {}, whats: [] });
  await own.db
    .owner`update decision set why = jsonb_set(why, '{order,priority}', '7') where interaction_id = ${second.id}`;
  const anew = createChecker(own.ctx, routing);
  await finds(own, anew, { 'out-of-order': 1 }, ['overtaken']);
  await routing.stop();
});

test('what was overtaken is found while it still waits', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 0, capacity: { chat: 1 } });
  const { routing, checker } = await checkerOn(own);
  const first = await centre.arrive();
  await pass(own, routing, 1_000);
  const second = await centre.arrive();
  await pass(own, routing, 20_000);
  await centre.addAgent();
  await offered(own, first);
  // It came in before the one that still waits; had it come after it, it would have overtaken.
  const later = second.arrived_at.getTime() + 1;
  await own.db.owner`
    update decision set why = jsonb_set(why, '{order,arrivedAt}', to_jsonb(${later}::bigint)) where interaction_id = ${first.id}`;
  await finds(own, checker, { 'out-of-order': 1 }, ['overtaken']);
  await routing.stop();
});

test('work without its place, and a place held by nothing, are found', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1, capacity: { chat: 3 } });
  const agentId = centre.agents[0]!.id;
  const handled = await interactionIn('handling', own.ctx, centre);
  const parked = await interactionIn('parked', own.ctx, centre);
  await withoutOffers(own);
  await own.db.owner`delete from assignment where interaction_id = ${handled.id}`;
  await own.db.owner`
    insert into assignment (agent_id, channel, slot, interaction_id, since)
    values (${agentId}, 'chat', 2, ${parked.id}, ${own.clock.now()})`;
  const { routing, checker } = await checkerOn(own);
  await finds(own, checker, { 'not-in-one-place': 2 }, ['without-place', 'place-held-by-nothing']);
  await routing.stop();
});

test('a place with another agent than the work is found', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 2, capacity: { chat: 1 } });
  const [one, other] = centre.agents.map(({ id }) => id);
  const handled = await interactionIn('handling', own.ctx, centre, one);
  await withoutOffers(own);
  await own.db.owner`update assignment set agent_id = ${other!} where interaction_id = ${handled.id}`;
  const { routing, checker } = await checkerOn(own);
  await finds(own, checker, { 'not-in-one-place': 1 }, ['in-another-place']);
  await routing.stop();
});

test('an engine that believes something else than the record says is found', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 0, capacity: { chat: 1 } });
  const { routing, checker } = await checkerOn(own);
  await centre.arrive();
  const row = await centre.arrive();
  own.clock.pass(1_000);
  await check(own, checker);
  assert.deepEqual(said(own, checker), { counts: {}, whats: [] });
  await own.db.owner`update interaction set priority = 9 where id = ${row.id}`; // and the seq stays: nobody hears of it
  await check(own, checker);
  const { counts, whats } = said(own, checker);
  assert.deepEqual(Object.keys(counts), ['differs-from-record']);
  assert.deepEqual(whats.toSorted(), ['interaction', 'place']);
  await routing.stop();
});

test('a gap in the log is found', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1, capacity: { chat: 1 } });
  const { routing, checker } = await checkerOn(own);
  const row = await offered(own, await centre.arrive());
  await own.db.owner`delete from event where stream = ${row.id} and seq = ${row.seq - 1}`;
  await finds(own, checker, { 'lost-or-doubled': 1 }, ['gap-in-log']);
  await routing.stop();
});

test('a row that is not what its log says is found', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1, capacity: { chat: 1 } });
  const row = await interactionIn('parked', own.ctx, centre);
  await withoutOffers(own);
  await own.db
    .owner`update interaction set state = 'scheduled', agent_id = null, due_at = ${new Date('2026-04-01')} where id = ${row.id}`;
  const { routing, checker } = await checkerOn(own);
  await finds(own, checker, { 'lost-or-doubled': 1 }, ['row-unlike-log']);
  await routing.stop();
});

test('something offered twice, and an offer that nobody decided, are found', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1, capacity: { chat: 1 } });
  const { routing, checker } = await checkerOn(own);
  const row = await offered(own, await centre.arrive());
  await own.db.owner`
    with more as (update interaction set seq = seq + 1 where id = ${row.id} returning *)
    insert into event (stream, seq, kind, client_id, at, body)
    select id, seq, 'interaction.offered', client_id, ${own.clock.now()}, jsonb_build_object('agentId', agent_id) from more`;
  own.ctx.bus.tell([
    {
      stream: row.id,
      seq: row.seq + 1,
      kind: 'interaction.line',
      clientId: row.client_id,
      at: own.clock.now(),
      body: {},
      after: (await interactionById(own.ctx.db.system, row.id))!,
    },
  ]);
  await check(own, checker);
  const { counts, whats } = said(own, checker);
  assert.deepEqual(counts, { 'lost-or-doubled': 2 });
  assert.deepEqual(whats.toSorted(), ['offer-without-decision', 'offered-twice']);
  await routing.stop();
});

test('a decision for another agent than was asked is found', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1, capacity: { chat: 1 } });
  const { routing, checker } = await checkerOn(own);
  const row = await offered(own, await centre.arrive());
  const other = await centre.addAgent({ ready: false });
  await own.db.owner`update decision set agent_id = ${other.id} where interaction_id = ${row.id}`;
  await finds(own, checker, { 'lost-or-doubled': 1 }, ['offer-unlike-decision']);
  await routing.stop();
});

test('an offer that nobody ends is found', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1, capacity: { chat: 1 } });
  const { routing, checker } = await checkerOn(own);
  const row = await offered(own, await centre.arrive());
  const letGo = await holdRow(own.ctx, row.id);
  await pass(own, routing, 52_000);
  await finds(own, checker, { 'lost-or-doubled': 1 }, ['offer-without-end']);
  await letGo();
  await routing.stop();
});

test('work that stays with somebody who has left, and work that is due and stays away, are found', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1, capacity: { chat: 3 } });
  const agentId = centre.agents[0]!.id;
  await interactionIn('handling', own.ctx, centre);
  await interactionIn('scheduled', own.ctx, centre); // due in 20 s
  const parked = await interactionIn('parked', own.ctx, centre);
  await withoutOffers(own);
  await own.db.owner`update interaction set due_at = ${own.clock.now()} where id = ${parked.id}`;
  own.clock.pass(1_000);
  await signOffPresence(own.ctx, agentId); // and nothing here sweeps
  own.clock.pass(60_000);
  const { routing, checker } = await checkerOn(own);
  await check(own, checker);
  const { counts, whats } = said(own, checker);
  assert.deepEqual(counts, { 'lost-or-doubled': 3 });
  assert.deepEqual(whats.toSorted(), ['due-and-not-back', 'due-and-not-back', 'with-who-is-away']);
  await routing.stop();
});

test('work that was interrupted and does not come back is found', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1, capacity: { chat: 1 } });
  const parked = await interactionIn('parked', own.ctx, centre);
  await withoutOffers(own);
  await own.db
    .owner`update interaction set interrupted_by = ${newId(own.clock.now())} where id = ${parked.id}`;
  await own.db.owner`
    insert into assignment (agent_id, channel, slot, interaction_id, since)
    values (${centre.agents[0]!.id}, 'chat', 1, ${parked.id}, ${own.clock.now()})`;
  const { routing, checker } = await checkerOn(own);
  await finds(own, checker, { 'lost-or-doubled': 1 }, ['interrupted-and-not-back']);
  await routing.stop();
});

test('work with nobody, in a state that has somebody, is found even where the database lets it be', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1, capacity: { chat: 1 } });
  const row = await interactionIn('parked', own.ctx, centre);
  await withoutOffers(own);
  const { routing, checker } = await checkerOn(own);
  await own.db.owner`alter table interaction drop constraint agent_in_states_that_have_one`;
  await own.db.owner`update interaction set agent_id = null where id = ${row.id}`;
  await check(own, checker);
  assert.ok(said(own, checker).whats.includes('without-agent'));
  await routing.stop();
});

test('of more than one check looks at, the next ones look at the rest', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1, capacity: { chat: 5 } });
  const rows: InteractionRow[] = [];
  for (let count = 0; count < 5; count++) {
    rows.push(await interactionIn('handling', own.ctx, centre));
    own.clock.pass(10);
  }
  await withoutOffers(own);
  const last = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)).at(-1)!;
  // The last in the order of ids has no place; it comes into sight with the third part.
  await own.db.owner`delete from assignment where interaction_id = ${last.id}`;
  const { routing, checker } = await checkerOn(own, { openMax: 2 });
  const found: number[] = [];
  for (let part = 0; part < 4; part++) {
    await check(own, checker);
    found.push(checker.figures().found['not-in-one-place']);
    assert.equal((await checker.view()).whole, false);
  }
  assert.deepEqual(found, [0, 0, 1, 1]);
  await routing.stop();
});

test('a check that cannot read the record says so, and the next one looks at the same events', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1, capacity: { chat: 1 } });
  const { routing, checker } = await checkerOn(own, { statementMs: 2_000 });
  await check(own, checker);
  const row = await offered(own, await centre.arrive());
  await own.db.owner`delete from event where stream = ${row.id} and seq = ${row.seq - 1}`;
  const letGo = await openTransaction(
    own.db.owner,
    (tx) => tx`lock table competency in access exclusive mode`,
  );
  await assert.rejects(check(own, checker), { code: '57014' });
  assert.equal(checker.figures().failed, 1);
  await letGo();
  await check(own, checker);
  assert.deepEqual(said(own, checker).whats, ['gap-in-log']);
  await routing.stop();
});

test('however agents act, leave and come back, offers fail and routing changes hands, all invariants hold', async () => {
  await using own = await testDatabase();
  const drawn = chance(20_261_125);
  const random = (below: number) => drawn.index(below);
  const centre = await makeCentre(own.ctx, { agents: 4, capacity: { chat: 2 } });
  let { routing, checker } = await checkerOn(own);
  let checks = 0;
  const tally = () => {
    checks += checker.figures().done;
    assert.deepEqual(said(own, checker), { counts: {}, whats: [] });
  };
  for (let step = 1; step <= 240; step++) {
    await anything(own, centre, routing, random).catch((fault) => {
      if (!isConnectionFault(fault)) throw fault;
    });
    for (let left = random(3_000); left > 0; left -= 400) await breathe(own, Math.min(left, 400));
    if (step % 8 === 0) await settle(own, routing);
    if (step % 20 === 0)
      await check(own, checker).catch((fault) => {
        if (!isConnectionFault(fault)) throw fault; // it is done again with the next one
      });
    if (step % 50 === 0) {
      // Hands over with whatever is under way; the next owner knows nothing but the record.
      tally();
      await settle(own, routing);
      await routing.stop();
      ({ routing, checker } = await checkerOn(own));
    }
  }
  await settle(own, routing);
  await check(own, checker);
  tally();
  assert.ok(checks >= 6, `${checks} checks`);
  const [offers] = await own.db.owner<{ n: number }[]>`select count(*)::integer as n from decision`;
  assert.ok(offers!.n >= 25, `${offers!.n} offers`);
  assert.deepEqual(own.faults, []);
  await routing.stop();
});

/** Waits until this copy routes, and what is under way is done. */
async function settle(own: TestDatabase, routing: Routing): Promise<void> {
  for (let turn = 0; turn < 10 || !routing.owns(); turn++) await breathe(own, 100);
}

async function anything(
  own: TestDatabase,
  centre: Centre,
  routing: Routing,
  random: (below: number) => number,
): Promise<void> {
  const { ctx } = own;
  const agentId = centre.agents[random(centre.agents.length)]!.id;
  const open = await ctx.db.owner<InteractionRow[]>`
    select * from interaction where state not in ('closed', 'abandoned') order by id`;
  const row = open[random(Math.max(1, open.length))];
  const by = row?.agent_id ?? agentId;
  const supervised = { by: agentId, clients: centre.clients, reason: 'as the test says' };
  switch (random(14)) {
    case 0:
    case 1:
    case 2:
      if (open.length < 12) await centre.arrive();
      return;
    case 3:
    case 4:
      if (row?.state === 'offered') await acceptInteraction(ctx, acting(centre, row, by));
      return;
    case 5:
      if (row?.state === 'offered') await declineInteraction(ctx, acting(centre, row, by));
      return;
    case 6:
      if (row?.state === 'handling') await endExchange(ctx, acting(centre, row, by));
      return;
    case 7:
      if (row?.state === 'wrapping')
        await completeInteraction(ctx, { ...acting(centre, row, by), outcomeCode: 'solved' });
      return;
    case 8:
      if (row?.state === 'handling') await parkInteraction(ctx, acting(centre, row, by));
      else if (row?.state === 'parked')
        await (random(2) === 0 ? resumeInteraction : releaseInteraction)(ctx, acting(centre, row, by));
      return;
    case 9:
      await choosePresence(ctx, agentId, random(3) === 0 ? 'break' : 'ready', true);
      return;
    case 10: {
      const person = (await personById(ctx.db.system, agentId))!;
      await changePerson(ctx, agentId, { version: person.version }, agentId, {
        act: (sql, personId) => setCapacity(sql, personId, { chat: 1 + random(3) }),
        changed: ['capacity'],
      });
      return;
    }
    case 11:
      if (row?.state === 'waiting')
        await (random(2) === 0
          ? reorderInteraction(ctx, { ...supervised, interactionId: row.id, priority: random(5) })
          : pushInteraction(ctx, { ...supervised, interactionId: row.id, to: { agentId } }));
      return;
    case 12:
      // Connections break under whatever is written at that moment.
      await ctx.db.owner`
        select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name = 'parley system'`;
      return;
    default:
      await centre.assess(agentId, 1 + random(5));
      assert.ok(routing.heldBack().size < 1_000);
  }
}
