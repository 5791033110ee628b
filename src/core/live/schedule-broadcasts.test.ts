import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DEFAULT_LIVE_POLICY,
  type LiveBroadcast,
  type LiveNode,
  type LiveView,
  scheduleBroadcasts,
} from './schedule-broadcasts.ts';

const NOW_MS = 1_000_000_000;

const REGIONS = [
  { id: 'singapore', latitude: 1.35, longitude: 103.82, costPerGb: 0.08 },
  { id: 'dublin', latitude: 53.35, longitude: -6.26, costPerGb: 0.05 },
  { id: 'los-angeles', latitude: 34.05, longitude: -118.24, costPerGb: 0.05 },
];

function node(regionId: string, changes: Partial<LiveNode> = {}): LiveNode {
  return {
    id: `${regionId}-1-a`,
    regionId,
    isAlive: true,
    isDrained: false,
    slots: 2,
    takesPublishers: true,
    ...changes,
  };
}

function broadcast(id: string, changes: Partial<LiveBroadcast> = {}): LiveBroadcast {
  return {
    id,
    state: 'ready',
    plannedStartMs: null,
    createdAtMs: NOW_MS,
    publisherRegionId: null,
    channels: [],
    lastChannel: 0,
    failedChannels: new Set(),
    drainedRegionIds: [],
    ...changes,
  };
}

function schedule(broadcasts: readonly LiveBroadcast[], changes: Partial<LiveView> = {}) {
  const nodes = REGIONS.map(({ id }) => node(id));
  const plans = scheduleBroadcasts(
    { nodes, regions: REGIONS, broadcasts, ...changes },
    DEFAULT_LIVE_POLICY,
    NOW_MS,
  );
  return plans.map(({ broadcastId, channels, ingestNodeIds, reasons }) => ({
    id: broadcastId,
    channels: channels.map(({ channel, regionId }) => `${channel}:${regionId}`),
    ingests: ingestNodeIds.map((id) => id.replace('-1-a', '')),
    codes: reasons.map(({ code }) => code),
  }));
}

const running = [
  { channel: 1, regionId: 'dublin', nodeId: 'dublin-1-a' },
  { channel: 2, regionId: 'los-angeles', nodeId: 'los-angeles-1-a' },
];

test('a broadcast gets two channels in two regions, the nearest to the publisher first', () => {
  assert.deepEqual(schedule([broadcast('a', { publisherRegionId: 'singapore' })]), [
    {
      id: 'a',
      channels: ['1:singapore', '2:dublin'],
      ingests: ['singapore', 'dublin', 'los-angeles'],
      codes: ['placed', 'placed'],
    },
  ]);
});

test('without a publisher known, room and cost decide', () => {
  assert.deepEqual(schedule([broadcast('a')])[0]?.channels, ['1:dublin', '2:los-angeles']);
});

test('a broadcast that is moved off a region leaves it with its channel and its publishers', () => {
  const moved = broadcast('a', { channels: running, lastChannel: 2, drainedRegionIds: ['dublin'] });
  assert.deepEqual(schedule([moved])[0], {
    id: 'a',
    channels: ['2:los-angeles', '3:singapore'],
    ingests: ['los-angeles', 'singapore'],
    codes: ['moved_off', 'stays', 'placed'],
  });
  const [other] = schedule([broadcast('b', { channels: running, lastChannel: 2 })]);
  assert.deepEqual(other?.channels, ['1:dublin', '2:los-angeles'], 'others stay');
});

test('what it was moved off is no way out when all else is lost, but publishers have to go somewhere', () => {
  const moved = broadcast('a', { drainedRegionIds: ['dublin'] });
  const plan = schedule([moved], { nodes: [node('dublin')] })[0];
  assert.deepEqual([plan?.channels, plan?.ingests, plan?.codes], [[], ['dublin'], ['no_capacity']]);
});

test('what runs stays, whatever would be nearer', () => {
  const [plan] = schedule([
    broadcast('a', { state: 'on_air', publisherRegionId: 'singapore', channels: running, lastChannel: 2 }),
  ]);
  assert.deepEqual(plan?.channels, ['1:dublin', '2:los-angeles']);
  assert.deepEqual(plan?.codes, ['stays', 'stays']);
});

const losses: [string, Partial<LiveNode>, string][] = [
  ['is lost', { isAlive: false }, 'node_lost'],
  ['drains', { isDrained: true }, 'drained'],
];
for (const [what, change, code] of losses)
  test(`when the primary's node ${what}, the backup leads and a new one is placed under a new number`, () => {
    const nodes = REGIONS.map(({ id }) => node(id, id === 'dublin' ? change : {}));
    const [plan] = schedule([broadcast('a', { state: 'on_air', channels: running, lastChannel: 2 })], {
      nodes,
    });
    assert.deepEqual(plan?.channels, ['2:los-angeles', '3:singapore']);
    assert.deepEqual(plan?.codes, [code, 'stays', 'placed']);
    assert.ok(!plan?.ingests.includes('dublin'));
  });

test('a channel that its node reports as failed is placed anew', () => {
  const [plan] = schedule([
    broadcast('a', { state: 'on_air', channels: running, lastChannel: 2, failedChannels: new Set([2]) }),
  ]);
  assert.deepEqual(plan?.codes, ['stays', 'channel_failed', 'placed']);
  assert.equal(plan?.channels.length, 2);
  assert.equal(plan?.channels[1]?.startsWith('3:'), true);
});

test('full nodes take no more, and the broadcast that goes without is told the numbers', () => {
  const nodes = REGIONS.map(({ id }) => node(id, { slots: 1 }));
  const plans = scheduleBroadcasts(
    { nodes, regions: REGIONS, broadcasts: [broadcast('a'), broadcast('b'), broadcast('c')] },
    DEFAULT_LIVE_POLICY,
    NOW_MS,
  );
  assert.deepEqual(
    plans.map(({ channels }) => channels.length),
    [2, 1, 0],
  );
  assert.deepEqual(plans[2]?.reasons, [
    { code: 'no_capacity', subject: 'c', values: { channels: 0, wanted: 2, slots: 3, busy: 3 } },
  ]);
});

test('who is on air gets room before who is ready, and who is ready before who is planned', () => {
  const nodes = REGIONS.map(({ id }) => node(id, { slots: 1 })).slice(0, 2);
  const regions = REGIONS.slice(0, 2);
  const plans = schedule(
    [
      broadcast('planned', { state: 'planned', plannedStartMs: NOW_MS + 1 }),
      broadcast('ready'),
      broadcast('on-air', { state: 'on_air' }),
    ],
    { nodes, regions },
  );
  assert.deepEqual(
    plans.map(({ id, channels }) => [id, channels.length]),
    [
      ['on-air', 2],
      ['ready', 0],
      ['planned', 0],
    ],
  );
});

test('a planned broadcast holds room from a quarter of an hour before its start, not earlier', () => {
  const plannedStartMs = NOW_MS + DEFAULT_LIVE_POLICY.reserveMs;
  const early = broadcast('a', { state: 'planned', plannedStartMs: plannedStartMs + 1 });
  assert.deepEqual(schedule([early])[0]?.codes, ['not_yet']);
  assert.equal(schedule([{ ...early, plannedStartMs }])[0]?.channels.length, 2);
});

test('a world of one region makes one channel and says why', () => {
  const plans = schedule([broadcast('a')], {
    nodes: [node('dublin'), node('dublin', { id: 'dublin-1-b' })],
    regions: REGIONS.filter(({ id }) => id === 'dublin'),
  });
  assert.deepEqual(plans[0]?.channels, ['1:dublin']);
  assert.deepEqual(plans[0]?.codes, ['placed', 'one_region']);
});
