// Measures what telemetry knows of an incident: when users first felt it, and how many of them were hurt. Done when an
// incident opens or takes in another alert, and then every half a minute while alerts fire, since harm grows. What was
// measured is kept with the incident, so that lists and postmortems need not look again after telemetry is gone.
//
// A user is hurt when a viewing stalled, failed or told of an error at a place of the incident. Requests that failed and
// that the player made good elsewhere hurt nobody.

import { sql } from 'kysely';
import { bucketOf } from '#base/log-buckets.ts';
import { MeridianError } from '#contract/errors.ts';
import { placeOf, type Topology } from '#core/changes/place.ts';
import { DEFAULT_HARM_POLICY, type FirstHarm, findFirstHarm } from '#core/incident/find-first-harm.ts';
import { countEvents } from '#core/slo/count-events.ts';
import type { Indicator } from '#core/slo/slo.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase } from '../database/schema.ts';
import { judgeIncident } from './judge.ts';
import {
  HARM_ALERTS_MAX,
  HARM_EVERY_MS,
  HARM_USERS_WITHIN_MS,
  HARM_VIEWINGS_MAX,
  INCIDENTS_MEASURED_MAX,
} from './limits.ts';
import type { SeriesPoint, SeriesReader } from './ports.ts';
import type { Responder } from './respond.ts';
import { type IncidentAlertRow, type IncidentRow, isOpen, lockIncident, readAlerts } from './store.ts';

export interface HarmMeter {
  /** One round over the open incidents. */
  measure(open: readonly IncidentRow[], alerts: readonly IncidentAlertRow[]): Promise<void>;
}

export interface HarmDependencies {
  readonly context: ControlContext;
  readonly responder: Responder;
  readonly series: SeriesReader;
  /** What an objective counts; undefined when there is none of this name. */
  indicatorOf(slo: string): Indicator | undefined;
  topology(): Topology;
}

/** What an alert of no objective is judged by: the requests of viewers. */
const REQUESTS: Indicator = {
  kind: 'ratio',
  good: { series: ['viewer_requests'], labels: { outcome: ['ok'] } },
  total: { series: ['viewer_requests'], labels: {} },
};
/** Labels that telemetry's series have as well. */
const SERIES_LABELS = ['region', 'site', 'kind'];
const SLICE_MS = 5_000;
const COARSE_MS = 30_000;

interface Measured {
  readonly atMs: number;
  readonly alertIds: string;
}

/** Creates the meter. */
export function createHarmMeter(dependencies: HarmDependencies): HarmMeter {
  const { context } = dependencies;
  const measured = new Map<string, Measured>();
  return {
    async measure(open, alerts) {
      for (const id of measured.keys()) if (!open.some((row) => row.id === id)) measured.delete(id);
      const nowMs = context.clock.monotonicMs();
      let count = 0;
      for (const row of open) {
        const own = alerts.filter(({ incident_id }) => incident_id === row.id);
        const alertIds = own.map(({ alert_id }) => alert_id).join(' ');
        const before = measured.get(row.id);
        const isGrown = before?.alertIds !== alertIds;
        const isDue =
          own.some(({ state }) => state === 'firing') && nowMs - (before?.atMs ?? 0) >= HARM_EVERY_MS;
        if (!isGrown && !isDue) continue;
        count += 1;
        if (count > INCIDENTS_MEASURED_MAX) return;
        await measureOne(dependencies, row, own, isGrown);
        measured.set(row.id, { atMs: nowMs, alertIds });
      }
    },
  };
}

async function measureOne(
  dependencies: HarmDependencies,
  row: IncidentRow,
  alerts: readonly IncidentAlertRow[],
  isGrown: boolean,
): Promise<void> {
  const { context, responder, topology } = dependencies;
  const { clock, database } = context;
  const first = isGrown ? await findFirst(dependencies, alerts) : null;
  const startMs = Math.min(
    row.opened_at_ms,
    row.harm_started_at_ms ?? Number.POSITIVE_INFINITY,
    first?.atMs ?? Number.POSITIVE_INFINITY,
  );
  const nowMs = clock.nowMs();
  const sinceMs = Math.max(startMs, nowMs - HARM_USERS_WITHIN_MS);
  const users = await countHurt(database, sinceMs, sitesOf(row, alerts, topology()));
  const isEarlier = first?.atMs != null && first.atMs < (row.harm_started_at_ms ?? Number.POSITIVE_INFINITY);
  const isMore = users > (row.users_hurt ?? -1);
  // Why nothing was found is worth keeping too, once.
  const isExplained = first !== null && row.harm_reasons === null;
  if (!isEarlier && !isMore && !isExplained) return;
  await database.transaction().execute(async (transaction) => {
    const locked = await lockIncident(transaction, row.id);
    if (!isOpen(locked)) return;
    await transaction
      .updateTable('incidents')
      .set({
        ...(isEarlier ? { harm_started_at_ms: first?.atMs ?? null } : {}),
        ...(isEarlier || isExplained ? { harm_reasons: JSON.stringify(first?.reasons ?? []) } : {}),
        ...(isMore ? { users_hurt: users } : {}),
      })
      .where('id', '=', row.id)
      .execute();
    const judged = await judgeIncident(transaction, await lockIncident(transaction, row.id), nowMs);
    await responder.tell(transaction, locked, judged, null, nowMs);
    await responder.startRunbooks(transaction, judged, nowMs);
  });
}

/** The earliest harm before any of the first alerts, or why none of them shows one. */
async function findFirst(
  { series, indicatorOf }: HarmDependencies,
  alerts: readonly IncidentAlertRow[],
): Promise<FirstHarm> {
  let earliest: FirstHarm = { atMs: null, reasons: [] };
  for (const alert of alerts.slice(0, HARM_ALERTS_MAX)) {
    const slo = alert.labels.slo;
    const indicator = (slo === undefined ? undefined : indicatorOf(slo)) ?? REQUESTS;
    const points = await readPoints(series, indicator, alert);
    const found = findFirstHarm(
      countEvents(indicator, points, bucketOf),
      alert.starts_at_ms,
      slo ?? 'viewer_requests',
    );
    const isFirst = found.atMs !== null && (earliest.atMs === null || found.atMs < earliest.atMs);
    if (isFirst || earliest.reasons.length === 0) earliest = found;
  }
  return earliest;
}

async function readPoints(
  series: SeriesReader,
  indicator: Indicator,
  { labels, starts_at_ms: alertAtMs }: IncidentAlertRow,
): Promise<readonly SeriesPoint[]> {
  const selectors =
    indicator.kind === 'threshold'
      ? [indicator.metric]
      : [indicator.total, 'good' in indicator ? indicator.good : indicator.bad];
  const names = new Set(selectors.flatMap((selector) => selector.series));
  const place = Object.fromEntries(
    SERIES_LABELS.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]] as const])),
  );
  const fromMs = alertAtMs - DEFAULT_HARM_POLICY.lookBackMs;
  const read = async (stepMs: number): Promise<readonly SeriesPoint[]> => {
    const all: SeriesPoint[] = [];
    const toMs = alertAtMs + stepMs;
    for (const name of names) all.push(...(await series.read({ name, labels: place, fromMs, toMs, stepMs })));
    return all;
  };
  try {
    return await read(SLICE_MS);
  } catch (error) {
    // A fleet of hundreds of sites has more points than one answer may have; half minutes are near enough then.
    if (!(error instanceof MeridianError) || error.code !== 'invalid_request') throw error;
    return read(COARSE_MS);
  }
}

/** Sites of its places; null: everywhere. */
function sitesOf(
  row: IncidentRow,
  alerts: readonly IncidentAlertRow[],
  topology: Topology,
): readonly string[] | null {
  const sites = new Set<string>();
  for (const { labels } of alerts.length === 0 ? [row] : alerts) {
    const { region, site } = placeOf(labels, topology);
    if (region === null && site === null) return null;
    if (site !== null) sites.add(site);
    else for (const [id, own] of topology.regionOfSite) if (own === region) sites.add(id);
  }
  return [...sites];
}

/** Viewings that stalled, failed or told of an error there since then; of the newest ones that had any trouble. */
async function countHurt(
  database: ControlDatabase,
  sinceMs: number,
  sites: readonly string[] | null,
): Promise<number> {
  const atSites = sites === null ? sql`true` : sql`step ->> 'siteId' = any(${[...sites]}::text[])`;
  const { rows } = await sql<{ users: number }>`
    select count(*)::integer as users
    from (
      select steps from viewings
      where is_troubled and updated_at_ms >= ${sinceMs}
      order by updated_at_ms desc
      limit ${HARM_VIEWINGS_MAX}
    ) as troubled
    where exists (
      select from jsonb_array_elements(troubled.steps) as step
      where (step ->> 'atMs')::bigint >= ${sinceMs}
        and ${atSites}
        and (
          step ->> 'kind' = 'error'
          or (step ->> 'kind' = 'state' and step ->> 'text' in ('rebuffering', 'failed'))
        )
    )`.execute(database);
  return rows[0]?.users ?? 0;
}

/** Reads the alerts of open incidents and measures. */
export async function measureOpen(meter: HarmMeter, database: ControlDatabase): Promise<void> {
  const open = await database
    .selectFrom('incidents')
    .selectAll()
    .where('state', 'in', ['open', 'acknowledged'])
    .orderBy('id', 'desc')
    .execute();
  if (open.length === 0) return meter.measure([], []);
  const alerts = await readAlerts(
    database,
    open.map(({ id }) => id),
  );
  await meter.measure(open, alerts);
}
