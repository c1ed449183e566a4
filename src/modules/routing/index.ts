export { pool } from './lease.ts';
export { dropOldJournal, ownerOf } from './queries.ts';
export { type ReplayFound, replayCheck } from './replay-check.ts';
export { createRouting, type Routing, rebuiltEngine } from './shell.ts';
