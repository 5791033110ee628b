// Orders in the console: the list and how far nodes are, one by its address, a new one after a look at what it hits.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  EMPTY_DRAFT,
  endingOf,
  orderOf,
  progressOf,
  stateOf,
} from '../../console/src/orders/describe-order.ts';
import { PHONE, useConsoles } from './console-page.ts';
import { makeOrder } from './fake-orders.ts';

const consoles = useConsoles();

test('an order says how it stands, how far it is and how it can be ended', () => {
  const report = { nodeId: 'a', atMs: 1, count: 1, bytes: 1 };
  const open = { endedAtMs: null, isDone: false };
  const rows = [
    makeOrder(1),
    makeOrder(1, { ...open, reports: [report], missingNodeIds: ['b', 'c'] }),
    makeOrder(1, { ...open, kind: 'shift' }),
    makeOrder(1, { kind: 'throttle', isDone: false }),
    makeOrder(1, { kind: 'restart', isDone: false }),
    makeOrder(1, { ...open, kind: 'restart', missingNodeIds: ['a'] }),
  ];
  assert.deepEqual(
    rows.map((order) => [stateOf(order).text, progressOf(order), endingOf(order)?.word ?? null]),
    [
      ['Done', null, null],
      ['Under way', { done: 1, of: 3 }, null],
      ['In force', null, 'Give it back'],
      ['Ended', null, null],
      ['Not done', null, null],
      ['Under way', { done: 0, of: 1 }, 'Withdraw'],
    ],
  );
});

test('a draft is an order once all that it needs is there and can be', () => {
  const draft = (changes: object) => orderOf({ ...EMPTY_DRAFT, ...changes });
  const assetId = `ast_${'0'.repeat(26)}`;
  for (const changes of [
    {},
    { projectId: 'demo', assetId: 'ast_short' },
    { projectId: 'demo', version: '2' },
    { kind: 'restart' },
    { kind: 'shift', siteId: 'dublin-1', percent: '101' },
    { kind: 'shift', siteId: 'dublin-1', percent: '' },
  ])
    assert.equal(draft(changes), null, JSON.stringify(changes));
  assert.deepEqual(draft({ projectId: 'demo', assetId: ` ${assetId}`, version: '2' }), {
    kind: 'purge',
    projectId: 'demo',
    assetId,
    version: 2,
  });
  assert.deepEqual(draft({ kind: 'throttle' }), {
    kind: 'throttle',
    regionId: null,
    projectId: null,
    floor: 'video',
  });
  assert.deepEqual(draft({ kind: 'shift', siteId: 'dublin-1', percent: '12.5' }), {
    kind: 'shift',
    siteId: 'dublin-1',
    share: 0.125,
  });
});

test('orders are listed, filtered, followed to their end, and ended; a new one is looked at before it is given', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/world', colorScheme: 'dark' });
  await page.getByRole('heading', { name: 'World' }).first().waitFor();
  // Both at once: the pair must come within 1.2 s, which two presses on a busy machine may not.
  await page.evaluate(
    `for (const key of 'gx') document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))`,
  );
  const rows = page.locator('tr.order');
  await rows.filter({ hasText: 'Under way' }).getByText('4 of 6').waitFor();
  assert.equal(await rows.count(), 5);
  await page.getByRole('combobox', { name: 'State' }).selectOption('open');
  await rows.filter({ hasText: 'Not done' }).waitFor({ state: 'detached' });
  assert.match(page.url(), /orders\/.*state.*open/);
  await page.getByRole('combobox', { name: 'Kind' }).selectOption('purge');
  // In a field letters are typed.
  const leaveField = () => page.evaluate('document.activeElement.blur()');
  await rows.filter({ hasText: '50 %' }).waitFor({ state: 'detached' });
  // A filter empties the list until its answer is in.
  await rows.filter({ hasText: '4 of 6' }).waitFor();
  await leaveField();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  const purge = page.getByRole('dialog', { name: 'Purge' });
  await purge.getByText('not yet').first().waitFor();
  assert.equal(await purge.getByText('not yet').count(), 2);
  assert.equal(await purge.getByRole('button', { name: 'Withdraw…' }).count(), 0);
  const [first] = control.state.orders.list;
  assert.ok(first);
  // Nodes tell with their beats, of which no notice is given.
  const reports = first.missingNodeIds.map((nodeId) => ({ nodeId, atMs: Date.now(), count: 1, bytes: 1 }));
  Object.assign(first, {
    reports: [...first.reports, ...reports],
    missingNodeIds: [],
    isDone: true,
    endedAtMs: Date.now(),
  });
  await purge.getByText('Done', { exact: true }).waitFor();
  await page.keyboard.press('Escape');
  await purge.waitFor({ state: 'detached' });

  await leaveField();
  await page.keyboard.press('n');
  const form = page.getByRole('dialog', { name: 'Give an order' });
  await form.getByRole('combobox', { name: 'What' }).selectOption('shift');
  const look = form.getByRole('button', { name: 'Look what it hits' });
  assert.equal(await look.isDisabled(), true);
  await form.getByRole('combobox', { name: 'Site' }).selectOption('dublin-1');
  await form.getByRole('spinbutton', { name: 'Percent that it keeps' }).fill('5');
  await look.click();
  const outlook = page.getByRole('dialog', { name: 'What it would hit' });
  await outlook.getByText('2 nodes in 1 region').waitFor();
  await outlook.getByText(/It takes the place of/).waitFor();
  const give = outlook.getByRole('button', { name: 'Give the order' });
  assert.equal(await give.isDisabled(), true, 'a guard does not hold');
  assert.equal(
    control.calls.some(({ key }) => key === 'POST /v1/orders'),
    false,
  );
  await outlook.getByRole('checkbox').check();
  await give.click();
  const shift = page.getByRole('dialog', { name: 'Shift' });
  await shift.getByText('dublin-1 gets 5 % of what steering would send there').waitFor();
  assert.match(page.url(), /#\/orders\/ord_/);
  await shift.getByRole('button', { name: 'Give it back…' }).click();
  await page
    .getByRole('dialog', { name: 'Give it back?' })
    .getByRole('button', { name: 'Give it back' })
    .click();
  await shift.getByText('Ended', { exact: true }).waitFor();
});

test('a viewer gives and ends nothing; a phone shows all; what cannot be loaded says so', async () => {
  const { page, control } = await consoles.open(
    ({ state }) => {
      state.role = 'viewer';
    },
    { viewport: PHONE, path: '#/orders' },
  );
  await page.getByText('4 of 6').waitFor({ state: 'attached' });
  assert.equal(await page.getByRole('link', { name: 'Give an order…' }).count(), 0);
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  assert.ok(width <= PHONE.width, `${width}`);
  const shift = control.state.orders.list.find(({ kind }) => kind === 'shift');
  await page.goto(`${control.url}/#/orders/${shift?.id}`);
  await page.getByRole('dialog', { name: 'Shift' }).getByText('In force').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Give it back…' }).count(), 0);
  await page.goto(`${control.url}/#/orders/ord_${'0'.repeat(26)}`);
  await page.getByText('The order could not be loaded').waitFor();
  control.state.orders.list = [];
  await page.goto(`${control.url}/#/orders/?kind=purge`);
  await page.getByText('No order fits what is asked for.').waitFor();
});
