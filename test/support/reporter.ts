import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

/** Where the counts of a run go, for the runner that adds them up. */
export const countsVariable = 'PARLEY_TEST_COUNTS';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Shows what failed, in full, and what was skipped; what passed is a number. Failures come as they happen: who watches need not
 * wait for the end.
 */
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const above: string[] = [];
  for await (const { type, data } of events) {
    if (type === 'test:start') above[data.nesting] = data.name;
    if (type === 'test:pass' && data.skip !== undefined)
      yield `skipped: ${data.name}${typeof data.skip === 'string' ? ` (${data.skip})` : ''}\n`;
    if (type === 'test:fail' && !isEcho(data.details.error)) {
      const where = data.file === undefined ? '' : ` (${relative(process.cwd(), data.file)}:${data.line})`;
      const path = [...above.slice(0, data.nesting), data.name].join(' › ');
      yield `\nFAILED: ${path}${where}\n${indented(told(data.details.error.cause ?? data.details.error))}\n\n`;
    }
    if (type === 'test:stderr' || type === 'test:stdout') yield data.message;
    if (type === 'test:summary' && data.file === undefined) {
      const { tests, passed, skipped, todo } = data.counts;
      const counts: Counts = { passed, failed: tests - passed - skipped - todo, skipped: skipped + todo };
      const target = process.env[countsVariable];
      if (target !== undefined) writeFileSync(target, JSON.stringify(counts));
    }
  }
}

/** A parent that fails only because something in it did. */
function isEcho(error: Error & { failureType?: string }): boolean {
  return error.failureType === 'subtestsFailed';
}

/** A failed assertion's message shows both values already; of anything else, its causes and fields matter too. */
function told(fault: unknown): string {
  const isAssertion = fault instanceof Error && 'code' in fault && fault.code === 'ERR_ASSERTION';
  return isAssertion ? (fault.stack ?? fault.message) : inspect(fault, { depth: 6 });
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}
