// From a publisher to a contribution stream: what channels get, whoever sends what, and whoever comes and goes.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, get, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createPrng } from '#base/prng.ts';
import type { ContributionHead } from '#contract/live.ts';
import type { ContributionRecord } from '#media/contribution/record.ts';
import { closeServer, listen } from '#platform/http/server.ts';
import { createContributionBuffer } from '../../src/region/ingest/live/contribution-buffer.ts';
import {
  type ContributionReader,
  openContributionReader,
} from '../../src/region/ingest/live/contribution-response.ts';
import { waitFor } from '../support/wait-for.ts';
import { connectRtmp } from './ingest-rtmp-client.ts';
import { type LiveWorld, makeBroadcast, publishFeed, startLiveWorld } from './ingest-world.ts';

let world: LiveWorld;
before(async () => {
  world = await startLiveWorld(2);
});
after(async () => {
  await world.stop();
});

const ofKind = (
  records: readonly ContributionRecord[],
  kind: ContributionRecord['kind'],
): ContributionRecord[] => records.filter((record) => record.kind === kind);
const numbers = (records: readonly ContributionRecord[]): number[] =>
  records.map(({ sequence }) => sequence).filter((sequence) => sequence > 0);

/** Every number once, in order, without a gap. */
function assertWhole(sequences: readonly number[]): void {
  const first = sequences[0] ?? 0;
  assert.deepEqual(
    sequences,
    sequences.map((_, index) => first + index),
  );
}

test('a feed by RTMP arrives as contribution: every frame once, in order, on the timeline', async () => {
  const broadcast = makeBroadcast(1, { graceMs: 1_000 });
  world.list(broadcast);
  const node = world.node(0);
  const startedAtMs = Date.now();
  const answer = world.read(node, broadcast.broadcastId, 'waitMs=15000&fromUs=0');
  const publisher = publishFeed(node.rtmpUrl(`${await world.streamKey(broadcast.broadcastId)}?x=1`), {
    seconds: 2,
  });
  const reading = await answer;
  await publisher.ended();
  assert.equal(publisher.log(), '');
  await waitFor('the end of the contribution', () => reading.isOver());
  const { records, head } = reading;

  assertWhole(numbers(records));
  assert.deepEqual(
    records.slice(0, 4).map(({ kind }) => kind),
    ['timeline', 'video_config', 'audio_config', 'video'],
  );
  assert.deepEqual(head.timeline.video, {
    codec: 'avc1',
    frameRate: 30,
    renditions: [{ id: 'v180', width: 320, height: 180, bitrateBps: 300_000 }],
  });
  assert.equal(head.timeline.audio?.sampleRate, 48_000);
  assert.equal(head.timeline.audio?.codecs, 'mp4a.40.2');
  assert.equal(head.timeline.term, 3);
  assert.equal(head.timeline.anchorMs % 2_000, 0);
  const video = ofKind(records, 'video');
  assert.equal(video.length, 60);
  assert.equal(video[0]?.isKeyFrame, true);
  assert.equal(video.filter(({ isKeyFrame }) => isKeyFrame).length, 4);
  for (const [index, frame] of video.entries())
    assert.ok(Math.abs(frame.dtsUs - (video[0]?.dtsUs ?? 0) - (index * 1e6) / 30) < 1_000);
  const firstAtMs = head.timeline.anchorMs + (video[0]?.dtsUs ?? 0) / 1_000;
  assert.ok(
    firstAtMs >= startedAtMs && firstAtMs <= Date.now(),
    'the first frame lies where the clock stood',
  );
  const grid = head.timeline.audio;
  assert.ok(grid !== null);
  const positions = ofKind(records, 'audio').map(
    ({ dtsUs }) => ((dtsUs * grid.sampleRate) / 1e6 - grid.phaseSamples) / 1_024,
  );
  assert.ok(positions.length >= 92, `${positions.length} audio frames`);
  for (const [index, position] of positions.entries()) {
    assert.ok(Math.abs(position - Math.round(position)) < 0.001);
    assert.equal(Math.round(position), Math.round(positions[0] ?? 0) + index);
  }
  assert.deepEqual(
    records
      .filter(({ kind }) => kind !== 'heartbeat')
      .slice(-2)
      .map(({ kind }) => kind),
    ['interruption', 'end'],
  );
  assert.equal(node.reports.get(broadcast.broadcastId)?.state, 'ended');
});

test('a key that is wrong, old, revoked or for nothing is refused with BadName before Publish.Start', async () => {
  const node = world.node(0);
  const { broadcastId } = makeBroadcast(2);
  world.list(makeBroadcast(2));
  world.list({ ...makeBroadcast(3), state: 'ended' });
  const revoked = await world.streamKey(broadcastId, { jti: 'revoked-00001' });
  world.revoke('revoked-00001');
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['forged', await world.forgedKey(broadcastId), /token_forged/],
    ['no token', 'stream', /token_forged/],
    [
      'expired',
      await world.streamKey(broadcastId, { exp: Math.floor(Date.now() / 1_000) - 1 }),
      /token_expired/,
    ],
    ['revoked', revoked, /token_revoked/],
    ['ended', await world.streamKey(makeBroadcast(3).broadcastId), /has ended/],
    ['another project', await world.streamKey(broadcastId, { project: 'other' }), /no broadcast/],
  ];
  await Promise.all(
    cases.map(async ([name, streamKey, reason]) => {
      const client = await connectRtmp(node.role.rtmpPort());
      client.publish(streamKey);
      await waitFor(`the refusal of a key: ${name}`, () => client.isClosed());
      assert.deepEqual(
        client.statuses().map(({ level, code }) => [level, code]),
        [['error', 'NetStream.Publish.BadName']],
        name,
      );
      assert.match(client.statuses()[0]?.description ?? '', reason, name);
    }),
  );
  assert.equal(node.reports.has(broadcastId), false);
});

test('a broadcast that is newer than the list here is waited for', async () => {
  const node = world.node(0);
  const broadcast = makeBroadcast(4);
  const client = await connectRtmp(node.role.rtmpPort());
  client.publish(await world.streamKey(broadcast.broadcastId));
  await waitFor('the connection', () => client.isConnected());
  world.list(broadcast);
  await waitFor('the start', () => client.statuses()[0]?.code === 'NetStream.Publish.Start');
  client.close();
});

test('a second publisher is refused, or takes over where the broadcast says so', async () => {
  const node = world.node(0);
  const refusing = makeBroadcast(5);
  const replacing = makeBroadcast(6, { onSecondPublisher: 'replace' });
  const outcomes = new Map<string, [boolean, string | undefined]>();
  for (const broadcast of [refusing, replacing]) {
    world.list(broadcast);
    const streamKey = await world.streamKey(broadcast.broadcastId);
    const first = await connectRtmp(node.role.rtmpPort());
    first.publish(streamKey);
    await waitFor('the first publisher', () => first.statuses()[0]);
    const second = await connectRtmp(node.role.rtmpPort());
    second.publish(streamKey);
    await waitFor('an answer to the second publisher', () => second.statuses()[0]);
    if (broadcast === replacing) await waitFor('the end of the first publisher', () => first.isClosed());
    outcomes.set(broadcast.settings.onSecondPublisher, [first.isClosed(), second.statuses()[0]?.code]);
    first.close();
    second.close();
  }
  assert.deepEqual(outcomes.get('refuse'), [false, 'NetStream.Publish.BadName']);
  assert.deepEqual(outcomes.get('replace'), [true, 'NetStream.Publish.Start']);
});

test('a key that is revoked ends the publisher who showed it', async () => {
  const node = world.node(0);
  const { broadcastId } = makeBroadcast(2);
  const client = await connectRtmp(node.role.rtmpPort());
  client.publish(await world.streamKey(broadcastId, { jti: 'revoked-00002' }));
  await waitFor('the start', () => client.statuses()[0]?.code === 'NetStream.Publish.Start');
  world.revoke('revoked-00002');
  await waitFor('the end of the publisher', () => client.isClosed());
});

test('with a certificate publishers come by RTMPS, and not in the clear', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-rtmps-'));
  const [certificateFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const files = ['-subj', '/CN=localhost', '-keyout', keyFile, '-out', certificateFile];
  execFileSync('openssl', ['req', '-x509', ...kind, ...files], { stdio: 'ignore' });
  const secure = await startLiveWorld(1, { tls: { certificateFile, keyFile } });
  try {
    const broadcast = makeBroadcast(1);
    secure.list(broadcast);
    const node = secure.node(0);
    const publisher = publishFeed(node.rtmpUrl(await secure.streamKey(broadcast.broadcastId)));
    const reading = await secure.read(node, broadcast.broadcastId);
    await waitFor('video', () => ofKind(reading.records, 'video').length > 10);
    await publisher.kill();
    const plain = await connectRtmp(node.role.rtmpPort(), false);
    plain.publish('key');
    await waitFor('the end of a connection in the clear', () => plain.isClosed());
  } finally {
    await secure.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('hostile bytes end their own connection and no other', async () => {
  const node = world.node(0);
  const broadcast = makeBroadcast(7);
  world.list(broadcast);
  const good = await connectRtmp(node.role.rtmpPort());
  good.publish(await world.streamKey(broadcast.broadcastId));
  await waitFor('the publisher', () => good.statuses()[0]);
  const prng = createPrng(7);
  const attacks = Array.from({ length: 12 }, (_, index) => {
    const bytes = Buffer.from(Array.from({ length: 20_000 }, () => Math.floor(prng() * 256)));
    // Every second one gets as far as the chunk stream.
    if (index % 2 === 0) bytes[0] = 3;
    return bytes;
  });
  for (const bytes of attacks) {
    const client = await connectRtmp(node.role.rtmpPort(), false);
    client.send(bytes);
    // Bytes that begin like a long message are waited for: whoever sends them gives up first.
    client.end();
    await waitFor('the end of a hostile connection', () => client.isClosed());
  }
  assert.equal(good.isClosed(), false);
  good.close();
});

test('a reader that breaks off goes on where it was, and one that comes later begins at a key frame', async () => {
  const node = world.node(0);
  const broadcast = makeBroadcast(8, { graceMs: 1_000 });
  world.list(broadcast);
  const first = world.read(node, broadcast.broadcastId, 'waitMs=15000&fromUs=0');
  const publisher = publishFeed(node.rtmpUrl(await world.streamKey(broadcast.broadcastId)), { seconds: 4 });
  const before = await first;
  const frames = await waitFor('some frames', () => before.records.length > 20 && before.records.length);
  before.stop();
  const seen = numbers(before.records);
  await waitFor(
    'the broadcast to go on without the reader',
    () => (node.reports.get(broadcast.broadcastId)?.figures.readers ?? 1) === 0,
  );
  const { session, timeline } = before.head;
  const again = await world.read(node, broadcast.broadcastId, `session=${session}&after=${seen.at(-1)}`);
  const late = await world.read(node, broadcast.broadcastId);
  assert.deepEqual([again.head.session, again.head.timeline], [session, timeline]);
  await publisher.ended();
  await waitFor('the end', () => again.isOver() && late.isOver());
  const all = [...seen, ...numbers(again.records)];
  assertWhole(all);
  assert.ok(all.length > frames);
  const begin = late.records.find(({ sequence }) => sequence > 0);
  assert.equal(begin?.isKeyFrame, true);
  assertWhole(numbers(late.records));
  assert.ok(ofKind(late.records, 'heartbeat').length >= 1);
  const strange = await world.ask(node, broadcast.broadcastId, 'session=another&after=5');
  strange.body.destroy();
  assert.equal(strange.status, 404, 'a broadcast that has ended has nothing for new readers');
});

test('a publisher that is killed and comes back, there or at another ingest, goes on on the same timeline', async () => {
  const node = world.node(0);
  const other = world.node(1);
  const broadcast = makeBroadcast(9);
  world.list(broadcast);
  const streamKey = await world.streamKey(broadcast.broadcastId);
  const answer = world.read(node, broadcast.broadcastId);
  const first = publishFeed(node.rtmpUrl(streamKey));
  const reading = await answer;
  await waitFor('some video', () => ofKind(reading.records, 'video').length > 20);
  await first.kill();
  await waitFor('the interruption', () => ofKind(reading.records, 'interruption').length === 1);
  assert.equal(node.reports.get(broadcast.broadcastId)?.state, 'interrupted');
  const before = ofKind(reading.records, 'video').length;

  const second = publishFeed(node.rtmpUrl(streamKey));
  await waitFor('video of the second run', () => ofKind(reading.records, 'video').length > before + 10);
  assert.equal(node.reports.get(broadcast.broadcastId)?.state, 'on_air');
  assert.equal(reading.isOver(), false);
  assertWhole(numbers(reading.records));
  for (const kind of ['video', 'audio'] as const) {
    const times = ofKind(reading.records, kind).map(({ dtsUs }) => dtsUs);
    assert.deepEqual(
      times,
      [...times].sort((left, right) => left - right),
      `${kind} never goes back`,
    );
  }
  assert.equal(ofKind(reading.records, 'video')[before]?.isKeyFrame, true);
  assert.equal(ofKind(reading.records, 'timeline').length, 1);

  await second.kill();
  const elsewhere = world.read(other, broadcast.broadcastId);
  const third = publishFeed(other.rtmpUrl(streamKey));
  const moved = await elsewhere;
  assert.deepEqual(moved.head.timeline, reading.head.timeline);
  assert.notEqual(moved.head.session, reading.head.session);
  const begin = await waitFor('video at the other ingest', () => ofKind(moved.records, 'video')[0]);
  assert.ok(begin.dtsUs > (ofKind(reading.records, 'video').at(-1)?.dtsUs ?? 0));

  world.list({ ...broadcast, state: 'ended' });
  await third.ended();
  await waitFor('the end', () => moved.isOver() && reading.isOver());
  assert.equal(ofKind(moved.records, 'end').length, 1);
  const late = await connectRtmp(other.role.rtmpPort());
  late.publish(streamKey);
  await waitFor('the refusal', () => late.isClosed());
  assert.match(late.statuses()[0]?.description ?? '', /has ended/);
});

test('the grace time ends nothing while the publisher is at another ingest', async () => {
  const broadcast = makeBroadcast(0, { graceMs: 1_500 });
  world.list(broadcast);
  const streamKey = await world.streamKey(broadcast.broadcastId);
  // It publishes to both, as whoever wants no gap at all does, and loses one of them.
  const first = publishFeed(world.node(0).rtmpUrl(streamKey), { audio: false });
  const reading = await world.read(world.node(0), broadcast.broadcastId);
  assert.equal(reading.head.timeline.audio, null);
  const second = publishFeed(world.node(1).rtmpUrl(streamKey), { audio: false });
  const moved = await world.read(world.node(1), broadcast.broadcastId);
  assert.deepEqual(moved.head.timeline, reading.head.timeline);
  await first.kill();
  await waitFor('the first ingest to let go', () => reading.isOver());
  assert.equal(ofKind(reading.records, 'end').length, 0);
  const state = (index: number): string | undefined =>
    world.node(index).reports.get(broadcast.broadcastId)?.state;
  await waitFor('the first ingest to forget', () => state(0) === undefined);
  assert.equal(state(1), 'on_air');
  assert.equal(moved.isOver(), false);
  await second.kill();
});

test('a reader that takes nothing is cut off and never makes memory grow', async (t) => {
  const limits = { bytesMax: 2_000_000, durationUs: 1e6, durationUsMax: 1e9 };
  const buffer = createContributionBuffer(limits);
  let isSlow = false;
  let isClosed = false;
  const opened = Promise.withResolvers<{ reader: ContributionReader; response: ServerResponse }>();
  const server = createServer((_, response) => {
    const reader = openContributionReader({
      response,
      head: { session: 'one', timeline: {} as ContributionHead['timeline'] },
      buffer,
      fromSequence: 1,
      onSlow: () => {
        isSlow = true;
      },
      onClose: () => {
        isClosed = true;
      },
    });
    opened.resolve({ reader, response });
  });
  const port = await listen(server, '127.0.0.1', 0, 'a test');
  const client = get({ port, host: '127.0.0.1' });
  t.after(() => {
    client.destroy();
    return closeServer(server, 50);
  });
  client.on('error', () => undefined);
  client.on('response', (response) => response.pause());
  const { reader, response } = await opened.promise;
  let largest = 0;
  for (let frame = 0; frame < 2_000 && !isSlow; frame += 1) {
    const payload = new Uint8Array(100_000);
    buffer.append({ kind: 'video', isKeyFrame: frame % 5 === 0, dtsUs: frame, ptsOffsetUs: 0, payload });
    reader.wake();
    largest = Math.max(largest, response.writableLength);
    // The kernel takes a few megabytes before it says that the other end does not read.
    await new Promise(setImmediate);
  }
  assert.equal(isSlow, true);
  await waitFor('the end of the answer', () => isClosed);
  assert.ok(largest < 400_000, `${largest} bytes waited for the reader`);
});
