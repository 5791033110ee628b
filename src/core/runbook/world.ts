// The world as runbooks see it: enough to measure conditions, to say what an action touches, and to judge guards.

import type { Action, Runbook } from './types.ts';

export interface RunbookSite {
  readonly siteId: string;
  readonly regionId: string;
  readonly state: 'up' | 'draining' | 'down';
  /** A live edge that says it is ready. */
  readonly isReady: boolean;
  readonly capacityBps: number;
  readonly egressBps: number;
  /** Connections that its edges hold: the nearest to viewers that every moment knows. */
  readonly viewerCount: number;
  /** Largest share of any viewer group that steering sends there. */
  readonly steeredShare: number;
  /** Part of what steering would send there by itself that it is left; 1 without an order. */
  readonly keep: number;
}

export interface RunbookRegion {
  readonly regionId: string;
  readonly isEncodingPaused: boolean;
  /** Live encoders. */
  readonly encoderCount: number;
  /** Jobs and chunks that its encoders work on. */
  readonly runningCount: number;
  /** Jobs and chunks that they take at once. */
  readonly slots: number;
  /** Most that the cores of their machines allow. */
  readonly slotsMax: number;
  /** Live channels that its nodes may still take. */
  readonly channelRoom: number;
}

export interface RunbookNode {
  readonly nodeId: string;
  readonly siteId: string;
  readonly regionId: string;
  readonly isReady: boolean;
  readonly isEdge: boolean;
}

/** The newest order of a kind about a subject. */
export interface RunbookOrder {
  readonly kind: 'purge' | 'restart' | 'throttle' | 'shift' | 'scale';
  readonly subject: string;
  readonly doneNodeIds: readonly string[];
  /** Alive, concerned, and without a word yet. */
  readonly missingNodeIds: readonly string[];
}

/** What a purge is about, as people write it. */
export function purgedName({
  project,
  asset,
}: {
  readonly project: string;
  readonly asset: string | null;
}): string {
  return asset === null ? project : `${project}/${asset}`;
}

export interface RunbookBroadcast {
  readonly broadcastId: string;
  readonly isOnAir: boolean;
  /** Where its channels are, the one that edges pull from first. */
  readonly channels: readonly Place[];
}

/** A site and its region. */
export interface Place {
  readonly siteId: string;
  readonly regionId: string;
}

/** Whether a place lies in a target, which is a site or a region. */
export function isAt({ siteId, regionId }: Place, target: string): boolean {
  return siteId === target || regionId === target;
}

/** Whether a broadcast is led from a target and has a channel elsewhere. */
export function canLeave(channels: readonly Place[], target: string): boolean {
  const [first, ...rest] = channels;
  return first !== undefined && isAt(first, target) && rest.some((channel) => !isAt(channel, target));
}

export interface RunbookWorld {
  readonly sites: readonly RunbookSite[];
  readonly regions: readonly RunbookRegion[];
  readonly nodes: readonly RunbookNode[];
  /** Those that have not ended. */
  readonly broadcasts: readonly RunbookBroadcast[];
  readonly orders: readonly RunbookOrder[];
}

/** Sites of a target, which is a site or a region. */
export function sitesOf(world: RunbookWorld, target: string): readonly RunbookSite[] {
  return world.sites.filter((site) => isAt(site, target));
}

/** Sites that serve viewers, without those named. */
export function servingWithout(world: RunbookWorld, siteIds: ReadonlySet<string>): readonly RunbookSite[] {
  return world.sites.filter((site) => site.state === 'up' && site.isReady && !siteIds.has(site.siteId));
}

/** Sums a number over sites. */
export function sumOf(
  sites: readonly RunbookSite[],
  name: 'capacityBps' | 'egressBps' | 'viewerCount',
): number {
  return sites.reduce((sum, site) => sum + site[name], 0);
}

/** What a run touches, measured before it begins. */
export interface BlastRadius {
  /** Sites that stop serving new viewers. A site is a pathway. */
  readonly siteIds: readonly string[];
  readonly viewerCount: number;
  readonly viewerShare: number;
  readonly egressBps: number;
  readonly egressShare: number;
  readonly capacityBps: number;
  readonly capacityShare: number;
  /** Regions whose encoders get nothing new. */
  readonly pausedRegionIds: readonly string[];
  /** Broadcasts on air whose edges change over. */
  readonly broadcastIds: readonly string[];
  /** Whatever else it touches, a sentence without its full stop each. */
  readonly others: readonly string[];
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** Part of each site that these actions take out of service; sites that lose nothing are missing. */
export function takenOf(world: RunbookWorld, actions: readonly Action[]): ReadonlyMap<string, number> {
  const taken = new Map<string, number>();
  const take = (siteId: string, part: number): void => {
    if (part > 0) taken.set(siteId, Math.max(part, taken.get(siteId) ?? 0));
  };
  for (const action of actions) {
    if (action.kind === 'drain') for (const site of sitesOf(world, action.target)) take(site.siteId, 1);
    if (action.kind === 'restart_node') {
      const node = world.nodes.find(({ nodeId }) => nodeId === action.node);
      const isAlone = !world.nodes.some(
        ({ isEdge, isReady, nodeId, siteId }) =>
          isEdge && isReady && siteId === node?.siteId && nodeId !== action.node,
      );
      if (node?.isEdge === true && isAlone) take(node.siteId, 1);
    }
    if (action.kind === 'shift_traffic') {
      const site = world.sites.find(({ siteId }) => siteId === action.site);
      // Giving back is never held up.
      if (site !== undefined && action.share < site.keep) take(site.siteId, 1 - action.share);
    }
  }
  return taken;
}

/** Part of each site whose viewers these actions touch. */
function touchedOf(world: RunbookWorld, actions: readonly Action[]): ReadonlyMap<string, number> {
  const touched = new Map(takenOf(world, actions));
  for (const action of actions)
    if (action.kind === 'throttle' && action.floor === 'live')
      for (const { siteId, regionId } of world.sites)
        if (action.region === null || action.region === regionId) touched.set(siteId, 1);
  return touched;
}

/** Measures what these actions touch together. */
export function blastRadiusOf(world: RunbookWorld, actions: readonly Action[]): BlastRadius {
  const taken = takenOf(world, actions);
  const parts = touchedOf(world, actions);
  const touched = (target: string): readonly string[] =>
    world.broadcasts
      .filter(({ isOnAir, channels }) => isOnAir && canLeave(channels, target))
      .map(({ broadcastId }) => broadcastId);
  const up = world.sites.filter(({ state }) => state === 'up');
  const partOf = (
    sites: readonly RunbookSite[],
    of: ReadonlyMap<string, number>,
    name: 'capacityBps' | 'egressBps' | 'viewerCount',
  ): number => Math.round(sites.reduce((sum, site) => sum + site[name] * (of.get(site.siteId) ?? 0), 0));
  const viewerCount = partOf(world.sites, parts, 'viewerCount');
  const egressBps = partOf(world.sites, parts, 'egressBps');
  const capacityBps = partOf(up, taken, 'capacityBps');
  return {
    siteIds: world.sites.filter(({ siteId }) => taken.get(siteId) === 1).map(({ siteId }) => siteId),
    viewerCount,
    // Without connections to count, traffic stands for viewers.
    viewerShare:
      sumOf(world.sites, 'viewerCount') === 0
        ? share(egressBps, sumOf(world.sites, 'egressBps'))
        : share(viewerCount, sumOf(world.sites, 'viewerCount')),
    egressBps,
    egressShare: share(egressBps, sumOf(world.sites, 'egressBps')),
    capacityBps,
    capacityShare: share(capacityBps, sumOf(up, 'capacityBps')),
    pausedRegionIds: actions.flatMap((action) => (action.kind === 'pause_encoding' ? [action.region] : [])),
    broadcastIds: [
      ...new Set(
        actions.flatMap((action) => {
          if (action.kind === 'lead_broadcast' || action.kind === 'move_channel') return [action.broadcast];
          return action.kind === 'leave_broadcasts' ? touched(action.target) : [];
        }),
      ),
    ],
    others: actions.flatMap((action) => otherOf(world, action)),
  };
}

/** What an action touches beside viewers, capacity, encoders and broadcasts. */
function otherOf(world: RunbookWorld, action: Action): readonly string[] {
  switch (action.kind) {
    case 'purge': {
      const edgeCount = world.nodes.filter(({ isEdge }) => isEdge).length;
      return [`Edges that drop ${purgedName(action)} and fetch it anew: ${edgeCount}`];
    }
    case 'restart_node':
      return [`The process of ${action.node} ends and begins anew`];
    case 'throttle': {
      const what = action.floor === 'live' ? 'videos (not live) and prefetches' : 'prefetches';
      const where = action.region ?? 'every region';
      return [`Requests for ${what} are turned away in ${where}, of ${action.project ?? 'every project'}`];
    }
    case 'shift_traffic':
      return [`${action.site} is left ${Math.round(action.share * 1_000) / 10} % of its traffic`];
    case 'add_channel':
    case 'move_channel': {
      const found = world.broadcasts.find(({ broadcastId }) => broadcastId === action.broadcast);
      const regionIds = found?.channels.map(({ regionId }) => regionId) ?? [];
      const left = action.kind === 'move_channel' && regionIds.length > 1 ? regionIds.at(-1) : undefined;
      const after = [...regionIds.filter((id) => id !== left), action.region];
      if (regionIds.includes(action.region)) return [];
      return [
        `Channels of ${action.broadcast}: ${after.join(', ')}; before ${regionIds.join(', ') || 'none'}`,
      ];
    }
    case 'scale_encoders': {
      const region = world.regions.find(({ regionId }) => regionId === action.region);
      const { runningCount = 0, slots = 0 } = region ?? {};
      return [
        `Jobs and chunks at once in ${action.region}: ${action.count}, before ${slots}; ${runningCount} are at work, which are finished`,
      ];
    }
    case 'revert_change':
      return [`The setting of change ${action.change} gets the value it had before`];
    default:
      return [];
  }
}

/** The actions that a run takes when nothing goes wrong. */
export function actionsOf(book: Runbook): readonly Action[] {
  return book.steps.flatMap((step) => (step.kind === 'action' ? [step.action] : []));
}
