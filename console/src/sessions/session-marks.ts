// Changes and alerts of the time and the places of a viewing. Pure.

import type { ApiRoutes } from '../../../src/contract/api/routes.ts';
import type { WorldView } from '../../../src/contract/api/world.ts';
import type { RouteResult } from '../../../src/contract/route.ts';
import type { Viewing } from '../../../src/contract/telemetry.ts';
import { itemOf } from './describe-session.ts';
import type { PlaceMark } from './explain-stall.ts';
import type { Track } from './session-track.ts';

type Change = RouteResult<ApiRoutes['GET /v1/changes']>['changes'][number];
type Alert = RouteResult<ApiRoutes['GET /v1/alerts']>['alerts'][number];
type Labels = Readonly<Record<string, string>>;

/** What counts as at that time: changes are felt for a while, and alerts come late. */
export const MARKS_BEFORE_MS = 180_000;
export const MARKS_AFTER_MS = 60_000;

/** Sites that labels concern; empty: all of them. */
export function placesOf(labels: Labels, world: WorldView | undefined): string[] {
  if (labels.site !== undefined) return [labels.site];
  if (labels.region === undefined) return [];
  const region = world?.regions.find(({ id }) => id === labels.region);
  return region?.sites.map(({ id }) => id) ?? [labels.region];
}

/** Whether labels speak of another project, asset or broadcast than the one that was watched. */
function isOfAnother(labels: Labels, session: Viewing): boolean {
  const item = itemOf(session.contentId);
  if (labels.project !== undefined && item !== null && labels.project !== item.projectId) return true;
  return ['asset', 'broadcast'].some((name) => labels[name] !== undefined && labels[name] !== item?.itemId);
}

/** Marks at places of the viewing, in the order of time. */
export function marksOf(
  session: Viewing,
  track: Track,
  changes: readonly Change[],
  alerts: readonly Alert[],
  world: WorldView | undefined,
): PlaceMark[] {
  const here = new Set([
    ...track.places.map(({ text }) => text),
    ...track.requests.flatMap(({ siteId }) => siteId ?? []),
  ]);
  const isHere = (places: readonly string[]): boolean =>
    places.length === 0 || places.some((place) => here.has(place));
  const ofChanges = changes.flatMap((change): PlaceMark[] => {
    const places = placesOf(change.labels, world);
    if (!isHere(places) || isOfAnother(change.labels, session)) return [];
    const id = `change ${change.id}`;
    return [{ kind: 'change', id, atMs: change.atMs, endMs: null, text: change.summary, places }];
  });
  const ofAlerts = alerts.flatMap((alert): PlaceMark[] => {
    const places = placesOf(alert.labels, world);
    if (!isHere(places) || isOfAnother(alert.labels, session)) return [];
    const text = alert.annotations.summary ?? alert.labels.alertname ?? 'an alert';
    return [{ kind: 'alert', id: alert.id, atMs: alert.startsAtMs, endMs: alert.endsAtMs, text, places }];
  });
  return [...ofChanges, ...ofAlerts].sort((one, other) => one.atMs - other.atMs);
}
