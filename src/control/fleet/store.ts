// Rows of nodes, drains and join tokens.

import type { Role } from '#contract/snapshot.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import type { NodeRecord } from './fleet.ts';

/** Every joined node, in the order of their ids. */
export async function readNodes(database: ControlDatabase): Promise<NodeRecord[]> {
  const rows = await database.selectFrom('nodes').selectAll().orderBy('id').execute();
  return rows.map((row) => ({
    id: row.id,
    siteId: row.site_id,
    regionId: row.region_id,
    roles: row.roles as Role[],
    publicKey: row.public_key,
    nodeUrl: row.node_url,
    ingestUrl: row.ingest_url,
    edgeUrl: row.edge_url,
    rtmpUrl: row.rtmp_url,
    whipUrl: row.whip_url,
    channelSlots: row.channel_slots,
    srt: row.srt,
  }));
}

/** Draining sites and since when. */
export async function readDrains(database: ControlDatabase): Promise<Map<string, number>> {
  const rows = await database.selectFrom('drains').selectAll().execute();
  return new Map(rows.map((row) => [row.site_id, row.started_at_ms]));
}

/** Adds a node or replaces its addresses and key. */
export async function saveNode(
  transaction: ControlTransaction,
  node: NodeRecord,
  nowMs: number,
): Promise<void> {
  const changing = {
    site_id: node.siteId,
    region_id: node.regionId,
    roles: [...node.roles],
    public_key: node.publicKey,
    node_url: node.nodeUrl,
    ingest_url: node.ingestUrl,
    edge_url: node.edgeUrl,
    rtmp_url: node.rtmpUrl,
    whip_url: node.whipUrl,
    channel_slots: node.channelSlots,
    srt: node.srt === null ? null : JSON.stringify(node.srt),
    updated_at_ms: nowMs,
  };
  await transaction
    .insertInto('nodes')
    .values({ id: node.id, joined_at_ms: nowMs, ...changing })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(changing))
    .execute();
}

/** Uses up a join token; false when it is unknown, used, expired, or of another site. */
export async function useJoinToken(
  transaction: ControlTransaction,
  use: { hash: string; siteId: string; nodeId: string; nowMs: number },
): Promise<boolean> {
  const used = await transaction
    .updateTable('join_tokens')
    .set({ used_at_ms: use.nowMs, used_by: use.nodeId })
    .where('hash', '=', use.hash)
    .where('site_id', '=', use.siteId)
    .where('used_at_ms', 'is', null)
    .where('expires_at_ms', '>', use.nowMs)
    .returning('hash')
    .executeTakeFirst();
  return used !== undefined;
}
