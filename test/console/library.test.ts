// The library: list, search, keyboard, panel, menu, rename, visibility, delete, and its empty and failing states.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { defined } from '#base/assert.ts';
import { MeridianError } from '#contract/errors.ts';
import { waitFor } from '../support/wait-for.ts';
import { useConsoles } from './console-page.ts';

const consoles = useConsoles();

const LIBRARY = { path: '#/library' };

function rowNames(page: Page): Promise<string[]> {
  return page.locator('.row-link').allInnerTexts();
}

async function chooseFromMenu(page: Page, asset: string, entry: string): Promise<void> {
  await page
    .getByRole('button', { name: `Actions for ${asset}` })
    .first()
    .click();
  await page.getByRole('menuitem', { name: entry }).click();
}

test('assets stand newest first with their stage, and move on by themselves', async () => {
  const { page, control } = await consoles.open(undefined, LIBRARY);
  await page.getByText('Harbour at dawn.mov').waitFor();
  const names = await rowNames(page);
  assert.deepEqual(
    names,
    control.state.assets.map(({ name }) => name),
  );
  const encoding = page.getByRole('progressbar', { name: /Encoding Product keynote/ });
  assert.equal(await encoding.getAttribute('aria-valuenow'), '42');
  await page.getByText('The file ends early').waitFor();
  control.state.assets = control.state.assets.map((asset) =>
    asset.stage === 'encoding' ? { ...asset, progress: 0.77 } : asset,
  );
  control.updates.tell('assets');
  await waitFor('the new progress', async () => (await encoding.getAttribute('aria-valuenow')) === '77');
});

test('the slash searches, control is asked, and Escape shows everything again', async () => {
  const { page, control } = await consoles.open(undefined, LIBRARY);
  await page.getByText('Harbour at dawn.mov').waitFor();
  await page.keyboard.press('/');
  await waitFor('the cursor to be in the field', () =>
    page.evaluate<boolean>(`document.activeElement?.tagName === 'INPUT'`),
  );
  await page.keyboard.type('glacier');
  await waitFor('one row', async () => (await rowNames(page)).length === 1);
  assert.deepEqual(await rowNames(page), ['Glacier timelapse 4K.mov']);
  // The rows that are here are looked through at once; control is asked when the typing has settled.
  await waitFor('control to be asked', () =>
    control.calls.some(({ query }) => JSON.stringify(query ?? {}).includes('"search":"glacier"')),
  );
  await page.keyboard.type('xyz');
  await page.getByText('No asset is called “glacierxyz”.').waitFor();
  await page.keyboard.press('Escape');
  await waitFor('all rows', async () => (await rowNames(page)).length === control.state.assets.length);
});

test('j and k walk the list, Enter opens the panel, Escape closes it and gives the row back', async () => {
  const { page, control } = await consoles.open(undefined, LIBRARY);
  await page.getByText('Harbour at dawn.mov').waitFor();
  const focused = (): Promise<string> => page.evaluate('document.activeElement.innerText');
  for (const key of ['j', 'j', 'ArrowDown', 'k']) await page.keyboard.press(key);
  await waitFor('the second row', async () => (await focused()) === 'Product keynote 2026 (final cut).mp4');
  await page.keyboard.press('Enter');
  const panel = page.getByRole('complementary', { name: /Product keynote/ });
  await panel.waitFor();
  const asset = defined(control.state.assets[1], 'an asset');
  assert.equal(
    await panel.locator('iframe').getAttribute('src'),
    `${control.edgeUrl}/embed/default/${asset.id}`,
  );
  const text = await panel.innerText();
  assert.match(text, /1920 × 1080\s+5\.40 Mbit\/s\s+4,512/);
  assert.match(text, /Encoding\s+42 %/);
  assert.match(text, /los-angeles[\s\S]*main\.m3u8/);
  await page.keyboard.press('Escape');
  await panel.waitFor({ state: 'hidden' });
  await waitFor('the focus on the row', async () => (await focused()).startsWith('Product keynote'));
});

test('a private asset plays through a playback token', async () => {
  const { page, control } = await consoles.open(undefined, LIBRARY);
  const asset = defined(
    control.state.assets.find(({ visibility }) => visibility === 'private'),
    'a private asset',
  );
  await page.goto(`${control.url}/#/library/${asset.id}`);
  const frame = page.locator('.player iframe');
  await frame.waitFor();
  assert.equal(
    await frame.getAttribute('src'),
    `${control.edgeUrl}/embed/default/${asset.id}?token=test-playback-token`,
  );
});

test('the menu copies link and embed code', async () => {
  const { page, control } = await consoles.open(undefined, LIBRARY);
  const asset = defined(control.state.assets[5], 'an asset');
  const clipboard = (): Promise<string> => page.evaluate('navigator.clipboard.readText()');
  await chooseFromMenu(page, asset.name, 'Copy link');
  await waitFor('the link', async () => (await clipboard()) === asset.watchUrl);
  await chooseFromMenu(page, asset.name, 'Copy embed code');
  await waitFor('the code', async () => (await clipboard()).startsWith('<iframe src='));
  assert.match(
    await clipboard(),
    new RegExp(`/embed/default/${asset.id}" title="Rooftop concert, camera B.mkv"`),
  );
});

test('arrow keys walk the menu and Escape gives the focus back to its button', async () => {
  const { page } = await consoles.open(undefined, LIBRARY);
  const button = page.getByRole('button', { name: 'Actions for Unboxing.webm' });
  await button.focus();
  await page.keyboard.press('Enter');
  const focused = (): Promise<string> => page.evaluate('document.activeElement.innerText');
  assert.equal((await focused()).trim(), 'Play');
  await page.keyboard.press('ArrowDown');
  assert.equal((await focused()).trim(), 'Copy link');
  await page.keyboard.press('End');
  assert.equal((await focused()).trim(), 'Delete…');
  await page.keyboard.press('Escape');
  await page.getByRole('menu').waitFor({ state: 'hidden' });
  assert.equal(await page.evaluate('document.activeElement.ariaLabel'), 'Actions for Unboxing.webm');
});

test('rename, visibility and retry change the asset at control and in the list', async () => {
  const { page, control } = await consoles.open(undefined, LIBRARY);
  await chooseFromMenu(page, 'Unboxing.webm', 'Rename…');
  await page.getByRole('textbox', { name: 'Name' }).fill('Unboxing, second try.webm');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Unboxing, second try.webm', exact: true }).waitFor();
  await chooseFromMenu(page, 'Unboxing, second try.webm', 'Make private');
  await page.getByText('Unboxing, second try.webm is private now').waitFor();
  await chooseFromMenu(page, 'Trailrun, drone, day 2.mov', 'Process again');
  await page.getByText('Trailrun, drone, day 2.mov is processed again').waitFor();
  const find = (name: string) => control.state.assets.find((asset) => asset.name === name);
  assert.equal(find('Unboxing, second try.webm')?.visibility, 'private');
  assert.equal(find('Trailrun, drone, day 2.mov')?.stage, 'queued');
});

test('delete asks with the name, and deletes only after yes', async () => {
  const { page, control } = await consoles.open(undefined, LIBRARY);
  const name = 'Cat versus cucumber.mp4';
  await chooseFromMenu(page, name, 'Delete…');
  const dialog = page.getByRole('dialog', { name: 'Delete this asset?' });
  await dialog.getByText(name).waitFor();
  assert.equal(
    await page.evaluate('document.activeElement.innerText'),
    'Cancel',
    'the safe answer has the focus',
  );
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'hidden' });
  assert.equal(
    control.state.assets.some((asset) => asset.name === name),
    true,
  );
  await chooseFromMenu(page, name, 'Delete…');
  await dialog.getByRole('button', { name: 'Delete everywhere' }).click();
  await page.getByText(`${name} was deleted`).waitFor();
  await waitFor('the row to go', async () => !(await rowNames(page)).includes(name));
  assert.equal(
    control.state.assets.some((asset) => asset.name === name),
    false,
  );
});

test('an empty library, a failing one and a deleted asset each say what to do', async () => {
  const { page, control } = await consoles.open(({ state }) => {
    state.failing.set('GET /v1/assets', new MeridianError('unavailable', { what: 'The database' }));
  }, LIBRARY);
  await page.getByText('The library could not be loaded').waitFor();
  assert.match(await page.getByRole('alert').innerText(), /The database cannot be reached/);
  control.state.failing.clear();
  control.state.assets = [];
  await page.getByText('No videos yet').waitFor();
  await page.goto(`${control.url}/#/library/ast_01jd0000000000000000000000`);
  await page.getByText('This asset is gone').waitFor();
});

test('a viewer may look but not upload, rename or delete', async () => {
  const { page } = await consoles.open(({ state }) => {
    state.role = 'viewer';
  }, LIBRARY);
  await page.getByText('Unboxing.webm').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Upload' }).count(), 0);
  await page.getByRole('button', { name: 'Actions for Unboxing.webm' }).click();
  for (const name of ['Rename…', 'Make private', 'Delete…'])
    assert.equal(await page.getByRole('menuitem', { name }).isDisabled(), true, name);
});

test('loading shows the shape of what comes', async () => {
  let open = (): void => {};
  const { page } = await consoles.open(({ state }) => {
    state.hold = new Promise((resolve) => {
      open = resolve;
    });
  }, LIBRARY);
  await page.locator('.skeleton-row').first().waitFor();
  open();
  await page.getByText('Harbour at dawn.mov').waitFor();
  assert.equal(await page.locator('.skeleton-row').count(), 0);
});

test('an answer that breaks off in the middle counts as no answer, and nothing breaks', async () => {
  const { page, control } = await consoles.open(undefined, LIBRARY);
  await page.getByText('Harbour at dawn.mov').waitFor();
  control.state.isCutShort = true;
  await page.getByText('Control plane unreachable').waitFor();
  assert.equal(await page.locator('.row-link').count(), control.state.assets.length);
  control.state.isCutShort = false;
  await page.locator('main:not(.is-stale)').waitFor();
});
