import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AwsClient } from 'aws4fetch';
import type { BlobKeeper } from './keeper.ts';

export interface S3Settings {
  /** `https://host/bucket`, with a path below it where the bucket is shared. */
  url: string;
  key: string;
  secret: string;
  region: string;
}

const answerMs = 60_000;
const retries = 3;

/**
 * A bucket of any S3-compatible store, addressed by path. What is written is first put into a file, sealed as it is: the store wants to
 * know length and digest before the first byte.
 */
export function s3Keeper({ url, key, secret, region }: S3Settings): BlobKeeper {
  const client = new AwsClient({ accessKeyId: key, secretAccessKey: secret, service: 's3', region, retries });
  const base = new URL(url.replace(/\/+$/, ''));
  const [bucket = '', ...below] = base.pathname.split('/').filter((part) => part !== '');
  const prefix = below.map((part) => `${part}/`).join('');
  const addressOf = (object: string) => `${base.origin}/${bucket}/${prefix}${object.slice(-2)}/${object}`;

  async function ask(
    address: string,
    init: RequestInit & { headers?: Record<string, string> },
  ): Promise<Response> {
    const answer = await client.fetch(address, { ...init, signal: AbortSignal.timeout(answerMs) });
    if (answer.ok || answer.status === 404) return answer;
    const code = /<Code>(\w+)<\/Code>/.exec(await answer.text())?.[1] ?? '';
    throw new Error(`The blob store answered ${answer.status} ${code} to ${init.method} in ${base.host}.`);
  }

  return {
    async write(object, bytes) {
      const folder = await mkdtemp(join(tmpdir(), 'parley-blob-'));
      try {
        const path = join(folder, object);
        const digest = createHash('sha256');
        const file = await open(path, 'wx', 0o600);
        try {
          for await (const piece of bytes) {
            digest.update(piece);
            await file.writeFile(piece);
          }
        } finally {
          await file.close();
        }
        const answer = await ask(addressOf(object), {
          method: 'PUT',
          body: await openAsBlob(path),
          headers: { 'X-Amz-Content-Sha256': digest.digest('hex') },
        });
        if (!answer.ok) throw new Error(`The blob store has no bucket "${bucket}"; make it.`);
        await answer.arrayBuffer();
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    async read(object, { first, last }) {
      const answer = await ask(addressOf(object), {
        method: 'GET',
        headers: { Range: `bytes=${first}-${last}` },
      });
      if (answer.ok && answer.status !== 206) throw new Error('The blob store does not understand ranges.');
      if (answer.ok && answer.body !== null) return answer.body;
      await answer.arrayBuffer();
      return undefined;
    },
    async remove(object) {
      await (await ask(addressOf(object), { method: 'DELETE' })).arrayBuffer();
    },
    async *list() {
      let after: string | undefined;
      do {
        const query = new URLSearchParams({ 'list-type': '2', prefix });
        if (after !== undefined) query.set('continuation-token', after);
        const text = await (await ask(`${base.origin}/${bucket}?${query}`, { method: 'GET' })).text();
        // The names are ours and the token is the store's; neither is worth a parser of XML.
        yield [...text.matchAll(/<Key>([^<]+)<\/Key>/g)].map(
          ([, name = '']) => name.split('/').at(-1) as string,
        );
        after = /<NextContinuationToken>([^<]+)</.exec(text)?.[1]?.replaceAll('&amp;', '&');
      } while (after !== undefined);
    },
  };
}
