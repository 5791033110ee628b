// Keeps a viewer of a broadcast as near to the live edge as its hold-back allows: an hls.js instance, a video element,
// and the rule of core/playback/catch-up.ts between them. Give hls.js `maxLiveSyncPlaybackRate: 1`, else it sets the
// rate as well, and a `liveSyncOnStallIncrease` of less than its second. A speed that the viewer has chosen (`defaultPlaybackRate`) is left alone.

import Hls from 'hls.js';
import { catchUpRate } from '../../src/core/playback/catch-up.ts';
import { bufferedMsOf } from './viewing.ts';

/** Part of hls.js's class: an instance of any copy of it will do. */
export type LatencySource = Pick<Hls, 'latency' | 'targetLatency' | 'latestLevelDetails' | 'on'>;

/** Adapts the rate until the instance is destroyed. */
export function keepLatency(hls: LatencySource, video: HTMLVideoElement): void {
  const look = (): void => {
    if (video.paused || video.defaultPlaybackRate !== 1) return;
    const { latency, targetLatency } = hls;
    const rate =
      targetLatency === null || hls.latestLevelDetails?.live !== true
        ? 1
        : catchUpRate({
            behindMs: (latency - targetLatency) * 1_000,
            bufferedMs: bufferedMsOf(video),
            rate: video.playbackRate,
          });
    if (video.playbackRate !== rate) video.playbackRate = rate;
  };
  // A part arrives more often than the position is told.
  const events = ['timeupdate', 'progress'] as const;
  for (const event of events) video.addEventListener(event, look);
  hls.on(Hls.Events.DESTROYING, () => {
    for (const event of events) video.removeEventListener(event, look);
  });
}
