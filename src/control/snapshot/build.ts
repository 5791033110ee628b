// The world snapshot from what control knows. Pure: no clock, no database. Nodes and sites that the configuration no
// longer names are left out; a pathway goes away only with its site in the configuration, which marks the removal as
// meant. A pathway that vanishes for any other reason (a restored database) is not marked, and nodes refuse it.

import type { Config } from '#contract/config.ts';
import type { SnapshotOrders } from '#contract/orders.ts';
import type { SteeringPlan, WorldSnapshot } from '#contract/snapshot.ts';
import type { PublicStatus } from '#contract/status.ts';
import type { FleetSite } from '../fleet/fleet.ts';
import type { SnapshotKey, SnapshotRevocation } from '../keys/keys.ts';
import { BEAT_MS } from '../limits.ts';

export interface SnapshotInputs {
  readonly config: Config;
  readonly controlUrl: string;
  readonly controlPublicKey: string;
  readonly sites: readonly FleetSite[];
  readonly plan: SteeringPlan;
  readonly keys: readonly SnapshotKey[];
  readonly revocations: readonly SnapshotRevocation[];
  readonly status: PublicStatus;
  readonly orders: SnapshotOrders;
}

/** Everything of a snapshot but its place in the order and its time. */
export type SnapshotContent = Omit<WorldSnapshot, 'term' | 'sequence' | 'publishedAtMs' | 'removalIsMeant'>;

/** Builds the content of the next snapshot. */
export function buildSnapshot(inputs: SnapshotInputs): SnapshotContent {
  const { config, sites, plan } = inputs;
  const pathways = sites.flatMap((site) =>
    site.edgeUrl === null
      ? []
      : [{ id: site.id, regionId: site.regionId, siteId: site.id, baseUrl: site.edgeUrl.replace(/\/$/, '') }],
  );
  const known = new Set(pathways.map(({ id }) => id));
  return {
    formatVersion: 1,
    controlUrl: inputs.controlUrl,
    controlPublicKey: inputs.controlPublicKey,
    regions: config.regions.map(({ id, name, latitude, longitude, costPerGb }) => ({
      id,
      name,
      latitude,
      longitude,
      costPerGb,
    })),
    sites: sites.map(({ id, regionId, state, drainStartedAtMs, capacityBps }) => ({
      id,
      regionId,
      state,
      drainStartedAtMs,
      capacityBps,
    })),
    nodes: sites.flatMap((site) =>
      site.nodes.map((node) => ({
        id: node.id,
        siteId: node.siteId,
        regionId: site.regionId,
        roles: [...node.roles],
        publicKey: node.publicKey,
        nodeUrl: node.nodeUrl,
        ingestUrl: node.ingestUrl,
        edgeUrl: node.edgeUrl,
        ...(node.rtmpUrl === null ? {} : { rtmpUrl: node.rtmpUrl }),
        ...(node.whipUrl === null ? {} : { whipUrl: node.whipUrl }),
        ...(node.channelSlots === null ? {} : { channelSlots: node.channelSlots }),
        isAlive: node.isAlive,
      })),
    ),
    pathways,
    steering: {
      ...plan,
      groups: plan.groups.map((group) => ({
        ...group,
        order: group.order.filter((id) => known.has(id)),
        shares: group.shares.filter(({ pathwayId }) => known.has(pathwayId)),
      })),
    },
    keys: [...inputs.keys],
    revocations: [...inputs.revocations],
    policies: {
      beatMs: BEAT_MS,
      uploadBytesMax: config.limits.uploadBytesMax,
      sourceCopies: Math.min(config.durability.sourceCopies, config.regions.length),
      renditionCopies: Math.min(config.durability.renditionCopies, config.regions.length),
    },
    orders: inputs.orders,
    status: inputs.status,
  };
}

/** Whether pathways that the newer content lacks lie at sites that the configuration no longer names. */
export function isRemovalMeant(before: SnapshotContent | null, content: SnapshotContent): boolean {
  if (before === null) return false;
  const kept = new Set(content.pathways.map(({ id }) => id));
  const configured = new Set(content.sites.map(({ id }) => id));
  const removed = before.pathways.filter(({ id }) => !kept.has(id));
  return removed.length > 0 && removed.every(({ siteId }) => siteId !== null && !configured.has(siteId));
}

/**
 * Two contents with the same text here need no publication. When a plan was made and the numbers in its reasons move
 * all the time and do not count; its generation tells when it decides something else.
 */
export function contentText(content: SnapshotContent): string {
  const { generation, ttlMs, groups } = content.steering;
  const decided = groups.map(({ id, order, shares }) => ({ id, order, shares }));
  return JSON.stringify({ ...content, steering: { generation, ttlMs, groups: decided } });
}
