// What operators look at: edges with their hot objects and shares, egress by project, the timeline of an asset. Nodes
// are fake and sign like real ones; the database is real.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import type { EdgeReport } from '#contract/node-api.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  codeOf,
  type FakeNode,
  makeMedia,
  makeRecord,
  onEveryDatabase,
  type TestControl,
} from './support.ts';

const HOT = { path: '/m/default/ast_x/v1/a1/v720/3.m4s', requestsPerSecond: 12.5 };

const edgeReport = (bytesByProject: Record<string, number>): EdgeReport => ({
  bytesByProject,
  hotObjects: [HOT],
});

/** Time passes, and the node reports. */
async function beatLater(world: TestControl, node: FakeNode, changes: Parameters<FakeNode['beat']>[0]) {
  world.clock.advance(2_000);
  await node.beat(changes);
}

onEveryDatabase('operations', (suite) => {
  test('an edge shows where its answers came from, what it owns and what is hot', async () => {
    const world = await suite.start();
    const [dublin] = await world.settledNodes('dublin-1');
    const node = defined(dublin, 'a node');
    const counters = (times: number) => ({
      edge_bytes_sent_total: 1_000_000 * times,
      edge_requests_total: 40 * times,
      edge_hits_total: 30 * times,
      edge_disk_hits_total: 10 * times,
      edge_misses_total: 10 * times,
      'edge_mate_fetches_total{result="done"}': 6 * times,
      'edge_origin_fetches_total{region="dublin"}': 4 * times,
      'edge_origin_fetches_total{kind="hedge",region="dublin"}': 2 * times,
      'edge_shed_total{reason="fetches",priority="video"}': 2 * times,
    });
    const gauges = { edge_connections: 7, edge_cache_bytes: 5_000, something_else: 1 };
    await node.beat({ counters: counters(1), gauges });
    await beatLater(world, node, { counters: counters(2), gauges, edge: edgeReport({}) });
    const { edges } = await world.admin.call('GET /v1/edges');
    const edge = defined(
      edges.find(({ nodeId }) => nodeId === node.id),
      'the edge',
    );
    // By the time between two beats, whatever that was: what counts is how they compare.
    const { objects, fetches } = edge;
    const unit = objects.diskPerSecond / 10;
    const within = (perSecond: number, count: number): void => {
      assert.equal(
        Math.abs(perSecond - count * unit) < 0.1,
        true,
        `${perSecond}, not ${count} times ${unit}`,
      );
    };
    assert.equal(unit > 0, true);
    within(objects.memoryPerSecond, 20);
    within(objects.fetchedPerSecond, 10);
    within(fetches.matePerSecond, 6);
    within(fetches.originPerSecond, 4);
    within(fetches.hedgePerSecond, 2);
    within(edge.requestsPerSecond, 40);
    within(edge.shedPerSecond, 2);
    within(edge.egressBps / 8_000_000, 1);
    assert.deepEqual([edge.connections, edge.cacheBytes], [7, 5_000]);
    assert.deepEqual([edge.ownedShare, edge.diskBytes, edge.hotObjects], [1, null, [HOT]]);
  });

  test('egress is booked by project once, over repeated reports and a restart of the edge', async () => {
    const world = await suite.start();
    const [dublin] = await world.settledNodes('dublin-1');
    const node = defined(dublin, 'a node');
    await world.admin.call('POST /v1/projects', { body: { id: 'other', name: 'Other' } });
    const sent = async () => {
      const { projects } = await world.admin.call('GET /v1/storage/usage', { query: {} });
      return projects.map(({ projectId, egress }) => [
        projectId,
        egress.find(({ regionId }) => regionId === 'dublin')?.bytesLast30Days,
      ]);
    };
    const booked = async (expected: unknown) => {
      world.clock.advance(61_000);
      await waitFor('the egress to be booked', async () => {
        const now = await sent();
        return JSON.stringify(now) === JSON.stringify(expected) ? true : undefined;
      });
    };
    await beatLater(world, node, { edge: edgeReport({ default: 2_000_000_000, other: 10 }) });
    await booked([
      ['default', 2_000_000_000],
      ['other', 10],
    ]);
    await beatLater(world, node, { edge: edgeReport({ default: 2_000_000_500, other: 10 }) });
    node.reboot();
    await beatLater(world, node, { edge: edgeReport({ default: 70 }) });
    await booked([
      ['default', 2_000_000_570],
      ['other', 10],
    ]);
    const { projects } = await world.admin.call('GET /v1/storage/usage', { query: { projectId: 'default' } });
    const cost = projects[0]?.egress.find(({ regionId }) => regionId === 'dublin')?.cost ?? 0;
    assert.equal(cost > 0.05 && cost < 0.2, true, `two gigabytes cost ${cost}`);
  });

  test('the timeline tells what happened to an asset from its upload to its deletion', async () => {
    const world = await suite.start();
    const [dublin] = await world.settledNodes('dublin-1');
    const node = defined(dublin, 'a node');
    const record = makeRecord();
    const params = { assetId: record.assetId };
    await node.api.call('POST /node/v1/uploads', { body: { record } });
    const job = defined((await node.claim())[0], 'a job');
    const media = makeMedia(job);
    await node.api.call('POST /node/v1/jobs/{jobId}/complete', {
      params: { jobId: job.id },
      body: { fence: job.fence, result: { media, copies: ['dublin'] } },
    });
    await world.admin.call('PATCH /v1/assets/{assetId}', { params, body: { name: 'Better name' } });
    await world.admin.call('DELETE /v1/assets/{assetId}', { params });
    const key = `default/${record.assetId}/v1/source`;
    const finding = { atMs: world.clock.nowMs(), kind: 'damaged' as const, key, detail: 'its checksum' };
    const listedAtMs = world.clock.nowMs();
    await node.api.call('POST /node/v1/holdings', {
      body: {
        nodeId: node.id,
        from: '',
        until: '~',
        listedAtMs,
        holdings: [],
        gone: [],
        loneDocuments: [],
        findings: [finding],
        scrub: null,
      },
    });
    const { entries } = await world.admin.call('GET /v1/assets/{assetId}/timeline', { params });
    const codes = entries.map(({ code }) => code);
    for (const code of [
      'asset.created',
      'job.started',
      'job.done',
      'asset.ready',
      'asset.renamed',
      'asset.deleted',
    ])
      assert.equal(codes.includes(code), true, `${code} is missing in ${codes}`);
    assert.deepEqual(
      entries.filter(({ kind }) => kind === 'store').map(({ code, detail }) => [code, detail]),
      [['store.damaged', 'v1/source']],
    );
    assert.equal(entries.find(({ code }) => code === 'asset.renamed')?.detail, 'Better name');
    const times = entries.map(({ atMs }) => atMs);
    assert.deepEqual(
      times,
      [...times].sort((one, other) => other - one),
    );
    const changed = entries.find(({ kind, code }) => kind === 'change' && code !== 'asset.register');
    assert.match(changed?.actor ?? '', /^token:/);
    const unknown = { assetId: makeRecord().assetId };
    assert.equal(
      await codeOf(world.admin.call('GET /v1/assets/{assetId}/timeline', { params: unknown })),
      'not_found',
    );
  });
});
