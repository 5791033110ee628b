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

/** How tall the parts of digits are, from top to bottom: strokes across and the stems between them. */
const digitHeights = (size: number): readonly number[] => {
  const [stroke, half] = [Math.round(size / 5), Math.round(size * 0.7)];
  return [stroke, half, stroke, half, stroke];
};

/** Groups of digits in the middle of the picture, half a digit apart; `size` is the width of a digit. */
function digitBands(width: number, groups: readonly (readonly number[])[], size: number): readonly Band[] {
  const count = groups.flat().length;
  const wide = Math.round(size * (count * 1.5 - 0.5 + (groups.length - 1) * 0.5));
  const start = Math.round((width - wide) / 2);
  const digits = groups.flatMap((group, index) => group.map((digit) => ({ digit, gap: index * size * 0.5 })));
  return digitHeights(size).map((rows, band) => ({
    rows,
    row: paint(
      width,
      digits.flatMap(({ digit, gap }, index) =>
        digitStrokes(digit, band, start + Math.round(index * size * 1.5 + gap), size),
      ),
    ),
  }));
}

/** Bars with a line that sweeps over them once in `periodMs`. */
function barsAt(width: number, atMs: number, periodMs: number) {
  const sweep = Math.round(((atMs % periodMs) / periodMs) * (width - 8));
  const line = [sweep, sweep + 8, LINE] as const;
  const barWidth = width / BARS.length;
  const bars = BARS.map(
    (colour, index) => [Math.round(index * barWidth), Math.round((index + 1) * barWidth), colour] as const,
  );
  return { bars: paint(width, [...bars, line]), plain: paint(width, [line]) };
}

const digitsOf = (value: number, count: number): number[] =>
  [...String(value).padStart(count, '0').slice(-count)].map(Number);

/** The bands of one frame, from top to bottom; the digits tell the running time. */
export function testCardBands(
  width: number,
  height: number,
  frame: number,
  frameRate: number,
): readonly Band[] {
  const { bars, plain } = barsAt(width, (frame * 1_000) / frameRate, 4_000);
  const tenths = Math.floor((frame * 10) / frameRate);
  const digits = digitBands(
    width,
    [digitsOf(Math.floor(tenths / 10), 2), [tenths % 10]],
    Math.round(height / 9),
  );
  return between(height, { rows: Math.round(height * 0.55), row: bars }, digits, plain);
}

/** Cells of the strip: a mark, 27 bits of milliseconds of the day with the highest first, parity, a mark. */
export const CLOCK_CELLS = 32;
/** The strip covers this share of the height, from the top. */
export const CLOCK_STRIP_SHARE = 1 / 9;
const CLOCK_BITS = 27;
const DAY_MS = 86_400_000;

/** Lit and dark cells that say when a picture was taken, for machines to read back. */
export function clockCells(atMs: number): readonly boolean[] {
  const ofDay = atMs % DAY_MS;
  const bits = Array.from({ length: CLOCK_BITS }, (_, bit) => ((ofDay >> (CLOCK_BITS - 1 - bit)) & 1) === 1);
  const isOdd = bits.filter(Boolean).length % 2 === 1;
  return [true, false, ...bits, isOdd, false, true];
}

/**
 * Reads the strip back: one brightness (0 to 255) per cell, taken at its middle. Undefined when it is no strip, or two
 * pictures that lie over each other. Otherwise the milliseconds of the UTC day.
 */
export function readClock(brightness: readonly number[]): number | undefined {
  const cells = brightness.map((value) => value > 127);
  const bits = cells.slice(2, 2 + CLOCK_BITS);
  const ofDay = bits.reduce((value, isLit) => value * 2 + (isLit ? 1 : 0), 0);
  return clockCells(ofDay).every((isLit, index) => cells[index] === isLit) ? ofDay : undefined;
}

/** A picture that says when it was taken: UTC to the hundredth for people, and a strip that `readClock` reads. */
export function clockCardBands(width: number, height: number, atMs: number): readonly Band[] {
  const { bars, plain } = barsAt(width, atMs, 4_000);
  const cells = clockCells(atMs).map((isLit, index) => {
    const edge = (cell: number): number => Math.round((cell * width) / CLOCK_CELLS);
    return [edge(index), edge(index + 1), isLit ? LINE : BACKGROUND] as const;
  });
  const time = new Date(atMs);
  const groups = [
    digitsOf(time.getUTCHours(), 2),
    digitsOf(time.getUTCMinutes(), 2),
    digitsOf(time.getUTCSeconds(), 2),
    digitsOf(Math.floor(time.getUTCMilliseconds() / 10), 2),
  ];
  const strip = { rows: Math.round(height * CLOCK_STRIP_SHARE), row: paint(width, cells) };
  const below = between(
    height - strip.rows,
    { rows: Math.round(height * 0.45), row: bars },
    digitBands(width, groups, Math.round(height / 12)),
    plain,
  );
  return [strip, ...below];
}

/** Digits in the middle of what `first` leaves of the height. */
function between(height: number, first: Band, digits: readonly Band[], plain: Row): readonly Band[] {
  const used = first.rows + digits.reduce((sum, { rows }) => sum + rows, 0);
  const above = Math.floor((height - used) / 2);
  return [first, { rows: above, row: plain }, ...digits, { rows: height - used - above, row: plain }];
}
