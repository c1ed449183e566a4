import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crash, crashScenarios, crashSmallSize } from '#bench/crash.ts';

// The whole size (25 kills each and every fault point) is `npm run bench -- crash`; this shows every time that it works.

for (const scenario of crashScenarios) {
  test(`after kill -9 of the ${scenario}, what was acknowledged stands once, and nothing is stuck`, async (t) => {
    const { line, wrong } = await crash(scenario, crashSmallSize, {
      seed: 3,
      say: (text) => t.diagnostic(text),
    });
    assert.deepEqual(wrong, []);
    const { kills, faultPoints, acknowledged, lost, doubled, stuck, wrongSlots } = line.figures;
    assert.equal(kills, crashSmallSize.kills + crashSmallSize.points.length);
    assert.equal(faultPoints, crashSmallSize.points.length);
    assert.ok((acknowledged ?? 0) > 0);
    assert.deepEqual({ lost, doubled, stuck, wrongSlots }, { lost: 0, doubled: 0, stuck: 0, wrongSlots: 0 });
  });
}
