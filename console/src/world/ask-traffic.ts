// Asks control for what viewers get: the last whole minute by pathway, and the last hour by region.

import { call } from '../api.ts';
import { type SeriesPoint, type SiteWatched, sumBySite, type ViewerHistory } from './traffic.ts';

/** Players tell every five seconds, and their edges a little later; what is newer is not whole. */
const SETTLED_AFTER_MS = 15_000;
const WINDOW_MS = 60_000;
const SLICE_MS = 5_000;
/** How far back the graph of viewers goes. */
export const HISTORY_MS = 3_600_000;
const HISTORY_STEP_MS = 30_000;

/** Asks for the last minute that is whole. */
export async function askWatched(signal: AbortSignal): Promise<SiteWatched[]> {
  const toMs = Math.floor((Date.now() - SETTLED_AFTER_MS) / SLICE_MS) * SLICE_MS;
  const query = { fromMs: toMs - WINDOW_MS, toMs, stepMs: SLICE_MS };
  const ask = async (name: string, by: string): Promise<SeriesPoint[]> =>
    (await call('GET /v1/telemetry/series', { query: { ...query, name, by } }, signal)).points;
  const [play, stall, requests] = await Promise.all([
    ask('session_play_ms', 'region,site'),
    ask('session_stall_ms', 'region,site'),
    ask('viewer_requests', 'region,site,outcome'),
  ]);
  return sumBySite({ play, stall, requests }, WINDOW_MS);
}

/** Viewers of each region through the last hour. */
export async function askViewerHistory(signal: AbortSignal): Promise<ViewerHistory> {
  const toMs = Math.floor((Date.now() - SETTLED_AFTER_MS) / HISTORY_STEP_MS) * HISTORY_STEP_MS;
  const fromMs = toMs - HISTORY_MS;
  const query = { name: 'session_play_ms', by: 'region', fromMs, toMs, stepMs: HISTORY_STEP_MS };
  const { points } = await call('GET /v1/telemetry/series', { query }, signal);
  const timesMs = Array.from(
    { length: HISTORY_MS / HISTORY_STEP_MS },
    (_, index) => fromMs + index * HISTORY_STEP_MS,
  );
  const byRegion = new Map<string, (number | null)[]>();
  for (const { atMs, labels, count } of points) {
    const region = labels.region ?? '';
    const values = byRegion.get(region) ?? timesMs.map(() => null);
    byRegion.set(region, values);
    const index = (atMs - fromMs) / HISTORY_STEP_MS;
    if (index in values) values[index] = (values[index] ?? 0) + count / HISTORY_STEP_MS;
  }
  return { fromMs, toMs, timesMs, byRegion };
}
