// What the pages of the machine room conclude and say, without a browser: sums of edges, copies, quotas, imports,
// addresses of a playback test, reasons of placements.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { copyIn, copyState, wholeCount } from '../../console/src/asset/describe-copies.ts';
import { describeEntry, placeOf } from '../../console/src/asset/describe-timeline.ts';
import { edgeBase, embedAt } from '../../console/src/asset/playback-address.ts';
import { hitRatioOf, hottestOf, sourcesOf } from '../../console/src/edges/edge-sums.ts';
import { amountText, nameOf, noteOf, shareOf } from '../../console/src/imports/describe-import.ts';
import { endText } from '../../console/src/jobs/describe-job.ts';
import { explainPlacement } from '../../console/src/jobs/work-reasons.ts';
import {
  egressOf,
  fromCount,
  fromGigabytes,
  storedParts,
  toGigabytes,
} from '../../console/src/projects/describe-project.ts';
import { formatRate } from '../../console/src/ui/format.ts';
import { makeCopies, makeEdges, makeImports, makeTimeline, makeUsage } from './fake-operations.ts';
import { makeAsset, makeLibrary, makeWorld } from './fake-world.ts';

const NOW_MS = 1_790_000_000_000;
const EDGE = 'http://edge.test';
const library = makeLibrary(NOW_MS, EDGE);
const asset = makeAsset({ index: 5, nowMs: NOW_MS, edgeUrl: EDGE });

test('fetches are shared out between mates and origins as they were asked', () => {
  const [first] = makeEdges(makeWorld(NOW_MS), library);
  const edge = {
    ...defined(first, 'an edge'),
    objects: { memoryPerSecond: 60, diskPerSecond: 20, fetchedPerSecond: 20 },
    fetches: { matePerSecond: 3, originPerSecond: 1, hedgePerSecond: 9 },
  };
  assert.deepEqual(
    sourcesOf([edge]).map(({ label, value }) => [label, value]),
    [
      ['Memory', 60],
      ['Disk', 20],
      ['Mate', 15],
      ['Origin', 5],
    ],
  );
  assert.equal(hitRatioOf([edge]), 0.8);
  assert.equal(hitRatioOf([]), null);
});

test('hot objects are summed over edges and say of which asset they are', () => {
  const edges = makeEdges(makeWorld(NOW_MS), library);
  const hot = hottestOf(edges, 3);
  assert.equal(hot.length, 3);
  const first = defined(hot[0], 'an object');
  assert.deepEqual([first.assetId, first.name, first.edges], [library[5]?.id, 'v720/2.m4s', 9]);
  assert.equal(first.requestsPerSecond >= (hot[1]?.requestsPerSecond ?? 0), true);
});

test('a copy that was lost or damaged is not counted as whole', () => {
  const copies = makeCopies(asset, NOW_MS);
  const regionIds = ['singapore', 'dublin', 'los-angeles'];
  assert.equal(wholeCount(copies, regionIds, 'source'), 2);
  const own = defined(copies.copies[0], 'a copy');
  const damaged = { ...copies, copies: [{ ...own, damagedObjects: 2 }, ...copies.copies.slice(1)] };
  assert.equal(copyState(copyIn(damaged, own.regionId, 'source')), 'damaged');
  assert.equal(wholeCount(damaged, regionIds, 'source'), 1);
  assert.equal(copyState({ ...own, lostAtMs: NOW_MS }), 'lost');
  assert.equal(copyState({ ...own, isComplete: false }), 'partial');
  const missing = regionIds.find((regionId) => copyIn(copies, regionId, 'source') === undefined);
  assert.equal(copyState(copyIn(copies, missing ?? '', 'source')), 'none');
});

test('the playback test addresses the edge of the chosen region, with the token of a private asset', () => {
  const path = `m/default/${asset.id}/v1/main.m3u8`;
  const playback = {
    watchUrl: `http://first.test/watch/default/${asset.id}?token=abc&v=1`,
    playlists: [
      { regionId: 'dublin', hls: `http://dublin.test:8110/t/abc/${path}` },
      { regionId: 'singapore', hls: `https://cdn.test/sin/${path}` },
    ],
  };
  const embed = `embed/default/${asset.id}?token=abc&v=1`;
  assert.equal(embedAt(playback, 'dublin', asset), `http://dublin.test:8110/${embed}`);
  assert.equal(embedAt(playback, 'singapore', asset), `https://cdn.test/sin/${embed}`);
  assert.equal(embedAt(playback, 'mars', asset), undefined);
  assert.equal(edgeBase(`http://dublin.test:8110/t/abc/${path}`, asset), 'http://dublin.test:8110');
});

test('quotas are read and written as people type them', () => {
  assert.deepEqual(['', ' ', '2', '0.5', '0', '-1', 'many'].map(fromGigabytes), [
    null,
    null,
    2e9,
    5e8,
    undefined,
    undefined,
    undefined,
  ]);
  assert.deepEqual(['', '12', '1.5', '0'].map(fromCount), [null, 12, undefined, undefined]);
  assert.deepEqual([toGigabytes(null), toGigabytes(2.5e9)], ['', '2.5']);
});

test('usage is summed by class and over regions', () => {
  const [usage] = makeUsage(['default']).projects;
  const own = defined(usage, 'usage');
  assert.deepEqual(
    storedParts(own).map(({ value }) => value),
    [282e9, 195e9, 360e6],
  );
  assert.equal(storedParts(own, 'dublin')[0]?.value, 94e9);
  assert.deepEqual(egressOf(own), { bytes: 4.5e12, cost: 270 });
});

test('an import is named by its last part and says how far it is', () => {
  const [file, bucket, failed] = makeImports(NOW_MS, library);
  assert.deepEqual(
    [file, bucket, failed].map((each) => nameOf(defined(each, 'an import'))),
    ['Night market.mov', 's3://archive/talks/2026/', 'keynote final.mp4'],
  );
  assert.equal(amountText(defined(file, 'a file')), '1.84 GB of 4.20 GB');
  assert.equal(amountText(defined(bucket, 'a bucket')), '476 of 894 objects, 2 failed');
  assert.equal(noteOf(defined(bucket, 'a bucket')), '1,204 media found, 310 imported before');
  assert.equal(Math.round(1_000 * (shareOf(defined(bucket, 'a bucket')) ?? 0)), 535);
  assert.equal(shareOf({ ...defined(file, 'a file'), totalBytes: null }), null);
});

test('reasons and entries are sentences, and what is not known is shown as it is', () => {
  const reason = { code: 'not_worth_copy', subject: 'job_1', values: { openChunks: 2 } };
  assert.equal(
    explainPlacement(reason).text,
    'It waits: 2 chunks are too few for another copy of the source.',
  );
  assert.deepEqual(explainPlacement({ code: 'new_code', subject: 'a', values: { b: 1 } }), {
    text: 'new_code a b=1',
    isRaw: true,
  });
  assert.deepEqual(describeEntry({ code: 'asset.ready' }), { text: 'Ready', tone: 'good' });
  assert.deepEqual(describeEntry({ code: 'asset.flew' }), { text: 'asset.flew', tone: '' });
  const changed = defined(
    makeTimeline(asset).find(({ kind }) => kind === 'change'),
    'a change',
  );
  assert.equal(placeOf({ ...changed, version: 2 }), 'version 2, by first admin');
});

test('an estimated end is a rough time, and a rate keeps the digits that tell', () => {
  assert.deepEqual(
    [null, NOW_MS + 200, NOW_MS + 270_000].map((atMs) => endText(atMs, NOW_MS)),
    [undefined, 'any moment', 'about 4 min left'],
  );
  assert.deepEqual([0, 0.254, 12.34, 12_480.4].map(formatRate), ['0 /s', '0.25 /s', '12.3 /s', '12,480 /s']);
});
