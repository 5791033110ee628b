import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import type { MediaDocument } from '#contract/media.ts';
import type { Clock } from '#platform/clock.ts';
import { createMemoryStore } from '#platform/objects/memory-store.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { type AttemptPlace, mediaKey, openSegmentKey, packKey } from './keys.ts';
import { chooseAttempt, createMediaReader, keepDocument } from './media-store.ts';
import { MediaWriter, type WriterRendition } from './media-writer.ts';

const ASSET = 'ast_01jd0000000000000000000000';
const PLACE: AttemptPlace = { projectId: 'default', assetId: ASSET, version: 1, attempt: 1 };
const VIDEO: WriterRendition = {
  id: 'v720',
  kind: 'video',
  bitrateBps: 100,
  maxBitrateBps: 200,
  frameRate: 30,
};
const AUDIO: WriterRendition = { id: 'audio-1', kind: 'audio', bitrateBps: 50, maxBitrateBps: 50 };
const INIT = { codecs: 'avc1.64001f', timescale: 90_000, width: 1_280, height: 720 };

/** A clock that the test moves. */
function handClock(): Clock & { advance(milliseconds: number): void } {
  let nowMs = 1_000;
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async () => {},
    advance(milliseconds) {
      nowMs += milliseconds;
    },
  };
}

/** A store that remembers each change in order. */
function recordingStore(): { store: ObjectStore; changes: string[] } {
  const inner = createMemoryStore();
  const changes: string[] = [];
  const store: ObjectStore = {
    put: async (key, body, options) => {
      const result = await inner.put(key, body, options);
      changes.push(`put ${key.split('/a1/')[1]}`);
      return result;
    },
    delete: async (key) => {
      changes.push(`delete ${key.split('/a1/')[1]}`);
      await inner.delete(key);
    },
    get: (key, range) => inner.get(key, range),
    stream: (key, range) => inner.stream(key, range),
    head: (key) => inner.head(key),
    list: (prefix) => inner.list(prefix),
    adoptFile: (key, path, options) => inner.adoptFile(key, path, options),
    localPath: (key) => inner.localPath(key),
    freeBytes: () => inner.freeBytes(),
  };
  return { store, changes };
}

function writerOn(
  store: ObjectStore,
  clock: Clock,
  renditions: readonly WriterRendition[] = [VIDEO],
  signal = new AbortController().signal,
  place = PLACE,
): MediaWriter {
  return new MediaWriter({
    store,
    clock,
    place,
    regionId: 'dublin',
    timelineStartMs: 10_000,
    segmentDurationMs: 2_000,
    durationMs: 60_000,
    renditions,
    signal,
  });
}

const payload = (segment: number): Buffer => Buffer.alloc(1_000, `segment ${segment};`);
const segment = (number: number) => ({
  number,
  startTicks: 900_000 + number * 180_000,
  durationTicks: 180_000,
  frameCount: 60,
  data: payload(number),
});

test('a pack is stored before the document names it, and its segments go only afterwards', async () => {
  const { store, changes } = recordingStore();
  const clock = handClock();
  const writer = writerOn(store, clock);
  await writer.putInit('v720', Buffer.from('init'), INIT);
  for (let number = 0; number < 6; number += 1) {
    clock.advance(1_000);
    await writer.addSegment('v720', segment(number));
    await writer.settle();
  }
  assert.deepEqual(changes, [
    'put v720/init.mp4',
    ...[0, 1, 2, 3].flatMap((number) => [`put v720/open/${number}.m4s`, 'put media.json']),
    'put v720/open/4.m4s',
    'put v720/pack-0.bin',
    'put media.json',
    ...[0, 1, 2, 3, 4].map((number) => `delete v720/open/${number}.m4s`),
    'put v720/open/5.m4s',
    'put media.json',
  ]);
});

test('the document is written once per round of segments, not once per rendition', async () => {
  const { store, changes } = recordingStore();
  const clock = handClock();
  const writer = writerOn(store, clock, [VIDEO, AUDIO]);
  await writer.putInit('v720', Buffer.from('init'), INIT);
  await writer.putInit('audio-1', Buffer.from('init'), { codecs: 'mp4a.40.2', timescale: 90_000 });
  let isPlayable = false;
  const playable = writer.playable.then(() => {
    isPlayable = true;
  });
  await writer.addSegment('audio-1', segment(0));
  await writer.addSegment('audio-1', segment(1));
  await writer.settle();
  assert.equal(isPlayable, false);
  assert.ok(!changes.includes('put media.json'));
  await writer.addSegment('v720', segment(0));
  await writer.settle();
  await playable;
  clock.advance(50);
  await writer.addSegment('v720', segment(1));
  clock.advance(200);
  await writer.addSegment('audio-1', segment(2));
  await writer.settle();
  assert.equal(changes.filter((change) => change === 'put media.json').length, 2);
  assert.equal(writer.document?.revision, 2);
  assert.equal(writer.document?.state, 'growing');
});

test('the complete document has measured rates, the measured length and every pack', async () => {
  const store = createMemoryStore();
  const writer = writerOn(store, handClock());
  await writer.putInit('v720', Buffer.from('init'), INIT);
  for (let number = 0; number < 7; number += 1) await writer.addSegment('v720', segment(number));
  await writer.addSegment('v720', { ...segment(7), durationTicks: 9_000, frameCount: 3, data: payload(7) });
  writer.endRendition('v720');
  await writer.putPoster(Buffer.from('jpeg'));
  const complete = await writer.finish();
  assert.equal(complete.state, 'complete');
  assert.equal(complete.durationMs, 14_100);
  assert.equal(complete.hasPoster, true);
  assert.deepEqual(complete.holders, ['dublin']);
  const rendition = defined(complete.renditions[0], 'a rendition');
  // The short last segment counts for the average, not for the peak.
  assert.equal(rendition.averageBandwidthBps, 4_539);
  assert.equal(rendition.bandwidthBps, 4_539);
  assert.equal(rendition.frameCount, 423);
  assert.deepEqual(rendition.durationRuns, [
    [180_000, 7],
    [9_000, 1],
  ]);
  assert.deepEqual(
    rendition.packs.map(({ firstSegment, segmentCount }) => [firstSegment, segmentCount]),
    [
      [0, 5],
      [5, 3],
    ],
  );
  const left: string[] = [];
  for await (const { key } of store.list('default/')) left.push(key);
  assert.deepEqual(left, [
    mediaKey(PLACE),
    `default/${ASSET}/v1/a1/poster.jpg`,
    `default/${ASSET}/v1/a1/v720/init.mp4`,
    packKey(PLACE, 'v720', 0),
    packKey(PLACE, 'v720', 5),
  ]);
  const held = await writer.setHolders(['dublin', 'singapore']);
  assert.deepEqual([held.revision, held.holders], [complete.revision + 1, ['dublin', 'singapore']]);
});

test('a writer whose lease is lost writes nothing more', async () => {
  const { store, changes } = recordingStore();
  const lease = new AbortController();
  const writer = writerOn(store, handClock(), [VIDEO], lease.signal);
  await writer.putInit('v720', Buffer.from('init'), INIT);
  lease.abort(new Error('lost'));
  const before = changes.length;
  await assert.rejects(writer.addSegment('v720', segment(0)), /lost/);
  await assert.rejects(writer.finish(), /lost/);
  await assert.rejects(writer.putPoster(Buffer.from('jpeg')), /lost/);
  assert.equal(changes.length, before);
});

test('a store that fails to take the document fails the next segment', async () => {
  const inner = createMemoryStore();
  const store: ObjectStore = {
    ...inner,
    put: (key, body, options) =>
      key.endsWith('media.json') ? Promise.reject(new Error('no room')) : inner.put(key, body, options),
    delete: (key) => inner.delete(key),
  };
  const writer = writerOn(store, handClock());
  await writer.putInit('v720', Buffer.from('init'), INIT);
  await writer.addSegment('v720', segment(0));
  await assert.rejects(writer.settle(), /no room/);
  await assert.rejects(writer.addSegment('v720', segment(1)), /no room/);
});

test('segments are read while open and from their packs, byte for byte', async () => {
  const store = createMemoryStore();
  const clock = handClock();
  const writer = writerOn(store, clock);
  const reader = createMediaReader({ store, clock });
  await writer.putInit('v720', Buffer.from('init'), INIT);
  for (let number = 0; number < 7; number += 1) await writer.addSegment('v720', segment(number));
  await writer.settle();
  clock.advance(1_000);
  for (let number = 0; number < 7; number += 1)
    assert.deepEqual(await reader.readSegment(PLACE, 'v720', number), payload(number));
  assert.equal(await reader.readSegment(PLACE, 'v720', 7), undefined);
  assert.equal(await reader.readSegment(PLACE, 'v360', 0), undefined);
  assert.equal(await reader.readSegment({ ...PLACE, attempt: 2 }, 'v720', 0), undefined);
});

test('a segment that moves into a pack between two look-ups is still found', async () => {
  const store = createMemoryStore();
  const clock = handClock();
  const writer = writerOn(store, clock);
  const reader = createMediaReader({ store, clock });
  await writer.putInit('v720', Buffer.from('init'), INIT);
  await writer.addSegment('v720', segment(0));
  await writer.settle();
  // The reader now keeps a document without any pack; the clock stands still, so that it goes on believing it.
  assert.equal((await reader.readAttempt(PLACE))?.renditions[0]?.packs.length, 0);
  for (let number = 1; number < 5; number += 1) await writer.addSegment('v720', segment(number));
  await writer.finish();
  assert.equal(await store.head(openSegmentKey(PLACE, 'v720', 0)), undefined);
  assert.deepEqual(await reader.readSegment(PLACE, 'v720', 0), payload(0));
});

test('an open segment that a power cut left shorter or empty is reported and not served', async () => {
  const store = createMemoryStore();
  const clock = handClock();
  const writer = writerOn(store, clock);
  const reported: string[] = [];
  const reader = createMediaReader({ store, clock, onCorruption: (key) => reported.push(key) });
  await writer.putInit('v720', Buffer.from('init'), INIT);
  for (const number of [0, 1, 2]) await writer.addSegment('v720', segment(number));
  await writer.settle();
  const key = (number: number): string => openSegmentKey(PLACE, 'v720', number);
  const whole = await store.get(key(0));
  assert.ok(whole);
  await store.put(key(0), whole.subarray(0, 3));
  await store.put(key(1), Buffer.alloc(whole.length));
  assert.equal(await reader.readSegment(PLACE, 'v720', 0), undefined);
  assert.equal(await reader.readSegment(PLACE, 'v720', 1), undefined);
  assert.deepEqual(new Set(reported), new Set([key(0), key(1)]));
  assert.deepEqual(await reader.readSegment(PLACE, 'v720', 2), payload(2));
});

test('a pack with a wrong checksum is reported and not served', async () => {
  const store = createMemoryStore();
  const clock = handClock();
  const writer = writerOn(store, clock);
  await writer.putInit('v720', Buffer.from('init'), INIT);
  for (let number = 0; number < 5; number += 1) await writer.addSegment('v720', segment(number));
  await writer.finish();
  const key = packKey(PLACE, 'v720', 0);
  const pack = Buffer.from(defined(await store.get(key), 'a pack'));
  pack[1_500] = (pack[1_500] ?? 0) ^ 1;
  await store.put(key, pack);
  const corrupt: string[] = [];
  const reader = createMediaReader({ store, clock, onCorruption: (name) => corrupt.push(name) });
  assert.deepEqual(await reader.readSegment(PLACE, 'v720', 0), payload(0));
  assert.equal(await reader.readSegment(PLACE, 'v720', 1), undefined);
  assert.deepEqual(corrupt, [key]);
});

async function publish(store: ObjectStore, attempt: number, segments: number, isComplete: boolean) {
  const place = { ...PLACE, attempt };
  const writer = writerOn(store, handClock(), [VIDEO], new AbortController().signal, place);
  await writer.putInit('v720', Buffer.from('init'), INIT);
  for (let number = 0; number < segments; number += 1) {
    await writer.addSegment('v720', segment(number));
    await writer.settle();
  }
  if (isComplete) await writer.finish();
  return defined(writer.document, 'a document');
}

test('of several attempts the complete one is served, else the longest, else the newest', async () => {
  const store = createMemoryStore();
  const short = await publish(store, 1, 1, false);
  const alsoShort = await publish(store, 2, 1, false);
  const long: MediaDocument = {
    ...alsoShort,
    attempt: 3,
    renditions: alsoShort.renditions.map((rendition) => ({ ...rendition, durationRuns: [[180_000, 9]] })),
  };
  const complete = await publish(store, 4, 1, true);
  const newer: MediaDocument = { ...alsoShort, attempt: 5 };
  assert.equal(chooseAttempt([short, alsoShort])?.attempt, 2);
  assert.equal(chooseAttempt([long, short, newer])?.attempt, 3);
  assert.equal(chooseAttempt([short, complete, long, newer])?.attempt, 4);
  assert.equal(chooseAttempt([]), undefined);
});

test('a new asset is seen within a fifth of a second, a new attempt within a second', async () => {
  const store = createMemoryStore();
  const clock = handClock();
  const reader = createMediaReader({ store, clock });
  const read = () => reader.readDocument('default', ASSET, 1);
  assert.equal(await read(), undefined);
  await publish(store, 1, 1, false);
  clock.advance(201);
  assert.equal((await read())?.attempt, 1);
  await publish(store, 2, 1, true);
  clock.advance(1_001);
  assert.equal((await read())?.attempt, 2);
});

test('asking for a document again and again reads the store once in a while', async () => {
  const inner = createMemoryStore();
  let reads = 0;
  const store: ObjectStore = {
    ...inner,
    put: (key, body, options) => inner.put(key, body, options),
    delete: (key) => inner.delete(key),
    list: (prefix) => {
      reads += 1;
      return inner.list(prefix);
    },
    get: (key, range) => {
      reads += 1;
      return inner.get(key, range);
    },
  };
  await publish(store, 1, 1, true);
  const clock = handClock();
  const reader = createMediaReader({ store, clock });
  reads = 0;
  await Promise.all(Array.from({ length: 50 }, () => reader.readDocument('default', ASSET, 1)));
  for (let count = 0; count < 40; count += 1) {
    clock.advance(100);
    await reader.readDocument('default', ASSET, 1);
  }
  assert.equal(reads, 2);
});

test('a pushed document is kept only when it is newer', async () => {
  const store = createMemoryStore();
  const document = await publish(createMemoryStore(), 1, 1, true);
  assert.equal(await keepDocument(store, document), true);
  assert.equal(await keepDocument(store, document), false);
  assert.equal(await keepDocument(store, { ...document, revision: document.revision - 1 }), false);
  assert.equal(await keepDocument(store, { ...document, revision: document.revision + 1 }), true);
  await store.put(mediaKey(PLACE), Buffer.from('{"broken":'));
  assert.equal(await keepDocument(store, document), true);
});
