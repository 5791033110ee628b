// Graphs of a postmortem as SVG text: when which alert fired, and how a series went, both with marks for what was done.
// Plain shapes and no script, so that they live in a Markdown file, an e-mail or a wiki. Colours work on light and dark.

import { roundedText } from './reason-text.ts';

const WIDTH = 760;
const LEFT = 190;
const RIGHT = 20;
const ROW_HEIGHT = 20;
const TOP = 28;
const PLOT_HEIGHT = 120;
/** Rows and marks beyond these make a picture that nobody can read. */
const ROWS_MAX = 20;
const MARKS_MAX = 40;
const NAME_LENGTH_MAX = 28;
const TICKS = 4;
const LINE = '#888888';
const ALARM = '#d1453b';
const MARK = '#3b76d1';

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Mark {
  readonly atMs: number;
  readonly text: string;
}

export interface Bar {
  readonly name: string;
  readonly startsAtMs: number;
  /** null: still fires. */
  readonly endsAtMs: number | null;
}

export interface Series {
  readonly title: string;
  readonly unit: string;
  readonly points: readonly { readonly atMs: number; readonly value: number }[];
}

/** One bar per alert over time, with marks. */
export function drawBars(title: string, bars: readonly Bar[], marks: readonly Mark[], span: Span): string {
  const shown = bars.slice(0, ROWS_MAX);
  const plotHeight = Math.max(1, shown.length) * ROW_HEIGHT;
  const rows = shown.map(({ name, startsAtMs, endsAtMs }, index) => {
    const y = TOP + index * ROW_HEIGHT;
    const fromX = xOf(startsAtMs, span);
    const width = Math.max(2, xOf(endsAtMs ?? span.toMs, span) - fromX);
    return (
      `<text x="${LEFT - 8}" y="${y + 14}" text-anchor="end">${escapeText(cut(name))}</text>` +
      `<rect x="${round(fromX)}" y="${y + 4}" width="${round(width)}" height="12" rx="2" fill="${ALARM}"/>`
    );
  });
  return frame(title, plotHeight, span, [...marksOf(marks, span, plotHeight), ...rows]);
}

/** A line over time, with marks; the scale begins at zero. */
export function drawSeries({ title, unit, points }: Series, marks: readonly Mark[], span: Span): string {
  const largest = Math.max(0, ...points.map(({ value }) => value));
  const scale = largest > 0 ? largest : 1;
  const yOf = (value: number): number => TOP + PLOT_HEIGHT - (value / scale) * PLOT_HEIGHT;
  const line = points.map(({ atMs, value }) => `${round(xOf(atMs, span))},${round(yOf(value))}`).join(' ');
  const scaleTexts = [largest, 0].map(
    (value) =>
      `<text x="${LEFT - 8}" y="${round(yOf(value) + 4)}" text-anchor="end">${roundedText(value)} ${escapeText(unit)}</text>`,
  );
  return frame(title, PLOT_HEIGHT, span, [
    ...scaleTexts,
    ...marksOf(marks, span, PLOT_HEIGHT),
    `<polyline points="${line}" fill="none" stroke="${ALARM}" stroke-width="1.5"/>`,
  ]);
}

function frame(title: string, plotHeight: number, span: Span, content: readonly string[]): string {
  const bottom = TOP + plotHeight;
  const ticks = Array.from({ length: TICKS + 1 }, (_, index) => {
    const atMs = span.fromMs + ((span.toMs - span.fromMs) * index) / TICKS;
    const anchor = index === 0 ? 'start' : index === TICKS ? 'end' : 'middle';
    return `<text x="${round(xOf(atMs, span))}" y="${bottom + 16}" text-anchor="${anchor}">${clockText(atMs)}</text>`;
  });
  const height = bottom + 24;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="sans-serif" font-size="11" fill="${LINE}">`,
    `<title>${escapeText(title)}</title>`,
    `<text x="${LEFT}" y="16" font-size="13">${escapeText(title)}</text>`,
    `<path d="M${LEFT} ${TOP}V${bottom}H${WIDTH - RIGHT}" fill="none" stroke="${LINE}"/>`,
    ...content,
    ...ticks,
    '</svg>',
  ].join('');
}

/** Thin lines with their text as a tooltip. */
function marksOf(marks: readonly Mark[], span: Span, plotHeight: number): string[] {
  return marks
    .filter(({ atMs }) => atMs >= span.fromMs && atMs <= span.toMs)
    .slice(0, MARKS_MAX)
    .map(({ atMs, text }) => {
      const x = round(xOf(atMs, span));
      return `<path d="M${x} ${TOP}V${TOP + plotHeight}" stroke="${MARK}" stroke-dasharray="3 3"><title>${escapeText(`${clockText(atMs)} ${text}`)}</title></path>`;
    });
}

function xOf(atMs: number, { fromMs, toMs }: Span): number {
  const share = (Math.min(Math.max(atMs, fromMs), toMs) - fromMs) / Math.max(1, toMs - fromMs);
  return LEFT + share * (WIDTH - LEFT - RIGHT);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function clockText(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 19);
}

function cut(text: string): string {
  return text.length > NAME_LENGTH_MAX ? `${text.slice(0, NAME_LENGTH_MAX - 1)}…` : text;
}

/** Text of people inside of SVG: one line, since a blank one would end the picture in Markdown. */
function escapeText(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
