// Broadcasts in control: made, placed, published to, interrupted, ended; and the list that nodes wait for.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { BroadcastList, LiveReport } from '#contract/live.ts';
import { runEvery, systemClock } from '#platform/clock.ts';
import { createPublishVerifier } from '#platform/tokens.ts';
import { codeOf, type FakeNode, makeMedia, onEveryDatabase, type TestControl } from '../control/support.ts';
import { waitFor } from '../support/wait-for.ts';

/** Nodes that beat no more. */
const isSilent = new WeakSet<FakeNode>();

/** A node in each region that takes publishers and runs channels, and beats until the test is over. */
async function liveNodes(
  scope: TestContext,
  world: TestControl,
  { channelSlots = 2, srtPortCount = 0 } = {},
) {
  const stopping = new AbortController();
  const beats: Promise<void>[] = [];
  scope.after(async () => {
    stopping.abort();
    await Promise.all(beats);
  });
  const join = async (siteId: string): Promise<FakeNode> => {
    const rtmpUrl = `rtmp://${siteId}.test:1935`;
    const srt = { host: `${siteId}.test`, firstPort: 8_400, portCount: srtPortCount };
    const node = await world.node(siteId, {
      join: { rtmpUrl, channelSlots, ...(srtPortCount > 0 ? { srt } : {}) },
    });
    beats.push(
      runEvery(systemClock, 1_000, stopping.signal, () =>
        isSilent.has(node) ? undefined : node.beat().catch(() => undefined),
      ),
    );
    return node;
  };
  return {
    singapore: await join('singapore-1'),
    dublin: await join('dublin-1'),
    losAngeles: await join('los-angeles-1'),
  };
}

function report(broadcastId: string, changes: Partial<LiveReport>): LiveReport {
  return {
    broadcastId,
    role: 'channel',
    channel: 1,
    state: 'on_air',
    sinceMs: 1,
    reason: null,
    protocol: null,
    figures: {},
    ...changes,
  };
}

const say = (node: FakeNode, ...reports: LiveReport[]) =>
  node.api.call('POST /node/v1/live-reports', { body: { nodeId: node.id, reports } });

const listOf = (
  node: FakeNode,
  known: { term: number; revision: number },
  waitMs = 0,
): Promise<BroadcastList> => node.api.call('GET /node/v1/broadcasts', { query: { ...known, waitMs } });

const NOTHING = { term: 0, revision: 0 };

/** How a viewer who plays is told of. */
const LIVE_VIEWING = {
  kind: 'live' as const,
  siteId: 'dublin-1',
  client: 'll v2',
  state: 'playing',
  endedAtMs: null,
  startupMs: 300,
  playMs: 90_000,
  stallMs: 0,
  stalls: 0,
  errors: 0,
  requests: 300,
  badRequests: 0,
  pathwayChanges: 0,
  bitrateKbps: 2_500,
  steps: [],
};

onEveryDatabase('live', (suite) => {
  test('a broadcast is placed in two regions and told to a node that waits for news', async (scope) => {
    const world = await suite.start();
    const { singapore: node } = await liveNodes(scope, world);
    const first = await listOf(node, NOTHING);
    const waiting = listOf(node, first, 20_000);
    const made = await world.admin.call('POST /v1/broadcasts', {
      body: { name: 'News', publisherRegionId: 'singapore' },
    });
    assert.deepEqual(
      made.schedule.channels.map(({ channel, regionId }) => [channel, regionId]),
      [
        [1, 'singapore'],
        [2, 'dublin'],
      ],
    );
    const news = await waiting;
    assert.ok(news.revision > first.revision);
    assert.deepEqual(
      news.broadcasts.map(({ broadcastId, state }) => [broadcastId, state]),
      [[made.id, 'ready']],
    );
    const ingest = await world.admin.call('GET /v1/broadcasts/{broadcastId}/ingest', {
      params: { broadcastId: made.id },
    });
    assert.deepEqual(
      ingest.addresses.map(({ url, isPrimary }) => [url, isPrimary]),
      [
        ['rtmp://singapore-1.test:1935/live', true],
        ['rtmp://dublin-1.test:1935/live', false],
        ['rtmp://los-angeles-1.test:1935/live', false],
      ],
    );
    await node.beat();
    const claims = createPublishVerifier(() => node.snapshot).check(ingest.streamKey, world.clock.nowMs());
    assert.deepEqual([claims.broadcast, claims.project], [made.id, 'default']);
  });

  test('viewers can go back half an hour in what is recorded, half a minute in what is not', async (scope) => {
    const world = await suite.start();
    await liveNodes(scope, world, { channelSlots: 4 });
    const create = (body: { isRecorded: boolean; dvrWindowMs?: number }) =>
      world.admin.call('POST /v1/broadcasts', {
        body: { name: 'News', publisherRegionId: 'singapore', ...body },
      });
    const windowOf = async (...body: Parameters<typeof create>) =>
      (await create(...body)).settings.dvrWindowMs;
    assert.equal(await windowOf({ isRecorded: true }), 1_800_000);
    assert.equal(await windowOf({ isRecorded: false }), 30_000);
    assert.equal(await windowOf({ isRecorded: false, dvrWindowMs: 12_000 }), 12_000);
    const refused = create({ isRecorded: false, dvrWindowMs: 60_000 });
    assert.equal(await codeOf(refused), 'invalid_request');
  });

  test('a broadcast that takes SRT has a port at every ingest and a passphrase, until it ends', async (scope) => {
    const world = await suite.start();
    const { singapore: node } = await liveNodes(scope, world, { channelSlots: 4, srtPortCount: 2 });
    const create = (name: string, takesSrt = true) =>
      world.admin.call('POST /v1/broadcasts', {
        body: { name, publisherRegionId: 'singapore', takesSrt },
      });
    const addresses = async (broadcastId: string) =>
      await world.admin.call('GET /v1/broadcasts/{broadcastId}/ingest', { params: { broadcastId } });
    const first = await create('First');
    const second = await create('Second');
    const other = await create('Other', false);
    assert.deepEqual(
      [first, second, other].map(({ takesSrt }) => takesSrt),
      [true, true, false],
    );
    const { broadcasts } = await listOf(node, NOTHING);
    const inputs = [first, second, other].map(
      ({ id }) => broadcasts.find(({ broadcastId }) => broadcastId === id)?.srtInput,
    );
    assert.deepEqual(
      inputs.map((input) => input?.slot),
      [0, 1, undefined],
    );
    assert.notEqual(inputs[0]?.passphrase, inputs[1]?.passphrase);
    const ingest = await addresses(second.id);
    assert.equal(ingest.srtPassphrase, inputs[1]?.passphrase);
    assert.deepEqual(
      ingest.addresses.filter(({ protocol }) => protocol === 'srt').map(({ url }) => url),
      ['singapore-1', 'dublin-1', 'los-angeles-1'].map(
        (site) => `srt://${site}.test:8401?mode=caller&passphrase=${ingest.srtPassphrase}`,
      ),
    );
    assert.equal((await addresses(other.id)).srtPassphrase, null);
    const renew = (broadcastId: string) =>
      world.admin.call('POST /v1/broadcasts/{broadcastId}/rotate-passphrase', { params: { broadcastId } });
    await renew(second.id);
    const renewed = (await addresses(second.id)).srtPassphrase;
    assert.ok(renewed !== null && renewed !== ingest.srtPassphrase);
    const told = (await listOf(node, NOTHING)).broadcasts.find(
      ({ broadcastId }) => broadcastId === second.id,
    );
    assert.deepEqual(told?.srtInput, { slot: 1, passphrase: renewed });
    assert.equal(await codeOf(renew(other.id)), 'conflict');
    assert.equal(await codeOf(create('Third')), 'overloaded');
    await world.admin.call('POST /v1/broadcasts/{broadcastId}/end', { params: { broadcastId: first.id } });
    const third = await create('Third');
    const list = await listOf(node, NOTHING);
    const input = list.broadcasts.find(({ broadcastId }) => broadcastId === third.id)?.srtInput;
    assert.equal(input?.slot, 0);
    assert.notEqual(input?.passphrase, inputs[0]?.passphrase);
  });

  test('without an ingest that takes SRT, one that shall take it is refused', async (scope) => {
    const world = await suite.start();
    await liveNodes(scope, world);
    const body = { name: 'News', takesSrt: true };
    assert.equal(await codeOf(world.admin.call('POST /v1/broadcasts', { body })), 'conflict');
    const { broadcasts } = await world.admin.call('GET /v1/broadcasts', { query: {} });
    assert.deepEqual(broadcasts, []);
  });

  test('it goes on air with a channel, is interrupted by word, comes back, and ends after its grace', async (scope) => {
    const world = await suite.start();
    const { singapore: node } = await liveNodes(scope, world);
    const { id, recordingAssetId } = await world.admin.call('POST /v1/broadcasts', {
      body: { name: 'Match', graceMs: 30_000 },
    });
    const state = async () =>
      (await world.admin.call('GET /v1/broadcasts/{broadcastId}', { params: { broadcastId: id } })).state;
    await say(node, report(id, { role: 'ingest', channel: null }));
    assert.equal(await state(), 'ready', 'nobody can watch it yet');
    await say(node, report(id, {}));
    assert.equal(await state(), 'on_air');
    const asset = await world.admin.call('GET /v1/assets/{assetId}', {
      params: { assetId: recordingAssetId ?? '' },
    });
    assert.deepEqual([asset.name, asset.stage, asset.isPlayable], ['Match', 'encoding', false]);
    await say(node, report(id, { state: 'interrupted', reason: 'The line broke.' }));
    assert.equal(await state(), 'interrupted');
    await say(node, report(id, {}));
    assert.equal(await state(), 'on_air');
    await say(node, report(id, { state: 'interrupted' }));
    world.clock.advance(30_001);
    await say(node, report(id, { state: 'interrupted' }));
    assert.equal(await state(), 'ended');
    const { events } = await world.admin.call('GET /v1/events');
    assert.deepEqual(
      events.filter(({ subject }) => subject === id).map(({ type }) => type),
      [
        'broadcast.ended',
        'broadcast.interrupted',
        'broadcast.on_air',
        'broadcast.interrupted',
        'broadcast.on_air',
      ],
    );
  });

  test('when the node of the primary dies, the backup leads and a third region takes a new channel', async (scope) => {
    const world = await suite.start();
    const { singapore } = await liveNodes(scope, world);
    const { id } = await world.admin.call('POST /v1/broadcasts', {
      body: { name: 'Match', publisherRegionId: 'singapore' },
    });
    await say(singapore, report(id, { channel: 1 }));
    isSilent.add(singapore);
    const { schedule } = await waitFor('a new plan', async () => {
      const view = await world.admin.call('GET /v1/broadcasts/{broadcastId}', {
        params: { broadcastId: id },
      });
      return view.schedule.generation > 1 ? view : undefined;
    });
    assert.deepEqual(
      schedule.channels.map(({ channel, regionId }) => [channel, regionId]),
      [
        [2, 'dublin'],
        [3, 'los-angeles'],
      ],
    );
    assert.ok(
      schedule.reasons.some(({ code, subject }) => code === 'node_lost' && subject === 'singapore-1-a'),
    );
  });

  test('a broadcast that no node has room for is refused with the numbers, and leaves nothing behind', async (scope) => {
    const world = await suite.start();
    await liveNodes(scope, world, { channelSlots: 1 });
    await world.admin.call('POST /v1/broadcasts', { body: { name: 'One' } });
    await world.admin.call('POST /v1/broadcasts', { body: { name: 'Two, with one channel' } });
    const refused = world.admin.call('POST /v1/broadcasts', { body: { name: 'Three' } });
    assert.equal(await codeOf(refused), 'unavailable');
    await assert.rejects(refused, /3 of 3 are taken/);
    assert.equal((await world.admin.call('GET /v1/broadcasts')).broadcasts.length, 2);
  });

  test('people switch to the backup, which stays the primary, and end a broadcast for good', async (scope) => {
    const world = await suite.start();
    const { singapore: node } = await liveNodes(scope, world);
    const { id, schedule } = await world.admin.call('POST /v1/broadcasts', { body: { name: 'Match' } });
    const params = { broadcastId: id };
    const switched = await world.admin.call('POST /v1/broadcasts/{broadcastId}/switch', { params });
    assert.deepEqual(switched.schedule.channels, schedule.channels.toReversed());
    await say(node, report(id, {}));
    const view = await world.admin.call('GET /v1/broadcasts/{broadcastId}', { params });
    assert.deepEqual(view.schedule.channels, schedule.channels.toReversed());
    await world.admin.call('POST /v1/broadcasts/{broadcastId}/end', { params });
    await say(node, report(id, {}));
    assert.equal((await world.admin.call('GET /v1/broadcasts/{broadcastId}', { params })).state, 'ended');
    assert.equal(
      await codeOf(world.admin.call('POST /v1/broadcasts/{broadcastId}/switch', { params })),
      'conflict',
    );
    assert.equal(
      await codeOf(world.admin.call('GET /v1/broadcasts/{broadcastId}/ingest', { params })),
      'gone',
    );
  });

  test('a broadcast is moved off a region, whose place a third one takes, and let back', async (scope) => {
    const world = await suite.start();
    await liveNodes(scope, world);
    const body = { name: 'Match', publisherRegionId: 'singapore' };
    const { id } = await world.admin.call('POST /v1/broadcasts', { body });
    const move = (regionId: string) =>
      world.admin.call('POST /v1/broadcasts/{broadcastId}/drains/{regionId}', {
        params: { broadcastId: id, regionId },
      });
    const moved = await move('singapore');
    assert.deepEqual(
      moved.schedule.channels.map(({ channel, regionId }) => [channel, regionId]),
      [
        [2, 'dublin'],
        [3, 'los-angeles'],
      ],
    );
    assert.deepEqual(moved.drainedRegionIds, ['singapore']);
    assert.deepEqual(moved.schedule.ingestNodeIds, ['dublin-1-a', 'los-angeles-1-a']);
    assert.deepEqual((await move('singapore')).schedule.channels, moved.schedule.channels, 'once is enough');
    assert.equal((await move('dublin')).schedule.channels.length, 1, 'one channel is left');
    const refused = move('los-angeles');
    assert.equal(await codeOf(refused), 'conflict');
    await assert.rejects(refused, /nothing would make the broadcast without Los Angeles/);
    assert.equal(await codeOf(move('atlantis')), 'not_found');
    const back = await world.admin.call('DELETE /v1/broadcasts/{broadcastId}/drains/{regionId}', {
      params: { broadcastId: id, regionId: 'dublin' },
    });
    assert.deepEqual(
      back.schedule.channels.map(({ channel, regionId }) => [channel, regionId]),
      [
        [3, 'los-angeles'],
        [4, 'dublin'],
      ],
    );
  });

  test('broadcasts come in pages, the newest first, each once', async (scope) => {
    const world = await suite.start();
    await liveNodes(scope, world, { channelSlots: 8 });
    const names = ['One', 'Two', 'Three'];
    for (const name of names) await world.admin.call('POST /v1/broadcasts', { body: { name } });
    const page = (before?: string) =>
      world.admin.call('GET /v1/broadcasts', {
        query: { limit: 2, ...(before === undefined ? {} : { before }) },
      });
    const first = await page();
    const second = await page(first.nextBefore ?? '');
    assert.equal(first.nextBefore, first.broadcasts[1]?.id);
    assert.equal(second.nextBefore, null);
    assert.deepEqual(
      [...first.broadcasts, ...second.broadcasts].map(({ name }) => name).sort(),
      [...names].sort(),
    );
  });

  test('viewers are counted by region with their latency, now and over time; reports are remembered', async (scope) => {
    const world = await suite.start();
    const { dublin: node } = await liveNodes(scope, world);
    const { id } = await world.admin.call('POST /v1/broadcasts', { body: { name: 'Match' } });
    const nowMs = world.clock.nowMs();
    const watch = (sid: string, regionId: string, latencyMs: number | null, changes = {}) => ({
      ...LIVE_VIEWING,
      sid,
      contentId: `default/${id}`,
      regionId,
      latencyMs,
      startedAtMs: nowMs - 100_000,
      updatedAtMs: nowMs - 5_000,
      ...changes,
    });
    await node.api.call('POST /node/v1/telemetry', {
      body: {
        nodeId: node.id,
        bootId: 'boot-1',
        sequence: 1,
        sentAtMs: nowMs,
        clockOffsetMs: 0,
        slices: [],
        viewings: [
          watch('a', 'dublin', 2_000),
          watch('b', 'dublin', 4_000, { stalls: 2 }),
          watch('c', 'singapore', null),
          watch('left', 'dublin', 9_000, { endedAtMs: nowMs - 6_000 }),
          watch('silent', 'dublin', 9_000, { updatedAtMs: nowMs - 60_000 }),
          watch('elsewhere', 'dublin', 9_000, { contentId: 'default/brd_other' }),
        ],
        losses: { reports: 0, increments: 0, folded: 0, viewings: 0, events: 0 },
      },
    });
    const params = { broadcastId: id };
    const { points, ...now } = await world.admin.call('GET /v1/broadcasts/{broadcastId}/viewers', { params });
    assert.deepEqual(now, {
      viewers: 3,
      latencyP50Ms: 3_000,
      latencyP95Ms: 3_900,
      regions: [
        {
          regionId: 'dublin',
          viewers: 2,
          stalledViewers: 1,
          latencyP50Ms: 3_000,
          latencyP95Ms: 3_900,
        },
        { regionId: 'singapore', viewers: 1, stalledViewers: 0, latencyP50Ms: null, latencyP95Ms: null },
      ],
    });
    const at = (atMs: number) => points.findLast((point) => point.atMs <= atMs)?.viewers;
    assert.deepEqual([points.length, at(nowMs - 120_000), at(nowMs - 60_000)], [41, 0, 5]);
    await say(node, report(id, { figures: { encodeDelayMs: 70, feedCount: 1 } }));
    const { workers } = await world.admin.call('GET /v1/broadcasts/{broadcastId}/figures', { params });
    assert.deepEqual(
      workers.map(({ points: told, ...worker }) => [worker, told.map(({ figures }) => figures)]),
      [[{ role: 'channel', nodeId: node.id, channel: 1 }, [{ encodeDelayMs: 70 }]]],
    );
  });

  test('the recording of a channel is an asset at once, the longer one wins, a stranger’s is refused', async (scope) => {
    const world = await suite.start();
    const { singapore: node } = await liveNodes(scope, world);
    const made = await world.admin.call('POST /v1/broadcasts', { body: { name: 'Match' } });
    const assetId = made.recordingAssetId ?? '';
    await say(node, report(made.id, {}));
    const media = (attempt: number, durationMs: number) => ({
      ...makeMedia({ attempt, record: { projectId: 'default', assetId, version: 1 } }, { durationMs }),
    });
    const finish = (channel: number, document: ReturnType<typeof media>) =>
      node.api.call('POST /node/v1/broadcasts/{broadcastId}/recording', {
        params: { broadcastId: made.id },
        body: { channel, media: document, copies: ['dublin'] },
      });
    await finish(1, media(1, 8_000));
    await finish(2, media(2, 10_000));
    await finish(1, media(1, 8_000));
    const asset = await world.admin.call('GET /v1/assets/{assetId}', { params: { assetId } });
    assert.deepEqual([asset.stage, asset.isPlayable, asset.durationMs], ['ready', true, 10_000]);
    assert.equal(await codeOf(finish(3, media(3, 20_000))), 'invalid_request');
    assert.equal(await codeOf(finish(1, media(2, 20_000))), 'invalid_request');
  });

  test('a restarted control tells the same list under its new term', async (scope) => {
    const world = await suite.start();
    const { singapore: node } = await liveNodes(scope, world);
    const { id } = await world.admin.call('POST /v1/broadcasts', { body: { name: 'Match' } });
    const before = await listOf(node, NOTHING);
    const again = await world.restart();
    try {
      const other = await again.node('dublin-1', { id: 'dublin-1-b' });
      const after = await listOf(other, before);
      assert.ok(after.term > before.term);
      assert.deepEqual(
        after.broadcasts.map(({ broadcastId }) => broadcastId),
        [id],
      );
    } finally {
      await again.stop();
    }
  });
});
