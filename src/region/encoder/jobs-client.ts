// The encoder's side of leased work: claim, heartbeat, complete and fail over HTTP, signed by the transport.

import type { z } from 'zod';
import { fromProblem, MeridianError } from '#contract/errors.ts';
import type { JobFailure, JobProgress, jobResultSchema, LeasedJob } from '#contract/jobs.ts';
import { nodeRoutes } from '#contract/node-api.ts';
import { readBody } from '#platform/http/node-transport.ts';
import type { NodeContext } from '../shared/node-context.ts';
import { CONTROL_ANSWER_BYTES_MAX, CONTROL_TIMEOUT_MS } from './limits.ts';

export type JobResult = z.infer<typeof jobResultSchema>;

/** What an encoder asks of control. Rejects with MeridianError (`lease_lost` …) or TransportError. */
export interface JobsClient {
  /** Leases up to `slots` jobs, waiting up to `waitMs` for the first. */
  claim(slots: number, waitMs: number, signal: AbortSignal): Promise<readonly LeasedJob[]>;
  heartbeat(job: LeasedJob, progress: JobProgress, signal: AbortSignal): Promise<{ isCancelled: boolean }>;
  complete(job: LeasedJob, result: JobResult, signal: AbortSignal): Promise<void>;
  fail(job: LeasedJob, failure: JobFailure, signal: AbortSignal): Promise<void>;
}

/** Creates the client of this node; control's address comes from the snapshot, else from the config. */
export function createJobsClient(
  context: Pick<NodeContext, 'config' | 'nodeId' | 'transport' | 'world'>,
): JobsClient {
  const { config, nodeId, transport, world } = context;

  function controlUrl(): string {
    return (
      world.current()?.controlUrl ?? config.control.url ?? `http://${config.host}:${config.control.port}`
    );
  }

  async function post<T>(
    path: string,
    body: unknown,
    schema: z.ZodType<T>,
    signal: AbortSignal,
    waitMs = 0,
  ): Promise<T> {
    const response = await transport.request({
      method: 'POST',
      url: `${controlUrl().replace(/\/$/, '')}/node/v1/jobs/${path}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
      headersTimeoutMs: waitMs + CONTROL_TIMEOUT_MS,
    });
    const answer = parseJson(await readBody(response.body, CONTROL_ANSWER_BYTES_MAX));
    if (response.status !== 200)
      throw fromProblem(answer) ?? new MeridianError('unavailable', { what: 'The control plane' });
    return schema.parse(answer);
  }

  return {
    async claim(slots, waitMs, signal) {
      const { response } = nodeRoutes['POST /node/v1/jobs/claim'];
      return (await post('claim', { nodeId, slots, waitMs }, response, signal, waitMs)).jobs;
    },
    async heartbeat({ id, fence }, progress, signal) {
      const { response } = nodeRoutes['POST /node/v1/jobs/{jobId}/heartbeat'];
      return post(`${id}/heartbeat`, { fence, progress }, response, signal);
    },
    async complete({ id, fence }, result, signal) {
      const { response } = nodeRoutes['POST /node/v1/jobs/{jobId}/complete'];
      await post(`${id}/complete`, { fence, result }, response, signal);
    },
    async fail({ id, fence }, failure, signal) {
      const { response } = nodeRoutes['POST /node/v1/jobs/{jobId}/fail'];
      await post(`${id}/fail`, { fence, failure }, response, signal);
    },
  };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
