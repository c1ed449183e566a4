// The widget is one classic script that a page can load with one tag: everything in it, nothing fetched beside it.

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  publicDir: false,
  logLevel: 'warn',
  build: {
    outDir: here('../../dist/widget'),
    emptyOutDir: true,
    target: 'es2022',
    lib: { entry: here('main.ts'), formats: ['iife'], name: 'parleyChat', fileName: () => 'w.js' },
  },
});
