// npm test [-- file or folder…]: the whole suite, or what is named. Unit tests share one process; those under test/
// start real servers, so each file has a process of its own and they run one after another.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const named = process.argv.slice(2);
const reporter = '--test-reporter=./tools/reporter.mjs';

function runNode(args) {
  return spawnSync('node', args, { stdio: 'inherit', env: { ...process.env, NO_COLOR: '1' } }).status === 0;
}

if (!runNode(['tools/build-web.mjs'])) process.exit(1);
const expand = (name) => (name.endsWith('.ts') ? [name] : globSync(`${name}/**/*.test.ts`));
const files =
  named.length > 0
    ? named.flatMap(expand)
    : [...globSync('src/**/*.test.ts'), ...globSync('test/**/*.test.ts')];
const unit = files.filter((file) => file.startsWith('src/')).sort();
const integration = files.filter((file) => !file.startsWith('src/')).sort();
let isGood = true;
if (unit.length > 0) isGood = runNode(['--test', '--test-isolation=none', reporter, ...unit]) && isGood;
if (integration.length > 0)
  isGood =
    runNode(['--test', '--test-concurrency=1', '--test-timeout=420000', reporter, ...integration]) && isGood;
process.exit(isGood ? 0 : 1);
