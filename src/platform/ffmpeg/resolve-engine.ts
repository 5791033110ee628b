// Finds the FFmpeg engine of this machine, in this order: the executable named by MERIDIAN_FFMPEG; ffmpeg on PATH when
// it is new enough and has the encoders; the npm package node-av; else an error that says what to install.
// MERIDIAN_ENGINE=node-av (or ffmpeg) allows that engine alone.
//
// Runs at every start of a node: the executables are asked once, at the same time, and nothing is kept on disk.

import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Log } from '../log.ts';
import type { Engine } from './engine.ts';
import { createFfmpegEngine } from './ffmpeg-engine.ts';
import { PROBE_LIMITS } from './limits.ts';
import { createNodeAvEngine, type NodeAvEngineOptions, workerCommand } from './node-av-engine.ts';
import { runSandboxed } from './run-sandboxed.ts';
import { findExecutable, findSandboxTools, type SandboxTools } from './sandbox.ts';
import { codecsOf } from './video-codecs.ts';

/** libavformat of FFmpeg 5.1, the first with `-fps_mode`. Builds from git have no other version to compare. */
const LIBAVFORMAT_MIN: readonly [major: number, minor: number] = [59, 27];
/** An executable that does not answer by then hangs. */
const ANSWER_MS_MAX = 10_000;

const FFMPEG_HINT =
  'Install FFmpeg 5.1 or newer with libx264 (Debian and Ubuntu: `apt install ffmpeg`), or name one with MERIDIAN_FFMPEG';
const INSTALL_HINT = `${FFMPEG_HINT}, or install the npm package node-av (\`npm install node-av --ignore-scripts\`).`;

type Environment = Readonly<Record<string, string | undefined>>;

const searchPathOf = (env: Environment): string => env.PATH ?? '/usr/local/bin:/usr/bin:/bin';

/** The executable named by MERIDIAN_FFMPEG, else ffmpeg on PATH; an Error that says what to install when there is none. */
export function findFfmpeg(env: Environment): string {
  const named = env.MERIDIAN_FFMPEG ?? '';
  const path = named === '' ? findExecutable('ffmpeg', searchPathOf(env)) : named;
  if (path === null) throw new Error(`There is no ffmpeg on PATH. ${FFMPEG_HINT}.`);
  return path;
}

/** Finds an engine or throws an Error whose message says what to install. */
export async function resolveEngine(env: Environment, log: Log): Promise<Engine> {
  const searchPath = searchPathOf(env);
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
  const [ffmpeg, protocols, ffprobe, tools] = await Promise.all([
    ask(ffmpegPath, ['-encoders']),
    ask(ffmpegPath, ['-protocols']),
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
  const hasEncoder = (name: string): boolean =>
    new RegExp(`^\\s*[VA]\\S*\\s+${name}\\s`, 'm').test(ffmpeg.stdout);
  for (const encoder of ['libx264', 'aac'])
    if (!hasEncoder(encoder)) return `${ffmpegPath} (${version}) has no encoder ${encoder}`;
  const videoCodecs = codecsOf(hasEncoder);
  const takesSrt = /^\s*srt\s*$/m.test(protocols?.stdout ?? '');
  return createFfmpegEngine({
    ffmpegPath,
    ffprobePath: beside,
    version,
    videoCodecs,
    takesSrt,
    tools,
    environment,
  });
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
    const answer = await runSandboxed({
      tools,
      ...workerCommand({ kind: 'version' }),
      workDirectory: tmpdir(),
      limits: PROBE_LIMITS,
      outputBytesMax: 1_024,
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    const known = JSON.parse(answer.toString('utf8')) as Pick<
      NodeAvEngineOptions,
      'version' | 'videoCodecs' | 'takesSrt'
    >;
    return createNodeAvEngine({ ...known, tools });
  } catch (error) {
    return `the npm package node-av does not load here (${error instanceof Error ? error.message : String(error)})`;
  }
}
