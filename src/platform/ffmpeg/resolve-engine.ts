// Finds the FFmpeg engine of this machine, in this order: the executable named by MERIDIAN_FFMPEG; ffmpeg on PATH when
// it is new enough and has the encoders; the npm package node-av; else an error that says what to install.
// MERIDIAN_ENGINE=node-av (or ffmpeg) allows that engine alone.
//
// Runs at every start of a node: the two executables are asked once, at the same time, and nothing is kept on disk.

import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Log } from '../log.ts';
import type { Engine } from './engine.ts';
import { createFfmpegEngine } from './ffmpeg-engine.ts';
import { PROBE_LIMITS } from './limits.ts';
import { createNodeAvEngine, workerCommand } from './node-av-engine.ts';
import { runSandboxed } from './run-sandboxed.ts';
import { findExecutable, findSandboxTools, type SandboxTools } from './sandbox.ts';

/** libavformat of FFmpeg 5.1, the first with `-fps_mode`. Builds from git have no other version to compare. */
const LIBAVFORMAT_MIN: readonly [major: number, minor: number] = [59, 27];
/** An executable that does not answer by then hangs. */
const ANSWER_MS_MAX = 10_000;

const INSTALL_HINT =
  'Install FFmpeg 5.1 or newer with libx264 (Debian and Ubuntu: `apt install ffmpeg`), name one with MERIDIAN_FFMPEG, or install the npm package node-av (`npm install node-av --ignore-scripts`).';

type Environment = Readonly<Record<string, string | undefined>>;

/** Finds an engine or throws an Error whose message says what to install. */
export async function resolveEngine(env: Environment, log: Log): Promise<Engine> {
  const searchPath = env.PATH ?? '/usr/local/bin:/usr/bin:/bin';
  const wanted = env.MERIDIAN_ENGINE ?? '';
  if (!['', 'ffmpeg', 'node-av'].includes(wanted))
    throw new Error(`MERIDIAN_ENGINE is "${wanted}", but the engines are "ffmpeg" and "node-av".`);
  const named = env.MERIDIAN_FFMPEG ?? '';
  const reasons: string[] = [];

  if (wanted !== 'node-av') {
    const ffmpegPath = named === '' ? findExecutable('ffmpeg', searchPath) : named;
    const found =
      ffmpegPath === null ? 'there is no ffmpeg on PATH' : await tryFfmpeg(ffmpegPath, env, searchPath);
    if (typeof found !== 'string') return found;
    // Whoever names an executable wants that one and no other.
    if (named !== '') throw new Error(`MERIDIAN_FFMPEG cannot be used: ${found}. ${INSTALL_HINT}`);
    reasons.push(found);
  }
  if (wanted !== 'ffmpeg') {
    const found = await tryNodeAv(searchPath);
    if (typeof found !== 'string') {
      for (const reason of reasons) log.info({ reason }, 'the npm package node-av is used for media');
      return found;
    }
    reasons.push(found);
  }
  throw new Error(`No FFmpeg was found: ${reasons.join('; ')}. ${INSTALL_HINT}`);
}

/** The engine, or why this executable cannot be used. */
async function tryFfmpeg(ffmpegPath: string, env: Environment, searchPath: string): Promise<Engine | string> {
  const beside = join(dirname(ffmpegPath), 'ffprobe');
  const libraryPath = env.LD_LIBRARY_PATH;
  const environment: Record<string, string> =
    libraryPath === undefined ? {} : { LD_LIBRARY_PATH: libraryPath };
  const options = { env: { ...environment, LC_ALL: 'C' }, timeout: ANSWER_MS_MAX, maxBuffer: 1 << 20 };
  const ask = (path: string, args: string[]) => promisify(execFile)(path, args, options).catch(() => null);
  const [ffmpeg, ffprobe, tools] = await Promise.all([
    ask(ffmpegPath, ['-encoders']),
    ask(beside, ['-version']),
    findSandboxTools(searchPath),
  ]);
  if (ffmpeg === null) return `${ffmpegPath} does not run`;
  if (ffprobe === null) return `there is no working ffprobe beside ${ffmpegPath}`;
  // The list goes to stdout, the banner with the versions to stderr.
  const version = /^ffmpeg version (\S+)/m.exec(ffmpeg.stderr)?.[1] ?? 'unknown';
  const library = /^\s*libavformat\s+(\d+)\.\s*(\d+)/m.exec(ffmpeg.stderr);
  const [major, minor] = [Number(library?.[1] ?? 0), Number(library?.[2] ?? 0)];
  const [majorMin, minorMin] = LIBAVFORMAT_MIN;
  if (major < majorMin || (major === majorMin && minor < minorMin))
    return `${ffmpegPath} has version ${version}, older than 5.1`;
  for (const encoder of ['libx264', 'aac'])
    if (!new RegExp(`^\\s*[VA]\\S*\\s+${encoder}\\s`, 'm').test(ffmpeg.stdout))
      return `${ffmpegPath} (${version}) has no encoder ${encoder}`;
  return createFfmpegEngine({ ffmpegPath, ffprobePath: beside, version, tools, environment });
}

/** The engine, or why the package cannot be used. Starts a child once, so that a package that does not load shows. */
async function tryNodeAv(searchPath: string): Promise<Engine | string> {
  try {
    createRequire(import.meta.url).resolve('node-av/lib');
  } catch {
    return 'the npm package node-av is not installed';
  }
  const tools: SandboxTools = await findSandboxTools(searchPath);
  try {
    const version = await runSandboxed({
      tools,
      ...workerCommand({ kind: 'version' }),
      workDirectory: tmpdir(),
      limits: PROBE_LIMITS,
      outputBytesMax: 1_024,
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    return createNodeAvEngine({ version: version.toString('utf8'), tools });
  } catch (error) {
    return `the npm package node-av does not load here (${error instanceof Error ? error.message : String(error)})`;
  }
}
