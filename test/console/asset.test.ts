// The page of one asset: playback at a chosen edge, copies, versions, what happened, deletion and its undoing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import type { AssetView } from '#contract/api/assets.ts';
import { MeridianError } from '#contract/errors.ts';
import { waitFor } from '../support/wait-for.ts';
import { useConsoles } from './console-page.ts';
import type { FakeControl } from './fake-control.ts';

const consoles = useConsoles();

const assetOf = ({ state }: FakeControl): AssetView => defined(state.assets[5], 'an asset');

/** Opens the page of a ready asset. */
async function openAsset(prepare: (control: FakeControl) => void = () => {}) {
  const opened = await consoles.open(prepare, { path: '#/library' });
  const asset = assetOf(opened.control);
  await opened.page.goto(`${opened.control.url}/#/assets/${asset.id}`);
  await opened.page.getByRole('heading', { name: asset.name, level: 1 }).waitFor();
  return { ...opened, asset };
}

test('an asset shows its renditions, where it is kept, the repair under way and what happened', async () => {
  const { page } = await openAsset();
  const copies = page.getByRole('region', { name: 'Copies' });
  await copies.getByText('2 of 3 source').waitFor();
  await copies.getByText('2 of 2 renditions').waitFor();
  const repairs = copies.getByRole('list', { name: 'Repairs under way' });
  assert.match(await repairs.innerText(), /Repairing\s+Source to Dublin from Los Angeles and Singapore/);
  await page.getByRole('cell', { name: '1920 × 1080' }).waitFor();
  const happened = page.getByRole('region', { name: 'What happened' });
  await happened.getByText('An encoder took it singapore-1-a').waitFor();
  await happened.getByText('A new name was given by first admin').waitFor();
});

test('the playback test plays at the chosen edge and measures what a player fetches there', async () => {
  const { page, control, asset } = await openAsset(({ state, edgeUrl }) => {
    const found = defined(state.assets[5], 'an asset');
    for (const playlist of found.playlists)
      playlist.hls = `${edgeUrl}/${playlist.regionId}/m/default/${found.id}/v1/main.m3u8`;
  });
  const test = page.getByRole('region', { name: 'Playback test' });
  await test.getByRole('button', { name: 'Dublin' }).click();
  const frame = test.locator('iframe');
  await waitFor('the player at the edge in Dublin', async () => {
    return (await frame.getAttribute('src')) === `${control.edgeUrl}/dublin/embed/default/${asset.id}`;
  });
  await test.getByRole('button', { name: 'Test this edge' }).click();
  await test.getByRole('row', { name: /The same again.*200 OK/ }).waitFor();
  const steps = await test.locator('tbody tr td:first-child').allInnerTexts();
  assert.deepEqual(steps, [
    'Multivariant playlist',
    'Media playlist',
    'Initialization',
    'First segment',
    'The same again',
  ]);
});

test('a version is uploaded from the page, under the same asset', async () => {
  const { page, control, asset } = await openAsset();
  await page
    .getByLabel('Video that replaces this one')
    .first()
    .setInputFiles({
      name: 'better.mp4',
      mimeType: 'video/mp4',
      buffer: Buffer.alloc(2_000),
    });
  await page.getByText('The present video is served until the new one is complete').waitFor();
  const grant = await waitFor('a grant', () =>
    control.calls.find(({ key }) => key === 'POST /v1/upload-grants'),
  );
  assert.deepEqual(
    [(grant.body as { assetId?: string }).assetId, (grant.body as { projectId?: string }).projectId],
    [asset.id, asset.projectId],
  );
});

test('a deleted asset counts down until its bytes go, and is brought back', async () => {
  const { page, control, asset } = await openAsset();
  const copies = defined(control.state.storage.copies.get(asset.id), 'copies');
  control.state.storage.restore = () => {
    copies.deletion = null;
    control.state.failing.delete('GET /v1/assets/{assetId}');
    control.state.assets = [asset, ...control.state.assets];
    return asset;
  };
  await page.getByRole('button', { name: `Actions for ${asset.name}` }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  const nowMs = Date.now();
  copies.deletion = {
    assetId: asset.id,
    projectId: asset.projectId,
    name: asset.name,
    deletedAtMs: nowMs,
    restoreUntilMs: nowMs + 90 * 60_000,
    goneEverywhereAtMs: null,
    regions: [],
  };
  await page.getByRole('dialog').getByRole('button', { name: 'Delete everywhere' }).click();
  control.state.failing.set('GET /v1/assets/{assetId}', new MeridianError('gone', { what: 'asset' }));
  control.updates.tell('assets');
  await page.getByText(/kept for another 1:2\d:\d\d/).waitFor();
  const left = page.locator('.deletion-left');
  const before = await left.innerText();
  await waitFor('the countdown to go on', async () => (await left.innerText()) !== before);
  await page.getByRole('button', { name: 'Undo the deletion' }).click();
  await page.getByText(`${asset.name} is back`).waitFor();
  await page.getByRole('region', { name: 'Playback test' }).waitFor();
  copies.deletion = {
    ...copies.deletion,
    assetId: asset.id,
    projectId: asset.projectId,
    name: asset.name,
    deletedAtMs: nowMs,
    restoreUntilMs: null,
    goneEverywhereAtMs: nowMs,
    regions: [{ regionId: 'dublin', goneAtMs: nowMs, bytes: 0 }],
  };
  control.state.failing.set('GET /v1/assets/{assetId}', new MeridianError('gone', { what: 'asset' }));
  control.updates.tell('assets');
  await page.getByText('Nothing is left of it').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Undo the deletion' }).count(), 0);
});

test('what was deleted lately is listed in the library, and brought back from there', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/library' });
  const asset = assetOf(control);
  const copies = defined(control.state.storage.copies.get(asset.id), 'copies');
  copies.deletion = {
    assetId: asset.id,
    projectId: asset.projectId,
    name: asset.name,
    deletedAtMs: Date.now(),
    restoreUntilMs: Date.now() + 600_000,
    goneEverywhereAtMs: null,
    regions: [],
  };
  control.state.storage.restore = () => {
    copies.deletion = null;
    return asset;
  };
  await page.getByRole('button', { name: 'Recently deleted' }).click();
  await page.getByText(/can be undone for (?:9:5\d|10:00)/).waitFor();
  await page.getByRole('button', { name: `Undo the deletion of ${asset.name}` }).click();
  await page.getByText('Nothing was deleted lately').waitFor();
});

test('an asset that never existed says so', async () => {
  const { page } = await consoles.open(
    ({ state }) => {
      const unknown = new MeridianError('not_found', { what: 'such asset' });
      state.failing.set('GET /v1/assets/{assetId}', unknown);
    },
    { path: '#/assets/ast_01jd0000000000000000000000' },
  );
  await page.getByText('There is no such asset').waitFor();
});
