import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, startCluster } from '#src/platform/launcher/index.ts';

/** Where the runner tells the test files of the cluster that it started for all of them. */
export const sharedClusterVariable = 'PARLEY_TEST_CLUSTER';

/** Folder of another PostgreSQL than the embedded one, by its major version; the runner passes a number in PARLEY_TEST_POSTGRES. */
export function postgresBinaries(major = process.env.PARLEY_TEST_POSTGRES): string | undefined {
  return major === undefined || major === '' ? undefined : `/usr/lib/postgresql/${major}/bin`;
}

let own: Promise<Cluster> | undefined;

/**
 * A PostgreSQL for tests, one for all files of a run: the runner's, or one of this process's own when a file is run alone. It is
 * stopped and removed when the run ends, however it ends.
 * @param options.fsync a server of this call's own that keeps what it acknowledged when the machine goes down, as in production;
 *   tests that are not about durability do without and are several times as fast.
 */
export function testCluster(options: { fsync?: boolean } = {}): Promise<Cluster> {
  if (options.fsync === true) return freshCluster({});
  const shared = process.env[sharedClusterVariable];
  own ??= shared === undefined ? fastCluster() : joinCluster(shared);
  return own;
}

/** A server that forgets what it acknowledged if the machine goes down, for tests that are not about that. */
export function fastCluster(): Promise<Cluster> {
  return freshCluster({ fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' });
}

async function joinCluster(shared: string): Promise<Cluster> {
  const { host, port, pid } = JSON.parse(shared) as { host: string; port: number; pid: number };
  return {
    host,
    port,
    pid,
    user: 'parley',
    database: 'parley',
    died: new Promise(() => {}),
    async stop() {},
  };
}

async function freshCluster(settings: Record<string, string>): Promise<Cluster> {
  return startCluster({
    dataDir: temporaryFolder(),
    binDir: postgresBinaries(),
    say() {},
    settings: { shared_buffers: '128MB', max_connections: '200', ...settings },
  });
}

let watcher: ChildProcess | undefined;

/**
 * A temporary folder that goes when this process ends, kill -9 included, together with any program or database server that works in
 * it. A small shell outlives us to see to it: the end of its input is the one message that a killed process still sends.
 */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-test-'));
  // The database of a test that runs as root belongs to a user without rights, who must get through.
  chmodSync(folder, 0o711);
  watcher ??= startWatcher();
  watcher.stdin?.write(`${folder}\n`);
  return folder;
}

function startWatcher(): ChildProcess {
  const shell = spawn('/bin/sh', ['-c', clearWhenAlone, String(process.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  if (shell.pid === undefined) throw new Error('no shell can be started to clear up after the tests');
  // Nothing keeps the loop of a finished test running: neither the shell nor the pipe to it.
  shell.unref();
  (shell.stdin as unknown as { unref(): void }).unref();
  return shell;
}

/**
 * Each number is looked up before it is signalled: it may belong to another process by now. Our own ($0) is left alone: we are on
 * our way out, and how we end is what the runner counts.
 */
const clearWhenAlone = `
while IFS= read -r folder; do set -- "$@" "$folder"; done
is() { grep -qa "$2" "/proc/$1/cmdline" 2>/dev/null; }
for folder; do
  for running in "$folder"/running "$folder"/*/running; do
    [ -f "$running" ] && read -r program <"$running" && [ "$program" != "$0" ] && is "$program" parley && kill -9 "$program"
  done
  for lock in "$folder"/postgres/postmaster.pid "$folder"/*/postgres/postmaster.pid; do
    [ -f "$lock" ] && read -r server <"$lock" && is "$server" cluster_name=parley- || continue
    kill -QUIT "$server"
    tries=0
    while is "$server" cluster_name=parley- && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
  done
  rm -rf "$folder"
done
`;
