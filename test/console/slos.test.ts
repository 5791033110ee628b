// Objectives in a real browser: the list with its budgets, graphs with their marks and keys, documents.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { makeId } from '#base/ids.ts';
import { waitFor } from '../support/wait-for.ts';
import { useConsoles } from './console-page.ts';
import { makeBudget } from './fake-slos.ts';

const consoles = useConsoles();

test('the list has the worst first, is filtered and searched, and follows what control tells', async () => {
  const { page, control } = await consoles.open(() => {}, { path: '#/slos' });
  const names = page.locator('table.slos [data-row-link]');
  await names.first().waitFor();
  assert.deepEqual(await names.allInnerTexts(), [
    'Playback succeeds',
    'Live playback succeeds',
    'Uploads succeed',
    'Playback starts within two seconds',
  ]);
  const first = page.locator('table.slos tbody tr').first();
  assert.match(await first.innerText(), /Burning fast[\s\S]*39 %[\s\S]*worst: dublin[\s\S]*21\.5×/);
  await page.getByRole('button', { name: 'Need attention' }).click();
  assert.equal(await names.count(), 2);
  await page.getByRole('button', { name: 'All', exact: true }).click();
  await page.getByLabel('Search objectives').fill('upload');
  assert.deepEqual(await names.allInnerTexts(), ['Uploads succeed']);
  await page.getByLabel('Search objectives').fill('');
  await page.getByRole('button', { name: 'Objective', exact: true }).click();
  assert.equal((await names.allInnerTexts())[0], 'Live playback succeeds');

  // Notices arrive, so nobody asks by the clock; what changes is shown when it is told.
  await waitFor('the stream', () => control.updates.streamCount() === 1);
  const slo = defined(control.state.slos.list[2], 'an objective');
  defined(slo.objectives[0], 'a target').budgets = [makeBudget('dublin', 1.3)];
  control.updates.tell('slos');
  await page.locator('table.slos').getByText('Missed').waitFor();
});

test('a page goes on by the clock while no notices arrive', async () => {
  const { page, control } = await consoles.open(
    ({ updates }) => {
      updates.isRefused = true;
    },
    { path: '#/slos' },
  );
  await page.locator('table.slos [data-row-link]').first().waitFor();
  control.state.slos.list = control.state.slos.list.slice(0, 1);
  await page.getByText('1 objective,').waitFor();
  assert.equal(control.updates.streamCount(), 0);
});

test('graphs show burn, marks and limits, and can be walked through and read as a table', async () => {
  const { page } = await consoles.open(
    ({ state }) => {
      const nowMs = Date.now();
      state.slos.badAt = (atMs) => (nowMs - atMs > 7_200_000 && nowMs - atMs < 9_000_000 ? null : 0.001);
      state.slos.alerts = [
        {
          id: makeId('alt', nowMs, new Uint8Array(10)),
          fingerprint: '0123456789abcdef',
          state: 'firing',
          severity: 'page',
          source: 'slo',
          labels: { alertname: 'SloBurn', slo: 'vod-playback', tier: '1h', region: 'dublin' },
          annotations: {},
          evidence: [],
          quietReason: null,
          pendingSinceMs: nowMs - 3_660_000,
          startsAtMs: nowMs - 3_600_000,
          endsAtMs: null,
        },
      ];
      state.incidents.changes = [
        {
          id: 1,
          kind: 'deploy',
          summary: 'edge 2.4',
          actor: 'pipeline',
          labels: {},
          atMs: nowMs - 3_900_000,
          details: {},
          isRevertible: false,
          movement: null,
        },
      ];
    },
    { path: '#/slos/vod-playback' },
  );
  await page.getByRole('heading', { name: 'Playback succeeds' }).waitFor();
  const burn = page.getByRole('region', { name: /^Burn/ });
  await burn.locator('canvas').waitFor();
  await burn
    .getByTitle(/edge 2\.4/)
    .first()
    .waitFor();
  await burn.getByText('3d, ticket: 1×').waitFor();
  // The keyboard moves the pointer; the legend and the name of the step say what is there.
  const keys = burn.getByRole('slider');
  await keys.focus();
  await page.keyboard.press('Home');
  await waitFor('the first step', async () =>
    /Burn 1×/.test((await keys.getAttribute('aria-valuetext')) ?? ''),
  );
  await page.keyboard.press('ArrowRight');
  await waitFor('the second step', async () => (await keys.inputValue()) === '1');
  await burn.getByRole('button', { name: 'Table' }).click();
  const rows = await burn.locator('tbody tr').allInnerTexts();
  assert.equal(rows.length, 360);
  assert.equal(rows.filter((row) => row.includes('–')).length, 30, 'the gap');
  assert.equal(rows.filter((row) => row.includes('edge 2.4')).length, 1);
  // Another place, and the alert in its own list.
  await page.getByRole('button', { name: 'singapore' }).click();
  await page.getByRole('region', { name: 'Graphs' }).getByRole('heading', { name: 'singapore' }).waitFor();
  await page.getByRole('region', { name: 'Alerts' }).getByText('firing').waitFor();
});

test('times are written in the chosen zone everywhere', async () => {
  const { page } = await consoles.open(() => {}, { path: '#/slos/vod-playback' });
  await page.getByRole('button', { name: /^Times are in/ }).click();
  await page.getByLabel('Times are written in').selectOption({ label: 'Another zone' });
  await page.getByLabel('Zone', { exact: true }).selectOption('Asia/Tokyo');
  await page.getByRole('button', { name: 'Show times so' }).click();
  await page.getByText('newest, GMT+9').first().waitFor();
  await page.reload();
  await page.getByRole('button', { name: 'Times are in GMT+9. Change' }).waitFor();
});

test('documents are checked while one types, applied, taken away and removed', async () => {
  const { page, control } = await consoles.open(() => {}, { path: '#/slos/vod-playback' });
  await page.getByRole('button', { name: 'Edit' }).click();
  const text = page.getByLabel('Objectives as YAML');
  control.state.slos.problems = [
    {
      severity: 'error',
      document: 'vod-playback',
      path: 'spec.indicator',
      message: 'there is no series viewer_request',
    },
  ];
  await text.fill('metadata: { name: vod-playback }\nspec: broken');
  await page.getByText('there is no series viewer_request').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Apply' }).isDisabled(), true);
  control.state.slos.problems = [];
  await text.fill('metadata:\n  name: vod-playback\nspec: better');
  await page.getByText(/a total outage is noticed after 52 s/).waitFor();
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.locator('.slo-yaml').getByText('better').waitFor();

  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export' }).click();
  const download = await downloading;
  assert.equal(download.suggestedFilename(), 'vod-playback.yaml');
  assert.match(await readFile(await download.path(), 'utf8'), /better/);

  await page.getByRole('button', { name: 'Remove…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.locator('table.slos').waitFor();
  assert.equal(await page.getByText('Playback succeeds', { exact: true }).count(), 0);
});
