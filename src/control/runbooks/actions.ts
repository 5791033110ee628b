// Performs the actions of runbooks through the domains that own them, inside a transaction of the caller: the change,
// its audit row, its events and the outcome of the run's action are written together or not at all. What follows from a
// change in memory (fleet, steering, scheduler) is done after the commit and repeated by their own loops anyway.

import type { NewOrder } from '#contract/api/orders.ts';
import { MeridianError } from '#contract/errors.ts';
import type { BroadcastSchedule } from '#contract/live.ts';
import { judgeAction } from '#core/runbook/guards.ts';
import type { Action } from '#core/runbook/types.ts';
import { canLeave, isAt, type Place } from '#core/runbook/world.ts';
import { type AutomationPrincipal, actorOf, nameOf } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import { revertChange } from '../changes/revert.ts';
import type { ControlTransaction } from '../database/schema.ts';
import type { FleetSite } from '../fleet/fleet.ts';
import { setEncodingPause } from '../jobs/change.ts';
import {
  addChannel,
  type ChannelChange,
  type ChannelOutcome,
  lastBackup,
  removeChannel,
} from '../live/channels.ts';
import { type BroadcastRow, lockBroadcast, readCurrent, reviseBroadcast } from '../live/store.ts';
import { requireKnown } from '../orders/routes.ts';
import { endThrottle, findInForce, placeOrder, takeBackOrder } from '../orders/store.ts';
import { beginDrain, drainTargets, endDrain } from '../steering/drains.ts';
import { readWorld, type WorldDependencies } from './world.ts';

export interface ActionOutcome {
  readonly isChange: boolean;
  /** A sentence without its full stop. */
  readonly text: string;
  /** Region whose channel moved away; absent: none. */
  readonly leftRegionId?: string;
}

interface Act extends WorldDependencies {
  readonly transaction: ControlTransaction;
  readonly principal: AutomationPrincipal;
}

/** Performs one action. Throws `conflict` when a guard does not hold any more, or the domain refuses. */
export async function performAction(act: Act, action: Action): Promise<ActionOutcome> {
  // Guards count what others take away at the same time: changes of this kind come one after another.
  await act.transaction.selectFrom('leadership').select('id').forUpdate().execute();
  const broken = judgeAction(await readWorld(act, act.transaction), [action]).filter(({ isHeld }) => !isHeld);
  if (broken.length > 0)
    throw new MeridianError('conflict', { reason: broken.map(({ text }) => text).join('; ') });
  switch (action.kind) {
    case 'drain':
      return drain(act, action.target);
    case 'restore':
      return restore(act, action.target, action.share);
    case 'pause_encoding':
    case 'resume_encoding':
      return rest(act, action.region, action.kind === 'pause_encoding');
    case 'scale_encoders':
      return order(act, { kind: 'scale', regionId: action.region, count: action.count });
    case 'unscale_encoders':
      return unscale(act, action.region);
    case 'lead_broadcast':
      return leadBroadcast(act, action.broadcast, action.region);
    case 'add_channel':
    case 'move_channel':
    case 'return_channel':
    case 'remove_channel':
      return channel(act, action);
    case 'leave_broadcasts':
      return leaveBroadcasts(act, action.target);
    case 'purge':
      return order(act, { kind: 'purge', projectId: action.project, assetId: action.asset, version: null });
    case 'restart_node':
      return order(act, { kind: 'restart', nodeId: action.node, isForced: false });
    case 'throttle': {
      const { floor, project, region } = action;
      return order(act, { kind: 'throttle', regionId: region, projectId: project, floor });
    }
    case 'end_throttle':
      return liftThrottle(act, action.region, action.project);
    case 'shift_traffic':
      return order(act, { kind: 'shift', siteId: action.site, share: action.share, isForced: false });
    case 'revert_change':
      return revertChange(act.transaction, {
        random: act.context.random,
        nowMs: act.context.clock.nowMs(),
        principal: act.principal,
        changeId: action.change,
      });
  }
}

async function order(
  { context, fleet, principal, transaction }: Act,
  wanted: NewOrder,
): Promise<ActionOutcome> {
  requireKnown(context, fleet, wanted);
  const change = { random: context.random, nowMs: context.clock.nowMs(), principal };
  const { isChange, text } = await placeOrder(transaction, change, wanted);
  return { isChange, text };
}

/** Takes back what this very run has ordered; an order of somebody else is none of its business. */
async function unscale({ context, principal, transaction }: Act, regionId: string): Promise<ActionOutcome> {
  const change = { random: context.random, nowMs: context.clock.nowMs(), principal };
  const row = await findInForce(transaction, { kind: 'scale', subject: regionId });
  if (row === undefined || row.actor !== nameOf(principal))
    return { isChange: false, text: `The encoders of ${regionId} are not as this run scaled them` };
  await takeBackOrder(transaction, change, row);
  const count = row.before?.count;
  return {
    isChange: true,
    text:
      count === undefined
        ? `Encoders of ${regionId} take as many jobs at once as their configuration says`
        : `Encoders of ${regionId} take ${count} jobs and chunks at once again`,
  };
}

async function liftThrottle(
  { context, principal, transaction }: Act,
  regionId: string | null,
  projectId: string | null,
): Promise<ActionOutcome> {
  const change = { random: context.random, nowMs: context.clock.nowMs(), principal };
  const isChange = await endThrottle(transaction, change, { regionId, projectId });
  return {
    isChange,
    text: isChange ? 'Nothing is turned away there any more' : 'Nothing was turned away there',
  };
}

const namesOf = (sites: readonly FleetSite[]): string => sites.map(({ id }) => id).join(', ');

async function drain(
  { context, fleet, principal, transaction }: Act,
  target: string,
): Promise<ActionOutcome> {
  const { clock, random } = context;
  const own = drainTargets(fleet, target);
  const change = { random, nowMs: clock.nowMs(), principal, target, own };
  const begun = await beginDrain(transaction, fleet, change, false);
  if (begun.length === 0) return { isChange: false, text: `${namesOf(own)} was draining already` };
  return { isChange: true, text: `Draining ${namesOf(begun)}` };
}

/** Ends drains, in the order of the configuration, until the share of the target's sites that is not drained is met. */
async function restore(
  { context, fleet, principal, transaction }: Act,
  target: string,
  share: number,
): Promise<ActionOutcome> {
  const { clock, random } = context;
  const all = drainTargets(fleet, target);
  const drains = await transaction.selectFrom('drains').select('site_id').execute();
  const drained = all.filter(({ id }) => drains.some(({ site_id }) => site_id === id));
  const wantedCount = Math.ceil(share * all.length) - (all.length - drained.length);
  const own = drained.slice(0, Math.max(0, wantedCount));
  if (own.length === 0)
    return {
      isChange: false,
      text: `${all.length - drained.length} of ${all.length} sites of ${target} were not drained`,
    };
  await endDrain(transaction, { random, nowMs: clock.nowMs(), principal, target, own });
  return { isChange: true, text: `Restored ${namesOf(own)}` };
}

async function rest(
  { context, principal, transaction }: Act,
  regionId: string,
  isPaused: boolean,
): Promise<ActionOutcome> {
  const nowMs = context.clock.nowMs();
  const isChange = await setEncodingPause(transaction, { principal, nowMs, regionId, isPaused });
  const text = `Encoding in ${regionId} ${isChange ? 'is' : 'was'} ${isPaused ? 'paused' : 'running'}`;
  return { isChange, text: isChange ? text : `${text} already` };
}

type ChannelAction = Extract<
  Action,
  { kind: 'add_channel' | 'move_channel' | 'return_channel' | 'remove_channel' }
>;

async function channel(act: Act, action: ChannelAction): Promise<ActionOutcome> {
  const row = await lockBroadcast(act.transaction, action.broadcast);
  if (row === undefined || row.state === 'ended')
    throw new MeridianError('conflict', { reason: `There is no open broadcast ${action.broadcast}` });
  const { row: _, ...outcome } = await placed({ ...act, row, regionId: action.region }, action);
  return outcome;
}

function placed(change: ChannelChange, action: ChannelAction): Promise<ChannelOutcome> {
  switch (action.kind) {
    case 'add_channel':
      return addChannel(change, null);
    case 'move_channel':
      return addChannel(change, lastBackup(change.row));
    case 'remove_channel':
      return removeChannel(change);
    case 'return_channel':
      return returnChannel(change, action.to);
  }
}

/** Moves a channel back, if it is still where it had been moved to. */
async function returnChannel(change: ChannelChange, to: string | undefined): Promise<ChannelOutcome> {
  const { regionId, row } = change;
  if (to === undefined)
    return { row, isChange: false, text: `No channel of ${row.name} had made room for one in ${regionId}` };
  if (!row.schedule.channels.some((own) => own.regionId === regionId))
    return { row, isChange: false, text: `${row.name} has no channel in ${regionId} any more` };
  return addChannel({ ...change, regionId: to }, regionId);
}

async function leadBroadcast(act: Act, broadcastId: string, regionId: string): Promise<ActionOutcome> {
  const row = await lockBroadcast(act.transaction, broadcastId);
  if (row === undefined || row.state === 'ended')
    throw new MeridianError('conflict', { reason: `There is no open broadcast ${broadcastId}` });
  const { channels } = row.schedule;
  if (channels[0]?.regionId === regionId)
    return { isChange: false, text: `${row.name} was led from ${regionId} already` };
  const schedule = ledFrom(row, (channel) => channel.regionId === regionId);
  if (schedule === null)
    throw new MeridianError('conflict', { reason: `${row.name} has no channel in ${regionId}` });
  await writeSchedule(act, row, schedule);
  return { isChange: true, text: `${row.name} is led from ${regionId}` };
}

async function leaveBroadcasts(act: Act, target: string): Promise<ActionOutcome> {
  const placeOf = (channel: Channel): Place => ({
    regionId: channel.regionId,
    siteId: act.fleet.node(channel.nodeId)?.siteId ?? '',
  });
  const open = await readCurrent(act.transaction, act.context.clock.nowMs());
  let count = 0;
  for (const { id, state } of open) {
    if (state === 'ended') continue;
    const row = await lockBroadcast(act.transaction, id);
    if (row === undefined || row.state === 'ended') continue;
    if (!canLeave(row.schedule.channels.map(placeOf), target)) continue;
    const schedule = ledFrom(row, (channel) => !isAt(placeOf(channel), target));
    if (schedule === null) continue;
    await writeSchedule(act, row, schedule);
    count += 1;
  }
  const text =
    count > 0
      ? `Broadcasts led from elsewhere than ${target} from now on: ${count}`
      : `No broadcast with a channel elsewhere was led from ${target}`;
  return { isChange: count > 0, text };
}

type Channel = BroadcastSchedule['channels'][number];

/** The schedule with another channel leading; null when none fits. */
function ledFrom(
  { schedule }: BroadcastRow,
  isWanted: (channel: Channel) => boolean,
): BroadcastSchedule | null {
  const next = schedule.channels.find(isWanted);
  if (next === undefined) return null;
  const rest = schedule.channels.filter((channel) => channel !== next);
  return { ...schedule, generation: schedule.generation + 1, channels: [next, ...rest] };
}

async function writeSchedule(
  { context, principal, transaction }: Act,
  row: BroadcastRow,
  schedule: BroadcastSchedule,
): Promise<void> {
  const nowMs = context.clock.nowMs();
  await reviseBroadcast(transaction, row, { schedule: JSON.stringify(schedule) }, nowMs);
  await recordAudit(transaction, principal, nowMs, {
    action: 'broadcast.switch',
    subject: row.id,
    projectId: row.project_id,
    details: { by: actorOf(principal) },
  });
}
