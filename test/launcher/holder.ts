// A program that does nothing but hold a data folder and keep its database running, for tests that kill programs.
import { superviseCluster } from '#src/platform/launcher/index.ts';

const dataDir = process.argv[2] ?? '';
const say = (line: string) => void process.stdout.write(`${line}\n`);
const cluster = await superviseCluster({ dataDir, say, settings: { shared_buffers: '16MB' } });
process.stdout.write(
  `serving ${JSON.stringify({ host: cluster.host, port: cluster.port, pid: cluster.pid })}\n`,
);
const stop = async () => {
  await cluster.stop();
  process.exit(0);
};
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
setInterval(() => {}, 60_000);
