import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import {
  readSettings,
  settingsPage,
  settingsTable,
  UnusableSetting,
  unknownSettings,
} from '#src/platform/settings.ts';

test('without any setting Parley serves on port 3000 from a folder in the checkout', () => {
  assert.deepEqual(readSettings({}), {
    port: 3000,
    dataDir: join(import.meta.dirname, '../../.data'),
    logLevel: 'info',
    journalDays: 30,
  });
});

test('every setting reaches the program', () => {
  const settings = readSettings({
    PARLEY_PORT: '8080',
    PARLEY_DATA_DIR: '/srv/parley/',
    PARLEY_DATABASE_URL: 'postgres://parley:secret@db.example.org:5433/parley?sslmode=require',
    PARLEY_PUBLIC_URL: 'https://contact.example.org/',
    PARLEY_SECRET: 'k'.repeat(32),
    PARLEY_ADMIN_EMAIL: 'ada@example.org',
    PARLEY_ADMIN_PASSWORD: 'a long enough one',
    PARLEY_LOG_LEVEL: 'debug',
    PARLEY_JOURNAL_DAYS: '90',
  });
  assert.deepEqual(settings, {
    port: 8080,
    dataDir: '/srv/parley',
    databaseUrl: 'postgres://parley:secret@db.example.org:5433/parley?sslmode=require',
    publicUrl: 'https://contact.example.org',
    secret: 'k'.repeat(32),
    adminEmail: 'ada@example.org',
    adminPassword: 'a long enough one',
    logLevel: 'debug',
    journalDays: 90,
  });
});

test('a setting that is there but empty counts as not set', () => {
  assert.deepEqual(readSettings({ PARLEY_PORT: '', PARLEY_SECRET: ' ' }), readSettings({}));
});

const unusable: Record<string, string[]> = {
  PARLEY_PORT: ['http', '-1', '65536', '80.5', '0x50'],
  PARLEY_DATA_DIR: ['/srv/par\0ley'],
  PARLEY_DATABASE_URL: ['mysql://db/parley', 'db.example.org', 'postgres://with a space'],
  PARLEY_PUBLIC_URL: [
    'contact.example.org',
    'ftp://example.org',
    'https://example.org/parley',
    'https://a@example.org',
  ],
  PARLEY_SECRET: ['short'],
  PARLEY_ADMIN_EMAIL: ['ada', 'ada@', 'a da@example.org'],
  PARLEY_ADMIN_PASSWORD: ['short'],
  PARLEY_BLOBS_URL: [
    's3.example.org/files',
    'ftp://s3.example.org/files',
    'https://s3.example.org',
    'https://a:b@s3.example.org/files',
  ],
  PARLEY_BLOBS_KEY: ['a key', 'a/key'],
  PARLEY_BLOBS_SECRET: ['short', 'with a space'],
  PARLEY_BLOBS_REGION: ['Europe', 'eu west'],
  PARLEY_LOG_LEVEL: ['loud', 'INFO'],
  PARLEY_JOURNAL_DAYS: ['0', '3651', '-1', '1.5', 'a week'],
};

for (const [name, values] of Object.entries(unusable)) {
  test(`an unusable ${name} ends the start with one sentence that names it`, () => {
    for (const value of values) {
      assert.throws(
        () => readSettings({ [name]: value }),
        (error) =>
          error instanceof UnusableSetting && error.message.startsWith(name) && isOneSentence(error.message),
        `${name}=${value}`,
      );
    }
  });
}

test('the complaint about a secret does not repeat it', () => {
  for (const row of settingsTable.filter(({ secret }) => secret)) {
    for (const value of unusable[row.name] ?? []) {
      assert.throws(
        () => readSettings({ [row.name]: value }),
        (error: Error) => !error.message.includes(value),
      );
    }
  }
});

test('an account of the first administrator needs both its address and its password', () => {
  for (const half of [
    { PARLEY_ADMIN_EMAIL: 'ada@example.org' },
    { PARLEY_ADMIN_PASSWORD: 'a long enough one' },
  ]) {
    assert.throws(() => readSettings(half), /together, or neither/);
  }
});

test('a bucket needs its address, its key and its secret, and has a region', () => {
  const whole = {
    PARLEY_BLOBS_URL: 'https://s3.example.org/files/parley',
    PARLEY_BLOBS_KEY: 'parley',
    PARLEY_BLOBS_SECRET: 'wJalrXUtnFEMI',
  };
  assert.deepEqual(readSettings(whole).blobs, {
    url: whole.PARLEY_BLOBS_URL,
    key: 'parley',
    secret: 'wJalrXUtnFEMI',
    region: 'us-east-1',
  });
  for (const name of Object.keys(whole))
    assert.throws(() => readSettings({ ...whole, [name]: '' }), /together, or none of them/);
  assert.equal(readSettings({}).blobs, undefined);
});

test('a mistyped setting is named at the start, with the one that was probably meant', () => {
  for (const [mistyped, meant] of Object.entries({
    PARLEY_PROT: 'PARLEY_PORT',
    PARLEY_DATADIR: 'PARLEY_DATA_DIR',
    PARLEY_DATABSE_URL: 'PARLEY_DATABASE_URL',
    PARLEY_ADMIN_MAIL: 'PARLEY_ADMIN_EMAIL',
    PARLEY_LOGLEVEL: 'PARLEY_LOG_LEVEL',
    parley_port: 'PARLEY_PORT',
  })) {
    assert.deepEqual(unknownSettings({ [mistyped]: 'hunter2' }), [
      `${mistyped} is no setting of Parley and changes nothing: did you mean ${meant}?`,
    ]);
  }
});

test('a setting that resembles none is named without a guess, and no value is repeated', () => {
  assert.deepEqual(unknownSettings({ PARLEY_WALLBOARD_COLOURS: 'hunter2', HOME: '/root' }), [
    'PARLEY_WALLBOARD_COLOURS is no setting of Parley and changes nothing: docs/settings.md lists those there are.',
  ]);
});

test('settings that are known, and the hooks of the tests, are not warned about', () => {
  const names = [...settingsTable.map(({ name }) => name), 'PARLEY_FAULT_POINT', 'PARLEY_ACTS_CALLED'];
  assert.deepEqual(unknownSettings(Object.fromEntries(names.map((name) => [name, 'x']))), []);
});

test('the page about the settings says what the table says', () => {
  const page = readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8');
  assert.equal(page, settingsPage(), 'run `npm run register`, which writes docs/settings.md');
});

test('every unusable value above belongs to a setting, and every setting has one', () => {
  assert.deepEqual(Object.keys(unusable).sort(), settingsTable.map(({ name }) => name).sort());
});

function isOneSentence(text: string): boolean {
  return text.endsWith('.') && !text.includes('\n') && !text.slice(0, -1).includes('. ');
}
