// How fast this machine is just now, so that a limit of time can be told apart from a machine that is short of it.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** As many as a small world has, since they share the cores. */
const PROCESSES = 5;

/** Compiles a bundle that is no part of the product, as the start of a process does; nothing of it is cached. */
const WORK = `
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');
const source = readFileSync(process.argv[1], 'utf8');
for (let round = 0; round < 18; round += 1) new Script(source + round).createCachedData();
`;

const BUNDLE = fileURLToPath(
  new URL('../../node_modules/dashjs/dist/modern/umd/dash.all.min.js', import.meta.url),
);

/** Milliseconds that a fixed piece of work takes here and now, about a second on two quiet cores. */
export async function yardstickMs(): Promise<number> {
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: PROCESSES }, () => ended(spawn(process.execPath, ['-e', WORK, BUNDLE]))),
  );
  return performance.now() - startedAt;
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`the yardstick ended with ${code}`)),
    );
  });
}
