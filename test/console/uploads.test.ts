// Uploads from the console: real tus requests to an ingest, their progress, pause, cancel, drop, and the move to
// another region when an ingest does not take them.

import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { defined } from '#base/assert.ts';
import { MeridianError } from '#contract/errors.ts';
import { waitFor } from '../support/wait-for.ts';
import { type OpenConsole, useConsoles } from './console-page.ts';
import { type FakeIngest, startFakeIngest } from './fake-ingest.ts';
import { makeAsset } from './fake-world.ts';

const consoles = useConsoles();

/** Larger than what sockets buffer, so that a held upload really stands still. */
const BIG_BYTES = 48 * 2 ** 20;

interface Fixture extends OpenConsole {
  readonly first: FakeIngest;
  readonly second: FakeIngest;
}

async function openWithIngests(): Promise<Fixture> {
  const [first, second] = [await startFakeIngest(), await startFakeIngest()];
  consoles.cleanUp(first.close);
  consoles.cleanUp(second.close);
  const opened = await consoles.open(
    ({ state }) => {
      state.ingests = [
        { regionId: 'singapore', url: first.url },
        { regionId: 'dublin', url: second.url },
      ];
    },
    { path: '#/library' },
  );
  await opened.page.getByText('Harbour at dawn.mov').waitFor();
  return { ...opened, first, second };
}

/** Chooses files of zeros; on disk, since the browser takes no large ones from memory. */
async function choose(page: Page, names: readonly string[], bytes: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'meridian-console-'));
  consoles.cleanUp(() => rm(directory, { recursive: true }));
  const paths = names.map((name) => join(directory, name));
  for (const path of paths) {
    await writeFile(path, '');
    await truncate(path, bytes);
  }
  await page.getByLabel('Files to upload').setInputFiles(paths);
}

async function percentOf(page: Page, name: string): Promise<number> {
  return Number(
    await page.getByRole('progressbar', { name: `Upload of ${name}` }).getAttribute('aria-valuenow'),
  );
}

test('an upload shows its true progress, carries grant and names, and appears in the library', async () => {
  const { page, control, first } = await openWithIngests();
  first.holdAfterBytes = BIG_BYTES / 8;
  first.onFinished = (assetId, upload) => {
    const nowMs = Date.now() + 600_000;
    const change = { id: assetId, name: defined(upload.metadata.name, 'a name') };
    control.state.assets.push(makeAsset({ index: 0, nowMs, edgeUrl: control.edgeUrl, change }));
    control.updates.tell('assets');
  };
  await choose(page, ['Premiere.mp4'], BIG_BYTES);
  await waitFor('bytes at the ingest', () => first.uploads.size === 1);
  await waitFor('progress', async () => (await percentOf(page, 'Premiere.mp4')) > 0);
  const held = await percentOf(page, 'Premiere.mp4');
  assert.equal(held > 0 && held < 90, true, `held in the middle, at ${held} %`);
  assert.match(
    await page.getByRole('region', { name: 'Uploads' }).innerText(),
    /Uploading 1 of 1[\s\S]*singapore/,
  );
  first.release();
  await page.getByText('Upload complete').waitFor();
  const upload = defined([...first.uploads.values()][0], 'an upload');
  assert.equal(upload.bytes, BIG_BYTES);
  assert.equal(upload.authorization, 'Bearer test-grant');
  assert.deepEqual(upload.metadata, {
    filename: 'Premiere.mp4',
    filetype: 'video/mp4',
    name: 'Premiere.mp4',
  });
  await page.getByText('kept in 2 regions').waitFor();
  await page.locator('.row-link', { hasText: 'Premiere.mp4' }).waitFor();
});

test('when an ingest refuses, the file goes to the next region', async () => {
  const { page, first, second } = await openWithIngests();
  first.refusal = new MeridianError('draining');
  await choose(page, ['Moves on.mp4'], 200_000);
  await page.getByText('Upload complete').waitFor();
  assert.equal(first.uploads.size, 0);
  assert.equal([...second.uploads.values()][0]?.bytes, 200_000);
});

test('what every ingest would refuse fails at once with the reason, and can be tried again', async () => {
  const { page, first, second } = await openWithIngests();
  first.refusal = new MeridianError('media_empty');
  await choose(page, ['Nothing.mp4'], 10);
  await page.getByText('The file has no bytes.').waitFor();
  assert.equal(second.uploads.size, 0, 'the next region was not bothered');
  first.refusal = undefined;
  await page.getByRole('button', { name: 'Retry Nothing.mp4' }).click();
  await page.getByText('Upload complete').waitFor();
});

test('an upload pauses, resumes where it stopped, and can be cancelled', async () => {
  const { page, first } = await openWithIngests();
  first.holdAfterBytes = BIG_BYTES / 8;
  await choose(page, ['Long.mp4'], BIG_BYTES);
  await waitFor('bytes at the ingest', () => ([...first.uploads.values()][0]?.bytes ?? 0) > 0);
  await page.getByRole('button', { name: 'Pause Long.mp4' }).click();
  await page.getByText('Uploads paused').waitFor();
  const upload = defined([...first.uploads.values()][0], 'an upload');
  first.release();
  await page.getByRole('button', { name: 'Resume Long.mp4' }).click();
  await page.getByText('Upload complete').waitFor();
  assert.equal(upload.bytes, BIG_BYTES, 'the same upload was finished');
  assert.equal(first.uploads.size, 1);

  first.holdAfterBytes = BIG_BYTES / 8;
  await choose(page, ['Never mind.mp4'], BIG_BYTES);
  await waitFor('a second upload', () => first.uploads.size === 2);
  await waitFor('its bytes', () => ([...first.uploads.values()][1]?.bytes ?? 0) > 0);
  await page.getByRole('button', { name: 'Cancel Never mind.mp4' }).click();
  await waitFor('the ingest to be told', () => [...first.uploads.values()][1]?.isTerminated === true);
  assert.equal(await page.getByText('Never mind.mp4').count(), 0);
});

test('files dropped anywhere on the library are uploaded, two at a time', async () => {
  const { page, first } = await openWithIngests();
  first.holdAfterBytes = 1;
  await page.evaluate(`{
    const transfer = new DataTransfer();
    for (const name of ['One.mp4', 'Two.mp4', 'Three.mp4'])
      transfer.items.add(new File([new Uint8Array(60_000)], name, { type: 'video/mp4' }));
    window.dropped = transfer;
    document.querySelector('h1').dispatchEvent(new DragEvent('dragenter', { bubbles: true, dataTransfer: transfer }));
  }`);
  await page.getByText('Drop to upload').waitFor();
  await page.evaluate(
    `document.querySelector('h1').dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: window.dropped }))`,
  );
  await waitFor('two uploads', () => first.uploads.size === 2);
  assert.equal(await page.getByText('waiting').count(), 1, 'the third waits');
  first.release();
  await page.getByText('3 uploads complete').waitFor();
  assert.deepEqual([...first.uploads.values()].map(({ metadata }) => metadata.name).sort(), [
    'One.mp4',
    'Three.mp4',
    'Two.mp4',
  ]);
});
