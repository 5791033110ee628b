// What core/live decides on: nodes with their room for channels, regions, and open broadcasts as their rows say and as
// nodes report.

import type { LiveBroadcast, LiveView } from '#core/live/schedule-broadcasts.ts';
import type { ControlContext } from '../context.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { HeardReport } from './live-reports.ts';
import type { BroadcastRow } from './store.ts';

/** The view. `reportsOf`: what nodes say of a broadcast; whoever only asks for room needs none. */
export function liveViewOf(
  { config }: Pick<ControlContext, 'config'>,
  fleet: Pick<Fleet, 'sites' | 'node'>,
  rows: readonly BroadcastRow[],
  reportsOf: (broadcastId: string) => readonly HeardReport[] = () => [],
): LiveView {
  return {
    regions: config.regions.map(({ id, latitude, longitude, costPerGb }) => ({
      id,
      latitude,
      longitude,
      costPerGb,
    })),
    nodes: fleet.sites().flatMap((site) =>
      site.nodes.map((node) => ({
        id: node.id,
        regionId: site.regionId,
        isAlive: node.isAlive,
        isDrained: site.drainStartedAtMs !== null,
        slots: node.roles.includes('encoder') ? (node.channelSlots ?? 0) : 0,
        takesPublishers: node.rtmpUrl !== null || node.srt !== null || node.whipUrl !== null,
      })),
    ),
    broadcasts: rows.map((row) => liveBroadcastOf(fleet, row, reportsOf(row.id))),
  };
}

/** One broadcast of the view. */
export function liveBroadcastOf(
  fleet: Pick<Fleet, 'node'>,
  row: BroadcastRow,
  reports: readonly HeardReport[] = [],
): LiveBroadcast {
  const ingest = reports.find(({ role, state }) => role === 'ingest' && state === 'on_air');
  return {
    id: row.id,
    state: row.state === 'ended' ? 'ready' : row.state,
    plannedStartMs: row.planned_start_ms,
    createdAtMs: row.created_at_ms,
    publisherRegionId:
      (ingest === undefined ? undefined : fleet.node(ingest.nodeId)?.regionId) ?? row.publisher_region_id,
    channels: row.schedule.channels,
    lastChannel: row.last_channel,
    failedChannels: new Set(
      reports.flatMap(({ role, state, channel }) =>
        role === 'channel' && state === 'failed' && channel !== null ? [channel] : [],
      ),
    ),
    drainedRegionIds: row.drained_region_ids,
  };
}
