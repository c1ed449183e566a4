import { fileURLToPath } from 'node:url';
import { lingui } from '@lingui/vite-plugin';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig({
  root: here,
  base: '/',
  publicDir: false,
  plugins: [
    react(),
    lingui({
      cwd: here,
      configPath: fileURLToPath(new URL('lingui.config.ts', import.meta.url)),
      macroTransform: true,
      failOnMissing: true,
      failOnCompileError: true,
    }),
  ],
  build: {
    outDir: fileURLToPath(new URL('../../dist/app', import.meta.url)),
    emptyOutDir: true,
    target: 'es2023',
    // No data: addresses: the pages' content security policy does not admit them.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
