// npm run runbook-pages: writes docs/operating/runbooks from the definitions that come with the program. A test fails
// when the committed files are not what this would write.

import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runbookPages } from '../src/control/runbooks/pages.ts';

const folder = fileURLToPath(new URL('../docs/operating/runbooks/', import.meta.url));
mkdirSync(folder, { recursive: true });
for (const [name, text] of runbookPages()) writeFileSync(`${folder}${name}`, text);
console.log('wrote docs/operating/runbooks');
