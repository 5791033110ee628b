// A publisher whose picture flashes and whose sound beeps in the first tenth of each second, by one clock, and how far
// apart the two are in what viewers get: that is how sound drifts against the picture.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defined } from '#base/assert.ts';
import { inspectInit, inspectSegment } from '#media/cmaf/inspect-segment.ts';
import { parsePlaylist } from '#media/hls/parse-playlist.ts';
import { median } from '../row.ts';

const FRAME_RATE = 30;
const SAMPLE_RATE = 48_000;
const FLASH_SECONDS = 0.1;
/** Of 0 … 255: between the dark picture and the flash. */
const BRIGHT = 110;
/** Of 32,767: a tenth of the beep, so that what an encoder smears before it does not count. */
const LOUD = 1_600;
const SEGMENTS = 6;
/** A flash and a beep that are this near belong together. */
const PAIR_MS_MAX = 400;

/** Publishes until it is stopped, for so many seconds at most. */
export function publishFlashes(url: string, seconds: number): { stop(): Promise<void> } {
  const isOn = `lt(mod(t,1),${FLASH_SECONDS})`;
  // Something moves all the time, so that the picture is not taken for frozen.
  const picture = `testsrc2=size=640x360:rate=${FRAME_RATE},eq=brightness=-0.5,drawbox=t=fill:color=white:enable='${isOn}'`;
  const sound = `aevalsrc='0.5*sin(2*PI*1000*t)*${isOn}':sample_rate=${SAMPLE_RATE}`;
  const child: ChildProcess = spawn(
    'ffmpeg',
    [
      ...['-v', 'error', '-nostdin', '-re', '-f', 'lavfi', '-i', picture, '-re', '-f', 'lavfi', '-i', sound],
      ...['-t', String(seconds), '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency'],
      ...['-g', String(FRAME_RATE * 2), '-b:v', '800k', '-pix_fmt', 'yuv420p'],
      ...['-c:a', 'aac', '-ac', '2', '-b:a', '96k', '-f', 'flv', url],
    ],
    { stdio: 'ignore' },
  );
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

interface Track {
  readonly path: string;
  /** When its first sample is presented, in seconds since the epoch. */
  readonly startSeconds: number;
}

/** Fetches the newest whole segments of a rendition as one file. */
async function fetchTrack(base: string, folder: string, name: string): Promise<Track> {
  const playlist = parsePlaylist(await (await fetch(`${base}/index.m3u8`)).text());
  if (playlist.kind !== 'media') throw new Error(`${base} has no media playlist`);
  const bytesOf = async (uri: string): Promise<Buffer> =>
    Buffer.from(await (await fetch(`${base}/${uri}`)).arrayBuffer());
  const segments = playlist.segments.filter(({ isGap }) => !isGap).slice(-SEGMENTS);
  const initUri = defined(playlist.segments.find(({ map }) => map !== null)?.map, 'an init segment').uri;
  const init = await bytesOf(initUri);
  const bodies: Buffer[] = [];
  for (const { uri } of segments) bodies.push(await bytesOf(uri));
  const { tracks } = inspectInit(init);
  const { fragments } = inspectSegment(defined(bodies[0], 'a segment'), tracks);
  const startTicks = defined(fragments[0], 'a fragment').earliestPresentationTicks;
  const path = join(folder, `${name}.mp4`);
  await writeFile(path, Buffer.concat([init, ...bodies]));
  return { path, startSeconds: startTicks / defined(tracks[0], 'a track').timescale };
}

function decode(path: string, ...output: string[]): Buffer {
  const { status, stdout, stderr } = spawnSync(
    'ffmpeg',
    ['-v', 'error', '-nostdin', '-i', path, ...output, 'pipe:1'],
    { maxBuffer: 64 << 20 },
  );
  if (status !== 0) throw new Error(`ffmpeg cannot decode ${path}: ${stderr.toString()}`);
  return stdout;
}

/** Moments at which a flash begins, in seconds since the epoch. */
function flashesOf({ path, startSeconds }: Track): number[] {
  const frames = [...decode(path, '-vf', 'scale=1:1:flags=area,format=gray', '-f', 'rawvideo')];
  return frames.flatMap((level, index) =>
    level > BRIGHT && index > 0 && (frames[index - 1] ?? 0) <= BRIGHT
      ? [startSeconds + index / FRAME_RATE]
      : [],
  );
}

/** Moments at which a beep begins: the first loud sample after a silence of half a flash. */
function beepsOf({ path, startSeconds }: Track): number[] {
  const bytes = decode(path, '-ac', '1', '-ar', String(SAMPLE_RATE), '-f', 's16le');
  const beeps: number[] = [];
  let silentSamples = 0;
  for (let index = 0; index < bytes.length / 2; index += 1) {
    const isLoud = Math.abs(bytes.readInt16LE(index * 2)) > LOUD;
    if (isLoud && silentSamples > (SAMPLE_RATE * FLASH_SECONDS) / 2)
      beeps.push(startSeconds + index / SAMPLE_RATE);
    silentSamples = isLoud ? 0 : silentSamples + 1;
  }
  return beeps;
}

/**
 * How many milliseconds the sound is behind the picture at an edge, by its newest segments; undefined when too little
 * of them is whole, as on a machine that cannot keep up with publishing.
 */
export async function soundBehindMs(videoBase: string, audioBase: string): Promise<number | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'meridian-bench-drift-'));
  try {
    const [video, audio] = [
      await fetchTrack(videoBase, folder, 'video'),
      await fetchTrack(audioBase, folder, 'audio'),
    ];
    const beeps = beepsOf(audio);
    const apart = flashesOf(video).flatMap((flash) => {
      const nearest = beeps.find((beep) => Math.abs(beep - flash) * 1_000 < PAIR_MS_MAX);
      return nearest === undefined ? [] : [(nearest - flash) * 1_000];
    });
    return apart.length < SEGMENTS ? undefined : median(apart);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
