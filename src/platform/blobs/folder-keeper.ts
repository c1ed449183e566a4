import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { faultPoint } from '../fault-point.ts';
import type { BlobKeeper } from './keeper.ts';

const draftMark = '.draft-';

/**
 * A folder of one's own. A file is written beside its place, made durable, put into place, and its folder made durable: at every moment
 * it is whole or not there. The last two letters of an object's number, which are chance, spread them over 256 folders.
 */
export function folderKeeper(folder: string): BlobKeeper {
  const placeOf = (object: string) => join(folder, object.slice(-2), object);
  return {
    async write(object, bytes) {
      const place = placeOf(object);
      const shard = dirname(place);
      if ((await mkdir(shard, { recursive: true, mode: 0o700 })) !== undefined) {
        await syncFolder(folder);
        await syncFolder(dirname(folder));
      }
      const draft = `${place}${draftMark}${randomBytes(4).toString('hex')}`;
      try {
        const file = await open(draft, 'wx', 0o600);
        try {
          for await (const piece of bytes) await file.writeFile(piece);
          await faultPoint('before blobSync');
          await file.sync();
        } finally {
          await file.close();
        }
        await faultPoint('before blobRename');
        await rename(draft, place);
        await faultPoint('after blobRename');
        await syncFolder(shard);
      } catch (fault) {
        await rm(draft, { force: true }).catch(() => {}); // the fault is the news, and the sweep finds what stays
        throw fault;
      }
    },
    async read(object, { first, last }) {
      try {
        const file = await open(placeOf(object), 'r');
        return createReadStream('', { fd: file, start: first, end: last });
      } catch (fault) {
        if ((fault as { code?: string }).code === 'ENOENT') return undefined;
        throw fault;
      }
    },
    async remove(object) {
      const place = placeOf(object.split(draftMark, 1)[0] as string);
      await rm(join(dirname(place), object), { force: true });
    },
    async *list() {
      const shards = await readdir(folder).catch((fault: { code?: string }) => {
        if (fault.code === 'ENOENT') return [];
        throw fault;
      });
      for (const shard of shards) yield await readdir(join(folder, shard));
    },
  };
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
