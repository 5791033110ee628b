// How uploads are encoded, as control resolves it: what the project asks for, what the upload asks for, and what of it
// reaches the job, the records and the people who look at an asset.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import type { EncodingReport } from '#contract/encoding.ts';
import { codeOf, type FakeNode, makeMedia, makeRecord, onEveryDatabase } from './support.ts';

const params = { projectId: 'default' };

async function jobFor(node: FakeNode, changes: Parameters<typeof makeRecord>[0] = {}) {
  const record = makeRecord(changes);
  await node.api.call('POST /node/v1/uploads', { body: { record } });
  return defined((await node.claim())[0], 'a job');
}

onEveryDatabase('encoding at control', (suite) => {
  test('without any setting, jobs are of the standard preset in H.264', async () => {
    const world = await suite.start();
    const job = await jobFor(await world.node('dublin-1'));
    assert.deepEqual(job.encoding, { preset: 'standard', isPerTitle: false, codecs: ['h264'] });
  });

  test('a project has a preset and codecs, an upload may name another preset', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const settings = { preset: 'economy', isPerTitle: null, codecs: ['h264', 'av1'] } as const;
    await world.admin.call('PUT /v1/projects/{projectId}/encoding', {
      params,
      body: { ...settings, codecs: [...settings.codecs] },
    });
    assert.deepEqual(await world.admin.call('GET /v1/projects/{projectId}/encoding', { params }), settings);
    const { encoding } = await jobFor(node);
    assert.deepEqual(encoding, { preset: 'economy', isPerTitle: true, codecs: ['h264', 'av1'] });
    const asked = await jobFor(node, { preset: 'standard' });
    assert.deepEqual(asked.encoding, { preset: 'standard', isPerTitle: false, codecs: ['h264', 'av1'] });
    assert.equal(asked.record.preset, 'standard');
  });

  test('per title is on or off for all presets where the project says so', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const body = { preset: 'quality' as const, isPerTitle: false, codecs: ['h264' as const] };
    await world.admin.call('PUT /v1/projects/{projectId}/encoding', { params, body });
    assert.equal((await jobFor(node)).encoding?.isPerTitle, false);
    await world.admin.call('PUT /v1/projects/{projectId}/encoding', {
      params,
      body: { ...body, isPerTitle: true },
    });
    assert.equal((await jobFor(node, { preset: 'standard' })).encoding?.isPerTitle, true);
  });

  test('settings without H.264, with a codec twice or for no project are refused', async () => {
    const world = await suite.start();
    const put = (codecs: ('h264' | 'av1' | 'hevc')[], projectId = 'default') =>
      codeOf(
        world.admin.call('PUT /v1/projects/{projectId}/encoding', {
          params: { projectId },
          body: { preset: 'standard', isPerTitle: null, codecs },
        }),
      );
    assert.equal(await put(['av1']), 'invalid_request');
    assert.equal(await put(['h264', 'av1', 'av1']), 'invalid_request');
    assert.equal(await put(['h264'], 'nobody'), 'not_found');
  });

  test('an import carries its preset to the node that fetches it', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const made = await world.admin.call('POST /v1/imports', {
      body: { url: 'https://media.example/a.mp4', preset: 'quality' },
    });
    assert.equal(made.preset, 'quality');
    const { tasks } = await node.api.call('POST /node/v1/imports/claim', {
      body: { nodeId: node.id, slots: 1, waitMs: 5_000 },
    });
    assert.equal(tasks[0]?.preset, 'quality');
  });

  test('people see how an asset was encoded, and why', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const job = await jobFor(node, { preset: 'economy' });
    const { assetId } = job.record;
    const look = () => world.admin.call('GET /v1/assets/{assetId}', { params: { assetId } });
    assert.equal((await look()).encoding, null);
    const report: EncodingReport = {
      preset: 'economy',
      isPerTitle: true,
      codecs: ['h264'],
      reasons: [{ code: 'rung', subject: 'v480', values: { bitrateBps: 400_000 } }],
    };
    await node.api.call('POST /node/v1/jobs/{jobId}/complete', {
      params: { jobId: job.id },
      body: { fence: job.fence, result: { media: makeMedia(job, { encoding: report }), copies: ['dublin'] } },
    });
    const seen = await look();
    assert.equal(seen.preset, 'economy');
    assert.deepEqual(seen.encoding, report);
  });
});
