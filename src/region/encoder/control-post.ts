// One way to ask control for something about jobs: signed by the transport, at the address that the snapshot names, else
// at the one of the config. Refusals become MeridianErrors.

import type { z } from 'zod';
import { fromProblem, MeridianError } from '#contract/errors.ts';
import { readBody } from '#platform/http/node-transport.ts';
import type { NodeContext } from '../shared/node-context.ts';
import { CONTROL_ANSWER_BYTES_MAX, CONTROL_TIMEOUT_MS } from './limits.ts';

export type ControlContext = Pick<NodeContext, 'config' | 'nodeId' | 'transport' | 'world'>;

export type ControlPost = <T>(
  path: string,
  body: unknown,
  schema: z.ZodType<T>,
  signal: AbortSignal,
  /** How long control may wait before it answers. */
  waitMs?: number,
) => Promise<T>;

/** Creates the way to `/node/v1/jobs/…`. */
export function createControlPost({ config, transport, world }: ControlContext): ControlPost {
  const controlUrl = (): string =>
    world.current()?.controlUrl ?? config.control.url ?? `http://${config.host}:${config.control.port}`;
  return async (path, body, schema, signal, waitMs = 0) => {
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
  };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
