import type { Problem } from '#src/platform/identity/contract.ts';

/** The server's "no", as it came. Thrown by the client's calls, since the caller's next line needs the answer. */
export class Refused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.title);
    this.name = 'Refused';
    this.problem = problem;
  }
}

/** The server was not reached, or what answered was not Parley: nothing is known about what was asked. */
export class NotReached extends Error {
  constructor(cause: unknown) {
    super('not reached', { cause });
    this.name = 'NotReached';
  }
}

export function problemOf(error: unknown): Problem | undefined {
  return error instanceof Refused ? error.problem : undefined;
}

/**
 * The sentence about one field: the server's own about it, or its refusal where `marks` says that this code is about this field.
 * Undefined when nothing is wrong with it.
 */
export function wrongField(
  problem: Pick<Problem, 'code' | 'title' | 'fields'> | undefined,
  field: string,
  marks: Readonly<Record<string, string>>,
): string | undefined {
  if (problem === undefined) return undefined;
  return problem.fields?.[field] ?? (marks[problem.code] === field ? problem.title : undefined);
}

/** Whether asking again can help: the line was down or the server was busy, and it did not say no. */
export function worthRepeating(error: unknown): boolean {
  if (error instanceof NotReached) return true;
  return error instanceof Refused && [408, 429, 502, 503, 504].includes(error.problem.status);
}
