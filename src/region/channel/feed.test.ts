import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { type FeedHeader, feedHeaderSchema, type LiveRendition } from '#contract/live.ts';
import type { MadePart } from '#media/cmaf/part-maker.ts';
import { FeedReader } from '#media/feed/feed-record.ts';
import { sendFeed } from './feed-sender.ts';
import { LiveTrack, type TrackEvent } from './live-track.ts';

const RENDITION: LiveRendition = {
  id: 'v720',
  kind: 'video',
  codecs: 'avc1.64001f',
  bandwidthBps: 1,
  averageBandwidthBps: 1,
  timescale: 90_000,
  partTargetTicks: 30_000,
  initSha256: 'a'.repeat(64),
};

function partOf(segment: number, part: number, changes: Partial<MadePart> = {}): MadePart {
  return {
    segment,
    part,
    startTicks: segment * 90_000 + part * 30_000,
    durationTicks: 30_000,
    frameCount: 10,
    isIndependent: part === 0,
    isLast: part === 2,
    isDamaged: false,
    data: Uint8Array.of(segment, part),
    ...changes,
  };
}

function trackWith(...parts: readonly MadePart[]): LiveTrack {
  const track = new LiveTrack(RENDITION, Buffer.alloc(0), 3);
  for (const part of parts) track.publish(part);
  return track;
}

const segmentOf = (number: number): MadePart[] => [0, 1, 2].map((part) => partOf(number, part));

/** What a follower was told, in short. */
function toldBy(track: LiveTrack, from?: number): string[] {
  const told: string[] = [];
  track.follow(from, (event: TrackEvent) => {
    told.push(event.kind === 'part' ? `${event.part.segment}.${event.part.part}` : event.kind);
  });
  return told;
}

test('a follower begins with the newest independent part, or where it wants to', () => {
  const track = trackWith(...segmentOf(1), partOf(2, 0), partOf(2, 1));
  const newest = toldBy(track);
  const older = toldBy(track, 1);
  const later = toldBy(track, 3);
  track.publish(partOf(2, 2));
  track.publish(partOf(3, 0));
  track.gap(4, 2);
  track.end('ended');
  assert.deepEqual(newest, ['2.0', '2.1', '2.2', '3.0', 'gap', 'end']);
  assert.deepEqual(older, ['1.0', '1.1', '1.2', '2.0', '2.1', '2.2', '3.0', 'gap', 'end']);
  assert.deepEqual(later, ['3.0', 'gap', 'end']);
  assert.deepEqual(toldBy(track, 3), ['3.0', 'end'], 'also behind the end');
});

test('a segment is whole with all of its parts undamaged, and the last one with the end of the broadcast', () => {
  const track = trackWith(...segmentOf(1), partOf(2, 0), partOf(2, 2), partOf(3, 0), partOf(3, 1));
  track.publish(partOf(3, 2, { isDamaged: true }));
  track.publish(partOf(4, 0));
  assert.deepEqual([...(track.segment(1)?.data ?? [])], [], 'the window holds three segments');
  assert.equal(track.segment(2), undefined, 'a part is missing');
  assert.equal(track.segment(3), undefined, 'a part is damaged');
  assert.equal(track.segment(4), undefined, 'more is to come');
  track.end('ended');
  assert.deepEqual(track.segment(4)?.frameCount, 10);
});

/** A server that answers every request with the feed of a track. */
async function serveFeed(track: LiveTrack, onClose: (reason: string) => void) {
  const server = createServer((_request, response) => {
    const options = { channel: 1, from: 0, firstSegment: 0, onClose };
    sendFeed(response, track, options).heartbeat('on_air');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

test('a feed carries the rendition, parts with their bytes, heartbeats and the end', async () => {
  const track = trackWith(...segmentOf(1));
  const reasons: string[] = [];
  const { server, port } = await serveFeed(track, (reason) => reasons.push(reason));
  const response = await fetch(`http://127.0.0.1:${port}/`);
  track.publish(partOf(2, 0, { isDamaged: true }));
  track.gap(2, 1);
  track.end('stopped');
  const reader = new FeedReader<FeedHeader>((header) => feedHeaderSchema.parse(header));
  const records = reader.push(new Uint8Array(await response.arrayBuffer()));
  const kinds = records.map(({ header }) => header.kind);
  assert.deepEqual(kinds, ['rendition', 'part', 'part', 'part', 'heartbeat', 'part', 'gap', 'end']);
  assert.deepEqual([...(records[3]?.data ?? [])], [1, 2]);
  assert.ok(records[5]?.header.kind === 'part' && records[5].header.isDamaged === true);
  assert.ok(reader.isBetweenRecords);
  assert.deepEqual(reasons, ['stopped']);
  server.close();
});

test('an edge that does not read is dropped once it is further behind than the window', async () => {
  const track = trackWith();
  const closed = Promise.withResolvers<string>();
  const { server, port } = await serveFeed(track, closed.resolve);
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: edge\r\n\r\n');
  socket.pause();
  await once(server, 'request');
  let published = 0;
  while (track.followerCount > 0 && published < 1_000) {
    track.publish(partOf(published, 0, { data: new Uint8Array(100_000) }));
    published += 1;
  }
  assert.equal(await closed.promise, 'slow');
  assert.ok(published < 100, `${published} parts were kept for an edge that reads none`);
  socket.destroy();
  server.closeAllConnections();
  server.close();
});
