import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Cluster } from '#src/platform/launcher/index.ts';

export interface DatabaseUrl {
  /** What a person would set PARLEY_DATABASE_URL to. */
  url: string;
  /** Breaks off every connection; new ones are taken. */
  cut(): void;
  /** From now on nothing passes in either direction, and nobody is told: a firewall that forgot the connections. New ones do not pass either. */
  stall(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * An address over TCP for a cluster that is served on a Unix socket alone, so that a program under test can be given a database of
 * its own as any installation would. Lasts as long as the test process, or until it is disposed of.
 */
export async function databaseUrlOf(
  cluster: Pick<Cluster, 'host' | 'port'>,
  database: string,
  user = 'parley',
): Promise<DatabaseUrl> {
  const open = new Set<Socket>();
  let stalled = false;
  const server = createServer((near) => {
    const far = connect(join(cluster.host, `.s.PGSQL.${cluster.port}`));
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    if (stalled) return;
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  const { port } = server.address() as AddressInfo;
  return {
    url: `postgres://${user}@127.0.0.1:${port}/${database}`,
    cut,
    stall() {
      stalled = true;
      for (const socket of open) socket.unpipe().pause();
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}
