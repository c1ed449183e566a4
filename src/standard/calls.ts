import { openSync, writeSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { acts, type DeclaredAct, forEveryAct } from './acts.ts';

// Who shows a requirement must have called what fulfils it, and nobody should have to wrap an act for that. So calls are
// watched from outside, by V8's own inspector: a breakpoint on each act whose condition notes the call and is false. It names
// the very function and not one of the same name, tells at the moment of the call (a program may be killed in the next one),
// and is not there at all unless somebody watches. Worth 40 µs a call while watched.

type CallListener = (called: DeclaredAct) => void;

const actsKey = 'parley.standard.acts';
const calledKey = 'parley.standard.called';

let listeners: CallListener[] | undefined;

/**
 * Calls back whenever an act of this thread is called, before the act runs, until the process ends. The listener must not
 * itself call an act, and what it throws is lost: V8 takes it for a condition that is false. Built-in and bound functions
 * have no place for a breakpoint and are never seen.
 */
export function watchCalls(listener: CallListener): void {
  if (listeners !== undefined) {
    listeners.push(listener);
    return;
  }
  listeners = [listener];
  const session = new Session();
  session.connect();
  // The condition and the look-up below are evaluated by V8, which sees no module's variables, only what is global.
  const global = globalThis as unknown as Record<symbol, unknown>;
  global[Symbol.for(actsKey)] = acts;
  global[Symbol.for(calledKey)] = (index: number) => {
    const called = acts[index];
    if (called !== undefined) for (const each of listeners ?? []) each(called);
    return false;
  };
  ask(session, 'Debugger.enable', {});
  forEveryAct((index) => {
    const expression = `globalThis[Symbol.for('${actsKey}')][${index}].act`;
    const { result } = ask(session, 'Runtime.evaluate', { expression }) as { result: { objectId: string } };
    const condition = `globalThis[Symbol.for('${calledKey}')](${index})`;
    ask(session, 'Debugger.setBreakpointOnFunctionCall', { objectId: result.objectId, condition });
  });
}

/**
 * Appends a line of JSON to a file of this thread's own in the folder for every call of an act: `{"act":name,"ids":[…]}`. Each
 * is written before the act runs, so that even a program that is killed has told what it had begun. Throws when the folder is not there.
 */
export function reportCalls(folder: string): void {
  const file = openSync(join(folder, `${process.pid}-${threadId}.calls`), 'a', 0o600);
  watchCalls(({ act, ids }) => {
    writeSync(file, `${JSON.stringify({ act: act.name, ids })}\n`);
  });
}

// A session with one's own thread answers before `post` returns.
function ask(session: Session, method: string, params: object): unknown {
  let answer: unknown;
  let problem: Error | null = null;
  session.post(method, params, (error, result) => {
    problem = error;
    answer = result;
  });
  if (problem !== null) throw new Error(`The inspector refused ${method}.`, { cause: problem });
  return answer;
}
