// Which rungs of a broadcast's ladder are made of a source, and how wide they are. Nothing is scaled up. As in the ladder
// of videos a rung names the short side, so that an upright feed gets the rungs of one that lies.

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

export interface LiveRung {
  readonly height: number;
  readonly bitrateBps: number;
}

export interface ChosenRendition extends PictureSize {
  readonly id: string;
  readonly bitrateBps: number;
}

const evenDown = (value: number): number => Math.max(2, Math.floor(value / 2) * 2);
const even = (value: number): number => Math.max(2, Math.round(value / 2) * 2);

/**
 * The renditions of a source, the largest first; a source below every rung keeps its size with the smallest rung's bit rate.
 * @param source the picture as players show it, with square pixels
 */
export function chooseLiveRungs(source: PictureSize, rungs: readonly LiveRung[]): ChosenRendition[] {
  const isUpright = source.height > source.width;
  const shortSide = evenDown(Math.min(source.width, source.height));
  const longSide = evenDown(Math.max(source.width, source.height));
  const descending = [...rungs].sort(
    (left, right) => right.height - left.height || right.bitrateBps - left.bitrateBps,
  );
  const fitting = descending.filter(
    ({ height }, index) =>
      height <= shortSide && evenDown(height) !== evenDown(descending[index - 1]?.height ?? 0),
  );
  const smallest = descending.at(-1);
  if (fitting.length === 0 && smallest !== undefined) fitting.push({ ...smallest, height: shortSide });
  return fitting.map(({ height, bitrateBps }) => {
    const short = evenDown(height);
    const long = short === shortSide ? longSide : even((short * longSide) / shortSide);
    const size = isUpright ? { width: short, height: long } : { width: long, height: short };
    return { id: `v${short}`, ...size, bitrateBps };
  });
}
