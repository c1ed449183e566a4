import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { erlangA } from './erlang-a.ts';
import { random } from './random.ts';
import { type Report, ratio, reportOf, textOf } from './report.ts';
import { BadScenario, readScenario, type Scenario, scenarioOf, type WrittenScenario } from './scenario.ts';
import { simulateDay } from './simulator.ts';

const folder = join(import.meta.dirname, '../../../bench/scenarios');
const example = (name: string): Scenario => readScenario(readFileSync(join(folder, `${name}.json`), 'utf8'));

function simulated(scenario: Scenario, days: number, seed = scenario.seed): Report {
  return reportOf(
    scenario,
    seed,
    Array.from({ length: days }, (_, number) => simulateDay(scenario, seed, number)),
  );
}

const small: WrittenScenario = {
  day: { minutes: 240 },
  types: [
    {
      name: 'calls',
      arrivalsPerMinute: 2,
      handle: { exponential: 120 },
      patience: { exponential: 90 },
    },
  ],
  groups: [{ name: 'agents', agents: 5, takes: ['calls'] }],
};
const withGroup = (more: Partial<WrittenScenario['groups'][number]>): Scenario =>
  scenarioOf({ ...small, groups: [{ ...small.groups[0]!, ...more }] });

test('the same seed gives the same days, another seed others', () => {
  const scenario = example('day-of-three-channels');
  const once = simulated(scenario, 1, 7);
  assert.deepEqual(simulated(scenario, 1, 7), once);
  assert.notDeepEqual(simulated(scenario, 1, 8), once);
});

test('every example is a scenario, and each who comes in is answered, leaves, is turned away or is left waiting', () => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  assert.ok(names.length >= 6);
  for (const name of names) {
    const scenario = readScenario(readFileSync(join(folder, name), 'utf8'));
    const day = simulateDay(scenario, 3, 0);
    const ended = day.types.map((type) => type.answered + type.abandoned + type.blocked + type.unanswered);
    assert.deepEqual(
      ended,
      day.types.map(({ offered }) => offered),
      name,
    );
    assert.ok(
      day.types.some(({ answered }) => answered > 100),
      name,
    );
    assert.match(
      textOf(reportOf(scenario, 3, [day, simulateDay(scenario, 3, 1)])),
      /in time ÷ all but short/,
    );
  }
});

test('a line in a steady state waits, leaves and is answered in time as Erlang A says', () => {
  const scenario = scenarioOf({
    day: { minutes: 960, warmUpMinutes: 60 },
    types: [
      {
        name: 'calls',
        arrivalsPerMinute: 4.2,
        handle: { exponential: 120 },
        patience: { exponential: 60 },
      },
    ],
    groups: [{ name: 'agents', agents: 12, takes: ['calls'] }],
  });
  const { all, occupancy } = simulated(scenario, 25, 1);
  const line = { agents: 12, arrivalsPerSecond: 0.07, handleSeconds: 120, patienceSeconds: 60 };
  const expected = erlangA(line, 20);
  for (const [what, found, formula] of [
    ['found nobody free', all.waits, expected.waits],
    ['abandoned', all.abandonedShare, expected.abandons],
    ['mean wait', all.meanWaitSeconds, expected.meanWaitSeconds],
    ['mean wait of those answered', all.meanWaitAnsweredSeconds, expected.meanWaitAnsweredSeconds],
    ['in time of all', all.serviceLevel.ofOffered, expected.answeredWithin.ofOffered],
    ['in time of those answered', all.serviceLevel.ofAnswered, expected.answeredWithin.ofAnswered],
    ['in time but short', all.serviceLevel.excludingShort, expected.answeredWithin.excludingShort],
    ['occupancy', occupancy, expected.occupancy],
  ] as const) {
    // Twice the interval of 95 %: once in twenty thousand simulations if formula and simulator agree. And it must say something.
    const apart = Math.abs(found.value - formula);
    assert.ok(apart <= 2 * found.plusMinus!, `${what}: ${found.value} ± ${found.plusMinus}, not ${formula}`);
    assert.ok(found.plusMinus! < 0.15 * formula, `${what} is only known to ± ${found.plusMinus}`);
  }
});

test('first come first served and strict priority are told apart, each as published', () => {
  // Published: in time among all but those who left early, .501 and .590.
  for (const [name, published, other] of [
    ['two-groups', 0.501, 0.59],
    ['two-groups-priority', 0.59, 0.501],
  ] as const) {
    const { excludingShort } = simulated(example(name), 20, 2).all.serviceLevel;
    const distance = (from: number) => Math.abs(excludingShort.value - from);
    assert.ok(distance(published) < distance(other), `${name}: ${excludingShort.value}`);
    assert.ok(distance(published) <= 2 * excludingShort.plusMinus!, `${name}: ${excludingShort.value}`);
  }
});

test('the same customers come in whoever answers them', () => {
  const few = simulateDay(withGroup({ agents: 3 }), 5, 0);
  const many = simulateDay(withGroup({ agents: 8, ring: { exponential: 5 }, decline: 0.1 }), 5, 0);
  assert.equal(few.types[0]!.offered, many.types[0]!.offered);
  assert.ok(few.types[0]!.abandoned > many.types[0]!.abandoned);
});

test('what agents do is seen: they let pass, decline, take breaks, work shifts and vanish', () => {
  const plain = simulated(withGroup({}), 4);
  const ringing = simulated(withGroup({ ring: { fixed: 3 }, noAnswer: 0.2, decline: 0.1 }), 4);
  assert.ok(ringing.all.passed.value > 50 && ringing.all.declined.value > 20, textOf(ringing));
  assert.ok(ringing.all.meanWaitAnsweredSeconds.value > plain.all.meanWaitAnsweredSeconds.value + 3);
  const [resting, half] = [
    simulated(withGroup({ breaks: { everyMinutes: 30, minutes: 30 } }), 4),
    simulated(withGroup({ shift: { fromMinute: 0, toMinute: 120 } }), 4),
  ];
  assert.ok(plain.groups[0]!.agents.value > 4.9);
  for (const { groups, all } of [resting, half]) {
    assert.ok(groups[0]!.agents.value < 3.8 && groups[0]!.agents.value > 1.5, `${groups[0]!.agents.value}`);
    assert.ok(all.abandonedShare.value > plain.all.abandonedShare.value);
  }
  const vanishing = simulated(
    withGroup({ crash: { perHour: 2, graceSeconds: 30, backAfterMinutes: 10 } }),
    4,
  );
  assert.ok(vanishing.all.lostAgent.value > 10, textOf(vanishing));
});

test('a full line turns away, and one that nobody answers is left waiting', () => {
  const patient = { ...small.types[0]!, patience: undefined };
  const full = simulated(scenarioOf({ ...small, types: [{ ...patient, queueMax: 2 }] }), 2);
  assert.ok(full.all.blocked.value > 0);
  const nobody = simulated(
    scenarioOf({ ...small, types: [patient], groups: [{ ...small.groups[0]!, agents: 0 }] }),
    1,
  );
  assert.equal(nobody.all.unanswered.value, nobody.all.offered.value);
  assert.equal(nobody.all.answered.value, 0);
});

test('a bad file is refused with a sentence that names the field', () => {
  const wrong = (written: unknown): string => {
    try {
      scenarioOf(written);
    } catch (error) {
      assert.ok(error instanceof BadScenario);
      return error.message;
    }
    return assert.fail('it was taken');
  };
  const [type, group] = [small.types[0]!, small.groups[0]!];
  assert.match(
    wrong({ ...small, types: [{ ...type, handle: undefined }] }),
    /^The field types\[0\]\.handle: say one of .*"exponential"/,
  );
  assert.match(
    wrong({ ...small, types: [{ ...type, colour: 'red' }] }),
    /^The field types\[0\]\.colour: there is no such field\.$/,
  );
  assert.match(
    wrong({ ...small, groups: [{ ...group, takes: ['cals'] }] }),
    /^The field groups\[0\]\.takes: there is no type “cals”\.$/,
  );
  assert.match(wrong({ ...small, groups: [{ ...group, agents: -1 }] }), /^The field groups\[0\]\.agents: /);
  assert.match(wrong({ ...small, day: { minutes: 0 } }), /^The field day\.minutes: /);
  assert.match(
    wrong({ ...small, groups: [{ ...group, shift: { fromMinute: 10, toMinute: 5 } }] }),
    /^The field groups\[0\]\.shift\.toMinute: must be after fromMinute\.$/,
  );
  assert.throws(() => readScenario('{'), /It is not JSON/);
});

test('chance has the shapes that it is asked for', () => {
  const count = 40_000;
  for (const [what, draw, mean, cv] of [
    ['uniform', (drawn) => drawn.next(), 0.5, 1 / Math.sqrt(3)],
    ['exponential', (drawn) => drawn.exponential(60), 60, 1],
    ['lognormal', (drawn) => drawn.lognormal(300, 0.8), 300, 0.8],
    ['gamma', (drawn) => drawn.gamma(28.7), 1, 1 / Math.sqrt(28.7)],
    ['gamma of a low shape', (drawn) => drawn.gamma(0.5), 1, Math.SQRT2],
  ] as [string, (drawn: ReturnType<typeof random>) => number, number, number][]) {
    const drawn = random(11, what);
    const values = Array.from({ length: count }, () => draw(drawn));
    const found = values.reduce((sum, value) => sum + value, 0) / count;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - found) ** 2, 0) / count);
    // Four standard errors of the mean; of the deviation twice as many, since its own depends on the tail.
    assert.ok(Math.abs(found / mean - 1) < (4 * cv) / Math.sqrt(count), `${what}: mean ${found}`);
    assert.ok(Math.abs(deviation / mean / cv - 1) < 0.06, `${what}: deviation ${deviation}`);
  }
});

test('an interval grows narrower with the root of the days, and one day has none', () => {
  const days = Array.from({ length: 8 }, (_, i) => [i % 2, 1] as const);
  const few = ratio(days);
  const many = ratio(Array.from({ length: 16 }, () => days).flat());
  assert.equal(few.value, 0.5);
  // Student's 2.3646 for seven degrees of freedom × the standard error.
  assert.ok(Math.abs(few.plusMinus! - 2.3646 * Math.sqrt(2 / 7 / 8)) < 1e-3, `${few.plusMinus}`);
  assert.ok(many.plusMinus! < few.plusMinus! / 4);
  assert.equal(ratio([[1, 2]]).plusMinus, undefined);
});
