import { parseArgs } from 'node:util';
import { replayCheck } from '#src/modules/routing/index.ts';
import { type Address, openPool, sqlState } from '#src/platform/db/sql.ts';
import { type Cluster, startCluster } from '#src/platform/launcher/index.ts';
import { readSettings, UnusableSetting } from '#src/platform/settings.ts';

// Works out again what routing decided, from its journal alone, and holds it against the record: `node bootstrap.mjs replay`, with the
// settings of the start, beside a running program when the database is one's own. `--from` and `--to` take moments such as
// 2026-03-02T08:00:00Z: only runs that were under way then.

const say = (line: string) => console.log(line);
let cluster: Cluster | undefined;

function momentOf(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const at = new Date(text);
  if (Number.isNaN(at.getTime()))
    throw new UnusableSetting(`--${name} must be a moment such as 2026-03-02T08:00:00Z, not "${text}".`);
  return at;
}

try {
  const { values } = parseArgs({ options: { from: { type: 'string' }, to: { type: 'string' } } });
  const between = { from: momentOf('from', values.from), to: momentOf('to', values.to) };
  const settings = readSettings(process.env);
  let address: Address;
  if (settings.databaseUrl === undefined) {
    cluster = await startCluster({ dataDir: settings.dataDir, say });
    const { host, port, user, database } = cluster;
    address = { host, port, user, database };
  } else address = { url: settings.databaseUrl };
  const db = openPool(address, 'system', { max: 2, name: 'parley replay' });
  try {
    const { runs, inputs, replayed, equal, notWritten, withoutRun, differenceCount, differences } =
      await replayCheck(db, between);
    say(`${runs} runs of routing with ${inputs} inputs replay to ${replayed} decisions.`);
    say(
      `${equal} of them are in the record, byte for byte; ${notWritten} were refused when they were written.`,
    );
    if (withoutRun > 0) say(`${withoutRun} decisions are older than the journal.`);
    for (const difference of differences) say(difference);
    say(differenceCount === 0 ? 'No difference.' : `${differenceCount} differences.`);
    if (differenceCount > 0) process.exitCode = 1;
  } finally {
    await db.end({ timeout: 5 });
  }
} catch (error) {
  process.exitCode = 1;
  if (error instanceof UnusableSetting) console.error(error.message);
  else if (sqlState(error) === '42P01')
    console.error('This database holds no Parley of this version: start it once, or correct the settings.');
  else
    console.error(
      `The journal could not be replayed: ${error instanceof Error ? error.message : String(error)}`,
    );
} finally {
  await cluster?.stop();
}
