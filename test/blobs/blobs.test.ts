import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { type Blob, BlobDamaged, createBlobs } from '#src/platform/blobs/blobs.ts';
import { folderKeeper } from '#src/platform/blobs/folder-keeper.ts';
import type { BlobKeeper } from '#src/platform/blobs/keeper.ts';
import { s3Keeper } from '#src/platform/blobs/s3-keeper.ts';
import { done, makeCentre } from '#test/support/centre.ts';
import { temporaryFolder } from '#test/support/cluster.ts';
import { testDatabase } from '#test/support/database.ts';
import { s3Double } from './s3-double.ts';

const contentType = 'application/octet-stream';
const dayMs = 86_400_000;

async function stage(keeper?: BlobKeeper) {
  const own = await testDatabase();
  const folder = join(temporaryFolder(), 'blobs');
  const here = (await makeCentre(own.ctx, { name: 'Here' })).client.id;
  const there = (await makeCentre(own.ctx, { name: 'There' })).client.id;
  return {
    ...own,
    folder,
    here,
    there,
    blobs: createBlobs(own.ctx, keeper ?? folderKeeper(folder)),
    files: () => globSync('*/*', { cwd: folder }),
    put: async (client: string, content: Uint8Array | Readable): Promise<Blob> =>
      done(await createBlobs(own.ctx, keeper ?? folderKeeper(folder)).put(client, content, { contentType })),
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  };
}

const sizes = [0, 1, 65_535, 65_536, 65_537, 131_072, 1_000_003];

test('what is put in comes out whole, and each part of it alone, whatever its size', async () => {
  await using own = await stage();
  for (const size of sizes) {
    const content = randomBytes(size);
    // In pieces that fit no chunk.
    const pieces = Array.from({ length: Math.ceil(size / 7_777) }, (_, place) =>
      content.subarray(place * 7_777, (place + 1) * 7_777),
    );
    const { hash, size: stored } = await own.put(own.here, Readable.from(pieces));
    assert.equal(stored, size);
    const found = await own.blobs.get(own.here, hash);
    assert.ok(found !== undefined);
    assert.equal(found.contentType, contentType);
    assert.ok(content.equals(await buffer(found.stream)), `${size} bytes`);
    for (const [first, last] of [
      [0, 0],
      [65_530, 65_540],
      [size - 1, size + 100],
      [size + 5, size + 9],
      [131_070, 131_071],
    ] as const) {
      const part = await own.blobs.get(own.here, hash, { first: Math.max(0, first), last });
      assert.ok(
        content.subarray(Math.max(0, first), last + 1).equals(await buffer(part!.stream)),
        `${first} to ${last} of ${size}`,
      );
    }
  }
});

test('one client’s file is not another’s: not found, and not gone when theirs goes', async () => {
  await using own = await stage();
  const content = Buffer.from('The same price list.');
  const { hash } = await own.put(own.here, content);
  assert.equal(await own.blobs.get(own.there, hash), undefined);
  assert.equal(await own.blobs.has(own.there, hash), false);
  await own.put(own.there, content);
  assert.equal(own.files().length, 2);
  assert.equal(await own.blobs.delete(own.here, hash), true);
  assert.equal(own.files().length, 1);
  assert.ok(content.equals(await buffer((await own.blobs.get(own.there, hash))!.stream)));
});

test('the same file put by many at once is stored once', async () => {
  await using own = await stage();
  const content = randomBytes(100_000);
  const all = await Promise.all(
    Array.from({ length: 10 }, () => own.put(own.here, Readable.from([content]))),
  );
  assert.equal(new Set(all.map(({ hash }) => hash)).size, 1);
  assert.equal(own.files().length, 1);
  assert.ok(content.equals(await buffer((await own.blobs.get(own.here, all[0]!.hash))!.stream)));
});

test('what lies in the store tells nothing: neither the content nor whether two files are the same', async () => {
  await using own = await stage();
  const content = Buffer.alloc(1_000, 'secret words ');
  const { hash } = await own.put(own.here, content);
  await own.put(own.there, content);
  const [one, other] = own.files().map((file) => readFileSync(join(own.folder, file)));
  for (const stored of [one!, other!]) assert.equal(stored.includes('secret words'), false);
  assert.equal(one!.equals(other!), false);
  assert.equal(own.files().join().includes(hash), false);
});

test('a file that is not what was stored is found and never handed out', async () => {
  await using own = await stage();
  const content = randomBytes(200_000);
  const { hash } = await own.put(own.here, content);
  const path = join(own.folder, own.files()[0]!);
  const stored = readFileSync(path);
  const damage: Record<string, Buffer> = {
    'a bit turned': Buffer.from(stored.map((byte, place) => (place === 150_000 ? byte ^ 1 : byte))),
    'cut short': stored.subarray(0, 150_000),
    'cut at a part’s end': stored.subarray(0, 2 * 65_552),
    'two parts swapped': Buffer.concat([
      stored.subarray(65_552, 131_104),
      stored.subarray(0, 65_552),
      stored.subarray(131_104),
    ]),
    emptied: Buffer.alloc(0),
  };
  for (const [what, bytes] of Object.entries(damage)) {
    writeFileSync(path, bytes);
    await assert.rejects(
      buffer((await own.blobs.get(own.here, hash))!.stream),
      (fault) => fault instanceof BlobDamaged,
      what,
    );
  }
  writeFileSync(path, stored);
  assert.ok(content.equals(await buffer((await own.blobs.get(own.here, hash))!.stream)));
});

test('a file larger than may be is refused, and leaves nothing behind', async () => {
  await using own = await stage();
  async function* endless() {
    for (;;) yield Buffer.alloc(50_000);
  }
  for (const content of [Buffer.alloc(300_001), endless()]) {
    const refused = await own.blobs.put(own.here, content, { contentType, bytesMax: 300_000 });
    assert.equal((refused as { refused?: string }).refused, 'file-too-large');
  }
  assert.deepEqual(own.files(), []);
});

test('a store without room refuses, says so to who operates it, and leaves nothing behind', async () => {
  const disk = temporaryFolder();
  // A disk of a megabyte where the system lets the test make one; elsewhere its error is made up.
  const real = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status === 0;
  const folder = folderKeeper(join(disk, 'blobs'));
  const full: BlobKeeper = {
    ...folder,
    async write(_, bytes) {
      for await (const piece of bytes)
        if (piece.length > 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    },
  };
  try {
    await using own = await stage(real ? folder : full);
    const refused = await own.blobs.put(own.here, Readable.from([randomBytes(3_000_000)]), { contentType });
    assert.equal((refused as { refused?: string }).refused, 'file-store-full');
    assert.equal((await own.db.system`select from blob`).length, 0);
    assert.deepEqual(globSync('blobs/*/*', { cwd: disk }), []);
    assert.ok(own.logged.some(({ level, msg }) => level === 'error' && /no room left/.test(msg)));
    if (real) await own.put(own.here, randomBytes(100_000)); // what fits is taken
  } finally {
    if (real) spawnSync('umount', [disk]);
  }
});

test('what nobody keeps goes after a day, what is kept stays, and what is released goes', async () => {
  await using own = await stage();
  const forgotten = await own.put(own.here, Buffer.from('forgotten'));
  const kept = await own.put(own.here, Buffer.from('kept'));
  await own.db.system.begin((tx) => own.blobs.keep(tx, own.here, kept.hash));
  own.clock.pass(dayMs - 1);
  assert.deepEqual(await own.blobs.sweep(), { blobs: 0, orphans: 0 });
  await own.put(own.here, Buffer.from('kept')); // again: it stays kept
  own.clock.pass(2);
  assert.deepEqual(await own.blobs.sweep(), { blobs: 1, orphans: 0 });
  assert.equal(await own.blobs.has(own.here, forgotten.hash), false);
  own.clock.pass(30 * dayMs);
  assert.deepEqual(await own.blobs.sweep(), { blobs: 0, orphans: 0 });
  assert.equal(await own.blobs.has(own.here, kept.hash), true);
  await own.db.system.begin((tx) => own.blobs.release(tx, own.here, kept.hash));
  own.clock.pass(1);
  assert.deepEqual(await own.blobs.sweep(), { blobs: 1, orphans: 0 });
  assert.deepEqual(own.files(), []);
});

test('what is released while something else refers to it stays', async () => {
  await using own = await stage();
  const { hash } = await own.put(own.here, Buffer.from('twice'));
  await own.db
    .owner`create table attached (client_id uuid, hash bytea, foreign key (client_id, hash) references blob)`;
  await own.db.owner`insert into attached values (${own.here}, ${Buffer.from(hash, 'hex')})`;
  await own.db.system.begin((tx) => own.blobs.release(tx, own.here, hash));
  own.clock.pass(1);
  assert.deepEqual(await own.blobs.sweep(), { blobs: 0, orphans: 0 });
  own.clock.pass(30 * dayMs);
  assert.deepEqual(await own.blobs.sweep(), { blobs: 0, orphans: 0 });
  assert.equal(await own.blobs.has(own.here, hash), true);
});

const places = [
  'before blobSync',
  'before blobRename',
  'after blobRename',
  'before the row',
  'after the row',
];
for (const place of places) {
  test(`killed ${place}, no row is without its bytes, and bytes without a row are swept`, async () => {
    await using own = await stage();
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'put-and-die.ts'), JSON.stringify(own.address), own.folder, own.here, place],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const [, signal] = (await once(child, 'close')) as [number | null, string | null];
    assert.equal(signal, 'SIGKILL');
    const rows = await own.db.system<{ hash: Buffer }[]>`select hash from blob`;
    assert.equal(rows.length, place === 'after the row' ? 1 : 0);
    assert.equal(own.files().length, 1);
    for (const { hash } of rows) {
      const found = await own.blobs.get(own.here, hash.toString('hex'));
      assert.equal((await buffer(found!.stream)).length, 100_000);
      await own.blobs.keep(own.db.system, own.here, hash.toString('hex'));
    }
    assert.deepEqual(await own.blobs.sweep(), { blobs: 0, orphans: 0 }); // it may be somebody's who is writing just now
    own.clock.pass(8 * dayMs);
    assert.deepEqual(await own.blobs.sweep(), { blobs: 0, orphans: 1 - rows.length });
    assert.equal(own.files().length, rows.length);
  });
}

test('another database’s files in the same place are not swept', async () => {
  await using own = await stage();
  await own.put(own.here, Buffer.from('mine'));
  await own.db.owner`update blob_store set id = gen_random_uuid()`;
  const others = createBlobs(own.ctx, folderKeeper(own.folder));
  await own.db.owner`delete from blob`;
  own.clock.pass(30 * dayMs);
  assert.deepEqual(await others.sweep(), { blobs: 0, orphans: 0 });
  assert.equal(own.files().length, 1);
});

test('in a bucket the same holds, with every request signed over its content', async () => {
  await using store = await s3Double();
  await using own = await stage(s3Keeper(store.settings));
  const content = randomBytes(200_000);
  const { hash } = await own.put(own.here, Readable.from([content]));
  assert.equal(store.objects.size, 1);
  assert.ok(content.equals(await buffer((await own.blobs.get(own.here, hash))!.stream)));
  const part = await own.blobs.get(own.here, hash, { first: 65_530, last: 131_080 });
  assert.ok(content.subarray(65_530, 131_081).equals(await buffer(part!.stream)));
  await own.blobs.keep(own.db.system, own.here, hash);

  for (const text of ['a', 'b', 'c', 'd', 'e']) await own.put(own.here, Buffer.from(text));
  await own.db.owner`delete from blob where expires_at is not null`; // as after a kill between row and bytes
  own.clock.pass(8 * dayMs);
  assert.deepEqual(await own.blobs.sweep(), { blobs: 0, orphans: 5 });
  assert.equal(store.objects.size, 1);
  await own.blobs.delete(own.here, hash);
  assert.equal(store.objects.size, 0);
  assert.deepEqual(
    store.asked.filter(({ status }) => status >= 400),
    [],
  );
});

test('a bucket that stumbles is asked again; one that refuses the key is told about, and nothing is recorded', async () => {
  await using store = await s3Double();
  await using own = await stage(s3Keeper(store.settings));
  store.refuse(503, 500);
  await own.put(own.here, Buffer.from('in the end'));
  assert.equal(store.objects.size, 1);
  const wrong = createBlobs(own.ctx, s3Keeper({ ...store.settings, secret: 'another' }));
  await assert.rejects(
    wrong.put(own.here, Buffer.from('x'), { contentType }),
    /answered 403 SignatureDoesNotMatch to PUT/,
  );
  const nowhere = createBlobs(
    own.ctx,
    s3Keeper({ ...store.settings, url: store.settings.url.replace('/files', '/none') }),
  );
  await assert.rejects(nowhere.put(own.here, Buffer.from('x'), { contentType }), /has no bucket "none"/);
  assert.equal((await own.db.system`select from blob`).length, 1);
});
