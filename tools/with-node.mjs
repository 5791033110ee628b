// node tools/with-node.mjs <command> [arguments…]: runs the command with the pinned Node 24 first on PATH.
// Plain JavaScript for any Node >= 16, since it is what finds the right Node for everything else.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const pinnedDirectory = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin');
const [major, minor] = process.versions.node.split('.').map(Number);

/** Directory of the Node to run with: the pinned one, else the caller's own when it can strip types unflagged. */
export function nodeDirectory() {
  if (existsSync(join(pinnedDirectory, 'node'))) return pinnedDirectory;
  if (major >= 24 || (major === 22 && minor >= 18)) return dirname(process.execPath);
  return undefined;
}

/** The same, or one clear sentence and the end. */
export function requireNodeDirectory() {
  const directory = nodeDirectory();
  if (directory !== undefined) return directory;
  console.error(`Node 24 is required (found ${process.version}): run "npm ci", or put Node >= 24 on PATH.`);
  return process.exit(1);
}

/** Runs a command under that Node, passes signals on, and ends as the command ended. */
export function runWithNode(command, args) {
  const directory = requireNodeDirectory();
  const path = [directory, join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, PATH: path } });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(error.message);
    process.exit(127);
  });
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) runWithNode(process.argv[2], process.argv.slice(3));
