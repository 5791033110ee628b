// Watches the video element as a viewer would: is playing wanted, does the picture move, how long did the start take.

import { initialStallMeter, type Stall, sampleStall, stallsOf } from './stall-meter.ts';

/** How often position and buffer are looked at: half of the shortest stall that counts. */
const SAMPLE_MS = 50;

export type Viewing = {
  readonly isPlayingWanted: () => boolean;
  readonly startupMs: () => number | null;
  readonly stalls: () => readonly Stall[];
  /** Call when a new source is attached: the next frame counts as its first. */
  readonly expectFrame: () => void;
  readonly stop: () => void;
};

export type ViewingOptions = {
  readonly nowMs: () => number;
  readonly onFirstFrame: () => void;
  readonly onSample: (sample: { readonly hasProgressed: boolean; readonly isWaiting: boolean }) => void;
};

/** Milliseconds of media ahead of the playhead. */
export function bufferedMsOf(video: HTMLVideoElement): number {
  for (let i = 0; i < video.buffered.length; i += 1) {
    // A tenth of a second of slack: the first frame often starts a little after the playhead.
    if (video.buffered.start(i) <= video.currentTime + 0.1 && video.buffered.end(i) > video.currentTime)
      return Math.round((video.buffered.end(i) - video.currentTime) * 1_000);
  }
  return 0;
}

/** Starts watching. */
export function watchViewing(video: HTMLVideoElement, options: ViewingOptions): Viewing {
  let meter = initialStallMeter();
  let startupMs: number | null = null;
  let isPlayingWanted = video.autoplay || !video.paused;
  let sampledPosition = video.currentTime;

  const onPlay = (): void => {
    isPlayingWanted = true;
  };
  const onPause = (): void => {
    // A pause by the browser at the end or during a reload is nobody's wish.
    if (!video.ended && video.readyState > video.HAVE_NOTHING) isPlayingWanted = false;
  };
  const sample = (): void => {
    const isMeasured = isPlayingWanted && startupMs !== null && !video.seeking && !video.ended;
    const { currentTime, playbackRate } = video;
    meter = sampleStall(
      meter,
      {
        positionSeconds: currentTime,
        isPlayingWanted: isMeasured,
        playbackRate,
        bufferedMs: bufferedMsOf(video),
      },
      options.nowMs(),
    );
    const hasProgressed = currentTime !== sampledPosition;
    sampledPosition = currentTime;
    const isWaiting = !video.ended && (isPlayingWanted || video.readyState < video.HAVE_CURRENT_DATA);
    options.onSample({ hasProgressed, isWaiting });
  };
  video.addEventListener('play', onPlay);
  video.addEventListener('pause', onPause);
  const timer = setInterval(sample, SAMPLE_MS);

  return {
    isPlayingWanted: () => isPlayingWanted,
    startupMs: () => startupMs,
    stalls: () => stallsOf(meter, options.nowMs()),
    expectFrame: () => {
      video.requestVideoFrameCallback(() => {
        startupMs ??= Math.round(options.nowMs());
        options.onFirstFrame();
      });
    },
    stop: () => {
      clearInterval(timer);
      video.removeEventListener('play', onPlay);
      video.removeEventListener('pause', onPause);
    },
  };
}
