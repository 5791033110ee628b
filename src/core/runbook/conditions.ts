// Measures a condition against the world. What the world does not hold (series, alerts) is asked for beforehand and
// passed in as `measured`. Every answer is a sentence with the numbers that were compared.

import { judgeSpareCapacity, percent } from './guards.ts';
import type { Condition, Observation } from './types.ts';
import { canLeave, isAt, purgedName, type RunbookWorld, sitesOf, sumOf } from './world.ts';

/** What has to be asked for: events of a series, or alerts that fire. */
export type Measured =
  | { readonly kind: 'events'; readonly bad: number; readonly total: number }
  | { readonly kind: 'alerts'; readonly names: readonly string[] }
  | { readonly kind: 'nothing'; readonly reason: string };

/** Names of alerts shown in an answer: a line that a person reads. */
const NAMES_SHOWN_MAX = 5;

/** Judges one condition. */
export function judgeCondition(condition: Condition, world: RunbookWorld, measured: Measured): Observation {
  switch (condition.kind) {
    case 'site_state':
    case 'sites_ready':
    case 'traffic_share':
    case 'steered_share':
    case 'spare_capacity':
      return judgePlaces(condition, world);
    case 'bad_share':
    case 'alerts_quiet':
      return judgeMeasured(condition, measured);
    case 'node_ready':
    case 'node_at':
      return judgeNode(condition, world);
    case 'encoding':
    case 'encoders_scaled':
    case 'encoders_idle':
      return judgeEncoding(condition, world);
    case 'broadcast_channel':
    case 'broadcast_led':
    case 'broadcasts_left':
      return judgeBroadcasts(condition, world);
    case 'purged':
    case 'node_restarted':
      return judgeOrder(condition, world);
  }
}

type Of<K extends Condition['kind']> = Extract<Condition, { readonly kind: K }>;

function plain(isMet: boolean, text: string): Observation {
  return { isMet, value: null, limit: null, text };
}

function unknown(text: string): Observation {
  return { isMet: null, value: null, limit: null, text };
}

function judgePlaces(
  condition: Of<'site_state' | 'sites_ready' | 'traffic_share' | 'steered_share' | 'spare_capacity'>,
  world: RunbookWorld,
): Observation {
  const target = condition.kind === 'spare_capacity' ? condition.without : condition.target;
  const sites = sitesOf(world, target);
  if (sites.length === 0) return unknown(`There is no site or region ${target}`);
  switch (condition.kind) {
    case 'site_state': {
      const states = sites.map(({ siteId, state }) => `${siteId} is ${state}`);
      return plain(
        sites.every(({ state }) => state === condition.is),
        states.join(', '),
      );
    }
    case 'sites_ready': {
      const lame = sites.filter(({ isReady }) => !isReady).map(({ siteId }) => siteId);
      return plain(
        lame.length === 0,
        lame.length === 0 ? `${target} is ready` : `${lame.join(', ')} is not ready`,
      );
    }
    case 'traffic_share': {
      const all = sumOf(world.sites, 'egressBps');
      const value = all === 0 ? 0 : sumOf(sites, 'egressBps') / all;
      return below(value, condition.below, `${target} carries ${percent(value)} of the traffic`);
    }
    case 'steered_share': {
      const value = Math.max(...sites.map(({ steeredShare }) => steeredShare));
      return below(
        value,
        condition.below,
        `Steering sends at most ${percent(value)} of a group to ${target}`,
      );
    }
    case 'spare_capacity': {
      const { isHeld, text, values } = judgeSpareCapacity(
        world,
        sites.map(({ siteId }) => siteId),
      );
      return { isMet: isHeld, value: values.spareBps ?? null, limit: values.egressBps ?? null, text };
    }
  }
}

function below(value: number, limit: number, text: string): Observation {
  return { isMet: value < limit, value, limit, text: `${text}, limit ${percent(limit)}` };
}

function judgeMeasured(condition: Of<'bad_share' | 'alerts_quiet'>, measured: Measured): Observation {
  if (measured.kind === 'nothing') return unknown(measured.reason);
  if (condition.kind === 'alerts_quiet') {
    const names = measured.kind === 'alerts' ? measured.names : [];
    const shown = names.slice(0, NAMES_SHOWN_MAX).join(', ');
    return {
      isMet: names.length === 0,
      value: names.length,
      limit: 0,
      text: names.length === 0 ? 'No such alert fires' : `Alerts that fire (${names.length}): ${shown}`,
    };
  }
  const { bad, total } = measured.kind === 'events' ? measured : { bad: 0, total: 0 };
  const over = `within ${Math.round(condition.windowMs / 1_000)} s`;
  if (total === 0) return unknown(`No events of ${condition.series} ${over}`);
  const text = `${bad} of ${total} ${condition.series} were bad ${over} (${percent(bad / total)})`;
  return below(bad / total, condition.below, text);
}

function judgeNode(condition: Of<'node_ready' | 'node_at'>, world: RunbookWorld): Observation {
  const node = world.nodes.find(({ nodeId }) => nodeId === condition.node);
  if (node === undefined) return unknown(`There is no node ${condition.node}`);
  if (condition.kind === 'node_ready')
    return plain(node.isReady, `${node.nodeId} is ${node.isReady ? '' : 'not '}ready`);
  return plain(isAt(node, condition.target), `${node.nodeId} belongs to ${node.siteId} in ${node.regionId}`);
}

function judgeEncoding(
  condition: Of<'encoding' | 'encoders_scaled' | 'encoders_idle'>,
  world: RunbookWorld,
): Observation {
  const region = world.regions.find(({ regionId }) => regionId === condition.region);
  if (region === undefined) return unknown(`There is no region ${condition.region}`);
  if (condition.kind === 'encoders_idle') {
    const { runningCount } = region;
    const text = `Jobs and chunks that encoders of ${region.regionId} work on: ${runningCount}`;
    return { isMet: runningCount === 0, value: runningCount, limit: 0, text };
  }
  if (condition.kind === 'encoders_scaled') {
    const { slots } = region;
    const text = `Jobs and chunks that encoders of ${region.regionId} take at once: ${slots}`;
    return { isMet: slots === condition.count, value: slots, limit: condition.count, text };
  }
  const is = region.isEncodingPaused ? 'paused' : 'running';
  return plain(is === condition.is, `Encoding in ${region.regionId} is ${is}`);
}

function judgeOrder(condition: Of<'purged' | 'node_restarted'>, world: RunbookWorld): Observation {
  const isPurge = condition.kind === 'purged';
  const subject = isPurge ? purgedName(condition) : condition.node;
  const order = world.orders.find(
    ({ kind, subject: own }) => kind === (isPurge ? 'purge' : 'restart') && own === subject,
  );
  if (order === undefined) return unknown(`There is no order to ${isPurge ? 'purge' : 'restart'} ${subject}`);
  const { doneNodeIds, missingNodeIds } = order;
  const isMet = doneNodeIds.length > 0 && missingNodeIds.length === 0;
  if (!isPurge) return plain(isMet, `${subject} has ${isMet ? '' : 'not '}restarted`);
  const count = doneNodeIds.length + missingNodeIds.length;
  const missing = missingNodeIds.slice(0, NAMES_SHOWN_MAX).join(', ');
  const text = `${doneNodeIds.length} of ${count} edges have dropped ${subject}${isMet ? '' : `; not yet: ${missing}`}`;
  return { isMet, value: doneNodeIds.length, limit: count, text };
}

function judgeBroadcasts(
  condition: Of<'broadcast_channel' | 'broadcast_led' | 'broadcasts_left'>,
  world: RunbookWorld,
): Observation {
  if (condition.kind === 'broadcasts_left') {
    const { target } = condition;
    const led = world.broadcasts.filter(({ isOnAir, channels }) => isOnAir && canLeave(channels, target));
    const text = `Broadcasts led from ${target} that have a channel elsewhere: ${led.length}`;
    return { isMet: led.length === 0, value: led.length, limit: 0, text };
  }
  const found = world.broadcasts.find(({ broadcastId }) => broadcastId === condition.broadcast);
  if (found === undefined) return unknown(`There is no open broadcast ${condition.broadcast}`);
  const regionIds = found.channels.map(({ regionId }) => regionId);
  const [first = 'nowhere'] = regionIds;
  if (condition.kind === 'broadcast_led')
    return plain(first === condition.region, `The broadcast is led from ${first}`);
  const regions = regionIds.join(', ') || 'no region';
  return plain(regionIds.includes(condition.region), `The broadcast has channels in ${regions}`);
}
