// The machine room: jobs, encoders, edges, imports, projects with their quotas.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { MeridianError } from '#contract/errors.ts';
import { useConsoles } from './console-page.ts';

const consoles = useConsoles();

test('jobs show state, node, attempt, progress, end and failure, and can be filtered', async () => {
  const { page, control } = await consoles.open(
    ({ state }) => {
      const running = defined(state.jobs[2], 'a job');
      running.estimatedEndAtMs = Date.now() + 4 * 60_000 + 30_000;
    },
    { path: '#/jobs' },
  );
  const row = page.getByRole('row', { name: /Interview with the night crew/ });
  await row.waitFor();
  assert.match(
    await row.innerText(),
    /Running[\s\S]*Replicating[\s\S]*80 %[\s\S]*about 4 min left[\s\S]*los-angeles-1-a\s+2/,
  );
  await page.getByRole('button', { name: 'Failed' }).click();
  await page.getByText('The file ends early: the index (moov) is missing.').waitFor();
  assert.equal(await page.locator('.jobs .long-row').count(), 1);
  await page.getByRole('button', { name: 'Trailrun, drone, day 2.mov', exact: true }).click();
  await page.getByRole('dialog').getByText('Upload the whole file again.').waitFor();
  await page.keyboard.press('Escape');
  control.state.jobs = [];
  control.updates.tell('jobs');
  await page.getByText('No job is in this state now.').waitFor();
});

test('a job tells why it waits, is put first, and is cancelled after a question', async () => {
  const { page, control } = await consoles.open(
    ({ state }) => {
      const waiting = defined(state.jobs[0], 'a job');
      waiting.placement = {
        atMs: Date.now(),
        nodeId: null,
        reason: { code: 'no_free_node', subject: waiting.id, values: { waitedMs: 0 } },
      };
    },
    { path: '#/jobs' },
  );
  const name = 'Harbour at dawn.mov';
  const row = page.getByRole('row', { name: new RegExp(name) });
  await row.getByText('It waits: no encoder is free.').waitFor();
  const choose = async (item: string): Promise<void> => {
    await page.getByRole('button', { name: `Actions for ${name}` }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };
  await choose('Priority: high');
  await row.getByText('High', { exact: true }).waitFor();
  await choose('Cancel…');
  const dialog = page.getByRole('dialog', { name: 'Cancel this job?' });
  await dialog.getByRole('button', { name: 'Cancel', exact: true }).click();
  assert.equal(control.state.jobs[0]?.state, 'ready', 'the safe answer changes nothing');
  await choose('Cancel…');
  await dialog.getByRole('button', { name: 'Cancel the job' }).click();
  await row.getByText('Cancelled').waitFor();
});

test('the encoders of a region are shown with their work, and rest after a question', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/encoders' });
  const dublin = page.getByRole('region', { name: 'Dublin' });
  const row = dublin.getByRole('row', { name: /dublin-1-b/ });
  await row.waitFor();
  assert.match(await row.innerText(), /dublin-1-b\s+idle\s+2\s+191 MP\/s/);
  await dublin.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
  await dublin.getByText('Paused').waitFor();
  assert.deepEqual(control.state.pausedRegionIds, ['dublin']);
  await dublin.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
  await dublin.getByRole('button', { name: 'Pause' }).waitFor();
});

test('the encoders of a region are scaled within what their cores allow', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/encoders' });
  const dublin = page.getByRole('region', { name: 'Dublin' });
  await dublin.getByText('4 of 8 at once').waitFor();
  await dublin.getByRole('button', { name: 'Scale…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Scale the encoders of Dublin' });
  const number = dialog.getByLabel('Jobs and chunks at once');
  await number.fill('9');
  assert.equal(await dialog.getByRole('button', { name: 'Scale', exact: true }).isDisabled(), true);
  await number.fill('6');
  await dialog.getByRole('button', { name: 'Scale', exact: true }).click();
  await dublin.getByText('6 of 8 at once, as ordered').waitFor();
  assert.deepEqual(control.state.scaledRegions, { dublin: 6 });
});

test('edges show where answers come from, what they own and what is hot', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/edges' });
  const row = page.getByRole('row', { name: /singapore-1-a/ });
  await row.waitFor();
  assert.match(
    await row.innerText(),
    /636 \/s\s+192 Mbit\/s\s+97\.0 %\s+930\s+460 MB\s+38.0 GB\s+33 %\s+0 \/s/,
  );
  await page
    .getByRole('row', { name: /dublin-1-c/ })
    .getByText('failing')
    .waitFor();
  await page.getByRole('img', { name: 'not alive' }).waitFor();
  const hot = page.getByRole('region', { name: 'Hot objects' });
  const asset = defined(control.state.assets[5], 'an asset');
  await hot.getByRole('link', { name: asset.id }).click();
  await page.getByRole('heading', { name: asset.name }).waitFor();
  control.state.edges = [];
  await page.goto(`${control.url}/#/edges`);
  await page.getByText('No edge has joined yet').waitFor();
});

test('an address and a bucket are imported, shown with their progress, and cancelled', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/imports' });
  await page
    .getByRole('row', { name: /Night market/ })
    .getByText('1.84 GB of 4.20 GB')
    .waitFor();
  await page
    .getByRole('row', { name: /archive/ })
    .getByText('476 of 894 objects, 2 failed')
    .waitFor();
  await page.getByText('Given up after 5 attempts').waitFor();
  await page.getByRole('button', { name: 'New import' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Address' }).fill('https://media.example.com/new-film.mp4');
  control.state.failing.set(
    'POST /v1/imports',
    new MeridianError('quota_exceeded', { project: 'default', reason: '12 assets exist, at most 12 may' }),
  );
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  await dialog.getByText('has reached its quota').waitFor();
  control.state.failing.clear();
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  await page.getByRole('row', { name: /new-film.mp4/ }).waitFor();
  await page.getByRole('button', { name: 'Cancel new-film.mp4' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the import' }).click();
  await page
    .getByRole('row', { name: /new-film.mp4/ })
    .getByText('Cancelled')
    .waitFor();
  await page.getByRole('button', { name: 'New import' }).click();
  await dialog.getByRole('button', { name: 'A bucket' }).click();
  await dialog.getByRole('textbox', { name: 'Source' }).fill('archive');
  await dialog.getByRole('textbox', { name: 'Prefix' }).fill('talks/');
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  await page.getByRole('link', { name: 's3://archive/talks/', exact: true }).click();
  await page.getByText('Objects appear here as the bucket is listed.').waitFor();
});

test('a project shows what it uses and costs, and its quotas are changed', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/projects' });
  const row = page.getByRole('row', { name: /Default/ });
  await row.waitFor();
  assert.match(await row.innerText(), /486 GB[\s\S]*4.50 TB\s+279.72\s+88 % of storage/);
  await row.getByRole('link', { name: 'Default' }).click();
  const quotas = page.getByRole('region', { name: 'Quotas' });
  await quotas.getByText('486 GB of 550 GB').waitFor();
  await quotas.getByRole('button', { name: 'Change…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Quotas' });
  await dialog.getByRole('textbox', { name: /Stored/ }).fill('none');
  assert.equal(await dialog.getByRole('button', { name: 'Save' }).isDisabled(), true);
  await dialog.getByRole('textbox', { name: /Stored/ }).fill('750');
  await dialog.getByRole('textbox', { name: /Uploads a day/ }).fill('');
  await dialog.getByRole('textbox', { name: /Kept for/ }).fill('90');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await quotas.getByText('486 GB of 750 GB').waitFor();
  assert.deepEqual(control.state.storage.usage.projects[0]?.quotas, {
    storedBytesMax: 750e9,
    assetsMax: null,
    uploadBytesPerDayMax: null,
    retentionDays: 90,
  });
  const processing = page.getByRole('region', { name: 'Processing' });
  await processing.getByRole('button', { name: 'Change…' }).click();
  await page.getByText('Preset number 2').waitFor();
  await page.getByRole('combobox', { name: 'Preset' }).selectOption('quality');
  await page.getByRole('checkbox', { name: /AV1/ }).check();
  await page.getByRole('combobox', { name: 'Loudness' }).selectOption('-16');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await processing.getByText('H.264 and AV1').waitFor();
  assert.deepEqual(control.state.encoding, { preset: 'quality', isPerTitle: null, codecs: ['h264', 'av1'] });
  assert.equal(
    control.calls.some(({ key, body }) => key.endsWith('/loudness') && JSON.stringify(body).includes('-16')),
    true,
  );
});

test('a project is made with an id from its name; one that exists is refused with the reason', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/projects' });
  await page.getByRole('button', { name: 'New project' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Default');
  await page.keyboard.press('Enter');
  await page.getByText('There is a project default already').waitFor();
  await page.getByRole('textbox', { name: 'Name' }).fill('Évening News 24');
  await page.getByRole('textbox', { name: 'Id' }).fill('Evening News 24');
  assert.equal(await page.getByRole('textbox', { name: 'Id' }).inputValue(), 'evening-news-24');
  await page.getByRole('button', { name: 'Make project' }).click();
  await page.getByRole('heading', { name: 'Évening News 24' }).waitFor();
  assert.equal(control.state.projects.length, 2);
  await page.getByRole('button', { name: 'Actions for Évening News 24' }).click();
  await page.getByRole('menuitem', { name: 'New playback key' }).click();
  await page.getByText('BEGIN PRIVATE KEY').waitFor();
});
