// The engines of this machine, so that every test runs once for each, and what tests do with them.

import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Encode, EncodeRequest, Engine, ProbeResult } from '#platform/ffmpeg/engine.ts';
import { resolveEngine } from '#platform/ffmpeg/resolve-engine.ts';
import { findExecutable } from '#platform/ffmpeg/sandbox.ts';
import { silentLog } from '#platform/log.ts';
import { type FragmentedFile, readFragments } from './read-fragments.ts';

/** Both engines; node-av alone where no ffmpeg is on PATH at all. */
export async function allEngines(): Promise<Engine[]> {
  const hasFfmpeg = findExecutable('ffmpeg', process.env.PATH ?? '') !== null;
  return Promise.all([...(hasFfmpeg ? ['ffmpeg'] : []), 'node-av'].map(engineNamed));
}

/**
 * The same, or the one that MERIDIAN_TEST_ENGINE names: continuous integration tests ffmpeg with all the rest, then
 * node-av on a machine without ffmpeg, so that neither is tested twice.
 */
export async function engines(): Promise<Engine[]> {
  const only = process.env.MERIDIAN_TEST_ENGINE;
  return only === undefined ? allEngines() : [await engineNamed(only)];
}

function engineNamed(name: string): Promise<Engine> {
  return resolveEngine({ ...process.env, MERIDIAN_ENGINE: name }, silentLog);
}

/** A directory that the caller removes with `remove`. */
export async function temporaryDirectory(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'meridian-ffmpeg-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Processes whose working directory is this one: the children that an engine has running there. */
export function processesIn(directory: string): number[] {
  // At one go: a child that is looked for may live no longer than a probe takes.
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return Number.isInteger(pid) && readlinkSync(`/proc/${pid}/cwd`) === directory;
      } catch {
        // It has just ended.
        return false;
      }
    });
}

export async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Reads every output to its end and waits for the verdict. */
export async function finishEncode(encode: Encode): Promise<Map<string, FragmentedFile>> {
  const files = await Promise.all(
    [...encode.outputs].map(async ([id, stream]) => [id, readFragments(await readAll(stream))] as const),
  );
  await encode.done;
  return new Map(files);
}

/** A small encode of everything in the file: two renditions, and every audio track in stereo. */
export function smallRequest(inputPath: string, workDirectory: string, probe: ProbeResult): EncodeRequest {
  const { video } = probe;
  const frameRate = video?.frameRate ?? { numerator: 25, denominator: 1 };
  const upright = video !== null && video.rotationDegrees % 180 !== 0 ? { w: 90, h: 160 } : { w: 160, h: 90 };
  const output = (id: string, factor: number) => ({
    id,
    width: upright.w * factor,
    height: upright.h * factor,
    bitrateBps: 200_000 * factor,
    maxBitrateBps: 300_000 * factor,
  });
  return {
    inputPath,
    workDirectory,
    video:
      video === null
        ? null
        : {
            streamIndex: video.index,
            rotationDegrees: video.rotationDegrees,
            frameRate,
            framesPerSegment: Math.round((2 * frameRate.numerator) / frameRate.denominator),
            firstSegmentFrames: Math.ceil(frameRate.numerator / frameRate.denominator),
            frameCount: Math.round(
              ((video.startMs + (video.durationMs ?? 0)) * frameRate.numerator) /
                frameRate.denominator /
                1_000,
            ),
            outputs: [output('large', 2), output('small', 1)],
          },
    audio: probe.audio.map(({ index }, order) => ({
      id: `audio-${order}`,
      streamIndex: index,
      channels: 2,
      bitrateBps: 96_000,
    })),
    timelineStartMs: 10_000,
    segmentDurationMs: 2_000,
    niceness: 5,
  };
}
