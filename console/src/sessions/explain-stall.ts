// Why did this person stall? Each standstill is held against what was told shortly before it: requests that failed or came
// late, requests that were slower than usual, a bitrate that had just gone up, changes and alerts at the same place. It names
// what came together in time; that one caused the other stays a guess, and the likeliest comes first. Pure.

import { durationText } from '../ui/duration-text.ts';
import { formatBps } from '../ui/format.ts';
import type { RequestMark, Stretch, Track } from './session-track.ts';

/** A buffer holds some twenty seconds at most: what was asked for earlier has been played. */
const BEFORE_MS = 20_000;
/** Changes need a moment to be felt: a beat, a snapshot, what is left of a buffer. */
const CHANGE_BEFORE_MS = 180_000;
const RISE_MIN = 1.2;
const SLOW_FACTOR = 3;
const SLOW_MS_MIN = 1_000;

export interface PlaceMark {
  readonly kind: 'change' | 'alert';
  readonly id: string;
  readonly atMs: number;
  readonly endMs: number | null;
  readonly text: string;
  /** Sites and regions that it concerns; empty: all. */
  readonly places: readonly string[];
}

export interface Finding {
  readonly code: 'failed' | 'late' | 'slow' | 'bitrate' | 'alert' | 'change' | 'nothing';
  readonly text: string;
}

export interface Standstill {
  readonly kind: 'stall' | 'start';
  readonly fromMs: number;
  readonly toMs: number;
  readonly headline: string;
  /** The likeliest first. */
  readonly findings: readonly Finding[];
  readonly ending: string;
}

/** Every standstill of a viewing, and its start where that took long or never came. */
export function explainStalls(track: Track, marks: readonly PlaceMark[], slowStartMs: number): Standstill[] {
  const firstPlay = track.states.find(({ text }) => text === 'playing');
  const stalls = track.states.filter(
    ({ text, fromMs }) => text === 'rebuffering' && firstPlay !== undefined && fromMs > firstPlay.fromMs,
  );
  const startMs = firstPlay === undefined ? track.toMs - track.fromMs : firstPlay.fromMs - track.fromMs;
  const isStartTold = track.states.some(({ text }) => text === 'starting' || text === 'failed');
  const isSlowStart = isStartTold && startMs >= slowStartMs;
  const start: Stretch = { text: 'starting', fromMs: track.fromMs, toMs: firstPlay?.fromMs ?? track.toMs };
  return [
    ...(isSlowStart ? [explain('start', start, track, marks)] : []),
    ...stalls.map((stall) => explain('stall', stall, track, marks)),
  ];
}

function explain(
  kind: Standstill['kind'],
  stretch: Stretch,
  track: Track,
  marks: readonly PlaceMark[],
): Standstill {
  const { fromMs, toMs } = stretch;
  const near = track.requests.filter(({ atMs }) => atMs >= fromMs - BEFORE_MS && atMs <= toMs);
  const sites = new Set(near.flatMap(({ siteId }) => siteId ?? []));
  const place = track.places.findLast((each) => each.fromMs <= fromMs);
  if (place !== undefined) sites.add(place.text);
  const findings = [
    ...badRequests(near, 'failed'),
    ...badRequests(near, 'late'),
    ...slowRequests(near, track.requests, fromMs - BEFORE_MS),
    ...bitrateRise(track, fromMs),
    ...nearMarks(marks, sites, fromMs, toMs),
  ];
  const lengthText = durationText(toMs - fromMs);
  const headline = kind === 'start' ? `The start took ${lengthText}` : `Stood still for ${lengthText}`;
  return {
    kind,
    fromMs,
    toMs,
    headline,
    findings:
      findings.length > 0
        ? findings
        : [{ code: 'nothing', text: 'Nothing was told that would explain it: its requests went well.' }],
    ending: endingOf(track, toMs),
  };
}

function badRequests(near: readonly RequestMark[], outcome: 'failed' | 'late'): Finding[] {
  const bySite = new Map<string, RequestMark[]>();
  for (const request of near)
    if (request.outcome === outcome) {
      const site = request.siteId ?? 'an unknown site';
      bySite.set(site, [...(bySite.get(site) ?? []), request]);
    }
  return [...bySite]
    .sort(([, one], [, other]) => other.length - one.length)
    .map(([site, requests]) => {
      const slowestMs = Math.max(...requests.map(({ tookMs }) => tookMs ?? 0));
      const waited = slowestMs > 0 ? `, after up to ${durationText(slowestMs)}` : '';
      const count = requests.length === 1 ? '1 request' : `${requests.length} requests`;
      const text = outcome === 'failed' ? `${count} to ${site} failed` : `${count} to ${site} came too late`;
      return { code: outcome, text: `${text}${waited}.` };
    });
}

/** Requests that went well but took far longer than those before. */
function slowRequests(
  near: readonly RequestMark[],
  all: readonly RequestMark[],
  usualUntilMs: number,
): Finding[] {
  const usual = all.filter(({ atMs, outcome }) => outcome === 'ok' && atMs < usualUntilMs);
  const usualMs = medianOf(usual.flatMap(({ tookMs }) => tookMs ?? []));
  const slow = near.filter(
    ({ outcome, tookMs }) =>
      outcome === 'ok' && tookMs !== null && tookMs >= Math.max(SLOW_MS_MIN, SLOW_FACTOR * (usualMs ?? 0)),
  );
  if (slow.length === 0) return [];
  const slowestMs = Math.max(...slow.map(({ tookMs }) => tookMs ?? 0));
  const against = usualMs === null ? '' : `, against ${durationText(usualMs)} before`;
  const sites = [...new Set(slow.flatMap(({ siteId }) => siteId ?? []))].join(' and ');
  const count = slow.length === 1 ? '1 request' : `${slow.length} requests`;
  return [
    {
      code: 'slow',
      text: `${count}${sites === '' ? '' : ` to ${sites}`} took up to ${durationText(slowestMs)}${against}.`,
    },
  ];
}

function medianOf(values: readonly number[]): number | null {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}

function bitrateRise(track: Track, atMs: number): Finding[] {
  const before = track.bitrateKbps.findLast((point) => point.atMs < atMs - BEFORE_MS);
  const last = track.bitrateKbps.findLast((point) => point.atMs <= atMs);
  const buffered = track.bufferedMs.findLast((point) => point.atMs < atMs);
  if (before === undefined || last === undefined || last.value < before.value * RISE_MIN) return [];
  const rest = buffered === undefined ? '' : `, with ${durationText(buffered.value)} in the buffer at last`;
  return [
    {
      code: 'bitrate',
      text: `The bitrate had gone up from ${formatBps(before.value * 1_000)} to ${formatBps(last.value * 1_000)}${rest}.`,
    },
  ];
}

function nearMarks(
  marks: readonly PlaceMark[],
  sites: ReadonlySet<string>,
  fromMs: number,
  toMs: number,
): Finding[] {
  return marks
    .filter(({ atMs, endMs, kind, places }) => {
      const isHere = places.length === 0 || places.some((place) => sites.has(place));
      const isThen =
        kind === 'alert'
          ? atMs <= toMs + BEFORE_MS && (endMs === null || endMs >= fromMs)
          : atMs >= fromMs - CHANGE_BEFORE_MS && atMs <= toMs;
      return isHere && isThen;
    })
    .map(({ kind, text, atMs }) => ({
      code: kind,
      text: `${kind === 'alert' ? 'Alert' : 'Change'} ${gapText(atMs, fromMs)}: ${text}`,
    }));
}

function gapText(atMs: number, fromMs: number): string {
  const gapMs = fromMs - atMs;
  return gapMs >= 0 ? `${durationText(gapMs)} before` : `${durationText(-gapMs)} after`;
}

function endingOf(track: Track, toMs: number): string {
  const next = track.states.find(({ fromMs }) => fromMs >= toMs);
  const before = track.places.findLast(({ fromMs }) => fromMs < toMs - 5_000);
  const after = track.places.findLast(({ fromMs }) => fromMs <= toMs);
  if (next === undefined) return 'It has not gone on since.';
  if (next.text !== 'playing') return `Then: ${next.text}.`;
  return before !== undefined && after !== undefined && before.text !== after.text
    ? `It went on from ${after.text}, after ${before.text}.`
    : `It went on${after === undefined ? '' : ` from ${after.text}`}.`;
}
