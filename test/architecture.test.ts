import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseSource, type Source, sourcePaths } from '#src/standard/syntax.ts';
import * as rules from '#test/support/house.ts';
import { tablesCreatedBy } from '#test/support/sql-tables.ts';

// Who may use whom. When a new arrow is needed, change the table here and say why in the commit.
const house: rules.House = {
  // From the bottom up. `name/contract` is the types of that module's contract and nothing else of it.
  modules: {
    clients: [],
    competencies: ['clients'],
    // It names the people in its teams by their ids.
    organisation: [],
    people: ['clients'],
    customers: ['clients'],
    presence: ['people'],
    // An agent's work is shown with their presence, hence the type; the module itself knows no presence.
    // A type follows opening hours and asks teams; what is given to somebody by hand asks first whether they may take it.
    interactions: ['clients', 'competencies', 'customers', 'organisation', 'people', 'presence/contract'],
    routing: ['clients', 'competencies', 'organisation', 'people', 'presence', 'interactions'],
    // A simulated day is decided by the engine that routes.
    forecast: ['routing'],
  },

  // Channels know the domain; nobody knows a channel but src/app.
  channels: {
    // Outside the opening hours a chat takes nothing new, and says so.
    chat: ['clients', 'customers', 'interactions', 'organisation'],
    mail: ['clients', 'customers', 'interactions', 'organisation'],
  },

  // Which tables are whose. An owner reads and writes its own; `also` are those of others that its statements may name.
  tables: {
    // Partitions reach back to the earliest id that the database holds.
    'platform/db': { own: [], also: ['client', 'person'] },
    'platform/events': {
      own: ['event', 'reaction_cursor', 'reaction_stream', 'node'],
      also: ['idempotency_key'],
    },
    'platform/blobs': { own: ['blob', 'blob_store'] },
    'platform/jobs': { own: ['job', 'job_schedule'] },
    'platform/route': { own: ['idempotency_key'] },
    'modules/clients': { own: ['centre', 'client'] },
    'modules/competencies': { own: ['competency', 'assessment'] },
    // Old answers to creations are dropped together with old sessions.
    'modules/people': {
      own: ['person', 'person_client', 'session', 'sign_in_throttle'],
      also: ['idempotency_key'],
    },
    // A team is shown to those who share a client with one of it, and stays in use while a type asks it.
    'modules/organisation': {
      own: ['site', 'team', 'team_member', 'opening_hours', 'opening_exception'],
      also: ['person_client', 'interaction_type'],
    },
    'modules/customers': { own: ['customer'] },
    'modules/presence': { own: ['agent_presence'], also: ['event'] },
    'modules/interactions': {
      own: [
        'interaction',
        'interaction_type',
        'type_competency',
        'outcome',
        'message',
        'inbound_key',
        'capacity_slot',
        'assignment',
        'decision',
        'missed_offer',
        'routing_rules',
        'agent_bar',
      ],
      // One statement moves the row, writes the event and holds the pool's lease; a list shows the names of client and customer;
      // a type takes only competencies of its client, checked in the statement that writes them.
      also: ['event', 'pool_owner', 'client', 'customer', 'competency'],
    },
    'modules/routing': { own: ['pool_owner', 'routing_journal', 'routing_check', 'routing_violation'] },
    // A channel is read together with whose opening hours its type follows.
    'channels/chat': { own: ['chat_channel', 'chat_session'], also: ['interaction_type'] },
    'channels/mail': {
      own: [
        'mailbox',
        'centre_relay',
        'imap_folder',
        'mail_in',
        'mail_thread',
        'mail',
        'attachment',
        'outbox',
        'mail_draft',
        'automatic_answer',
      ],
    },
  },

  // SQL stands in a folder's queries.ts, and here.
  sql: [
    'src/platform/db/',
    'src/platform/events/',
    'src/platform/launcher/',
    // The statements of an interaction's life stand beside the acts that they are.
    'src/modules/interactions/advance.ts',
    'src/modules/interactions/arrive-interaction.ts',
    'src/modules/interactions/interrupting.ts',
    'src/modules/interactions/write-line.ts',
    // Each of these is one small table, with its few statements beside what is done to it.
    'src/modules/interactions/capacity.ts',
    'src/modules/interactions/outcomes.ts',
    'src/modules/interactions/types.ts',
    'src/modules/interactions/routing-rules.ts',
    'src/modules/interactions/bars.ts',
  ],

  // Functions of what they are given, however much they need.
  pure: [
    'rules.ts',
    'lifecycle.ts',
    'engine.ts',
    'explain.ts',
    'invariants.ts',
    'judge.ts',
    'journal-form.ts',
    'replay.ts',
    'moment.ts',
  ],

  time: ['src/platform/clock.ts', 'src/platform/launcher/'],
  environment: [
    'src/platform/settings.ts',
    'src/platform/launcher/',
    'src/app/main.ts',
    'src/app/mend-log.ts',
    'src/app/replay.ts',
    // The variable by which a program tells a scenario what it called; no setting of the product.
    'src/standard/fulfils.ts',
    'src/standard/scenario.ts',
  ],
  libraries: { all: ['zod'], people: ['@node-rs/argon2'], organisation: ['date-holidays'] },
  tools: [
    'src/standard/register-cli.ts',
    'src/standard/register.ts',
    'src/standard/scenario.ts',
    'src/standard/syntax.ts',
    'src/platform/settings-cli.ts',
  ],
};

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const sources = sourcePaths(root, ['src', 'web']).map((path) => parseSource(path, read(path)));
const migrations = readdirSync(join(root, 'migrations')).filter((name) => name.endsWith('.sql'));
const tables = tablesCreatedBy(migrations.map((name) => read(`migrations/${name}`)));
const shipped = new Set(Object.keys(JSON.parse(read('package.json')).dependencies as object));

function holds(broken: string[]): void {
  if (broken.length > 0) assert.fail(`\n${broken.join('\n')}`);
}

test('modules use one another only as the table says, and only the application knows them all', () => {
  assert.ok(sources.length > 0);
  holds(rules.arrows(house, sources));
});

test('a module and a channel are reached through their one face', () => holds(rules.faces(sources)));

test('the browser sees only the types of contracts', () => holds(rules.browser(sources)));

test('a contract is types and nothing else', () => holds(rules.contracts(sources)));

test('no modules use one another in a circle', () => holds(rules.moduleCycles(house, sources)));

test('no files of the server need one another in a circle', () => holds(rules.fileCycles(sources)));

test('SQL stands only in queries and in the places of the table', () =>
  holds(rules.sqlPlaces(house, sources)));

test('a module’s statements name its own tables, and every table has one owner', () => {
  assert.ok(tables.size > 0);
  holds(rules.tableOwners(house, sources, tables));
});

test('rules and engine are pure', () => holds(rules.purity(house, sources)));

test('what time it is, is asked of the clock that is handed in', () => holds(rules.time(house, sources)));

test('the environment is read in one place', () => holds(rules.environment(house, sources)));

test('a module names no library, and the program none that it is not shipped with', () => {
  holds(rules.libraries(house, sources, shipped));
});

test('the program loads nothing that only tests and tools need', () => holds(rules.tools(house, sources)));

// The watchman is watched: each rule sees a breach in a small house made up for it, and lets the right thing pass.

const small: rules.House = {
  modules: { clients: [], people: ['clients'], cases: ['people/contract'] },
  channels: { chat: ['people'] },
  tables: {
    'modules/clients': { own: ['client'] },
    'modules/people': { own: ['person', 'seat'], also: ['event'] },
    'platform/events': { own: ['event'] },
  },
  sql: ['src/platform/events/'],
  pure: ['rules.ts'],
  time: ['src/platform/clock.ts'],
  environment: ['src/platform/settings.ts'],
  libraries: { all: ['zod'], people: ['pino'] },
  tools: ['src/standard/register.ts'],
};
const smallTables = new Set(['client', 'person', 'seat', 'event']);

function files(texts: Record<string, string>): Source[] {
  return Object.entries(texts).map(([path, text]) => parseSource(path, text));
}

function one(broken: string[], expected: RegExp): void {
  assert.equal(broken.length, 1, broken.join('\n'));
  assert.match(broken[0] as string, expected);
}

test('an arrow that the table does not have is told with file, line and the row to change', () => {
  one(
    rules.arrows(
      small,
      files({
        'src/modules/clients/merge.ts': `\nimport { personById } from '#src/modules/people/index.ts';`,
      }),
    ),
    /^src\/modules\/clients\/merge\.ts:2 imports src\/modules\/people\/index\.ts: clients may not use people\. .*modules\.clients at the top of test\/architecture\.test\.ts/,
  );
});

test('an arrow is seen in whatever way a file is imported', () => {
  for (const text of [
    `import '#src/modules/people/index.ts';`,
    `import type { Person } from '../people/index.ts';`,
    `export * from '../people/index.ts';`,
    `export { personById } from '../people/index.ts';`,
    `export const later = () => import('../people/index.ts');`,
    `export type P = import('../people/index.ts').Person;`,
  ]) {
    one(rules.arrows(small, files({ 'src/modules/clients/merge.ts': text })), /clients may not use people/);
  }
});

test('an arrow that the table has, and whatever a test imports, passes', () => {
  holds(
    rules.arrows(
      small,
      files({
        'src/modules/people/hire.ts': `import { clientById } from '#src/modules/clients/index.ts'; import './rules.ts'; import { z } from 'zod';`,
        'src/modules/clients/merge.test.ts': `import { personById } from '#src/modules/people/index.ts'; import '#test/support/database.ts';`,
        'src/channels/chat/arrive.ts': `import { personById } from '#src/modules/people/index.ts'; import { fulfils } from '#src/standard/fulfils.ts';`,
        'src/app/modules.ts': `import '#src/channels/chat/index.ts'; import '#src/modules/clients/index.ts';`,
        'bench/chat.ts': `import '#src/channels/chat/index.ts';`,
      }),
    ),
  );
});

test('of a module that lends only its contract, nothing but types may be taken', () => {
  const cases = (text: string) => rules.arrows(small, files({ 'src/modules/cases/open.ts': text }));
  holds(cases(`import type { Person } from '#src/modules/people/contract.ts';`));
  one(cases(`import { type Person } from '#src/modules/people/contract.ts';`), /cases may not use people/);
  one(cases(`import type { Person } from '#src/modules/people/index.ts';`), /cases may not use people/);
});

test('nobody but the application uses a channel, and nobody uses the application', () => {
  const imports = (path: string, target: string) =>
    rules.arrows(small, files({ [path]: `import '#${target}';` }));
  one(
    imports('src/modules/people/hire.ts', 'src/channels/chat/index.ts'),
    /nobody uses a channel but src\/app/,
  );
  one(
    imports('src/channels/email/fetch.ts', 'src/channels/chat/index.ts'),
    /nobody uses a channel but src\/app/,
  );
  one(
    imports('src/channels/chat/arrive.ts', 'src/app/reactions.ts'),
    /only src\/app puts the parts together/,
  );
  one(
    imports('src/platform/events/publish.ts', 'src/modules/people/index.ts'),
    /src\/platform knows no module/,
  );
  one(imports('src/platform/events/publish.ts', 'src/app/main.ts'), /src\/platform knows no app/);
  one(imports('src/standard/register.ts', 'src/platform/log.ts'), /uses nothing but itself/);
  one(imports('src/platform/log.ts', 'test/support/database.ts'), /does not use its tests/);
  one(imports('src/app/server.ts', 'web/app/main.tsx'), /does not use what runs in the browser/);
  one(imports('src/modules/surveys/ask.ts', 'src/modules/people/index.ts'), /surveys has no row in modules/);
});

test('the inside of a module is not reached past its face', () => {
  const person = (text: string) => rules.faces(files({ 'src/app/modules.ts': text }));
  one(
    person(`import { hire } from '#src/modules/people/hire.ts';`),
    /go through src\/modules\/people\/index\.ts/,
  );
  one(
    person(`import { x } from '#src/modules/people/contract.ts';`),
    /a contract is types: write import type/,
  );
  holds(
    person(
      `import { hire } from '#src/modules/people/index.ts'; import type { P } from '#src/modules/people/contract.ts';`,
    ),
  );
  holds(rules.faces(files({ 'src/modules/people/hire.ts': `import { personById } from './queries.ts';` })));
});

test('the browser takes nothing of the server but types of contracts', () => {
  const page = (text: string) => rules.browser(files({ 'web/app/desk.tsx': text }));
  one(page(`import { rule } from '#src/modules/people/rules.ts';`), /sees only contract\.ts/);
  one(page(`import { Person } from '#src/modules/people/contract.ts';`), /write import type/);
  holds(
    page(
      `import type { Person } from '#src/modules/people/contract.ts'; import '../ui/tokens.css'; export const a = <p />;`,
    ),
  );
});

test('a contract with a value in it, or that takes one, is told', () => {
  const contract = (text: string) => rules.contracts(files({ 'src/modules/people/contract.ts': text }));
  one(contract(`export const roles = ['agent'];`), /contract\.ts:1 declares a value/);
  one(contract(`import { z } from 'zod';`), /a contract uses only types/);
  one(contract(`import type { Row } from '#src/modules/clients/queries.ts';`), /a contract uses only types/);
  holds(
    contract(
      `import type { Client } from '#src/modules/clients/contract.ts'; export interface P { c: Client } export type Q = P;`,
    ),
  );
});

test('modules that use one another are told, in the code as in the table', () => {
  const circle = files({
    'src/modules/clients/a.ts': `import { p } from '#src/modules/people/index.ts';`,
    'src/modules/people/b.ts': `import { c } from '#src/modules/clients/index.ts';`,
  });
  one(rules.moduleCycles(small, circle), /in a circle: clients → people → clients/);
  one(
    rules.moduleCycles({ ...small, modules: { a: ['b'], b: ['c'], c: ['a'] } }, []),
    /allow a circle: a → b → c → a/,
  );
  holds(rules.moduleCycles(small, circle.slice(1)));
});

test('files that need one another are told, and types that refer to one another are not', () => {
  const pair = (kind: string) =>
    files({
      'src/platform/a.ts': `${kind} { b } from './b.ts';`,
      'src/platform/b.ts': `import { a } from './a.ts';`,
    });
  one(
    rules.fileCycles(pair('import')),
    /in a circle: src\/platform\/a\.ts → src\/platform\/b\.ts → src\/platform\/a\.ts/,
  );
  holds(rules.fileCycles(pair('import type')));
});

test('SQL outside its places is told, by whatever name it is run', () => {
  const act = (text: string) => rules.sqlPlaces(small, files({ 'src/modules/people/hire.ts': text }));
  one(
    act('export const a = (sql) => sql`select 1`;'),
    /hire\.ts:1 holds SQL: move it to the folder's queries\.ts/,
  );
  one(act('export const a = (db) => db<Row[]>`\n  insert into person values (1)`;'), /holds SQL/);
  one(act('export const a = (ctx, text) => ctx.db.system.unsafe(text);'), /holds SQL/);
  one(act('export const a = (tx) => tx`and client_id = 1`;'), /holds SQL/);
  holds(
    act('export const a = css`color: red`; export const b = `with care`; export const c = String.raw`x`;'),
  );
  const statement = 'export const a = (sql) => sql`select 1 from person`;';
  holds(
    rules.sqlPlaces(
      small,
      files({ 'src/modules/people/queries.ts': statement, 'src/platform/events/log.ts': statement }),
    ),
  );
});

test('a foreign table is told however the statement names it', () => {
  const query = (sql: string) =>
    rules.tableOwners(
      small,
      files({ 'src/modules/people/queries.ts': `export const a = (db) => db\`${sql}\`;` }),
      smallTables,
    );
  for (const sql of [
    'select * from client',
    'select 1 from person p join client c on true',
    'select 1 from person p, client c',
    'select 1 from person as p, lateral (select 1 from client) c',
    'with gone as (delete from client returning id) select 1 from gone',
    'update client set name = 1',
    'insert into client (id) values (1)',
    'update person set name = 1 from client where true',
    'delete from person using client where true',
    'select 1 from public.client',
    'lock table client',
  ]) {
    one(
      query(sql),
      /queries\.ts:1 names the table client, which is not of modules\/people: .*tables\['modules\/people'\]\.also/,
    );
  }
  for (const sql of [
    'select client, client.id from person -- from client',
    'select extract(epoch from since) from seat where note is distinct from client(1)',
    'insert into event select 1 on conflict do update set client = 1',
    "select 'from client' from person for update of person",
  ]) {
    holds(query(sql));
  }
});

test('a table has exactly one owner', () => {
  const owners = (own: Record<string, { own: string[] }>) =>
    rules.tableOwners({ ...small, tables: own }, [], new Set(['client']));
  one(owners({}), /the table client has no owner/);
  one(owners({ a: { own: ['client', 'ghost'] } }), /names ghost, which no migration creates/);
  one(owners({ a: { own: ['client'] }, b: { own: ['client'] } }), /client has two owners/);
  holds(owners({ a: { own: ['client'] } }));
});

test('tables are those that the migrations create, partitions and comments apart', () => {
  const text = `create table a (id int); -- create table not_this (\ncreate table b_1 partition of b default;
    CREATE UNLOGGED TABLE c (id int); create table if not exists d (id int); create index e on a (id);`;
  assert.deepEqual([...tablesCreatedBy([text])], ['a', 'c', 'd']);
});

test('a rule that asks the world, itself or through what it needs, is told', () => {
  const rule = (text: string, others: Record<string, string> = {}) =>
    rules.purity(small, files({ 'src/modules/people/rules.ts': text, ...others }));
  one(rule('export const a = () => Date.now();'), /rules\.ts:1 asks Date\.now\(\): a rule must be pure/);
  one(rule('export const a = () => new Date();'), /asks new Date\(\)/);
  one(rule('export const a = () => Math.random();'), /asks Math\.random/);
  one(rule(`import { readFileSync } from 'node:fs';`), /imports node:fs/);
  one(rule(`import { systemClock } from '#src/platform/clock.ts';`), /imports src\/platform\/clock\.ts/);
  one(rule(`import { sql } from '#src/platform/db/sql.ts';`), /imports src\/platform\/db\/sql\.ts/);
  one(
    rule(`import { draw } from './draw.ts';`, {
      'src/modules/people/draw.ts': '\nexport const draw = () => Math.random();',
    }),
    /^src\/modules\/people\/draw\.ts:2 asks Math\.random\(\): src\/modules\/people\/rules\.ts needs it/,
  );
  holds(
    rule(
      `import type { Clock } from '#src/platform/clock.ts'; import { least } from './least.ts';
       export const a = (at: number) => new Date(at); export const b = Math.max(1, 2);`,
      { 'src/modules/people/least.ts': 'export const least = 1;' },
    ),
  );
});

test('a file that asks what time it is without the clock is told', () => {
  const asks = (path: string, text: string) => rules.time(small, files({ [path]: text }));
  for (const text of [
    'Date.now()',
    'new Date()',
    'new Date',
    'Date()',
    'performance.now()',
    'Temporal.Now.instant()',
  ]) {
    one(asks('src/modules/people/hire.ts', `export const a = ${text};`), /take the clock that is handed in/);
  }
  holds(
    asks(
      'src/modules/people/hire.ts',
      'export const a = (at: string) => new Date(at); export type D = Date;',
    ),
  );
  holds(asks('src/platform/clock.ts', 'export const a = new Date();'));
  holds(asks('src/modules/people/hire.test.ts', 'export const a = new Date();'));
});

test('a file that reads the environment past the settings is told', () => {
  const reads = (path: string) =>
    rules.environment(small, files({ [path]: 'export const a = process.env.PARLEY_PORT;' }));
  one(reads('src/channels/chat/open.ts'), /open\.ts:1 reads the environment/);
  holds(reads('src/platform/settings.ts'));
});

test('a library in a module, and one that is not shipped, is told', () => {
  const uses = (path: string, name: string) =>
    rules.libraries(
      small,
      files({ [path]: `import x from '${name}';` }),
      new Set(['zod', 'ws', 'pino', '@node-rs/argon2']),
    );
  one(uses('src/modules/people/hire.ts', 'ws'), /a module names no library/);
  one(uses('src/platform/identity/password.ts', 'typescript'), /shipped without it/);
  one(uses('src/modules/clients/merge.ts', 'pino'), /a module names no library/);
  holds(uses('src/modules/people/hire.ts', 'pino'));
  holds(uses('src/modules/people/hire.ts', 'zod'));
  holds(uses('src/platform/identity/password.ts', '@node-rs/argon2/sub'));
  holds(uses('src/standard/register.ts', 'oxc-parser'));
  holds(uses('web/app/main.tsx', 'react'));
});

test('a program file that loads a tool is told', () => {
  const loads = (path: string) =>
    rules.tools(small, files({ [path]: `import { gather } from '#src/standard/register.ts';` }));
  one(loads('src/app/server.ts'), /only tests and tools load it/);
  holds(loads('test/register.test.ts'));
});
