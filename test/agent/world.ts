// Worlds for tests: a valid snapshot of three regions, and a root that signs it.

import type { SignedSnapshot, SnapshotNode, WorldSnapshot } from '#contract/snapshot.ts';
import { generateSigningKey, type SigningKey, signText } from '#platform/identity.ts';

const PLACES = [
  { id: 'singapore', latitude: 1.35, longitude: 103.82 },
  { id: 'dublin', latitude: 53.35, longitude: -6.26 },
  { id: 'los-angeles', latitude: 34.05, longitude: -118.24 },
];

/** A world of three regions with a site each; nodes carry no usable address unless given. */
export function makeWorld(changes: Partial<WorldSnapshot> = {}): WorldSnapshot {
  return {
    formatVersion: 1,
    term: 1,
    sequence: 1,
    publishedAtMs: 1_700_000_000_000,
    removalIsMeant: false,
    controlUrl: '',
    controlPublicKey: '',
    regions: PLACES.map((place) => ({ ...place, name: place.id, costPerGb: 0.05 })),
    sites: PLACES.map(({ id }) => ({
      id: `${id}-1`,
      regionId: id,
      state: 'up',
      drainStartedAtMs: null,
      capacityBps: 1_000_000_000,
    })),
    nodes: PLACES.map(({ id }) => makeNode(id)),
    pathways: PLACES.map(({ id }) => ({ id: `${id}-1`, regionId: id, siteId: `${id}-1`, baseUrl: '' })),
    steering: {
      generation: 1,
      createdAtMs: 1_700_000_000_000,
      ttlMs: 5_000,
      groups: PLACES.map(({ id }) => ({
        id,
        order: PLACES.map((place) => `${place.id}-1`),
        shares: [{ pathwayId: `${id}-1`, share: 1 }],
        reasons: [],
      })),
    },
    keys: [
      {
        id: 'key-1',
        use: 'playback',
        projectId: null,
        publicKey: 'none',
        notBeforeMs: 0,
        notAfterMs: 4_000_000_000_000,
      },
    ],
    revocations: [],
    policies: { beatMs: 2_000, uploadBytesMax: 1_000_000, sourceCopies: 2, renditionCopies: 2 },
    ...changes,
  };
}

/** The node of a region. */
export function makeNode(regionId: string, changes: Partial<SnapshotNode> = {}): SnapshotNode {
  return {
    id: `${regionId}-1-a`,
    siteId: `${regionId}-1`,
    regionId,
    roles: ['origin', 'edge'],
    publicKey: generateSigningKey().publicKey,
    nodeUrl: 'http://127.0.0.1:9',
    ingestUrl: 'http://127.0.0.1:9',
    edgeUrl: 'http://127.0.0.1:9',
    isAlive: true,
    ...changes,
  };
}

/** Signs a world, or any text. */
export function signWorld(root: SigningKey, world: WorldSnapshot | string): SignedSnapshot {
  const payload = typeof world === 'string' ? world : JSON.stringify(world);
  return { payload, signature: signText(root, payload) };
}
