import type { Clock } from './clock.ts';
import type { Database } from './db/sql.ts';
import type { Bus } from './events/bus.ts';
import type { Logger } from './log.ts';

/** What every act is handed: where things are kept, what time it is, whom to tell. */
export interface Context {
  db: Database;
  clock: Clock;
  bus: Bus;
  log: Logger;
  /** This running copy of the program. */
  node: string;
  /** Signs what leaves the house and comes back: visitors' sessions. */
  secret: string;
  publicUrl: () => string;
}
