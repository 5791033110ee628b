// Telemetry for people, and what nodes report.

import { quantileOf } from '#base/log-buckets.ts';
import type { telemetryRoutes } from '#contract/api/telemetry.ts';
import { MeridianError } from '#contract/errors.ts';
import type { nodeRoutes } from '#contract/node-api.ts';
import { SERIES, SERIES_NAMES, shapeOf } from '#core/telemetry/series.ts';
import { projectScope, requireAllProjects } from '../access/principal.ts';
import type { ControlContext } from '../context.ts';
import type { History } from '../history/history.ts';
import { QUERY_DAYS_MAX } from '../history/limits.ts';
import type { Handlers } from '../http/call.ts';
import { groupPoints, parseLabels } from './group-points.ts';
import { POINTS_MAX } from './limits.ts';
import { SLICES } from './resolutions.ts';
import type { Telemetry } from './telemetry.ts';
import { findViewing, readViewings } from './viewings.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A week, today among it. */
const HISTORY_MS_DEFAULT = 6 * DAY_MS;
const STEP_MS_DEFAULT = 60_000;

/** Handlers of the public API. */
export function createTelemetryHandlers(
  context: ControlContext,
  telemetry: Telemetry,
  history: Pick<History, 'ask'>,
): Handlers<typeof telemetryRoutes> {
  const { clock, database } = context;
  return {
    async 'GET /v1/telemetry/series'({ query, principal }) {
      requireAllProjects(principal);
      const shape = shapeOf(query.name);
      if (shape === undefined)
        throw new MeridianError('invalid_request', {
          reason: `query.name: there is no series ${query.name}; there are ${SERIES_NAMES.join(', ')}`,
        });
      const toMs = query.toMs ?? clock.nowMs();
      const fromMs = query.fromMs ?? toMs - HOUR_MS;
      const stepMs = query.stepMs ?? STEP_MS_DEFAULT;
      if (stepMs % SLICES.stepMs !== 0)
        throw new MeridianError('invalid_request', {
          reason: `query.stepMs: it is no multiple of ${SLICES.stepMs}`,
        });
      if (fromMs >= toMs)
        throw new MeridianError('invalid_request', { reason: 'query.fromMs: it is not before toMs' });
      const labels = parseLabels(query.labels ?? '', shape.labels);
      const by = (query.by ?? '').split(',').filter((label) => label !== '');
      const unknown = by.find((label) => !shape.labels.includes(label));
      if (unknown !== undefined)
        throw new MeridianError('invalid_request', {
          reason: `query.by: ${query.name} has no label ${unknown}; it has ${shape.labels.join(', ')}`,
        });
      const points = groupPoints(
        await telemetry.read({ name: query.name, labels, fromMs, toMs, stepMs }),
        by,
      );
      if (points.length > POINTS_MAX)
        throw new MeridianError('invalid_request', {
          reason: `that is ${points.length} points; ask for a longer step or a shorter time`,
        });
      return {
        name: query.name,
        stepMs,
        points: points.map(({ atMs, labels: own, count, sum, buckets }) => ({
          atMs,
          labels: { ...own },
          count,
          sum: sum ?? null,
          p50: buckets === undefined ? null : (quantileOf(buckets, 0.5) ?? null),
          p95: buckets === undefined ? null : (quantileOf(buckets, 0.95) ?? null),
          p99: buckets === undefined ? null : (quantileOf(buckets, 0.99) ?? null),
        })),
      };
    },
    async 'GET /v1/telemetry/names'({ principal }) {
      requireAllProjects(principal);
      return {
        series: SERIES_NAMES.map((name) => ({
          name,
          help: SERIES[name].help,
          labels: [...SERIES[name].labels],
          isHistogram: SERIES[name].isHistogram,
          labelSets: telemetry.labelSets(name),
        })),
      };
    },
    async 'GET /v1/viewer-sessions'({ query, principal }) {
      const { isTroubled, ...rest } = query;
      return readViewings(database, {
        ...rest,
        isTroubled: isTroubled === undefined ? undefined : isTroubled === 'true',
        projectId: projectScope(principal) ?? null,
      });
    },
    async 'GET /v1/viewer-sessions/history'({ query, principal }) {
      const toMs = query.toMs ?? clock.nowMs();
      const fromMs = query.fromMs ?? Math.max(0, toMs - HISTORY_MS_DEFAULT);
      if (fromMs > toMs || toMs - fromMs > QUERY_DAYS_MAX * DAY_MS)
        throw new MeridianError('invalid_request', {
          reason: `query.fromMs: it must be before toMs, by ${QUERY_DAYS_MAX} days at most`,
        });
      const projectId = projectScope(principal) ?? null;
      const { columns, isCut, rows } = await history.ask({ sql: query.sql, fromMs, toMs, projectId });
      return { columns: [...columns], rows: rows.map((row) => [...row]), isCut };
    },
    async 'GET /v1/viewer-sessions/{sid}'({ params, principal }) {
      const found = await findViewing(database, params.sid, projectScope(principal) ?? null);
      if (found === undefined) throw new MeridianError('not_found', { what: 'such session' });
      return found;
    },
  };
}

/** Handlers of the node API. */
export function createTelemetryNodeHandlers(
  telemetry: Telemetry,
): Handlers<typeof nodeRoutes, 'POST /node/v1/telemetry'> {
  return {
    async 'POST /node/v1/telemetry'({ body, principal }) {
      if (body.nodeId !== principal.nodeId)
        throw new MeridianError('invalid_request', { reason: 'body.nodeId: it is not the node that signed' });
      const { isRepeated, refused } = await telemetry.accept(body);
      return { isRepeated, refused: [...refused] };
    },
  };
}
