// Jobs, tokens, projects and the audit trail.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { useConsoles } from './console-page.ts';

const consoles = useConsoles();

test('jobs show state, node, attempt, progress and failure, and can be filtered', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/jobs' });
  const row = page.getByRole('row', { name: /Interview with the night crew/ });
  await row.waitFor();
  assert.match(await row.innerText(), /Running[\s\S]*Replicating[\s\S]*80 %[\s\S]*los-angeles-1-a\s+2/);
  await page.getByRole('button', { name: 'Failed' }).click();
  await page.getByText('The file ends early: the index (moov) is missing.').waitFor();
  await page.getByText('Upload the whole file again.').waitFor();
  assert.equal(await page.locator('tbody tr').count(), 1);
  assert.equal(
    control.calls.some(({ query }) => JSON.stringify(query ?? {}).includes('"state":"dead"')),
    true,
  );
  control.state.jobs = [];
  await page.getByText('No job is in this state now.').waitFor();
});

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

test('a project is made with an id from its name; one that exists is refused with the reason', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/access/projects' });
  await page.getByRole('button', { name: 'New project' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Default');
  await page.keyboard.press('Enter');
  await page.getByText('There is a project default already').waitFor();
  await page.getByRole('textbox', { name: 'Name' }).fill('Évening News 24');
  await page.getByRole('textbox', { name: 'Id' }).fill('Evening News 24');
  assert.equal(await page.getByRole('textbox', { name: 'Id' }).inputValue(), 'evening-news-24');
  await page.getByRole('button', { name: 'Make project' }).click();
  await page.getByRole('cell', { name: 'evening-news-24' }).waitFor();
  assert.equal(control.state.projects.length, 2);
  await page.getByRole('button', { name: 'Actions for Default' }).click();
  await page.getByRole('menuitem', { name: 'New playback key' }).click();
  await page.getByText('BEGIN PRIVATE KEY').waitFor();
});

test('the audit trail goes back page by page', async () => {
  const { page } = await consoles.open(
    ({ state }) => {
      const first = defined(state.audit[0], 'an entry');
      state.audit = Array.from({ length: 130 }, (_, index) => ({
        ...first,
        id: 500 - index,
        subject: `s-${index}`,
      }));
    },
    { path: '#/access/audit' },
  );
  await page.getByText('s-99', { exact: true }).waitFor();
  assert.equal(await page.getByText('s-100', { exact: true }).count(), 0);
  await page.getByRole('button', { name: 'Show older' }).click();
  await page.getByText('s-129', { exact: true }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Show older' }).count(), 0);
});

test('the audit trail names people as people do, and gives times as times', async () => {
  const { page } = await consoles.open(
    ({ state }) => {
      const first = defined(state.audit[0], 'an entry');
      const details = { expiresAtMs: Date.UTC(2026, 0, 2, 12), sites: ['dublin-1'] };
      state.audit = [{ ...first, actor: 'token:night crew (tok_01)', details }];
    },
    { path: '#/access/audit' },
  );
  await page.getByRole('cell', { name: 'night crew', exact: true }).waitFor();
  assert.match(
    await page.locator('.audit-details').last().innerText(),
    /expires: 2 Jan 2026.*sites: \["dublin-1"\]/,
  );
});

test('an audit trail without entries says what will stand there', async () => {
  const { page } = await consoles.open(
    ({ state }) => {
      state.audit = [];
    },
    { path: '#/access/audit' },
  );
  await page.getByText('Nothing was changed yet').waitFor();
});

test('tokens and audit say that they need the role admin', async () => {
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
