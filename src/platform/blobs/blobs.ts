import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Context } from '../context.ts';
import { brokenConstraint, type Queryable } from '../db/sql.ts';
import { newId, timeOfId } from '../ids.ts';
import { type Refused, refusals, refuse } from '../refusal.ts';
import { chunkBytes, chunksOf, inChunks, newKey, openChunk, sealChunk, storedChunkBytes } from './cipher.ts';
import type { BlobKeeper } from './keeper.ts';
import * as queries from './queries.ts';

export interface Blob {
  /** SHA-256 of the content, in hexadecimal digits. */
  hash: string;
  /** In bytes. */
  size: number;
}

export interface FoundBlob extends Blob {
  /** As whoever stored it said, after looking at the content. */
  contentType: string;
  /** Each part is proved before it is handed on; one that is not as it was ends the stream with `BlobDamaged`. */
  stream: Readable;
}

/** What is stored is not what was put in: a bad disk, or somebody's hand. It is never handed out. */
export class BlobDamaged extends Error {
  override name = 'BlobDamaged';
}

refusals({
  'file-too-large': {
    status: 413,
    en: 'This file is too large; send a smaller one.',
    fr: 'Ce fichier est trop volumineux ; envoyez-en un plus petit.',
  },
  'file-store-full': {
    status: 503,
    en: 'There is no room left for files; tell whoever operates Parley.',
    fr: 'Il n’y a plus de place pour les fichiers ; prévenez l’exploitant de Parley.',
  },
});

/** Of a blob, unless whoever puts it says less. */
export const blobBytesMax = 100_000_000;
/** What nobody has kept by then was put for an act that never came about. */
const heldHours = 24;
/** Bytes without a row are taken away after so long: they can be read by nobody, since the key went with the row. */
const orphanDays = 7;
const sweptAtOnceMax = 1_000;
const hourMs = 3_600_000;

/**
 * Files of clients, by their content. The same content of two clients is stored twice: one client's erasure is not in another's way,
 * and nobody learns from a store that somebody else has a file.
 *
 * Bytes are durable before their row is written and outlive it when it goes, so no row is without its bytes. They are sealed under a
 * key that stands in the row alone: with the row goes the last way to read them, in copies and backups of the store too.
 */
export function createBlobs(ctx: Pick<Context, 'db' | 'clock' | 'log'>, keeper: BlobKeeper) {
  const db = ctx.db.system;
  const bytesOf = (hash: string) => Buffer.from(hash, 'hex');
  const later = (hours: number) => new Date(ctx.clock.now().getTime() + hours * hourMs);
  let prefix: Promise<string> | undefined;
  /** Two databases that share a bucket by mistake must not sweep each other's files. */
  const nameOf = async (object: string) => {
    prefix ??= queries.storeId(db);
    prefix.catch(() => (prefix = undefined));
    return `${await prefix}_${object}`;
  };

  return {
    /**
     * Stores a file for a day; `keep` it in the transaction of the act that names it.
     * @param content a stream is read to its end, or destroyed when it is too large
     * @throws when the store or the database is away; nothing is stored then
     */
    async put(
      clientId: string,
      content: Uint8Array | AsyncIterable<Uint8Array>,
      { contentType, bytesMax = blobBytesMax }: { contentType: string; bytesMax?: number },
    ): Promise<Refused<Blob>> {
      if (content instanceof Uint8Array) {
        if (content.length > bytesMax) return refuse('file-too-large');
        const hash = createHash('sha256').update(content).digest();
        if (await queries.holdBlob(db, clientId, hash, later(heldHours)))
          return { hash: hash.toString('hex'), size: content.length };
      }
      const object = newId(ctx.clock.now());
      const name = await nameOf(object);
      const key = newKey();
      const digest = createHash('sha256');
      let size = 0;
      async function* sealed(): AsyncGenerator<Uint8Array> {
        const pieces = content instanceof Uint8Array ? Readable.from([content]) : content;
        let chunk = 0;
        for await (const { bytes, last } of inChunks(pieces, chunkBytes)) {
          size += bytes.length;
          if (size > bytesMax) throw tooLarge;
          digest.update(bytes);
          yield sealChunk(key, chunk++, last, bytes);
        }
      }
      const tooLarge = new Error('too large');
      try {
        await keeper.write(name, sealed());
      } catch (fault) {
        if (fault === tooLarge) return refuse('file-too-large');
        if (['ENOSPC', 'EDQUOT'].includes((fault as { code?: string }).code ?? '')) {
          ctx.log.error({ err: fault }, 'There is no room left for files.');
          return refuse('file-store-full');
        }
        throw fault;
      }
      const hash = digest.digest();
      const kept = await queries.insertBlob(db, {
        clientId,
        hash,
        object,
        key,
        size,
        content_type: contentType,
        storedAt: ctx.clock.now(),
        expiresAt: later(heldHours),
      });
      if (kept !== object) await removeBytes(name);
      return { hash: hash.toString('hex'), size };
    },

    /**
     * @param range the first and the last byte wanted, both included; the last may lie beyond the end
     * @returns undefined when this client has no such file
     */
    async get(
      clientId: string,
      hash: string,
      range?: { first: number; last: number },
    ): Promise<FoundBlob | undefined> {
      const row = await queries.blobRow(db, clientId, bytesOf(hash));
      if (row === undefined) return undefined;
      const first = Math.max(0, range?.first ?? 0);
      const last = Math.min(row.size - 1, range?.last ?? row.size - 1);
      const whole = first === 0 && last === row.size - 1;
      const from = Math.floor(first / chunkBytes);
      const to = Math.max(from, Math.floor(Math.max(0, last) / chunkBytes));
      const chunks = chunksOf(row.size);
      const name = await nameOf(row.object);
      async function* opened(): AsyncGenerator<Buffer> {
        if (last < first && !whole) return;
        const damaged = (why: string) => {
          ctx.log.error(
            { clientId, hash, object: row!.object, why },
            'A file is damaged and is not handed out.',
          );
          return new BlobDamaged(`Blob ${hash} of client ${clientId} is damaged: ${why}.`);
        };
        const bytes = await keeper.read(name, {
          first: from * storedChunkBytes,
          last: (to + 1) * storedChunkBytes - 1,
        });
        if (bytes === undefined) throw damaged('its bytes are not there');
        const digest = createHash('sha256');
        let chunk = from;
        for await (const { bytes: stored } of inChunks(bytes, storedChunkBytes)) {
          let plain: Buffer;
          try {
            plain = openChunk(row!.key, chunk, chunk === chunks - 1, stored);
          } catch {
            throw damaged(`part ${chunk + 1} of ${chunks} is not what was stored`);
          }
          if (whole) digest.update(plain);
          const start = chunk * chunkBytes;
          yield plain.subarray(Math.max(0, first - start), Math.min(plain.length, last - start + 1));
          chunk++;
        }
        if (chunk <= to) throw damaged('it was cut short');
        if (whole && digest.digest('hex') !== hash) throw damaged('its content is another');
      }
      return {
        hash,
        size: row.size,
        contentType: row.content_type,
        stream: Readable.from(opened(), { objectMode: false }),
      };
    },

    async has(clientId: string, hash: string): Promise<boolean> {
      return (await queries.blobRow(db, clientId, bytesOf(hash))) !== undefined;
    },

    /** Keeps it until it is released. Call it in the transaction that writes the reference, a foreign key to `blob`. */
    keep(tx: Queryable, clientId: string, hash: string): Promise<boolean> {
      return queries.setExpiry(tx, clientId, bytesOf(hash), null);
    },

    /** What nobody else refers to goes at the next sweep. Call it in the transaction that deletes a reference. */
    release(tx: Queryable, clientId: string, hash: string): Promise<boolean> {
      return queries.setExpiry(tx, clientId, bytesOf(hash), ctx.clock.now());
    },

    /** Takes it away now, whoever kept it. @throws when something still refers to it */
    async delete(clientId: string, hash: string): Promise<boolean> {
      const object = await queries.deleteBlob(db, clientId, bytesOf(hash));
      if (object !== undefined) await removeBytes(await nameOf(object));
      return object !== undefined;
    },

    /** A duty: takes away what nobody kept, and bytes that a killed program left. @returns how many of each */
    async sweep(): Promise<{ blobs: number; orphans: number }> {
      const now = ctx.clock.now();
      let blobs = 0;
      for (const { client_id, hash } of await queries.expiredBlobs(db, now, sweptAtOnceMax)) {
        try {
          const object = await queries.deleteExpired(db, client_id, hash, now);
          if (object === undefined) continue;
          blobs++;
          await removeBytes(await nameOf(object));
        } catch (fault) {
          if (brokenConstraint(fault) === undefined) throw fault;
          // One reference went, another is there: it is kept.
          await queries.setExpiry(db, client_id, hash, null);
        }
      }
      const mine = (await nameOf('')).length;
      const own = await nameOf('');
      const before = now.getTime() - orphanDays * 24 * hourMs;
      let orphans = 0;
      for await (const names of keeper.list()) {
        const old = names
          .filter((name) => name.startsWith(own))
          .map((name) => ({ name, object: name.slice(mine, mine + 36) }))
          .filter(({ object }) => /^[0-9a-f-]{36}$/.test(object) && timeOfId(object).getTime() < before);
        if (old.length === 0) continue;
        const known = await queries.objectsKnown(
          db,
          old.map(({ object }) => object),
        );
        for (const { name, object } of old) {
          // A draft is never what a row means, though its number may be.
          if (known.has(object) && name.length === mine + 36) continue;
          await keeper.remove(name);
          orphans++;
        }
      }
      return { blobs, orphans };
    },
  };

  /** The row is gone or never was: bytes that cannot be removed now are found by the sweep. */
  async function removeBytes(name: string): Promise<void> {
    try {
      await keeper.remove(name);
    } catch (fault) {
      ctx.log.warn(
        { err: fault },
        'Bytes of a file that is gone could not be removed; they are swept later.',
      );
    }
  }
}

export type Blobs = ReturnType<typeof createBlobs>;
