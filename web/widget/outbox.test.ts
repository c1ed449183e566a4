import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outbox } from './outbox.ts';
import { type Keeping, openStore, readJson } from './store.ts';

function keeping(kept = new Map<string, string>()): Keeping {
  return {
    get length() {
      return kept.size;
    },
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
  };
}

const act = (key: string) => ({ key, do: 'say' as const, text: `text of ${key}`, at: 0 });
const keys = (outbox: Outbox) => outbox.all().map(({ key }) => key);

test('what was written stands in the outbox in its order, also beyond nine', () => {
  const outbox = new Outbox(openStore(keeping(), 'p.'));
  const written = Array.from({ length: 12 }, (_, at) => `k${at}`);
  for (const key of written) outbox.add(act(key));
  assert.deepEqual(keys(outbox), written);
});

test('two tabs of one page add to the same outbox and lose nothing of each other', () => {
  const kept = new Map<string, string>();
  const [one, other] = [0, 1].map(() => new Outbox(openStore(keeping(kept), 'p.'))) as [Outbox, Outbox];
  one.add(act('a'));
  other.add(act('b'));
  one.add(act('c'));
  other.remove('a');
  assert.deepEqual(keys(one), ['b', 'c']);
  assert.deepEqual(keys(other), ['b', 'c']);
});

test('a refused line stands aside, and comes last when it is tried again', () => {
  const outbox = new Outbox(openStore(keeping(), 'p.'));
  for (const key of ['a', 'b']) outbox.add(act(key));
  outbox.fail('a', { code: 'message-too-long', title: 'Too long.' });
  assert.equal(outbox.next()?.key, 'b');
  outbox.retry('a');
  assert.deepEqual(keys(outbox), ['b', 'a']);
  assert.equal(outbox.all()[1]?.failed, undefined);
});

test('where the browser forbids or fills its storage, the page’s own memory serves', () => {
  const full: Keeping = {
    ...keeping(),
    setItem: () => {
      throw new DOMException('full', 'QuotaExceededError');
    },
  };
  for (const store of [openStore(undefined, 'p.'), openStore(full, 'p.')]) {
    const outbox = new Outbox(store);
    for (const key of ['a', 'b']) outbox.add(act(key));
    assert.deepEqual(keys(outbox), ['a', 'b']);
    outbox.remove('a');
    assert.deepEqual(keys(outbox), ['b']);
  }
});

test('what cannot be read in the storage is passed over, and other pages’ entries are left alone', () => {
  const kept = new Map([
    ['p.out.000000000001.x', '{half'],
    ['q.out.000000000001.y', '{}'],
  ]);
  const store = openStore(keeping(kept), 'p.');
  assert.deepEqual(new Outbox(store).all(), []);
  assert.equal(readJson(store, 'out.000000000001.x'), undefined);
  assert.ok(kept.has('q.out.000000000001.y'));
});
