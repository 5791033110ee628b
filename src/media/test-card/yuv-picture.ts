// The picture of the test card as planes, for encoders that are fed raw frames.

import { type Band, PALETTE } from './picture.ts';

/** BT.601 with limited range, what decoders take small pictures for that say nothing: [Y, Cb, Cr] by index of colour. */
const YUV: readonly (readonly [number, number, number])[] = PALETTE.map(([red, green, blue]) => [
  Math.round(16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255),
  Math.round(128 + (-37.797 * red - 74.203 * green + 112 * blue) / 255),
  Math.round(128 + (112 * red - 93.786 * green - 18.214 * blue) / 255),
]);

/** Bytes of a frame in yuv420p. */
export function yuvBytes(width: number, height: number): number {
  return width * height + 2 * Math.ceil(width / 2) * Math.ceil(height / 2);
}

/** Paints bands as yuv420p: the luma plane, then Cb, then Cr at half the width and height. */
export function paintYuv(bands: readonly Band[], width: number, height: number): Uint8Array {
  const out = new Uint8Array(yuvBytes(width, height));
  const [halfWidth, halfHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const cbAt = width * height;
  const crAt = cbAt + halfWidth * halfHeight;
  let y = 0;
  for (const { rows, row } of bands) {
    // Painted once and copied: rows of a band are alike.
    const first = y * width;
    let x = 0;
    for (const [pixels, colour] of row) {
      out.fill(YUV[colour]?.[0] ?? 0, first + x, first + x + pixels);
      x += pixels;
    }
    for (let line = 1; line < rows; line += 1) out.copyWithin(first + line * width, first, first + width);
    const [halfFrom, halfTo] = [Math.ceil(y / 2), Math.ceil((y + rows) / 2)];
    for (const [plane, component] of [
      [cbAt, 1],
      [crAt, 2],
    ] as const) {
      const begin = plane + halfFrom * halfWidth;
      let from = 0;
      for (const [pixels, colour] of halfTo > halfFrom ? row : []) {
        out.fill(
          YUV[colour]?.[component] ?? 0,
          begin + Math.ceil(from / 2),
          begin + Math.ceil((from + pixels) / 2),
        );
        from += pixels;
      }
      for (let line = halfFrom + 1; line < halfTo; line += 1)
        out.copyWithin(plane + line * halfWidth, begin, begin + halfWidth);
    }
    y += rows;
  }
  return out;
}
