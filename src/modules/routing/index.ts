export { pool } from './lease.ts';
export { ownerOf } from './queries.ts';
export { createRouting, type Routing, rebuiltEngine } from './shell.ts';
