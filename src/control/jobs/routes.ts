// Jobs for people (see, cancel, put first, rest a region) and for nodes (claim, heartbeat, complete, fail).

import { defined } from '#base/assert.ts';
import type { jobRoutes } from '#contract/api/jobs.ts';
import type { chunkNodeRoutes } from '#contract/chunk-api.ts';
import { MeridianError } from '#contract/errors.ts';
import type { nodeRoutes } from '#contract/node-api.ts';
import { type NodePrincipal, projectScope } from '../access/principal.ts';
import type { ControlContext } from '../context.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Handlers } from '../http/call.ts';
import { cancelByPerson, pauseEncoding, prioritizeJob } from './change.ts';
import type { Chunks } from './chunks.ts';
import type { Leases } from './leases.ts';
import type { Paces } from './paces.ts';
import type { Scheduler } from './scheduler.ts';
import { listEncoding, listJobs, showJob } from './views.ts';

type JobKeys =
  | 'POST /node/v1/jobs/claim'
  | 'POST /node/v1/jobs/{jobId}/heartbeat'
  | 'POST /node/v1/jobs/{jobId}/complete'
  | 'POST /node/v1/jobs/{jobId}/fail';

type PeopleKeys = keyof typeof jobRoutes;

/** What people ask of jobs and encoders. */
export function createJobHandlers(
  context: ControlContext,
  fleet: Fleet,
  scheduler: Scheduler,
  paces: Paces,
): Handlers<typeof jobRoutes, PeopleKeys> {
  const dependencies = { database: context.database, fleet, paces };
  return {
    async 'GET /v1/jobs'({ query, principal }) {
      const { projectId, ...filter } = query;
      const limit = query.limit + 1;
      const wanted = { ...filter, limit, projectId: projectScope(principal, projectId) };
      const found = await listJobs(dependencies, wanted);
      const jobs = found.slice(0, query.limit);
      return { jobs, nextBefore: found.length > jobs.length ? (jobs.at(-1)?.id ?? null) : null };
    },
    'GET /v1/jobs/{jobId}': ({ params, principal }) =>
      showJob(dependencies, params.jobId, projectScope(principal)),
    async 'PATCH /v1/jobs/{jobId}'({ params, body, principal }) {
      await prioritizeJob(context, principal, params.jobId, body.priority);
      scheduler.wake();
      return showJob(dependencies, params.jobId, projectScope(principal));
    },
    async 'POST /v1/jobs/{jobId}/cancel'({ params, principal }) {
      await cancelByPerson(context, principal, params.jobId);
      paces.forget(params.jobId);
      return showJob(dependencies, params.jobId, projectScope(principal));
    },
    async 'GET /v1/encoding'() {
      return { regions: await listEncoding(context, fleet, scheduler.encoders()) };
    },
    async 'PUT /v1/regions/{regionId}/encoding'({ params, body, principal }) {
      await pauseEncoding(context, principal, params.regionId, body.isPaused);
      scheduler.wake();
      const regions = await listEncoding(context, fleet, scheduler.encoders());
      return defined(
        regions.find(({ id }) => id === params.regionId),
        'a region of the configuration',
      );
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
      const { slots, encoder, waitMs } = body;
      const { nodeId } = principal;
      // Whoever does not ask for chunks knows none.
      const asked = body.kinds.includes('chunk') ? { nodeId, slots, encoder } : { nodeId, slots };
      const { jobs, chunks } = await scheduler.claim(asked, waitMs, signal);
      return { jobs: [...jobs], chunks: [...chunks] };
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

/** What leaders and helpers ask of chunks. */
export function createChunkHandlers(
  chunks: Chunks,
): Handlers<typeof nodeRoutes, keyof typeof chunkNodeRoutes> {
  const leaseOf = (params: { jobId: string; index: number }, fence: number, principal: NodePrincipal) => ({
    jobId: params.jobId,
    index: params.index,
    nodeId: principal.nodeId,
    fence,
  });
  return {
    'POST /node/v1/jobs/{jobId}/chunks'({ params, body, principal }) {
      const { fence, ...what } = body;
      return chunks.declare({ jobId: params.jobId, nodeId: principal.nodeId, fence }, what);
    },
    'POST /node/v1/jobs/{jobId}/chunks/next'({ params, body, principal, signal }) {
      const { fence, ...wish } = body;
      return chunks.next({ jobId: params.jobId, nodeId: principal.nodeId, fence }, wish, signal);
    },
    'POST /node/v1/jobs/{jobId}/chunks/{index}/heartbeat'({ params, body, principal }) {
      return chunks.heartbeat(leaseOf(params, body.fence, principal), body.share);
    },
    async 'POST /node/v1/jobs/{jobId}/chunks/{index}/complete'({ params, body, principal }) {
      await chunks.complete(leaseOf(params, body.fence, principal), body.result);
      return { isAccepted: true };
    },
    async 'POST /node/v1/jobs/{jobId}/chunks/{index}/fail'({ params, body, principal }) {
      await chunks.fail(leaseOf(params, body.fence, principal), body.failure);
      return { isAccepted: true };
    },
    async 'POST /node/v1/jobs/{jobId}/chunks/{index}/lost'({ params, body, principal }) {
      const lease = { jobId: params.jobId, nodeId: principal.nodeId, fence: body.fence };
      await chunks.lost(lease, params.index, body.reason);
      return { isAccepted: true };
    },
  };
}
