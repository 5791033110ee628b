// What becomes of leased jobs: heartbeats, results, failures, and leases that nobody keeps. Everything is decided
// under the fence; a node that comes with an old one is told that the lease is lost.

import { MeridianError } from '#contract/errors.ts';
import type { JobFailure, JobProgress } from '#contract/jobs.ts';
import type { MediaDocument } from '#contract/media.ts';
import { DEFAULT_BACKOFF, decideRetry } from '#core/retry/backoff.ts';
import { type AssetRow, lockAsset, reviseAsset, updateAsset } from '../catalog/store.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { recordAssetEvent } from '../events/record.ts';
import { claimCopies } from '../storage/copies.ts';
import { failVersion, noteVersionProgress, serveVersion } from '../storage/versions.ts';
import {
  assetIdOfJob,
  endAttempt,
  finishJob,
  type JobRow,
  lockFenced,
  lockLeased,
  prolongLease,
  readLostLeases,
} from './store.ts';

export interface Lease {
  readonly jobId: string;
  readonly nodeId: string;
  readonly fence: number;
}

export interface Leases {
  heartbeat(lease: Lease, progress: JobProgress): Promise<{ leaseUntilMs: number; isCancelled: boolean }>;
  complete(lease: Lease, media: MediaDocument, copies: readonly string[]): Promise<void>;
  fail(lease: Lease, failure: JobFailure): Promise<void>;
  /** Takes back leases that ran out, and those that nodes held before they restarted; returns how many. */
  reap(rebootedNodeIds: readonly string[]): Promise<number>;
}

/** Creates the keeper of leases. `onWork` is called when a job became ready again, `onCopies` when copies were made. */
export function createLeases(
  context: ControlContext,
  onWork: () => void,
  onCopies: (assetIds: readonly string[]) => void,
): Leases {
  return new DatabaseLeases(context, onWork, onCopies);
}

class DatabaseLeases implements Leases {
  readonly #clock: ControlContext['clock'];
  readonly #database: ControlContext['database'];
  readonly #log: ControlContext['log'];
  readonly #random: ControlContext['random'];
  readonly #onWork: () => void;
  readonly #onCopies: (assetIds: readonly string[]) => void;

  constructor(
    { clock, database, log, random }: ControlContext,
    onWork: () => void,
    onCopies: (assetIds: readonly string[]) => void,
  ) {
    this.#clock = clock;
    this.#database = database;
    this.#log = log;
    this.#random = random;
    this.#onWork = onWork;
    this.#onCopies = onCopies;
  }

  heartbeat(lease: Lease, progress: JobProgress): Promise<{ leaseUntilMs: number; isCancelled: boolean }> {
    return this.#underFence(lease, async (transaction, job, asset) => {
      if (job.state === 'cancelled') return { leaseUntilMs: this.#clock.nowMs(), isCancelled: true };
      requireLeased(job);
      const leaseUntilMs = await prolongLease(transaction, job.id, progress);
      if (job.asset_version !== asset.version) {
        await noteVersionProgress(transaction, job, progress);
        return { leaseUntilMs, isCancelled: false };
      }
      const changes = {
        stage: progress.stage,
        progress: progress.share,
        // A new attempt must not hide what an earlier one has published.
        is_playable: asset.is_playable || progress.isPlayable,
        duration_ms: progress.durationMs ?? asset.duration_ms,
      };
      await updateAsset(transaction, asset.id, changes, this.#clock.nowMs());
      if (changes.is_playable && !asset.is_playable) await this.#tell(transaction, asset, 'asset.playable');
      return { leaseUntilMs, isCancelled: false };
    });
  }

  complete(lease: Lease, media: MediaDocument, copies: readonly string[]): Promise<void> {
    return this.#underFence(lease, async (transaction, job, asset) => {
      // The answer to an earlier completion was lost on its way.
      if (job.state === 'done') return;
      requireLeased(job);
      requireSameAsset(media, job);
      await finishJob(transaction, job.id);
      const nowMs = this.#clock.nowMs();
      const ready = readyChanges(media, copies, nowMs);
      await claimCopies(transaction, claimOf(media), ready.media_region_ids, nowMs);
      this.#onCopies([asset.id]);
      if (job.asset_version === asset.version) await updateAsset(transaction, asset.id, ready, nowMs);
      else await serveVersion(transaction, asset, job.asset_version, ready, nowMs);
      if (job.asset_version < asset.version) return;
      if (!asset.is_playable) await this.#tell(transaction, asset, 'asset.playable');
      await this.#tell(transaction, asset, 'asset.ready');
    });
  }

  async fail(lease: Lease, failure: JobFailure): Promise<void> {
    const isReady = await this.#underFence(lease, async (transaction, job, asset) => {
      if (job.state === 'cancelled') return false;
      requireLeased(job);
      return this.#settle(transaction, job, asset, failure, (delayMs) => delayMs);
    });
    if (isReady) this.#onWork();
  }

  async reap(rebootedNodeIds: readonly string[]): Promise<number> {
    const lost = await readLostLeases(this.#database, rebootedNodeIds);
    for (const { jobId, assetId, fence } of lost) {
      await this.#database.transaction().execute(async (transaction) => {
        const asset = await lockAsset(transaction, assetId);
        const job = await lockLeased(transaction, jobId, fence);
        if (asset === undefined || job === undefined) return;
        const failure = {
          code: 'lease_lost',
          message: `The encoder ${job.lease_node_id ?? ''} stopped answering while it was ${job.stage}.`,
          isRetryable: true,
        };
        // The first loss says nothing about the file: somebody else takes over at once.
        await this.#settle(transaction, job, asset, failure, (delayMs) => (job.attempt === 1 ? 0 : delayMs));
      });
    }
    if (lost.length > 0) this.#onWork();
    return lost.length;
  }

  /** Locks asset and job for the holder of the newest fence. */
  #underFence<T>(
    { jobId, nodeId, fence }: Lease,
    act: (transaction: ControlTransaction, job: JobRow, asset: AssetRow) => Promise<T>,
  ): Promise<T> {
    return this.#database.transaction().execute(async (transaction) => {
      const assetId = await assetIdOfJob(transaction, jobId);
      const asset = assetId === undefined ? undefined : await lockAsset(transaction, assetId);
      const job = await lockFenced(transaction, jobId, nodeId, fence);
      if (asset === undefined || job === undefined) throw new MeridianError('lease_lost', { job: jobId });
      return act(transaction, job, asset);
    });
  }

  /** Ends a failed attempt: again later, or never; true when the job is ready again. */
  async #settle(
    transaction: ControlTransaction,
    job: JobRow,
    asset: AssetRow,
    failure: JobFailure,
    delayOf: (delayMs: number) => number,
  ): Promise<boolean> {
    const decision = failure.isRetryable
      ? decideRetry(job.attempt, job.attempts_max, DEFAULT_BACKOFF, this.#chance())
      : ({ kind: 'bury', attempts: job.attempt } as const);
    const isBuried = decision.kind === 'bury';
    const message =
      isBuried && failure.isRetryable
        ? `${failure.message} Given up after ${job.attempt} attempts.`
        : failure.message;
    const ended = { code: failure.code, message };
    await endAttempt(transaction, job.id, ended, isBuried ? null : delayOf(decision.delayMs));
    const nowMs = this.#clock.nowMs();
    if (job.asset_version !== asset.version) {
      if (isBuried) await failVersion(transaction, job, ended);
      else await noteVersionProgress(transaction, job, { stage: 'queued', share: 0 });
    } else if (isBuried) {
      const changes = { failure_code: ended.code, failure_message: ended.message };
      // Regions learn of it too, so that whoever waits at a page is told.
      await reviseAsset(transaction, asset, { stage: 'failed', progress: 0, ...changes }, nowMs);
      await this.#tell(transaction, asset, 'asset.failed');
    } else await updateAsset(transaction, asset.id, { stage: 'queued', progress: 0 }, nowMs);
    const fields = { jobId: job.id, assetId: job.asset_id, attempt: job.attempt, ...ended };
    if (isBuried) this.#log.warn(fields, 'a job failed for good');
    else this.#log.info(fields, 'an attempt at a job failed; it will be repeated');
    return !isBuried;
  }

  /** Tells webhooks, in the transaction of the change. */
  #tell(
    transaction: ControlTransaction,
    { id }: AssetRow,
    type: 'asset.playable' | 'asset.ready' | 'asset.failed',
  ): Promise<void> {
    const now = { random: this.#random, nowMs: this.#clock.nowMs() };
    return recordAssetEvent(now, transaction, { type, assetId: id });
  }

  /** A number in [0, 1). */
  #chance(): number {
    return new DataView(Uint8Array.from(this.#random(4)).buffer).getUint32(0) / 2 ** 32;
  }
}

function requireLeased(job: JobRow): void {
  if (job.state !== 'leased') throw new MeridianError('lease_lost', { job: job.id });
}

function requireSameAsset(media: MediaDocument, job: JobRow): void {
  const isSame =
    media.projectId === job.project_id &&
    media.assetId === job.asset_id &&
    media.version === job.asset_version &&
    media.attempt === job.attempt;
  if (!isSame)
    throw new MeridianError('invalid_request', {
      reason: `body.result.media: it is not of attempt ${job.attempt} of ${job.asset_id} version ${job.asset_version}`,
    });
  if (media.state !== 'complete')
    throw new MeridianError('invalid_request', { reason: 'body.result.media.state: it is not complete' });
}

function claimOf(media: MediaDocument): Parameters<typeof claimCopies>[1] {
  const { projectId, assetId, version, attempt, revision, renditions } = media;
  const bytes = renditions.flatMap(({ packs }) => packs).reduce((sum, pack) => sum + pack.bytes, 0);
  return { projectId, assetId, version, attempt, class: 'renditions', bytes, documentRevision: revision };
}

function readyChanges(media: MediaDocument, copies: readonly string[], nowMs: number) {
  const renditions = media.renditions.map((rendition) => ({
    id: rendition.id,
    kind: rendition.kind,
    width: rendition.width ?? null,
    height: rendition.height ?? null,
    bandwidthBps: rendition.bandwidthBps,
    frameCount: rendition.frameCount,
  }));
  return {
    stage: 'ready' as const,
    progress: 1,
    is_playable: true,
    failure_code: null,
    failure_message: null,
    ready_at_ms: nowMs,
    media_attempt: media.attempt,
    duration_ms: media.durationMs,
    renditions: JSON.stringify(renditions),
    has_storyboard: media.storyboard !== undefined,
    has_preview: media.hasPreview ?? false,
    media_region_ids: [...new Set([...media.holders, ...copies])],
  };
}
