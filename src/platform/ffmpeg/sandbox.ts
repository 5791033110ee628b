// Runs a child that reads untrusted media (law 9): own working directory, minimal environment, resource limits, a
// process group of its own that is killed as a whole, and a death of its own when this process dies.
//
// How it ends with us: `setpriv --pdeathsig KILL` lets the kernel do it. Where that is missing, a second process
// waits for the end of a pipe that only we hold, and then kills the group. Both also hold when we get SIGKILL.
// Limits come from `prlimit` where it is found, else from the shell's `ulimit`.
//
// A child has: stdin closed (unless it is fed through it), stdout (pipe), stderr (pipe, the last bytes are kept), and outputs from descriptor 3 on.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { assert, defined } from '#base/assert.ts';
import { type ChildLimits, FILE_BYTES_MAX, OPEN_FILES_MAX, STDERR_BYTES_MAX } from './limits.ts';

/** Programs that put a child into its sandbox; absolute paths, null where not found. */
export interface SandboxTools {
  readonly setpriv: string | null;
  readonly prlimit: string | null;
  readonly nice: string | null;
  readonly shell: string;
}

export interface SandboxRequest {
  readonly tools: SandboxTools;
  readonly command: string;
  readonly args: readonly string[];
  readonly workDirectory: string;
  /** Kept from our environment besides the minimum, e.g. a library path. */
  readonly environment: Readonly<Record<string, string>>;
  readonly outputCount: number;
  /** Whether we write to its stdin. */
  readonly hasInput?: boolean;
  readonly niceness: number;
  readonly limits: ChildLimits;
  /**
   * Grows whenever the child gets on, and is asked once a second; "waiting" when it is not its turn to get on.
   * Only asked when `limits.silenceMs` is set.
   */
  readonly progress?: () => number | 'waiting';
  /** Hears what it writes to stderr, as it comes. */
  readonly onStderr?: (chunk: Buffer) => void;
}

export interface Ending {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why we ended it ourselves, or null when it ended on its own. */
  readonly endedBy: 'kill' | 'silence' | 'overtime' | null;
  /** The last of what it wrote to stderr. */
  readonly stderrTail: string;
}

export interface SandboxedChild {
  readonly pid: number | undefined;
  /** Null unless the request asked for it. What cannot be written any more is seen in how the child ends. */
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly outputs: readonly (Readable & { readonly bytesRead?: number })[];
  /** Resolves when the child has ended and its stdout and stderr were read; rejects when it could not be started. */
  readonly ended: Promise<Ending>;
  /** Kills the whole process group at once; idempotent. */
  kill(): void;
}

const WATCHDOG_INTERVAL_MS = 1_000;
/** Between asking a child that used up its computing time to end, and ending it. */
const CPU_GRACE_SECONDS = 3;

/** An executable by name on the search path, or null. */
export function findExecutable(name: string, searchPath: string): string | null {
  for (const directory of searchPath.split(delimiter)) {
    if (!isAbsolute(directory)) continue;
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here; the next directory may have it.
    }
  }
  return null;
}

/** Finds the tools and checks that they take the options needed (those of busybox do not); a few milliseconds. */
export async function findSandboxTools(searchPath: string): Promise<SandboxTools> {
  const setpriv = findExecutable('setpriv', searchPath);
  const prlimit = findExecutable('prlimit', searchPath);
  const shell = findExecutable('sh', searchPath) ?? '/bin/sh';
  const [hasSetpriv, hasPrlimit] = await Promise.all([
    setpriv !== null && works(setpriv, ['--pdeathsig', 'KILL', '--no-new-privs', shell, '-c', ':']),
    prlimit !== null && works(prlimit, ['--core=0:0', shell, '-c', ':']),
  ]);
  return {
    setpriv: hasSetpriv ? setpriv : null,
    prlimit: hasPrlimit ? prlimit : null,
    nice: findExecutable('nice', searchPath),
    shell,
  };
}

async function works(command: string, args: string[]): Promise<boolean> {
  try {
    await promisify(execFile)(command, args, { timeout: 5_000 });
    return true;
  } catch {
    return false;
  }
}

/** Starts the child. Its outputs must be read, or it waits for ever (and is ended by the wall-clock limit). */
export function spawnSandboxed(request: SandboxRequest): SandboxedChild {
  const { tools, limits } = request;
  const [command, ...args] = commandLine(request);
  const child = spawn(defined(command, 'a command'), args, {
    cwd: request.workDirectory,
    env: { LC_ALL: 'C', TZ: 'UTC', HOME: request.workDirectory, ...request.environment },
    stdio: [
      request.hasInput === true ? 'pipe' : 'ignore',
      'pipe',
      'pipe',
      ...Array<'pipe'>(request.outputCount).fill('pipe'),
    ],
    detached: true,
  });
  const guard = tools.setpriv === null ? spawnGuard(tools.shell, child.pid) : null;
  let endedBy: Ending['endedBy'] = null;

  function end(by: NonNullable<Ending['endedBy']>): void {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    endedBy ??= by;
    killGroup(child.pid);
  }

  const stopWatching = watch(limits, request.progress, end);
  const stderr = defined(child.stderr, 'stderr');
  const stderrTail = keepTail(stderr);
  if (request.onStderr !== undefined) stderr.on('data', request.onStderr);
  const stdout = defined(child.stdout, 'stdout');
  const ended = waitForEnd(child, stdout).finally(() => {
    stopWatching();
    if (guard?.pid !== undefined) killGroup(guard.pid);
  });
  const outputs = child.stdio.slice(3).map((stream) => defined(stream, 'an output') as Readable);
  // A socket that fails is seen as a child that fails; without a listener it would end this process.
  for (const output of outputs) output.on('error', () => {});
  child.stdin?.on('error', () => {});
  assert(outputs.length === request.outputCount, 'one stream per output');

  return {
    pid: child.pid,
    stdin: child.stdin,
    stdout,
    outputs,
    ended: ended.then(([exitCode, signal]) => ({ exitCode, signal, endedBy, stderrTail: stderrTail() })),
    kill: () => end('kill'),
  };
}

/** The chain of programs that each set one thing and then become the next. */
function commandLine(request: SandboxRequest): string[] {
  const { tools, limits } = request;
  const line: string[] = [];
  if (tools.setpriv !== null) {
    line.push(tools.setpriv, '--pdeathsig', 'KILL', '--no-new-privs');
    // If we died before the kernel was told, nobody will be told: then the child has another parent by now.
    line.push(tools.shell, '-c', '[ "$PPID" = "$0" ] && exec "$@"', String(process.pid));
  }
  if (tools.nice !== null && request.niceness > 0) line.push(tools.nice, '-n', String(request.niceness));
  if (tools.prlimit !== null) {
    const limit = (name: string, value: number): string => `--${name}=${value}:${value}`;
    line.push(tools.prlimit, limit('core', 0), limit('nofile', OPEN_FILES_MAX));
    line.push(limit('data', limits.memoryBytes), limit('fsize', FILE_BYTES_MAX));
    // First SIGXCPU, which names the reason; then, from whoever does not obey, SIGKILL.
    line.push(`--cpu=${limits.cpuSeconds}:${limits.cpuSeconds + CPU_GRACE_SECONDS}`);
  } else {
    const script = [
      'ulimit -c 0',
      `ulimit -n ${OPEN_FILES_MAX}`,
      `ulimit -d ${Math.ceil(limits.memoryBytes / 1_024)}`,
      `ulimit -f ${Math.ceil(FILE_BYTES_MAX / 512)}`,
      `ulimit -S -t ${limits.cpuSeconds}`,
      `ulimit -H -t ${limits.cpuSeconds + CPU_GRACE_SECONDS}`,
      'exec "$@"',
    ];
    line.push(tools.shell, '-c', script.join('; '), 'sandbox');
  }
  line.push(request.command, ...request.args);
  return line;
}

/** A shell that waits for us to disappear and then kills the group; it holds no descriptor but its pipe. */
function spawnGuard(shell: string, pid: number | undefined): ChildProcess | null {
  if (pid === undefined) return null;
  const guard = spawn(shell, ['-c', 'read -r line; kill -s KILL -- "-$0"', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
    cwd: '/',
    detached: true,
  });
  guard.on('error', () => {});
  guard.stdin?.on('error', () => {});
  return guard;
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended in the meantime.
  }
}

/** Ends a child that is late or gets nowhere; returns how to stop watching. */
function watch(
  limits: ChildLimits,
  progress: SandboxRequest['progress'],
  end: (by: 'silence' | 'overtime') => void,
): () => void {
  const startedAt = performance.now();
  let lastValue = -1;
  let lastChangeAt = startedAt;
  const timer = setInterval(() => {
    const now = performance.now();
    if (now - startedAt > limits.wallMs) end('overtime');
    if (limits.silenceMs === null || progress === undefined) return;
    const value = progress();
    if (value === 'waiting' || value !== lastValue) lastChangeAt = now;
    if (value !== 'waiting') lastValue = value;
    if (now - lastChangeAt > limits.silenceMs) end('silence');
  }, WATCHDOG_INTERVAL_MS);
  return () => clearInterval(timer);
}

/** Reads a stream to its end, keeping the last bytes; returns how to get them as text. */
function keepTail(stream: Readable): () => string {
  let tail = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-STDERR_BYTES_MAX);
  });
  return () => tail.toString('utf8').trim();
}

async function waitForEnd(
  child: ChildProcess,
  stdout: Readable,
): Promise<[exitCode: number | null, signal: NodeJS.Signals | null]> {
  const exited = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('exit', (exitCode, signal) => resolve([exitCode, signal]));
    child.once('error', (error) =>
      reject(new Error('the media child could not be started', { cause: error })),
    );
  });
  const stderr = defined(child.stderr, 'stderr');
  // A stream that breaks off tells no more than the exit does.
  const drained = [stdout, stderr].map((stream) => finished(stream, { writable: false }).catch(() => {}));
  const result = await exited;
  await Promise.all(drained);
  return result;
}
