import assert from 'node:assert/strict';
import { test } from 'node:test';
import { erlangA, type ImpatientLoad } from './erlang-a.ts';
import { blockedShare, erlangC, type Load, waitingShare } from './erlang-c.ts';

// Reference values computed twice, independently, with 50 digits.

/** Equal to eight digits. */
function near(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= 1e-8 * Math.abs(expected), `${what}: ${actual}, not ${expected}`);
}

const per30Minutes = (agents: number, arrivals: number, handleSeconds: number): Load => ({
  agents,
  arrivalsPerSecond: arrivals / 1800,
  handleSeconds,
});
const perMinute = (agents: number, arrivals: number, handleSeconds: number): Load => ({
  agents,
  arrivalsPerSecond: arrivals / 60,
  handleSeconds,
});

test('Erlang C says who waits, how long and who is answered in time, to eight digits', () => {
  const cases: [Load, number, number, number][] = [
    [per30Minutes(11, 100, 180), 0.6821182047, 122.7812768, 0.3896138117],
    [per30Minutes(12, 100, 180), 0.4493882243, 40.44494019, 0.6401580404],
    [per30Minutes(13, 100, 180), 0.285270453, 17.11622718, 0.7955947884],
    [per30Minutes(14, 100, 180), 0.1741319336, 7.835937012, 0.8883500192],
    [per30Minutes(34, 250, 210), 0.2930201702, 12.73122119, 0.8150798729],
    [per30Minutes(35, 250, 210), 0.217653073, 7.835510629, 0.8751208048],
    [perMinute(12, 4.2, 120), 0.1838886304, 6.129621013, 0.8990797799],
    [perMinute(50, 48, 60), 0.6944556112, 20.83366834, 0.6434546008],
    [perMinute(1, 0.5, 60), 0.5, 60, 0.5767591375],
    [per30Minutes(120, 1000, 200), 0.3058276553, 6.881122245, 0.8742704921],
  ];
  for (const [line, waits, mean, within] of cases) {
    const found = erlangC(line, 20);
    near(found.waits, waits, `P(wait) of ${line.agents}`);
    near(found.meanWaitSeconds, mean, `mean wait of ${line.agents}`);
    near(found.answeredWithin, within, `within 20 s of ${line.agents}`);
  }
});

test('a line with more to do than its agents can grows for ever', () => {
  assert.deepEqual(erlangC(perMinute(10, 10, 60), 20), {
    waits: 1,
    meanWaitSeconds: Number.POSITIVE_INFINITY,
    answeredWithin: 0,
    occupancy: 1,
  });
});

test('one agent is an M/M/1 line, and one who turns away blocks as the textbook says', () => {
  for (const load of [0.1, 0.5, 0.9, 0.999]) {
    near(waitingShare(1, load), load, `P(wait) at ${load}`);
    near(blockedShare(1, load), load / (1 + load), `blocked at ${load}`);
  }
});

test('five thousand agents overflow nothing', () => {
  const waits = waitingShare(5000, 4900);
  assert.ok(waits > 0 && waits < 1);
  // Halfin and Whitt's limit for many agents, which is within a tenth here.
  const beta = (5000 - 4900) / Math.sqrt(4900);
  const density = Math.exp((-beta * beta) / 2) / Math.sqrt(2 * Math.PI);
  const below = 0.9234; // the normal distribution at 1.4286
  const limit = 1 / (1 + (beta * below) / density);
  assert.ok(Math.abs(waits / limit - 1) < 0.1, `${waits} against ${limit}`);
});

test('Erlang A says who waits, who leaves and who is answered in time, by three definitions, to eight digits', () => {
  const line = (load: Load, patienceSeconds: number): ImpatientLoad => ({ ...load, patienceSeconds });
  const cases: [ImpatientLoad, number, number, number, number, number, number, number][] = [
    [
      line(perMinute(50, 48, 60), 120),
      0.4677740686,
      0.0309122492,
      3.709469899,
      3.61590024,
      0.9430189547,
      0.9730996537,
      0.972029603,
    ],
    [
      line(perMinute(12, 4.2, 120), 60),
      0.1273722818,
      0.0296789055,
      1.780734333,
      1.443604621,
      0.9452695756,
      0.9741822382,
      0.9678715387,
    ],
    [
      line(per30Minutes(14, 100, 180), 120),
      0.1269763401,
      0.0228392865,
      2.740714384,
      2.345375234,
      0.9327295807,
      0.9545303734,
      0.9462198703,
    ],
    [
      line(per30Minutes(11, 100, 180), 120),
      0.3828164915,
      0.0941550342,
      11.29860411,
      9.782517519,
      0.7422089844,
      0.8193554222,
      0.7798979154,
    ],
    [
      line(per30Minutes(34, 250, 210), 180),
      0.2017809214,
      0.0213862494,
      3.84952489,
      3.567242574,
      0.909430077,
      0.9293044129,
      0.9228805291,
    ],
    [
      line(perMinute(1, 0.5, 60), 60),
      0.3934693403,
      0.2130613194,
      12.78367917,
      7.68132106,
      0.6854881505,
      0.8710820391,
      0.7606015332,
    ],
    [
      line(perMinute(100, 100, 60), 60),
      0.5132987983,
      0.0398609968,
      2.391659809,
      2.334991987,
      0.9595185459,
      0.9993537839,
      0.9993338113,
    ],
  ];
  for (const [load, waits, abandons, all, answered, ofOffered, ofAnswered, excludingShort] of cases) {
    const found = erlangA(load, 20);
    const of = `of ${load.agents}`;
    near(found.waits, waits, `P(wait) ${of}`);
    near(found.abandons, abandons, `P(abandon) ${of}`);
    near(found.meanWaitSeconds, all, `mean wait ${of}`);
    near(found.meanWaitAnsweredSeconds, answered, `mean wait answered ${of}`);
    near(found.answeredWithin.ofOffered, ofOffered, `of offered ${of}`);
    near(found.answeredWithin.ofAnswered, ofAnswered, `of answered ${of}`);
    near(found.answeredWithin.excludingShort, excludingShort, `excluding short ${of}`);
  }
});

test('where patience has no end, Erlang A is Erlang C', () => {
  for (const load of [per30Minutes(12, 100, 180), perMinute(50, 48, 60), perMinute(1, 0.5, 60)]) {
    const patient = erlangA({ ...load, patienceSeconds: 1e13 }, 20);
    const classical = erlangC(load, 20);
    for (const [found, expected] of [
      [patient.waits, classical.waits],
      [patient.meanWaitSeconds, classical.meanWaitSeconds],
      [patient.answeredWithin.ofOffered, classical.answeredWithin],
      [patient.answeredWithin.ofAnswered, classical.answeredWithin],
      [patient.occupancy, classical.occupancy],
    ] as const)
      assert.ok(Math.abs(found / expected - 1) < 1e-6, `${found} is not ${expected}`);
  }
});

test('who leaves and who is answered are all who came, also in an overloaded centre of a thousand', () => {
  const line = { agents: 1000, arrivalsPerSecond: 25, handleSeconds: 60, patienceSeconds: 90 };
  const found = erlangA(line, 30);
  near(
    found.occupancy,
    (line.arrivalsPerSecond * (1 - found.abandons) * line.handleSeconds) / line.agents,
    'occupancy',
  );
  assert.ok(found.abandons > 1 / 3 && found.abandons < 0.34, `${found.abandons}`);
  // Nearly all of them are busy, and the wait is nearly certain: 90 s × ln 1.5.
  assert.ok(Math.abs(found.meanWaitAnsweredSeconds / (90 * Math.log(1.5)) - 1) < 0.05);
});
