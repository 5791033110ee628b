// SRT in a whole world: published by ffmpeg with the address that control gives, played as LL-HLS, refused with another
// passphrase, lost and back on the same timeline, unmoved by rubbish.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { after, before, type TestContext, test } from 'node:test';
import type { BroadcastView } from '#contract/api/live.ts';
import { allEngines, temporaryDirectory } from '../ffmpeg/support/engines.ts';
import { claimPorts } from '../support/free-ports.ts';
import { waitFor } from '../support/wait-for.ts';
import { type RunningWorld, startWorld } from '../support/world.ts';
import { type FfmpegPublisher, runPublisher } from './ingest-world.ts';

let world: RunningWorld;

before(async () => {
  world = await startWorld();
});
after(async () => {
  await world?.stop();
  await world?.remove();
});

interface Broadcast {
  readonly id: string;
  /** With the passphrase. */
  srtUrl(regionId: string): string;
  view(): Promise<BroadcastView>;
  /** The text of a file at an edge that does not make it; undefined while there is none. */
  fetch(file: string): Promise<string | undefined>;
}

/** A broadcast that takes SRT, until the test is over. */
async function createBroadcast(
  scope: TestContext,
  onSecondPublisher: 'refuse' | 'replace' = 'refuse',
): Promise<Broadcast> {
  const { id } = await world.client.call('POST /v1/broadcasts', {
    body: {
      name: 'By SRT',
      publisherRegionId: 'dublin',
      rungs: [{ height: 180, bitrateBps: 300_000 }],
      isRecorded: false,
      takesSrt: true,
      onSecondPublisher,
    },
  });
  const params = { broadcastId: id };
  const ingest = await world.client.call('GET /v1/broadcasts/{broadcastId}/ingest', { params });
  scope.after(() => world.client.call('POST /v1/broadcasts/{broadcastId}/end', { params }));
  const edgeUrl = world.regions.find((region) => region.id === 'singapore')?.edgeUrl;
  return {
    id,
    srtUrl(regionId) {
      const found = ingest.addresses.find(
        (address) => address.protocol === 'srt' && address.regionId === regionId,
      );
      assert.ok(found, JSON.stringify(ingest.addresses));
      assert.ok(found.url.endsWith(`passphrase=${ingest.srtPassphrase}`));
      return found.url;
    },
    view: () => world.client.call('GET /v1/broadcasts/{broadcastId}', { params }),
    async fetch(file) {
      const response = await fetch(`${edgeUrl}/l/default/${id}/${file}`);
      return response.ok ? await response.text() : undefined;
    },
  };
}

/** Test pictures with a tone, at the speed of time, with a key frame each half second. */
function publishSrt(scope: TestContext, url: string, seconds = 120): FfmpegPublisher {
  const publisher = runPublisher([
    ...['-re', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30'],
    ...['-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'],
    ...['-t', String(seconds)],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '15', '-b:v', '400k'],
    ...['-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '2', '-b:a', '96k', '-f', 'mpegts', url],
  ]);
  scope.after(() => publisher.kill());
  return publisher;
}

/** Publishes again and again, as encoders do that were refused, until it is on air. */
async function goOnAir(scope: TestContext, broadcast: Broadcast, regionId: string): Promise<FfmpegPublisher> {
  let publisher = publishSrt(scope, broadcast.srtUrl(regionId));
  await waitFor(
    'the broadcast to be on air',
    async () => {
      if (publisher.child.exitCode !== null) publisher = publishSrt(scope, broadcast.srtUrl(regionId));
      return (await broadcast.view()).state === 'on_air';
    },
    30_000,
  );
  return publisher;
}

/** Media sequence and last part of the picture's playlist. */
async function lastPart(broadcast: Broadcast): Promise<{ playlist: string; segment: number; uri: string }> {
  const main = await waitFor('the multivariant playlist', () => broadcast.fetch('main.m3u8'), 20_000);
  const rendition = /^(?:https?:\/\/\S+\/)?([^/\s]+)\/index\.m3u8/m.exec(main)?.[1];
  assert.ok(rendition, main);
  return await waitFor(
    'a part',
    async () => {
      const playlist = await broadcast.fetch(`${rendition}/index.m3u8`);
      const uri = playlist
        ?.match(/#EXT-X-PART:.*URI="([^"]+)"/g)
        ?.at(-1)
        ?.match(/URI="([^"]+)"/)?.[1];
      if (playlist === undefined || uri === undefined) return undefined;
      return { playlist, segment: Number(uri.split('.')[0]), uri: `${rendition}/${uri}` };
    },
    20_000,
  );
}

async function metric(name: string, regionId: string): Promise<number> {
  const nodeUrl = world.regions.find(({ id }) => id === regionId)?.nodeUrl;
  const text = await (await fetch(`${nodeUrl}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1] ?? 0);
}

test('it is on air, plays as LL-HLS, and a publisher that was killed is back on the same timeline', async (scope) => {
  const broadcast = await createBroadcast(scope);
  const first = await goOnAir(scope, broadcast, 'dublin');
  const ingest = (await broadcast.view()).reports.find(({ role }) => role === 'ingest');
  assert.equal(ingest?.protocol, 'srt');
  const before = await lastPart(broadcast);
  assert.match(before.playlist, /#EXT-X-PART-INF:/);
  assert.match(before.playlist, /#EXT-X-PRELOAD-HINT:/);
  const part = await fetch(`${world.regions[0]?.edgeUrl}/l/default/${broadcast.id}/${before.uri}`);
  const box = Buffer.from(await part.arrayBuffer());
  assert.equal(box.toString('latin1', 4, 8), 'moof');
  await first.kill();
  await waitFor('the loss to be told', async () => (await broadcast.view()).state === 'interrupted');
  await goOnAir(scope, broadcast, 'dublin');
  const after = await waitFor('media after the loss', async () => {
    const last = await lastPart(broadcast);
    return last.segment > before.segment ? last : undefined;
  });
  assert.match(after.playlist, new RegExp(`^${before.segment}\\.m4s|/${before.segment}\\.m4s`, 'm'));
});

test('a second publisher is refused where the first is, and taken in another region', async (scope) => {
  const broadcast = await createBroadcast(scope);
  const first = await goOnAir(scope, broadcast, 'dublin');
  const second = publishSrt(scope, broadcast.srtUrl('dublin'));
  await second.ended();
  assert.notEqual(second.child.exitCode, 0);
  assert.match(second.log(), /rejection reason/i, 'SRT itself says so at once');
  publishSrt(scope, broadcast.srtUrl('los-angeles'));
  const elsewhere = await waitFor('the other ingest to be on air', async () => {
    const { reports } = await broadcast.view();
    return reports.find(
      ({ nodeId, role, state }) => nodeId === 'los-angeles-1-a' && role === 'ingest' && state === 'on_air',
    );
  });
  assert.equal(elsewhere.protocol, 'srt');
  assert.equal(first.child.exitCode, null, first.log());
});

test('where a second publisher may take over, it does on the same port, and another passphrase does not', async (scope) => {
  const broadcast = await createBroadcast(scope, 'replace');
  const first = await goOnAir(scope, broadcast, 'dublin');
  const counted = await metric('ingest_srt_refusals_total', 'dublin');
  const { host } = new URL(broadcast.srtUrl('dublin'));
  const wrong = `srt://${host}?mode=caller&passphrase=another-passphrase`;
  await waitFor('the refusal to be counted', async () => {
    await publishSrt(scope, wrong).ended();
    return (await metric('ingest_srt_refusals_total', 'dublin')) > counted;
  });
  assert.equal(first.child.exitCode, null, first.log());
  const before = await lastPart(broadcast);
  const second = publishSrt(scope, broadcast.srtUrl('dublin'));
  await first.ended();
  const third = await waitFor('media of the second', async () => {
    const last = await lastPart(broadcast);
    return last.segment > before.segment + 1 ? last : undefined;
  });
  assert.equal(second.child.exitCode, null, second.log());
  assert.match(third.playlist, new RegExp(`^${before.segment}\\.m4s`, 'm'), 'the timeline goes on');
});

test('both engines refuse another passphrase, hand on what comes, and end with their publisher', async (scope) => {
  const passphrase = 'a-passphrase-of-the-test';
  const ports = await claimPorts(2);
  const outcomes = (await allEngines()).map(async (engine, index) => {
    const { path, remove } = await temporaryDirectory();
    let refusals = 0;
    let bytes = 0;
    const port = ports[index] ?? 0;
    const listener = engine.listenSrt({
      ...{ workDirectory: path, host: '127.0.0.1', port, passphrase, latencyMs: 120, silenceMs: 3_000 },
      onRefusal() {
        refusals += 1;
      },
    });
    scope.after(async () => {
      listener.kill();
      await listener.done;
      await remove();
    });
    listener.bytes.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    const call = (secret: string) => publishSrt(scope, `srt://127.0.0.1:${port}?passphrase=${secret}`, 1);
    // The first calls may come before it listens.
    await waitFor('the refusal', async () => {
      await call('another-passphrase').ended();
      return refusals > 0;
    });
    assert.equal(bytes, 0);
    await call(passphrase).ended();
    const lastWords = await listener.done;
    assert.ok(bytes > 20_000, `${engine.name}: ${bytes} bytes, ${lastWords}`);
    assert.ok(!lastWords.includes(passphrase), lastWords);
  });
  await Promise.all(outcomes);
});

test('another passphrase is refused and counted, rubbish does no harm, control may be away', async (scope) => {
  const broadcast = await createBroadcast(scope);
  const url = new URL(broadcast.srtUrl('dublin'));
  await waitFor('the listener', async () => (await metric('ingest_srt_listeners', 'dublin')) > 0);
  const counted = await metric('ingest_srt_refusals_total', 'dublin');
  const wrong = `srt://${url.host}?mode=caller&passphrase=another-passphrase`;
  await waitFor(
    'the refusal to be counted',
    async () => {
      await publishSrt(scope, wrong).ended();
      return (await metric('ingest_srt_refusals_total', 'dublin')) > counted;
    },
    20_000,
  );
  assert.equal((await broadcast.view()).state, 'ready');
  const socket = createSocket('udp4');
  scope.after(() => socket.close());
  for (let packet = 0; packet < 200; packet += 1) {
    const bytes = Buffer.alloc(16 + ((packet * 37) % 1_300), packet);
    socket.send(bytes, Number(url.port), url.hostname);
  }
  const rubbish = runPublisher([
    ...['-re', '-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-t', '3', '-c:a', 'pcm_s16le'],
    ...['-f', 's16le', broadcast.srtUrl('dublin')],
  ]);
  await rubbish.ended();
  // From here on without control.
  world.signal('control', 'SIGSTOP');
  try {
    let publisher = publishSrt(scope, broadcast.srtUrl('dublin'));
    await waitFor(
      'a playlist without control',
      () => {
        if (publisher.child.exitCode !== null) publisher = publishSrt(scope, broadcast.srtUrl('dublin'));
        return broadcast.fetch('main.m3u8');
      },
      30_000,
    );
    await lastPart(broadcast);
  } finally {
    world.signal('control', 'SIGCONT');
  }
});
