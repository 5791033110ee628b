// What becomes of leased jobs: heartbeats, results, failures, and leases that nobody keeps. Everything is decided
// under the fence; a node that comes with an old one is told that the lease is lost.

import { MeridianError } from '#contract/errors.ts';
import type { JobFailure, JobProgress } from '#contract/jobs.ts';
import type { MediaDocument } from '#contract/media.ts';
import { type AssetRow, lockAsset, updateAsset } from '../catalog/store.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { recordAssetEvent } from '../events/record.ts';
import { claimCopies } from '../storage/copies.ts';
import { noteVersionProgress, serveVersion } from '../storage/versions.ts';
import { shareOfChunks } from './chunk-store.ts';
import type { Paces } from './paces.ts';
import { settleJob } from './settle.ts';
import {
  assetIdOfJob,
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

/**
 * Creates the keeper of leases. `onWork` is called when a job became ready again, `onCopies` when copies were made,
 * `onPlayable` when an asset can be played for the first time, with the time that took since its upload was registered.
 */
export function createLeases(
  context: ControlContext,
  paces: Paces,
  onWork: () => void,
  onCopies: (assetIds: readonly string[]) => void,
  onPlayable: OnPlayable,
): Leases {
  return new DatabaseLeases(context, paces, onWork, onCopies, onPlayable);
}

/** Told of the region that the asset was uploaded to. */
type OnPlayable = (regionId: string | undefined, tookMs: number) => void;

class DatabaseLeases implements Leases {
  readonly #context: ControlContext;
  readonly #clock: ControlContext['clock'];
  readonly #database: ControlContext['database'];
  readonly #random: ControlContext['random'];
  readonly #paces: Paces;
  readonly #onWork: () => void;
  readonly #onCopies: (assetIds: readonly string[]) => void;
  readonly #onPlayable: OnPlayable;

  constructor(
    context: ControlContext,
    paces: Paces,
    onWork: () => void,
    onCopies: (assetIds: readonly string[]) => void,
    onPlayable: OnPlayable,
  ) {
    this.#context = context;
    this.#clock = context.clock;
    this.#database = context.database;
    this.#random = context.random;
    this.#paces = paces;
    this.#onWork = onWork;
    this.#onCopies = onCopies;
    this.#onPlayable = onPlayable;
  }

  heartbeat(lease: Lease, reported: JobProgress): Promise<{ leaseUntilMs: number; isCancelled: boolean }> {
    return this.#underFence(lease, async (transaction, job, asset) => {
      if (job.state === 'cancelled') return { leaseUntilMs: this.#clock.nowMs(), isCancelled: true };
      requireLeased(job);
      const isShared = job.chunk_plan !== null && reported.stage === 'encoding';
      // The leader knows its own part alone.
      const share = (isShared ? await shareOfChunks(transaction, job.id) : null) ?? reported.share;
      const progress = { ...reported, share };
      const leaseUntilMs = await prolongLease(transaction, job.id, progress);
      this.#paces.note(job.id, progress);
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
      if (changes.is_playable && !asset.is_playable) await this.#tellPlayable(transaction, asset, job);
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
      this.#paces.forget(job.id);
      const nowMs = this.#clock.nowMs();
      const ready = readyChanges(media, copies, nowMs);
      await claimCopies(transaction, claimOf(media), ready.media_region_ids, nowMs);
      this.#onCopies([asset.id]);
      if (job.asset_version === asset.version) await updateAsset(transaction, asset.id, ready, nowMs);
      else await serveVersion(transaction, asset, job.asset_version, ready, nowMs);
      if (job.asset_version < asset.version) return;
      if (!asset.is_playable) await this.#tellPlayable(transaction, asset, job);
      await this.#tell(transaction, asset, 'asset.ready');
    });
  }

  async fail(lease: Lease, failure: JobFailure): Promise<void> {
    const isReady = await this.#underFence(lease, async (transaction, job, asset) => {
      if (job.state === 'cancelled') return false;
      requireLeased(job);
      return settleJob(this.#context, transaction, job, asset, failure);
    });
    this.#paces.forget(lease.jobId);
    if (isReady) this.#onWork();
  }

  async reap(rebootedNodeIds: readonly string[]): Promise<number> {
    const lost = await readLostLeases(this.#database, rebootedNodeIds);
    for (const { jobId, assetId, fence } of lost) {
      await this.#database.transaction().execute(async (transaction) => {
        const asset = await lockAsset(transaction, assetId);
        const job = await lockLeased(transaction, jobId, fence);
        if (asset === undefined || job === undefined) return;
        await settleJob(this.#context, transaction, job, asset, {
          code: 'lease_lost',
          message: `The encoder ${job.lease_node_id ?? ''} stopped answering while it was ${job.stage}.`,
          isRetryable: true,
        });
      });
      this.#paces.forget(jobId);
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

  async #tellPlayable(transaction: ControlTransaction, asset: AssetRow, job: JobRow): Promise<void> {
    await this.#tell(transaction, asset, 'asset.playable');
    this.#onPlayable(asset.source_region_ids[0], this.#clock.nowMs() - job.created_at_ms);
  }

  /** Tells webhooks, in the transaction of the change. */
  #tell(
    transaction: ControlTransaction,
    { id }: AssetRow,
    type: 'asset.playable' | 'asset.ready',
  ): Promise<void> {
    const now = { random: this.#random, nowMs: this.#clock.nowMs() };
    return recordAssetEvent(now, transaction, { type, assetId: id });
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

/** What a finished attempt claims to be kept. */
export function claimOf(media: MediaDocument): Parameters<typeof claimCopies>[1] {
  const { projectId, assetId, version, attempt, revision, renditions } = media;
  const bytes = renditions.flatMap(({ packs }) => packs).reduce((sum, pack) => sum + pack.bytes, 0);
  return { projectId, assetId, version, attempt, class: 'renditions', bytes, documentRevision: revision };
}

/** What changes in an asset when its media is complete. */
export function readyChanges(media: MediaDocument, copies: readonly string[], nowMs: number) {
  const renditions = media.renditions.map((rendition) => ({
    id: rendition.id,
    kind: rendition.kind,
    codecs: rendition.codecs,
    width: rendition.width ?? null,
    height: rendition.height ?? null,
    bandwidthBps: rendition.bandwidthBps,
    frameCount: rendition.frameCount,
    averageBandwidthBps: rendition.averageBandwidthBps,
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
    encoding: media.encoding === undefined ? null : JSON.stringify(media.encoding),
    has_storyboard: media.storyboard !== undefined,
    has_preview: media.hasPreview ?? false,
    media_region_ids: [...new Set([...media.holders, ...copies])],
  };
}
