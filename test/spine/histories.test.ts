import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Act,
  acts,
  advance,
  bringBackInterrupted,
  changeRoutingRules,
  createLineWriter,
  type InteractionRow,
  interactionById,
  kindOf,
  type Line,
  lifecycle,
  returnWork,
  type State,
  setCapacity,
  stateAfter,
  statesWithAgent,
} from '#src/modules/interactions/index.ts';
import { uninterrupted } from '#src/modules/interactions/queries.ts';
import { createPerson } from '#src/modules/people/index.ts';
import type { Context } from '#src/platform/context.ts';
import { isRefusal } from '#src/platform/refusal.ts';
import { type Centre, done, makeCentre, password } from '#test/support/centre.ts';
import { testDatabase } from '#test/support/database.ts';
import { contradictions, fieldsOf } from '#test/support/spine.ts';

// Any history at all: a few interactions on two channels of which one interrupts the other, two agents, whatever can be done done in any order and several things at once, by two nodes.
// However it went, the record must agree with itself, and the log must tell the row.

const pick = { which: fc.nat(4), agent: fc.nat(1) };
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom(...acts), ...pick }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('customer', 'answer', 'note'), ...pick, key: fc.nat(9) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('capacity'), ...pick, limit: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lost'), ...pick }) },
  { weight: 7, arbitrary: fc.record({ do: fc.constant('given'), ...pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('back'), ...pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait'), ...pick }) },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;
/** Moments: what is done in one of them is done at the same time. */
const history = fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 15 });

test('however acts, lines and losses meet, the record agrees with itself and the log tells the row', async () => {
  await using own = await testDatabase();
  const nodes = [own.ctx, own.anotherNode()].map((ctx) => ({ ctx, write: createLineWriter(ctx).write }));
  const someone = done(
    await createPerson(own.ctx, {
      email: 'rules@centre.example',
      name: 'Rules',
      roles: ['administrator'],
      language: 'en',
      password,
      clients: [],
    }),
  );
  done(
    await changeRoutingRules(
      own.ctx,
      { channels: { chat: { email: 'interrupts' } }, missesMax: 3, version: 0 },
      someone.id,
    ),
  );
  let centres = 0;
  let interrupted = 0;
  await fc.assert(
    fc.asyncProperty(history, async (moments) => {
      const centre = await makeCentre(own.ctx, {
        name: `Centre ${++centres}`,
        agents: 2,
        capacity: { chat: 2, email: 2 },
      });
      const mail = await centre.addType('email');
      const letter = { typeId: mail.id, channel: 'email' } as const;
      const rows = [
        await centre.arrive(),
        await centre.arrive(letter),
        await centre.arrive(),
        await centre.arrive(letter),
        await centre.arrive(letter),
      ];
      const lines = new Map<string, Set<string>>();
      for (const moment of moments) {
        await Promise.all(
          moment.map((one, index) => {
            const { ctx, write } = nodes[index % nodes.length]!;
            return perform(ctx, write, centre, rows, one, lines);
          }),
        );
        own.clock.pass(7_000);
      }
      assert.deepEqual(await contradictions(own.db.owner), []);
      for (const row of rows) interrupted += await assertTold(own.ctx, row.id);
      // Whatever was interrupted is interrupted still, or comes back by itself within a turn of the upkeep, or within a few: one may
      // come back after another.
      for (const _ of rows) await bringBackInterrupted(own.ctx, () => true);
      assert.equal((await uninterrupted(own.db.system, {}, 10)).length, 0);
      for (const row of rows) await assertTold(own.ctx, row.id);
      // A key stands for one line, wherever and however often it was sent.
      for (const [key, places] of lines) assert.equal(places.size, 1, key);
    }),
    { numRuns: 40, seed: 20_260_302 },
  );
  assert.ok(interrupted >= 10, `${interrupted} interruptions are enough to speak of`);
  assert.deepEqual(own.faults, []);
});

async function perform(
  ctx: Context,
  write: ReturnType<typeof createLineWriter>['write'],
  centre: Centre,
  rows: readonly InteractionRow[],
  one: Step,
  lines: Map<string, Set<string>>,
): Promise<void> {
  const row = rows[one.which]!;
  const agentId = centre.agents[one.agent]!.id;
  if (one.do === 'wait') return;
  if (one.do === 'back') {
    await bringBackInterrupted(ctx, () => true);
    return;
  }
  if (one.do === 'given') {
    // An offer that is taken at once: by chance alone too few would be handled together.
    const at = ctx.clock.now();
    await advance(ctx, 'offer', { interactionId: row.id, ...fieldsOf('offer', { agentId, at }) });
    await advance(ctx, 'accept', { interactionId: row.id, agentId, at });
    return;
  }
  if (one.do === 'lost') {
    await returnWork(ctx, { agentId, reason: 'connection-lost', until: ctx.clock.now() });
  } else if ('limit' in one) {
    await setCapacity(ctx.db.system, agentId, { chat: one.limit });
  } else if ('key' in one) {
    const shared = { interactionId: row.id, text: `${one.do} ${one.key}`, key: `${one.key}` };
    const line: Line =
      one.do === 'customer'
        ? { ...shared, author: 'customer', threadId: row.thread_id, audience: 'all' }
        : { ...shared, author: 'agent', agentId, audience: one.do === 'note' ? 'staff' : 'all' };
    const answer = await write(line);
    if (isRefusal(answer)) return;
    const writer = line.author === 'agent' ? agentId : row.thread_id;
    const places = lines.get(`${writer} ${line.key}`) ?? new Set();
    lines.set(`${writer} ${line.key}`, places.add(`${answer.interactionId} ${answer.seq}`));
  } else {
    const act: Act = one.do;
    const mine = ['accept', 'decline', 'park', 'resume', 'end', 'reopen', 'complete'].includes(act);
    await advance(ctx, act, {
      interactionId: row.id,
      ...fieldsOf(act, { agentId, at: ctx.clock.now() }),
      ...(mine ? { agentId } : {}),
    });
  }
}

const actOf = new Map<string, Act>(Object.entries(kindOf).map(([act, kind]) => [kind, act as Act]));

/** Reads an interaction's log from its first event on, and looks whether the row is what comes of it; answers how often it was interrupted. */
async function assertTold(ctx: Context, id: string): Promise<number> {
  const row = (await interactionById(ctx.db.system, id))!;
  const events = await ctx.db.owner<
    {
      kind: string;
      body: { agentId?: string; author?: string; audience?: string; outcomeCode?: string; by?: string };
    }[]
  >`
    select kind, body from event where stream = ${id} order by seq`;
  let state: State = 'waiting';
  let agent: string | undefined;
  let handledBy: string | null = null;
  let notTo: string[] = [];
  let unread = true;
  let interruptedBy: string | null = null;
  let interruptions = 0;
  for (const { kind, body } of events.slice(1)) {
    if (kind === 'interaction.line') {
      if (body.audience === 'all') unread = body.author === 'customer';
      continue;
    }
    const act = actOf.get(kind)!;
    const next = stateAfter(state, act);
    assert.ok(next !== undefined, `${act} from ${state} stands in the log`);
    if (statesWithAgent.includes(state)) assert.equal(body.agentId, agent, `${kind} names who had it`);
    if (act === 'offer' || act === 'take') agent = body.agentId;
    if (act === 'accept' || act === 'take') handledBy = agent ?? null;
    if (['decline', 'expire', 'pull'].includes(act) && !notTo.includes(agent!)) notTo.push(agent!);
    if (['accept', 'take', 'release', 'transfer', 'push', 'prefer'].includes(act)) notTo = [];
    if (!statesWithAgent.includes(next)) agent = undefined;
    interruptedBy = act === 'interrupt' ? (body.by ?? null) : null;
    if (act === 'interrupt') interruptions += 1;
    state = next;
  }
  assert.deepEqual(
    {
      state: row.state,
      agent: row.agent_id ?? undefined,
      handledBy: row.handled_by,
      notTo: row.not_to,
      unread: row.unread,
      interruptedBy: row.interrupted_by,
      over: row.closed_at !== null,
    },
    {
      state,
      agent,
      handledBy,
      notTo,
      unread,
      interruptedBy,
      over: Object.keys(lifecycle[state]).length === 0,
    },
  );
  return interruptions;
}
