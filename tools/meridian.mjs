#!/usr/bin/env node
// The `meridian` command: starts src/cli/main.ts under the pinned Node. The IPC channel tells the child when this
// process dies, however it dies; run by npm, this process also ends when npm does.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireNodeDirectory } from './with-node.mjs';

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const child = spawn(join(requireNodeDirectory(), 'node'), [main, ...process.argv.slice(2)], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
// A terminal sends SIGINT to the child as well; it must not arrive twice.
process.on('SIGINT', () => {
  if (!process.stdin.isTTY) child.kill('SIGINT');
});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(error.message);
  process.exit(127);
});
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));

if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) child.disconnect();
  }, 500).unref();
}
