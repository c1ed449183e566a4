export { type Checker, createChecker } from './checker.ts';
export { createEngine } from './engine.ts';
export { explainDecision, explainMoment, type Moment, momentPool } from './explain-moment.ts';
export { invariantNames } from './judge.ts';
export { pool } from './lease.ts';
export { dropOldJournal, ownerOf } from './queries.ts';
export { type ReplayFound, replayCheck } from './replay-check.ts';
export type { Decision, Engine, InteractionSeen, Millis, Seen, Standing } from './seam.ts';
export { createRouting, type Routing, rebuiltEngine } from './shell.ts';
