// The keeper's side of control: reports of what is held, and copies to make. Control may be away for a day.

import type { z } from 'zod';
import { fromProblem, MeridianError } from '#contract/errors.ts';
import type { JobFailure } from '#contract/jobs.ts';
import { nodeRoutes } from '#contract/node-api.ts';
import type { Drop, HoldingsPage, LeasedRepair, RepairOutcome } from '#contract/storage.ts';
import { readBody } from '#platform/http/node-transport.ts';
import type { NodeContext } from '../../shared/node-context.ts';
import { CONTROL_ANSWER_BYTES_MAX, CONTROL_TIMEOUT_MS } from './limits.ts';

/** What the keeper asks of control. Rejects with MeridianError (`lease_lost` …) or TransportError. */
export interface ControlLink {
  report(page: HoldingsPage, signal: AbortSignal): Promise<readonly Drop[]>;
  claim(slots: number, signal: AbortSignal): Promise<readonly LeasedRepair[]>;
  heartbeat(repair: LeasedRepair, bytesDone: number, signal: AbortSignal): Promise<{ isCancelled: boolean }>;
  complete(repair: LeasedRepair, bytes: number, signal: AbortSignal): Promise<RepairOutcome>;
  fail(repair: LeasedRepair, failure: JobFailure, signal: AbortSignal): Promise<void>;
}

/** Creates the link of a node; control's address comes from the snapshot, else from the config. */
export function createControlLink(
  context: Pick<NodeContext, 'config' | 'nodeId' | 'transport' | 'world'>,
): ControlLink {
  const { config, nodeId, transport, world } = context;

  async function post<T>(path: string, body: unknown, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const controlUrl =
      world.current()?.controlUrl ?? config.control.url ?? `http://${config.host}:${config.control.port}`;
    const response = await transport.request({
      method: 'POST',
      url: `${controlUrl.replace(/\/$/, '')}/node/v1/${path}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
      headersTimeoutMs: CONTROL_TIMEOUT_MS,
    });
    const text = (await readBody(response.body, CONTROL_ANSWER_BYTES_MAX)).toString('utf8');
    const answer: unknown = text === '' ? undefined : JSON.parse(text);
    if (response.status !== 200)
      throw fromProblem(answer) ?? new MeridianError('unavailable', { what: 'The control plane' });
    return schema.parse(answer);
  }

  return {
    async report(page, signal) {
      const { response } = nodeRoutes['POST /node/v1/holdings'];
      return (await post('holdings', page, response, signal)).drops;
    },
    async claim(slots, signal) {
      const { response } = nodeRoutes['POST /node/v1/repairs/claim'];
      return (await post('repairs/claim', { nodeId, slots }, response, signal)).repairs;
    },
    heartbeat({ id, fence }, bytesDone, signal) {
      const { response } = nodeRoutes['POST /node/v1/repairs/{repairId}/heartbeat'];
      return post(`repairs/${id}/heartbeat`, { fence, bytesDone }, response, signal);
    },
    complete({ id, fence }, bytes, signal) {
      const { response } = nodeRoutes['POST /node/v1/repairs/{repairId}/complete'];
      return post(`repairs/${id}/complete`, { fence, bytes }, response, signal);
    },
    async fail({ id, fence }, failure, signal) {
      const { response } = nodeRoutes['POST /node/v1/repairs/{repairId}/fail'];
      await post(`repairs/${id}/fail`, { fence, failure }, response, signal);
    },
  };
}
