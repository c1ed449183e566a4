import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { type Cluster, startCluster } from '#src/platform/launcher/index.ts';
import { temporaryFolder } from '#test/support/cluster.ts';
import { median, quantile, rounded } from './bench.ts';
import { eachOf } from './caller.ts';
import type { Chance } from './chance.ts';
import { textOf } from './frame.ts';
import { openLoop } from './open-loop.ts';
import { Wire } from './wire.ts';

const manyClients = 16;

/**
 * What this machine can do at best at this time, on the same kind of database as the product's (the embedded one, the launcher's
 * settings, fsync on) but another instance of it. Measured in short blocks between those of the product, never at the same time.
 */
export class MachineLimits {
  readonly #cluster: Cluster;
  readonly #commits1: number[] = [];
  readonly #commits16: number[] = [];
  readonly #echoMs: number[] = [];

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  static async open(): Promise<MachineLimits> {
    const cluster = await startCluster({ dataDir: temporaryFolder(), say() {} });
    const limits = new MachineLimits(cluster);
    const maker = await limits.#wire(
      'create table line (id bigint generated always as identity primary key, stream text not null, at timestamptz not null default now(), text text not null)',
      [],
    );
    await maker.execute();
    maker.close();
    return limits;
  }

  /** Plain commits of one row, by one client and by sixteen, for so long each. */
  async measureCommits(ms: number): Promise<void> {
    this.#commits1.push(await this.#commitsPerSecond(1, ms));
    this.#commits16.push(await this.#commitsPerSecond(manyClients, ms));
  }

  /**
   * What a bare server of WebSockets adds: as many sockets, as many messages a second in an open loop, from the intended moment at one
   * end to the other end.
   */
  async measureEcho({
    sockets,
    perSecond,
    ms,
    drawn,
  }: {
    sockets: number;
    perSecond: number;
    ms: number;
    drawn: Chance;
  }): Promise<void> {
    const server = fork(new URL('echo-server.ts', import.meta.url), { stdio: 'inherit' });
    try {
      const [port] = (await once(server, 'message')) as [number];
      const ends = await eachOf(Array.from({ length: sockets - (sockets % 2) }), 1, () => opened(port));
      let came = 0;
      for (const end of ends) {
        end.on('message', (data) => {
          came += 1;
          this.#echoMs.push(performance.now() - (JSON.parse(textOf(data)) as { at: number }).at);
        });
      }
      const schedule = Array.from({ length: Math.round((perSecond * ms) / 1000) }, () => ({
        at: drawn.next() * ms,
        end: ends[drawn.index(ends.length)]!,
      })).sort((a, b) => a.at - b.at);
      await openLoop(schedule, ({ end }, at) => end.send(JSON.stringify({ at, text: 'x'.repeat(60) })));
      const until = performance.now() + 5_000;
      for (; came < schedule.length && performance.now() < until; ) await wait(10);
      for (const end of ends) end.terminate();
    } finally {
      server.disconnect();
      await once(server, 'exit');
    }
  }

  get commitsPerSecond16(): number {
    return median(this.#commits16);
  }

  /** One plain commit by one client, and one message from a bare server to a socket (half of the way there and back), in milliseconds. */
  get commitMs(): number {
    return 1_000 / median(this.#commits1);
  }
  get hopMs(): number {
    return median(this.#echoMs) / 2;
  }

  /** Medians over the blocks. */
  figures(): Record<string, number> {
    return {
      commitsPerSecond1: rounded(median(this.#commits1)),
      commitsPerSecond16: rounded(median(this.#commits16)),
      ...(this.#echoMs.length === 0 ? {} : { wsP99Ms: rounded(quantile(this.#echoMs, 0.99)) }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster.stop();
  }

  #wire(statement: string, parameters: readonly string[]): Promise<Wire> {
    const { host, port, user, database } = this.#cluster;
    return Wire.open({ host, port, user, database }, statement, parameters);
  }

  async #commitsPerSecond(clients: number, ms: number): Promise<number> {
    const wires = await Promise.all(
      Array.from({ length: clients }, (_, client) =>
        this.#wire('insert into line (stream, text) values ($1, $2)', [`stream ${client}`, 'x'.repeat(100)]),
      ),
    );
    const startedAt = performance.now();
    let commits = 0;
    await Promise.all(
      wires.map(async (wire) => {
        while (performance.now() - startedAt < ms) {
          await wire.execute();
          commits += 1;
        }
      }),
    );
    const seconds = (performance.now() - startedAt) / 1000;
    for (const wire of wires) wire.close();
    return commits / seconds;
  }
}

async function opened(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  await once(socket, 'open');
  return socket;
}
