// Writes events. An event is a row in the transaction of the change that it tells of, together with one delivery for
// each webhook that wants it, so that neither the change nor the news of it ever exists alone, and no reader has to
// follow a sequence whose numbers may appear out of order.
// Call it while the changed row is locked: then the sequence of one asset's events is the order of its changes.

import { sql } from 'kysely';
import { defined } from '#base/assert.ts';
import { makeId } from '#base/ids.ts';
import type { AssetEventData, EventType, RegionEventData } from '#contract/api/events.ts';
import { type AssetRow, findAsset } from '../catalog/store.ts';
import type { RandomBytes } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';

export interface NewEvent {
  readonly type: EventType;
  readonly subject: string;
  /** null: it concerns no single project. */
  readonly projectId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly atMs: number;
  readonly random: RandomBytes;
}

/** Adds an event and its deliveries to the transaction of the change. */
export async function recordEvent(transaction: ControlTransaction, event: NewEvent): Promise<void> {
  const { type, subject, projectId, atMs } = event;
  const id = makeId('evt', atMs, event.random(10));
  await sql`
    with event as (
      insert into events (id, type, subject, project_id, at_ms, data)
      values (${id}, ${type}, ${subject}, ${projectId}, ${atMs}, ${JSON.stringify(event.data)})
      returning sequence
    )
    insert into webhook_deliveries (webhook_id, event_sequence, lane, state, queued_at_ms, due_at_ms)
    select webhooks.id, event.sequence, ${subject}::text, 'waiting', ${atMs}::bigint, ${atMs}::bigint
    from event cross join webhooks
    where webhooks.state <> 'removed'
      and (webhooks.project_id is null or webhooks.project_id = ${projectId}::text)
      and (webhooks.event_types = '{}' or ${type}::text = any (webhooks.event_types))
  `.execute(transaction);
}

export interface AssetChange {
  readonly type: EventType;
  readonly assetId: string;
  /** The asset's values before, where the type has such. */
  readonly previous?: Pick<AssetEventData, 'previousName' | 'previousVisibility'>;
}

/** Adds an event about an asset, with the asset as the transaction leaves it. */
export async function recordAssetEvent(
  { random, nowMs }: { readonly random: RandomBytes; readonly nowMs: number },
  transaction: ControlTransaction,
  { type, assetId, previous = {} }: AssetChange,
): Promise<void> {
  const row = defined(await findAsset(transaction, assetId), `asset ${assetId}`);
  const data = { ...assetData(row), ...previous };
  const projectId = row.project_id;
  await recordEvent(transaction, { type, subject: row.id, projectId, data, atMs: nowMs, random });
}

function assetData(row: AssetRow): AssetEventData {
  return {
    assetId: row.id,
    projectId: row.project_id,
    name: row.name,
    version: row.version,
    visibility: row.visibility,
    stage: row.stage,
    isPlayable: row.is_playable,
    durationMs: row.duration_ms,
    sourceBytes: row.source_bytes,
    failure:
      row.failure_code === null ? null : { code: row.failure_code, message: row.failure_message ?? '' },
  };
}

/** Adds an event for each region of these sites. */
export async function recordRegionEvents(
  { random, nowMs }: { readonly random: RandomBytes; readonly nowMs: number },
  transaction: ControlTransaction,
  type: 'region.draining' | 'region.restored',
  sites: readonly { readonly id: string; readonly regionId: string }[],
  isForced?: boolean,
): Promise<void> {
  for (const [regionId, own] of Map.groupBy(sites, (site) => site.regionId)) {
    const siteIds = own.map(({ id }) => id);
    const data: RegionEventData = { regionId, siteIds, ...(isForced === undefined ? {} : { isForced }) };
    await recordEvent(transaction, { type, subject: regionId, projectId: null, data, atMs: nowMs, random });
  }
}
