// Which rendition a viewer loads next, as hls.js 1.7 decides with the settings of Meridian's player: the highest one
// that the estimate carries and that arrives before the buffer is empty; and whether a segment that comes too slowly
// is given up for a smaller one.
// Source: hls.js src/controller/abr-controller.ts (findBestLevel, getNextABRAutoLevel, _abandonRulesCheck). Left out:
// codec families and decoding capabilities, since a swarm's viewers decode nothing.

import {
  type BandwidthEstimate,
  canEstimate,
  estimatedBps,
  estimatedFirstByteMs,
  initialEstimate,
  withDownload,
  withWait,
} from './bandwidth-estimate.ts';

export type Level = {
  readonly bandwidthBps: number;
  readonly averageBandwidthBps: number;
  /** Average duration of its segments; undefined until its playlist has been read. */
  readonly segmentSeconds: number | undefined;
};

export type LevelView = {
  /** Ascending by bandwidth; at least one. */
  readonly levels: readonly Level[];
  readonly estimate: BandwidthEstimate;
  /** Level of the last segment that arrived whole; undefined before the first. */
  readonly lastLevel: number | undefined;
  /** Level whose segment is being loaded, or was last. */
  readonly loadLevel: number;
  /** Duration of the segment loaded last; 0 before the first. */
  readonly segmentSeconds: number;
  readonly bufferedSeconds: number;
  /** How long the last media playlist took to arrive after its first byte. */
  readonly playlistSeconds: number;
};

/** Share of the estimate counted on at the same or a lower level, and at a higher one. */
const FACTOR = 0.95;
const UP_FACTOR = 0.7;
/** Longest empty buffer that a choice may risk when nothing fits. */
const STARVATION_SECONDS_MAX = 4;

type Budget = {
  readonly bandwidthBps: number;
  readonly starvationSeconds: number;
  readonly riskSeconds: number;
  readonly factor: number;
  readonly upFactor: number;
  readonly highest: number;
};

function fetchSeconds(view: LevelView, bandwidthBps: number, bits: number, needsPlaylist: boolean): number {
  const firstByteSeconds = estimatedFirstByteMs(view.estimate) / 1_000;
  const playlist = needsPlaylist ? firstByteSeconds + view.playlistSeconds : 0;
  return firstByteSeconds + bits / bandwidthBps + playlist;
}

function bestLevel(view: LevelView, budget: Budget): number | undefined {
  const base = view.lastLevel ?? 0;
  const firstByteSeconds = estimatedFirstByteMs(view.estimate) / 1_000;
  const isRelaxed =
    view.segmentSeconds > 0 &&
    budget.starvationSeconds >= view.segmentSeconds * 2 &&
    budget.riskSeconds === 0;
  for (let index = budget.highest; index >= 0; index -= 1) {
    const level = view.levels[index];
    if (level === undefined) continue;
    const usableBps = budget.bandwidthBps * (index > base ? budget.upFactor : budget.factor);
    const neededBps = isRelaxed ? level.averageBandwidthBps : level.bandwidthBps;
    const seconds = level.segmentSeconds || view.segmentSeconds || 1;
    const fetch = fetchSeconds(view, usableBps, neededBps * seconds, level.segmentSeconds === undefined);
    const isInTime = fetch <= firstByteSeconds || fetch < budget.starvationSeconds + budget.riskSeconds;
    if (usableBps >= neededBps && isInTime) return index;
  }
  return undefined;
}

/** The level to load next. */
export function nextLevel(view: LevelView): number {
  const highest = view.levels.length - 1;
  if (highest <= 0) return 0;
  const bandwidthBps = estimatedBps(view.estimate);
  if (view.lastLevel === undefined || !canEstimate(view.estimate)) {
    const first = {
      bandwidthBps,
      starvationSeconds: view.bufferedSeconds / 2,
      riskSeconds: STARVATION_SECONDS_MAX,
      factor: 1,
      upFactor: 1,
      highest,
    };
    return bestLevel(view, first) ?? 0;
  }
  const common = { bandwidthBps, starvationSeconds: view.bufferedSeconds, highest };
  const safe = { ...common, riskSeconds: 0, factor: FACTOR, upFactor: UP_FACTOR };
  const best = view.bufferedSeconds > 0 ? bestLevel(view, safe) : undefined;
  if (best !== undefined) return best;
  const riskSeconds =
    view.segmentSeconds > 0 ? Math.min(view.segmentSeconds, STARVATION_SECONDS_MAX) : STARVATION_SECONDS_MAX;
  return bestLevel(view, { ...safe, riskSeconds }) ?? 0;
}

export type Download = {
  readonly level: number;
  readonly durationSeconds: number;
  readonly loadingMs: number;
  /** Undefined while no byte of it has arrived. */
  readonly firstByteMs: number | undefined;
  readonly loadedBytes: number;
  /** 0 while it is not known. */
  readonly totalBytes: number;
};

/** From when on a download is watched: half of what it plays for, and the usual first byte. */
export function watchedAfterMs(view: LevelView, durationSeconds: number): number {
  return Math.max(estimatedFirstByteMs(view.estimate), durationSeconds * 500);
}

/** The level to take instead of waiting for this download, with the estimate from then on; undefined: wait. */
export function abandonFor(
  view: LevelView,
  download: Download,
): { readonly level: number; readonly estimate: BandwidthEstimate } | undefined {
  const { level, durationSeconds, loadingMs, loadedBytes } = download;
  const current = view.levels[level];
  if (level <= 0 || current === undefined) return undefined;
  if (loadingMs <= watchedAfterMs(view, durationSeconds)) return undefined;
  if (loadedBytes > 0 && loadedBytes === download.totalBytes) return undefined;
  const estimateBps = estimatedBps(view.estimate);
  const firstByteSeconds = estimatedFirstByteMs(view.estimate) / 1_000;
  const hasBytes = loadedBytes > 0 && download.firstByteMs !== undefined;
  const expectedBytes = Math.max(loadedBytes, (durationSeconds * current.averageBandwidthBps) / 8);
  const streamingMs = Math.max(1, loadingMs - (hasBytes ? (download.firstByteMs ?? 0) : 0));
  const bytesPerSecond = hasBytes ? (loadedBytes * 1_000) / streamingMs : 0;
  const restSeconds =
    bytesPerSecond > 0
      ? (expectedBytes - loadedBytes) / bytesPerSecond
      : (expectedBytes * 8) / estimateBps + firstByteSeconds;
  if (restSeconds <= view.bufferedSeconds) return undefined;
  const bandwidthBps = bytesPerSecond > 0 ? bytesPerSecond * 8 : estimateBps;
  const lower = lowerLevel(view, download, bandwidthBps, firstByteSeconds);
  if (lower.seconds >= restSeconds || lower.seconds > durationSeconds * 10) return undefined;
  const measured = hasBytes
    ? withDownload(
        view.estimate,
        loadingMs - Math.min(firstByteSeconds * 1_000, download.firstByteMs ?? 0),
        loadedBytes,
      )
    : withWait(view.estimate, loadingMs);
  return settle(view, lower.level, measured);
}

function lowerLevel(
  view: LevelView,
  { level, durationSeconds }: Download,
  bandwidthBps: number,
  firstByteSeconds: number,
): { readonly level: number; readonly seconds: number } {
  let candidate = level - 1;
  let seconds = Number.POSITIVE_INFINITY;
  // As in hls.js, the lowest level is never weighed: it is what remains, at the time of the one above it.
  for (; candidate > 0; candidate -= 1) {
    const next = view.levels[candidate];
    if (next === undefined) continue;
    const needsPlaylist = next.segmentSeconds === undefined;
    seconds = fetchSeconds(view, bandwidthBps, durationSeconds * next.bandwidthBps, needsPlaylist);
    if (seconds < Math.min(view.bufferedSeconds, durationSeconds + firstByteSeconds)) break;
  }
  return { level: candidate, seconds };
}

/** hls.js forgets its estimate when that would bring the viewer straight back up. */
function settle(
  view: LevelView,
  level: number,
  measured: BandwidthEstimate,
): { readonly level: number; readonly estimate: BandwidthEstimate } {
  const wanted = view.levels[level];
  if (wanted === undefined) return { level, estimate: measured };
  const isTooGood = estimatedBps(measured) * UP_FACTOR > wanted.bandwidthBps;
  return { level, estimate: isTooGood ? initialEstimate(wanted.bandwidthBps) : measured };
}
