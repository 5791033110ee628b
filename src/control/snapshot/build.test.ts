import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configSchema } from '#contract/config.ts';
import { snapshotSchema } from '#contract/snapshot.ts';
import { checkSnapshot } from '#core/snapshot/check-snapshot.ts';
import type { FleetSite } from '../fleet/fleet.ts';
import { buildSnapshot, contentText, isRemovalMeant, type SnapshotInputs } from './build.ts';

const config = configSchema.parse({});

function site(id: string, regionId: string, edgeUrl: string | null = `http://${id}.test/`): FleetSite {
  return {
    id,
    regionId,
    state: 'up',
    drainStartedAtMs: null,
    isHealthy: true,
    capacityBps: 1,
    edgeUrl,
    ingestUrl: null,
    nodes: [],
  };
}

const SITES = [
  site('dublin-1', 'dublin'),
  site('singapore-1', 'singapore'),
  site('los-angeles-1', 'los-angeles'),
];

function inputs(changes: Partial<SnapshotInputs> = {}): SnapshotInputs {
  return {
    config,
    controlUrl: 'http://control.test',
    controlPublicKey: 'key',
    sites: SITES,
    plan: {
      generation: 3,
      createdAtMs: 5,
      ttlMs: 5_000,
      groups: [
        {
          id: 'dublin',
          order: ['dublin-1', 'gone-1'],
          shares: [{ pathwayId: 'dublin-1', share: 1 }],
          reasons: [],
        },
      ],
    },
    keys: [],
    revocations: [],
    orders: { purges: [], restarts: [], throttles: [] },
    status: { title: 'Status', notices: [] },
    ...changes,
  };
}

const versions = { term: 1, sequence: 1, publishedAtMs: 0, removalIsMeant: false };

test('a built snapshot has the shape of the contract and passes the checker of the nodes', () => {
  const snapshot = snapshotSchema.parse({ ...buildSnapshot(inputs()), ...versions });
  assert.deepEqual(checkSnapshot(snapshot, null), { isAccepted: true });
  assert.deepEqual(snapshot.pathways[0], {
    id: 'dublin-1',
    regionId: 'dublin',
    siteId: 'dublin-1',
    baseUrl: 'http://dublin-1.test',
  });
  assert.deepEqual(snapshot.steering.groups[0]?.order, ['dublin-1'], 'unknown pathways are left out');
  assert.deepEqual([snapshot.policies.sourceCopies, snapshot.policies.renditionCopies], [3, 2]);
});

test('the time of a plan and the numbers in its reasons are no change, its generation is', () => {
  const plan = inputs().plan;
  const text = (changed: object) => contentText(buildSnapshot(inputs({ plan: { ...plan, ...changed } })));
  assert.equal(text({ createdAtMs: 99 }), text({}));
  assert.notEqual(text({ generation: 4 }), text({}));
});

test('a pathway that the configuration no longer names goes away on purpose, one that is merely missing does not', () => {
  const before = buildSnapshot(inputs());
  const unconfigured = buildSnapshot(inputs({ sites: SITES.slice(1) }));
  assert.equal(isRemovalMeant(before, unconfigured), true);
  const lost = buildSnapshot(inputs({ sites: [site('dublin-1', 'dublin', null), ...SITES.slice(1)] }));
  assert.equal(isRemovalMeant(before, lost), false);
  assert.equal(isRemovalMeant(before, before), false);
  assert.equal(isRemovalMeant(null, before), false);
  const verdict = checkSnapshot({ ...lost, ...versions, sequence: 2 }, { ...before, ...versions });
  assert.equal(verdict.isAccepted, false, 'a third of the pathways at once');
});
