// What a graph is told: lines, marks, limits, and how values are written.

export type ChartTone = 'good' | 'warn' | 'bad' | `hue-${0 | 1 | 2 | 3 | 4 | 5}`;

export interface ChartLine {
  readonly label: string;
  /** One for each time; null where nothing is known, which is drawn as a gap. */
  readonly values: readonly (number | null)[];
  /** Default: the next hue. */
  readonly tone?: ChartTone;
  /** Fills what is below. */
  readonly isArea?: boolean;
}

/** Something that happened: a line from top to bottom with a flag. */
export interface ChartMark {
  readonly atMs: number;
  readonly label: string;
  readonly kind: 'change' | 'alert' | 'incident';
  /** Where to read more. */
  readonly href?: string;
}

/** A value that means something, as a dashed line across. */
export interface ChartLimit {
  readonly value: number;
  readonly label: string;
  readonly tone?: ChartTone;
}

export interface ChartProps {
  readonly title: string;
  /** Starts of the steps, rising. */
  readonly timesMs: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly fromMs: number;
  readonly toMs: number;
  /** Writes a value with its unit. */
  readonly format: (value: number) => string;
  readonly marks?: readonly ChartMark[];
  readonly limits?: readonly ChartLimit[];
  readonly heightPx?: number;
  /** The top of the scale is at least this; the bottom is zero. */
  readonly topMin?: number;
  /** The scale never goes past this, e.g. 1 for shares. */
  readonly topMax?: number;
  /** Where the scale begins when zero would hide what is there, e.g. a share near one. */
  readonly bottom?: number;
  /** Graphs with the same key move their pointers together. */
  readonly syncKey?: string;
  /** Called with the stretch that was dragged over. */
  readonly onRange?: (fromMs: number, toMs: number) => void;
}

const HUES = 6;

/** The tone of a line. */
export function toneOf(line: ChartLine, index: number): ChartTone {
  return line.tone ?? (`hue-${index % HUES}` as ChartTone);
}
