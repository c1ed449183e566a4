// `npm run simulate -- FILE.json [--seed N] [--days N] [--json]`: a contact centre in virtual time, decided by the engine that routes.
// docs/simulator.md explains the file and the figures.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Report, reportOf, textOf } from './report.ts';
import { BadScenario, daysMax, readScenario } from './scenario.ts';
import { simulateDay } from './simulator.ts';

const usage = 'Say which scenario to simulate: npm run simulate -- FILE.json [--seed N] [--days N] [--json]';

function asked() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        seed: { type: 'string' },
        days: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const [file] = positionals;
    return file === undefined || positionals.length > 1 ? undefined : { file, ...values };
  } catch {
    return undefined;
  }
}

function countOf(text: string | undefined, name: string, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < least || count > most)
    throw new BadScenario(
      `The option --${name} must be a whole number from ${least} to ${most}, not “${text}”.`,
    );
  return count;
}

function run({ file, seed, days }: { file: string; seed?: string; days?: string }): Report {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new BadScenario(`The file ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
  const scenario = readScenario(text);
  const seedHere = countOf(seed, 'seed', 0, Number.MAX_SAFE_INTEGER) ?? scenario.seed;
  const daysHere = countOf(days, 'days', 1, daysMax) ?? scenario.days;
  const played = Array.from({ length: daysHere }, (_, number) => simulateDay(scenario, seedHere, number));
  return reportOf(scenario, seedHere, played);
}

const options = asked();
if (options === undefined) {
  console.error(usage);
  process.exitCode = 2;
} else {
  try {
    const report = run(options);
    console.log(options.json ? JSON.stringify(report) : textOf(report));
  } catch (error) {
    if (!(error instanceof BadScenario)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
