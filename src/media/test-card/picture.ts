// The picture of the test card: colour bars, a sweeping line, and the running time in seven-segment digits.
// A frame is a list of bands of equal rows, each row a list of runs of one colour: nothing else is needed to encode it.

/** `[pixels, colour index]`, left to right; the pixels of a row add up to the width. */
export type Row = readonly (readonly [number, number])[];

export interface Band {
  readonly rows: number;
  readonly row: Row;
}

/** Colours by index, as [red, green, blue]. */
export const PALETTE: readonly (readonly [number, number, number])[] = [
  [13, 17, 33],
  [235, 235, 240],
  [230, 200, 70],
  [70, 190, 200],
  [90, 180, 100],
  [190, 90, 180],
  [205, 75, 75],
  [65, 95, 200],
  [255, 255, 255],
  [40, 48, 74],
];

const BACKGROUND = 0;
const BARS = [1, 2, 3, 4, 5, 6, 7] as const;
const LINE = 8;
const UNLIT = 9;

/** Lit segments per digit: top, upper left, upper right, middle, lower left, lower right, bottom. */
const DIGITS = [
  '1110111',
  '0010010',
  '1011101',
  '1011011',
  '0111010',
  '1101011',
  '1101111',
  '1010010',
  '1111111',
  '1111011',
];

/** A row of colours painted over the background: later strokes lie on top. */
function paint(
  width: number,
  strokes: readonly (readonly [from: number, to: number, colour: number])[],
): Row {
  const edges = [...new Set([0, width, ...strokes.map(([from]) => from), ...strokes.map(([, to]) => to)])]
    .filter((edge) => edge >= 0 && edge <= width)
    .sort((left, right) => left - right);
  return edges.slice(0, -1).map((from, index) => {
    const to = edges[index + 1] ?? width;
    const top = strokes.findLast(([start, end]) => start <= from && end >= to);
    return [to - from, top?.[2] ?? BACKGROUND] as const;
  });
}

/** Which horizontal strokes a digit shows in each of its five bands: top, upper, middle, lower, bottom. */
function digitStrokes(digit: number, band: number, left: number, size: number): [number, number, number][] {
  const lit = DIGITS[digit] ?? '';
  const colour = (segment: number): number => (lit[segment] === '1' ? LINE : UNLIT);
  const stem = Math.round(size / 5);
  if (band === 0 || band === 2 || band === 4)
    return [[left, left + size, colour(band === 0 ? 0 : band === 2 ? 3 : 6)]];
  const first = band === 1 ? 1 : 4;
  return [
    [left, left + stem, colour(first)],
    [left + size - stem, left + size, colour(first + 1)],
  ];
}

/** The bands of one frame, from top to bottom. */
export function testCardBands(
  width: number,
  height: number,
  frame: number,
  frameRate: number,
): readonly Band[] {
  const sweep = Math.round(((frame % (frameRate * 4)) / (frameRate * 4)) * (width - 8));
  const line = [sweep, sweep + 8, LINE] as const;
  const barWidth = width / BARS.length;
  const bars = BARS.map(
    (colour, index) => [Math.round(index * barWidth), Math.round((index + 1) * barWidth), colour] as const,
  );
  const tenths = Math.floor((frame * 10) / frameRate);
  const digits = [Math.floor(tenths / 100) % 10, Math.floor(tenths / 10) % 10, tenths % 10];
  const size = Math.round(height / 9);
  const start = Math.round(width / 2 - size * 2.25);
  const digitRow = (band: number): Row =>
    paint(
      width,
      digits.flatMap((digit, index) =>
        digitStrokes(
          digit,
          band,
          start + Math.round(index * size * 1.5 + (index === 2 ? size * 0.5 : 0)),
          size,
        ),
      ),
    );
  const stem = Math.round(size / 5);
  const half = Math.round(size * 0.7);
  const plain = paint(width, [line]);
  const digitBands = [stem, half, stem, half, stem].map((rows, band) => ({ rows, row: digitRow(band) }));
  const barRows = Math.round(height * 0.55);
  const used = barRows + digitBands.reduce((sum, { rows }) => sum + rows, 0);
  const above = Math.floor((height - used) / 2);
  return [
    { rows: barRows, row: paint(width, [...bars, line]) },
    { rows: above, row: plain },
    ...digitBands,
    { rows: height - used - above, row: plain },
  ];
}
