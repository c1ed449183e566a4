import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engine, engineSmallSize } from '#bench/routing-engine.ts';
import { failover, failoverSmallSize } from '#bench/routing-failover.ts';
import { path, pathSmallSize } from '#bench/routing-path.ts';
import { rebuild, rebuildSmallSize } from '#bench/routing-rebuild.ts';

// The whole sizes are `npm run bench -- routing`; this shows every time that they work, and that what must be 0 is.

const shape = ['bench', 'scenario', 'figures', 'limits', 'ratios', 'seed'];

test('the engine decides in the bench’s small centre, and tells its figures in the documented shape', async (t) => {
  const { line, wrong } = await engine(engineSmallSize, { seed: 3, say: (text) => t.diagnostic(text) });
  assert.deepEqual(wrong, []);
  assert.deepEqual(Object.keys(line), shape);
  for (const name of ['usPerDecision100', 'usPerDecision100000', 'p99UsPerDecision', 'decisionsPerSecond'])
    assert.ok((line.figures[name] ?? 0) > 0, name);
  assert.ok((line.ratios.growth ?? 0) > 0);
});

test('what customers write is offered to an agent, committed before it is shown, none lost, doubled or one too many', async (t) => {
  const { line, wrong } = await path(pathSmallSize, { seed: 3, say: (text) => t.diagnostic(text) });
  assert.deepEqual(wrong, []);
  assert.deepEqual(Object.keys(line), shape);
  const { overAssigned, lost, doubled, uncommitted, offers, p50Ms } = line.figures;
  assert.deepEqual(
    { overAssigned, lost, doubled, uncommitted },
    { overAssigned: 0, lost: 0, doubled: 0, uncommitted: 0 },
  );
  assert.equal(offers, pathSmallSize.arrivalsPerSecond * (pathSmallSize.blockMs / 1_000));
  assert.ok((p50Ms ?? 0) > 0, 'an offer comes after the commit that made it possible');
  assert.ok((line.ratios.p50OfLimit ?? 0) > 0);
});

test('when the copy that decides is killed, sleeps or stops, another offers, and nothing is lost, doubled, stuck or one too many', async (t) => {
  const { line, wrong } = await failover(failoverSmallSize, { seed: 3, say: (text) => t.diagnostic(text) });
  assert.deepEqual(wrong, []);
  assert.deepEqual(Object.keys(line), shape);
  const { overAssigned, lost, doubled, stuck, takeovers, secondsWithoutOffers } = line.figures;
  assert.deepEqual(
    { overAssigned, lost, doubled, stuck },
    { overAssigned: 0, lost: 0, doubled: 0, stuck: 0 },
  );
  assert.equal(takeovers, 3 * failoverSmallSize.rounds);
  assert.ok((secondsWithoutOffers ?? 0) > 0);
});

test('an engine is rebuilt from the record with everybody and everything in it', async (t) => {
  const { line, wrong } = await rebuild(rebuildSmallSize, { seed: 3, say: (text) => t.diagnostic(text) });
  assert.deepEqual(wrong, []);
  assert.deepEqual(Object.keys(line), shape);
  assert.ok((line.figures.seconds1000 ?? 0) > 0 && (line.ratios.ofRawLoad ?? 0) > 0);
});
