// npm run openapi: writes docs/openapi.json and docs/errors.md from the route and error tables. A test fails when
// the committed files are not what this would write.

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openApiDocument } from '../src/control/http/describe.ts';
import { errorsPage } from '../src/control/http/errors-page.ts';

const docs = fileURLToPath(new URL('../docs/', import.meta.url));
writeFileSync(`${docs}openapi.json`, `${JSON.stringify(openApiDocument(), null, 2)}\n`);
writeFileSync(`${docs}errors.md`, errorsPage());
console.log('wrote docs/openapi.json and docs/errors.md');
