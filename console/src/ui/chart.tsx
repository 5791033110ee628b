// A graph over time: lines or areas with their unit, limits, marks of what happened, the values under the pointer, and
// the same as a table. This file is the frame; what draws (uPlot) is loaded when the first graph is shown.

import { lazy, Suspense, useId, useState } from 'react';
import { type ChartLine, type ChartMark, type ChartProps, toneOf } from './chart-types.ts';
import { formatDateTime } from './format.ts';
import { Icon } from './icon.tsx';
import { useStore } from './store.ts';
import { timeZone, zoneLabel } from './time-zone.ts';

const ChartPlot = lazy(async () => ({ default: (await import('./chart-plot.tsx')).ChartPlot }));

/** The graph with its heading, legend and table. */
export function Chart(props: ChartProps) {
  const { title, lines, timesMs, format, toMs, heightPx = 180 } = props;
  const [pointed, setPointed] = useState<number | null>(null);
  const [isTable, setIsTable] = useState(false);
  const headingId = useId();
  useStore(timeZone);
  const at = pointed === null ? undefined : timesMs[pointed];
  const shown = pointed ?? lastKnown(lines, timesMs.length);
  return (
    <section className="chart" aria-labelledby={headingId}>
      <div className="chart-head">
        <h3 id={headingId}>{title}</h3>
        <span className="chart-time faint small">
          {at === undefined ? `newest, ${zoneLabel(toMs)}` : `${formatDateTime(at)} ${zoneLabel(at)}`}
        </span>
        <button
          type="button"
          className="button quiet compact"
          aria-pressed={isTable}
          onClick={() => setIsTable(!isTable)}
        >
          <Icon name="jobs" />
          Table
        </button>
      </div>
      <ul className="chart-legend">
        {lines.map((line, index) => (
          <li key={line.label}>
            <span className={`chart-key tone-${toneOf(line, index)}`} />
            {line.label}
            <b>{valueText(line.values[shown] ?? null, format)}</b>
          </li>
        ))}
      </ul>
      {isTable ? (
        <ChartTable {...props} />
      ) : timesMs.length === 0 ? (
        <div className="chart-empty faint small" style={{ height: heightPx }}>
          Nothing was recorded in this time.
        </div>
      ) : (
        <Suspense fallback={<div className="chart-plot" style={{ height: heightPx }} />}>
          <ChartPlot {...props} heightPx={heightPx} pointed={pointed} onPoint={setPointed} />
        </Suspense>
      )}
    </section>
  );
}

/** The newest step that any line knows. */
function lastKnown(lines: readonly ChartLine[], count: number): number {
  for (let index = count - 1; index >= 0; index -= 1)
    if (lines.some(({ values }) => (values[index] ?? null) !== null)) return index;
  return count - 1;
}

function valueText(value: number | null, format: (value: number) => string): string {
  return value === null ? '–' : format(value);
}

/** The newest first; marks stand where they happened. */
function ChartTable({ title, lines, timesMs, format, marks = [], heightPx = 180 }: ChartProps) {
  const rows = timesMs.map((atMs, index) => ({ atMs, index }));
  return (
    <div className="chart-table" style={{ maxHeight: heightPx * 2 }}>
      <table className="table" aria-label={title}>
        <thead>
          <tr>
            <th>Time</th>
            {lines.map(({ label }) => (
              <th key={label} className="number">
                {label}
              </th>
            ))}
            {marks.length > 0 && <th>What happened</th>}
          </tr>
        </thead>
        <tbody>
          {rows.reverse().map(({ atMs, index }) => (
            <tr key={atMs}>
              <td>{formatDateTime(atMs)}</td>
              {lines.map(({ label, values }) => (
                <td key={label} className="number">
                  {valueText(values[index] ?? null, format)}
                </td>
              ))}
              {marks.length > 0 && (
                <td>
                  {marks
                    .filter(
                      (mark) =>
                        mark.atMs >= atMs && mark.atMs < (timesMs[index + 1] ?? Number.POSITIVE_INFINITY),
                    )
                    .map((mark) => (
                      <MarkName key={`${mark.atMs} ${mark.label}`} mark={mark} />
                    ))}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function MarkName({ mark }: { readonly mark: ChartMark }) {
  return <div>{mark.href === undefined ? mark.label : <a href={mark.href}>{mark.label}</a>}</div>;
}
