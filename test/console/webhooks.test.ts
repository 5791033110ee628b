// Webhooks in the console: added, tested, looked into, replayed, paused and removed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { waitFor } from '../support/wait-for.ts';
import { PHONE, useConsoles } from './console-page.ts';
import type { FakeControl } from './fake-control.ts';
import { endNewest, type FakeWebhook, makeDelivery } from './fake-webhooks.ts';

const consoles = useConsoles();

function webhookAt(control: FakeControl, index: number): FakeWebhook {
  return defined(control.state.webhooks[index], 'a webhook');
}

function bodyOf(control: FakeControl, key: string): unknown {
  return defined(
    control.calls.findLast((call) => call.key === key),
    key,
  ).body;
}

/** Opens one of the three webhooks. */
async function openWebhook(index: number) {
  const opened = await consoles.open(undefined, { path: '#/webhooks' });
  await opened.page.locator('tbody .webhook-name').nth(index).click();
  await opened.page.getByRole('heading', { name: 'Deliveries' }).waitFor();
  return { ...opened, webhook: webhookAt(opened.control, index) };
}

test('the list shows where events go, how each webhook is doing, and what waits', async () => {
  const { page } = await consoles.open(undefined, { path: '#/webhooks' });
  const row = (name: RegExp) => page.getByRole('row', { name });
  await row(/Newsroom/).waitFor();
  assert.match(await row(/Newsroom/).innerText(), /Active[\s\S]*All events[\s\S]*all\s+1\s+0/);
  assert.match(
    await row(/Search index/).innerText(),
    /search\.example[\s\S]*Failing[\s\S]*asset\.ready and 2 more[\s\S]*default\s+2\s+1/,
  );
  assert.match(await row(/old-cms/).innerText(), /Paused[\s\S]*asset\.failed[\s\S]*1,204\s+310\s+never/);
});

test('a webhook is added with chosen events, its secret shown once; a refusal is explained in place', async () => {
  const { page, control } = await consoles.open(
    ({ state }) => {
      state.webhooks = [];
    },
    { path: '#/webhooks' },
  );
  await page.getByText('Nobody is told yet').waitFor();
  await page.getByRole('button', { name: 'New webhook' }).click();
  const add = page.getByRole('button', { name: 'Add webhook' });
  assert.equal(await add.isDisabled(), true);
  const address = page.getByRole('textbox', { name: 'Address' });
  await address.fill('http://127.0.0.1/hook');
  await page.keyboard.press('Enter');
  await page.getByText('127.0.0.1 is not a public address').waitFor();
  await address.fill('https://cms.example/hook');
  await page.getByRole('textbox', { name: 'Description' }).fill('CMS');
  await page.getByRole('radio', { name: 'Only these' }).check();
  assert.equal(await add.isDisabled(), true);
  await page.getByRole('checkbox', { name: /asset\.ready/ }).check();
  await page.getByRole('checkbox', { name: /asset\.failed/ }).check();
  await page.getByRole('combobox', { name: 'Project' }).selectOption('default');
  await add.click();
  await page.getByText('whsec_shown_only_once').waitFor();
  await page.getByRole('button', { name: 'I have kept it' }).click();
  await page.getByRole('heading', { name: 'CMS' }).waitFor();
  await page.getByText('Nothing was sent yet').waitFor();
  assert.equal(await page.getByText('whsec_shown_only_once').count(), 0);
  assert.deepEqual(bodyOf(control, 'POST /v1/webhooks'), {
    url: 'https://cms.example/hook',
    description: 'CMS',
    eventTypes: ['asset.ready', 'asset.failed'],
    format: 'structured',
    projectId: 'default',
  });
});

test('a test is sent and its outcome appears as soon as it is known', async () => {
  const { page, webhook } = await openWebhook(0);
  await page.getByRole('button', { name: 'Send test' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('webhook.test').first().waitFor();
  await dialog.getByText('No attempt has ended yet.').waitFor();
  endNewest(webhook, 503);
  await dialog.getByText('Given up').waitFor();
  await dialog.getByText('the database is being upgraded').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('row', { name: /webhook\.test/ }).waitFor();
});

test('deliveries can be filtered and looked into, attempt by attempt', async () => {
  const { page } = await openWebhook(1);
  await page.getByText(/^Nothing was delivered since/).waitFor();
  const filters = page.getByRole('group', { name: 'Show deliveries that are' });
  await filters.getByRole('button', { name: 'Held back' }).click();
  await page.getByText('has to be delivered first').waitFor();
  await filters.getByRole('button', { name: 'Waiting' }).click();
  await page.getByText(/status 503\. Next attempt in 2\d min\./).waitFor();
  assert.equal(await page.locator('.deliveries .long-row').count(), 1);
  await filters.getByRole('button', { name: 'Given up' }).click();
  await page.getByText(/Given up after 21 attempts in 23\.6 h/).waitFor();
  await page.getByRole('button', { name: 'Ready', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('attempt 21').waitFor();
  assert.equal(await dialog.locator('.attempts > li').count(), 21);
  assert.match(
    await dialog.locator('.attempts > li').first().innerText(),
    /503[\s\S]*43 ms[\s\S]*status 503/,
  );
  assert.match(
    await dialog.locator('.attempts > li').last().innerText(),
    /No answer[\s\S]*10000 ms[\s\S]*within 10 s/,
  );
  assert.match(await dialog.locator('pre').last().innerText(), /"type": "asset\.ready"/);
  await filters.getByRole('button', { name: 'Delivered' }).waitFor({ state: 'visible' });
  await dialog.getByRole('button', { name: 'Deliver once more' }).click();
  await dialog.getByText('Retrying').waitFor();
});

test('one delivery and a span of time are replayed', async () => {
  const { page, control, webhook } = await openWebhook(1);
  const replay = page.getByRole('button', { name: 'Replay asset.ready 1' });
  assert.equal(await page.getByRole('button', { name: 'Replay asset.ready 2' }).isDisabled(), true);
  await replay.click();
  await page.getByText('asset.ready is delivered once more').waitFor();
  await page.locator('.deliveries .long-row').last().getByText('Retrying').waitFor();

  webhook.deliveries = [
    makeDelivery(1, Date.now() - 7_200_000, { state: 'dead' }),
    makeDelivery(0, Date.now() - 3_600_000),
  ];
  await page.getByRole('button', { name: 'Replay a span…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: /^All/ }).check();
  await dialog.getByRole('button', { name: 'Replay' }).click();
  await page.getByText('2 events delivered once more').waitFor();
  const body = bodyOf(control, 'POST /v1/webhooks/{webhookId}/replay') as {
    fromMs: number;
    toMs: number;
    which: string;
  };
  assert.equal(body.which, 'all');
  assert.ok(Math.abs(body.toMs - body.fromMs - 86_400_000) < 120_000);
});

test('a paused webhook says why, and is resumed; a new secret and a change are made, and it is removed', async () => {
  const { page, control, webhook } = await openWebhook(2);
  await page
    .getByText('Nothing was delivered for 72.0 h. The last attempt: The endpoint answered with status 503.')
    .waitFor();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByText('Resumed: what waited is sent now').waitFor();
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  assert.equal(webhook.view.state, 'active');
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'New secret…' }).click();
  await page.getByRole('combobox').selectOption({ label: 'A week' });
  await page.getByRole('button', { name: 'Make secret' }).click();
  await page.getByText('whsec_the_new_one').waitFor();
  assert.deepEqual(bodyOf(control, 'POST /v1/webhooks/{webhookId}/rotate-secret'), {
    overlapMs: 604_800_000,
  });
  await page.getByRole('button', { name: 'I have kept it' }).click();
  await page.getByText(/signs as well until/).waitFor();
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Change…' }).click();
  await page.getByRole('radio', { name: /^All/ }).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Changed', { exact: true }).waitFor();
  assert.deepEqual(webhook.view.eventTypes, []);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Remove…' }).click();
  await page.getByText(/1,204 waiting events will not arrive/).waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('row', { name: /Newsroom/ }).waitFor();
  assert.equal(control.state.webhooks.length, 2);
});

test('deliveries go back as one scrolls', async () => {
  const { page } = await consoles.open(
    ({ state }) => {
      const nowMs = Date.now();
      const own = defined(state.webhooks[0], 'a webhook');
      own.deliveries = Array.from({ length: 500 }, (_, index) =>
        makeDelivery(1_000 - index, nowMs - index * 60_000),
      );
    },
    { path: '#/webhooks' },
  );
  await page.locator('tbody .webhook-name').first().click();
  await page.locator('.deliveries [aria-rowindex="2"]').waitFor();
  // Only what is on screen exists; the end of the list brings the rest.
  await waitFor('the oldest delivery', async () => {
    await page.evaluate(
      "{ const list = document.querySelector('.list-scroll'); list.scrollTop = list.scrollHeight; }",
    );
    return (await page.getByRole('button', { name: 'Replay asset.ready 501' }).count()) === 1;
  });
  assert.equal(await page.locator('.deliveries').getAttribute('aria-rowcount'), '501');
});

test('a viewer is told which role it needs; an operator may not add, change or remove', async () => {
  const viewer = await consoles.open(
    ({ state }) => {
      state.role = 'viewer';
    },
    { path: '#/webhooks' },
  );
  await viewer.page.getByText('This needs the role operator').waitFor();
  assert.equal(
    viewer.control.calls.some(({ key }) => key.includes('webhooks')),
    false,
  );
  const operator = await consoles.open(
    ({ state }) => {
      state.role = 'operator';
    },
    { path: '#/webhooks' },
  );
  await operator.page.getByRole('row', { name: /Newsroom/ }).waitFor();
  assert.equal(await operator.page.getByRole('button', { name: 'New webhook' }).count(), 0);
  await operator.page.locator('tbody .webhook-name').first().click();
  await operator.page.getByRole('button', { name: 'Send test' }).waitFor();
  assert.equal(await operator.page.getByRole('button', { name: 'More actions' }).count(), 0);
});

test('when control cannot say, the page offers to try again; on a phone nothing runs over the edge', async () => {
  const { page, control } = await consoles.open(
    ({ state }) => {
      state.isAway = false;
    },
    { path: '#/webhooks', viewport: PHONE },
  );
  await page.locator('tbody .webhook-name').nth(1).click();
  await page.getByRole('heading', { name: 'Deliveries' }).waitFor();
  await page.getByText('Retrying').waitFor();
  const widthPx = await page.evaluate('document.documentElement.scrollWidth');
  assert.equal(widthPx, PHONE.width);
  await page.goto(`${control.url}/#/webhooks/whk_00000000000000000000000000`);
  await page.getByText('The webhook could not be loaded').waitFor();
  await page.getByRole('button', { name: 'Try again' }).waitFor();
});
