// Storyboards, previews and loudness from both engines: the right pictures at the right places.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { defined } from '#base/assert.ts';
import { splitJpegs } from '#media/jpeg/clean-jpeg.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import { allEngines, temporaryDirectory } from '../ffmpeg/support/engines.ts';

const directory = await temporaryDirectory();
after(directory.remove);
const signal = new AbortController().signal;

function ffmpeg(...args: string[]): Buffer {
  return execFileSync('ffmpeg', ['-v', 'error', '-y', ...args], { maxBuffer: 64 << 20 });
}

/** A rendition as ours are: fragmented, one key frame a second; its n-th second is of the n-th grey. */
function greyRendition(seconds: number): string {
  const path = join(directory.path, `grey-${seconds}.mp4`);
  const picture = `color=c=gray:size=96x54:rate=10:duration=${seconds},geq=lum='16+20*floor(N/10)':cb=128:cr=128`;
  ffmpeg(
    ...['-f', 'lavfi', '-i', picture, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-g', '10'],
    ...['-x264-params', 'scenecut=0', '-movflags', '+frag_keyframe+empty_moov+default_base_moof', path],
  );
  return path;
}

/** Grey values of a picture file, one byte per pixel. */
function greys(path: string, width: number, height: number): Buffer {
  const pixels = ffmpeg('-i', path, '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1');
  assert.equal(pixels.length % (width * height), 0, 'the picture has the planned size');
  return pixels;
}

for (const engine of await allEngines()) {
  test(`${engine.name}: a storyboard shows one key frame per segment, in order, on full sheets`, async () => {
    const board = { tileWidth: 48, tileHeight: 28, columns: 2, rows: 2 };
    const sheets = splitJpegs(
      await engine.storyboard({
        inputPath: greyRendition(6),
        workDirectory: directory.path,
        ...{ ...board, niceness: 0, signal },
      }),
    );
    assert.equal(sheets.length, 2);
    const values = sheets.flatMap((sheet, index) => {
      const path = join(directory.path, `${engine.name}-${index}.jpg`);
      writeFileSync(path, sheet);
      const pixels = greys(path, 96, 56);
      const middle = (column: number, row: number): number =>
        defined(pixels[(row * 28 + 14) * 96 + column * 48 + 24], 'a pixel');
      return [middle(0, 0), middle(1, 0), middle(0, 1), middle(1, 1)];
    });
    // Limited range 16, 36, 56 … comes out as full range; what is left of the last sheet is black.
    const expected = [0, 23, 47, 70, 93, 116, 0, 0];
    for (const [index, value] of values.entries())
      assert.ok(
        Math.abs(value - defined(expected[index], 'a value')) <= 4,
        `${values} instead of ${expected}`,
      );
  });

  test(`${engine.name}: a preview is a short silent film of all frames, whatever their times are`, async () => {
    const film = await engine.preview({
      inputPath: greyRendition(6),
      workDirectory: directory.path,
      ...{ width: 64, height: 36, frameRate: 10, niceness: 0, signal },
    });
    const path = join(directory.path, `${engine.name}-preview.mp4`);
    writeFileSync(path, film);
    const entries = 'stream=codec_name,width,height,nb_read_frames';
    const probe = ['-v', 'error', '-count_frames', '-show_entries', entries, '-of', 'csv=p=0', path];
    assert.equal(execFileSync('ffprobe', probe, { encoding: 'utf8' }).trim(), 'h264,64,36,72');
    assert.ok(film.length < 40_000, `${film.length} bytes`);
  });

  test(`${engine.name}: loudness is measured over the whole track, and silence has none`, async () => {
    const loud = join(directory.path, 'tone.wav');
    // A stereo sine of 997 Hz with peaks at -20 dBFS is at -20 LUFS by the definition of the unit.
    const sine = "aevalsrc='0.1*sin(997*2*PI*t)|0.1*sin(997*2*PI*t)':s=48000:d=6";
    ffmpeg('-f', 'lavfi', '-i', sine, loud);
    const silent = join(directory.path, 'silence.wav');
    ffmpeg('-f', 'lavfi', '-i', 'anullsrc=r=48000:cl=stereo:d=3', silent);
    const measure = (inputPath: string) =>
      engine.loudness({ inputPath, workDirectory: directory.path, streamIndex: 0, niceness: 0, signal });
    const measured = defined(await measure(loud), 'a loudness');
    assert.ok(Math.abs(measured.integratedLufs + 20) < 0.15, `${measured.integratedLufs} LUFS`);
    assert.ok(Math.abs(measured.truePeakDb + 20) < 0.2, `${measured.truePeakDb} dB`);
    assert.equal(await measure(silent), null);
  });

  test(`${engine.name}: a track is encoded louder by the given gain`, async () => {
    const source = join(directory.path, 'quiet.wav');
    ffmpeg('-f', 'lavfi', '-i', "aevalsrc='0.05*sin(997*2*PI*t)|0.05*sin(997*2*PI*t)':s=48000:d=6", source);
    const peaks = await Promise.all([0, 12].map((gainDb) => encodedLoudness(engine, source, gainDb)));
    assert.ok(Math.abs(defined(peaks[1], 'loud') - defined(peaks[0], 'plain') - 12) < 0.2, String(peaks));
  });
}

async function encodedLoudness(engine: Engine, inputPath: string, gainDb: number): Promise<number> {
  const running = engine.encode({
    inputPath,
    workDirectory: directory.path,
    video: null,
    audio: [{ id: 'audio-1', streamIndex: 0, channels: 2, bitrateBps: 128_000, gainDb }],
    timelineStartMs: 10_000,
    segmentDurationMs: 2_000,
    niceness: 0,
  });
  const chunks: Buffer[] = [];
  for await (const chunk of defined(running.outputs.get('audio-1'), 'the output') as AsyncIterable<Buffer>)
    chunks.push(chunk);
  await running.done;
  const path = join(directory.path, `${engine.name}-gain-${gainDb}.mp4`);
  writeFileSync(path, Buffer.concat(chunks));
  const request = { inputPath: path, workDirectory: directory.path, streamIndex: 0, niceness: 0, signal };
  return defined(await engine.loudness(request), 'a loudness').integratedLufs;
}
