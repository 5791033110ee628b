// npm run check: types, lint, arrows and unit tests, side by side. Under 30 seconds.
import { spawn } from 'node:child_process';

const steps = [
  ['types', 'tsc', ['--noEmit', '-p', '.']],
  ['console types', 'tsc', ['--noEmit', '-p', 'console']],
  ['player types', 'tsc', ['--noEmit', '-p', 'player']],
  ['sdk types', 'tsc', ['--noEmit', '-p', 'sdk']],
  ['lint', 'biome', ['check', '.', '--error-on-warnings']],
  [
    'unit tests',
    'node',
    ['--test', '--test-isolation=none', '--test-reporter=./tools/reporter.mjs', 'src/**/*.test.ts'],
  ],
];

function run([name, command, args]) {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
    child.on('error', (error) => resolve({ name, isGood: false, output: error.message, seconds: 0 }));
    child.on('close', (code) =>
      resolve({ name, isGood: code === 0, output, seconds: (performance.now() - startedAt) / 1000 }),
    );
  });
}

const results = await Promise.all(steps.map(run));
for (const result of results) {
  console.log(`${result.isGood ? 'ok  ' : 'FAIL'} ${result.name} (${result.seconds.toFixed(1)} s)`);
  if (!result.isGood || result.name === 'unit tests') console.log(result.output.trimEnd());
}
process.exit(results.every((result) => result.isGood) ? 0 : 1);
