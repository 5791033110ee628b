// The provider's button and what went wrong with it; breaking the glass, by a person and with a code from paper;
// readiness.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useConsoles } from './console-page.ts';

const consoles = useConsoles();

test('the login page offers the provider and says once why a sign-in did not succeed', async () => {
  const { page } = await consoles.open(
    (control) => {
      control.state.signInProvider = { label: 'Example SSO', path: '/login/oidc' };
    },
    { isLoggedIn: false, path: '?sign-in=no_role' },
  );
  const link = page.getByRole('link', { name: 'Log in with Example SSO' });
  assert.equal(await link.getAttribute('href'), '/login/oidc');
  await page.getByText('none of your groups has a role here').waitFor();
  assert.equal(new URL(page.url()).search, '');
  await page.reload();
  await link.waitFor();
  assert.equal(await page.getByText('none of your groups has a role here').count(), 0);
});

test('an operator breaks the glass, everybody sees it, and it is ended from the banner', async () => {
  const { page } = await consoles.open(
    ({ state }) => {
      state.role = 'operator';
    },
    { path: '#/access/emergency' },
  );
  await page.getByText('The glass is whole').waitFor();
  assert.equal(await page.getByRole('region', { name: 'Recovery codes' }).count(), 0, 'for admins alone');
  await page.getByRole('button', { name: 'Break the glass' }).click();
  const become = page.getByRole('button', { name: 'Become admin' });
  await page.getByLabel('Why').fill('short');
  assert.equal(await become.isDisabled(), true, 'a reason is a sentence');
  await page.getByLabel('Why').fill('dublin burns and nobody else is awake');
  await become.click();
  const banner = page.getByText(/You are admin behind broken glass until/);
  await banner.waitFor();
  await page.getByRole('link', { name: 'API tokens' }).click();
  await page.getByRole('region', { name: 'API tokens' }).waitFor();
  await page.getByRole('button', { name: 'End it now' }).click();
  await page.getByText('This needs the role admin').waitFor();
  await banner.waitFor({ state: 'detached' });
});

test('a recovery code opens the console when nothing else does', async () => {
  const { page, control } = await consoles.open(undefined, { isLoggedIn: false });
  await page.getByRole('button', { name: 'Use a recovery code' }).click();
  await page.getByLabel('Your name').fill('Ada');
  await page.getByLabel('Why').fill('the provider is away and the token is lost');
  await page.getByLabel('Recovery code').fill('wrong');
  const open = page.getByRole('button', { name: 'Break the glass' });
  await open.click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Recovery code').fill(control.state.access.recoveryCode);
  await open.click();
  await page.getByRole('heading', { name: 'World', exact: true }).waitFor();
  await page.getByText(/You are admin behind broken glass until/).waitFor();
});

test('an admin makes recovery codes, which are shown once', async () => {
  const { page } = await consoles.open(undefined, { path: '#/access/emergency' });
  await page.getByRole('button', { name: 'New codes' }).click();
  await page.getByRole('button', { name: 'Make codes' }).click();
  await page.getByText('7KQ2M-0F8XA-P3D6T-9XW41').waitFor();
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByText('8 of 8 recovery codes are left').waitFor();
});

test('readiness says what each service lacks and how to add it', async () => {
  const { page } = await consoles.open(undefined, { path: '#/readiness' });
  await page.getByText('1 of 2 services lack nothing').waitFor();
  const live = page.getByRole('region', { name: 'live' });
  await live.getByText('Nobody owns it').waitFor();
  assert.equal(await live.locator('code').innerText(), 'services.live.owner');
  await live.getByText('Never: Meridian has no drills yet').waitFor();
  await page.getByRole('region', { name: 'playback' }).getByText('Ready').waitFor();
});
