import { setTimeout as wait } from 'node:timers/promises';
import { type Cluster, type ClusterOptions, startCluster } from './start-cluster.ts';

/** A cluster that is brought back when its server ends unasked. Address and name stay the same, so pools find it again by themselves. */
export interface SupervisedCluster extends Omit<Cluster, 'died'> {
  /** Whether the server serves now, as far as is known. */
  readonly up: boolean;
  /** Resolves with the reason when the server could not be brought back; never otherwise. */
  readonly failed: Promise<Error>;
}

/** Pauses before each attempt to bring the server back. A crash now and then is met at once; what crashes on and on is given up. */
const pausesMs = [0, 500, 1_000, 2_000, 4_000, 8_000];
/** A server that has served this long has recovered, and the count of attempts begins anew. */
const soundMs = 60_000;

/** As `startCluster`, and keeps the server running until it is stopped. */
export async function superviseCluster(options: ClusterOptions): Promise<SupervisedCluster> {
  let cluster = await startCluster(options);
  const first = cluster;
  const stopping = new AbortController();
  let up = true;
  let work: Promise<void> = Promise.resolve();

  const failed = new Promise<Error>((resolve) => {
    let attempts = 0;
    let startedAt = performance.now();
    const follow = () => {
      void cluster.died.then((code) => {
        if (stopping.signal.aborted) return;
        up = false;
        options.say(
          `recovering: the database ended unexpectedly${code === null ? '' : ` (code ${code})`}; starting it again.`,
        );
        if (performance.now() - startedAt > soundMs) attempts = 0;
        work = bringBack().catch((error) => {
          if (!stopping.signal.aborted) resolve(error instanceof Error ? error : new Error(String(error)));
        });
      });
    };
    const bringBack = async () => {
      const since = performance.now();
      for (;;) {
        const pause = pausesMs[attempts];
        attempts += 1;
        if (pause === undefined)
          throw new Error(`the database ended ${attempts} times in a row and was not started again`);
        await wait(pause, undefined, { signal: stopping.signal });
        try {
          // The dead cluster keeps the data folder locked until the next one holds it too.
          const next = await startCluster({ ...options, socketDir: first.host, signal: stopping.signal });
          await cluster.stop();
          cluster = next;
          break;
        } catch (error) {
          if (stopping.signal.aborted || attempts >= pausesMs.length) throw error;
          options.say(`recovering: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
      startedAt = performance.now();
      up = true;
      options.say(`The database serves again after ${((startedAt - since) / 1000).toFixed(1)} s.`);
      follow();
    };
    follow();
  });

  return {
    host: first.host,
    port: first.port,
    user: first.user,
    database: first.database,
    get pid() {
      return cluster.pid;
    },
    get up() {
      return up;
    },
    failed,
    async stop() {
      stopping.abort();
      up = false;
      await work;
      await cluster.stop();
    },
  };
}
