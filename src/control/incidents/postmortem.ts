// Collects what a postmortem is drafted from: the incident, its timeline, the changes that may have caused it, and how
// users fared meanwhile, from telemetry where there is some.

import type { ChangeView } from '#contract/api/changes.ts';
import type { incidentRoutes, Postmortem } from '#contract/api/incidents.ts';
import { MeridianError } from '#contract/errors.ts';
import type { Topology } from '#core/changes/place.ts';
import type { RankedChange } from '#core/changes/rank-changes.ts';
import {
  automaticEntries,
  draftPostmortem,
  drawPictures,
  type PostmortemView,
  timesOf,
} from '#core/incident/draft-postmortem.ts';
import type { Series } from '#core/incident/draw-graphs.ts';
import { requireAllProjects } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import { changesNear, topologyOf } from '../changes/changes.ts';
import { rankedView } from '../changes/routes.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase } from '../database/schema.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Handlers } from '../http/call.ts';
import type { Incidents } from './incidents.ts';
import type { SeriesReader } from './ports.ts';
import { type IncidentRow, lockIncident, reviseIncident } from './store.ts';
import { entryView, findIncident, incidentDetail } from './views.ts';

/** Changes older than this seldom break something only now. */
const SUSPECT_WITHIN_MS = 7_200_000;
const SUSPECTS_MAX = 10;
/** Entries that are read for a draft, the oldest first. */
const ENTRIES_MAX = 2_000;
/** Steps of a graph: as many as its width shows. */
const STEPS_MAX = 180;
/** Slices of telemetry. */
const SLICE_MS = 5_000;
/** A graph begins and ends so long outside of the incident. */
const AROUND_MS = 300_000;

type Keys = 'GET /v1/incidents/{incidentId}/postmortem' | 'PUT /v1/incidents/{incidentId}/postmortem';

/** The routes. */
export function createPostmortemHandlers(
  context: ControlContext,
  fleet: Fleet,
  { policy, series }: Incidents,
): Handlers<typeof incidentRoutes, Keys> {
  const { clock, database } = context;
  const show = async (incidentId: string): Promise<Postmortem> => {
    const nowMs = clock.nowMs();
    const row = await findIncident(database, incidentId);
    const incident = await incidentDetail(database, row.id, policy.holdMs, nowMs);
    const rows = await database
      .selectFrom('incident_entries')
      .selectAll()
      .where('incident_id', '=', row.id)
      .orderBy('id')
      .limit(ENTRIES_MAX)
      .execute();
    const entries = rows.map(entryView);
    const startMs = incident.impactStartedAtMs;
    const suspects = await suspectsOf(database, topologyOf(fleet), row, startMs, SUSPECTS_MAX);
    const endMs = Math.min(nowMs, (incident.resolvedAtMs ?? nowMs) + AROUND_MS);
    const view: PostmortemView = {
      ...incident,
      alerts: incident.alerts.map(({ annotations, labels, startsAtMs, endsAtMs }) => ({
        name: labels.alertname ?? annotations.summary ?? 'alert',
        startsAtMs,
        endsAtMs,
      })),
      entries,
      changes: suspects.map(({ change, score, reasons }) => ({ ...change, score, reasons })),
      series: series === null ? [] : await readSeries(series, row, startMs - AROUND_MS, endMs),
      summary: row.postmortem_summary ?? '',
      lessons: row.postmortem_lessons ?? '',
    };
    return {
      markdown: draftPostmortem(view, nowMs),
      times: timesOf(view),
      summary: row.postmortem_summary ?? '',
      lessons: row.postmortem_lessons ?? '',
      version: row.postmortem_version,
      editedBy: row.postmortem_edited_by,
      editedAtMs: row.postmortem_edited_at_ms,
      pictures: [...drawPictures(view, nowMs)],
      changes: suspects.map(rankedView),
      automation: automaticEntries(entries),
    };
  };
  return {
    'GET /v1/incidents/{incidentId}/postmortem'({ params, principal }) {
      requireAllProjects(principal);
      return show(params.incidentId);
    },
    async 'PUT /v1/incidents/{incidentId}/postmortem'({ params, body, principal }) {
      requireAllProjects(principal);
      await database.transaction().execute(async (transaction) => {
        const nowMs = clock.nowMs();
        const row = await lockIncident(transaction, params.incidentId);
        if (row.postmortem_version !== body.basedOn)
          throw new MeridianError('conflict', {
            reason: `${row.postmortem_edited_by ?? 'Somebody'} has changed the postmortem since; read it again`,
          });
        await reviseIncident(
          transaction,
          row,
          {
            postmortem_summary: body.summary,
            postmortem_lessons: body.lessons,
            postmortem_version: row.postmortem_version + 1,
            postmortem_edited_by: principal.name,
            postmortem_edited_at_ms: nowMs,
          },
          nowMs,
        );
        await recordAudit(transaction, principal, nowMs, {
          action: 'incident.postmortem',
          subject: row.id,
          projectId: null,
        });
      });
      return show(params.incidentId);
    },
  };
}

/** Changes that may have caused an incident whose harm began then, the likeliest first. */
export async function suspectsOf(
  database: ControlDatabase,
  topology: Topology,
  row: IncidentRow,
  startMs: number,
  limit: number,
): Promise<RankedChange<ChangeView>[]> {
  const moment = { atMs: startMs, labels: row.labels };
  const ranked = await changesNear(database, topology, moment, SUSPECT_WITHIN_MS, limit + 2);
  // Its own opening and end are no cause of it.
  return ranked.filter(({ change }) => change.details.incidentId !== row.id).slice(0, limit);
}

/** Requests of viewers and how many of them failed or came late, at the place of the incident. */
async function readSeries(
  series: SeriesReader,
  { labels }: IncidentRow,
  fromMs: number,
  toMs: number,
): Promise<Series[]> {
  const place =
    labels.site === undefined
      ? labels.region === undefined
        ? {}
        : { region: labels.region }
      : { site: labels.site };
  const stepMs = Math.ceil((toMs - fromMs) / STEPS_MAX / SLICE_MS) * SLICE_MS;
  const points = await series.read({ name: 'viewer_requests', labels: place, fromMs, toMs, stepMs });
  const steps = [...Map.groupBy(points, ({ atMs }) => atMs)].sort(([one], [other]) => one - other);
  const sum = (own: typeof points): number => own.reduce((total, { count }) => total + count, 0);
  return [
    {
      title: 'Requests of viewers that failed or came late',
      unit: '%',
      points: steps.map(([atMs, own]) => ({
        atMs,
        value: (100 * sum(own.filter(({ labels: { outcome } }) => outcome !== 'ok'))) / Math.max(1, sum(own)),
      })),
    },
    {
      title: 'Requests of viewers',
      unit: '/s',
      points: steps.map(([atMs, own]) => ({ atMs, value: (sum(own) * 1_000) / stepMs })),
    },
  ];
}
