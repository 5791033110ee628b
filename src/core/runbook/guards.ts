// Guards: what a run may not exceed, judged before it starts and again before each of its actions. Each finding holds
// the numbers that were compared, so that whoever reads a refusal knows what would have to change.
//
// N+1 means: after the action, and after the loss of one more site (the largest that is left), the rest can still carry
// all traffic of now within their headroom.

import type { Action, GuardPolicy } from './types.ts';
import {
  type BlastRadius,
  blastRadiusOf,
  type RunbookWorld,
  servingWithout,
  sumOf,
  takenOf,
} from './world.ts';

export interface GuardFinding {
  readonly code:
    | 'automatic'
    | 'rate'
    | 'viewers'
    | 'spare_capacity'
    | 'encoders_left'
    | 'encoder_cores'
    | 'channel_room'
    | 'broadcasts_kept';
  readonly isHeld: boolean;
  readonly values: Readonly<Record<string, number>>;
  /** A sentence without its full stop. */
  readonly text: string;
}

/** Share of a site's capacity that may be planned with: the same as steering fills sites to. */
export const CAPACITY_HEADROOM = 0.8;

export interface RunAttempt {
  readonly isAutomatic: boolean;
  /** Runs of the runbook that began within the last hour. */
  readonly recentRunCount: number;
}

/** Judges a whole run before it starts. */
export function judgeRun(
  world: RunbookWorld,
  policy: GuardPolicy,
  actions: readonly Action[],
  attempt: RunAttempt,
): readonly GuardFinding[] {
  const radius = blastRadiusOf(world, actions);
  return [
    ...(attempt.isAutomatic ? [judgeAutomatic(policy)] : []),
    judgeRate(policy, attempt.recentRunCount),
    judgeViewers(policy, radius),
    ...judgeAction(world, actions),
  ];
}

/** Judges what must still be true in the moment of acting: the world may have changed since the run started. */
export function judgeAction(world: RunbookWorld, actions: readonly Action[]): readonly GuardFinding[] {
  const { pausedRegionIds } = blastRadiusOf(world, actions);
  const taken = takenOf(world, actions);
  const eased: RunbookWorld = {
    ...world,
    sites: world.sites.map((site) => ({
      ...site,
      capacityBps: Math.round(site.capacityBps * (1 - (taken.get(site.siteId) ?? 0))),
    })),
  };
  const goneIds = [...taken].flatMap(([siteId, part]) => (part === 1 ? [siteId] : []));
  const restarted = actions.flatMap((action) => (action.kind === 'restart_node' ? [action.node] : []));
  return [
    ...(taken.size === 0 ? [] : [judgeSpareCapacity(eased, goneIds)]),
    ...(restarted.length === 0 ? [] : [judgeBroadcastsKept(world, restarted)]),
    ...(pausedRegionIds.length === 0 ? [] : [judgeEncoders(world, pausedRegionIds)]),
    ...actions.flatMap((action) =>
      action.kind === 'add_channel' || action.kind === 'move_channel'
        ? [judgeChannelRoom(world, action.broadcast, action.region)]
        : [],
    ),
    ...actions.flatMap((action) =>
      action.kind === 'scale_encoders' ? [judgeCores(world, action.region, action.count)] : [],
    ),
  ];
}

function judgeAutomatic({ isAutomatic }: GuardPolicy): GuardFinding {
  const text = isAutomatic
    ? 'Incidents may start it without a person'
    : 'Only a person may start it; its policy can allow incidents to';
  return { code: 'automatic', isHeld: isAutomatic, values: {}, text };
}

function judgeRate({ runsPerHourMax }: GuardPolicy, recentRunCount: number): GuardFinding {
  return {
    code: 'rate',
    isHeld: recentRunCount < runsPerHourMax,
    values: { recentRunCount, runsPerHourMax },
    text: `${recentRunCount} runs within the last hour, of at most ${runsPerHourMax}`,
  };
}

function judgeViewers(
  { viewerShareMax }: GuardPolicy,
  { viewerCount, viewerShare }: BlastRadius,
): GuardFinding {
  return {
    code: 'viewers',
    isHeld: viewerShare <= viewerShareMax,
    values: { viewerCount, viewerShare, viewerShareMax },
    text: `It touches ${percent(viewerShare)} of the viewers, of at most ${percent(viewerShareMax)}`,
  };
}

/** Whether the rest survives one more loss once these sites are gone. */
export function judgeSpareCapacity(world: RunbookWorld, siteIds: readonly string[]): GuardFinding {
  const rest = servingWithout(world, new Set(siteIds));
  const largestBps = Math.max(0, ...rest.map(({ capacityBps }) => capacityBps));
  const spareBps = Math.round((sumOf(rest, 'capacityBps') - largestBps) * CAPACITY_HEADROOM);
  const egressBps = sumOf(world.sites, 'egressBps');
  const values = { siteCount: rest.length, spareBps, egressBps };
  const text =
    rest.length < 2
      ? `Only ${rest.length} healthy ${rest.length === 1 ? 'site is' : 'sites are'} left, so that the loss of one more would leave none`
      : `After the loss of one more site the rest can carry ${megabits(spareBps)}, for ${megabits(egressBps)} of now`;
  return { code: 'spare_capacity', isHeld: rest.length >= 2 && spareBps >= egressBps, values, text };
}

/** Whether nothing on air has all its channels at the sites of nodes that restart. */
function judgeBroadcastsKept(world: RunbookWorld, nodeIds: readonly string[]): GuardFinding {
  const siteIds = world.nodes.filter(({ nodeId }) => nodeIds.includes(nodeId)).map(({ siteId }) => siteId);
  const lost = world.broadcasts.filter(
    ({ channels, isOnAir }) =>
      isOnAir && channels.length > 0 && channels.every(({ siteId }) => siteIds.includes(siteId)),
  );
  return {
    code: 'broadcasts_kept',
    isHeld: lost.length === 0,
    values: { broadcastCount: lost.length },
    text: `Broadcasts on air with no channel at another site: ${lost.length}`,
  };
}

function judgeEncoders(world: RunbookWorld, pausedRegionIds: readonly string[]): GuardFinding {
  const rest = world.regions.filter(
    ({ regionId, isEncodingPaused }) => !isEncodingPaused && !pausedRegionIds.includes(regionId),
  );
  const encoderCount = rest.reduce((sum, region) => sum + region.encoderCount, 0);
  return {
    code: 'encoders_left',
    isHeld: encoderCount > 0,
    values: { encoderCount },
    text: `${encoderCount} live encoders are left in other regions`,
  };
}

/** Whether a region has room for a channel of a broadcast that has none there. */
function judgeChannelRoom(world: RunbookWorld, broadcastId: string, regionId: string): GuardFinding {
  const room = world.regions.find((region) => region.regionId === regionId)?.channelRoom ?? 0;
  const channels =
    world.broadcasts.find((broadcast) => broadcast.broadcastId === broadcastId)?.channels ?? [];
  const isThere = channels.some((channel) => channel.regionId === regionId);
  return {
    code: 'channel_room',
    isHeld: isThere || room > 0,
    values: { room },
    text: isThere
      ? `The broadcast has a channel in ${regionId} already`
      : `Live channels for which ${regionId} has room: ${room}`,
  };
}

/** Whether the cores of a region's encoders allow so many jobs at once: more would only slow each other. */
function judgeCores(world: RunbookWorld, regionId: string, count: number): GuardFinding {
  const slotsMax = world.regions.find((region) => region.regionId === regionId)?.slotsMax ?? 0;
  return {
    code: 'encoder_cores',
    isHeld: count >= 1 && count <= slotsMax,
    values: { count, slotsMax },
    text: `Jobs and chunks at once in ${regionId}: ${count}; the cores of its living encoders allow at most ${slotsMax}`,
  };
}

/** Shares for people. */
export function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`;
}

/** Rates for people. */
export function megabits(bitsPerSecond: number): string {
  return `${Math.round(bitsPerSecond / 100_000) / 10} Mbit/s`;
}
