// Events of broadcasts for webhooks: written in the transaction of the change.

import { broadcastEventDataSchema, type EventType } from '#contract/api/events.ts';
import type { RandomBytes } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { recordEvent } from '../events/record.ts';
import type { BroadcastRow } from './store.ts';

const TYPES: Readonly<Partial<Record<BroadcastRow['state'], EventType>>> = {
  on_air: 'broadcast.on_air',
  interrupted: 'broadcast.interrupted',
  ended: 'broadcast.ended',
};

/** Adds the event of a broadcast that has just come into its state; planned and ready ones are no news. */
export async function recordBroadcastEvent(
  { random, nowMs }: { readonly random: RandomBytes; readonly nowMs: number },
  transaction: ControlTransaction,
  row: BroadcastRow,
): Promise<void> {
  const type = TYPES[row.state];
  if (type === undefined) return;
  const data = broadcastEventDataSchema.parse({
    broadcastId: row.id,
    projectId: row.project_id,
    name: row.name,
    state: row.state,
    reason: row.state_reason,
    recordingAssetId: row.recording_asset_id,
    startedAtMs: row.started_at_ms,
    endedAtMs: row.ended_at_ms,
  });
  await recordEvent(transaction, {
    type,
    subject: row.id,
    projectId: row.project_id,
    data,
    atMs: nowMs,
    random,
  });
}
