// `npm run bench -- NAME [--json] [--seed N] [--small] [--profile FOLDER] [--contacts N]`: what Parley does under load and under fire, beside what this
// machine can do at best in the same minutes. docs/benchmarks.md says what each figure means.
import { parseArgs } from 'node:util';
import * as chat from './chat.ts';
import * as crash from './crash.ts';
import { type Bench, tableOf } from './harness/bench.ts';
import * as routing from './routing.ts';
import * as simulate from './simulate.ts';
import * as start from './start.ts';

const benches: Readonly<Record<string, Bench>> = { chat, crash, routing, simulate, start };

function usage(): string {
  const names = Object.entries(benches).map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`);
  return `Say which bench to run: npm run bench -- NAME [--json] [--seed N] [--small] [--profile FOLDER] [--contacts N]\n${names.join('\n')}`;
}

function asked() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        seed: { type: 'string', default: '1' },
        small: { type: 'boolean', default: false },
        profile: { type: 'string' },
        contacts: { type: 'string' },
      },
    });
    const [name = ''] = positionals;
    const seed = Number(values.seed);
    const contacts = values.contacts === undefined ? undefined : Number(values.contacts);
    if (!Object.hasOwn(benches, name) || !Number.isSafeInteger(seed) || seed < 0) return undefined;
    if (contacts !== undefined && !(Number.isSafeInteger(contacts) && contacts > 0)) return undefined;
    return { ...values, bench: benches[name] as Bench, seed, contacts };
  } catch {
    return undefined;
  }
}

const what = asked();
if (what === undefined) {
  console.error(usage());
  process.exit(2);
}
// Whatever was started stops with this process: each started program and database has a watcher of its own that outlives us.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  process.on(signal, () => process.exit(code));

const { bench, json, seed, small, profile, contacts } = what;
const say = (line: string) => console.error(line);
for await (const result of bench.run({ seed, small, profileDir: profile, contacts, say })) {
  console.log(json ? JSON.stringify(result.line) : tableOf(result));
  if (result.wrong.length > 0) process.exitCode = 1;
  if (json) for (const sentence of result.wrong) say(`WRONG: ${sentence}`);
}
