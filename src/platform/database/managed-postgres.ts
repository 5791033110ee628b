// A PostgreSQL server that Meridian starts itself: real fsync and real concurrency without an installation.
// It listens on a unix socket alone, in a directory that only this user may enter, so that trusting local
// connections is safe. It ends with its parent, also when that is killed: a shell between the two waits for the
// end of a pipe from the parent. Idle it costs about 30 MB (PSS).
// Limits: one data directory, one server; the caller holds the lock of the directory (platform/lock.ts).

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lchown, lstat, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MeridianError } from '#contract/errors.ts';
import { systemClock } from '../clock.ts';
import { directoryError, ensurePrivateDirectory, isMissing } from '../disk.ts';
import type { Log } from '../log.ts';
import { awaitOldPostmaster } from './old-postmaster.ts';
import {
  chooseRunAs,
  findPostgresBinaries,
  ownerOf,
  type PostgresBinaries,
  type RunAs,
  wrapCommand,
} from './postgres-binaries.ts';

export interface ManagedPostgres {
  readonly socketDirectory: string;
  readonly database: string;
  readonly user: string;
  /** Resolves when the server has ended, for whatever reason, with the last lines that it wrote. */
  readonly exited: Promise<string>;
  /** Ends the server: a fast shutdown, and past `STOP_MS_MAX` an immediate one, which loses nothing either. */
  stop(): Promise<void>;
}

export interface ManagedPostgresOptions {
  /** Everything of this server lies here; nothing else should. */
  readonly directory: string;
  readonly log: Log;
  /** Default: whatever works here. */
  readonly runAs?: RunAs;
  /** Server parameters on top of the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Longest socket path that fits in sockaddr_un with its final zero (unix(7)). */
const SOCKET_PATH_BYTES_MAX = 107;
/** A first start takes under a second; recovery after a crash reads at most max_wal_size. */
const START_MS_MAX = 60_000;
/** Leaves the lifecycle's step (2.5 s) time for the immediate stop that follows. */
const STOP_MS_MAX = 1_800;
/** How often to start again when backends of a killed server still hold its shared memory. */
const START_ATTEMPTS = 20;
const RETRY_MS = 100;

/** Few processes and little memory: this is the control plane's own store, not a warehouse. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '40',
  shared_buffers: '24MB',
  work_mem: '4MB',
  maintenance_work_mem: '32MB',
  // Nothing replicates from here, so the log needs only what recovery reads.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_replication_slots: '0',
  max_wal_size: '256MB',
  min_wal_size: '32MB',
  // Each of these would keep processes around: readers for asynchronous I/O, parallel and logical workers.
  io_method: 'sync',
  max_worker_processes: '2',
  max_parallel_workers: '0',
  max_logical_replication_workers: '0',
  autovacuum_worker_slots: '2',
  autovacuum_max_workers: '1',
  // Compiling a query costs more than these queries take, and loads a compiler into every backend.
  jit: 'off',
  huge_pages: 'off',
};

/**
 * The shell between this process and the server. It waits for the server and passes on how it ended; beside it a
 * reader waits for the end of the pipe, which comes when this process closes it or dies, and then asks for a fast
 * shutdown. `read` is built in, so nothing but two small shells is added.
 */
const WATCHDOG = [
  'exec 3<&0',
  '"$@" </dev/null 3<&- & server=$!',
  '( while read -r line <&3; do :; done; kill -INT "$server" ) & reader=$!',
  'wait "$server"; code=$?',
  'kill "$reader" 2>/dev/null',
  'exit "$code"',
].join('\n');

/** Starts the server, making its data directory first when there is none; resolves when it accepts connections. */
export async function startManagedPostgres(options: ManagedPostgresOptions): Promise<ManagedPostgres> {
  const directory = resolve(options.directory);
  await ensurePrivateDirectory(directory);
  const runAs = options.runAs ?? (await chooseRunAs());
  const dataDirectory = join(directory, 'data');
  try {
    const binaries = await findPostgresBinaries(join(directory, 'lib'));
    await prepareData(dataDirectory, binaries, runAs);
    await awaitOldPostmaster(dataDirectory);
    const socketDirectory = await chooseSocketDirectory(directory);
    for (let attempt = 1; ; attempt += 1) {
      const server = launch(binaries, runAs, dataDirectory, socketDirectory, options);
      const failure = await server.ready;
      if (failure === undefined)
        return { socketDirectory, database: 'postgres', user: 'meridian', ...server.handle };
      const isHeld = /pre-existing shared memory block|lock file "postmaster.pid" already exists/.test(
        failure,
      );
      if (!isHeld || attempt === START_ATTEMPTS) throw startError(directory, failure);
      await systemClock.sleep(RETRY_MS);
    }
  } catch (error) {
    throw directoryError(directory, error);
  }
}

/** Makes the data directory when there is none, else checks that this server can read it. */
async function prepareData(dataDirectory: string, binaries: PostgresBinaries, runAs: RunAs): Promise<void> {
  const version = await readFile(join(dataDirectory, 'PG_VERSION'), 'utf8').then(
    (text) => text.trim(),
    (error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    },
  );
  if (version === undefined) return await createData(dataDirectory, binaries, runAs);
  if (version !== binaries.majorVersion) {
    const reason = `${dataDirectory} was made by PostgreSQL ${version}, but this Meridian brings PostgreSQL ${binaries.majorVersion}; dump it with the old version and restore it, or set DATABASE_URL`;
    throw new MeridianError('invalid_config', { reason });
  }
  await giveTo(ownerOf(runAs), dataDirectory);
}

/** Runs initdb beside the final place and renames, so that a start cut short leaves no half-made directory. */
async function createData(dataDirectory: string, binaries: PostgresBinaries, runAs: RunAs): Promise<void> {
  const temporary = `${dataDirectory}.new`;
  await rm(temporary, { recursive: true, force: true });
  await ensurePrivateDirectory(temporary);
  await giveTo(ownerOf(runAs), temporary);
  const [command = '', ...rest] = wrapCommand(runAs, [
    binaries.initdb,
    ...['-D', temporary, '-U', 'meridian', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-instructions'],
    // Smaller log files: the first is written full of zeros, and recycled ones stay on disk.
    '--wal-segsize=4',
    ...['-c', 'shared_buffers=24MB', '-c', 'max_connections=40', '-c', 'dynamic_shared_memory_type=posix'],
  ]);
  const child = spawn(command, rest, { env: binaries.environment, stdio: ['ignore', 'ignore', 'pipe'] });
  const output = await new Promise<string | undefined>((done, fail) => {
    let text = '';
    child.stderr.on('data', (data: Buffer) => {
      text = (text + data.toString('utf8')).slice(-4_000);
    });
    child.on('error', fail);
    child.on('close', (code) => done(code === 0 ? undefined : text));
  });
  if (output !== undefined) {
    await rm(temporary, { recursive: true, force: true });
    throw startError(dataDirectory, output);
  }
  await rename(temporary, dataDirectory);
}

/** Gives a tree to a user, when its top belongs to another: the way of running may change between two starts. */
async function giveTo(owner: number | undefined, path: string): Promise<void> {
  if (owner === undefined || (await lstat(path)).uid === owner) return;
  for (const entry of await readdir(path, { recursive: true })) await lchown(join(path, entry), owner, owner);
  // The top last, so that a change cut short is begun again.
  await lchown(path, owner, owner);
}

/** The server's own directory, or a short one beside other temporary files when its path would be too long. */
async function chooseSocketDirectory(directory: string): Promise<string> {
  if (socketPathFits(directory)) return directory;
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 12);
  const short = join(tmpdir(), `meridian-${process.getuid?.() ?? 0}-${name}`);
  await ensurePrivateDirectory(short);
  const found = await lstat(short);
  const isOurs = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
  // Somebody else took the name: a fresh directory is safe, it is only left behind after a kill.
  return isOurs ? short : await mkdtemp(join(tmpdir(), 'meridian-'));
}

function socketPathFits(directory: string): boolean {
  return Buffer.byteLength(join(directory, '.s.PGSQL.5432')) <= SOCKET_PATH_BYTES_MAX;
}

interface Launched {
  /** undefined when it accepts connections, else what it wrote before it ended. */
  readonly ready: Promise<string | undefined>;
  readonly handle: Pick<ManagedPostgres, 'exited' | 'stop'>;
}

function launch(
  binaries: PostgresBinaries,
  runAs: RunAs,
  dataDirectory: string,
  socketDirectory: string,
  options: ManagedPostgresOptions,
): Launched {
  const settings = { ...SETTINGS, unix_socket_directories: socketDirectory, ...options.settings };
  const [command = '', ...rest] = wrapCommand(runAs, [
    ...['sh', '-c', WATCHDOG, 'meridian-postgres', binaries.postgres, '-D', dataDirectory],
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  // A session of its own: Ctrl-C in a terminal reaches this process, which then stops the server in its turn.
  const child = spawn(command, rest, {
    env: binaries.environment,
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  });
  child.stdin?.on('error', () => undefined);
  // Should the shell alone be killed, the end of the pipe still ends the server.
  child.on('exit', () => child.stdin?.destroy());
  const lines = followLines(child, options.log);
  const exited = new Promise<string>((done) => {
    child.on('error', (error) => done(error.message));
    child.on('close', () => done(lines.tail()));
  });
  const ready = Promise.race([
    lines.ready.then(() => undefined),
    exited,
    after(START_MS_MAX, 'it did not accept connections in time', exited),
  ]).then(async (failure) => {
    if (failure !== undefined) await stop();
    return failure;
  });

  let stopping: Promise<void> | undefined;
  function stop(): Promise<void> {
    stopping ??= (async () => {
      child.stdin?.destroy();
      if ((await Promise.race([exited, after(STOP_MS_MAX, undefined, exited)])) !== undefined) return;
      options.log.warn(
        {},
        'the database did not shut down in time and is stopped at once; it recovers at its next start',
      );
      await killHard(dataDirectory, child);
      await exited;
    })();
    return stopping;
  }
  return { ready, handle: { exited, stop } };
}

/** Resolves with `value` after a time, unless `cancelled` resolves before; keeps no timer then. */
function after<T>(milliseconds: number, value: T, cancelled: Promise<unknown>): Promise<T> {
  return new Promise((done) => {
    const timer = setTimeout(() => done(value), milliseconds);
    void cancelled.then(() => clearTimeout(timer));
  });
}

/** An immediate shutdown: the postmaster ends its backends and writes nothing; the log makes it whole again. */
async function killHard(dataDirectory: string, child: ChildProcess): Promise<void> {
  const text = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  try {
    if (pid > 1) process.kill(pid, 'SIGQUIT');
    else child.kill('SIGKILL');
  } catch {
    // It ended in between.
  }
}

/** Passes the server's lines to our log, and notices when it is ready. */
function followLines(child: ChildProcess, log: Log): { ready: Promise<void>; tail(): string } {
  let rest = '';
  let tail = '';
  const ready = new Promise<void>((done) => {
    child.stderr?.on('data', (data: Buffer) => {
      const text = rest + data.toString('utf8');
      tail = (tail + data.toString('utf8')).slice(-4_000);
      const lines = text.split('\n');
      rest = (lines.pop() ?? '').slice(-4_000);
      for (const line of lines) {
        if (line.includes('database system is ready to accept connections')) done();
        const isBad = /\b(PANIC|WARNING):/.test(line);
        if (isBad) log.warn({ line }, 'the database reports a problem');
        else log.debug({ line }, 'database');
      }
    });
  });
  return { ready, tail: () => tail.trim() };
}

/** What a failed start means for the person who reads it. */
function startError(directory: string, output: string): Error {
  const cause = new Error(output);
  if (/No space left on device|Disk quota exceeded/.test(output))
    return new MeridianError('storage_full', { where: `the disk of ${directory}` }, { cause });
  const line =
    output
      .split('\n')
      .findLast((text) => /\b(FATAL|PANIC|error):/.test(text))
      ?.replace(/^.*?\b(FATAL|PANIC|error):\s*/, '') ??
    output.split('\n').at(-1) ??
    '';
  const reason = `the database in ${directory} cannot be started: ${line}`;
  return new MeridianError('invalid_config', { reason }, { cause });
}
