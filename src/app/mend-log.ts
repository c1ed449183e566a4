import { type Address, openPool, sqlState } from '#src/platform/db/sql.ts';
import { mendLog } from '#src/platform/events/mend-log.ts';
import { type Cluster, startCluster } from '#src/platform/launcher/index.ts';
import { readSettings, UnusableSetting } from '#src/platform/settings.ts';

// Run once after a database was restored or moved to another server: `node bootstrap.mjs mend-log`, with the settings of the start.

const say = (line: string) => console.log(line);
let cluster: Cluster | undefined;

try {
  const settings = readSettings(process.env);
  let address: Address;
  if (settings.databaseUrl === undefined) {
    cluster = await startCluster({ dataDir: settings.dataDir, say });
    const { host, port, user, database } = cluster;
    address = { host, port, user, database };
  } else address = { url: settings.databaseUrl };
  const owner = openPool(address, 'owner', { max: 1, name: 'parley mend-log' });
  try {
    const events = await mendLog(owner);
    say(
      events === undefined
        ? 'The event log needs no mending; start Parley.'
        : `The event log is mended: ${events} events are numbered anew. Start Parley.`,
    );
  } finally {
    await owner.end({ timeout: 5 });
  }
} catch (error) {
  process.exitCode = 1;
  if (error instanceof UnusableSetting) console.error(error.message);
  else if (sqlState(error) === '42P01')
    console.error('This database holds no Parley: restore it first, or correct the settings.');
  else
    console.error(
      `The event log could not be mended, and nothing was changed: ${error instanceof Error ? error.message : String(error)}`,
    );
} finally {
  await cluster?.stop();
}
