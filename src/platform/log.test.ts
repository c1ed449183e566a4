import assert from 'node:assert/strict';
import test from 'node:test';
import { forPeople, logTo } from '#src/platform/log.ts';

function written(
  write: (log: ReturnType<typeof logTo>) => void,
  level: 'info' | 'silent' = 'info',
): string[] {
  const lines: string[] = [];
  write(logTo(level, { write: (line) => void lines.push(line) }));
  return lines;
}

test('an entry of the log is one JSON object with its time, its level and what happened', () => {
  const [line = ''] = written((log) => log.info({ port: 8080 }, 'ready'));
  const { time, ...rest } = JSON.parse(line) as Record<string, unknown>;
  assert.deepEqual(rest, { level: 'info', port: 8080, msg: 'ready' });
  assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test('a secret that reaches the log is hidden there', () => {
  const lines = written((log) => {
    log.warn(
      { password: 'hunter2', req: { headers: { cookie: 'hunter2', authorization: 'hunter2' } } },
      'refused',
    );
    log.warn({ session: { token: 'hunter2' }, databaseUrl: 'hunter2' }, 'refused');
  });
  assert.ok(
    lines.length === 2 && lines.every((line) => line.includes('(hidden)') && !line.includes('hunter2')),
  );
});

test('a silent log says nothing', () => {
  assert.deepEqual(
    written((log) => log.fatal('over'), 'silent'),
    [],
  );
});

test('on a terminal an entry is a short line, and a fault shows where it happened', () => {
  let text = '';
  const log = logTo('info', forPeople({ write: (part) => (text += part) }));
  log.warn({ attempt: 2 }, 'The database is recovering.');
  log.error({ err: new Error('torn') }, 'A reaction failed.');
  assert.match(text, /^\d\d:\d\d:\d\d warn {2}The database is recovering\. attempt=2\n/);
  assert.match(text, /error A reaction failed\.\nError: torn\n {4}at /);
});
