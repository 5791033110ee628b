// Builds the player and the console when their inputs have changed, else does nothing (well under 100 ms).
//
// The stamp beside each dist is a hash of every input's path, size and time of change. A build goes to a temporary
// directory that is then renamed into place, so that several starts at once never see half of one.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
// On the same disk as the outputs, so that a rename is enough, and ignored by every tool.
const workshop = join(root, 'node_modules');
const INPUTS = ['src', 'pages', 'public', 'index.html', 'package.json', 'vite.config.ts', 'tsconfig.json'];

function* filesUnder(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) {
    if (!path.endsWith('.test.ts')) yield `${path} ${stat.size} ${stat.mtimeMs}`;
    return;
  }
  for (const name of readdirSync(path).sort()) yield* filesUnder(join(path, name));
}

/** Folders of the server's sources that the packages read as well. */
const SHARED = {
  player: ['src/contract', 'src/core/playback'],
  console: ['src/contract', 'src/core', 'src/media', 'src/base'],
};

/** A hash of what the output depends on. */
function stampOf(name) {
  const hash = createHash('sha256');
  const shared = SHARED[name] ?? [];
  const inputs = [...INPUTS.map((input) => `${name}/${input}`), ...shared, 'package-lock.json'];
  for (const input of inputs) for (const line of filesUnder(join(root, input))) hash.update(`${line}\n`);
  return hash.digest('hex');
}

function isCurrent(name, stamp) {
  const path = join(root, name, 'dist', '.stamp');
  return existsSync(path) && readFileSync(path, 'utf8') === stamp;
}

/** Puts a finished build into place; whoever comes second with the same inputs throws its own away. */
function putInPlace(made, dist) {
  const old = `${made}-old`;
  try {
    renameSync(dist, old);
  } catch (error) {
    // The first build, or another start has just moved it.
    if (error.code !== 'ENOENT') throw error;
  }
  try {
    renameSync(made, dist);
  } catch (error) {
    // Another start has just put its own build there.
    if (!['ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
    rmSync(made, { recursive: true, force: true });
  }
  rmSync(old, { recursive: true, force: true });
}

/** Removes what builds left behind that were killed over an hour ago. */
function sweep() {
  for (const entry of readdirSync(workshop)) {
    if (!entry.startsWith('.building-')) continue;
    const path = join(workshop, entry);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && Date.now() - stat.mtimeMs > 3_600_000)
      rmSync(path, { recursive: true, force: true });
  }
}

async function buildPackage(name) {
  // A package without sources yet has nothing to build.
  if (!existsSync(join(root, name, 'src')) || !existsSync(join(root, name, 'vite.config.ts'))) return;
  const stamp = stampOf(name);
  if (isCurrent(name, stamp)) return;
  const { build } = await import('vite');
  sweep();
  const made = mkdtempSync(join(workshop, `.building-${name}-`));
  try {
    await build({
      root: join(root, name),
      configFile: join(root, name, 'vite.config.ts'),
      build: { outDir: made, emptyOutDir: true },
    });
    writeFileSync(join(made, '.stamp'), stamp);
    // Temporary directories are private; a build is for every user who may run the server.
    chmodSync(made, 0o755);
    putInPlace(made, join(root, name, 'dist'));
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    throw error;
  }
}

// Names limit it: node tools/build-web.mjs player
const named = process.argv.slice(2);
for (const name of named.length > 0 ? named : ['player', 'console']) await buildPackage(name);
