// The engine for machines without an ffmpeg executable: the npm package node-av (FFmpeg as a library), run in a child
// under our own Node with the same sandbox and the same contract as the executable.

import { fileURLToPath } from 'node:url';
import { MeridianError } from '#contract/errors.ts';
import { startEncode } from './encode-child.ts';
import type { Engine, Loudness, SampledBytes } from './engine.ts';
import { demuxerOf, inspectFile } from './inspect-file.ts';
import {
  type ChildLimits,
  EXTRAS_LIMITS,
  LOUDNESS_LIMITS,
  POSTER_BYTES_MAX,
  POSTER_LIMITS,
  PREVIEW_BYTES_MAX,
  PROBE_LIMITS,
  PROBE_OUTPUT_BYTES_MAX,
  SAMPLE_LIMITS,
  SAMPLE_OUTPUT_BYTES_MAX,
  SILENCE_LUFS,
  STDERR_BYTES_MAX,
  STORYBOARD_BYTES_MAX,
} from './limits.ts';
import { startLiveAudio, startLiveEncode } from './live-encode.ts';
import type { WorkerTask } from './node-av-worker.ts';
import { type RawProbe, type ScannedPackets, toProbeResult } from './probe-result.ts';
import { runSandboxed } from './run-sandboxed.ts';
import type { SandboxTools } from './sandbox.ts';
import type { Demuxer } from './sniff.ts';
import { startSrtListen } from './srt-listen.ts';
import type { VideoCodec } from './video-codecs.ts';

/** Renditions are fragmented MP4, whatever the source was. */
const OWN_DEMUXER: Demuxer = 'mov';
const WORKER_PATH = fileURLToPath(new URL('node-av-worker.ts', import.meta.url));
/** The child handles one frame at a time; its JavaScript needs little memory. */
const WORKER_OPTIONS = ['--no-warnings', '--max-old-space-size=256'];

export interface NodeAvEngineOptions {
  readonly version: string;
  readonly videoCodecs: readonly VideoCodec[];
  readonly takesSrt: boolean;
  readonly tools: SandboxTools;
}

/** Creates the engine; `resolveEngine` has checked that the package works. */
export function createNodeAvEngine({ version, videoCodecs, takesSrt, tools }: NodeAvEngineOptions): Engine {
  async function run(
    task: WorkerTask,
    limits: ChildLimits,
    bytesMax: number,
    workDirectory: string,
    signal: AbortSignal,
    niceness = 0,
  ) {
    return runSandboxed({
      tools,
      ...workerCommand(task),
      workDirectory,
      limits,
      outputBytesMax: bytesMax,
      niceness,
      signal,
    });
  }

  return {
    name: 'node-av',
    version,
    videoCodecs,
    takesSrt,

    async probe(path, { workDirectory, signal }) {
      const { demuxer, bytes } = await inspectFile(path);
      const task: WorkerTask = { kind: 'probe', path, demuxer, bytes };
      const answer = await run(task, PROBE_LIMITS, PROBE_OUTPUT_BYTES_MAX, workDirectory, signal);
      const { raw, packets } = JSON.parse(answer.toString('utf8')) as {
        raw: RawProbe;
        packets: ScannedPackets | null;
      };
      return toProbeResult(raw, demuxer, packets);
    },

    encode(request) {
      return startEncode(tools, request, () =>
        workerCommand({ kind: 'encode', request, demuxer: demuxerOf(request.inputPath) }),
      );
    },

    async poster({ inputPath, workDirectory, atMs, width, height, signal }) {
      const { demuxer } = await inspectFile(inputPath);
      const task: WorkerTask = { kind: 'poster', task: { inputPath, atMs, width, height }, demuxer };
      const image = await run(task, POSTER_LIMITS, POSTER_BYTES_MAX, workDirectory, signal);
      if (image.length === 0)
        throw new MeridianError('media_unsupported', { reason: 'no frame of its video can be decoded' });
      return image;
    },

    storyboard({ workDirectory, signal, niceness, ...task }) {
      const order: WorkerTask = { kind: 'storyboard', task, demuxer: OWN_DEMUXER };
      return run(order, EXTRAS_LIMITS, STORYBOARD_BYTES_MAX, workDirectory, signal, niceness);
    },

    preview({ workDirectory, signal, niceness, ...task }) {
      const order: WorkerTask = { kind: 'preview', task, demuxer: OWN_DEMUXER };
      return run(order, EXTRAS_LIMITS, PREVIEW_BYTES_MAX, workDirectory, signal, niceness);
    },

    live(request) {
      const { frameRate, framesPerSegment, firstPlace, outputs } = request;
      const task = { frameRate, framesPerSegment, firstPlace, outputs };
      return startLiveEncode(tools, request, workerCommand({ kind: 'live', task }));
    },

    listenSrt(request) {
      const { host, port, latencyMs, silenceMs, passphrase } = request;
      const command = workerCommand({ kind: 'srt', task: { host, port, latencyMs, silenceMs } });
      return startSrtListen(tools, request, command, passphrase);
    },

    liveAudio(request) {
      const task = { bitrateBps: request.bitrateBps };
      return startLiveAudio(tools, request, workerCommand({ kind: 'live-audio', task }));
    },

    async sample({ workDirectory, signal, niceness, ...task }) {
      const { demuxer } = await inspectFile(task.inputPath);
      const order: WorkerTask = { kind: 'sample', task, demuxer };
      const bytesMax = SAMPLE_OUTPUT_BYTES_MAX;
      const answer = await run(order, SAMPLE_LIMITS, bytesMax, workDirectory, signal, niceness);
      return JSON.parse(answer.toString('utf8')) as SampledBytes[];
    },

    async loudness({ workDirectory, signal, niceness, ...task }) {
      const { demuxer } = await inspectFile(task.inputPath);
      const order: WorkerTask = { kind: 'loudness', task, demuxer };
      const answer = await run(order, LOUDNESS_LIMITS, STDERR_BYTES_MAX, workDirectory, signal, niceness);
      const measured = JSON.parse(answer.toString('utf8')) as { [K in keyof Loudness]: number | null };
      // JSON has no infinity: it comes as null.
      const { integratedLufs, truePeakDb } = measured;
      if (integratedLufs === null || truePeakDb === null || integratedLufs <= SILENCE_LUFS) return null;
      return { integratedLufs, truePeakDb };
    },
  };
}

/** How to start the child for a task. */
export function workerCommand(task: WorkerTask): {
  command: string;
  args: string[];
  environment: Record<string, string>;
} {
  return {
    command: process.execPath,
    args: [...WORKER_OPTIONS, WORKER_PATH, JSON.stringify(task)],
    environment: {},
  };
}
