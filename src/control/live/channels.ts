// Channels that somebody places by hand or by a runbook, beside those that the plan places by itself (core/live). Written
// in a transaction of the caller, together with its audit row.

import { MeridianError } from '#contract/errors.ts';
import type { BroadcastSchedule } from '#contract/live.ts';
import { placeChannel } from '#core/live/place-channel.ts';
import { DEFAULT_LIVE_POLICY } from '#core/live/schedule-broadcasts.ts';
import type { Principal } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { liveBroadcastOf, liveViewOf } from './live-view.ts';
import { type BroadcastRow, readCurrent, reviseBroadcast } from './store.ts';

export interface ChannelChange {
  readonly context: Pick<ControlContext, 'config' | 'clock'>;
  readonly fleet: Fleet;
  readonly transaction: ControlTransaction;
  readonly principal: Principal;
  /** Locked. */
  readonly row: BroadcastRow;
  readonly regionId: string;
}

export interface ChannelOutcome {
  readonly row: BroadcastRow;
  readonly isChange: boolean;
  /** A sentence without its full stop. */
  readonly text: string;
  /** Region whose channel made room; absent: none did. */
  readonly leftRegionId?: string;
}

/** Where the channel is that makes room for one that is moved: the last backup. */
export function lastBackup({ schedule }: BroadcastRow): string | null {
  return schedule.channels.at(-1)?.regionId ?? null;
}

/**
 * Gives a broadcast a channel in a region, in the place of the one in `leftRegionId` where there is another one beside.
 * Throws `conflict` with the reason.
 */
export async function addChannel(
  change: ChannelChange,
  leftRegionId: string | null,
): Promise<ChannelOutcome> {
  const { context, fleet, regionId, row, transaction } = change;
  if (!context.config.regions.some(({ id }) => id === regionId))
    throw new MeridianError('not_found', { what: `region ${regionId}` });
  if (row.state === 'ended') throw new MeridianError('gone', { what: 'broadcast' });
  // Of two at once the second one sees whose room the first one took.
  await transaction.selectFrom('leadership').select('id').forUpdate().execute();
  const open = (await readCurrent(transaction, context.clock.nowMs())).filter(
    ({ state }) => state !== 'ended',
  );
  const view = liveViewOf(context, fleet, open);
  const placing = placeChannel(view, liveBroadcastOf(fleet, row), regionId, leftRegionId);
  if (placing.kind === 'refused') throw new MeridianError('conflict', { reason: placing.reason });
  if (placing.kind === 'unchanged')
    return { row, isChange: false, text: `${row.name} had a channel in ${regionId} already` };
  const { channels, ingestNodeIds, left, reasons } = placing;
  const schedule = {
    channels: [...channels],
    ingestNodeIds: [...ingestNodeIds],
    reasons: reasons.map((reason) => ({ ...reason })),
  };
  const written = await write(change, schedule, { regionId, leftRegionId: left?.regionId ?? null });
  if (left === null)
    return { row: written, isChange: true, text: `${row.name} has a further channel in ${regionId}` };
  const text = `The channel of ${row.name} in ${left.regionId} moved to ${regionId}`;
  return { row: written, isChange: true, text, leftRegionId: left.regionId };
}

/** Ends the channel in a region. Two are left at least: the plan would place a missing one anew, maybe there again. */
export async function removeChannel(change: ChannelChange): Promise<ChannelOutcome> {
  const { regionId, row } = change;
  if (row.state === 'ended') throw new MeridianError('gone', { what: 'broadcast' });
  const channels = row.schedule.channels.filter((channel) => channel.regionId !== regionId);
  if (channels.length === row.schedule.channels.length)
    return { row, isChange: false, text: `${row.name} had no channel in ${regionId}` };
  if (channels.length < DEFAULT_LIVE_POLICY.channelsPerBroadcast)
    throw new MeridianError('conflict', {
      reason: `It would have ${channels.length} channels left; move it off ${regionId} instead, which places another one`,
    });
  const reasons = row.schedule.reasons.filter(({ subject }) =>
    channels.some(({ nodeId }) => nodeId === subject),
  );
  const written = await write(change, { channels, reasons }, { regionId: null, leftRegionId: regionId });
  return { row: written, isChange: true, text: `The channel of ${row.name} in ${regionId} ends` };
}

async function write(
  { context, principal, row, transaction }: ChannelChange,
  changes: Pick<BroadcastSchedule, 'channels' | 'reasons'> & Partial<BroadcastSchedule>,
  details: { readonly regionId: string | null; readonly leftRegionId: string | null },
): Promise<BroadcastRow> {
  const nowMs = context.clock.nowMs();
  const schedule = { ...row.schedule, ...changes, generation: row.schedule.generation + 1 };
  const last_channel = Math.max(row.last_channel, ...changes.channels.map(({ channel }) => channel));
  const written = await reviseBroadcast(
    transaction,
    row,
    { schedule: JSON.stringify(schedule), last_channel },
    nowMs,
  );
  await recordAudit(transaction, principal, nowMs, {
    action: 'broadcast.channel',
    subject: row.id,
    projectId: row.project_id,
    details,
  });
  return written;
}
