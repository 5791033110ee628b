// The grid of each rendition of a broadcast, from its timeline: the same at the channels that make the parts and at the
// edges that name them.

import { assert } from '#base/assert.ts';
import type { BroadcastTimeline, LiveRendition } from '#contract/live.ts';
import { createPartGrid, type PartGrid } from '#media/cmaf/part-grid.ts';
import { AUDIO_FRAME_SAMPLES } from '#media/contribution/audio-grid.ts';

/** The grid of a rendition. */
export function gridOfRendition(
  { anchorMs, segmentDurationMs, partsPerSegment, video, audio }: BroadcastTimeline,
  { kind, timescale }: Pick<LiveRendition, 'kind' | 'timescale'>,
): PartGrid {
  const common = { anchorMs, segmentDurationMs, partsPerSegment, timescale };
  if (kind === 'audio')
    return createPartGrid({
      ...common,
      frameTicks: AUDIO_FRAME_SAMPLES,
      phaseTicks: audio?.phaseSamples ?? 0,
    });
  assert(video !== null, 'a timeline with video');
  return createPartGrid({ ...common, frameTicks: timescale / video.frameRate });
}
