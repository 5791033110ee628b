// From what FFmpeg says about a file to what the planner needs (ProbeResult). Both engines deliver the same raw facts.
//
// Headers are believed where they are made from an index (MP4). Elsewhere they are often missing or wrong: a WebM
// written by a browser has no duration, one with dropped frames claims the rate of the camera. There the packets of
// the video are looked at: all of them in small files, else the first ones (for the rate) and the last ones (for the
// length). Nothing is decoded.

import { MeridianError } from '#contract/errors.ts';
import type { ProbeResult } from './engine.ts';
import {
  FULL_SCAN_BYTES_MAX,
  LAST_RESORT_SCAN_BYTES_MAX,
  PICTURE_SIDE_PX_MAX,
  PIXELS_MAX,
  RATE_PACKETS_MAX,
  TAIL_SCAN_SECONDS,
} from './limits.ts';
import type { Demuxer } from './sniff.ts';

export interface Ratio {
  numerator: number;
  denominator: number;
}

export interface RawStream {
  index: number;
  kind: 'video' | 'audio' | 'other';
  codec: string | null;
  /** Cover art and thumbnails. */
  isCover: boolean;
  isDefault: boolean;
  startSeconds: number | null;
  durationSeconds: number | null;
  frameCount: number | null;
  width: number;
  height: number;
  pixelFormat: string | null;
  sampleAspect: Ratio | null;
  /** The lowest rate that all timestamps fit, as FFmpeg guesses. */
  baseRate: Ratio | null;
  averageRate: Ratio | null;
  /** Counter-clockwise, as the display matrix has it. */
  displayRotation: number;
  channels: number;
  sampleRate: number;
  language: string | null;
  title: string | null;
}

export interface RawProbe {
  startSeconds: number | null;
  durationSeconds: number | null;
  streams: RawStream[];
}

/** Packets of one stream: when each is shown and for how long (0 when it does not say). */
export interface PacketTimes {
  readonly seconds: readonly number[];
  readonly durations: readonly number[];
}

export interface ScannedPackets {
  /** Packets from the start. */
  readonly head: PacketTimes;
  /** Whether `head` is all there is. */
  readonly isComplete: boolean;
  /** Packets near the end, when `head` is not all. */
  readonly tail: PacketTimes | null;
}

/** Which packets to look at; null when the headers say enough. */
export type Scan =
  | null
  | { readonly kind: 'full'; readonly streamIndex: number }
  | {
      readonly kind: 'ends';
      readonly streamIndex: number;
      readonly headPackets: number;
      readonly tailFromSeconds: number;
    };

type Video = NonNullable<ProbeResult['video']>;

const USUAL_RATES: readonly Ratio[] = [
  ...[5, 6, 8, 10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 90, 100, 120, 240].map((rate) => ratio(rate, 1)),
  ...[12_000, 15_000, 24_000, 30_000, 48_000, 60_000, 120_000].map((rate) => ratio(rate, 1_001)),
];

/** A measured rate this near to a usual one is that one: half of the distance between 29.97 and 30. */
const SNAP_TOLERANCE = 0.000_5;
/** Rates of streams with varying frame times are a guess anyway. */
const LOOSE_SNAP_TOLERANCE = 0.03;
/** Headers that agree this well describe a constant rate. */
const RATES_AGREE = 0.002;
/** This share of frame times may be odd (a dropped frame here and there) in a stream of constant rate. */
const ODD_SHARE_MAX = 0.02;
/** And so many in any case, however short it is. */
const ODD_COUNT_MAX = 2;

/** The stream that is processed as the video, if there is one. */
export function mainVideo(raw: RawProbe): RawStream | null {
  return raw.streams.find((stream) => stream.kind === 'video' && !stream.isCover) ?? null;
}

/** Decides which packets must be looked at. */
export function planScan(raw: RawProbe, demuxer: Demuxer, fileBytes: number): Scan {
  const video = mainVideo(raw);
  if (video === null || isIndexed(video, demuxer)) return null;
  const streamIndex = video.index;
  if (fileBytes <= FULL_SCAN_BYTES_MAX) return { kind: 'full', streamIndex };
  const { durationSeconds } = raw;
  if (durationSeconds === null || durationSeconds <= 0)
    return fileBytes <= LAST_RESORT_SCAN_BYTES_MAX ? { kind: 'full', streamIndex } : null;
  const tailFromSeconds = (raw.startSeconds ?? 0) + Math.max(0, durationSeconds - TAIL_SCAN_SECONDS);
  return { kind: 'ends', streamIndex, headPackets: RATE_PACKETS_MAX, tailFromSeconds };
}

/** Whether the headers were made from an index that knows every frame, and agree with each other. */
function isIndexed(video: RawStream, demuxer: Demuxer): boolean {
  const { frameCount, durationSeconds, baseRate, averageRate } = video;
  if (demuxer !== 'mov' || frameCount === null || durationSeconds === null) return false;
  if (baseRate === null || averageRate === null) return false;
  const average = value(averageRate);
  if (Math.abs(value(baseRate) / average - 1) > RATES_AGREE) return false;
  // Edit lists hide frames that the index counts.
  return Math.abs(durationSeconds * average - frameCount) < 1.5;
}

/** Puts everything together; throws `media_unsupported` for what cannot be processed. */
export function toProbeResult(raw: RawProbe, demuxer: Demuxer, packets: ScannedPackets | null): ProbeResult {
  const stream = mainVideo(raw);
  const originSeconds = originOf(raw);
  const video = stream === null ? null : describeVideo(stream, packets, originSeconds, raw);
  const audio = raw.streams.filter(
    ({ kind, channels, sampleRate }) => kind === 'audio' && channels > 0 && sampleRate > 0,
  );
  if (video === null && audio.length === 0)
    throw new MeridianError('media_unsupported', { reason: 'it holds neither video nor audio' });
  const videoEndMs = video === null || video.durationMs === null ? null : video.startMs + video.durationMs;
  const audioEndsMs = audio.map((track) =>
    track.durationSeconds === null
      ? 0
      : ((track.startSeconds ?? originSeconds) - originSeconds + track.durationSeconds) * 1_000,
  );
  const measuredMs = Math.max(videoEndMs ?? 0, ...audioEndsMs);
  const headerMs = raw.durationSeconds === null ? null : raw.durationSeconds * 1_000;
  return {
    container: demuxer,
    durationMs: milliseconds(headerMs ?? (measuredMs > 0 ? measuredMs : null)),
    video,
    audio: audio.map((track) => ({
      index: track.index,
      codec: track.codec ?? 'unknown',
      channels: track.channels,
      sampleRate: track.sampleRate,
      language: track.language === null || track.language === 'und' ? null : track.language,
      title: track.title,
      isDefault: track.isDefault,
    })),
  };
}

/** The start of the earliest stream: time zero of everything that is reported and encoded. */
export function originOf(raw: RawProbe): number {
  const starts = raw.streams
    .filter(({ kind, isCover }) => kind !== 'other' && !isCover)
    .map(({ startSeconds }) => startSeconds)
    .filter((start) => start !== null);
  return raw.startSeconds ?? (starts.length === 0 ? 0 : Math.min(...starts));
}

function describeVideo(
  stream: RawStream,
  packets: ScannedPackets | null,
  originSeconds: number,
  raw: RawProbe,
): Video {
  const { width, height, codec } = stream;
  if (codec === null)
    throw new MeridianError('media_unsupported', { reason: 'the codec of its video is not known here' });
  if (width <= 0 || height <= 0)
    throw new MeridianError('media_unsupported', { reason: `its ${codec} video has no picture size` });
  if (width * height > PIXELS_MAX || Math.max(width, height) > PICTURE_SIDE_PX_MAX)
    throw new MeridianError('media_unsupported', {
      reason: `its picture of ${width} by ${height} is larger than what is accepted`,
    });
  if (packets !== null && packets.head.seconds.length === 0)
    throw new MeridianError('media_unsupported', { reason: `its ${codec} video has no frames` });
  const timing = packets === null ? timingOfHeaders(stream, raw) : timingOfPackets(stream, packets, raw);
  return {
    index: stream.index,
    codec,
    width,
    height,
    rotationDegrees: turnOf(stream.displayRotation),
    sampleAspect: aspectOf(stream.sampleAspect),
    frameRate: timing.frameRate,
    isVariableFrameRate: timing.isVariable,
    frameCount: timing.frameCount,
    startMs: milliseconds(Math.max(0, (timing.startSeconds - originSeconds) * 1_000)) ?? 0,
    durationMs: milliseconds(timing.durationSeconds === null ? null : timing.durationSeconds * 1_000),
    pixelFormat: stream.pixelFormat ?? 'unknown',
  };
}

interface Timing {
  frameRate: Ratio | null;
  isVariable: boolean;
  frameCount: number | null;
  startSeconds: number;
  durationSeconds: number | null;
}

function timingOfHeaders(stream: RawStream, raw: RawProbe): Timing {
  const { baseRate, averageRate } = stream;
  const doAgree =
    baseRate !== null &&
    averageRate !== null &&
    Math.abs(value(baseRate) / value(averageRate) - 1) <= RATES_AGREE;
  const rate = (doAgree ? baseRate : (averageRate ?? baseRate)) ?? null;
  return {
    frameRate: rate === null ? null : snap(value(rate), SNAP_TOLERANCE),
    isVariable: !doAgree,
    frameCount: stream.frameCount,
    startSeconds: stream.startSeconds ?? originOf(raw),
    durationSeconds: stream.durationSeconds ?? raw.durationSeconds,
  };
}

function timingOfPackets(stream: RawStream, packets: ScannedPackets, raw: RawProbe): Timing {
  const times = packets.head.seconds.toSorted((a, b) => a - b);
  const startSeconds = times[0] ?? originOf(raw);
  const deltas = times.slice(1).map((time, index) => time - (times[index] ?? time));
  const positive = deltas.filter((delta) => delta > 0).sort((a, b) => a - b);
  const median = positive[Math.floor(positive.length / 2)];
  const frameSeconds = median ?? (stream.averageRate === null ? 0 : 1 / value(stream.averageRate));
  const oddCount = median === undefined ? 0 : countOdd(positive, median);
  const isVariable = oddCount > Math.max(ODD_COUNT_MAX, positive.length * ODD_SHARE_MAX);
  const last = packets.tail ?? packets.head;
  let endSeconds = startSeconds;
  for (const [index, time] of last.seconds.entries())
    endSeconds = Math.max(endSeconds, time + lengthOf(last.durations[index] ?? 0, frameSeconds, isVariable));
  const isEndKnown = packets.isComplete || (packets.tail !== null && packets.tail.seconds.length > 0);
  return {
    frameRate: isVariable ? variableRate(times, positive) : constantRate(stream, times, median),
    isVariable,
    frameCount: packets.isComplete ? times.length : null,
    startSeconds,
    durationSeconds: isEndKnown ? endSeconds - startSeconds : (stream.durationSeconds ?? raw.durationSeconds),
  };
}

/** At a constant rate the last frame is as long as the others, whatever its rounded duration says. */
function lengthOf(declaredSeconds: number, frameSeconds: number, isVariable: boolean): number {
  if (!isVariable || declaredSeconds <= 0) return frameSeconds;
  return declaredSeconds;
}

/** Containers that count in milliseconds make a frame up to 1 ms longer or shorter; that is not odd. */
function countOdd(deltas: readonly number[], median: number): number {
  return deltas.filter((delta) => Math.abs(delta - median) > clockTolerance(median)).length;
}

function clockTolerance(median: number): number {
  return Math.max(0.001_6, median * 0.1);
}

function constantRate(stream: RawStream, times: readonly number[], median: number | undefined): Ratio | null {
  const first = times[0];
  const last = times.at(-1);
  if (median === undefined || first === undefined || last === undefined || last <= first)
    return stream.averageRate === null ? null : snap(value(stream.averageRate), SNAP_TOLERANCE);
  // Dropped frames must not slow the rate down: count the places of the grid, not the frames on it.
  const places = Math.round((last - first) / refine(times, median));
  const measured = places / (last - first);
  // Timestamps in milliseconds leave an error of 1 ms over the whole length.
  const tolerance = Math.max(SNAP_TOLERANCE, Math.min(0.01, 0.001 / (last - first)));
  const named = [stream.baseRate, stream.averageRate].find(
    (rate) => rate !== null && Math.abs(value(rate) / measured - 1) <= tolerance,
  );
  return snap(named === undefined || named === null ? measured : value(named), SNAP_TOLERANCE);
}

/** The mean of the deltas near the median: finer than the clock of the container. */
function refine(times: readonly number[], median: number): number {
  let sum = 0;
  let count = 0;
  for (let index = 1; index < times.length; index++) {
    const delta = (times[index] ?? 0) - (times[index - 1] ?? 0);
    if (Math.abs(delta - median) > clockTolerance(median)) continue;
    sum += delta;
    count++;
  }
  return count === 0 ? median : sum / count;
}

/** The rate of the fast passages (the tenth part with the shortest frames), so that they stay smooth. */
function variableRate(times: readonly number[], sortedDeltas: readonly number[]): Ratio | null {
  const delta = sortedDeltas[Math.floor(sortedDeltas.length / 10)];
  return delta === undefined ? null : snap(1 / refine(times, delta), LOOSE_SNAP_TOLERANCE);
}

function snap(rate: number, tolerance: number): Ratio {
  let best: Ratio | null = null;
  for (const usual of USUAL_RATES) {
    const distance = Math.abs(rate / value(usual) - 1);
    if (distance > tolerance) continue;
    if (best === null || distance < Math.abs(rate / value(best) - 1)) best = usual;
  }
  return best ?? reduce(Math.max(1, Math.round(rate * 1_000)), 1_000);
}

/** The turn that shows a picture upright, from the counter-clockwise angle of its display matrix. */
export function turnOf(displayRotation: number): Video['rotationDegrees'] {
  const turns = (((Math.round(-displayRotation / 90) % 4) + 4) % 4) as 0 | 1 | 2 | 3;
  return ([0, 90, 180, 270] as const)[turns];
}

function aspectOf(aspect: Ratio | null): readonly [number, number] {
  if (aspect === null || aspect.numerator <= 0 || aspect.denominator <= 0) return [1, 1];
  return [aspect.numerator, aspect.denominator];
}

function reduce(numerator: number, denominator: number): Ratio {
  let [a, b] = [numerator, denominator];
  while (b !== 0) [a, b] = [b, a % b];
  return ratio(numerator / a, denominator / a);
}

function ratio(numerator: number, denominator: number): Ratio {
  return { numerator, denominator };
}

function value(rate: Ratio): number {
  return rate.numerator / rate.denominator;
}

/** To a thousandth of a millisecond, so that sums of rounded numbers do not look like measurements. */
function milliseconds(milliseconds: number | null): number | null {
  return milliseconds === null ? null : Math.round(milliseconds * 1_000) / 1_000;
}
