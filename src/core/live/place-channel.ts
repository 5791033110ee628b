// A channel in a region that somebody names: added beside the others, so that nothing is lost while it begins, or in the
// place of another one. Where in the region it goes is chosen as the scheduler chooses. It is one decision and no
// wish that lasts: afterwards the channel is like any other, stays while it runs, and is placed anew when it is lost.

import {
  chooseNode,
  ingestsOf,
  type LiveBroadcast,
  type LiveChannel,
  type LiveReason,
  type LiveView,
} from './schedule-broadcasts.ts';

/** Channels of one broadcast: each costs a full encode, and more than two survive more than one loss at once. */
export const CHANNELS_MAX = 4;

export type ChannelPlacing =
  | {
      readonly kind: 'placed';
      readonly channels: readonly LiveChannel[];
      readonly reasons: readonly LiveReason[];
      readonly ingestNodeIds: readonly string[];
      /** The channel whose place it took; null: it was added. */
      readonly left: LiveChannel | null;
    }
  | { readonly kind: 'unchanged' }
  /** A sentence without its full stop. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Places a channel of a broadcast in a region. The one in `leftRegionId` makes room for it, unless it is the only one. */
export function placeChannel(
  view: LiveView,
  broadcast: LiveBroadcast,
  regionId: string,
  leftRegionId: string | null,
): ChannelPlacing {
  const { channels } = broadcast;
  if (channels.some((channel) => channel.regionId === regionId)) return { kind: 'unchanged' };
  if (channels.length === 0)
    return refused('It has no channel yet, which it gets when it is due or when there is room');
  if (broadcast.drainedRegionIds.includes(regionId))
    return refused(`It was moved off ${regionId}; let it be made there again first`);
  const left =
    channels.length > 1 ? channels.findLast((channel) => channel.regionId === leftRegionId) : undefined;
  const kept = channels.filter((channel) => channel !== left);
  if (kept.length >= CHANNELS_MAX)
    return refused(`It has ${kept.length} channels, which is the most; move one instead`);
  const elsewhere = new Set(view.regions.map(({ id }) => id).filter((id) => id !== regionId));
  const choice = chooseNode(view, usedBy(view), elsewhere, broadcast.publisherRegionId);
  if (choice === undefined) return refused(noRoom(view, regionId));
  const channel = broadcast.lastChannel + 1;
  const { node, costPerGb, distanceKm, load } = choice;
  const placed = [...kept, { channel, regionId, nodeId: node.id }];
  return {
    kind: 'placed',
    channels: placed,
    // As the next plan orders them, so that it has nothing to decide anew.
    ingestNodeIds: ingestsOf(view, broadcast, placed),
    reasons: [
      ...kept.map((own) => ({
        code: 'stays' as const,
        subject: own.nodeId,
        values: { channel: own.channel },
      })),
      {
        code: 'placed',
        subject: node.id,
        values: { channel, distanceKm: Math.round(distanceKm), load, costPerGb },
      },
    ],
    left: left ?? null,
  };
}

function refused(reason: string): ChannelPlacing {
  return { kind: 'refused', reason };
}

/** Channels by node. */
function usedBy({ broadcasts }: LiveView): ReadonlyMap<string, number> {
  const used = new Map<string, number>();
  for (const { nodeId } of broadcasts.flatMap(({ channels }) => channels))
    used.set(nodeId, (used.get(nodeId) ?? 0) + 1);
  return used;
}

/** Channels that a region may still take. */
export function channelRoom(view: LiveView, regionId: string): number {
  const used = usedBy(view);
  return view.nodes
    .filter((node) => node.regionId === regionId && node.isAlive && !node.isDrained)
    .reduce((sum, { id, slots }) => sum + Math.max(0, slots - (used.get(id) ?? 0)), 0);
}

function noRoom(view: LiveView, regionId: string): string {
  const used = usedBy(view);
  const own = view.nodes.filter((node) => node.regionId === regionId && node.isAlive && !node.isDrained);
  const slots = own.reduce((sum, node) => sum + node.slots, 0);
  const busy = own.reduce((sum, { id }) => sum + (used.get(id) ?? 0), 0);
  return `No room for a channel in ${regionId}: ${busy} of ${slots} are taken on its ${own.length} nodes that are alive and not drained`;
}
