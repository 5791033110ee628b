import assert from 'node:assert/strict';
import { test } from 'node:test';
import { channelRoom, placeChannel } from './place-channel.ts';
import type { LiveBroadcast, LiveNode, LiveView } from './schedule-broadcasts.ts';

const REGIONS = ['dublin', 'singapore', 'los-angeles'].map((id) => ({
  id,
  latitude: 0,
  longitude: 0,
  costPerGb: 0.05,
}));

function node(regionId: string, changes: Partial<LiveNode> = {}): LiveNode {
  const id = `${regionId}-1-a`;
  return { id, regionId, isAlive: true, isDrained: false, slots: 1, takesPublishers: true, ...changes };
}

const channelIn = (channel: number, regionId: string) => ({ channel, regionId, nodeId: `${regionId}-1-a` });

const NEWS: LiveBroadcast = {
  id: 'brd_news',
  state: 'on_air',
  plannedStartMs: null,
  createdAtMs: 0,
  publisherRegionId: 'dublin',
  channels: [channelIn(1, 'dublin'), channelIn(2, 'singapore')],
  lastChannel: 5,
  failedChannels: new Set(),
  drainedRegionIds: [],
};

function view(nodes: readonly LiveNode[] = REGIONS.map(({ id }) => node(id)), others = [NEWS]): LiveView {
  return { nodes, regions: REGIONS, broadcasts: others };
}

test('a further channel is added behind the others, under a number that was never used', () => {
  const placed = placeChannel(view(), NEWS, 'los-angeles', null);
  assert.ok(placed.kind === 'placed');
  assert.deepEqual(placed.channels, [...NEWS.channels, channelIn(6, 'los-angeles')]);
  assert.equal(placed.left, null);
  assert.deepEqual(
    placed.reasons.map(({ code }) => code),
    ['stays', 'stays', 'placed'],
  );
});

test('a moved one takes the place of the one that is named, never that of the only one', () => {
  const placed = placeChannel(view(), NEWS, 'los-angeles', 'singapore');
  assert.ok(placed.kind === 'placed');
  assert.deepEqual(placed.channels, [channelIn(1, 'dublin'), channelIn(6, 'los-angeles')]);
  assert.deepEqual(placed.left, channelIn(2, 'singapore'));
  const alone = { ...NEWS, channels: [channelIn(1, 'dublin')] };
  const added = placeChannel(view(), alone, 'los-angeles', 'dublin');
  assert.ok(added.kind === 'placed');
  assert.deepEqual([added.channels.length, added.left], [2, null]);
});

test('a region that has one already is left as it is', () => {
  assert.deepEqual(placeChannel(view(), NEWS, 'dublin', 'singapore'), { kind: 'unchanged' });
});

test('the node with most room takes it; of those that are away, drained or full none does', () => {
  const nodes = [
    node('dublin'),
    node('singapore'),
    node('los-angeles', { id: 'los-angeles-1-a', slots: 2 }),
    node('los-angeles', { id: 'los-angeles-1-b', slots: 4 }),
  ];
  const busy = { ...NEWS, id: 'brd_other', channels: [channelIn(1, 'los-angeles')] };
  const placed = placeChannel(view(nodes, [NEWS, busy]), NEWS, 'los-angeles', null);
  assert.ok(placed.kind === 'placed');
  assert.equal(placed.channels.at(-1)?.nodeId, 'los-angeles-1-b');
  assert.equal(channelRoom(view(nodes, [NEWS, busy]), 'los-angeles'), 5);
});

const REFUSALS: readonly (readonly [string, LiveView, LiveBroadcast, RegExp])[] = [
  [
    'every slot is taken',
    view(undefined, [NEWS, { ...NEWS, id: 'brd_other', channels: [channelIn(1, 'los-angeles')] }]),
    NEWS,
    /^No room for a channel in los-angeles: 1 of 1 are taken on its 1 nodes/,
  ],
  [
    'no node lives',
    view([node('dublin'), node('los-angeles', { isAlive: false })]),
    NEWS,
    /0 of 0 .* 0 nodes/,
  ],
  ['its site drains', view([node('los-angeles', { isDrained: true })]), NEWS, /0 of 0 .* 0 nodes/],
  [
    'it was moved off the region',
    view(),
    { ...NEWS, drainedRegionIds: ['los-angeles'] },
    /moved off los-angeles/,
  ],
  ['it has no channel yet', view(), { ...NEWS, channels: [] }, /no channel yet/],
  [
    'it has as many as there may be',
    view(),
    { ...NEWS, channels: ['a', 'b', 'c', 'd'].map((id, index) => channelIn(index + 1, id)) },
    /has 4 channels, which is the most/,
  ],
];
for (const [why, own, broadcast, reason] of REFUSALS)
  test(`it is refused when ${why}`, () => {
    const placing = placeChannel(own, broadcast, 'los-angeles', null);
    assert.ok(placing.kind === 'refused');
    assert.match(placing.reason, reason);
  });
