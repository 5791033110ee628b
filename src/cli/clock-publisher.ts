// A publisher whose pictures say when they were taken: raw frames of the clock card into ffmpeg, which publishes them.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { clockCardBands } from '#media/test-card/picture.ts';
import { paintYuv } from '#media/test-card/yuv-picture.ts';

const FRAME_RATE = 30;
const END_MS_MAX = 2_000;
/** Of what ffmpeg says, the last words are the reason. */
const SAID_CHARACTERS_MAX = 2_000;

export interface ClockPublication {
  readonly ffmpegPath: string;
  /** RTMP address with the stream key, or SRT address with the passphrase. */
  readonly url: string;
  readonly width: number;
  readonly height: number;
  readonly bitrateBps: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

function argumentsOf({ url, width, height, bitrateBps }: ClockPublication): string[] {
  const picture = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-video_size', `${width}x${height}`];
  // A beep at every second: what is heard belongs to the moment at which the digits change.
  const sound = 'sine=frequency=330:beep_factor=3:sample_rate=48000,volume=0.3';
  return [
    ...['-hide_banner', '-nostats', '-v', 'error', '-fflags', 'nobuffer'],
    ...[...picture, '-framerate', String(FRAME_RATE), '-i', 'pipe:0'],
    ...['-re', '-f', 'lavfi', '-i', sound],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', String(FRAME_RATE * 2)],
    ...['-b:v', String(bitrateBps), '-maxrate', String(bitrateBps), '-bufsize', String(bitrateBps)],
    ...['-c:a', 'aac', '-b:a', '96k', '-ac', '2', '-flush_packets', '1'],
    ...['-f', url.startsWith('srt:') ? 'mpegts' : 'flv', url],
  ];
}

/**
 * Publishes until `signal` fires or ffmpeg ends. Resolves to why it ended by itself, in ffmpeg's last words; undefined
 * when it was told to. Frames that are due are painted at once when they are late, so that sound and picture stay
 * together.
 */
export async function publishClock(publication: ClockPublication): Promise<string | undefined> {
  const { signal, width, height } = publication;
  if (signal.aborted) return undefined;
  const child = spawn(publication.ffmpegPath, argumentsOf(publication), {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-SAID_CHARACTERS_MAX);
  });
  const over = new AbortController();
  const stop = (): void => over.abort();
  const exited = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      said = error.message;
      resolve();
    });
    child.once('exit', () => resolve());
  }).then(() => over.abort());
  // Its end shows by the exit; what was still to be written is nobody's.
  child.stdin.on('error', () => undefined);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const beganMs = performance.now();
    for (let frame = 1; !over.signal.aborted; frame += 1) {
      const taken = child.stdin.write(paintYuv(clockCardBands(width, height, Date.now()), width, height));
      if (!taken) await once(child.stdin, 'drain', { signal: over.signal });
      await delay(Math.max(0, beganMs + (frame * 1_000) / FRAME_RATE - performance.now()), undefined, {
        signal: over.signal,
      });
    }
  } catch (error) {
    // Who closes the pipe is about to end, and says why.
    if (!over.signal.aborted && !child.stdin.destroyed) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    child.kill('SIGTERM');
    // A read from a pipe that stays open does not hear the signal.
    child.stdin.destroy();
    // Nor does a write to an ingest that takes nothing.
    const killing = setTimeout(() => child.kill('SIGKILL'), END_MS_MAX);
    await exited;
    clearTimeout(killing);
  }
  // The address holds the stream key or the passphrase, which is nobody's to read.
  const lastWords = said.replaceAll(publication.url, 'the ingest').trim().split('\n').at(-1) ?? '';
  return signal.aborted ? undefined : lastWords;
}
