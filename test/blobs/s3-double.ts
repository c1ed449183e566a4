import { createHash, createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const hex = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/**
 * As much of S3 as Parley uses: objects by path, ranges, a list in pages. It works every signature out again from what came in, body
 * included (AWS Signature Version 4), and refuses what differs. `refuse` lets the next requests fail with a status.
 */
export async function s3Double({ key = 'the-key', secret = 'the-secret', pageSize = 2 } = {}) {
  const objects = new Map<string, Buffer>();
  const asked: { method: string; path: string; status: number }[] = [];
  const failing: number[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const url = new URL(request.url ?? '/', 'http://double');
    const answer = (status: number, content: string | Buffer = '', headers: Record<string, string> = {}) => {
      asked.push({ method: request.method ?? '', path: url.pathname, status });
      response
        .writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(content)) })
        .end(content);
    };
    const failure = failing.shift();
    if (failure !== undefined) return answer(failure, '<Error><Code>SlowDown</Code></Error>');

    const header = (name: string) => String(request.headers[name] ?? '').trim();
    const found =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
        header('authorization'),
      );
    const [, access, day = '', region = '', signed = '', signature] = found ?? [];
    const digest = header('x-amz-content-sha256');
    const canonical = [
      request.method,
      url.pathname,
      [...url.searchParams]
        .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
        .sort()
        .join('&'),
      ...signed.split(';').map((name) => `${name}:${header(name)}`),
      '',
      signed,
      digest,
    ].join('\n');
    const scope = `${day}/${region}/s3/aws4_request`;
    const toSign = ['AWS4-HMAC-SHA256', header('x-amz-date'), scope, hex(canonical)].join('\n');
    const signing = hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), 's3'), 'aws4_request');
    const expected = hmac(signing, toSign).toString('hex');
    if (
      access !== key ||
      signature !== expected ||
      !signed.includes('host') ||
      !signed.includes('x-amz-date')
    )
      return answer(403, '<Error><Code>SignatureDoesNotMatch</Code></Error>');
    const claimed = digest === 'UNSIGNED-PAYLOAD' ? request.method === 'PUT' : digest !== hex(body);
    if (claimed) return answer(400, '<Error><Code>XAmzContentSHA256Mismatch</Code></Error>');

    const [, bucket, ...rest] = url.pathname.split('/');
    if (bucket !== 'files') return answer(404, '<Error><Code>NoSuchBucket</Code></Error>');
    const name = rest.join('/');
    if (name === '') {
      const prefix = url.searchParams.get('prefix') ?? '';
      const after = url.searchParams.get('continuation-token') ?? '';
      const all = [...objects.keys()].filter((each) => each.startsWith(prefix) && each > after).sort();
      const page = all.slice(0, pageSize).map((each) => `<Contents><Key>${each}</Key></Contents>`);
      const next =
        pageSize < all.length ? `<NextContinuationToken>${all[pageSize - 1]}</NextContinuationToken>` : '';
      return answer(200, `<ListBucketResult>${page.join('')}${next}</ListBucketResult>`);
    }
    if (request.method === 'PUT') {
      objects.set(name, body);
      return answer(200);
    }
    if (request.method === 'DELETE') {
      objects.delete(name);
      return answer(204);
    }
    const object = objects.get(name);
    if (object === undefined) return answer(404, '<Error><Code>NoSuchKey</Code></Error>');
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(header('range')) ?? [];
    if (first === undefined) return answer(200, object);
    return answer(206, object.subarray(Number(first), Number(last) + 1));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    objects,
    asked,
    refuse: (...statuses: number[]) => failing.push(...statuses),
    settings: {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/files/parley`,
      key,
      secret,
      region: 'us-east-1',
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
