// Getting in and out: the wrong token, the right one, a session that ends, control away from the start.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MeridianError } from '#contract/errors.ts';
import { useConsoles } from './console-page.ts';
import { ADMIN_TOKEN } from './fake-state.ts';

const consoles = useConsoles();

test('a wrong token is refused with what to do, the right one opens the world', async () => {
  const { page, control } = await consoles.open(undefined, { isLoggedIn: false });
  await page.getByText('.meridian/admin-token').waitFor();
  const login = page.getByRole('button', { name: 'Log in' });
  assert.equal(await login.isDisabled(), true, 'nothing to send yet');

  await page.getByLabel('API token').fill('mrd_wrong');
  await page.keyboard.press('Enter');
  const alert = page.getByRole('alert');
  await alert.waitFor();
  assert.match(await alert.innerText(), /not known or has expired[\s\S]*admin can make a new one/);
  assert.equal(await page.getByLabel('API token').getAttribute('aria-invalid'), 'true');

  await page.getByLabel('API token').fill(` ${ADMIN_TOKEN} `);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'World', exact: true }).waitFor();
  assert.deepEqual(
    control.calls.filter(({ key }) => key === 'POST /v1/session').map(({ body }) => body),
    [{ token: 'mrd_wrong' }, { token: ADMIN_TOKEN }],
  );
});

test('the token field hides what is typed until asked', async () => {
  const { page } = await consoles.open(undefined, { isLoggedIn: false });
  const field = page.getByLabel('API token');
  assert.equal(await field.getAttribute('type'), 'password');
  await page.getByRole('button', { name: 'Show' }).click();
  assert.equal(await field.getAttribute('type'), 'text');
});

test('a session that ends leads back to the login and says so', async () => {
  const { page, control } = await consoles.open();
  await page.getByRole('heading', { name: 'World', exact: true }).waitFor();
  control.state.failing.set('GET /v1/world', new MeridianError('unauthenticated'));
  await page.getByText('Your session has ended').waitFor();
  await page.getByLabel('API token').waitFor();
});

test('logging out ends the session at control', async () => {
  const { page, control } = await consoles.open();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('API token').waitFor();
  assert.equal(
    control.calls.some(({ key }) => key === 'DELETE /v1/session'),
    true,
  );
  await page.reload();
  await page.getByLabel('API token').waitFor();
});

test('a console opened while control is away waits and then goes on by itself', async () => {
  const { page, control } = await consoles.open(({ state }) => {
    state.hold = undefined;
  });
  await page.getByRole('heading', { name: 'World', exact: true }).waitFor();
  control.state.isAway = true;
  await page.reload();
  await page.getByRole('heading', { name: 'Waiting for the control plane' }).waitFor();
  control.state.isAway = false;
  await page.getByRole('heading', { name: 'World', exact: true }).waitFor();
});
