import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { glossary, glossaryDocument, glossaryPath } from './glossary.ts';
import {
  gather,
  gatherFrom,
  registerDocument,
  registerPath,
  scenariosShownModule,
  scenariosShownPath,
  stateOf,
} from './register.ts';
import { registerView } from './register-view.ts';
import { clauses, isInferred, requirement, requirements } from './requirements.ts';
import { parseSource } from './syntax.ts';

const root = join(import.meta.dirname, '../..');
const written = (path: string) => readFileSync(join(root, path), 'utf8');

test('every fulfils and every scenario in the code can be read and names requirements that exist and are fulfilled', () => {
  assert.deepEqual(gatherFrom(root).problems, []);
});

test('the conformity register says what the code says', () => {
  const gathered = gatherFrom(root);
  assert.equal(
    written(registerPath),
    registerDocument(gathered),
    'run npm run register and commit what it writes',
  );
  assert.equal(
    written(scenariosShownPath),
    scenariosShownModule(gathered),
    'run npm run register and commit what it writes',
  );
});

test('the glossary page says what the glossary says', () => {
  assert.equal(written(glossaryPath), glossaryDocument(), 'run npm run register and commit what it writes');
});

test('each word of the glossary stands for one thing in each language', () => {
  assert.equal(new Set(glossary.map(({ en }) => en)).size, glossary.length);
  assert.equal(new Set(glossary.map(({ fr }) => fr)).size, glossary.length);
});

test('each requirement has an id of its own, in a clause that has a heading, in both languages', () => {
  assert.equal(requirements.length, 188);
  assert.equal(new Set(requirements.map(({ id }) => id)).size, requirements.length);
  const headings = new Set(clauses.map(({ clause }) => clause));
  for (const row of requirements) {
    assert.ok(headings.has(row.clause), row.id);
    assert.ok(row.id.startsWith(`${row.clause}-`) || row.id.startsWith(`${row.clause}.`), row.id);
    assert.ok(row.en !== '' && row.fr !== '' && row.evidence !== '' && row.source !== '', row.id);
  }
  const clausesInOrder = [...new Set(requirements.map(({ clause }) => clause))];
  assert.deepEqual(
    clausesInOrder,
    clauses.map(({ clause }) => clause),
  );
});

test('a requirement whose text was not seen says where it comes from and what kind we expect', () => {
  for (const row of requirements.filter(({ basis }) => basis === 'inferred')) {
    assert.doesNotMatch(row.source, /public sample\b.*paraphrased/, row.id);
    assert.ok(row.kind === 'guideline' || row.likelyKind !== undefined, row.id);
  }
});

test('every inferred row is marked as such in the register', () => {
  const lines = registerDocument({ fulfilments: [], scenarios: [], problems: [] }).split('\n');
  for (const row of requirements) {
    const line = lines.find((each) => each.startsWith(`| ${row.id} |`) || each.startsWith(`| ${row.id}<br>`));
    assert.ok(line !== undefined, row.id);
    assert.equal(line.includes('≈ inferred'), isInferred(row), row.id);
  }
});

test('a requirement is open until a function fulfils it, and shown when a scenario joins the function', () => {
  const act = program(
    `fulfils(['7.2-b', '7.2-c'], completeInteraction);\nexport async function completeInteraction() {}`,
  );
  const shows = scenarioFile(`scenario('7.2-b', 'every contact keeps its outcome', async () => {});`);

  assert.equal(stateOf('7.2-b', gather([])), 'open');
  assert.equal(stateOf('7.2-b', gather([act])), 'fulfilled, not shown');
  const gathered = gather([act, shows]);
  assert.deepEqual(gathered.problems, []);
  assert.equal(stateOf('7.2-b', gathered), 'shown');
  assert.equal(stateOf('7.2-c', gathered), 'fulfilled, not shown');

  const line = registerDocument(gathered)
    .split('\n')
    .find((each) => each.startsWith('| 7.2-b<br>'));
  assert.ok(line?.includes('[completeInteraction](../src/modules/interactions/complete.ts)'));
  assert.ok(line?.includes('[every contact keeps its outcome](../test/scenarios/record.test.ts)'));
  assert.ok(line?.endsWith('| shown |'));
});

test('a function may be exported, constant or local to fulfil a requirement, but must be of the same file', () => {
  const { fulfilments, problems } = gather([
    program(`
      import { elsewhere } from './elsewhere.ts';
      fulfils('4.4-f', acknowledge);
      fulfils('4.4-g', log);
      fulfils('4.4-h', classify);
      fulfils('4.4-i', elsewhere);
      fulfils('4.4-j', () => {});
      function acknowledge() {}
      const log = () => {};
      export default function classify() {}
    `),
  ]);
  assert.deepEqual(
    fulfilments.map(({ act }) => act),
    ['acknowledge', 'log', 'classify'],
  );
  assert.equal(problems.length, 2);
  assert.match(
    problems[0] ?? '',
    /^src\/modules\/interactions\/complete\.ts:\d+: fulfils names a function that is declared in the same file/,
  );
});

test('a scenario that shows what nobody fulfils is a problem', () => {
  const { problems } = gather([scenarioFile(`scenario('4.4-m', 'lessons are learned', () => {});`)]);
  assert.deepEqual(problems, [
    'test/scenarios/record.test.ts:2: a scenario shows 4.4-m, but nothing in the program fulfils it.',
  ]);
});

test('an id that is no requirement is a problem, and so is one that is computed', () => {
  const { problems } = gather([
    program(`fulfils('4.9-z', act);\nfulfils(someId, act);\nfulfils([], act);\nfunction act() {}`),
  ]);
  assert.deepEqual(
    problems.map((problem) => problem.slice(problem.indexOf(': ') + 2)),
    [
      '4.9-z is no requirement.',
      "write the requirement's id as a literal, or a list of them, so that the register can read it.",
      "write the requirement's id as a literal, or a list of them, so that the register can read it.",
    ],
  );
});

test('a function of the same name from elsewhere is not taken for the register’s own', () => {
  const stranger = parseSource(
    'test/stranger.test.ts',
    `import { scenario } from './play.ts';\nscenario('4.4-m', 'x', () => {});`,
  );
  assert.deepEqual(gather([stranger]), { fulfilments: [], scenarios: [], problems: [] });
});

test('what a scenario shows stands in the program’s own list with whatever quotation marks it has', () => {
  const { scenarios } = gather([
    scenarioFile('scenario(["4.5-a", "4.5-c"], `the client\'s name comes first`, () => {});'),
  ]);
  const module = scenariosShownModule({ fulfilments: [], scenarios, problems: [] });
  assert.ok(
    module.includes(`    ids: ['4.5-a', '4.5-c'],\n    sentence: "the client's name comes first",\n`),
    module,
  );
  assert.doesNotThrow(() => parseSource('scenarios-shown.ts', module));
});

test('the running program tells of every requirement, with its heading, its mark and its state', () => {
  const view = registerView();
  assert.equal(view.length, requirements.length);
  for (const row of view) {
    assert.notEqual(row.clauseTitle.en, '');
    assert.equal(row.inferred, requirement(row.id)?.basis !== 'seed');
    assert.equal(row.state === 'open', row.fulfilledBy.length === 0);
  }
});

function program(text: string) {
  return parseSource(
    'src/modules/interactions/complete.ts',
    `import { fulfils } from '#src/standard/fulfils.ts';\n${text}`,
  );
}

function scenarioFile(text: string) {
  return parseSource(
    'test/scenarios/record.test.ts',
    `import { scenario } from '#src/standard/scenario.ts';\n${text}`,
  );
}
