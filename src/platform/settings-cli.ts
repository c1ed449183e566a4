import { writeFileSync } from 'node:fs';
import { settingsPage } from '#src/platform/settings.ts';

writeFileSync(new URL('../../docs/settings.md', import.meta.url), settingsPage());
