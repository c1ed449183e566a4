import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

export interface Call {
  /** Name and value of the session's cookie. */
  cookie?: string;
  bearer?: string;
  origin?: string;
  body?: unknown;
  /** The loopback address that the call comes from: the product counts by address, and customers have many. */
  address?: string;
  timeoutMs?: number;
}

export interface Answer {
  status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- the answer of a JSON interface, read by whoever asked
  body: any;
  cookie?: string;
}

const connections = new Agent({ keepAlive: true, maxSockets: 64 });

/** Calls the product's HTTP interface as any program would. @throws when it cannot be reached or breaks off. */
export function call(base: string, signature: string, options: Call = {}): Promise<Answer> {
  const [method, path] = signature.split(' ') as [string, string];
  const text = options.body === undefined ? undefined : JSON.stringify(options.body);
  return new Promise((resolve, reject) => {
    const asked = request(
      `${base}${path}`,
      {
        method,
        agent: connections,
        timeout: options.timeoutMs ?? 30_000,
        ...(options.address === undefined ? {} : { localAddress: options.address, family: 4 }),
        headers: {
          origin: options.origin ?? base,
          ...(text === undefined ? {} : { 'content-type': 'application/json' }),
          ...(options.cookie === undefined ? {} : { cookie: options.cookie }),
          ...(options.bearer === undefined ? {} : { authorization: `Bearer ${options.bearer}` }),
        },
      },
      (answer) => {
        let said = '';
        answer.setEncoding('utf8');
        answer.on('data', (part) => (said += part));
        answer.on('error', reject);
        answer.on('end', () => {
          const isJson = answer.headers['content-type']?.includes('json') === true;
          resolve({
            status: answer.statusCode ?? 0,
            body: isJson && said !== '' ? JSON.parse(said) : said,
            cookie: answer.headers['set-cookie']?.[0]?.split(';')[0],
          });
        });
      },
    );
    asked.on('timeout', () => asked.destroy(new Error(`${signature} was not answered in time`)));
    asked.on('error', reject);
    asked.end(text);
  });
}

/** As `call`, for what must succeed: waits as long as the product asks to, and throws what it says when it refuses. */
export async function must(base: string, signature: string, options: Call = {}): Promise<Answer> {
  for (;;) {
    const answer = await call(base, signature, options);
    if (answer.status < 300) return answer;
    if (answer.status !== 429)
      throw new Error(`${signature}: ${answer.status} ${JSON.stringify(answer.body)}`);
    await wait(1000 * Number(answer.body?.retryAfterSeconds ?? 1));
  }
}

/** Runs `act` on each, a few at a time. */
export async function eachOf<Item, Made>(
  items: readonly Item[],
  atOnce: number,
  act: (item: Item, index: number) => Promise<Made>,
): Promise<Made[]> {
  const made: Made[] = Array.from({ length: items.length });
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++)
      made[index] = await act(items[index]!, index);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return made;
}
