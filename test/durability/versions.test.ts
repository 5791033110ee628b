// A new version of an asset: processed while the old one is served, put in its place when complete; the old one goes
// after its grace, with viewers of it served until then. And the last resort: renditions that are gone everywhere.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { MeridianError } from '#contract/errors.ts';
import { clip } from '../support/media.ts';
import { waitFor } from '../support/wait-for.ts';
import type { RunningWorld } from '../support/world.ts';
import {
  copiesOf,
  digestMedia,
  filesOf,
  holdersOf,
  startFastWorld,
  storeOf,
  waitForCopies,
} from './support.ts';

/** Uploads with a grant; resolves to the status and the asset of the answer. */
async function upload(
  ingestUrl: string,
  grant: string,
  file: string,
): Promise<{ status: number; assetId: string | null }> {
  const bytes = readFileSync(file);
  const headers = { authorization: `Bearer ${grant}`, 'tus-resumable': '1.0.0' };
  const name = Buffer.from('new.mp4').toString('base64');
  const created = await fetch(`${ingestUrl}/files`, {
    method: 'POST',
    headers: { ...headers, 'upload-length': String(bytes.length), 'upload-metadata': `filename ${name}` },
  });
  const location = defined(created.headers.get('location') ?? undefined, `a location, got ${created.status}`);
  const sent = await fetch(new URL(location, `${ingestUrl}/files`), {
    method: 'PATCH',
    headers: { ...headers, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    body: bytes,
  });
  return { status: sent.status, assetId: sent.headers.get('meridian-asset') };
}

const assetView = (world: RunningWorld, assetId: string) =>
  world.client.call('GET /v1/assets/{assetId}', { params: { assetId } });

test('a video is replaced under the same id without a moment in which none is served', async () => {
  const world = await startFastWorld({ replacedGraceMs: 6_000 });
  try {
    const asset = await world.upload(clip({ seconds: 3, width: 320, height: 180 }));
    await waitForCopies(world, asset.id, 'renditions', 2);
    const edge = defined(world.regions[0], 'a region');
    const old = await digestMedia(edge.edgeUrl, asset);
    const document = join(storeOf(world, edge.id), asset.projectId, asset.id, 'v1/a1/media.json');
    const late = readFileSync(document);
    const { grant, version } = await world.client.call('POST /v1/upload-grants', {
      body: { assetId: asset.id },
    });
    assert.equal(version, 2);
    const sent = await upload(edge.ingestUrl, grant, clip({ seconds: 6, width: 640, height: 360 }));
    assert.deepEqual(sent, { status: 204, assetId: asset.id });
    const record = await assetView(world, asset.id);
    assert.deepEqual(
      [record.version, record.stage, record.isPlayable],
      [1, 'ready', true],
      'the old one is served',
    );
    const processing = defined(
      await waitFor('the version to be known', async () =>
        (await copiesOf(world, asset.id)).versions.find((each) => each.version === 2),
      ),
      'version 2',
    );
    assert.equal(processing.state, 'processing');
    const next = await waitFor(
      'the new version to be served',
      async () => {
        const view = await assetView(world, asset.id);
        return view.version === 2 ? view : undefined;
      },
      60_000,
    );
    assert.deepEqual([next.stage, next.isPlayable], ['ready', true]);
    assert.ok(Math.abs(defined(next.durationMs ?? undefined, 'a duration') - 6_000) < 200);
    assert.deepEqual(await digestMedia(edge.edgeUrl, asset), old, 'who watches the old one goes on');
    assert.ok((await digestMedia(edge.edgeUrl, next)).size > 0);
    assert.match(next.watchUrl, new RegExp(`/watch/default/${asset.id}\\?v=2$`));
    const goneEverywhere = () =>
      waitFor(
        'the old version to be gone everywhere',
        () =>
          world.regions.every(({ id }) => !filesOf(world, id, asset).some((name) => name.startsWith('v1/'))),
        40_000,
      );
    await goneEverywhere();
    // What another region pushes late is a document alone.
    await mkdir(dirname(document), { recursive: true });
    await writeFile(document, late);
    await goneEverywhere();
    await waitForCopies(world, asset.id, 'source', 3);
    await waitForCopies(world, asset.id, 'renditions', 2);
    const { versions } = await copiesOf(world, asset.id);
    assert.deepEqual(
      versions.map((each) => `${each.version} ${each.state}`),
      ['1 replaced', '2 serving'],
    );

    const other = clip({ seconds: 3, width: 640, height: 360 });
    const again = await upload(edge.ingestUrl, grant, other);
    assert.equal(again.status, 409, 'a grant that names an asset is good for one upload');
  } finally {
    await world.remove();
  }
});

test('a new version that cannot be processed leaves the old one served', async () => {
  const world = await startFastWorld();
  try {
    const asset = await world.upload(clip({ seconds: 3, width: 320, height: 180 }));
    const { grant } = await world.client.call('POST /v1/upload-grants', { body: { assetId: asset.id } });
    const file = join(world.directory, 'no-video.mp4');
    await writeFile(file, 'this is no video');
    const edge = defined(world.regions[1], 'a region');
    assert.equal((await upload(edge.ingestUrl, grant, file)).status, 204);
    const failed = await waitFor(
      'the version to fail',
      async () => (await copiesOf(world, asset.id)).versions.find(({ state }) => state === 'failed'),
      60_000,
    );
    assert.equal(failed.version, 2);
    assert.equal(failed.failure?.code, 'media_unsupported');
    const view = await assetView(world, asset.id);
    assert.deepEqual([view.version, view.stage, view.isPlayable, view.failure], [1, 'ready', true, null]);
    assert.ok((await digestMedia(edge.edgeUrl, asset)).size > 0);
    const unknown = world.client.call('POST /v1/upload-grants', {
      body: { assetId: 'ast_01jd0000000000000000000000' },
    });
    await assert.rejects(unknown, (error) => error instanceof MeridianError && error.code === 'not_found');
  } finally {
    await world.remove();
  }
});

test('renditions that are gone everywhere are encoded again from a source', async () => {
  const world = await startFastWorld();
  try {
    const asset = await world.upload(clip({ seconds: 3, width: 320, height: 180 }));
    await waitForCopies(world, asset.id, 'source', 3);
    const holders = await waitForCopies(world, asset.id, 'renditions', 2);
    for (const { id } of world.regions)
      await rm(join(storeOf(world, id), asset.projectId, asset.id, 'v1', 'a1'), {
        recursive: true,
        force: true,
      });
    const encode = await waitFor('an encoding to be planned', async () =>
      (await copiesOf(world, asset.id)).repairs.find(({ kind }) => kind === 'encode'),
    );
    assert.equal(encode.reason.code, 'all_copies_gone');
    assert.equal(encode.reason.values.lost, holders.length);
    assert.equal(encode.dueAtMs - encode.createdAtMs, 3_000);
    await waitFor(
      'the second attempt to be complete',
      async () => (await copiesOf(world, asset.id)).servedAttempt === 2,
      60_000,
    );
    await waitForCopies(world, asset.id, 'renditions', 2);
    for (const region of world.regions) {
      const digests = await waitFor(
        `${region.id} to serve it`,
        () => digestMedia(region.edgeUrl, asset).catch(() => undefined),
        30_000,
      );
      assert.ok(
        [...digests.keys()].every((address) => address.startsWith('a2/')),
        [...digests.keys()].join(' '),
      );
    }
    assert.ok((await holdersOf(world, asset.id, 'renditions')).length >= 2);
  } finally {
    await world.remove();
  }
});
