// Brings audio tracks to the loudness that the project asks for: each is measured over its whole length first, and then
// encoded with one constant gain. That costs reading the file once more before the first segment, so it happens only
// when somebody asks for it.

import type { LeasedJob } from '#contract/jobs.ts';
import type { PlannedAudio } from '#media/ladder/plan-ladder.ts';
import { loudnessGainDb } from '#media/loudness/gain.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import type { Log } from '#platform/log.ts';
import { ENCODER_NICENESS } from './limits.ts';

/** The tracks with their gains; as they are when no loudness is asked for. */
export async function levelAudio(
  audio: readonly PlannedAudio[],
  job: LeasedJob,
  paths: { readonly inputPath: string; readonly workDirectory: string },
  { engine, log }: { readonly engine: Engine; readonly log: Log },
  signal: AbortSignal,
): Promise<(PlannedAudio & { gainDb?: number })[]> {
  const { targetLufs } = job;
  if (targetLufs === undefined) return [...audio];
  const levelled: (PlannedAudio & { gainDb?: number })[] = [];
  for (const track of audio) {
    const { streamIndex } = track;
    const measured = await engine.loudness({ ...paths, streamIndex, niceness: ENCODER_NICENESS, signal });
    const gainDb = measured === null ? 0 : loudnessGainDb(measured, targetLufs);
    log.info(
      { job: job.id, track: track.id, targetLufs, ...measured, gainDb },
      'measured the loudness of a track',
    );
    levelled.push(gainDb === 0 ? track : { ...track, gainDb });
  }
  return levelled;
}
