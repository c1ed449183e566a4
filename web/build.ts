import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

// Builds what browsers load: the staff application into dist/app, the widget into dist/widget. Run as `node web/build.ts`.
const configs = ['app/vite.config.ts', 'widget/vite.config.ts'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

for (const configFile of configs) {
  if (!existsSync(configFile)) continue;
  await build({ configFile, logLevel: 'warn' });
}
