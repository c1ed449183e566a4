import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interactionPage } from '#src/modules/interactions/queries.ts';
import { seeing } from '#src/platform/db/sql.ts';
import { makeCentre } from '#test/support/centre.ts';
import { testDatabase } from '#test/support/database.ts';
import { interactionIn } from '#test/support/spine.ts';

test('the list of an agent’s interactions holds what they handled and what they hold, each once, newest first, page by page', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 2, capacity: { chat: 10 } });
  const [one, other] = centre.agents.map(({ id }) => id) as [string, string];
  const theirs: string[] = [];
  for (const state of ['closed', 'offered', 'closed', 'handling', 'parked', 'wrapping', 'closed'] as const) {
    clock.pass(1_000);
    theirs.unshift((await interactionIn(state, ctx, centre, one)).id);
    await interactionIn('closed', ctx, centre, other);
    await interactionIn('waiting', ctx, centre);
  }
  const page = async (more: object) =>
    (
      await seeing(ctx.db, centre.clients, (tx) =>
        interactionPage(tx, centre.clients, { agentId: one, limit: 3, ...more }),
      )
    ).map(({ id }) => id);
  assert.deepEqual(await page({ limit: 50 }), theirs);
  const walked: string[] = [];
  for (let before: string | undefined; ; before = walked.at(-1)) {
    const some = await page({ before });
    walked.push(...some);
    if (some.length < 3) break;
  }
  assert.deepEqual(walked, theirs);
  assert.deepEqual(await page({ state: ['closed'] }), [theirs[0], theirs[4], theirs[6]]);
  assert.deepEqual(await page({ clientId: other }), []);
});
