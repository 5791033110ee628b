// Imports at this ingest: one loop claims them from control as slots are free, each runs under its own lease. A stopping
// ingest gives its imports back at once, with what has arrived left on disk; a site that drains takes no new ones.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImportTask } from '#contract/api/imports.ts';
import { MeridianError } from '#contract/errors.ts';
import { CLAIM_WAIT_MS_MAX } from '#contract/limits.ts';
import type { Resolver } from '#platform/http/guarded-lookup.ts';
import type { NodeContext } from '../shared/node-context.ts';
import { plainName } from './admission.ts';
import type { Committer } from './commit.ts';
import { bring, forget } from './import-bring.ts';
import { openImportBucket } from './import-bucket.ts';
import {
  createImportClient,
  type ImportClient,
  type ImportLease,
  ImportLostError,
  keepImportLease,
} from './import-client.ts';
import { describeImportFailure, unreachable } from './import-error.ts';
import { createImportGuard, OPEN_GUARD } from './import-guard.ts';
import { CLAIM_RETRY_MS_MAX, CLAIM_RETRY_MS_MIN, FETCH_MS_MAX, GIVE_BACK_MS_MAX } from './import-limits.ts';
import type { Spool } from './spool.ts';

export interface Importer {
  /** Claims and fetches until the signal aborts; returns when everything has been given back. */
  run(signal: AbortSignal): Promise<void>;
}

export interface ImporterDependencies {
  readonly spool: Spool;
  readonly committer: Committer;
  /** Default: control over the context's transport. */
  readonly client?: ImportClient;
  /** Default: as the machine resolves names. */
  readonly resolve?: Resolver;
}

/** Creates the importer of one ingest. */
export function createImporter(context: NodeContext, dependencies: ImporterDependencies): Importer {
  const { clock, config, log, metrics, world } = context;
  const { client = createImportClient(context), committer, resolve, spool } = dependencies;
  const guard = createImportGuard(config.imports, resolve);
  const directory = join(context.dataDirectory, 'imports');
  const bringing = { context, spool, committer, directory };
  const running = new Set<Promise<void>>();
  const done = metrics.counter('ingest_imports_done_total', 'Imports fetched and kept');
  const failed = metrics.counter('ingest_imports_failed_total', 'Attempts at imports that failed');
  metrics.gauge('ingest_imports_running', 'Imports being fetched now', () => running.size);

  function isDraining(): boolean {
    return world.current()?.sites.find(({ id }) => id === context.site.id)?.state === 'draining';
  }

  async function claimLoop(signal: AbortSignal): Promise<void> {
    let failures = 0;
    const pause = (waitMs: number): Promise<void> => clock.sleep(waitMs, signal).catch(() => undefined);
    while (!signal.aborted) {
      const slots = config.imports.slots - running.size;
      if (slots <= 0) {
        await Promise.race(running);
        continue;
      }
      if (world.current() === undefined || isDraining()) {
        await pause(CLAIM_RETRY_MS_MIN);
        continue;
      }
      try {
        for (const task of await client.claim(slots, CLAIM_WAIT_MS_MAX, signal)) start(task, signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        if (failures === 1) log.info({ error: String(error) }, 'control gives no imports; trying again');
        await pause(Math.min(CLAIM_RETRY_MS_MAX, CLAIM_RETRY_MS_MIN * 2 ** (failures - 1)));
      }
    }
  }

  function start(task: ImportTask, signal: AbortSignal): void {
    const ended = runTask(task, signal)
      .catch((error: unknown) =>
        log.error({ importId: task.id, error: String(error) }, 'an import ended unexpectedly'),
      )
      .finally(() => running.delete(ended));
    running.add(ended);
  }

  async function runTask(task: ImportTask, stopping: AbortSignal): Promise<void> {
    const lease = keepImportLease(task, { client, clock, log }, stopping);
    try {
      const count = task.target.kind === 'bucket' ? await list(task, lease) : await fetchMedia(task, lease);
      await persist(lease.signal, () => client.complete(task, count, lease.signal));
      done.value += 1;
    } catch (error) {
      await settle(task, lease, error, stopping);
    } finally {
      await lease.end();
    }
  }

  /** Reports the media of a bucket; resolves to how many there are. */
  async function list(task: ImportTask, lease: ImportLease): Promise<number> {
    if (task.target.kind !== 'bucket') return 0;
    const bucket = await openImportBucket(config.imports.sources, task.target.source);
    let count = 0;
    for await (const page of bucket.list(task.target.prefix)) {
      lease.signal.throwIfAborted();
      if (page.length > 0) await persist(lease.signal, () => client.add(task, page, lease.signal));
      count += page.length;
    }
    return count;
  }

  async function fetchMedia(task: ImportTask, lease: ImportLease): Promise<number> {
    const { target } = task;
    if (target.kind === 'bucket') return 0;
    const bucket =
      target.kind === 'object' ? await openImportBucket(config.imports.sources, target.source) : undefined;
    const late = AbortSignal.timeout(FETCH_MS_MAX);
    const path = target.kind === 'url' ? new URL(target.url).pathname : target.key;
    try {
      return await bring(
        {
          importId: task.id,
          assetId: target.assetId,
          projectId: task.projectId,
          visibility: task.visibility,
          preset: task.preset,
          fileName: task.name ?? plainName(decoded(path)),
          isRepeated: task.attempt > 1,
          address: async () =>
            target.kind === 'url' ? target.url : ((await bucket?.addressOf(target.key)) ?? ''),
          guard: target.kind === 'url' ? guard : OPEN_GUARD,
          bytesMax: task.bytesMax,
          etag: target.kind === 'object' ? target.etag : null,
          signal: AbortSignal.any([lease.signal, late]),
          onProgress: (receivedBytes, totalBytes) => lease.report({ receivedBytes, totalBytes }),
        },
        bringing,
      );
    } catch (error) {
      if (late.aborted && !lease.signal.aborted)
        throw unreachable(`it took longer than ${FETCH_MS_MAX / 3_600_000} hours`, error);
      throw error;
    }
  }

  /** Tells control until it has heard; the lease is kept meanwhile. */
  async function persist(signal: AbortSignal, call: () => Promise<void>): Promise<void> {
    for (let waitMs = CLAIM_RETRY_MS_MIN; ; waitMs = Math.min(CLAIM_RETRY_MS_MAX, waitMs * 2)) {
      try {
        return await call();
      } catch (error) {
        signal.throwIfAborted();
        // An answer is final, unless it says that control itself is in trouble.
        if (error instanceof MeridianError && error.code !== 'unavailable') throw error;
        await clock.sleep(waitMs, signal);
      }
    }
  }

  async function settle(
    task: ImportTask,
    lease: ImportLease,
    error: unknown,
    stopping: AbortSignal,
  ): Promise<void> {
    const fields = { importId: task.id, attempt: task.attempt };
    if (stopping.aborted) {
      const message = 'The ingest is stopping; the import goes on elsewhere, or here when it is back.';
      const failure = { code: 'unavailable', message, isRetryable: true };
      await client.fail(task, failure, AbortSignal.timeout(GIVE_BACK_MS_MAX)).catch((cause: unknown) => {
        log.info(
          { ...fields, error: String(cause) },
          'an import could not be given back; its lease will end',
        );
      });
      return;
    }
    const isLost =
      lease.signal.reason instanceof ImportLostError ||
      (error instanceof MeridianError && error.code === 'lease_lost');
    const failure = describeImportFailure(error);
    if (isLost || !failure.isRetryable) await forgetUnfinished(task);
    if (isLost) {
      log.info({ ...fields, reason: String(lease.signal.reason ?? error) }, 'an import was taken away');
      return;
    }
    failed.value += 1;
    log.info({ ...fields, ...failure }, 'an import failed');
    await persist(lease.signal, () => client.fail(task, failure, lease.signal)).catch((cause: unknown) => {
      log.info({ ...fields, error: String(cause) }, 'the failure of an import could not be reported');
    });
  }

  /** What has arrived serves nobody any more. What is kept already stays, with its asset. */
  async function forgetUnfinished({ target }: ImportTask): Promise<void> {
    if (target.kind === 'bucket') return;
    const info = await spool.info(target.assetId);
    if (info !== undefined && info.finished === null) await forget(target.assetId, bringing);
  }

  return {
    async run(signal) {
      // Files of unknown size from an earlier life.
      await rm(directory, { recursive: true, force: true });
      if (config.imports.slots === 0) return;
      await claimLoop(signal);
      await Promise.all(running);
    },
  };
}

/** A path as people write it; one that cannot be decoded stays as it is. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
