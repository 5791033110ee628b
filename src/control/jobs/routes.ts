// Jobs for people (a list) and for nodes (claim, heartbeat, complete, fail).

import type { assetRoutes } from '#contract/api/assets.ts';
import { MeridianError } from '#contract/errors.ts';
import type { nodeRoutes } from '#contract/node-api.ts';
import type { ControlContext } from '../context.ts';
import type { Handlers } from '../http/call.ts';
import type { Leases } from './leases.ts';
import type { Scheduler } from './scheduler.ts';

type JobKeys =
  | 'POST /node/v1/jobs/claim'
  | 'POST /node/v1/jobs/{jobId}/heartbeat'
  | 'POST /node/v1/jobs/{jobId}/complete'
  | 'POST /node/v1/jobs/{jobId}/fail';

/** The list of jobs. */
export function createJobHandlers({
  database,
}: ControlContext): Handlers<typeof assetRoutes, 'GET /v1/jobs'> {
  return {
    async 'GET /v1/jobs'({ query, principal }) {
      let select = database.selectFrom('jobs').selectAll().orderBy('id', 'desc').limit(query.limit);
      if (principal.projectId !== null) select = select.where('project_id', '=', principal.projectId);
      if (query.state !== undefined) select = select.where('state', '=', query.state);
      const rows = await select.execute();
      return {
        jobs: rows.map((row) => ({
          id: row.id,
          assetId: row.asset_id,
          projectId: row.project_id,
          state: row.state,
          attempt: row.attempt,
          nodeId: row.lease_node_id,
          stage: row.stage,
          progress: row.progress,
          failure:
            row.failure_code === null ? null : { code: row.failure_code, message: row.failure_message ?? '' },
          createdAtMs: row.created_at_ms,
          updatedAtMs: row.updated_at_ms,
        })),
      };
    },
  };
}

/** What encoders ask. */
export function createWorkHandlers(
  scheduler: Scheduler,
  leases: Leases,
): Handlers<typeof nodeRoutes, JobKeys> {
  return {
    async 'POST /node/v1/jobs/claim'({ body, principal, signal }) {
      if (body.nodeId !== principal.nodeId)
        throw new MeridianError('invalid_request', { reason: 'body.nodeId: it is not the node that signed' });
      return { jobs: await scheduler.claim(principal.nodeId, body.slots, body.waitMs, signal) };
    },
    async 'POST /node/v1/jobs/{jobId}/heartbeat'({ params, body, principal }) {
      return leases.heartbeat(
        { jobId: params.jobId, nodeId: principal.nodeId, fence: body.fence },
        body.progress,
      );
    },
    async 'POST /node/v1/jobs/{jobId}/complete'({ params, body, principal }) {
      const { media, copies } = body.result;
      await leases.complete(
        { jobId: params.jobId, nodeId: principal.nodeId, fence: body.fence },
        media,
        copies,
      );
      return { isAccepted: true };
    },
    async 'POST /node/v1/jobs/{jobId}/fail'({ params, body, principal }) {
      await leases.fail({ jobId: params.jobId, nodeId: principal.nodeId, fence: body.fence }, body.failure);
      return { isAccepted: true };
    },
  };
}
