// The strip of a viewing: lanes of state, pathway, bitrate, buffer, latency and requests over one axis of time, with changes
// and alerts above them. The pointer or the arrow keys ask for a moment, dragging or + and − zoom.

import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from 'react';
import { durationText } from '../ui/duration-text.ts';
import { formatBps, formatClock } from '../ui/format.ts';
import type { PlaceMark } from './explain-stall.ts';
import { momentAt, type Point, type Track } from './session-track.ts';

export interface View {
  readonly fromMs: number;
  readonly toMs: number;
}

interface StripProps {
  readonly track: Track;
  readonly marks: readonly PlaceMark[];
  readonly siteIds: readonly string[];
  readonly view: View;
  readonly onView: (view: View) => void;
  readonly atMs: number | null;
  readonly onMoment: (atMs: number | null) => void;
}

const VIEW_MS_MIN = 2_000;
const STEP_MS = 1_000;
const LEAP_MS = 10_000;
/** A drag that is shorter is a click. */
const DRAG_PX_MIN = 6;
const TICKS_MAX = 7;
const TICK_STEPS_MS = [
  500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000,
];

/** Where a moment is in the view, in percent. */
function placeOf({ fromMs, toMs }: View, atMs: number): number {
  return ((atMs - fromMs) / (toMs - fromMs)) * 100;
}

function clamp(view: View, track: Track): View {
  const lengthMs = Math.min(Math.max(view.toMs - view.fromMs, VIEW_MS_MIN), track.toMs - track.fromMs);
  const fromMs = Math.min(Math.max(view.fromMs, track.fromMs), track.toMs - lengthMs);
  return { fromMs, toMs: fromMs + lengthMs };
}

/** The strip. */
export function SessionStrip(props: StripProps) {
  const { track, marks, siteIds, view, atMs, onMoment } = props;
  const lanes = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<{ fromMs: number; toMs: number; startPx: number } | null>(null);
  const timeOf = (event: PointerEvent): number => {
    const box = lanes.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return view.fromMs;
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return view.fromMs + share * (view.toMs - view.fromMs);
  };
  const zoomTo = (next: View): void => props.onView(clamp(next, track));
  const onUp = (event: PointerEvent): void => {
    if (drag !== null && Math.abs(event.clientX - drag.startPx) >= DRAG_PX_MIN)
      zoomTo({ fromMs: Math.min(drag.fromMs, drag.toMs), toMs: Math.max(drag.fromMs, drag.toMs) });
    setDrag(null);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = afterKey(event, { track, view, atMs: atMs ?? view.fromMs });
    if (next === null) return;
    event.preventDefault();
    if (next.view !== undefined) zoomTo(next.view);
    if (next.atMs !== undefined) onMoment(next.atMs);
  };
  return (
    <div className="strip">
      <StripLabels hasLatency={track.latencyMs.length > 0} />
      <div
        ref={lanes}
        className="strip-lanes"
        role="slider"
        tabIndex={0}
        aria-label="Moment of the viewing"
        aria-valuemin={0}
        aria-valuemax={Math.round((track.toMs - track.fromMs) / 1_000)}
        aria-valuenow={Math.round(((atMs ?? track.fromMs) - track.fromMs) / 1_000)}
        aria-valuetext={momentText(track, atMs ?? track.fromMs)}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          const downMs = timeOf(event);
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ fromMs: downMs, toMs: downMs, startPx: event.clientX });
        }}
        onPointerMove={(event) => {
          const here = timeOf(event);
          onMoment(here);
          if (drag !== null) setDrag({ ...drag, toMs: here });
        }}
        onPointerUp={onUp}
        onPointerCancel={() => setDrag(null)}
        onDoubleClick={() => zoomTo(track)}
      >
        <MarksLane marks={marks} view={view} />
        <Lane>
          <Bars list={track.states} view={view} classOf={(text) => `state-${text}`} />
          {track.errors.map(({ fromMs, text }) => (
            <span
              key={`${fromMs} ${text}`}
              className="strip-error"
              title={text}
              style={{ left: `${placeOf(view, fromMs)}%` }}
            />
          ))}
        </Lane>
        <Lane>
          <Bars
            list={track.places}
            view={view}
            classOf={(text) => `hue-${Math.max(0, siteIds.indexOf(text)) % 6}`}
            isNamed
          />
        </Lane>
        <LineLane
          points={track.bitrateKbps}
          view={view}
          isStepped
          format={(value) => formatBps(value * 1_000)}
        />
        <LineLane points={track.bufferedMs} view={view} isArea format={durationText} />
        {track.latencyMs.length > 0 && (
          <LineLane points={track.latencyMs} view={view} format={durationText} />
        )}
        <RequestsLane track={track} view={view} />
        <Axis track={track} view={view} />
        {atMs !== null && atMs >= view.fromMs && atMs <= view.toMs && (
          <span className="strip-cursor" style={{ left: `${placeOf(view, atMs)}%` }} />
        )}
        {drag !== null && (
          <span
            className="strip-drag"
            style={{
              left: `${placeOf(view, Math.min(drag.fromMs, drag.toMs))}%`,
              width: `${(Math.abs(drag.toMs - drag.fromMs) / (view.toMs - view.fromMs)) * 100}%`,
            }}
          />
        )}
      </div>
    </div>
  );
}

interface KeyScene {
  readonly track: Track;
  readonly view: View;
  readonly atMs: number;
}

/** What a key changes; null: it is none of the strip's. */
function afterKey(
  { key, shiftKey }: KeyboardEvent,
  { track, view, atMs }: KeyScene,
): { view?: View; atMs?: number } | null {
  const stepMs = shiftKey ? LEAP_MS : STEP_MS;
  const move = (toMs: number) => {
    const next = Math.min(track.toMs, Math.max(track.fromMs, toMs));
    const lengthMs = view.toMs - view.fromMs;
    const isInView = next >= view.fromMs && next <= view.toMs;
    return isInView
      ? { atMs: next }
      : { atMs: next, view: { fromMs: next - lengthMs / 2, toMs: next + lengthMs / 2 } };
  };
  const zoom = (factor: number) => ({
    view: { fromMs: atMs - (atMs - view.fromMs) * factor, toMs: atMs + (view.toMs - atMs) * factor },
  });
  switch (key) {
    case 'ArrowLeft':
      return move(atMs - stepMs);
    case 'ArrowRight':
      return move(atMs + stepMs);
    case 'Home':
      return move(track.fromMs);
    case 'End':
      return move(track.toMs);
    case '+':
    case '=':
      return zoom(0.5);
    case '-':
      return zoom(2);
    case '0':
      return { view: track };
    default:
      return null;
  }
}

/** "0:21, stalled, dublin-1, buffer 0 ms": what a moment was like, in words. */
export function momentText(track: Track, atMs: number): string {
  const { state, siteId, bitrateKbps, bufferedMs, latencyMs } = momentAt(track, atMs);
  return [
    `${durationText(Math.max(0, atMs - track.fromMs))} in`,
    state === null ? null : stateWord(state),
    siteId,
    bitrateKbps === null ? null : formatBps(bitrateKbps * 1_000),
    bufferedMs === null ? null : `${durationText(bufferedMs)} buffered`,
    latencyMs === null ? null : `${durationText(latencyMs)} behind live`,
  ]
    .filter((part) => part !== null)
    .join(', ');
}

/** States as people say them; names of sites stay. */
function stateWord(text: string): string {
  return text === 'rebuffering' ? 'stalled' : text;
}

function StripLabels({ hasLatency }: { readonly hasLatency: boolean }) {
  return (
    <div className="strip-labels small faint" aria-hidden="true">
      <span className="lane-marks">Around it</span>
      <span className="lane-bar">State</span>
      <span className="lane-bar">Pathway</span>
      <span className="lane-line">Bitrate</span>
      <span className="lane-line">Buffer</span>
      {hasLatency && <span className="lane-line">Behind live</span>}
      <span className="lane-requests">Requests</span>
    </div>
  );
}

function Lane({ children }: { readonly children: ReactNode }) {
  return <div className="lane lane-bar">{children}</div>;
}

interface BarsProps {
  readonly list: Track['states'];
  readonly view: View;
  readonly classOf: (text: string) => string;
  readonly isNamed?: boolean;
}

function Bars({ list, view, classOf, isNamed = false }: BarsProps) {
  return list
    .filter(({ fromMs, toMs }) => toMs >= view.fromMs && fromMs <= view.toMs)
    .map(({ text, fromMs, toMs }) => {
      const left = Math.max(0, placeOf(view, fromMs));
      const width = Math.min(100, placeOf(view, toMs)) - left;
      return (
        <span
          key={`${fromMs} ${text}`}
          className={`strip-bar ${classOf(text)}`}
          style={{ left: `${left}%`, width: `${width}%` }}
        >
          {(isNamed || width > 9) && <span className="truncate">{stateWord(text)}</span>}
        </span>
      );
    });
}

interface LineLaneProps {
  readonly points: readonly Point[];
  readonly view: View;
  readonly isStepped?: boolean;
  readonly isArea?: boolean;
  readonly format: (value: number) => string;
}

const LINE_HEIGHT = 48;
const LINE_TOP = 4;

function LineLane({ points, view, isStepped = false, isArea = false, format }: LineLaneProps) {
  const shown = inView(points, view);
  const top = Math.max(1, ...points.map(({ value }) => value));
  const places = shown.map(({ atMs, value }) => ({
    x: placeOf(view, atMs),
    y: LINE_HEIGHT - 1 - (value / top) * (LINE_HEIGHT - 1 - LINE_TOP),
  }));
  const line = places
    .map(({ x, y }, index) => {
      const before = places[index - 1];
      return isStepped && before !== undefined
        ? `${x.toFixed(2)},${before.y.toFixed(2)} L${x.toFixed(2)},${y.toFixed(2)}`
        : `${x.toFixed(2)},${y.toFixed(2)}`;
    })
    .join(' L');
  const first = places[0];
  const last = places.at(-1);
  return (
    <div className="lane lane-line">
      {first !== undefined && last !== undefined && (
        <svg viewBox={`0 0 100 ${LINE_HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {isArea && (
            <path
              className="strip-area"
              d={`M${first.x.toFixed(2)},${LINE_HEIGHT} L${line} L${last.x.toFixed(2)},${LINE_HEIGHT}Z`}
            />
          )}
          <path className="strip-line" d={`M${line}`} vectorEffect="non-scaling-stroke" />
        </svg>
      )}
      {points.length > 0 && <span className="strip-top faint">{format(top)}</span>}
    </div>
  );
}

/** Points of the view, with the one before it and the value at its end, so that lines reach its edges. */
function inView(points: readonly Point[], { fromMs, toMs }: View): Point[] {
  const within = points.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const before = points.findLast(({ atMs }) => atMs < fromMs);
  const last = within.at(-1) ?? before;
  return [
    ...(before === undefined ? [] : [before]),
    ...within,
    ...(last === undefined || points.at(-1) === last ? [] : [{ atMs: toMs, value: last.value }]),
  ];
}

function RequestsLane({ track, view }: { readonly track: Track; readonly view: View }) {
  const slowestMs = Math.max(1, ...track.requests.map(({ tookMs }) => tookMs ?? 0));
  return (
    <div className="lane lane-requests">
      {track.requests
        .filter(({ atMs }) => atMs >= view.fromMs && atMs <= view.toMs)
        .map(({ number, atMs, outcome, tookMs }) => (
          <span
            key={number}
            className={`strip-request is-${outcome}`}
            style={{
              left: `${placeOf(view, atMs)}%`,
              height: `${outcome === 'ok' ? 20 + 70 * ((tookMs ?? 0) / slowestMs) : 100}%`,
            }}
          />
        ))}
    </div>
  );
}

function MarksLane({ marks, view }: { readonly marks: readonly PlaceMark[]; readonly view: View }) {
  return (
    <div className="lane lane-marks">
      {marks.map(({ id, kind, atMs, endMs, text }) => {
        const left = placeOf(view, atMs);
        const right = kind === 'alert' ? Math.min(100, placeOf(view, endMs ?? view.toMs)) : left;
        if (right < 0 || left > 100) return null;
        const from = Math.max(0, left);
        return (
          <span
            key={id}
            className={`strip-mark is-${kind}`}
            title={`${formatClock(atMs)} ${text}`}
            style={{
              left: `${from}%`,
              ...(kind === 'alert' ? { width: `${Math.max(0.6, right - from)}%` } : {}),
            }}
          />
        );
      })}
    </div>
  );
}

function Axis({ track, view }: { readonly track: Track; readonly view: View }) {
  const lengthMs = view.toMs - view.fromMs;
  const stepMs = TICK_STEPS_MS.find((step) => lengthMs / step <= TICKS_MAX) ?? lengthMs;
  const firstMs = Math.ceil((view.fromMs - track.fromMs) / stepMs) * stepMs;
  const ticks: number[] = [];
  for (let afterMs = firstMs; afterMs <= view.toMs - track.fromMs; afterMs += stepMs) ticks.push(afterMs);
  return (
    <div className="strip-axis faint small">
      {ticks.map((afterMs) => (
        <span key={afterMs} style={{ left: `${placeOf(view, track.fromMs + afterMs)}%` }}>
          {axisText(afterMs)}
        </span>
      ))}
    </div>
  );
}

/** "0:21", "1:02:33", "0:21.5". */
function axisText(afterMs: number): string {
  const seconds = Math.floor(afterMs / 1_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = afterMs % 1_000 === 0 ? '' : `.${Math.round((afterMs % 1_000) / 100)}`;
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}${rest}`;
}
