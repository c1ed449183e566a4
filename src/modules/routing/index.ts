export { type Checker, createChecker } from './checker.ts';
export { createEngine } from './engine.ts';
export { invariantNames } from './judge.ts';
export { pool } from './lease.ts';
export { dropOldJournal, ownerOf } from './queries.ts';
export { type ReplayFound, replayCheck } from './replay-check.ts';
export type { Decision, Engine, InteractionSeen, Millis, Seen } from './seam.ts';
export { createRouting, type Routing, rebuiltEngine } from './shell.ts';
