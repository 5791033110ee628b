// Two channels of one broadcast make the same segments, whenever they begin and whatever happens to one of them.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import type { ChannelDocument } from '#contract/live.ts';
import { inspectInit, inspectSegment } from '#media/cmaf/inspect-segment.ts';
import { systemClock } from '#platform/clock.ts';
import type { Engine, LiveEncode } from '#platform/ffmpeg/engine.ts';
import { createMediaReader, endSegment } from '../../src/region/shared/media-store.ts';
import { runTool, temporaryDirectory, testEngine } from '../encoder/support.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  broadcastOf,
  type ChannelNode,
  type Clip,
  documentOf,
  FakeIngest,
  fetchBytes,
  makeClip,
  PROJECT,
  RECORDING,
  type ReadFeed,
  readFeed,
  startChannelNode,
} from './channel-support.ts';

const NODE_A = 'dublin-1-a';
const NODE_B = 'singapore-1-a';

/** Whole segments of a rendition that a feed told of, by number. */
function wholeSegments(feed: ReadFeed): Map<number, Buffer> {
  const segments = new Map<number, Buffer>();
  let parts: Buffer[] = [];
  for (const { header, data } of feed.records) {
    if (header.kind !== 'part') continue;
    if (header.part === 0) parts = [];
    parts.push(Buffer.from(data));
    if (header.isLast && header.isDamaged !== true) segments.set(header.segment, Buffer.concat(parts));
  }
  return segments;
}

/** Decodes a file without mercy and counts its frames. */
function decodedFrames(path: string): number {
  runTool('ffmpeg', ['-xerror', '-i', path, '-f', 'null', '-']);
  const args = ['-count_frames', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', path];
  return Number.parseInt(runTool('ffprobe', args), 10);
}

/** The parts that a feed told of. */
function partsOf(feed: ReadFeed) {
  return feed.records.flatMap(({ header, data }) => (header.kind === 'part' ? [{ ...header, data }] : []));
}

/** Feeds of all renditions from a channel's first segment on. */
async function followAll(node: ChannelNode): Promise<Map<string, ReadFeed>> {
  const { renditions } = await documentOf(node);
  const feeds = new Map<string, ReadFeed>();
  for (const { id } of renditions) feeds.set(id, await readFeed(`${node.url}/${id}/feed?from=0`));
  return feeds;
}

/** Plays the whole of a clip to one channel and returns what its feeds told. */
async function playThrough(
  test: Parameters<typeof startChannelNode>[0],
  clip: Clip,
  play: (ingest: FakeIngest) => Promise<void>,
  options: {
    readonly engine?: Engine;
    readonly during?: (feeds: Map<string, ReadFeed>) => Promise<void>;
  } = {},
): Promise<{ node: ChannelNode; ingest: FakeIngest; feeds: Map<string, ReadFeed> }> {
  const ingest = new FakeIngest(NODE_A, clip);
  await ingest.listen(test);
  const broadcast = broadcastOf(clip.timeline, [NODE_A]);
  const node = await startChannelNode(test, 'dublin', broadcast, [ingest], options.engine);
  const playing = play(ingest);
  const feeds = await followAll(node);
  await options.during?.(feeds);
  await playing;
  ingest.say('end', 'the publisher ended');
  await Promise.all([...feeds.values()].map(({ ended }) => ended));
  return { node, ingest, feeds };
}

/** Every frame of the grid, once and in order, in parts that are as long as they may be. */
function assertSeamless(clip: Clip, document: ChannelDocument, id: string, feed: ReadFeed): number {
  const rendition = defined(
    document.renditions.find((candidate) => candidate.id === id),
    id,
  );
  const parts = partsOf(feed);
  for (const [index, part] of parts.entries()) {
    const before = parts[index - 1];
    const what = `part ${part.segment}.${part.part} of ${id}`;
    assert.equal(part.isDamaged ?? false, false, what);
    assert.ok(part.durationTicks <= rendition.partTargetTicks, `${what} is too long`);
    if (before === undefined) continue;
    assert.equal(
      part.startTicks,
      before.startTicks + before.durationTicks,
      `${what} begins where the last ended`,
    );
    assert.deepEqual(
      [part.segment, part.part],
      before.isLast ? [before.segment + 1, 0] : [before.segment, before.part + 1],
    );
    assert.equal(before.part === clip.timeline.partsPerSegment - 1, before.isLast);
    if (part !== parts.at(-1) && part.part > 0)
      assert.ok(part.durationTicks >= 0.85 * rendition.partTargetTicks, `${what} is too short`);
  }
  assert.deepEqual(feed.records[0]?.header.kind, 'rendition');
  assert.deepEqual(feed.records.at(-1)?.header, { kind: 'end', reason: 'ended' });
  return parts.reduce((sum, { frameCount }) => sum + frameCount, 0);
}

/** Video frames of a clip from the first segment boundary on: those before it are only decoded. */
function framesFromBoundary({ records, timeline }: Clip): number {
  const frames = records.filter(({ kind }) => kind === 'video');
  const frameRate = timeline.video?.frameRate ?? 0;
  const first = Math.round(((frames[0]?.dtsUs ?? 0) * frameRate) / 1e6);
  const perSegment = (frameRate * timeline.segmentDurationMs) / 1_000;
  return frames.length - (Math.ceil(first / perSegment) * perSegment - first);
}

/** Checks that a rendition decodes with as many frames as its feed told. */
async function assertDecodes(
  directory: string,
  node: ChannelNode,
  id: string,
  feed: ReadFeed,
): Promise<void> {
  const init = defined(await fetchBytes(`${node.url}/${id}/init.mp4`), 'an init');
  const parts = partsOf(feed);
  const path = `${directory}/${id}-whole.mp4`;
  writeFileSync(path, Buffer.concat([init, ...parts.map(({ data }) => data)]));
  assert.equal(
    decodedFrames(path),
    parts.reduce((sum, { frameCount }) => sum + frameCount, 0),
    `frames of ${id}`,
  );
}

test('two channels, one joining later, make segments that replace each other', async (t) => {
  const directory = temporaryDirectory(t);
  const clip = makeClip(directory, { seconds: 7 });
  const ingest = new FakeIngest('dublin-1-a', clip);
  await ingest.listen(t);
  const broadcast = broadcastOf(clip.timeline, [NODE_A, NODE_B]);
  const a = await startChannelNode(t, 'dublin', broadcast, [ingest]);
  const playing = ingest.play();
  await documentOf(a);
  const b = await startChannelNode(t, 'singapore', broadcast, [ingest]);
  const documents = { a: await documentOf(a), b: await documentOf(b) };
  assert.deepEqual(documents.a.renditions, documents.b.renditions);
  const feeds = new Map<string, { a: ReadFeed; b: ReadFeed }>();
  for (const { id } of documents.a.renditions)
    feeds.set(id, {
      a: await readFeed(`${a.url}/${id}/feed?from=${documents.a.firstSegment}`),
      b: await readFeed(`${b.url}/${id}/feed?from=${documents.b.firstSegment}`),
    });
  await playing;
  ingest.say('end', 'the publisher ended');
  await Promise.all([...feeds.values()].flatMap((pair) => [pair.a.ended, pair.b.ended]));

  for (const [id, pair] of feeds) {
    const init = defined(await fetchBytes(`${a.url}/${id}/init.mp4`), 'an init');
    assert.deepEqual(await fetchBytes(`${b.url}/${id}/init.mp4`), init, `init of ${id}`);
    const { tracks } = inspectInit(init);
    const [left, right] = [wholeSegments(pair.a), wholeSegments(pair.b)];
    const common = [...left.keys()].filter((number) => right.has(number));
    assert.ok(common.length >= 3, `${id} has ${common.length} common segments`);
    let frameCount = 0;
    const splice = [init];
    for (const [position, number] of common.entries()) {
      const segments = [left, right].map((side) => inspectSegment(defined(side.get(number), 'a'), tracks));
      const shapes = segments.map(({ fragments }) =>
        fragments.map(({ decodeTicks, durationTicks, sampleCount, startsWithSync }, part) => ({
          ...{ decodeTicks, durationTicks, sampleCount },
          ...(part === 0 ? { startsWithSync } : {}),
        })),
      );
      assert.deepEqual(shapes[0], shapes[1], `segment ${number} of ${id}`);
      assert.equal(shapes[0]?.[0]?.startsWithSync, true);
      frameCount += (shapes[0] ?? []).reduce((sum, { sampleCount }) => sum + sampleCount, 0);
      splice.push(defined((position % 2 === 0 ? left : right).get(number), 'a segment'));
    }
    const path = `${directory}/${id}-splice.mp4`;
    writeFileSync(path, Buffer.concat(splice));
    assert.equal(decodedFrames(path), frameCount, `frames of ${id}, spliced`);
  }
  for (const [node, attempt] of [
    [a, 1],
    [b, 2],
  ] as const)
    await assertRecorded(
      node,
      attempt,
      [...feeds].map(([id, pair]) => [id, attempt === 1 ? pair.a : pair.b]),
    );
});

/** The recording is complete and has every segment that the feeds told, with the same bytes. */
async function assertRecorded(
  node: ChannelNode,
  attempt: number,
  feeds: readonly (readonly [string, ReadFeed])[],
): Promise<void> {
  const reader = createMediaReader({ store: node.store, clock: systemClock });
  const document = await waitFor('a complete recording', async () => {
    const found = await reader.readDocument(PROJECT, RECORDING, 1);
    return found?.state === 'complete' ? found : undefined;
  });
  assert.equal(document.attempt, attempt);
  const told = await waitFor('control to be told', () => node.recordings[0]);
  assert.deepEqual(told, {
    channel: attempt,
    media: document,
    copies: [attempt === 1 ? 'dublin' : 'singapore'],
  });
  assert.equal(node.report()?.state, 'ended');
  for (const [id, feed] of feeds) {
    const rendition = defined(
      document.renditions.find((candidate) => candidate.id === id),
      id,
    );
    const parts = partsOf(feed);
    const first = defined(parts[0], 'a part');
    const last = defined(parts.at(-1), 'a part');
    assert.equal(rendition.firstSegment, first.segment);
    assert.equal(rendition.firstTimeTicks, first.startTicks);
    assert.equal(endSegment(rendition), last.segment + 1);
    assert.equal(
      rendition.frameCount,
      parts.reduce((sum, { frameCount }) => sum + frameCount, 0),
    );
    for (let number = first.segment; number <= last.segment; number += 1) {
      const told = Buffer.concat(parts.filter(({ segment }) => segment === number).map(({ data }) => data));
      assert.deepEqual(await reader.readSegment(document, id, number), told, `segment ${number} of ${id}`);
      assert.deepEqual(await fetchBytes(`${node.url}/${id}/${number}.m4s`), told);
    }
  }
}

for (const [title, options] of [
  [
    '25 frames a second without audio',
    { seconds: 4, frameRate: 25, audio: 'none', segmentDurationMs: 2_000, partsPerSegment: 6 },
  ],
  ['mono audio', { seconds: 4, frameRate: 30, audio: 'mono', partsPerSegment: 2 }],
] as const) {
  test(`a broadcast with ${title} has every frame in parts of the right length`, async (t) => {
    const directory = temporaryDirectory(t);
    const clip = makeClip(directory, options);
    const { node, feeds } = await playThrough(t, clip, (ingest) => ingest.play({ speed: 2 }));
    const document = await documentOf(node);
    assert.equal(feeds.size, options.audio === 'none' ? 2 : 3);
    for (const [id, feed] of feeds) {
      assertSeamless(clip, document, id, feed);
      await assertDecodes(directory, node, id, feed);
    }
  });
}

test('a broken link to the ingest is taken up again without losing a frame', async (t) => {
  const clip = makeClip(temporaryDirectory(t), { seconds: 5 });
  const { node, ingest, feeds } = await playThrough(t, clip, async (source) => {
    let count = 0;
    source.onSent = () => {
      count += 1;
      if (count === 150 || count === 200) source.cutLinks();
    };
    await source.play({ speed: 1.5 });
  });
  const document = await documentOf(node);
  for (const [id, feed] of feeds) {
    const frameCount = assertSeamless(clip, document, id, feed);
    if (id !== 'audio') assert.equal(frameCount, framesFromBoundary(clip), `frames of ${id}`);
  }
  const continued = ingest.asked.filter((query) => query.get('session') === ingest.session);
  assert.ok(continued.length >= 2, 'both links were taken up after the last record');
});

test('an encoder that is killed is followed by another at the next boundary', async (t) => {
  const directory = temporaryDirectory(t);
  const clip = makeClip(directory, { seconds: 7 });
  const engine = await testEngine();
  const children: LiveEncode[] = [];
  const watched: Engine = {
    ...engine,
    live(request) {
      const child = engine.live(request);
      children.push(child);
      return child;
    },
  };
  const { node, feeds } = await playThrough(t, clip, (ingest) => ingest.play(), {
    engine: watched,
    async during(all) {
      const feed = defined(all.get('v360'), 'a feed');
      await waitFor('a part in the third segment', () => partsOf(feed).length >= 7);
      children[0]?.kill();
    },
  });
  assert.equal(children.length, 2);
  const dropped = node.reports.findLast(({ figures }) => figures.framesDropped !== undefined)?.figures
    .framesDropped;
  assert.ok((dropped ?? 0) > 0, 'the report tells the frames that are missing');
  for (const [id, feed] of feeds) {
    if (id === 'audio') {
      assertSeamless(clip, await documentOf(node), id, feed);
      continue;
    }
    const gaps = feed.records.flatMap(({ header }) => (header.kind === 'gap' ? [header] : []));
    const missing = gaps.flatMap(({ segment, segmentCount }) =>
      Array.from({ length: segmentCount }, (_, index) => segment + index),
    );
    assert.ok(missing.length >= 1 && missing.length <= 2, `${id} lost ${missing.length} segments`);
    const whole = [...wholeSegments(feed).keys()];
    const first = defined(whole[0], 'a segment');
    const last = defined(whole.at(-1), 'a segment');
    const expected = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    assert.deepEqual(
      whole,
      expected.filter((number) => !missing.includes(number)),
      `whole segments of ${id}`,
    );
    for (const number of missing)
      assert.equal(await fetchBytes(`${node.url}/${id}/${number}.m4s`), undefined, 'a gap is never served');
    // The recording has a copy in its place.
    const reader = createMediaReader({ store: node.store, clock: systemClock });
    const document = defined(await reader.readDocument(PROJECT, RECORDING, 1), 'a document');
    const rendition = defined(
      document.renditions.find((candidate) => candidate.id === id),
      id,
    );
    assert.equal(
      endSegment(rendition) - rendition.firstSegment,
      defined(partsOf(feed).at(-1), 'a part').segment - first + 1,
    );
  }
});

test('a publisher that comes back at another ingest leaves a still picture and silence, and no hole', async (t) => {
  const directory = temporaryDirectory(t);
  const clip = makeClip(directory, { seconds: 6 });
  // From the fourth second on everything is 6.4 s later, a whole number of frames of both tracks.
  const cutUs = (300 + 3_000) * 1_000;
  const shiftUs = 6_400_000;
  const [before, after] = [
    { ...clip, records: clip.records.filter(({ kind, dtsUs }) => kind.endsWith('config') || dtsUs < cutUs) },
    {
      ...clip,
      records: clip.records
        .filter(({ kind, dtsUs }) => kind === 'video_config' || dtsUs >= cutUs)
        .map((record) => ({ ...record, dtsUs: record.dtsUs + shiftUs })),
    },
  ];
  const first = new FakeIngest('dublin-1-a', before);
  const second = new FakeIngest('singapore-1-a', after);
  await first.listen(t);
  await second.listen(t);
  const broadcast = broadcastOf(clip.timeline, [NODE_A, NODE_B]);
  const nodes = [
    await startChannelNode(t, 'dublin', broadcast, [first, second]),
    await startChannelNode(t, 'singapore', broadcast, [first, second]),
  ];
  const playing = first.play();
  const feeds = await Promise.all(nodes.map(followAll));
  await playing;
  first.say('interruption', 'the connection was lost');
  await waitFor('an interruption', () => nodes.every((node) => node.report()?.state === 'interrupted'));
  await second.play({ speed: 2 });
  second.say('end', 'the publisher ended');
  await Promise.all(feeds.flatMap((all) => [...all.values()].map(({ ended }) => ended)));
  for (const [index, node] of nodes.entries()) {
    const document = await documentOf(node);
    for (const [id, feed] of defined(feeds[index], 'feeds')) {
      const frameCount = assertSeamless(clip, document, id, feed);
      if (id !== 'audio') assert.equal(frameCount, framesFromBoundary(clip) + (shiftUs / 1e6) * 30);
      await assertDecodes(directory, node, id, feed);
    }
  }
  for (const id of ['v360', 'v180', 'audio']) {
    const shapes = feeds.map((all) =>
      // What a channel sees in its own pictures is its own judgement.
      partsOf(defined(all.get(id), id)).map(({ data: _, faults: __, ...shape }) => shape),
    );
    assert.deepEqual(shapes[0], shapes[1], `both channels tell the same parts of ${id}`);
  }
});

test('while the publisher is away a still picture and silence go on', async (t) => {
  const directory = temporaryDirectory(t);
  const clip = makeClip(directory, { seconds: 3 });
  const ingest = new FakeIngest(NODE_A, clip);
  await ingest.listen(t);
  const node = await startChannelNode(t, 'dublin', broadcastOf(clip.timeline, [NODE_A]), [ingest]);
  const playing = ingest.play({ speed: 2 });
  const feeds = await followAll(node);
  await playing;
  ingest.say('interruption', 'the connection was lost');
  const lastMs = clip.timeline.anchorMs + Math.max(...clip.records.map(({ dtsUs }) => dtsUs)) / 1_000;
  const { renditions } = await documentOf(node);
  const endMs = (id: string): number => {
    const timescale = defined(renditions.find((rendition) => rendition.id === id)?.timescale, id);
    const last = partsOf(defined(feeds.get(id), id)).at(-1);
    return last === undefined ? 0 : ((last.startTicks + last.durationTicks) * 1_000) / timescale;
  };
  await waitFor('a second in which nothing came', () =>
    [...feeds.keys()].every((id) => endMs(id) > lastMs + 1_000),
  );
  ingest.say('end', 'the publisher ended');
  await Promise.all([...feeds.values()].map(({ ended }) => ended));
  const document = await documentOf(node);
  for (const [id, feed] of feeds) {
    const frameCount = assertSeamless(clip, document, id, feed);
    if (id !== 'audio') assert.ok(frameCount >= framesFromBoundary(clip) + 30, `${frameCount} frames`);
    await assertDecodes(directory, node, id, feed);
  }
});
