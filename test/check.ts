// Everything about the sources that can be told without running the program: types, lint, format, and the tests that hold the
// documents and the structure to what the code says.
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const tool = (name: string) => join(root, 'node_modules/.bin', name);

const checks: readonly { title: string; program: string; args: readonly string[] }[] = [
  { title: 'types', program: tool('tsc'), args: ['--noEmit'] },
  { title: 'lint', program: tool('oxlint'), args: ['--type-aware', '--deny-warnings'] },
  { title: 'format', program: tool('biome'), args: ['ci', '--colors=off'] },
  {
    title: 'architecture, register, settings',
    program: process.execPath,
    args: [
      '--test',
      '--test-isolation=none',
      '--test-reporter=./test/support/reporter.ts',
      'test/architecture.test.ts',
      'src/standard/register.test.ts',
      'src/platform/settings.test.ts',
    ],
  },
];

let failed = 0;
for (const { title, program, args } of checks) {
  const started = performance.now();
  const done = spawnSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (done.status === 0) {
    console.log(`${title}: in order (${seconds} s)`);
    continue;
  }
  failed += 1;
  console.log(`${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`);
  console.log(`${title}: not in order (${seconds} s)`);
}
process.exitCode = failed === 0 ? 0 : 1;
