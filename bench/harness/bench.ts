/** One result, as `npm run bench -- NAME --json` prints it: figures of the product, limits of the machine in the same run, ratios. */
export interface BenchLine {
  bench: string;
  scenario: string;
  figures: Record<string, number>;
  limits: Record<string, number>;
  ratios: Record<string, number>;
  seed: number;
}

export interface BenchOptions {
  /** What is drawn by chance (texts, moments, order) is drawn from here: the same seed, the same intentions. */
  seed: number;
  /** The size that a continuous integration run can afford: shows that the bench works, measures nothing worth telling. */
  small: boolean;
  /** Folder for a CPU profile of the program, written when it ends properly. */
  profileDir?: string;
  /** How many contacts are simulated, where that can be chosen. */
  contacts?: number;
  /** Told what is being done, for a person who waits. */
  say(line: string): void;
}

export interface BenchResult {
  line: BenchLine;
  /** Sentences about what must not be and was; any of them makes the run fail. */
  wrong: string[];
}

export interface Bench {
  /** One line for the list of benches. */
  summary: string;
  run(options: BenchOptions): AsyncIterable<BenchResult>;
}

/** A result as a person reads it. */
export function tableOf({ line, wrong }: BenchResult): string {
  const rows = (title: string, values: Record<string, number>) =>
    Object.entries(values).map(([name, value], index) => [index === 0 ? title : '', name, shown(value)]);
  const cells = [
    ...rows('figures', line.figures),
    ...rows('limits', line.limits),
    ...rows('ratios', line.ratios),
  ] as [string, string, string][];
  const width = (column: 0 | 1 | 2) => Math.max(0, ...cells.map((row) => row[column].length));
  return [
    `${line.bench} · ${line.scenario} (seed ${line.seed})`,
    ...cells.map(
      ([title, name, value]) =>
        `  ${title.padEnd(width(0))}  ${name.padEnd(width(1))}  ${value.padStart(width(2))}`,
    ),
    ...wrong.map((sentence) => `  WRONG: ${sentence}`),
  ].join('\n');
}

function shown(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en') : String(value);
}

/** Figures carry as much as the measurement does: three digits below a hundred, whole numbers above. */
export function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

/** The value below which the share `q` (0 to 1) of them lies; NaN of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
