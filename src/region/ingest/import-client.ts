// The ingest's side of imports: claim, heartbeat, objects, complete and fail over HTTP, signed by the transport; and
// the lease of one import, kept by heartbeats. With control away the fetch goes on: nobody else can be given the
// import meanwhile, and the fence decides when control is back.

import type { z } from 'zod';
import {
  type ImportObject,
  type ImportProgress,
  type ImportTask,
  importNodeRoutes,
} from '#contract/api/imports.ts';
import { fromProblem, MeridianError } from '#contract/errors.ts';
import type { JobFailure } from '#contract/jobs.ts';
import { readBody } from '#platform/http/node-transport.ts';
import type { NodeContext } from '../shared/node-context.ts';
import { CONTROL_ANSWER_BYTES_MAX, CONTROL_ANSWER_MS_MAX, IMPORT_HEARTBEAT_MS } from './import-limits.ts';

/** What an ingest asks of control. Rejects with MeridianError (`lease_lost` …) or TransportError. */
export interface ImportClient {
  claim(slots: number, waitMs: number, signal: AbortSignal): Promise<readonly ImportTask[]>;
  heartbeat(
    task: ImportTask,
    progress: ImportProgress,
    signal: AbortSignal,
  ): Promise<{ isCancelled: boolean }>;
  add(task: ImportTask, objects: readonly ImportObject[], signal: AbortSignal): Promise<void>;
  complete(task: ImportTask, bytes: number, signal: AbortSignal): Promise<void>;
  fail(task: ImportTask, failure: JobFailure, signal: AbortSignal): Promise<void>;
}

/** Creates the client of this node; control's address comes from the snapshot, else from the config. */
export function createImportClient(
  context: Pick<NodeContext, 'config' | 'nodeId' | 'transport' | 'world'>,
): ImportClient {
  const { config, nodeId, transport, world } = context;

  async function post<K extends keyof typeof importNodeRoutes>(
    key: K,
    importId: string,
    body: z.input<(typeof importNodeRoutes)[K]['body']>,
    signal: AbortSignal,
    waitMs = 0,
  ): Promise<z.output<(typeof importNodeRoutes)[K]['response']>> {
    const base =
      world.current()?.controlUrl ?? config.control.url ?? `http://${config.host}:${config.control.port}`;
    const path = key.replace('POST ', '').replace('{importId}', importId);
    const response = await transport.request({
      method: 'POST',
      url: base.replace(/\/$/, '') + path,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
      headersTimeoutMs: waitMs + CONTROL_ANSWER_MS_MAX,
    });
    const answer = parseJson(await readBody(response.body, CONTROL_ANSWER_BYTES_MAX));
    if (response.status !== 200)
      throw fromProblem(answer) ?? new MeridianError('unavailable', { what: 'The control plane' });
    return importNodeRoutes[key].response.parse(answer) as z.output<(typeof importNodeRoutes)[K]['response']>;
  }

  return {
    async claim(slots, waitMs, signal) {
      const body = { nodeId, slots, waitMs };
      return (await post('POST /node/v1/imports/claim', '', body, signal, waitMs)).tasks;
    },
    heartbeat: ({ fence, id }, progress, signal) =>
      post('POST /node/v1/imports/{importId}/heartbeat', id, { fence, progress }, signal),
    async add({ fence, id }, objects, signal) {
      await post('POST /node/v1/imports/{importId}/objects', id, { fence, objects: [...objects] }, signal);
    },
    async complete({ fence, id }, bytes, signal) {
      await post('POST /node/v1/imports/{importId}/complete', id, { fence, bytes }, signal);
    },
    async fail({ fence, id }, failure, signal) {
      await post('POST /node/v1/imports/{importId}/fail', id, { fence, failure }, signal);
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

/** The reason of an abort when the import is no longer ours. */
export class ImportLostError extends Error {
  override readonly name = 'ImportLostError';
}

export interface ImportLease {
  /** Aborts when the lease is lost, the import cancelled, or the ingest stops. */
  readonly signal: AbortSignal;
  report(change: Partial<ImportProgress>): void;
  /** Stops the heartbeats. */
  end(): Promise<void>;
}

/** Starts keeping a lease; `stopping` aborts when the ingest stops. */
export function keepImportLease(
  task: ImportTask,
  { client, clock, log }: { client: ImportClient } & Pick<NodeContext, 'clock' | 'log'>,
  stopping: AbortSignal,
): ImportLease {
  const lost = new AbortController();
  const ended = new AbortController();
  const signal = AbortSignal.any([stopping, lost.signal]);
  const either = AbortSignal.any([signal, ended.signal]);
  let progress: ImportProgress = { receivedBytes: 0, totalBytes: null };

  async function beat(): Promise<void> {
    try {
      const { isCancelled } = await client.heartbeat(task, progress, either);
      if (isCancelled) lost.abort(new ImportLostError('the import was cancelled'));
    } catch (error) {
      if (either.aborted) return;
      if (error instanceof MeridianError && ['lease_lost', 'not_found'].includes(error.code))
        lost.abort(new ImportLostError(error.message, { cause: error }));
      else log.info({ importId: task.id, error: String(error) }, 'a heartbeat did not reach control');
    }
  }

  async function run(): Promise<void> {
    while (!either.aborted) {
      await clock.sleep(IMPORT_HEARTBEAT_MS, either).catch(() => undefined);
      if (!either.aborted) await beat();
    }
  }

  const running = run();
  return {
    signal,
    report(change) {
      progress = { ...progress, ...change };
    },
    async end() {
      ended.abort();
      await running;
    },
  };
}
