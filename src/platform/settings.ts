import { resolve } from 'node:path';

/** Everything that is decided outside the program. Read once, at the start, and handed on as a value. */
export interface Settings {
  /** TCP port on which everything is served; 0 takes any free one. */
  port: number;
  /** Absolute path of the data folder. */
  dataDir: string;
  /** A PostgreSQL 15 to 18 of one's own; when absent, the embedded one is started. */
  databaseUrl?: string;
  /** Origin under which customers and agents reach this installation, without a closing slash. */
  publicUrl?: string;
  /** Key for signatures; when absent, one is made and kept in the data folder. */
  secret?: string;
  adminEmail?: string;
  adminPassword?: string;
  logLevel: LogLevel;
  /** Where files are kept; when absent, in the data folder. */
  blobs?: { url: string; key: string; secret: string; region: string };
  /** Days for which it is kept what routing was told. */
  journalDays: number;
}

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Something from outside that the program cannot work with. Its message is one sentence that says what to do;
 * the start prints it alone and ends with code 1. */
export class UnusableSetting extends Error {
  override name = 'UnusableSetting';
}

export interface SettingRow {
  name: `PARLEY_${string}`;
  meaning: string;
  /** What holds when it is not set, in words. */
  unset: string;
  example: string;
  /** Whether the value must never be shown, not even in a complaint about it. */
  secret: boolean;
  /** Puts the value into the settings, or answers what it should have been: the end of "NAME must be …". */
  put(value: string, into: Settings): string | undefined;
}

const checkout = resolve(import.meta.dirname, '../..');
/** The data folder, unless the settings name another. */
export const defaultDataDir = resolve(checkout, '.data');
const secretLengthMin = 32;
const passwordLengthMin = 12;
const noBlobs = { url: '', key: '', secret: '', region: 'us-east-1' };
const journalDaysUnset = 30;
const journalDaysMax = 3_650;

/** The one place that names the settings; docs/settings.md is written from it. */
export const settingsTable: readonly SettingRow[] = [
  {
    name: 'PARLEY_PORT',
    meaning: 'The port on which everything is served; 0 takes any free one.',
    unset: '3000',
    example: '8080',
    secret: false,
    put(value, into) {
      if (!/^\d{1,5}$/.test(value) || Number(value) > 65535) return 'a number from 0 to 65535';
      into.port = Number(value);
      return undefined;
    },
  },
  {
    name: 'PARLEY_DATA_DIR',
    meaning:
      'The folder for the embedded database and whatever else must outlive a restart. One program to a folder.',
    unset: '`.data` in the checkout',
    example: '/srv/parley',
    secret: false,
    put(value, into) {
      if (value.includes('\0')) return 'the path of a folder';
      into.dataDir = resolve(value);
      return undefined;
    },
  },
  {
    name: 'PARLEY_DATABASE_URL',
    meaning: 'A PostgreSQL of your own, version 15 to 18. No embedded one is started then.',
    unset: 'the embedded PostgreSQL in the data folder',
    example: 'postgres://parley@db.example.org/parley',
    secret: true,
    put(value, into) {
      if (!/^postgres(ql)?:\/\/\S+$/i.test(value))
        return 'an address of the form postgres://user:password@host/database';
      into.databaseUrl = value;
      return undefined;
    },
  },
  {
    name: 'PARLEY_PUBLIC_URL',
    meaning: 'Where customers and agents reach this installation, when something stands in front of it.',
    unset: 'what each request names',
    example: 'https://contact.example.org',
    secret: false,
    put(value, into) {
      const url = URL.canParse(value) ? new URL(value) : undefined;
      const bare =
        url !== undefined &&
        url.pathname === '/' &&
        url.search === '' &&
        url.hash === '' &&
        url.username === '';
      if (!bare || !['http:', 'https:'].includes(url.protocol)) {
        return 'an address of the form https://contact.example.org, without a path';
      }
      into.publicUrl = url.origin;
      return undefined;
    },
  },
  {
    name: 'PARLEY_SECRET',
    meaning: `The key that signs sessions, ${secretLengthMin} characters or more; the same on every node.`,
    unset: 'made at the first start and kept in the data folder',
    example: '3fJb…',
    secret: true,
    put(value, into) {
      if (value.length < secretLengthMin) return `${secretLengthMin} characters or longer`;
      into.secret = value;
      return undefined;
    },
  },
  {
    name: 'PARLEY_BLOBS_URL',
    meaning:
      'The bucket of an S3-compatible store where files are kept, addressed by path. Together with PARLEY_BLOBS_KEY and PARLEY_BLOBS_SECRET.',
    unset: '`blobs` in the data folder',
    example: 'https://s3.example.org/parley-files',
    secret: false,
    put(value, into) {
      const url = URL.canParse(value) ? new URL(value) : undefined;
      const usable =
        url !== undefined &&
        /^https?:$/.test(url.protocol) &&
        url.pathname.length > 1 &&
        url.search + url.hash + url.username === '';
      if (!usable) return 'an address of the form https://s3.example.org/bucket';
      into.blobs = { ...noBlobs, ...into.blobs, url: url.href };
      return undefined;
    },
  },
  {
    name: 'PARLEY_BLOBS_KEY',
    meaning: 'The name of the access key to that bucket.',
    unset: 'no bucket is used',
    example: 'parley',
    secret: false,
    put(value, into) {
      if (!/^[!-.0-~]{1,128}$/.test(value)) return 'the name of an access key, without spaces or slashes';
      into.blobs = { ...noBlobs, ...into.blobs, key: value };
      return undefined;
    },
  },
  {
    name: 'PARLEY_BLOBS_SECRET',
    meaning: 'The secret of that access key.',
    unset: 'no bucket is used',
    example: '…',
    secret: true,
    put(value, into) {
      if (!/^[!-~]{8,256}$/.test(value)) return 'the secret of an access key, 8 characters or longer';
      into.blobs = { ...noBlobs, ...into.blobs, secret: value };
      return undefined;
    },
  },
  {
    name: 'PARLEY_BLOBS_REGION',
    meaning: 'The region that the store expects in signatures.',
    unset: 'us-east-1',
    example: 'eu-west-3',
    secret: false,
    put(value, into) {
      if (!/^[a-z0-9-]{2,40}$/.test(value)) return 'a region such as eu-west-3';
      into.blobs = { ...noBlobs, ...into.blobs, region: value };
      return undefined;
    },
  },
  {
    name: 'PARLEY_ADMIN_EMAIL',
    meaning: 'The first account, made when there is none yet. Together with PARLEY_ADMIN_PASSWORD.',
    unset: 'the first page asks for it',
    example: 'ada@example.org',
    secret: false,
    put(value, into) {
      if (!/^[^\s@]+@[^\s@]+$/.test(value)) return 'an e-mail address';
      into.adminEmail = value;
      return undefined;
    },
  },
  {
    name: 'PARLEY_ADMIN_PASSWORD',
    meaning: `The password of that account, ${passwordLengthMin} characters or more.`,
    unset: 'the first page asks for it',
    example: '…',
    secret: true,
    put(value, into) {
      if (value.length < passwordLengthMin) return `${passwordLengthMin} characters or longer`;
      into.adminPassword = value;
      return undefined;
    },
  },
  {
    name: 'PARLEY_LOG_LEVEL',
    meaning: `How much is written to the log: ${logLevels.join(', ')}.`,
    unset: 'info',
    example: 'warn',
    secret: false,
    put(value, into) {
      const level = logLevels.find((known) => known === value);
      if (level === undefined) return `one of ${logLevels.join(', ')}`;
      into.logLevel = level;
      return undefined;
    },
  },
  {
    name: 'PARLEY_JOURNAL_DAYS',
    meaning:
      'For how many days it is kept what routing was told: so far back a decision can be worked out again and explained.',
    unset: String(journalDaysUnset),
    example: '90',
    secret: false,
    put(value, into) {
      const days = /^\d{1,4}$/.test(value) ? Number(value) : 0;
      if (days < 1 || days > journalDaysMax) return `a number from 1 to ${journalDaysMax}`;
      into.journalDays = days;
      return undefined;
    },
  },
];

/**
 * Reads the settings from an environment. An empty value counts as unset, because that is what `NAME= npm start` and most
 * container files mean by it.
 * @throws UnusableSetting naming the first setting that cannot be used, and what it should be.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const settings: Settings = {
    port: 3000,
    dataDir: defaultDataDir,
    logLevel: 'info',
    journalDays: journalDaysUnset,
  };
  for (const row of settingsTable) {
    const value = row.secret ? env[row.name] : env[row.name]?.trim();
    if (value === undefined || value.trim() === '') continue;
    const shouldBe = row.put(value, settings);
    if (shouldBe !== undefined) {
      const found = row.secret ? '' : `, not "${value.slice(0, 80)}"`;
      throw new UnusableSetting(`${row.name} must be ${shouldBe}${found}.`);
    }
  }
  if ((settings.adminEmail === undefined) !== (settings.adminPassword === undefined)) {
    throw new UnusableSetting(
      'Set PARLEY_ADMIN_EMAIL and PARLEY_ADMIN_PASSWORD together, or neither of them.',
    );
  }
  const { blobs } = settings;
  if (blobs !== undefined && (blobs.url === '' || blobs.key === '' || blobs.secret === '')) {
    throw new UnusableSetting(
      'Set PARLEY_BLOBS_URL, PARLEY_BLOBS_KEY and PARLEY_BLOBS_SECRET together, or none of them.',
    );
  }
  return settings;
}

/** Variables of this name's beginning that are no settings: hooks of Parley's own tests and benches. */
const hooks = ['PARLEY_FAULT_POINT', 'PARLEY_ACTS_CALLED'];

/**
 * The variables of an environment that look like settings and are none, one sentence each, for a warning at the start: a
 * mistyped name would otherwise pass for the setting it is not. The value is never repeated, for it may be a secret.
 */
export function unknownSettings(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = settingsTable.map(({ name }) => name);
  return Object.keys(env)
    .filter((name) => /^parley_/i.test(name) && ![...known, ...hooks].includes(name))
    .sort()
    .map((name) => {
      const nearest = nearestTo(name.toUpperCase(), known);
      const advice =
        nearest === undefined ? 'docs/settings.md lists those there are.' : `did you mean ${nearest}?`;
      return `${name.slice(0, 80)} is no setting of Parley and changes nothing: ${advice}`;
    });
}

/** The name that takes the fewest letters put in, left out or changed; none where it would be a guess. */
function nearestTo(name: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map((candidate) => ({ candidate, changes: changesBetween(name, candidate) }))
    .filter(({ candidate, changes }) => changes <= (candidate.length - 'PARLEY_'.length) / 2)
    .sort((one, other) => one.changes - other.changes);
  return nearest?.candidate;
}

/** Levenshtein's distance, row by row. */
function changesBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [line, letter] of Array.from(from).entries()) {
    const next = [line + 1];
    for (const [column, other] of Array.from(to).entries()) {
      const changed = (row[column] as number) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[column + 1] as number) + 1, (next[column] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}

/** docs/settings.md as it must be for the table above. */
export function settingsPage(): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const rows = settingsTable.map(
    ({ name, meaning, unset, example }) =>
      `| \`${name}\` | ${cell(meaning)} | ${cell(unset)} | \`${cell(example)}\` |`,
  );
  return [
    '# Settings',
    '',
    'Parley reads its settings from the environment, once, when it starts. A setting that cannot be used ends the start with',
    'one sentence that says what to do; a variable that begins with `PARLEY_` and is none of these is named in a warning. This page is written from the table in `src/platform/settings.ts` by `npm run register`.',
    '',
    '| name | meaning | when it is not set | example |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
