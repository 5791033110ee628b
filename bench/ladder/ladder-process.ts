// One side of the ladder bench, as a process of its own, so that the CPU time of its children is nobody else's:
//   node ladder-process.ts ours|plain FILE DIRECTORY
// Prints one JSON line. "ours" is what an encoder does for a job: probe, plan, encode through the splitter into the
// store. "plain" is one ffmpeg that makes the same renditions as mp4 files, as somebody would without a platform.

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defined } from '#base/assert.ts';
import { perSecond } from '#media/ladder/frame-rate.ts';
import { type EncodePlan, planLadder } from '#media/ladder/plan-ladder.ts';
import { systemClock } from '#platform/clock.ts';
import { resolveEngine } from '#platform/ffmpeg/resolve-engine.ts';
import { videoEncoderOptions } from '#platform/ffmpeg/video-codecs.ts';
import { silentLog } from '#platform/log.ts';
import { createDiskStore } from '#platform/objects/disk-store.ts';
import { packageOutput } from '../../src/region/encoder/package-output.ts';
import { MediaWriter } from '../../src/region/shared/media-writer.ts';

export interface LadderResult {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly frames: number;
}

/** User and system time of this process and of every child that it has waited for, in seconds. */
function cpuSeconds(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0) / 100;
}

const [side, file = '', directory = ''] = process.argv.slice(2);
mkdirSync(directory, { recursive: true });
const engine = await resolveEngine(process.env, silentLog);

async function makePlan(): Promise<EncodePlan> {
  const probe = await engine.probe(file, { workDirectory: directory, signal: AbortSignal.timeout(60_000) });
  const result = planLadder(probe);
  if (result.kind === 'refused') throw new Error(result.reason);
  return result.plan;
}

async function ours(): Promise<number> {
  const plan = await makePlan();
  const video = defined(plan.video, 'video');
  const store = await createDiskStore(join(directory, 'store'));
  const writer = new MediaWriter({
    store,
    clock: systemClock,
    place: { projectId: 'default', assetId: `ast_${'0'.repeat(26)}`, version: 1, attempt: 1 },
    regionId: 'bench',
    timelineStartMs: plan.timelineStartMs,
    segmentDurationMs: plan.segmentDurationMs,
    durationMs: plan.durationMs,
    renditions: [
      ...video.outputs.map((output) => ({
        ...output,
        kind: 'video' as const,
        frameRate: perSecond(video.frameRate),
      })),
      ...plan.audio.map(({ id, bitrateBps }) => ({
        id,
        kind: 'audio' as const,
        bitrateBps,
        maxBitrateBps: bitrateBps,
      })),
    ],
    signal: new AbortController().signal,
  });
  const running = engine.encode({
    inputPath: file,
    workDirectory: directory,
    video,
    audio: plan.audio,
    timelineStartMs: plan.timelineStartMs,
    segmentDurationMs: plan.segmentDurationMs,
    niceness: 0,
  });
  await Promise.all([
    running.done,
    ...[...running.outputs].map(([id, output]) => packageOutput(id, output, writer, plan, () => undefined)),
  ]);
  await writer.finish();
  return writer.frameCount(defined(video.outputs[0], 'an output').id);
}

async function plain(plan: EncodePlan): Promise<number> {
  const video = defined(plan.video, 'video');
  const pads = video.outputs.map((_, index) => `[s${index}]`).join('');
  const scales = video.outputs.map(
    ({ width, height }, index) => `[s${index}]scale=${width}:${height},format=yuv420p[v${index}]`,
  );
  const graph = [`[0:v]split=${video.outputs.length}${pads}`, ...scales].join(';');
  const args = ['-v', 'error', '-nostdin', '-y', '-i', file, '-filter_complex', graph];
  for (const [index, output] of video.outputs.entries()) {
    args.push('-map', `[v${index}]`, '-c:v', 'libx264');
    for (const [name, value] of Object.entries(videoEncoderOptions(video, output)))
      args.push(name === 'b' ? '-b:v' : `-${name}`, value);
    // The audio is made once here too: only the first file carries it.
    if (index === 0) {
      const bitrateBps = defined(plan.audio[0], 'audio').bitrateBps;
      args.push('-map', '0:a:0', '-c:a', 'aac', '-b:a', String(bitrateBps));
    }
    args.push(join(directory, `${output.id}.mp4`));
  }
  const child = spawn('ffmpeg', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}`);
  return video.frameCount;
}

// What both know before the clock starts: the plan of the plain side is not its own work.
const plan = side === 'plain' ? await makePlan() : undefined;
const startedAtMs = performance.now();
const before = cpuSeconds();
const frames = plan === undefined ? await ours() : await plain(plan);
const result: LadderResult = {
  cpuSeconds: cpuSeconds() - before,
  wallSeconds: (performance.now() - startedAtMs) / 1_000,
  frames,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
