// The recording of a broadcast: an asset like any other, made by channels instead of encoders. It is there from the
// moment the broadcast is on air, so that every region knows its record; each channel writes an attempt of its own, and
// the longest that is complete is the one that is served. It has no source to encode again from.

import { createHash } from 'node:crypto';
import { MeridianError } from '#contract/errors.ts';
import type { MediaDocument } from '#contract/media.ts';
import {
  findAsset,
  insertAsset,
  lockAsset,
  nextChangeNumber,
  reviseAsset,
  UNPROCESSED,
} from '../catalog/store.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { recordAssetEvent } from '../events/record.ts';
import { claimOf, readyChanges } from '../jobs/leases.ts';
import { claimCopies } from '../storage/copies.ts';
import { type BroadcastRow, findBroadcast } from './store.ts';

/** A recording has no source; this is the checksum of no bytes. */
const NO_SOURCE_SHA256 = createHash('sha256').digest('hex');

/** Adds the asset that the recording becomes. */
export async function beginRecording(
  transaction: ControlTransaction,
  row: BroadcastRow,
  nowMs: number,
): Promise<void> {
  if (row.recording_asset_id === null) return;
  await insertAsset(transaction, {
    id: row.recording_asset_id,
    project_id: row.project_id,
    version: 1,
    revision: 1,
    name: row.name,
    visibility: row.visibility,
    is_deleted: false,
    created_at_ms: nowMs,
    updated_at_ms: nowMs,
    source_bytes: 0,
    source_sha256: NO_SOURCE_SHA256,
    source_file_name: '',
    source_content_type: 'application/octet-stream',
    source_region_ids: [],
    stage: 'encoding',
    ...UNPROCESSED,
    change_number: await nextChangeNumber(transaction),
  });
}

/** Takes a complete recording of one channel; of several the longest is served. Repeats are harmless. */
export function finishRecording(
  { clock, database, random }: ControlContext,
  broadcastId: string,
  channel: number,
  media: MediaDocument,
  copies: readonly string[],
): Promise<void> {
  return database.transaction().execute(async (transaction) => {
    const broadcast = await findBroadcast(transaction, broadcastId);
    if (broadcast === undefined) throw new MeridianError('not_found', { what: 'broadcast' });
    requireRecording(broadcast, channel, media);
    const nowMs = clock.nowMs();
    if ((await findAsset(transaction, media.assetId)) === undefined)
      await beginRecording(transaction, broadcast, nowMs);
    const asset = await lockAsset(transaction, media.assetId, media.projectId);
    if (asset === undefined || asset.is_deleted) throw new MeridianError('gone', { what: 'recording' });
    const ready = readyChanges(media, copies, nowMs);
    await claimCopies(transaction, claimOf(media), ready.media_region_ids, nowMs);
    if (asset.stage === 'ready' && (asset.duration_ms ?? 0) >= media.durationMs) return;
    await reviseAsset(transaction, asset, { ...ready, ready_at_ms: asset.ready_at_ms ?? nowMs }, nowMs);
    if (asset.stage === 'ready') return;
    await recordAssetEvent({ random, nowMs }, transaction, { type: 'asset.ready', assetId: asset.id });
  });
}

function requireRecording(broadcast: BroadcastRow, channel: number, media: MediaDocument): void {
  const isOurs =
    media.projectId === broadcast.project_id &&
    media.assetId === broadcast.recording_asset_id &&
    media.version === 1 &&
    media.attempt === channel &&
    channel <= broadcast.last_channel;
  if (!isOurs)
    throw new MeridianError('invalid_request', {
      reason: `body.media: it is not the recording of ${broadcast.id} by channel ${channel}`,
    });
  if (media.state !== 'complete')
    throw new MeridianError('invalid_request', { reason: 'body.media.state: it is not complete' });
}
