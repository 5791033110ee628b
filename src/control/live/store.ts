// Rows of broadcasts. The row is locked before it is changed; its revision grows with what nodes are told.

import { type Selectable, sql, type Updateable } from 'kysely';
import type { BroadcastRecord } from '#contract/live.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import { ENDED_KEPT_MAX } from './limits.ts';
import type { BroadcastsTable } from './tables.ts';

export type BroadcastRow = Selectable<BroadcastsTable>;
type Reader = ControlDatabase | ControlTransaction;

/** Any number of its own among the locks of the database. */
const SRT_SLOTS_LOCK = 7_281_030_002;

/** A broadcast as every node keeps it. */
export function recordOf(row: BroadcastRow): BroadcastRecord {
  return {
    formatVersion: 1,
    projectId: row.project_id,
    broadcastId: row.id,
    revision: row.revision,
    name: row.name,
    visibility: row.visibility,
    state: row.state,
    createdAtMs: row.created_at_ms,
    settings: row.settings,
    schedule: row.schedule,
    recording: row.recording_asset_id === null ? null : { assetId: row.recording_asset_id, version: 1 },
    ...srtInputOf(row),
  };
}

function srtInputOf(row: BroadcastRow): Pick<BroadcastRecord, 'srtInput'> {
  if (row.srt_slot === null || row.srt_passphrase === null) return {};
  return { srtInput: { slot: row.srt_slot, passphrase: row.srt_passphrase } };
}

/** SRT slots that open broadcasts hold; whoever asks is the only one until its transaction ends. */
export async function takenSrtSlots(transaction: ControlTransaction): Promise<Set<number>> {
  await sql`select pg_advisory_xact_lock(${SRT_SLOTS_LOCK}::bigint)`.execute(transaction);
  const rows = await transaction
    .selectFrom('broadcasts')
    .select('srt_slot')
    .where('state', '<>', 'ended')
    .where('srt_slot', 'is not', null)
    .execute();
  return new Set(rows.flatMap(({ srt_slot }) => (srt_slot === null ? [] : [srt_slot])));
}

/** Broadcasts that nodes must know: the open ones, and those that ended after `endedAfterMs`. */
export async function readCurrent(database: Reader, endedAfterMs: number): Promise<BroadcastRow[]> {
  const open = await database
    .selectFrom('broadcasts')
    .selectAll()
    .where('state', '<>', 'ended')
    .orderBy('id')
    .execute();
  const ended = await database
    .selectFrom('broadcasts')
    .selectAll()
    .where('state', '=', 'ended')
    .where('ended_at_ms', '>', endedAfterMs)
    .orderBy('ended_at_ms', 'desc')
    .limit(ENDED_KEPT_MAX)
    .execute();
  return [...open, ...ended];
}

/** How many broadcasts have not ended. */
export async function countOpen(database: Reader): Promise<number> {
  const row = await database
    .selectFrom('broadcasts')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('state', '<>', 'ended')
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

export function findBroadcast(database: Reader, broadcastId: string): Promise<BroadcastRow | undefined> {
  return database.selectFrom('broadcasts').selectAll().where('id', '=', broadcastId).executeTakeFirst();
}

/** Reads a broadcast and locks its row until the transaction ends. */
export function lockBroadcast(
  transaction: ControlTransaction,
  broadcastId: string,
): Promise<BroadcastRow | undefined> {
  return transaction
    .selectFrom('broadcasts')
    .selectAll()
    .where('id', '=', broadcastId)
    .forUpdate()
    .executeTakeFirst();
}

/** Changes a locked broadcast in something that nodes are told. */
export function reviseBroadcast(
  transaction: ControlTransaction,
  row: BroadcastRow,
  changes: Updateable<BroadcastsTable>,
  nowMs: number,
): Promise<BroadcastRow> {
  return transaction
    .updateTable('broadcasts')
    .set({ ...changes, revision: row.revision + 1, updated_at_ms: nowMs })
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}
