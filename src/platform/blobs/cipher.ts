import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

// AES-256-GCM in chunks, so that a file streams and a part of it can be read alone. Every file has a key of its own, so the chunk's
// number is nonce enough; a mark in it says which chunk is the last, so that a file cut short or put together anew is found.

export const chunkBytes = 64 * 1_024;
const tagBytes = 16;
export const storedChunkBytes = chunkBytes + tagBytes;

export const newKey = () => randomBytes(32);

function nonceOf(chunk: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(chunk, 0, 6);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

/** The stored form of one chunk: what was written, then 16 bytes that prove it. */
export function sealChunk(key: Buffer, chunk: number, last: boolean, plain: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(chunk, last));
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** @throws when the chunk is not the one that was sealed with this key, number and mark */
export function openChunk(key: Buffer, chunk: number, last: boolean, stored: Uint8Array): Buffer {
  if (stored.length < tagBytes) throw new Error('cut short');
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(chunk, last));
  decipher.setAuthTag(stored.subarray(stored.length - tagBytes));
  return Buffer.concat([decipher.update(stored.subarray(0, stored.length - tagBytes)), decipher.final()]);
}

/** An empty file is one empty chunk. */
export const chunksOf = (size: number) => Math.max(1, Math.ceil(size / chunkBytes));

/** Cuts what comes in any pieces into whole chunks; the last may be shorter. */
export async function* inChunks(
  pieces: AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<{ bytes: Buffer; last: boolean }> {
  let held = Buffer.alloc(0);
  for await (const piece of pieces) {
    held = held.length === 0 ? Buffer.from(piece) : Buffer.concat([held, piece]);
    let from = 0;
    // One byte more than a chunk must be there before it is known not to be the last.
    for (; held.length - from > length; from += length)
      yield { bytes: held.subarray(from, from + length), last: false };
    held = held.subarray(from);
  }
  yield { bytes: held, last: true };
}
