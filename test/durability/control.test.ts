// What control makes of reports: copies, losses, leases of repairs, drops, deletions, retention, quotas. Nodes are fake
// and sign like real ones; the database is real.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import type { Holding, HoldingsPage } from '#contract/storage.ts';
import {
  codeOf,
  type FakeNode,
  makeMedia,
  makeRecord,
  onEveryDatabase,
  type TestControl,
} from '../control/support.ts';
import { waitFor } from '../support/wait-for.ts';

const DAY_MS = 86_400_000;

const holding = (assetId: string, changes: Partial<Holding> = {}): Holding => ({
  projectId: 'default',
  assetId,
  version: 1,
  attempt: 0,
  class: 'source',
  bytes: 1_000,
  isComplete: true,
  damagedObjects: 0,
  documentRevision: 0,
  verifiedAtMs: null,
  ...changes,
});

/** Reports the whole store of a node's region, or a range of it. */
function report(
  world: TestControl,
  node: FakeNode,
  holdings: Holding[],
  changes: Partial<HoldingsPage> = {},
) {
  const listedAtMs = world.clock.nowMs();
  const page = {
    nodeId: node.id,
    from: '',
    until: '~',
    listedAtMs,
    holdings,
    gone: [],
    loneDocuments: [],
    findings: [],
    scrub: null,
  };
  return node.api.call('POST /node/v1/holdings', { body: { ...page, ...changes } });
}

const copies = (world: TestControl, assetId: string) =>
  world.admin.call('GET /v1/assets/{assetId}/copies', { params: { assetId } });

async function register(
  node: FakeNode,
  changes: Parameters<typeof makeRecord>[0] = {},
  regionIds = ['dublin'],
) {
  const record = makeRecord(changes, regionIds);
  await node.api.call('POST /node/v1/uploads', { body: { record } });
  return record.assetId;
}

/** Processes the next job to its end. */
async function process(node: FakeNode, holders = ['dublin', 'singapore']): Promise<string> {
  const [claimed] = await node.claim();
  const job = defined(claimed, 'a job');
  const media = makeMedia(job, { holders });
  await node.api.call('POST /node/v1/jobs/{jobId}/complete', {
    params: { jobId: job.id },
    body: { fence: job.fence, result: { media, copies: holders } },
  });
  return job.record.assetId;
}

/** Moves the clock and lets nodes beat, so that nobody is taken for dead. */
async function pass(world: TestControl, nodes: readonly FakeNode[], milliseconds: number): Promise<void> {
  world.clock.advance(milliseconds);
  for (const node of nodes) await node.beat();
}

const claimRepairs = async (node: FakeNode) =>
  (await node.api.call('POST /node/v1/repairs/claim', { body: { nodeId: node.id, slots: 4 } })).repairs;

onEveryDatabase('storage', (suite) => {
  test('a page speaks for its range alone, and an older listing loses nothing', async () => {
    const world = await suite.start();
    const [dublin, singapore] = await world.settledNodes('dublin-1', 'singapore-1');
    assert.ok(dublin && singapore);
    const first = await register(dublin);
    const second = await register(dublin);
    const lostOf = async (assetId: string) =>
      (await copies(world, assetId)).copies.map(
        ({ regionId, lostAtMs }) => `${regionId} ${lostAtMs === null}`,
      );
    await report(world, dublin, []);
    assert.deepEqual(await lostOf(first), ['dublin true'], 'the listing may have begun before the upload');
    await report(world, dublin, [holding(first), holding(second)]);
    const early = world.clock.nowMs() - 60_000;
    await report(world, dublin, [], { listedAtMs: early });
    assert.deepEqual(await lostOf(first), ['dublin true'], 'a late answer');
    await report(world, singapore, []);
    assert.deepEqual(await lostOf(first), ['dublin true'], 'another region');
    await pass(world, [dublin, singapore], 10);
    await report(world, dublin, [], { from: `default/${second}`, until: `default/${second}` });
    assert.deepEqual([await lostOf(first), await lostOf(second)], [['dublin true'], ['dublin false']]);
    await pass(world, [dublin, singapore], 10);
    await report(world, dublin, [holding(first), holding(second)]);
    assert.deepEqual(await lostOf(second), ['dublin true'], 'it is back');
  });

  test('a copy is leased by a node of its region, fenced, and changes who holds the asset', async () => {
    const world = await suite.start({ config: { durability: { repairDelayMs: 60_000 } } });
    const nodes = await world.settledNodes('dublin-1', 'singapore-1', 'los-angeles-1');
    const [dublin, singapore, angeles] = nodes;
    assert.ok(dublin && singapore && angeles);
    await register(dublin, {}, ['dublin', 'singapore']);
    const assetId = await process(dublin);
    const planned = await waitFor(
      'a copy of the source to be planned',
      async () => (await copies(world, assetId)).repairs[0],
    );
    assert.equal(planned.reason.code, 'never_made');
    assert.equal(planned.regionId, 'los-angeles');
    assert.deepEqual(await claimRepairs(angeles), [], 'not due yet');
    await pass(world, nodes, 6_000);
    assert.deepEqual(await claimRepairs(singapore), [], 'for another region');
    const lease = defined((await claimRepairs(angeles))[0], 'a repair');
    assert.deepEqual(lease.source, { bytes: 1_000, sha256: 'a'.repeat(64) });
    assert.equal(lease.record.assetId, assetId);
    assert.deepEqual([...lease.fromRegionIds].sort(), ['dublin', 'singapore']);
    assert.deepEqual(await claimRepairs(angeles), [], 'leased once');
    await world.database
      .updateTable('repairs')
      .set({ lease_until_ms: 1 })
      .where('state', '=', 'leased')
      .execute();
    const next = await waitFor('the lease to be taken back', async () => (await claimRepairs(angeles))[0]);
    assert.ok(next.fence > lease.fence);
    const complete = (fence: number) =>
      angeles.api.call('POST /node/v1/repairs/{repairId}/complete', {
        params: { repairId: lease.id },
        body: { fence, bytes: 1_000 },
      });
    assert.equal(await codeOf(complete(lease.fence)), 'lease_lost');
    assert.deepEqual((await complete(next.fence)).holders.sort(), ['dublin', 'los-angeles', 'singapore']);
    await complete(next.fence);
    const view = await world.admin.call('GET /v1/assets/{assetId}', { params: { assetId } });
    assert.deepEqual([...view.sourceRegionIds].sort(), ['dublin', 'los-angeles', 'singapore']);
  });

  test('a lost copy of renditions gives its document a revision that nobody else gives', async () => {
    const world = await suite.start({ config: { durability: { repairDelayMs: 1_000, sourceCopies: 1 } } });
    const nodes = await world.settledNodes('dublin-1', 'singapore-1', 'los-angeles-1');
    const [dublin, singapore, angeles] = nodes;
    assert.ok(dublin && singapore && angeles);
    await register(dublin);
    const assetId = await process(dublin);
    const media = { attempt: 1, class: 'renditions' as const, documentRevision: 12 };
    await report(world, dublin, [holding(assetId), holding(assetId, media)]);
    await report(world, singapore, [holding(assetId, media)]);
    await pass(world, nodes, 10);
    await report(world, singapore, []);
    const planned = await waitFor(
      'a repair to be planned',
      async () => (await copies(world, assetId)).repairs[0],
    );
    assert.deepEqual([planned.reason.code, planned.regionId], ['copy_lost', 'singapore']);
    await pass(world, nodes, 2_000);
    const lease = defined((await claimRepairs(singapore))[0], 'a repair');
    const { holders, documentRevision } = await singapore.api.call(
      'POST /node/v1/repairs/{repairId}/complete',
      {
        params: { repairId: lease.id },
        body: { fence: lease.fence, bytes: 5 },
      },
    );
    assert.deepEqual([holders.sort(), documentRevision], [['dublin', 'singapore'], 13]);
  });

  test('an asset that is deleted while it is copied cancels the copy', async () => {
    const world = await suite.start();
    const nodes = await world.settledNodes('dublin-1', 'singapore-1');
    const [dublin, singapore] = nodes;
    assert.ok(dublin && singapore);
    const assetId = await register(dublin);
    await waitFor('a repair to be planned', async () => (await copies(world, assetId)).repairs[0]);
    await pass(world, nodes, 6_000);
    const lease = await waitFor('a repair', async () => (await claimRepairs(singapore))[0]);
    await world.admin.call('DELETE /v1/assets/{assetId}', { params: { assetId } });
    const beat = () =>
      singapore.api.call('POST /node/v1/repairs/{repairId}/heartbeat', {
        params: { repairId: lease.id },
        body: { fence: lease.fence, bytesDone: 1 },
      });
    await waitFor('the copy to be cancelled', async () => (await beat()).isCancelled);
  });

  test('outdone attempts may go after the grace, the served one never', async () => {
    const world = await suite.start({ config: { durability: { replacedGraceMs: 60_000 } } });
    const nodes = await world.settledNodes('dublin-1');
    const [dublin] = nodes;
    assert.ok(dublin);
    await register(dublin);
    const [first] = await dublin.claim();
    await dublin.api.call('POST /node/v1/jobs/{jobId}/fail', {
      params: { jobId: defined(first, 'a job').id },
      body: { fence: 1, failure: { code: 'internal', message: 'no', isRetryable: true } },
    });
    await world.database.updateTable('jobs').set({ run_at_ms: 1 }).execute();
    const assetId = await process(dublin, ['dublin']);
    const held = [0, 1, 2].map((attempt) =>
      holding(assetId, { attempt, class: attempt === 0 ? 'source' : 'renditions' }),
    );
    assert.deepEqual((await report(world, dublin, held)).drops, []);
    await pass(world, nodes, 60_000);
    const codesOf = ({ drops }: Awaited<ReturnType<typeof report>>) =>
      drops.map(({ version, attempt, reason }) => [version, attempt, reason.code]);
    const outdone = [[1, 1, 'attempt_outdone']];
    assert.deepEqual(codesOf(await report(world, dublin, held)), outdone);
    const loneDocuments = [{ projectId: 'default', assetId, version: 1, attempt: 1 }];
    assert.deepEqual(
      codesOf(await report(world, dublin, [], { loneDocuments })),
      outdone,
      'a document alone',
    );
  });

  test('a deletion keeps bytes until its grace is over, and then says so in the record', async () => {
    const world = await suite.start({ config: { durability: { deleteGraceMs: 600_000 } } });
    const nodes = await world.settledNodes('dublin-1');
    const [dublin] = nodes;
    assert.ok(dublin);
    const assetId = await register(dublin);
    const newest = async () => {
      const { records } = await dublin.api.call('GET /node/v1/records', { query: { after: 0 } });
      const record = defined(records[0], 'a record');
      return [record.isDeleted, record.keepsBytes ?? false];
    };
    const restore = () => world.admin.call('POST /v1/assets/{assetId}/restore', { params: { assetId } });
    await world.admin.call('DELETE /v1/assets/{assetId}', { params: { assetId } });
    assert.deepEqual(await newest(), [true, true]);
    assert.equal((await restore()).stage, 'queued');
    assert.deepEqual(await newest(), [false, false]);
    assert.equal((await dublin.claim())[0]?.record.assetId, assetId, 'its processing goes on');
    await world.admin.call('DELETE /v1/assets/{assetId}', { params: { assetId } });
    await pass(world, nodes, 600_000);
    assert.equal(await codeOf(restore()), 'gone');
    await waitFor('the bytes to go', async () => (await newest())[1] === false);
    assert.deepEqual(await newest(), [true, false]);
  });

  test('a region’s word that nothing is left counts only for the tombstone that removes bytes', async () => {
    const world = await suite.start({ config: { durability: { deleteGraceMs: 0 } } });
    const nodes = await world.settledNodes('dublin-1', 'singapore-1', 'los-angeles-1');
    const [dublin] = nodes;
    assert.ok(dublin);
    const assetId = await register(dublin);
    await world.admin.call('DELETE /v1/assets/{assetId}', { params: { assetId } });
    const { records } = await dublin.api.call('GET /node/v1/records', { query: { after: 0 } });
    const { revision } = defined(records[0], 'a record');
    const gone = (at: number) => ({ gone: [{ projectId: 'default', assetId, revision: at }] });
    const proof = async () => defined((await copies(world, assetId)).deletion, 'a deletion');
    await report(world, dublin, [], gone(revision - 1));
    assert.ok((await proof()).regions.every(({ goneAtMs }) => goneAtMs === null));
    for (const node of nodes) {
      assert.equal((await proof()).goneEverywhereAtMs, null);
      await report(world, node, [], gone(revision));
    }
    await report(world, dublin, [holding(assetId)], { listedAtMs: world.clock.nowMs() - 1_000 });
    await waitFor('the proof', async () => (await proof()).goneEverywhereAtMs);
    assert.ok((await proof()).regions.every(({ goneAtMs, bytes }) => goneAtMs !== null && bytes === 0));
  });

  test('retention deletes what is older than its project keeps, and nothing else', async () => {
    const world = await suite.start();
    const nodes = await world.settledNodes('dublin-1');
    const [dublin] = nodes;
    assert.ok(dublin);
    await world.admin.call('POST /v1/projects', { body: { id: 'other', name: 'Other' } });
    const nowMs = world.clock.nowMs();
    const old = await register(dublin, { createdAtMs: nowMs - 8 * DAY_MS });
    const young = await register(dublin, { createdAtMs: nowMs - 6 * DAY_MS });
    const elsewhere = await register(dublin, { projectId: 'other', createdAtMs: nowMs - 8 * DAY_MS });
    await world.admin.call('PUT /v1/projects/{projectId}/quotas', {
      params: { projectId: 'default' },
      body: { storedBytesMax: null, assetsMax: null, uploadBytesPerDayMax: null, retentionDays: 7 },
    });
    await pass(world, nodes, 61_000);
    await waitFor('the old one to be deleted', async () => (await copies(world, old)).deletion);
    assert.deepEqual(
      [(await copies(world, young)).deletion, (await copies(world, elsewhere)).deletion],
      [null, null],
    );
    const { entries } = await world.admin.call('GET /v1/audit', { query: { limit: 200 } });
    assert.deepEqual(
      entries.filter(({ actor }) => actor === 'retention').map(({ action, subject }) => [action, subject]),
      [['asset.delete', old]],
    );
  });

  test('quotas are enforced when a grant is made, and visible', async () => {
    const world = await suite.start();
    const [dublin] = await world.settledNodes('dublin-1');
    assert.ok(dublin);
    const set = (changes: object) =>
      world.admin.call('PUT /v1/projects/{projectId}/quotas', {
        params: { projectId: 'default' },
        body: {
          storedBytesMax: null,
          assetsMax: null,
          uploadBytesPerDayMax: null,
          retentionDays: null,
          ...changes,
        },
      });
    const grant = (body: object = {}) => world.admin.call('POST /v1/upload-grants', { body });
    const assetId = await register(dublin);
    await report(world, dublin, [holding(assetId)]);
    await set({ storedBytesMax: 4_000 });
    assert.equal((await grant()).bytesMax, 1_000, 'what is left for three copies');
    await set({ storedBytesMax: 1_002 });
    assert.equal(await codeOf(grant()), 'quota_exceeded');
    await set({ uploadBytesPerDayMax: 1_500 });
    assert.equal((await grant()).bytesMax, 500);
    await set({ assetsMax: 1 });
    assert.equal(await codeOf(grant()), 'quota_exceeded');
    assert.equal((await grant({ assetId })).version, 2, 'a new version is no new asset');
    assert.equal((await grant({ assetId })).version, 3, 'each grant has its own');
    const usage = await world.admin.call('GET /v1/storage/usage', { query: {} });
    const project = defined(usage.projects[0], 'a project');
    assert.deepEqual(
      [
        project.assets,
        project.storedBytes,
        project.stored,
        project.uploadedBytesLastDay,
        project.quotas.assetsMax,
      ],
      [1, 1_000, [{ class: 'source', regionId: 'dublin', bytes: 1_000 }], 1_000, 1],
    );
    assert.equal(project.storedCostPerMonth, (1_000 / 1e9) * 0.02);
  });
});
