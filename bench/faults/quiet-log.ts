import { Writable } from 'node:stream';
import { type Logger, logTo } from '#src/platform/log.ts';

/** A log that nobody reads: what is said in it of failed writes is the simulation's own doing. */
export function createLog(): Logger {
  return logTo('silent', new Writable({ write: (_chunk, _encoding, done) => done() }));
}
