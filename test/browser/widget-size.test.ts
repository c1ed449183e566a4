import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { temporaryFolder } from '#test/support/cluster.ts';

const bytesMax = 30_000;

test('the widget is one script of less than 30 kB, styles and words included, and fetches nothing beside it', async () => {
  const outDir = temporaryFolder();
  const configFile = join(import.meta.dirname, '../../web/widget/vite.config.ts');
  await build({ configFile, logLevel: 'error', build: { outDir } });
  assert.deepEqual(readdirSync(outDir), ['w.js']);
  const script = readFileSync(join(outDir, 'w.js'), 'utf8');
  const bytes = gzipSync(script, { level: 9 }).length;
  assert.ok(bytes < bytesMax, `${bytes} bytes compressed`);
  const addresses = script.match(/https?:\/\/[\w.-]+/g) ?? [];
  assert.deepEqual([...new Set(addresses)], ['http://www.w3.org'], 'no address but the name of SVG');
  assert.doesNotMatch(script, /innerHTML|insertAdjacentHTML|document\.write|\beval\(/);
});
