import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { glossaryDocument, glossaryPath } from './glossary.ts';
import {
  gatherFrom,
  registerDocument,
  registerPath,
  scenariosShownModule,
  scenariosShownPath,
} from './register.ts';

// npm run register: writes the documents that are computed from the code. What cannot be read is told, and nothing is written.

const root = join(import.meta.dirname, '../..');
const gathered = gatherFrom(root);
if (gathered.problems.length > 0) {
  for (const problem of gathered.problems) console.error(problem);
  process.exitCode = 1;
} else {
  writeFileSync(join(root, registerPath), registerDocument(gathered));
  writeFileSync(join(root, scenariosShownPath), scenariosShownModule(gathered));
  writeFileSync(join(root, glossaryPath), glossaryDocument());
  console.log(`Wrote ${registerPath}, ${scenariosShownPath} and ${glossaryPath}.`);
}
