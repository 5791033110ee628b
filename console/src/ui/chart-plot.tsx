// The drawing of a graph, by uPlot (ADR 0018). Lines, scales and the pointer are uPlot's; marks and limits lie above it
// as elements, so that they have labels, links and focus.
// Limits: 2,000 steps draw in a few milliseconds; colours are read when a graph is made, so a change of theme makes it
// anew.

import { useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { theme } from '../shell/theme.ts';
import { type PlacedMark, placeMarks, tickTexts, topOf } from './chart-layout.ts';
import { type ChartLine, type ChartProps, type ChartTone, toneOf } from './chart-types.ts';
import { formatDateTime } from './format.ts';
import { useStore } from './store.ts';
import { timeZone, zoneName } from './time-zone.ts';

interface PlotProps extends ChartProps {
  readonly heightPx: number;
  readonly pointed: number | null;
  readonly onPoint: (index: number | null) => void;
}

/** Where the lines are drawn, in pixels of the element. */
interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const AXIS_WIDTH_PX = 72;
const FILL_SHARE = '2b';

/** What colours are now: canvas knows no custom properties. */
function createPalette(element: HTMLElement): (name: string) => string {
  const probe = document.createElement('span');
  probe.hidden = true;
  element.append(probe);
  return (name) => {
    probe.style.color = `var(--${name})`;
    return toHex(getComputedStyle(probe).color);
  };
}

/** "rgb(47, 111, 214)" → "#2f6fd6", so that a share can be put behind. */
function toHex(color: string): string {
  const parts = color.match(/[\d.]+/g)?.slice(0, 3) ?? [];
  return `#${parts.map((part) => Math.round(Number(part)).toString(16).padStart(2, '0')).join('')}`;
}

const colorName = (tone: ChartTone): string => (tone.startsWith('hue-') ? tone : `${tone}-mark`);

function seriesOf(line: ChartLine, index: number, palette: (name: string) => string): uPlot.Series {
  const color = palette(colorName(toneOf(line, index)));
  return {
    label: line.label,
    stroke: color,
    width: 1.75,
    ...(line.isArea === true ? { fill: `${color}${FILL_SHARE}` } : {}),
    spanGaps: false,
    points: { show: (plot, series) => isLonely(plot, series), size: 4, fill: color },
  };
}

/** A step with gaps on both sides would not be seen as a line. */
function isLonely(plot: uPlot, series: number): boolean {
  const values = plot.data[series] ?? [];
  return values.some(
    (value, index) => value != null && values[index - 1] == null && values[index + 1] == null,
  );
}

/** How a graph is made; when one of these is another, it is made anew. */
interface Design {
  readonly lines: readonly ChartLine[];
  readonly heightPx: number;
  readonly zone: string | undefined;
  readonly syncKey: string | undefined;
  readonly hasRange: boolean;
}

function optionsOf(
  design: Design,
  props: () => PlotProps,
  widthPx: number,
  palette: (name: string) => string,
  hooks: uPlot.Hooks.Arrays,
): uPlot.Options {
  const { zone, syncKey } = design;
  const grid = { stroke: palette('border'), width: 1 };
  const axis = { stroke: palette('text-faint'), font: '11px system-ui, sans-serif', grid, ticks: grid };
  return {
    width: widthPx,
    height: design.heightPx,
    ms: 1,
    ...(zone === undefined ? {} : { tzDate: (atMs: number) => uPlot.tzDate(new Date(atMs), zone) }),
    legend: { show: false },
    cursor: {
      points: { size: 6 },
      drag: { x: design.hasRange, y: false, setScale: false },
      ...(syncKey === undefined ? {} : { sync: { key: syncKey, scales: ['x', null] } }),
    },
    scales: {
      x: { range: () => [props().fromMs, props().toMs] },
      y: { range: (_, __, max) => [props().bottom ?? 0, topOf(max, props())] },
    },
    axes: [
      { ...axis, size: 28, space: 70, values: (_, splits, __, ___, step) => tickTexts(splits, step) },
      {
        ...axis,
        size: AXIS_WIDTH_PX,
        space: 34,
        values: (_, splits) => splits.map((value) => props().format(value)),
      },
    ],
    series: [{}, ...design.lines.map((line, index) => seriesOf(line, index, palette))],
    hooks,
  };
}

/** The graph; a slider that only the keyboard sees moves the pointer from step to step. */
export function ChartPlot(props: PlotProps) {
  const { timesMs, lines, heightPx, pointed, onPoint, fromMs, toMs } = props;
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const [area, setArea] = useState<Area | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const design = useDesign(props);

  useEffect(() => {
    const host = element.current;
    if (host === null) return;
    const made = makePlot(host, design, () => latest.current, setArea);
    plot.current = made;
    const observer = new ResizeObserver(() =>
      made.setSize({ width: host.clientWidth, height: design.heightPx }),
    );
    observer.observe(host);
    return () => {
      observer.disconnect();
      made.destroy();
      host.replaceChildren();
      plot.current = undefined;
    };
  }, [design]);

  useEffect(() => {
    // The range is read while the data are set.
    if (fromMs < toMs) plot.current?.setData(dataOf(timesMs, lines));
  }, [timesMs, lines, fromMs, toMs]);

  const move = (index: number | null): void => {
    const at = index === null ? undefined : timesMs[index];
    const { current } = plot;
    if (current === undefined) return;
    const away = { left: -10, top: -10 };
    current.setCursor(at === undefined ? away : { left: current.valToPos(at, 'x'), top: 8 });
    onPoint(at === undefined ? null : index);
  };
  const last = Math.max(0, timesMs.length - 1);
  return (
    <div className="chart-plot" style={{ height: heightPx }}>
      <input
        type="range"
        className="chart-keys"
        aria-label={`${props.title}: move through time`}
        aria-valuetext={describeStep(props)}
        min={0}
        max={last}
        value={pointed ?? last}
        onChange={({ target }) => move(Number(target.value))}
        onBlur={() => move(null)}
      />
      <div ref={element} className="chart-canvas" onPointerLeave={() => onPoint(null)} />
      {area !== null && <Overlay {...props} area={area} />}
    </div>
  );
}

/** The design, the same object until something of it changes. */
function useDesign({ lines, heightPx, syncKey, onRange }: PlotProps): Design {
  const colors = useStore(theme);
  const zone = zoneName(useStore(timeZone));
  const isDark = useSystemDark();
  const hasRange = onRange !== undefined;
  const shape = JSON.stringify(
    lines.map((line, index): ChartLine => ({ ...line, values: [], tone: toneOf(line, index) })),
  );
  const look = `${colors} ${isDark}`;
  return useMemo(
    () => ({ lines: JSON.parse(shape) as ChartLine[], heightPx, zone, syncKey, hasRange, look }),
    [shape, heightPx, zone, syncKey, hasRange, look],
  );
}

function describeStep({ timesMs, lines, pointed, format }: PlotProps): string {
  const at = pointed === null ? undefined : timesMs[pointed];
  if (pointed === null || at === undefined) return 'no time chosen';
  const values = lines.map(({ label, values }) => `${label} ${textOf(values[pointed], format)}`);
  return `${formatDateTime(at)}: ${values.join(', ')}`;
}

const textOf = (value: number | null | undefined, format: (value: number) => string): string =>
  value === null || value === undefined ? 'unknown' : format(value);

const dataOf = (timesMs: readonly number[], lines: readonly ChartLine[]): uPlot.AlignedData => [
  [...timesMs],
  ...lines.map(({ values }) => [...values]),
];

function makePlot(
  host: HTMLElement,
  design: Design,
  props: () => PlotProps,
  onArea: (area: Area) => void,
): uPlot {
  let known = '';
  const hooks: uPlot.Hooks.Arrays = {
    setCursor: [
      (plot) => {
        const { idx, left = -1 } = plot.cursor;
        props().onPoint(left < 0 ? null : (idx ?? null));
      },
    ],
    setSelect: [
      ({ posToVal, select, setSelect }) => {
        if (select.width < 4) return;
        props().onRange?.(
          Math.round(posToVal(select.left, 'x')),
          Math.round(posToVal(select.left + select.width, 'x')),
        );
        setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      },
    ],
    draw: [
      (plot) => {
        const ratio = devicePixelRatio;
        const { left, top, width, height } = plot.bbox;
        const area = { left: left / ratio, top: top / ratio, width: width / ratio, height: height / ratio };
        const range = { ...area, bottom: plot.scales.y?.min, topValue: plot.scales.y?.max };
        if (JSON.stringify(range) === known) return;
        known = JSON.stringify(range);
        onArea(area);
      },
    ],
  };
  const now = props();
  return new uPlot(
    optionsOf(design, props, host.clientWidth, createPalette(host), hooks),
    dataOf(now.timesMs, now.lines),
    host,
  );
}

function Overlay(props: PlotProps & { readonly area: Area }) {
  const { area, marks = [], limits = [], lines, fromMs, toMs, bottom = 0 } = props;
  const highest = Math.max(0, ...lines.flatMap(({ values }) => values.filter((value) => value !== null)));
  const top = topOf(highest, props);
  return (
    <div className="chart-overlay" style={area}>
      {limits
        .filter(({ value }) => value >= bottom && value <= top)
        .map(({ value, label, tone = 'bad' }) => (
          <div
            key={label}
            className={`chart-limit tone-${tone}`}
            style={{ bottom: `${((value - bottom) / (top - bottom)) * 100}%` }}
          >
            <span>{label}</span>
          </div>
        ))}
      {placeMarks(marks, fromMs, toMs, area.width).map((placed) => (
        <MarkFlag key={`${placed.mark.atMs} ${placed.mark.label}`} placed={placed} />
      ))}
    </div>
  );
}

function MarkFlag({ placed: { mark, more, share } }: { readonly placed: PlacedMark }) {
  const others =
    more.length > 0 ? `, and ${more.length} more: ${more.map(({ label }) => label).join('; ')}` : '';
  const label = `${formatDateTime(mark.atMs)}: ${mark.label}${others}`;
  const className = `chart-mark is-${mark.kind}`;
  const style = { left: `${share * 100}%` };
  const flag = <span className="chart-flag">{more.length > 0 ? more.length + 1 : ''}</span>;
  return mark.href === undefined ? (
    <span className={className} style={style} title={label}>
      {flag}
    </span>
  ) : (
    <a className={className} style={style} href={mark.href} title={label} aria-label={label}>
      {flag}
    </a>
  );
}

/** Whether the system is dark, followed. */
function useSystemDark(): boolean {
  const [isDark, setIsDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const follow = (): void => setIsDark(query.matches);
    query.addEventListener('change', follow);
    return () => query.removeEventListener('change', follow);
  }, []);
  return isDark;
}
