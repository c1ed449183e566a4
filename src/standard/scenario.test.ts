import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { fulfilledBy, fulfils } from './fulfils.ts';
import { NotShown, showing } from './scenario.ts';

// These acts exist for these tests alone; the register does not read test files.
fulfils('4.4-l', closeComplaint);
fulfils('4.4-l', closeComplaintOfGroup);
fulfils(['4.4-h', '4.4-g'], classifyComplaint);

async function closeComplaint(outcome: string): Promise<string> {
  await Promise.resolve();
  return outcome;
}

async function closeComplaintOfGroup(ids: string[], close = (id: string) => id): Promise<string[]> {
  return ids.map((id) => close(id));
}

function classifyComplaint(words: string): number {
  return words.length;
}

const root = join(import.meta.dirname, '../..');

test('a scenario that calls what fulfils its requirement shows it', async () => {
  await showing(['4.4-l'], async () => {
    assert.equal(await closeComplaint('refund'), 'refund');
  });
});

test('a scenario may be synchronous', async () => {
  await showing(['4.4-g'], () => {
    assert.equal(classifyComplaint('late'), 4);
  });
});

test('a scenario that never calls what fulfils its requirement fails and names what it should have called', async () => {
  await assert.rejects(
    showing(['4.4-l'], () => {
      classifyComplaint('late');
    }),
    (error: Error) => {
      assert.ok(error instanceof NotShown);
      assert.match(
        error.message,
        /never called what fulfils 4\.4-l\. .*closeComplaint, closeComplaintOfGroup\./,
      );
      assert.match(error.message, /It called classifyComplaint\./);
      return true;
    },
  );
});

test('a requirement that nothing fulfils cannot be shown', async () => {
  await assert.rejects(
    showing(['4.4-m'], () => {}),
    /Nothing that was loaded in this process fulfils it\. It called no act at all\./,
  );
});

test('a call counts for the scenario in which it is made and for no later one', async () => {
  await showing(['4.4-l'], async () => {
    await closeComplaint('refund');
  });
  await closeComplaint('between two scenarios');
  await assert.rejects(
    showing(['4.4-l'], () => {}),
    NotShown,
  );
});

test('any of the functions that fulfil a requirement is enough', async () => {
  await showing(['4.4-l'], async () => {
    await closeComplaintOfGroup(['one', 'two']);
  });
});

test('a scenario of several requirements shows each of them', async () => {
  await showing(['4.4-g', '4.4-h'], () => {
    classifyComplaint('late');
  });
  await assert.rejects(
    showing(['4.4-g', '4.4-l'], () => {
      classifyComplaint('late');
    }),
    /fulfils 4\.4-l/,
  );
});

test('a function that only bears the same name does not count', async () => {
  const stranger = {
    async closeComplaint(outcome: string) {
      return outcome;
    },
  };
  await assert.rejects(
    showing(['4.4-l'], async () => {
      await stranger.closeComplaint('refund');
    }),
    NotShown,
  );
});

test('an act that was declared after watching began counts, and so does one that V8 has optimised', async () => {
  await showing(['4.4-g'], () => {
    classifyComplaint('late');
  });
  fulfils('4.4-j', remindOfLimits);
  function remindOfLimits(days: number) {
    return days * 2;
  }
  let sum = 0;
  await showing(['4.4-j'], () => {
    for (let day = 0; day < 2_000; day += 1) sum += remindOfLimits(day);
  });
  assert.equal(sum, 3_998_000);
});

test('an error of the body is told as it is', async () => {
  await assert.rejects(
    showing(['4.4-l'], () => {
      throw new RangeError('the complaint is too old');
    }),
    RangeError,
  );
});

test('two scenarios at once are refused, because their calls could not be told apart', async () => {
  const first = Promise.withResolvers<void>();
  const running = showing(['4.4-l'], async () => {
    await closeComplaint('refund');
    await first.promise;
  });
  await assert.rejects(
    showing(['4.4-l'], () => {}),
    /Two scenarios at once/,
  );
  first.resolve();
  await running;
});

test('an act without a name is refused', () => {
  assert.throws(
    () =>
      fulfils(
        '4.4-l',
        (
          () => () =>
            1
        )(),
      ),
    /needs a function that has a name/,
  );
});

test('an id that is not in the register does not compile', () => {
  // @ts-expect-error 4.4-z is no requirement
  fulfils('4.4-z', classifyComplaint);
  assert.deepEqual(fulfilledBy('4.4-g'), ['classifyComplaint']);
});

const programThatCloses = `
  import { fulfils } from '#src/standard/fulfils.ts';
  fulfils('4.5-b', discloseToOwner);
  function discloseToOwner(): number { return 1; }
  if (process.argv[1] === 'disclose') discloseToOwner();
  console.log('done');
  setInterval(() => {}, 1_000);
`;

function startProgram(wish: string) {
  return spawn(process.execPath, ['--input-type=module-typescript', '-e', programThatCloses, wish], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

test('an act that a started program calls counts, even when the program is killed in the next moment', async () => {
  await showing(['4.5-b'], async () => {
    const program = startProgram('disclose');
    await once(program.stdout, 'data');
    program.kill('SIGKILL');
    await once(program, 'exit');
  });
});

test('a started program that never calls the act shows nothing', async () => {
  await assert.rejects(
    showing(['4.5-b'], async () => {
      const program = startProgram('refuse');
      await once(program.stdout, 'data');
      program.kill('SIGKILL');
      await once(program, 'exit');
    }),
    NotShown,
  );
});

test('what a program called before the scenario began does not count', async () => {
  const program = startProgram('disclose');
  await once(program.stdout, 'data');
  await assert.rejects(
    showing(['4.5-b'], () => {}),
    NotShown,
  );
  program.kill('SIGKILL');
  await once(program, 'exit');
});

test('a test run tells a scenario that shows nothing as failed and the others as passed', async () => {
  const file = `
    import { fulfils } from '#src/standard/fulfils.ts';
    import { scenario } from '#src/standard/scenario.ts';
    fulfils('4.5-b', discloseToOwner);
    function discloseToOwner(): number { return 1; }
    scenario('4.5-b', 'data goes to its owner', () => { discloseToOwner(); });
    scenario('4.5-b', 'nothing happens', async () => {});
  `;
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const output = await new Promise<string>((resolve) => {
    const args = ['--test-reporter=tap', '--input-type=module-typescript', '-e', file];
    execFile(process.execPath, args, { cwd: root, env }, (_error, stdout) => resolve(stdout));
  });
  assert.match(output, /^ok 1 - 4\.5-b: data goes to its owner$/m);
  assert.match(output, /^not ok 2 - 4\.5-b: nothing happens$/m);
  assert.match(output, /never called what fulfils 4\.5-b/);
});
