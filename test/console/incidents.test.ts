// Incidents in the console: the list, the room of one and what can be done in it, what the public is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import {
  clocksOf,
  mergeEntries,
  severityWhy,
  shortPlace,
  sortIncidents,
  spanText,
} from '../../console/src/incidents/describe-incident.ts';
import { PHONE, useConsoles } from './console-page.ts';
import { makeIncident } from './fake-incidents.ts';
import type { FakeState } from './fake-state.ts';
import { fillScene, makeEnded } from './incident-scene.ts';

const consoles = useConsoles();

test('open incidents stand first whatever they are sorted by, and none is there twice', () => {
  const incident = (title: string, openedAtMs: number, users: number, state: 'open' | 'resolved') =>
    makeIncident(0, { title, openedAtMs, state, impact: { users, budgetShare: null, burnRate: null } });
  const open = [incident('a', 1, 5, 'open'), incident('b', 2, 500, 'open')];
  const ended = [incident('c', 9, 9_000, 'resolved'), incident('d', 3, 1, 'resolved')];
  const titles = (sort: Parameters<typeof sortIncidents>[2]) =>
    sortIncidents(open, [...ended, ...open], sort).map(({ title }) => title);
  assert.deepEqual(titles('newest'), ['b', 'a', 'c', 'd']);
  assert.deepEqual(titles('oldest'), ['a', 'b', 'd', 'c']);
  assert.deepEqual(titles('users'), ['b', 'a', 'c', 'd']);
});

test('clocks count from the first harm, entries keep the order of their times, reasons are sentences', () => {
  const incident = makeIncident(100_000, {
    openedAtMs: 152_000,
    impactStartedAtMs: 100_000,
    acknowledgedAtMs: 160_000,
    quietSinceMs: 400_000,
    alertCount: 1,
  });
  assert.deepEqual(
    clocksOf(incident).map(({ name, afterMs }) => [name, afterMs]),
    [
      ['First harm', 0],
      ['Detected', 52_000],
      ['Acknowledged', 60_000],
      ['Mitigated', 300_000],
      ['Resolved', null],
    ],
  );
  const entry = (id: number, atMs: number) =>
    ({ id, atMs, kind: 'note', text: `${id}`, actor: null, details: {} }) as const;
  const merged = mergeEntries([entry(1, 10), entry(2, 20)], [entry(4, 5), entry(3, 20)]);
  assert.deepEqual(
    merged.map(({ id }) => id),
    [4, 1, 2, 3],
  );
  const reason = { code: 'limit_met', subject: 'budgetShare', values: { value: 0.116, limit: 0.1 } };
  assert.equal(severityWhy([reason]), '11.6 % of the error budget burnt; the limit is 10 %');
  assert.equal(severityWhy([]), 'A person set it; it is no longer judged.');
  assert.deepEqual(
    [spanText(52_000), spanText(192_000), spanText(7_500_000)],
    ['52 s', '3 min 12 s', '2 h 5 min'],
  );
  assert.equal(shortPlace({ region: 'dublin', site: 'dublin-1' }), 'dublin-1');
});

const ENDED = makeEnded(Date.now(), 450);

function withScene({ state }: { state: FakeState }): void {
  fillScene(state);
  state.incidents.list.push(...ENDED);
}

test('the list is filtered, sorted and searched, and leads to the room', async () => {
  const { page } = await consoles.open(withScene, { path: '#/library' });
  await page.getByRole('heading', { name: 'Library' }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('f');
  const first = page.locator('tr.incident').first();
  await first.getByRole('link', { name: /Requests of viewers in Dublin/ }).waitFor();
  assert.match(
    await first.innerText(),
    /SEV 2[\s\S]*Open[\s\S]*dublin-1[\s\S]*240[\s\S]*11\.6 %[\s\S]*nobody/,
  );
  const worst = String(Math.max(...ENDED.map(({ impact }) => impact.users ?? 0)));
  await page.getByRole('button', { name: 'Users hurt' }).click();
  // All pages are fetched, since the worst one may be old.
  await page.locator('table[aria-rowcount="452"]').waitFor();
  await first.getByRole('link', { name: /Requests of viewers in Dublin/ }).waitFor();
  await page.locator('tr.incident').nth(1).getByText(worst, { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Ended' }).click();
  await first.getByText(worst, { exact: true }).waitFor();
  await page.getByRole('combobox', { name: 'Severity' }).selectOption('sev4');
  await page.locator('tr.incident').filter({ hasText: 'SEV 1' }).first().waitFor({ state: 'detached' });
  await page.getByRole('textbox', { name: 'Search incidents' }).fill('no such thing');
  await page.getByText('No incident fits what was asked for.').waitFor();
  await page.getByRole('combobox', { name: 'Severity' }).selectOption('');
  await page.getByRole('button', { name: 'All', exact: true }).click();
  await page.getByRole('textbox', { name: 'Search incidents' }).fill('viewers in dublin');
  await page.keyboard.press('Escape');
  await page.getByRole('textbox', { name: 'Search incidents' }).fill('viewers in dublin');
  await page.locator('table[aria-rowcount="2"]').waitFor();
  await first.getByRole('link').click();
  await page.getByRole('region', { name: 'Timeline' }).waitFor();
});

test('a room is worked in: taken, noted, roles given and undone, escalated, changed, resolved, reopened', async () => {
  let id = '';
  const { page, control } = await consoles.open(
    ({ state }) => {
      id = fillScene(state).id;
    },
    { path: '#/incidents', colorScheme: 'dark' },
  );
  await page.getByRole('link', { name: /Requests of viewers in Dublin/ }).click();
  const incident = () =>
    defined(
      control.state.incidents.list.find((each) => each.id === id),
      id,
    );
  const timeline = page.getByRole('region', { name: 'Timeline' });
  await timeline.getByText('Two disks of dublin-1 report read errors').waitFor();
  await page.getByText('240 users hurt; the limit is 100').waitFor();
  await page.getByRole('list', { name: 'Clocks' }).getByText('+52 s').waitFor();
  await page.getByRole('region', { name: 'Response' }).getByText('Step 1 of 3').waitFor();
  await page.getByRole('region', { name: 'Response' }).getByText('waits for an approval').waitFor();
  const suspects = page.getByRole('region', { name: 'What may have caused it' });
  await suspects
    .getByText(/1 min before \(90 %\) × at the same site \(90 %\) × a deploy/)
    .first()
    .waitFor();

  await page.getByRole('button', { name: 'Acknowledge', exact: true }).click();
  await timeline.getByText('admin has it').waitFor();
  await timeline.getByRole('textbox', { name: 'Note' }).fill('It is the new encoder');
  await page.keyboard.press('Enter');
  await timeline.getByText('It is the new encoder').waitFor();
  await timeline.getByRole('button', { name: /^Alerts/ }).click();
  await timeline.getByText('SloBurn fires').waitFor({ state: 'detached' });

  const roles = page.getByRole('region', { name: 'Roles' });
  await roles.getByRole('button', { name: 'Give the role of scribe' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Grace');
  await page.keyboard.press('Enter');
  await roles.getByText('Grace').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await roles.getByText('Grace').waitFor({ state: 'detached' });
  assert.equal(incident().roles.scribe, null);

  await page.getByRole('button', { name: 'Escalate…' }).click();
  const escalate = page.getByRole('dialog', { name: 'Page again' });
  assert.equal(await escalate.getByRole('button', { name: 'Page', exact: true }).isDisabled(), true);
  await escalate.getByRole('textbox', { name: 'Why' }).fill('Nobody answers');
  await escalate.getByRole('button', { name: 'Page', exact: true }).click();
  await timeline.getByText('Escalated: Nobody answers').waitFor();

  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Change…' }).click();
  await page.getByRole('dialog').getByLabel('Severity').selectOption('sev1');
  await page.getByRole('dialog').getByRole('button', { name: 'Change', exact: true }).click();
  await page.locator('.room-title .severity.sev1').waitFor();

  await page.getByRole('button', { name: 'Resolve…' }).click();
  const resolve = page.getByRole('dialog', { name: 'Resolve the incident' });
  await resolve.getByText('One alert fires still').waitFor();
  await resolve.getByRole('textbox', { name: 'What ended it' }).fill('Rolled back');
  await resolve.getByRole('button', { name: 'Resolve', exact: true }).click();
  await page.getByText('End: Rolled back').waitFor();
  await page.getByRole('button', { name: 'Reopen…' }).click();
  await page.getByRole('textbox', { name: 'Why' }).fill('It came back');
  await page.getByRole('button', { name: 'Reopen and page' }).click();
  await timeline.getByText('Reopened. It came back').waitFor();
});

test('the public is told and told no more; what is to be done has an owner and is ticked off', async () => {
  let id = '';
  const { page, control } = await consoles.open(({ state }) => {
    id = fillScene(state).id;
  });
  await page.goto(`${control.url}/#/incidents/${id}`);
  const status = page.getByRole('region', { name: 'Status page' });
  await status.getByRole('button', { name: 'Tell the public…' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Text' }).fill('A cable was cut near Dublin.');
  await page.getByRole('dialog').getByLabel('Impact').selectOption('outage');
  await page.getByRole('button', { name: 'Publish' }).click();
  await status.getByText('A cable was cut near Dublin.').waitFor();
  await status.getByRole('button', { name: 'Take back the update "investigating"' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click();
  await status.getByText('The public was told nothing of it.').waitFor();

  const items = page.getByRole('region', { name: 'Action items' });
  await items.getByRole('button', { name: 'Add' }).click();
  const dialog = page.getByRole('dialog', { name: 'What is to be done?' });
  await dialog.getByRole('textbox', { name: 'What' }).fill('Canary the edge');
  await dialog.getByRole('textbox', { name: 'Who' }).fill('Ann');
  await dialog.getByRole('button', { name: 'Add' }).click();
  await items.getByRole('checkbox', { name: 'Done: Canary the edge' }).click();
  await page.getByText('Done', { exact: true }).waitFor();
  assert.equal(control.state.incidents.list[0]?.actionItems[0]?.state, 'done');
});

test('a postmortem shows times and pictures, is written, and goes out as Markdown', async () => {
  let id = '';
  const { page, control } = await consoles.open(({ state }) => {
    id = fillScene(state).id;
  });
  await page.goto(`${control.url}/#/incidents/${id}/postmortem`);
  await page
    .getByText(/First harm: 46 of 1,200 events of vod-playback were bad, above 6, 42 s before/)
    .waitFor();
  await page.locator('figure svg').waitFor();
  await page.getByRole('region', { name: 'What automation did' }).getByText('Drain a region').waitFor();
  await page.getByRole('textbox', { name: 'Summary' }).fill('A deploy broke two disks.');
  control.state.incidents.written.set(id, { summary: 'Faster', lessons: '', version: 1 });
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('admin saved version 1 while you were writing').waitFor();
  assert.equal(
    await page.getByRole('textbox', { name: 'Summary' }).inputValue(),
    'A deploy broke two disks.',
  );
  await page.getByRole('button', { name: 'Keep mine' }).click();
  assert.equal(await page.getByRole('alert').count(), 0);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText(/^Version 2, by admin/).waitFor();
  assert.equal(control.state.incidents.written.get(id)?.summary, 'A deploy broke two disks.');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Markdown' }).click(),
  ]);
  assert.equal(download.suggestedFilename(), `postmortem-${id}.md`);
});

test('a merge says that it cannot be taken back, and moves to the other incident', async () => {
  const { page } = await consoles.open(
    ({ state }) => {
      state.incidents.list.push(
        makeIncident(Date.now(), { title: 'Edges of Dublin are lost', severity: 'sev1' }),
      );
      fillScene(state);
    },
    { path: '#/incidents' },
  );
  await page.getByRole('link', { name: /Requests of viewers in Dublin/ }).click();
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Merge into…' }).click();
  await page.getByText(/This cannot be taken back/).waitFor();
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await page.getByRole('heading', { name: 'Edges of Dublin are lost' }).waitFor();
});

test('a viewer changes nothing, a phone shows all, and an unknown incident is told', async () => {
  let id = '';
  const { page, control } = await consoles.open(
    ({ state }) => {
      id = fillScene(state).id;
      state.role = 'viewer';
    },
    { viewport: PHONE, path: '#/incidents' },
  );
  await page.getByRole('link', { name: /Requests of viewers in Dublin/ }).click();
  await page.getByRole('region', { name: 'Timeline' }).getByText('Site dublin-1 is drained').waitFor();
  for (const name of ['Acknowledge', 'Resolve…', 'Tell the public…', 'Give the role of scribe'])
    assert.equal(await page.getByRole('button', { name }).count(), 0, name);
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  assert.ok(width <= PHONE.width, `nothing is wider than a phone: ${width}`);
  await page.goto(`${control.url}/#/incidents/${id.slice(0, -1)}0`);
  await page.getByText('There is no such incident').waitFor();
});
