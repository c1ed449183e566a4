import { z } from 'zod';

// A day of a contact centre as a file: what comes in, who works, how they behave. docs/simulator.md explains each field; all times are
// in the unit that their name says.

/** Longest simulation that is one call: more is a mistake in the file. */
export const daysMax = 100_000;
export const dayMinutesMax = 10_000_000;
export const agentsOfGroupMax = 100_000;

const channel = z.enum(['voice', 'email', 'chat', 'messaging']);
const name = z.string().min(1).max(60);
const share = z.number().min(0).max(1);
const positive = z.number().positive();

/** How long something takes: one of three shapes, its mean in seconds. */
const duration = z.union(
  [
    z.strictObject({ exponential: positive }),
    z.strictObject({ lognormal: positive, cv: positive }),
    z.strictObject({ fixed: z.number().min(0) }),
  ],
  {
    error:
      'say one of { "exponential": mean seconds }, { "lognormal": mean seconds, "cv": standard deviation ÷ mean } and { "fixed": seconds }',
  },
);
export type Duration = z.infer<typeof duration>;
/** One for the whole day, or one for each of several periods of equal length: that in which it comes in counts. */
const durations = z.union([duration, z.array(duration).min(1).max(1440)], {
  error:
    'say one of { "exponential": mean seconds }, { "lognormal": mean seconds, "cv": standard deviation ÷ mean } and { "fixed": seconds }, or a list with one for each period',
});

const type = z.strictObject({
  name,
  channel: channel.default('voice'),
  /** One number for the whole day, or one for each of several periods of equal length. */
  arrivalsPerMinute: z.union([z.number().min(0), z.array(z.number().min(0)).min(1).max(1440)]),
  handle: durations,
  wrapUp: duration.optional(),
  /** Absent: nobody leaves. */
  patience: durations.optional(),
  withinSeconds: z.number().min(0).default(20),
  /** So many may wait; who comes when they do is turned away. Absent: no limit. */
  queueMax: z.int().min(0).optional(),
  offerSeconds: positive.default(20),
  transfer: z.strictObject({ share, to: name }).optional(),
  // What routing does with it, as in the settings of an interaction type.
  priority: z.int().min(-1000).max(1000).default(0),
  targetSeconds: positive.optional(),
  ageing: z.strictObject({ everySeconds: positive, by: z.int().min(1), atMost: z.int().min(1) }).optional(),
  bestLevelFirst: z.boolean().default(false),
  deferred: z.strictObject({ reserve: z.int().min(0) }).optional(),
  /** Which groups are asked from the start, and which join after so long. */
  overflow: z
    .array(z.strictObject({ groups: z.array(name).min(1), afterSeconds: z.number().min(0) }))
    .min(1)
    .optional(),
});
export type SimulatedType = z.infer<typeof type>;

const agentsCount = z.int().min(0).max(agentsOfGroupMax);

const group = z.strictObject({
  name,
  /** How many work: all day, or in each of several periods of equal length. */
  agents: z.union([agentsCount, z.array(agentsCount).min(1).max(1440)]),
  /** Names of types, or types with the level mastered. */
  takes: z.union([z.array(name).min(1), z.record(name, z.int().min(1).max(10))]),
  /** How many at once on a channel; 1 where nothing is said. */
  capacity: z
    .strictObject({
      voice: z.int().min(0),
      email: z.int().min(0),
      chat: z.int().min(0),
      messaging: z.int().min(0),
    })
    .partial()
    .default({}),
  /** How long an offer rings before it is answered. Absent: it is answered at once. */
  ring: duration.optional(),
  /** Shares of offers that are let pass, and that are declined half-way through. */
  noAnswer: share.default(0),
  decline: share.default(0),
  breaks: z.strictObject({ everyMinutes: positive, minutes: positive }).optional(),
  shift: z.strictObject({ fromMinute: z.number().min(0), toMinute: positive }).optional(),
  /** An agent's computer or line dies: what they hold goes back after the grace, they return after a while. */
  crash: z
    .strictObject({
      perHour: positive,
      graceSeconds: z.number().min(0).default(30),
      backAfterMinutes: positive.default(5),
    })
    .optional(),
});
export type SimulatedGroup = z.infer<typeof group>;

export const scenarioSchema = z
  .strictObject({
    description: z.string().max(2000).optional(),
    seed: z.int().min(0).default(1),
    days: z.int().min(1).max(daysMax).default(1),
    day: z.strictObject({
      minutes: positive.max(dayMinutesMax),
      /** What comes in before is handled and not counted. */
      warmUpMinutes: z.number().min(0).default(0),
      /** Each day's arrivals are multiplied by a Gamma number with mean 1 and this shape. */
      factorShape: positive.optional(),
    }),
    types: z.array(type).min(1).max(200),
    groups: z.array(group).min(1).max(1000),
    /** By what is offered, then by what is held: whether an agent may have both at once. Absent: they may. */
    channels: z.partialRecord(channel, z.partialRecord(channel, z.enum(['together', 'excluded']))).optional(),
  })
  .superRefine((scenario, ctx) => {
    const wrong = (message: string, ...path: (string | number)[]) =>
      ctx.addIssue({ code: 'custom', message, path });
    const types = new Set(scenario.types.map((one) => one.name));
    const groups = new Set(scenario.groups.map((one) => one.name));
    if (types.size < scenario.types.length) wrong('two types have the same name', 'types');
    if (groups.size < scenario.groups.length) wrong('two groups have the same name', 'groups');
    if (scenario.day.warmUpMinutes >= scenario.day.minutes)
      wrong('must be shorter than the day', 'day', 'warmUpMinutes');
    for (const [i, one] of scenario.types.entries()) {
      if (one.transfer !== undefined && !types.has(one.transfer.to))
        wrong(`there is no type “${one.transfer.to}”`, 'types', i, 'transfer', 'to');
      for (const [j, set] of (one.overflow ?? []).entries())
        for (const [k, known] of set.groups.entries())
          if (!groups.has(known))
            wrong(`there is no group “${known}”`, 'types', i, 'overflow', j, 'groups', k);
    }
    for (const [i, one] of scenario.groups.entries()) {
      const taken = Array.isArray(one.takes) ? one.takes : Object.keys(one.takes);
      for (const known of taken)
        if (!types.has(known)) wrong(`there is no type “${known}”`, 'groups', i, 'takes');
      if (one.noAnswer + one.decline > 1)
        wrong('noAnswer and decline together are more than all offers', 'groups', i, 'decline');
      if (one.shift !== undefined && one.shift.toMinute <= one.shift.fromMinute)
        wrong('must be after fromMinute', 'groups', i, 'shift', 'toMinute');
    }
  });

export type Scenario = z.infer<typeof scenarioSchema>;
/** As it is written: what has a default may be absent. */
export type WrittenScenario = z.input<typeof scenarioSchema>;

/** A scenario that cannot be simulated; the message is one sentence that names the field. */
export class BadScenario extends Error {}

/** Reads a scenario's text. Throws `BadScenario`. */
export function readScenario(text: string): Scenario {
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch (error) {
    throw new BadScenario(`It is not JSON: ${(error as Error).message}.`, { cause: error });
  }
  return scenarioOf(written);
}

/** Checks a scenario and fills in what is absent. Throws `BadScenario`. */
export function scenarioOf(written: unknown): Scenario {
  const read = scenarioSchema.safeParse(written);
  if (read.success) return read.data;
  const issue = read.error.issues[0]!;
  const keys = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const field = [...issue.path, ...keys]
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? String(part) : `.${String(part)}`))
    .join('');
  const what = issue.code === 'unrecognized_keys' ? 'there is no such field' : lowered(issue.message);
  throw new BadScenario(field === '' ? `The scenario: ${what}.` : `The field ${field}: ${what}.`, {
    cause: read.error,
  });
}

function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
