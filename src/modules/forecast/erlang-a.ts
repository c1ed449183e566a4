import type { Load, QueueFigures } from './erlang-c.ts';

// Erlang A: as Erlang C, but who waits leaves after a time of their own, exponential too (Palm 1943; Garnett, Mandelbaum & Reiman 2002).
// The number in the system is a birth-death chain; how long a customer waits is how long a chain of departures takes, computed by
// uniformisation, which adds only what is positive and so loses no digits.

export interface ImpatientLoad extends Load {
  /** Mean time after which a waiting customer leaves. */
  patienceSeconds: number;
}

/** The service level has several definitions, which differ by up to ten points on the same line: each says which it is. */
export interface ServiceLevels {
  /** Answered in time ÷ all. */
  ofOffered: number;
  /** Answered in time ÷ answered. */
  ofAnswered: number;
  /** Answered in time ÷ all but those who left within that time. */
  excludingShort: number;
}

export interface ImpatientFigures extends Omit<QueueFigures, 'answeredWithin'> {
  /** Share of all who leave before they are answered. */
  abandons: number;
  /** Mean wait of those who are answered. */
  meanWaitAnsweredSeconds: number;
  answeredWithin: ServiceLevels;
}

/** What is below this share of the most likely state changes no digit. */
const negligible = 1e-20;

/** What Erlang A says of a line; `meanWaitSeconds` is of all, those who leave among them. */
export function erlangA(line: ImpatientLoad, withinSeconds: number): ImpatientFigures {
  const { agents, arrivalsPerSecond, handleSeconds, patienceSeconds } = line;
  const service = agents / handleSeconds;
  const leaving = 1 / patienceSeconds;
  const { busy, waiting } = stationary(line);

  // For who comes in with j already waiting: the chance to be answered, and the mean of the wait counted only if answered.
  let waits = 0;
  let inLine = 0;
  let answered = sum(busy);
  let waitOfAnswered = 0;
  let share = 1;
  let mean = 0;
  for (const [j, chance] of waiting.entries()) {
    const all = service + (j + 1) * leaving;
    const ahead = (service + j * leaving) / all;
    mean = ahead * (mean + share / all);
    share *= ahead;
    waits += chance;
    inLine += j * chance;
    answered += chance * share;
    waitOfAnswered += chance * mean;
  }
  const within = endedWithin(waiting, service, leaving, withinSeconds);
  const inTime = sum(busy) + within.answered;
  const meanWaitSeconds = inLine / arrivalsPerSecond;
  return {
    waits,
    abandons: leaving * meanWaitSeconds,
    meanWaitSeconds,
    meanWaitAnsweredSeconds: waitOfAnswered / answered,
    answeredWithin: {
      ofOffered: inTime,
      ofAnswered: inTime / answered,
      excludingShort: inTime / (1 - within.left),
    },
    occupancy: (arrivalsPerSecond * answered * handleSeconds) / agents,
  };
}

/**
 * The chances of each number in the system: `busy` with an agent free, `waiting` by how many wait. Begun at the likeliest state, from
 * which chances only fall: nothing overflows, whatever the size.
 */
function stationary({ agents, arrivalsPerSecond, handleSeconds, patienceSeconds }: ImpatientLoad) {
  const outOf = (n: number) =>
    Math.min(n, agents) / handleSeconds + Math.max(0, n - agents) / patienceSeconds;
  let mode = 0;
  // Rates out rise with the number; the likeliest is the last that fills faster than it empties.
  let high = Math.ceil(agents + arrivalsPerSecond * (patienceSeconds + handleSeconds)) + 1;
  while (mode < high) {
    const middle = (mode + high + 1) >> 1;
    if (outOf(middle) <= arrivalsPerSecond) mode = middle;
    else high = middle - 1;
  }
  const chances: number[] = [];
  chances[mode] = 1;
  let chance = 1;
  for (let n = mode; n > 0; n -= 1) {
    chance *= outOf(n) / arrivalsPerSecond;
    chances[n - 1] = chance < negligible ? 0 : chance;
    if (chance < negligible) chance = 0;
  }
  chance = 1;
  for (let n = mode + 1; ; n += 1) {
    chance *= arrivalsPerSecond / outOf(n);
    if (chance < negligible && n > agents) break;
    chances[n] = chance;
  }
  const total = sum(chances);
  const shares = chances.map((each) => each / total);
  return { busy: shares.slice(0, agents), waiting: shares.slice(agents) };
}

/** Of those who wait, the shares answered and gone within the time: each stands behind j others, who are served or leave. */
function endedWithin(waiting: readonly number[], service: number, leaving: number, seconds: number) {
  const longest = waiting.length - 1;
  const rate = service + (longest + 1) * leaving;
  const steps = poisson(rate * seconds);
  const now = Float64Array.from(waiting);
  let answered = 0;
  let left = 0;
  const ended = { answered: 0, left: 0 };
  for (let step = 0; step < steps.from + steps.chances.length; step += 1) {
    const weight = step < steps.from ? 0 : steps.chances[step - steps.from]!;
    ended.answered += weight * answered;
    ended.left += weight * left;
    answered += (now[0]! * service) / rate;
    for (let j = 0; j <= longest; j += 1) {
      const behind = now[j]!;
      left += (behind * leaving) / rate;
      const comes = j < longest ? (now[j + 1]! * (service + (j + 1) * leaving)) / rate : 0;
      now[j] = behind * (1 - (service + (j + 1) * leaving) / rate) + comes;
    }
  }
  return ended;
}

/** The chances of a Poisson number that are not negligible, from the likeliest outwards. */
function poisson(mean: number): { from: number; chances: number[] } {
  const mode = Math.floor(mean);
  const below: number[] = [];
  for (let n = mode, chance = 1; n > 0; n -= 1) {
    chance *= n / mean;
    if (chance < negligible) break;
    below.push(chance);
  }
  const above: number[] = [];
  for (let n = mode + 1, chance = 1; ; n += 1) {
    chance *= mean / n;
    if (chance < negligible) break;
    above.push(chance);
  }
  const chances = [...below.reverse(), 1, ...above];
  const total = sum(chances);
  return { from: mode - below.length, chances: chances.map((chance) => chance / total) };
}

/** Small ones first would be better still; with Kahan's correction the order does not matter. */
function sum(values: Iterable<number>): number {
  let total = 0;
  let lost = 0;
  for (const value of values) {
    const corrected = value - lost;
    const next = total + corrected;
    lost = next - total - corrected;
    total = next;
  }
  return total;
}
