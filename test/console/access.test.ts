// Tokens and the audit trail.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { useConsoles } from './console-page.ts';

const consoles = useConsoles();

test('a token is made, shown once, and revoked after a question', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/access' });
  await page.getByRole('button', { name: 'New token' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('newsroom');
  await page.getByRole('radio', { name: /viewer/ }).check();
  await page.getByRole('combobox', { name: 'Project' }).selectOption('default');
  await page.getByRole('combobox', { name: 'Lifetime' }).selectOption({ label: '30 days' });
  await page.keyboard.press('Enter');
  await page.getByText('mrd_shown_only_once').waitFor();
  await page.getByRole('button', { name: 'I have kept it' }).click();
  assert.equal(await page.getByText('mrd_shown_only_once').count(), 0);
  const made = defined(
    control.calls.find(({ key }) => key === 'POST /v1/tokens'),
    'a token',
  );
  assert.deepEqual(made.body, {
    name: 'newsroom',
    role: 'viewer',
    projectId: 'default',
    regionIds: null,
    ttlMs: 2_592_000_000,
  });

  await page.getByRole('button', { name: 'Revoke newsroom' }).click();
  await page.getByRole('dialog').getByText('newsroom').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByText('newsroom was revoked').waitFor();
  await page.getByRole('button', { name: 'Revoke newsroom' }).waitFor({ state: 'hidden' });
  assert.equal(
    control.state.tokens.some(({ name }) => name === 'newsroom'),
    false,
  );
});

test('tokens say that they need the role admin', async () => {
  const { page, control } = await consoles.open(
    ({ state }) => {
      state.role = 'operator';
    },
    { path: '#/access/tokens' },
  );
  await page.getByText('This needs the role admin').waitFor();
  assert.equal(
    control.calls.some(({ key }) => key === 'GET /v1/tokens'),
    false,
  );
});
