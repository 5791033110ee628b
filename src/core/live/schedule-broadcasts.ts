// Where broadcasts are made: each on two channels in two regions, so that either may be lost. What runs well stays
// where it is, since moving a channel costs viewers a change of picture; only what cannot go on is placed anew. Of the
// nodes that could take a channel the nearest to the publisher comes first, then the one with most room, then the
// cheapest region to deliver from. Planned broadcasts hold their room from shortly before their start, so that an
// ad hoc one cannot take it; when there is none, the broadcast goes without and says so.
//
// The order of placing is the order of importance: who is on air, then who may be, then who is planned, the earlier
// first. Limits: greedy, one channel after the other; with slots that are all alike this is optimal in the number of
// channels placed, not in distance.

import { distanceKm } from '#base/geo.ts';

export interface LiveNode {
  readonly id: string;
  readonly regionId: string;
  readonly isAlive: boolean;
  readonly isDrained: boolean;
  /** Channels that it may run. */
  readonly slots: number;
  readonly takesPublishers: boolean;
}

export interface LiveRegion {
  readonly id: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly costPerGb: number;
}

export interface LiveChannel {
  readonly channel: number;
  readonly regionId: string;
  readonly nodeId: string;
}

export interface LiveBroadcast {
  readonly id: string;
  readonly state: 'planned' | 'ready' | 'on_air' | 'interrupted';
  readonly plannedStartMs: number | null;
  readonly createdAtMs: number;
  /** Where the publisher is, or is expected; null when nobody said. */
  readonly publisherRegionId: string | null;
  /** As planned before, the primary first. */
  readonly channels: readonly LiveChannel[];
  /** Highest channel number that was ever given. */
  readonly lastChannel: number;
  /** Channels that their nodes report as failed. */
  readonly failedChannels: ReadonlySet<number>;
  /** Regions that somebody has moved it off: nothing of it is made there, whatever else is lost. */
  readonly drainedRegionIds: readonly string[];
}

export interface LiveView {
  readonly nodes: readonly LiveNode[];
  readonly regions: readonly LiveRegion[];
  readonly broadcasts: readonly LiveBroadcast[];
}

export interface LivePolicy {
  readonly channelsPerBroadcast: number;
  /** A planned broadcast holds its room from so long before its start. */
  readonly reserveMs: number;
}

/** Two channels survive one loss; a quarter of an hour is when production crews test their line. */
export const DEFAULT_LIVE_POLICY: LivePolicy = { channelsPerBroadcast: 2, reserveMs: 900_000 };

export interface LiveReason {
  readonly code:
    | 'stays'
    | 'placed'
    | 'node_lost'
    | 'drained'
    | 'moved_off'
    | 'channel_failed'
    | 'no_capacity'
    | 'one_region'
    | 'not_yet';
  readonly subject: string;
  readonly values: Record<string, number>;
}

export interface LivePlan {
  readonly broadcastId: string;
  readonly channels: readonly LiveChannel[];
  readonly ingestNodeIds: readonly string[];
  readonly reasons: readonly LiveReason[];
}

/** Most ingests that a record names; a publisher tries one or two. */
const INGESTS_MAX = 8;

/** Plans all broadcasts. Pure: equal views give equal plans. */
export function scheduleBroadcasts(view: LiveView, policy: LivePolicy, nowMs: number): LivePlan[] {
  const nodes = new Map(view.nodes.map((node) => [node.id, node]));
  const used = new Map<string, number>();
  const plans = new Map<string, { kept: LiveChannel[]; reasons: LiveReason[] }>();
  // What stays holds its room before anything new is placed.
  for (const broadcast of view.broadcasts) {
    const outcome = keepWhatRuns(broadcast, nodes);
    for (const { nodeId } of outcome.kept) used.set(nodeId, (used.get(nodeId) ?? 0) + 1);
    plans.set(broadcast.id, outcome);
  }
  return [...view.broadcasts].sort(byImportance).map((broadcast) => {
    const { kept, reasons } = plans.get(broadcast.id) ?? { kept: [], reasons: [] };
    const channels = isDue(broadcast, policy, nowMs)
      ? fill(broadcast, kept, { view, used, reasons, policy })
      : kept;
    if (!isDue(broadcast, policy, nowMs))
      reasons.push({
        code: 'not_yet',
        subject: broadcast.id,
        values: { plannedStartMs: broadcast.plannedStartMs ?? 0, reserveMs: policy.reserveMs },
      });
    return {
      broadcastId: broadcast.id,
      channels,
      ingestNodeIds: ingestsOf(view, broadcast, channels),
      reasons,
    };
  });
}

const RANK: Readonly<Record<LiveBroadcast['state'], number>> = {
  on_air: 0,
  interrupted: 0,
  ready: 1,
  planned: 2,
};

function byImportance(left: LiveBroadcast, right: LiveBroadcast): number {
  return (
    RANK[left.state] - RANK[right.state] ||
    (left.plannedStartMs ?? left.createdAtMs) - (right.plannedStartMs ?? right.createdAtMs) ||
    (left.id < right.id ? -1 : 1)
  );
}

function isDue({ state, plannedStartMs }: LiveBroadcast, { reserveMs }: LivePolicy, nowMs: number): boolean {
  return state !== 'planned' || plannedStartMs === null || nowMs >= plannedStartMs - reserveMs;
}

function keepWhatRuns(
  broadcast: LiveBroadcast,
  nodes: ReadonlyMap<string, LiveNode>,
): { kept: LiveChannel[]; reasons: LiveReason[] } {
  const reasons: LiveReason[] = [];
  const kept = broadcast.channels.filter((channel) => {
    const node = nodes.get(channel.nodeId);
    const code =
      node === undefined || !node.isAlive
        ? 'node_lost'
        : node.isDrained
          ? 'drained'
          : broadcast.drainedRegionIds.includes(channel.regionId)
            ? 'moved_off'
            : broadcast.failedChannels.has(channel.channel)
              ? 'channel_failed'
              : 'stays';
    reasons.push({ code, subject: channel.nodeId, values: { channel: channel.channel } });
    return code === 'stays';
  });
  return { kept, reasons };
}

interface Placing {
  readonly view: LiveView;
  /** Channels by node; counts what is placed here. */
  readonly used: Map<string, number>;
  readonly reasons: LiveReason[];
  readonly policy: LivePolicy;
}

/** Adds channels until there are enough, each in a region that has none yet. */
function fill(broadcast: LiveBroadcast, kept: readonly LiveChannel[], placing: Placing): LiveChannel[] {
  const { view, used, reasons, policy } = placing;
  const channels = [...kept];
  let last = broadcast.lastChannel;
  while (channels.length < policy.channelsPerBroadcast) {
    const taken = new Set([...channels.map(({ regionId }) => regionId), ...broadcast.drainedRegionIds]);
    const choice = chooseNode(view, used, taken, broadcast.publisherRegionId);
    if (choice === undefined) {
      const isOneRegion = view.regions.every(({ id }) => taken.has(id));
      const slots = view.nodes.reduce((sum, node) => sum + (node.isAlive ? node.slots : 0), 0);
      const busy = [...used.values()].reduce((sum, count) => sum + count, 0);
      reasons.push({
        code: isOneRegion ? 'one_region' : 'no_capacity',
        subject: broadcast.id,
        values: { channels: channels.length, wanted: policy.channelsPerBroadcast, slots, busy },
      });
      break;
    }
    last += 1;
    used.set(choice.node.id, (used.get(choice.node.id) ?? 0) + 1);
    channels.push({ channel: last, regionId: choice.node.regionId, nodeId: choice.node.id });
    reasons.push({
      code: 'placed',
      subject: choice.node.id,
      values: {
        channel: last,
        distanceKm: Math.round(choice.distanceKm),
        load: choice.load,
        costPerGb: choice.costPerGb,
      },
    });
  }
  return channels;
}

export interface Candidate {
  readonly node: LiveNode;
  readonly distanceKm: number;
  readonly load: number;
  readonly costPerGb: number;
}

/** The best node for one more channel, outside of the regions that are taken. */
export function chooseNode(
  { nodes, regions }: LiveView,
  used: ReadonlyMap<string, number>,
  takenRegionIds: ReadonlySet<string>,
  publisherRegionId: string | null,
): Candidate | undefined {
  const places = new Map(regions.map((region) => [region.id, region]));
  const publisher = publisherRegionId === null ? undefined : places.get(publisherRegionId);
  const candidates = nodes.flatMap((node): Candidate[] => {
    const region = places.get(node.regionId);
    const busy = used.get(node.id) ?? 0;
    if (region === undefined || !node.isAlive || node.isDrained || busy >= node.slots) return [];
    if (takenRegionIds.has(node.regionId)) return [];
    return [
      {
        node,
        distanceKm: publisher === undefined ? 0 : distanceKm(publisher, region),
        load: busy / node.slots,
        costPerGb: region.costPerGb,
      },
    ];
  });
  return candidates.sort(
    (left, right) =>
      left.distanceKm - right.distanceKm ||
      left.load - right.load ||
      left.costPerGb - right.costPerGb ||
      (left.node.id < right.node.id ? -1 : 1),
  )[0];
}

/**
 * Ingests in the order in which a publisher should try them: beside the primary, beside the backup, elsewhere. Those of
 * regions that it was moved off only when there are no others.
 */
export function ingestsOf(
  { nodes }: LiveView,
  broadcast: LiveBroadcast,
  channels: readonly LiveChannel[],
): readonly string[] {
  const order = channels.map(({ regionId }) => regionId);
  const rank = (node: LiveNode): number => {
    if (node.regionId === broadcast.publisherRegionId) return -1;
    const index = order.indexOf(node.regionId);
    return index === -1 ? order.length : index;
  };
  const takers = nodes.filter(
    ({ takesPublishers, isAlive, isDrained }) => takesPublishers && isAlive && !isDrained,
  );
  const elsewhere = takers.filter(({ regionId }) => !broadcast.drainedRegionIds.includes(regionId));
  return (elsewhere.length === 0 ? takers : elsewhere)
    .sort((left, right) => rank(left) - rank(right) || (left.id < right.id ? -1 : 1))
    .slice(0, INGESTS_MAX)
    .map(({ id }) => id);
}
