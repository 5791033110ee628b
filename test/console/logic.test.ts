// What the console concludes and says, without a browser: merging pages, states of regions, drains, reasons, numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import type { AssetView } from '#contract/api/assets.ts';
import { embedCode, failureAdvice } from '../../console/src/library/describe-asset.ts';
import {
  formatAge,
  formatBps,
  formatBytes,
  formatLength,
  formatShare,
  listWords,
} from '../../console/src/ui/format.ts';
import { mergePage, type PagedList } from '../../console/src/ui/paged-list.ts';
import {
  flowsOf,
  previewDrain,
  regionState,
  snapshotsBehind,
  totalsOf,
} from '../../console/src/world/derive.ts';
import { landPath } from '../../console/src/world/land.ts';
import { arcPaths, MAP_HEIGHT, MAP_WIDTH, toMap } from '../../console/src/world/projection.ts';
import { explainReason } from '../../console/src/world/reasons.ts';
import { makeAsset, makeLibrary, makeWorld } from './fake-world.ts';

const NOW_MS = 1_790_000_000_000;
const EDGE = 'http://edge.test';

/** Answers a page as control would. */
function pageOf(all: readonly AssetView[], before: string | null, limit: number) {
  const matching = all.filter(({ id }) => before === null || id < before);
  const items = matching.slice(0, limit);
  return {
    items,
    nextBefore: matching.length > limit ? defined(items[items.length - 1], 'one').id : null,
  };
}

test('pages merge into one list in order, whatever their order of arrival', () => {
  const all = makeLibrary(NOW_MS, EDGE, 50);
  const idAt = (index: number): string => defined(all[index], 'an asset').id;
  let list: PagedList<AssetView> = mergePage(undefined, null, pageOf(all, null, 20));
  assert.equal(list.nextBefore, idAt(19));
  list = mergePage(list, idAt(19), pageOf(all, idAt(19), 20));
  list = mergePage(list, idAt(39), pageOf(all, idAt(39), 20));
  assert.deepEqual(list.items, all);
  assert.equal(list.nextBefore, null);
  assert.equal(mergePage(list, null, pageOf(all, null, 20)), list, 'the same page changes nothing');
});

test('a page takes out what was deleted within it, and nothing beyond', () => {
  const all = makeLibrary(NOW_MS, EDGE, 50);
  const list = mergePage(undefined, null, pageOf(all, null, 50));
  const fewer = all.filter((_, index) => index !== 12 && index !== 45);
  const before = defined(all[9], 'an asset').id;
  const merged = mergePage(list, before, pageOf(fewer, before, 10));
  assert.equal(merged.items.length, 49);
  assert.equal(merged.items.includes(defined(all[12], 'an asset')), false);
  assert.equal(merged.items.includes(defined(all[45], 'an asset')), true, 'not covered by the page');
  assert.equal(mergePage(list, null, { items: [], nextBefore: null }).items.length, 0);
});

test('an asset that did not change keeps its identity, one that did is replaced', () => {
  const all = makeLibrary(NOW_MS, EDGE, 3);
  const list = mergePage(undefined, null, pageOf(all, null, 3));
  const copies = structuredClone(all);
  defined(copies[1], 'an asset').progress = 0.9;
  const merged = mergePage(list, null, pageOf(copies, null, 3));
  assert.equal(merged.items[0], list.items[0]);
  assert.notEqual(merged.items[1], list.items[1]);
  assert.equal(merged.items[2], list.items[2]);
});

test('the state of a region is the worst of what matters, and a drain is no fault', () => {
  const region = defined(makeWorld(NOW_MS).regions[0], 'a region');
  const site = defined(region.sites[0], 'a site');
  const node = defined(site.nodes[0], 'a node');
  const withSite = (change: object) => ({ ...region, sites: [{ ...site, ...change }] });
  assert.equal(regionState(region), 'healthy');
  assert.equal(regionState(withSite({ nodes: [{ ...node, isReady: false }] })), 'degraded');
  assert.equal(regionState(withSite({ state: 'draining', isHealthy: false })), 'draining');
  assert.equal(regionState(withSite({ state: 'down' })), 'down');
  assert.equal(regionState({ ...region, isHealthy: false }), 'down');
  assert.equal(regionState({ ...region, sites: [site, { ...site, state: 'draining' }] }), 'degraded');
});

test('totals weigh hit ratios by requests and price egress per hour', () => {
  const region = defined(makeWorld(NOW_MS).regions[0], 'a region');
  const site = defined(region.sites[0], 'a site');
  const busy = { ...site, egressBps: 8e9, requestsPerSecond: 300, hitRatio: 1 };
  const idle = { ...site, egressBps: 0, requestsPerSecond: 0, hitRatio: null };
  const poor = { ...site, egressBps: 0, requestsPerSecond: 100, hitRatio: 0 };
  const totals = totalsOf([{ ...region, costPerGb: 0.1, sites: [busy, idle, poor] }]);
  assert.equal(totals.hitRatio, 0.75);
  assert.equal(totals.costPerHour, 360, '1 GB/s for an hour at 0.1');
  assert.equal(totalsOf([{ ...region, sites: [idle] }]).hitRatio, null);
});

test('a drain preview names who moves where, and knows the last healthy site', () => {
  const world = makeWorld(NOW_MS);
  const preview = previewDrain(world, new Set(['dublin-1']));
  assert.deepEqual(preview.moves, [{ groupId: 'dublin', share: 1, toPathwayIds: ['singapore-1'] }]);
  assert.equal(preview.egressBps, 486e6);
  assert.equal(preview.spareBps, 2e9 - 312e6 - 174e6);
  assert.equal(preview.isLastHealthy, false);
  assert.equal(
    previewDrain(world, new Set(['dublin-1', 'singapore-1', 'los-angeles-1'])).isLastHealthy,
    true,
  );
});

test('flows follow the shares, and name the next region as the way out', () => {
  const world = makeWorld(NOW_MS);
  const group = defined(world.steering.groups[1], 'the group of Dublin');
  group.shares = [
    { pathwayId: 'dublin-1', share: 0.6 },
    { pathwayId: 'singapore-1', share: 0.4 },
  ];
  assert.deepEqual(
    flowsOf(world).filter(({ fromRegionId }) => fromRegionId === 'dublin'),
    [
      { fromRegionId: 'dublin', toRegionId: 'dublin', share: 0.6, isFallback: false },
      { fromRegionId: 'dublin', toRegionId: 'singapore', share: 0.4, isFallback: false },
      { fromRegionId: 'dublin', toRegionId: 'los-angeles', share: 0, isFallback: true },
    ],
  );
});

test('a node of another term is behind without a number', () => {
  const world = makeWorld(NOW_MS);
  const node = defined(world.regions[0]?.sites[0]?.nodes[0], 'a node');
  assert.equal(snapshotsBehind(world, node), 0);
  assert.equal(snapshotsBehind(world, { ...node, adopted: { term: 3, sequence: 1_280 } }), 4);
  assert.equal(
    snapshotsBehind(world, { ...node, adopted: { term: 2, sequence: 9_000 } }),
    Number.POSITIVE_INFINITY,
  );
  assert.equal(snapshotsBehind(world, { ...node, adopted: null }), null);
});

test('reasons become sentences; unknown ones stay raw', () => {
  const say = (code: string, subject: string, values: Record<string, number>): string =>
    explainReason({ code, subject, values }).text;
  assert.equal(
    say('score', 'dublin-1', { scoreMs: 12.34, distanceMs: 10, costMs: 2.3, loadMs: 0 }),
    'dublin-1 scores 12.3 ms: 10 ms for distance, 2.3 ms for cost.',
  );
  assert.equal(
    say('shift_bounded', 'group', { wanted: 0.4, allowed: 0.1, perMinuteMax: 0.2 }),
    'Viewers move step by step: 10 % now of 40 % wanted, at most 20 % a minute.',
  );
  assert.deepEqual(explainReason({ code: 'new_thing', subject: 'x-1', values: { a: 1, b: 2 } }), {
    text: 'new_thing x-1 a=1 b=2',
    isRaw: true,
    isAlarming: false,
  });
});

test('numbers read as people write them', () => {
  const cases: readonly (readonly [string, string])[] = [
    [formatBps(0), '0 bit/s'],
    [formatBps(999_600), '1.00 Mbit/s'],
    [formatBps(84_240_000), '84.2 Mbit/s'],
    [formatBytes(1_240_000_000), '1.24 GB'],
    [formatBytes(512), '512 B'],
    [formatShare(0.973), '97.3 %'],
    [formatShare(1), '100 %'],
    [formatShare(null), '–'],
    [formatLength(42_400), '0:42'],
    [formatLength(3_753_000), '1:02:33'],
    [formatLength(null), '–'],
    [formatAge(59_400), '59 s'],
    [formatAge(125_000), '2 min'],
    [formatAge(90_000_000), '1 day'],
    [listWords(['a', 'b', 'c']), 'a, b and c'],
  ];
  for (const [actual, expected] of cases) assert.equal(actual, expected);
});

test('the map puts land where land is, and lines take the short way round', () => {
  const dots = [...landPath().matchAll(/M([\d.]+) ([\d.]+)h0/g)].map(([, x, y]) => ({
    x: Number(x),
    y: Number(y),
  }));
  const isLand = (latitude: number, longitude: number): boolean => {
    const { x, y } = toMap({ latitude, longitude });
    return dots.some((dot) => Math.hypot(dot.x - x, dot.y - y) < 5);
  };
  assert.equal(dots.length > 2_500 && dots.length < 5_000, true, `${dots.length} dots`);
  for (const [latitude, longitude] of [
    [48, 2],
    [40, -100],
    [-25, 135],
    [0, 25],
    [62, 100],
    [-15, -55],
    [36, 138],
  ] as const)
    assert.equal(isLand(latitude, longitude), true, `land at ${latitude}, ${longitude}`);
  for (const [latitude, longitude] of [
    [0, -30],
    [30, -150],
    [-30, 80],
    [60, -85],
    [42, 50],
    [35, 18],
  ] as const)
    assert.equal(isLand(latitude, longitude), false, `water at ${latitude}, ${longitude}`);
  const singapore = toMap({ latitude: 1.35, longitude: 103.82 });
  const losAngeles = toMap({ latitude: 34.05, longitude: -118.24 });
  const dublin = toMap({ latitude: 53.35, longitude: -6.26 });
  assert.equal(arcPaths(singapore, losAngeles).length, 2, 'over the Pacific, in two pieces');
  assert.equal(arcPaths(singapore, dublin).length, 1);
  for (const { x, y } of [singapore, losAngeles, dublin])
    assert.equal(x > 0 && x < MAP_WIDTH && y > 0 && y < MAP_HEIGHT, true);
});

test('embed code and failure advice are safe and helpful', () => {
  const asset = makeAsset({ index: 1, nowMs: NOW_MS, edgeUrl: EDGE });
  assert.match(embedCode(asset.watchUrl, 'A "quoted" <name>'), /title="A &quot;quoted&quot; &lt;name>"/);
  assert.equal(failureAdvice('media_truncated'), 'Upload the whole file again.');
  assert.match(failureAdvice('something_new'), /Try again/);
});
