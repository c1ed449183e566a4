import {
  chmodSync,
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, type TestOptions, test } from 'node:test';
import { watchCalls } from './calls.ts';
import { fulfilledBy } from './fulfils.ts';
import type { RequirementId } from './requirements.ts';

type Body = (t: TestContext) => void | Promise<void>;

/**
 * A test that shows a requirement met. It fails like any test, and also when it never called a function that fulfils each of
 * its requirements, here or in a program that it started (programs find where to report in the environment they inherit).
 * The sentence is one that a supervisor could say. Scenarios of one process run one at a time.
 */
export function scenario(
  ids: RequirementId | readonly RequirementId[],
  sentence: string,
  body: Body,
  options: TestOptions = {},
): void {
  const list = typeof ids === 'string' ? [ids] : ids;
  test(`${list.join(', ')}: ${sentence}`, options, (t) => showing(list, () => body(t)));
}

/** Runs the body and throws `NotShown` when it ended well without having called what fulfils the requirements. */
export async function showing(
  ids: readonly RequirementId[],
  body: () => void | Promise<void>,
): Promise<void> {
  if (running !== undefined) {
    throw new Error(`Two scenarios at once cannot tell their calls apart: ${running} is still running.`);
  }
  running = ids.join(', ');
  try {
    const before = heard().length;
    const written = new Map(reports().map((file) => [file, sizeOf(file)]));
    await body();
    const calls = [
      ...heard().slice(before),
      ...reports().flatMap((file) => callsIn(file, written.get(file) ?? 0)),
    ];
    for (const id of ids) {
      if (!calls.some((call) => call.ids.includes(id))) throw new NotShown(id, calls);
    }
  } finally {
    running = undefined;
  }
}

export class NotShown extends Error {
  override name = 'NotShown';

  constructor(id: RequirementId, calls: readonly Call[]) {
    const fulfilling = fulfilledBy(id);
    const called = [...new Set(calls.map(({ act }) => act))];
    super(
      [
        `The scenario never called what fulfils ${id}.`,
        fulfilling.length > 0
          ? `In this process that would be ${fulfilling.join(', ')}.`
          : 'Nothing that was loaded in this process fulfils it.',
        called.length > 0 ? `It called ${called.join(', ')}.` : 'It called no act at all.',
      ].join(' '),
    );
  }
}

interface Call {
  readonly act: string;
  readonly ids: readonly string[];
}

let running: string | undefined;
let calledHere: Call[] | undefined;

function heard(): Call[] {
  if (calledHere === undefined) {
    const calls: Call[] = [];
    calledHere = calls;
    watchCalls(({ act, ids }) => calls.push({ act: act.name, ids }));
  }
  return calledHere;
}

// Where programs report. It is made as this file is loaded, before any of them can be started.
// A program under another user must be able to report as well, hence the mode of a temporary folder.
const folder = mkdtempSync(join(tmpdir(), 'parley-acts-'));
chmodSync(folder, 0o1777);
process.env.PARLEY_ACTS_CALLED = folder;
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function reports(): string[] {
  return readdirSync(folder).map((name) => join(folder, name));
}

function sizeOf(file: string): number {
  const descriptor = openSync(file, 'r');
  try {
    return fstatSync(descriptor).size;
  } finally {
    closeSync(descriptor);
  }
}

// A program in another process may be writing while we read: what stands after the last line's end is not ours yet.
function callsIn(file: string, from: number): Call[] {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(fstatSync(descriptor).size - from);
    const read = readSync(descriptor, bytes, 0, bytes.length, from);
    const text = bytes.subarray(0, read).toString('utf8');
    const lines = text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Call);
  } finally {
    closeSync(descriptor);
  }
}
