// Finds the place of video frames on the grid of the frame rate. A publisher's frames lie anywhere between two places,
// with times rounded to milliseconds or jittering by more; plain rounding would then put two frames on one place and
// none on the next, again and again. So the distance of the first frame to its place is remembered and subtracted, and
// follows slowly, as clocks drift.
// Limits: frames are up to three quarters of a place off; past that a place is left out or two frames share one. Two channels may place a frame one apart; numbers and counts
// of frames do not depend on it.

/** How much of each frame's deviation is taken over: jitter is evened out over some seconds. */
const FOLLOWING = 0.005;

/** Past the half, so that a distance near it does not lead back and forth. */
const BIAS_MAX = 0.75;

/** Creates the placer of one run of frames. */
export function createFramePlacer(frameRate: number): (ptsUs: number) => number {
  let bias: number | undefined;
  return (ptsUs) => {
    const position = (ptsUs * frameRate) / 1e6;
    bias ??= position - Math.round(position);
    if (Math.abs(bias) > BIAS_MAX) bias -= Math.sign(bias);
    const index = Math.round(position - bias);
    bias += (position - bias - index) * FOLLOWING;
    return index;
  };
}
