// Work for the ingests: imports are leased to nodes that ask, and what becomes of a lease is decided under its fence.
// A claim is held open until there is something, so that nothing waits for a poll. An import whose asset is registered
// is done, whatever else was heard of it: a node may die between keeping the bytes and saying so.

import type { ImportObject, ImportProgress, ImportTask } from '#contract/api/imports.ts';
import { MeridianError } from '#contract/errors.ts';
import type { JobFailure } from '#contract/jobs.ts';
import { DEFAULT_BACKOFF, decideRetry } from '#core/retry/backoff.ts';
import { findAsset } from '../catalog/store.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { CLAIMS_MAX } from '../limits.ts';
import { IMPORT_LOOK_MS_MAX, IMPORT_OBJECTS_MAX } from './limits.ts';
import { judgeImports } from './quota.ts';
import {
  addObjects,
  countObjects,
  endImportAttempt,
  finishImport,
  type ImportRow,
  leaseImports,
  lockImport,
  msUntilNextImport,
  prolongImport,
  readLostImports,
  returnImports,
} from './store.ts';

export interface ImportLease {
  readonly importId: string;
  readonly nodeId: string;
  readonly fence: number;
}

export interface Imports {
  /** Waits for imports for a node; empty when there were none in time. */
  claim(nodeId: string, slots: number, waitMs: number, signal: AbortSignal): Promise<ImportTask[]>;
  heartbeat(
    lease: ImportLease,
    progress: ImportProgress,
  ): Promise<{ leaseUntilMs: number; isCancelled: boolean }>;
  /** Takes note of objects of a bucket; resolves to how many are new. */
  add(lease: ImportLease, objects: readonly ImportObject[]): Promise<number>;
  complete(lease: ImportLease, bytes: number): Promise<void>;
  fail(lease: ImportLease, failure: JobFailure): Promise<void>;
  /** Takes back leases that ran out. */
  reap(): Promise<void>;
  /** Something may run now. */
  wake(): void;
  /** Ends all waiting claims with nothing. */
  stop(): void;
}

/** Creates the keeper of imports. */
export function createImports(context: ControlContext): Imports {
  return new DatabaseImports(context);
}

class DatabaseImports implements Imports {
  readonly #context: ControlContext;
  #waiting = 0;
  #changed = Promise.withResolvers<void>();
  readonly #stopping = new AbortController();

  constructor(context: ControlContext) {
    this.#context = context;
  }

  async claim(nodeId: string, slots: number, waitMs: number, gone: AbortSignal): Promise<ImportTask[]> {
    const signal = AbortSignal.any([gone, this.#stopping.signal]);
    const { clock, database } = this.#context;
    if (this.#waiting >= CLAIMS_MAX)
      throw new MeridianError('overloaded', { reason: 'too many open claims' });
    const deadlineMs = clock.monotonicMs() + waitMs;
    this.#waiting += 1;
    try {
      for (;;) {
        const changed = this.#changed.promise;
        const rows = await leaseImports(database, nodeId, slots);
        if (rows.length > 0 && signal.aborted) {
          // It hung up: nobody would work on them until the lease runs out.
          await returnImports(database, rows);
          this.wake();
          return [];
        }
        const tasks = await this.#judged(nodeId, rows);
        const leftMs = deadlineMs - clock.monotonicMs();
        if (tasks.length > 0 || leftMs <= 0 || signal.aborted) return tasks;
        // All were refused: others may fit.
        if (rows.length > 0) continue;
        const nextMs = Math.max(1, (await msUntilNextImport(database)) ?? IMPORT_LOOK_MS_MAX);
        await this.#rest(Math.min(leftMs, nextMs, IMPORT_LOOK_MS_MAX), changed, signal);
      }
    } finally {
      this.#waiting -= 1;
    }
  }

  /** What the quotas of their projects allow; the rest has failed, with the reason. */
  async #judged(nodeId: string, rows: readonly ImportRow[]): Promise<ImportTask[]> {
    const tasks: ImportTask[] = [];
    for (const answer of await judgeImports(this.#context, rows)) {
      const { row } = answer;
      if ('refusal' in answer) {
        const { code, message, action } = answer.refusal;
        const failure = { code, message: `${message} ${action}`, isRetryable: false };
        await this.fail({ importId: row.id, nodeId, fence: row.fence }, failure);
      } else tasks.push(taskOf(row, answer.bytesMax));
    }
    return tasks;
  }

  async #rest(milliseconds: number, changed: Promise<void>, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const sleep = this.#context.clock
      .sleep(milliseconds, AbortSignal.any([signal, woken.signal]))
      .catch(() => undefined);
    await Promise.race([sleep, changed]);
    woken.abort();
  }

  stop(): void {
    this.#stopping.abort();
  }

  wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  heartbeat(lease: ImportLease, progress: ImportProgress) {
    return this.#underFence(lease, async (transaction, row) => {
      if (row.state === 'cancelled') return { leaseUntilMs: this.#context.clock.nowMs(), isCancelled: true };
      requireRunning(row);
      return { leaseUntilMs: await prolongImport(transaction, row.id, progress), isCancelled: false };
    });
  }

  async add(lease: ImportLease, objects: readonly ImportObject[]): Promise<number> {
    const { clock, random } = this.#context;
    const added = await this.#underFence(lease, async (transaction, row) => {
      requireRunning(row);
      if (row.kind !== 'bucket')
        throw new MeridianError('invalid_request', { reason: `${row.id} is not the import of a bucket` });
      const own = (await countObjects(transaction, [row.id])).get(row.id);
      const known = [...(own?.states.values() ?? [])].reduce((sum, count) => sum + count, 0);
      if (known + objects.length > IMPORT_OBJECTS_MAX)
        throw new MeridianError('overloaded', {
          reason: `the bucket holds more than ${IMPORT_OBJECTS_MAX} media; import it by prefixes`,
        });
      return addObjects(transaction, row, objects, clock.nowMs(), random);
    });
    if (added > 0) this.wake();
    return added;
  }

  complete(lease: ImportLease, bytes: number): Promise<void> {
    return this.#underFence(lease, async (transaction, row) => {
      // The answer to an earlier completion was lost on its way.
      if (row.state === 'done') return;
      requireRunning(row);
      await finishImport(transaction, row, bytes);
      if (row.kind === 'bucket') await this.#countSkipped(transaction, row, bytes);
    });
  }

  /** Of a bucket, `bytes` is the number of media that were listed. */
  async #countSkipped(transaction: ControlTransaction, row: ImportRow, listed: number): Promise<void> {
    const own = (await countObjects(transaction, [row.id])).get(row.id);
    const added = [...(own?.states.values() ?? [])].reduce((sum, count) => sum + count, 0);
    await transaction
      .updateTable('imports')
      .set({ found_count: listed, skipped_count: Math.max(0, listed - added) })
      .where('id', '=', row.id)
      .execute();
  }

  async fail(lease: ImportLease, failure: JobFailure): Promise<void> {
    await this.#underFence(lease, async (transaction, row) => {
      if (row.state === 'cancelled') return;
      requireRunning(row);
      await this.#settle(transaction, row, failure, (delayMs) => delayMs);
    });
    this.wake();
  }

  async reap(): Promise<void> {
    const { database } = this.#context;
    const lost = await readLostImports(database);
    for (const { id, fence } of lost)
      await database.transaction().execute(async (transaction) => {
        const row = await lockImport(transaction, id);
        if (row === undefined || row.fence !== fence || row.state !== 'running') return;
        const message = `The node ${row.lease_node_id ?? ''} stopped answering while it fetched this.`;
        const failure = { code: 'lease_lost', message, isRetryable: true };
        // The first loss says nothing about the source: somebody else takes over at once.
        await this.#settle(transaction, row, failure, (delayMs) => (row.attempt === 1 ? 0 : delayMs));
      });
    if (lost.length > 0) this.wake();
  }

  /** Ends a failed attempt: again later, or never; or well, when the asset turns out to be there. */
  async #settle(
    transaction: ControlTransaction,
    row: ImportRow,
    failure: JobFailure,
    delayOf: (delayMs: number) => number,
  ): Promise<void> {
    const asset = row.asset_id === null ? undefined : await findAsset(transaction, row.asset_id);
    if (asset !== undefined) return finishImport(transaction, row, asset.source_bytes);
    const decision = failure.isRetryable
      ? decideRetry(row.attempt, row.attempts_max, DEFAULT_BACKOFF, this.#chance())
      : ({ kind: 'bury' } as const);
    const message =
      decision.kind === 'bury' && failure.isRetryable
        ? `${failure.message} Given up after ${row.attempt} attempts.`
        : failure.message;
    const delayMs = decision.kind === 'bury' ? null : delayOf(decision.delayMs);
    await endImportAttempt(transaction, row.id, { code: failure.code, message }, delayMs);
    const fields = { importId: row.id, attempt: row.attempt, code: failure.code, reason: message };
    this.#context.log.info(
      fields,
      delayMs === null ? 'an import failed for good' : 'an attempt at an import failed; it will be repeated',
    );
  }

  /** Locks an import for the holder of its newest fence. */
  #underFence<T>(
    { importId, nodeId, fence }: ImportLease,
    act: (transaction: ControlTransaction, row: ImportRow) => Promise<T>,
  ): Promise<T> {
    return this.#context.database.transaction().execute(async (transaction) => {
      const row = await lockImport(transaction, importId);
      if (row === undefined || row.fence !== fence || row.lease_node_id !== nodeId)
        throw new MeridianError('lease_lost', { job: importId });
      return act(transaction, row);
    });
  }

  /** A number in [0, 1). */
  #chance(): number {
    return new DataView(Uint8Array.from(this.#context.random(4)).buffer).getUint32(0) / 2 ** 32;
  }
}

function requireRunning(row: ImportRow): void {
  if (row.state !== 'running') throw new MeridianError('lease_lost', { job: row.id });
}

function taskOf(row: ImportRow, bytesMax: number): ImportTask {
  return {
    id: row.id,
    fence: row.fence,
    attempt: row.attempt,
    leaseUntilMs: row.lease_until_ms ?? 0,
    projectId: row.project_id,
    visibility: row.visibility,
    name: row.name,
    bytesMax,
    ...(row.preset === null ? {} : { preset: row.preset }),
    target: targetOf(row),
  };
}

function targetOf(row: ImportRow): ImportTask['target'] {
  const { asset_id: assetId, object_etag: etag, object_key: key, source, url } = row;
  if (row.kind === 'bucket') return { kind: 'bucket', source: source ?? '', prefix: key ?? '' };
  if (row.kind === 'url') return { kind: 'url', assetId: assetId ?? '', url: url ?? '' };
  return { kind: 'object', assetId: assetId ?? '', source: source ?? '', key: key ?? '', etag: etag ?? '' };
}
