// A small line of one number over the last minutes, with the value under the pointer.

import { memo, type PointerEvent, useState } from 'react';
import type { Sample } from './sample.ts';

interface SparklineProps {
  readonly samples: readonly Sample[];
  readonly label: string;
  readonly format: (value: number) => string;
  readonly formatTime: (atMs: number) => string;
  /** The top of the scale; shared by neighbours so that their heights can be compared. */
  readonly maximum: number;
  /** The bottom of the scale, nought unless values may be below it. */
  readonly minimum?: number;
  /** Said in place of a line while there is none. */
  readonly emptyText?: string;
}

const WIDTH = 100;
const HEIGHT = 36;

/** Draws the samples, oldest first. */
export const Sparkline = memo(function Sparkline(props: SparklineProps) {
  const { samples, label, format, formatTime, maximum, minimum = 0 } = props;
  const [pointed, setPointed] = useState<number | null>(null);
  if (samples.length < 2)
    return (
      <div className="sparkline is-empty faint small">{props.emptyText ?? 'no traffic recorded yet'}</div>
    );
  const span = Math.max(maximum - minimum, 1);
  const points = samples.map(({ value }, index) => ({
    x: (index / (samples.length - 1)) * WIDTH,
    y: HEIGHT - 2 - ((value - minimum) / span) * (HEIGHT - 5),
  }));
  const line = points.map(({ x, y }) => `${x.toFixed(2)},${y.toFixed(2)}`).join(' L');
  const onMove = (event: PointerEvent<HTMLDivElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    setPointed(Math.min(samples.length - 1, Math.max(0, Math.round(share * (samples.length - 1)))));
  };
  const sample = pointed === null ? undefined : samples[pointed];
  const point = pointed === null ? undefined : points[pointed];
  return (
    <div className="sparkline" onPointerMove={onMove} onPointerLeave={() => setPointed(null)}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
        <path className="sparkline-area" d={`M0,${HEIGHT} L${line} L${WIDTH},${HEIGHT}Z`} />
        <path className="sparkline-line" d={`M${line}`} vectorEffect="non-scaling-stroke" />
      </svg>
      {sample !== undefined && point !== undefined && (
        <>
          <span
            className="sparkline-dot"
            style={{ left: `${point.x}%`, top: `${(point.y / HEIGHT) * 100}%` }}
          />
          <span
            className={point.x > 50 ? 'sparkline-tip is-left' : 'sparkline-tip'}
            style={{ left: `${point.x}%` }}
          >
            <b>{format(sample.value)}</b> {formatTime(sample.atMs)}
          </span>
        </>
      )}
    </div>
  );
});
