// The node-av child: runs one task, given as JSON in its first argument, and ends. It exists because FFmpeg inside
// our own process could take it down, and because node-av must be left by `process.exit`: after its synchronous
// interface was used, a natural end crashes.
//
// Answers go to stdout, media to the descriptors from 3 on, complaints to stderr; the exit code is 0 or 1.

import { writeSync } from 'node:fs';
import { AV_LOG_ERROR } from 'node-av/constants';
import { Codec, getFFmpegInfo, Log } from 'node-av/lib';
import type { EncodeRequest } from './engine.ts';
import { runEncode } from './node-av-encode.ts';
import type { NodeAvEngineOptions } from './node-av-engine.ts';
import {
  type LoudnessTask,
  makePreview,
  makeStoryboard,
  measureLoudness,
  type PreviewTask,
  type StoryboardTask,
} from './node-av-extras.ts';
import { type LiveTask, runLive } from './node-av-live.ts';
import { type LiveAudioTask, runLiveAudio } from './node-av-live-audio.ts';
import { makePoster, type PosterTask } from './node-av-poster.ts';
import { probeInput } from './node-av-probe.ts';
import { makeSample, type SampleTask } from './node-av-sample.ts';
import { runSrt, type SrtTask } from './node-av-srt.ts';
import type { Demuxer } from './sniff.ts';
import { codecsOf } from './video-codecs.ts';

export type WorkerTask =
  | { readonly kind: 'version' }
  | { readonly kind: 'probe'; readonly path: string; readonly demuxer: Demuxer; readonly bytes: number }
  | { readonly kind: 'encode'; readonly request: EncodeRequest; readonly demuxer: Demuxer }
  | { readonly kind: 'poster'; readonly task: PosterTask; readonly demuxer: Demuxer }
  | { readonly kind: 'storyboard'; readonly task: StoryboardTask; readonly demuxer: Demuxer }
  | { readonly kind: 'preview'; readonly task: PreviewTask; readonly demuxer: Demuxer }
  | { readonly kind: 'live'; readonly task: LiveTask }
  | { readonly kind: 'srt'; readonly task: SrtTask }
  | { readonly kind: 'live-audio'; readonly task: LiveAudioTask }
  | { readonly kind: 'sample'; readonly task: SampleTask; readonly demuxer: Demuxer }
  | { readonly kind: 'loudness'; readonly task: LoudnessTask; readonly demuxer: Demuxer };

/** How often the count of frames is reported. */
const REPORT_INTERVAL_MS = 500;

function write(descriptor: number, bytes: Buffer): void {
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += writeSync(descriptor, bytes, offset);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

function encode(request: EncodeRequest, demuxer: Demuxer): void {
  let frames = 0;
  let reportedAt = performance.now();
  const report = (state: 'continue' | 'end'): void =>
    write(1, Buffer.from(`frame=${frames}\nprogress=${state}\n`));
  runEncode(request, demuxer, (count) => {
    frames = count;
    const now = performance.now();
    if (now - reportedAt < REPORT_INTERVAL_MS) return;
    reportedAt = now;
    report('continue');
  });
  report('end');
}

function hasEncoder(name: string): boolean {
  return Codec.findEncoderByName(name as Parameters<typeof Codec.findEncoderByName>[0]) !== null;
}

function describeEngine(): Pick<NodeAvEngineOptions, 'version' | 'videoCodecs' | 'takesSrt'> {
  const { version, configuration } = getFFmpegInfo();
  return { version, videoCodecs: codecsOf(hasEncoder), takesSrt: configuration.includes('--enable-libsrt') };
}

/** What goes to stdout at the end; null when the task wrote all there is. */
function run(task: WorkerTask): Buffer | string | null {
  switch (task.kind) {
    case 'version':
      return JSON.stringify(describeEngine());
    case 'probe':
      return JSON.stringify(probeInput(task.path, task.demuxer, task.bytes));
    case 'encode':
      encode(task.request, task.demuxer);
      return null;
    case 'poster':
      return makePoster(task.task, task.demuxer);
    case 'storyboard':
      return makeStoryboard(task.task, task.demuxer);
    case 'preview':
      makePreview(task.task, task.demuxer);
      return null;
    case 'live':
      runLive(task.task);
      return null;
    case 'srt':
      runSrt(task.task, (bytes) => write(1, bytes));
      return null;
    case 'live-audio':
      runLiveAudio(task.task);
      return null;
    case 'sample':
      return JSON.stringify(makeSample(task.task, task.demuxer));
    case 'loudness':
      return JSON.stringify(measureLoudness(task.task, task.demuxer));
  }
}

Log.setLevel(AV_LOG_ERROR);
try {
  const answer = run(JSON.parse(process.argv[2] ?? '') as WorkerTask);
  if (answer !== null) write(1, Buffer.from(answer));
  process.exit(0);
} catch (error) {
  write(2, Buffer.from(`${error instanceof Error ? error.message : String(error)}\n`));
  process.exit(1);
}
