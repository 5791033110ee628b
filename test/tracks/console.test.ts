// Captions and posters in the console: a wrong file is explained, a right one appears, a frame is chosen by its time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { useConsoles } from '../console/console-page.ts';
import { waitFor } from '../support/wait-for.ts';

const consoles = useConsoles();

async function openPanel() {
  const opened = await consoles.open();
  const asset = defined(
    opened.control.state.assets.find(({ stage }) => stage === 'ready'),
    'an asset',
  );
  await opened.page.evaluate(`location.hash = '#/library/${asset.id}'`);
  const captions = opened.page.getByRole('region', { name: 'Captions' });
  await captions.waitFor();
  const current = () =>
    defined(
      opened.control.state.assets.find(({ id }) => id === asset.id),
      'the asset',
    );
  return { ...opened, captions, current };
}

test('captions are added from a file whose name tells the language, and removed after a question', async () => {
  const { page, captions, current } = await openPanel();
  await captions.getByText('None yet.').waitFor();
  await captions.getByRole('button', { name: 'Add' }).click();
  const dialog = page.getByRole('dialog');
  const add = dialog.getByRole('button', { name: 'Add', exact: true });
  assert.equal(await add.isDisabled(), true, 'nothing to add yet');
  const file = (text: string) => ({
    name: 'talk.pt-BR.srt',
    mimeType: 'text/plain',
    buffer: Buffer.from(text),
  });
  await page.locator('#captions-file').setInputFiles(file('1\n00:00:01,000 --> 00:00:02,000\nOi\n'));
  await dialog.locator('.soft', { hasText: 'Brazilian Portuguese' }).waitFor();
  await dialog.getByLabel('Kind').selectOption('captions');
  await dialog.getByText('Show them unless').click();
  await add.click();
  await captions.getByText('captions, 1 cue, shown by default').waitFor();
  assert.deepEqual(
    current().captions.map(({ id, isDefault }) => [id, isDefault]),
    [['captions-pt-br', true]],
  );
  await captions.getByRole('button', { name: 'Remove pt-BR' }).click();
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await captions.getByText('None yet.').waitFor();
  assert.deepEqual(current().captions, []);
});

test('what is no language cannot be added', async () => {
  const { page, captions } = await openPanel();
  await captions.getByRole('button', { name: 'Add' }).click();
  const dialog = page.getByRole('dialog');
  await page
    .locator('#captions-file')
    .setInputFiles({ name: 'talk.srt', mimeType: 'text/plain', buffer: Buffer.from('x') });
  await dialog.getByLabel('Language').fill('klingonish language');
  await dialog.getByText('That is no language tag that we know').waitFor();
  assert.equal(await dialog.getByRole('button', { name: 'Add', exact: true }).isDisabled(), true);
});

test('a poster is chosen by its time and given back', async () => {
  const { page, current } = await openPanel();
  const poster = page.getByRole('region', { name: 'Poster' });
  await poster.getByText('The frame that processing found best.').waitFor();
  await poster.getByRole('button', { name: 'Choose…' }).click();
  await page.getByLabel('Time of the frame').fill('12000');
  await page.getByText('12.0 s').waitFor();
  await page.getByRole('button', { name: 'Use this frame' }).click();
  await poster.getByText('Chosen by hand.').waitFor();
  await poster.getByRole('button', { name: 'Choose…' }).click();
  await page.getByRole('button', { name: 'Use the automatic one' }).click();
  await waitFor('the automatic poster', () => current().posterKind === 'automatic', 5_000);
});
