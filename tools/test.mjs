// npm test [-- file or folder…]: the whole suite, or what is named. Unit tests share one process; those under test/
// start real servers, so each file has a process of its own. Two of them run at once, except those that compare
// durations or pictures with little to spare: they run alone, since a neighbour's load would be measured too.
// Those under test/engines download what they run against, and run only when they are named.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const ALONE = [
  'test/console/smooth.test.ts',
  'test/control/webhooks-hard.test.ts',
  'test/live/players.test.ts',
  'test/live/world.test.ts',
  'test/player/region-loss.test.ts',
  'test/story/story.test.ts',
  'test/swarm/calibration.test.ts',
  'test/swarm/live-swarm.test.ts',
  'test/swarm/region-loss.test.ts',
  'test/world/failover.test.ts',
  'test/world/outage.test.ts',
  'test/world/start.test.ts',
];
/** One for each core of the smallest machine that the suite is for; more would only wait for each other. */
const AT_ONCE = 2;
/** A file that takes longer hangs. */
const FILE_MS_MAX = 420_000;

const startedAt = performance.now();
const named = process.argv.slice(2);

function runNode(args) {
  return spawnSync('node', args, { stdio: 'inherit', env: { ...process.env, NO_COLOR: '1' } }).status === 0;
}

function runTests(files, ...args) {
  if (files.length === 0) return true;
  return runNode(['--test', '--test-reporter=./tools/reporter.mjs', ...args, ...files]);
}

const runFiles = (files, atOnce) =>
  runTests(files, `--test-concurrency=${atOnce}`, `--test-timeout=${FILE_MS_MAX}`);

if (!runNode(['tools/build-web.mjs'])) process.exit(1);
const lost = ALONE.filter((file) => !globSync(file).includes(file));
if (lost.length > 0) throw new Error(`no such test: ${lost.join(', ')}`);
const expand = (name) => (name.endsWith('.ts') ? [name] : globSync(`${name}/**/*.test.ts`));
const isEngine = (name) => name.startsWith('test/engines');
const files = (named.length > 0 ? named : ['src', 'test'])
  .flatMap(expand)
  .filter((file) => !isEngine(file) || named.some(isEngine))
  .sort();
const isUnit = (file) => file.startsWith('src/');
const isAlone = (file) => ALONE.includes(file);
const results = [
  runTests(files.filter(isUnit), '--test-isolation=none'),
  runFiles(
    files.filter((file) => !isUnit(file) && !isAlone(file)),
    AT_ONCE,
  ),
  runFiles(files.filter(isAlone), 1),
];
console.log(`all of it: ${Math.round((performance.now() - startedAt) / 1000)} s`);
process.exit(results.every(Boolean) ? 0 : 1);
