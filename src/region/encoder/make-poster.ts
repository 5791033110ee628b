// The picture that stands for a video before it plays: a frame from a tenth of the way in, or from later on when that
// one is nearly of one colour, as leaders and fades are. How much a JPEG shrinks tells that well enough.

import type { EncodePlan } from '#media/ladder/plan-ladder.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import { POSTER_BYTES_PER_KILOPIXEL_MIN, POSTER_LONG_SIDE_MAX } from './limits.ts';

/** Where to look, as shares of the length. */
const PLACES = [0.1, 0.35, 0.6];

/** Makes the poster of a plan with video; returns null when there is no video. */
export async function makePoster(
  engine: Engine,
  plan: EncodePlan,
  paths: { inputPath: string; workDirectory: string },
  signal: AbortSignal,
): Promise<Buffer | null> {
  const largest = plan.video?.outputs[0];
  if (largest === undefined) return null;
  const scale = Math.min(1, POSTER_LONG_SIDE_MAX / Math.max(largest.width, largest.height));
  const even = (value: number): number => Math.max(2, Math.round((value * scale) / 2) * 2);
  const size = { width: even(largest.width), height: even(largest.height) };
  const enoughBytes = ((size.width * size.height) / 1_000) * POSTER_BYTES_PER_KILOPIXEL_MIN;
  let best: Buffer | null = null;
  for (const place of PLACES) {
    const atMs = Math.floor(plan.durationMs * place);
    const jpeg = await engine.poster({ ...paths, ...size, atMs, signal });
    if (best === null || jpeg.length > best.length) best = jpeg;
    if (jpeg.length >= enoughBytes) break;
  }
  return best;
}
