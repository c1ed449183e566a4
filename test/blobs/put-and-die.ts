// Puts a file and is killed at a place on the way, as by the machine.
import { createBlobs } from '#src/platform/blobs/blobs.ts';
import { folderKeeper } from '#src/platform/blobs/folder-keeper.ts';
import { manualClock } from '#src/platform/clock.ts';
import { type Address, openDatabase } from '#src/platform/db/sql.ts';
import { armFaultPoints } from '#src/platform/fault-point.ts';
import { logTo } from '#src/platform/log.ts';
import { testStart } from '#test/support/database.ts';

const [, , address = '', folder = '', clientId = '', place = ''] = process.argv;
const die = async () => {
  process.kill(process.pid, 'SIGKILL');
  await new Promise(() => {});
};
armFaultPoints((name) => (name === place ? die() : undefined));
const keeper = folderKeeper(folder);
const db = openDatabase(JSON.parse(address) as Address);
const ctx = { db, clock: manualClock(testStart), log: logTo('silent', { write() {} }) };
const dying = {
  ...keeper,
  async write(object: string, bytes: AsyncIterable<Uint8Array>) {
    await keeper.write(object, bytes);
    if (place === 'before the row') await die();
  },
};
const content = Buffer.alloc(100_000, 'x');
await createBlobs(ctx, dying).put(clientId, content, { contentType: 'text/plain' });
await die();
