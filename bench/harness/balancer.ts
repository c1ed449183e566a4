import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Balancer extends AsyncDisposable {
  /** Where customers and agents go, whichever node answers. */
  url: string;
  /** The ports that new connections go to, one after the other. One that refuses is passed over. */
  serve(ports: readonly number[]): void;
}

/**
 * What stands in front of several nodes, in its plainest form: a connection goes to the next node that takes it, and stays there. It
 * knows nothing of what passes, and does not look whether a node is well: who was served by one that died comes again.
 */
export async function openBalancer(): Promise<Balancer> {
  let ports: readonly number[] = [];
  let next = 0;
  const open = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, (near) => {
    open.add(near);
    near.on('error', () => {});
    near.on('close', () => open.delete(near));
    forward(near, ports.length);
  });
  const forward = (near: Socket, tries: number): void => {
    const port = ports[next++ % Math.max(1, ports.length)];
    if (port === undefined || tries === 0) return void near.destroy();
    const far = connect({ port, host: '127.0.0.1' });
    open.add(far);
    let through = false;
    far.on('connect', () => {
      through = true;
      near.pipe(far).pipe(near);
      near.on('close', () => far.destroy());
    });
    far.on('error', () => {});
    far.on('close', () => {
      open.delete(far);
      if (through) near.destroy();
      else forward(near, tries - 1);
    });
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}`,
    serve(now) {
      ports = now;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
