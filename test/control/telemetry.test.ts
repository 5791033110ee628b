// Reports of nodes to rollups, through the real HTTP API and a real PostgreSQL: each report counts once, late and skewed
// ones land where they belong, minutes and hours are the sums of their slices, and limits hold.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TelemetryReport, ViewingUpdate } from '#contract/telemetry.ts';
import { createTelemetry, type Telemetry } from '#control/telemetry/telemetry.ts';
import { sliceOf } from '#core/telemetry/series.ts';
import { findMetricProblems } from '../support/prometheus.ts';
import { codeOf, type FakeNode, onEveryDatabase, type TestControl } from './support.ts';

const NO_LOSSES = { reports: 0, increments: 0, folded: 0, viewings: 0, events: 0 };
const REQUEST = { region: 'dublin', site: 'dublin-1', kind: 'vod', object: 'media' };

type Series = TelemetryReport['slices'][number]['series'];

function report(
  world: TestControl,
  node: FakeNode,
  sequence: number,
  changes: Partial<TelemetryReport> = {},
): TelemetryReport {
  return {
    nodeId: node.id,
    bootId: 'boot-1',
    sequence,
    sentAtMs: world.clock.nowMs(),
    clockOffsetMs: 0,
    slices: [],
    viewings: [],
    losses: NO_LOSSES,
    ...changes,
  };
}

const requests = (count: number, outcome = 'ok'): Series => [
  { name: 'viewer_requests', labels: { ...REQUEST, outcome }, count },
];

async function sumOf(
  world: TestControl,
  query: { labels?: string; fromMs: number; toMs: number; stepMs?: number; name?: string },
): Promise<number> {
  const { points } = await world.admin.call('GET /v1/telemetry/series', {
    query: { name: 'viewer_requests', stepMs: 5_000, ...query },
  });
  return points.reduce((sum, { count }) => sum + count, 0);
}

function viewing(sid: string, atMs: number, changes: Partial<ViewingUpdate> = {}): ViewingUpdate {
  return {
    sid,
    contentId: 'default/ast_1',
    kind: 'vod',
    regionId: 'dublin',
    siteId: 'dublin-1',
    client: 'hls v2',
    state: 'playing',
    startedAtMs: atMs,
    updatedAtMs: atMs,
    endedAtMs: null,
    startupMs: 420,
    playMs: 1_000,
    stallMs: 0,
    stalls: 0,
    errors: 0,
    requests: 3,
    badRequests: 0,
    pathwayChanges: 0,
    bitrateKbps: 3_000,
    latencyMs: null,
    steps: [
      {
        atMs,
        kind: 'state',
        text: 'playing',
        siteId: 'dublin-1',
        bufferedMs: null,
        bitrateKbps: 3_000,
        latencyMs: null,
      },
    ],
    ...changes,
  };
}

/** A telemetry of its own on the world's database: what folds and tidies when the test says so. */
async function ownTelemetry(world: TestControl, config: object = {}): Promise<Telemetry> {
  const { configSchema } = await import('#contract/config.ts');
  const { silentLog } = await import('#platform/log.ts');
  const { createMetrics } = await import('#platform/metrics.ts');
  const telemetry = createTelemetry({
    config: configSchema.parse({ telemetry: config }),
    dataDirectory: world.dataDirectory,
    database: world.database,
    clock: world.clock,
    log: silentLog,
    metrics: createMetrics(),
    random: (bytes) => new Uint8Array(bytes),
  });
  await telemetry.load();
  return telemetry;
}

onEveryDatabase('telemetry', (suite) => {
  test('a report counts once, however often it arrives, also side by side and after a restart of the node', async () => {
    const world = await suite.start();
    const [node] = await world.settledNodes('dublin-1');
    assert.ok(node);
    const atMs = sliceOf(world.clock.nowMs()) - 10_000;
    const body = report(world, node, 1, { slices: [{ atMs, series: requests(7) }] });
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => node.api.call('POST /node/v1/telemetry', { body })),
    );
    assert.deepEqual(answers.map(({ isRepeated }) => isRepeated).sort(), [false, true, true, true]);
    const late = { ...body, sequence: 2, slices: [{ atMs, series: requests(2, 'late') }] };
    assert.equal((await node.api.call('POST /node/v1/telemetry', { body: late })).isRepeated, false);
    assert.equal((await node.api.call('POST /node/v1/telemetry', { body })).isRepeated, true);
    const reborn = { ...body, bootId: 'boot-2' };
    assert.equal((await node.api.call('POST /node/v1/telemetry', { body: reborn })).isRepeated, false);
    const span = { fromMs: atMs, toMs: atMs + 5_000 };
    assert.equal(await sumOf(world, { ...span, labels: 'outcome:ok' }), 14);
    assert.equal(await sumOf(world, { ...span, labels: 'site:dublin-1,outcome:late' }), 2);
    assert.equal(await sumOf(world, { fromMs: atMs + 5_000, toMs: atMs + 60_000 }), 0);
  });

  test('slices of a node whose clock is off move by its offset, and absurd ones are refused by name', async () => {
    const world = await suite.start();
    const [node] = await world.settledNodes('dublin-1');
    assert.ok(node);
    const atMs = sliceOf(world.clock.nowMs()) - 10_000;
    const skewed = report(world, node, 1, {
      clockOffsetMs: 61_300,
      slices: [{ atMs: atMs + 60_000, series: requests(5) }],
    });
    await node.api.call('POST /node/v1/telemetry', { body: skewed });
    assert.equal(await sumOf(world, { fromMs: atMs, toMs: atMs + 5_000 }), 5);
    const absurd = report(world, node, 2, {
      slices: [
        { atMs: atMs + 3_600_000, series: requests(1) },
        { atMs: atMs - 30 * 86_400_000, series: requests(1) },
        {
          atMs,
          series: [
            { name: 'made_up', labels: {}, count: 1 },
            { name: 'session_startup_ms', labels: {}, count: 1 },
          ],
        },
      ],
    });
    const { refused } = await node.api.call('POST /node/v1/telemetry', { body: absurd });
    assert.deepEqual(refused.map(({ reason }) => reason).sort(), [
      'not the kind of series that the name is',
      'slices in the future',
      'slices too old',
      'unknown series',
    ]);
    assert.equal(await sumOf(world, { fromMs: atMs - 60_000, toMs: atMs + 60_000 }), 5);
    const forged = { ...skewed, nodeId: 'singapore-1-a', sequence: 3 };
    assert.equal(await codeOf(node.api.call('POST /node/v1/telemetry', { body: forged })), 'invalid_request');
  });

  test('minutes and hours are the sums of their slices, again after late reports, and the feed tells each point once', async () => {
    const world = await suite.start();
    const [node] = await world.settledNodes('dublin-1');
    assert.ok(node);
    const telemetry = await ownTelemetry(world);
    const heard: number[] = [];
    telemetry.subscribe((points) => heard.push(points.reduce((sum, { count }) => sum + count, 0)));
    const hourMs = Math.floor((world.clock.nowMs() - 2 * 3_600_000) / 3_600_000) * 3_600_000;
    const startup = (value: number): Series => [
      {
        name: 'session_startup_ms',
        labels: { region: 'dublin', site: 'dublin-1', kind: 'vod' },
        count: 1,
        sum: value,
        buckets: { 150: 1 },
      },
    ];
    for (let slice = 0; slice < 24; slice += 1)
      await telemetry.accept(
        report(world, node, slice + 1, {
          slices: [{ atMs: hourMs + slice * 5_000, series: [...requests(1), ...startup(400)] }],
        }),
      );
    const hour = { name: 'viewer_requests', labels: {}, fromMs: hourMs, toMs: hourMs + 3_600_000 };
    const sums = async (stepMs: number): Promise<number[]> =>
      (await telemetry.read({ ...hour, stepMs })).map(({ count }) => count);
    // Before anything was computed, all comes from the slices.
    assert.deepEqual(await sums(60_000), [12, 12]);
    assert.deepEqual(await sums(3_600_000), [24]);
    await telemetry.fold();
    assert.deepEqual(await sums(60_000), [12, 12]);
    assert.deepEqual(await sums(3_600_000), [24]);
    await telemetry.accept(
      report(world, node, 100, { slices: [{ atMs: hourMs + 65_000, series: requests(3) }] }),
    );
    assert.deepEqual(await sums(60_000), [12, 15]);
    assert.deepEqual(await sums(3_600_000), [27]);
    await telemetry.fold();
    const { rows } = await import('kysely').then(({ sql }) =>
      sql<{ minutes: number; hours: number; dirty: number }>`select
        (select sum(count) from telemetry_points_1m)::int as minutes,
        (select sum(count) from telemetry_points_1h)::int as hours,
        (select count(*) from telemetry_dirty)::int as dirty`.execute(world.database),
    );
    assert.deepEqual(rows, [{ minutes: 51, hours: 51, dirty: 0 }]);
    // Odd ends come from narrower steps.
    const odd = { ...hour, fromMs: hourMs + 5_000, toMs: hourMs + 70_000, stepMs: 5_000 };
    assert.equal(
      (await telemetry.read(odd)).reduce((sum, { count }) => sum + count, 0),
      16,
    );
    const [quantiles] = await telemetry.read({ ...hour, name: 'session_startup_ms', stepMs: 3_600_000 });
    assert.deepEqual(quantiles?.buckets, { 150: 24 });
    assert.equal(quantiles?.sum, 24 * 400);
    assert.equal(
      heard.reduce((sum, count) => sum + count, 0),
      24 * 2 + 3,
    );
  });

  test('viewings are joined over the edges that heard of them, and shown second by second', async () => {
    const world = await suite.start();
    const nodes = await world.settledNodes('dublin-1', 'singapore-1');
    const [dublin, singapore] = nodes;
    assert.ok(dublin && singapore);
    const atMs = world.clock.nowMs() - 20_000;
    await dublin.api.call('POST /node/v1/telemetry', {
      body: report(world, dublin, 1, { viewings: [viewing('one', atMs), viewing('two', atMs + 1)] }),
    });
    const moved = viewing('one', atMs + 5_000, {
      regionId: 'singapore',
      siteId: 'singapore-1',
      startupMs: null,
      stalls: 1,
      requests: 1,
      playMs: 300,
    });
    await singapore.api.call('POST /node/v1/telemetry', {
      body: report(world, singapore, 1, { viewings: [moved] }),
    });
    const { sessions } = await world.admin.call('GET /v1/viewer-sessions', {});
    assert.deepEqual(
      sessions.map(({ sid }) => sid),
      ['one', 'two'],
    );
    const troubled = await world.admin.call('GET /v1/viewer-sessions', { query: { isTroubled: 'true' } });
    assert.deepEqual(
      troubled.sessions.map(({ sid, siteId, startupMs, requests: count, stalls, playMs }) => [
        sid,
        siteId,
        startupMs,
        count,
        stalls,
        playMs,
      ]),
      [['one', 'singapore-1', 420, 3, 1, 1_000]],
    );
    const { steps } = await world.admin.call('GET /v1/viewer-sessions/{sid}', { params: { sid: 'one' } });
    assert.deepEqual(
      steps.map((step) => step.atMs),
      [atMs, atMs + 5_000],
    );
    const sidsOf = async (query: object) =>
      (await world.admin.call('GET /v1/viewer-sessions', { query })).sessions.map(({ sid }) => sid);
    const [{ contentId } = { contentId: null }] = sessions;
    assert.deepEqual(await sidsOf({ contentId }), ['one', 'two']);
    assert.deepEqual(await sidsOf({ contentId: contentId?.split('/')[1] }), ['one', 'two']);
    assert.deepEqual(await sidsOf({ contentId: `other/${contentId?.split('/')[1]}` }), []);
    assert.deepEqual(await sidsOf({ trouble: 'stall' }), ['one']);
    assert.deepEqual(await sidsOf({ order: 'started' }), ['two', 'one']);
    assert.deepEqual(await sidsOf({ fromMs: atMs + 4_000 }), ['one'], 'still watched then');
    assert.deepEqual(await sidsOf({ toMs: atMs + 1 }), ['one'], 'began before');
    assert.deepEqual(await sidsOf({ kind: 'live' }), []);
    const first = await world.admin.call('GET /v1/viewer-sessions', {
      query: { order: 'started', limit: 1 },
    });
    assert.equal(first.nextBefore, `${atMs + 1}~two`);
    assert.deepEqual(await sidsOf({ order: 'started', before: first.nextBefore }), ['one']);
    assert.equal(await codeOf(sidsOf({ before: 'two' })), 'invalid_request');
    const other = await world.clientFor('viewer', 'default');
    assert.equal((await other.call('GET /v1/viewer-sessions', {})).sessions.length, 2);
    assert.equal(
      await codeOf(world.admin.call('GET /v1/viewer-sessions/{sid}', { params: { sid: 'nobody' } })),
      'not_found',
    );
  });

  test('what is older than the configuration says is dropped, a partition at a time', async () => {
    const world = await suite.start();
    const [node] = await world.settledNodes('dublin-1');
    assert.ok(node);
    const telemetry = await ownTelemetry(world, { keptSliceMs: 3_600_000, keptSessionMs: 600_000 });
    const atMs = sliceOf(world.clock.nowMs()) - 60_000;
    await telemetry.accept(
      report(world, node, 1, {
        slices: [{ atMs, series: requests(1) }],
        viewings: [viewing('one', atMs)],
      }),
    );
    await telemetry.fold();
    world.clock.advance(86_400_000);
    await telemetry.tidy();
    const read = (stepMs: number, toMs: number) =>
      telemetry.read({ name: 'viewer_requests', labels: {}, fromMs: atMs - 3_600_000, toMs, stepMs });
    assert.deepEqual(await read(5_000, atMs + 60_000), []);
    assert.equal(
      await codeOf(world.admin.call('GET /v1/viewer-sessions/{sid}', { params: { sid: 'one' } })),
      'not_found',
    );
  });

  test('a wrong question is told what is wrong with it, and metrics are as Prometheus wants them', async () => {
    const world = await suite.start();
    const ask = (query: Record<string, unknown>): Promise<string> =>
      world.admin.call('GET /v1/telemetry/series', { query: query as { name: string } }).then(
        () => 'accepted',
        (error: Error) => error.message,
      );
    assert.match(await ask({ name: 'made_up' }), /no series made_up; there are viewer_requests/);
    assert.match(await ask({ name: 'uploads', stepMs: 1_234 }), /no multiple of 5000/);
    assert.match(await ask({ name: 'uploads', labels: 'site:dublin-1' }), /one of region, outcome/);
    assert.match(await ask({ name: 'uploads', by: 'site' }), /uploads has no label site/);
    assert.match(await ask({ name: 'uploads', fromMs: 10, toMs: 5 }), /not before toMs/);
    assert.deepEqual(findMetricProblems(await (await fetch(`${world.url}/metrics`)).text()), []);
    const { series } = await world.admin.call('GET /v1/telemetry/names', {});
    assert.ok(series.some(({ name }) => name === 'viewer_requests'));
  });
});
