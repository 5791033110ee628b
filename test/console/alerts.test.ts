// Alerts and changes in the console: the inbox, silences, rules, notifications, the feed of changes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MeridianError } from '#contract/errors.ts';
import { groupAlerts, ruleText, standingOf, whyText } from '../../console/src/alerts/describe-alert.ts';
import { changeLink, readMoment } from '../../console/src/changes/describe-change.ts';
import { evidenceText, matchersOf, runbookLink } from '../../console/src/signal/evidence.ts';
import { PHONE, useConsoles } from './console-page.ts';
import { makeAlert } from './fake-alerts.ts';
import { ALERT_ID, fillAlerts, fillScene } from './incident-scene.ts';

const consoles = useConsoles();

test('the inbox is grouped by place, those that wake somebody first', () => {
  const alert = (region: string, slo: string, rest: object = {}) =>
    makeAlert(0, { labels: { region, slo }, ...rest });
  const rows = groupAlerts([
    alert('dublin', 'a', { severity: 'ticket' }),
    alert('dublin', 'b', { state: 'suppressed' }),
    alert('oregon', 'd'),
    alert('oregon', 'c'),
  ]);
  assert.deepEqual(
    rows.map((row) => (row.kind === 'group' ? `${row.place} ${row.firing}+${row.quiet}` : row.labels.slo)),
    ['oregon 2+0', 'c', 'd', 'dublin 1+1', 'a', 'b'],
  );
});

test('why an alert fires, why it is quiet, when a rule fires, and where they point to', () => {
  const alert = makeAlert(0, {
    evidence: [
      { name: 'events', value: 900, limit: 10, unit: '' },
      { name: 'burn 6 h', value: 7, limit: 6, unit: 'x' },
      { name: 'burn 1 h', value: 38.234, limit: 14.4, unit: 'x' },
    ],
  });
  assert.equal(whyText(alert), 'burn 1 h 38.2 ×, limit 14.4 ×');
  const standing = (quietReason: string) => standingOf({ state: 'suppressed', quietReason });
  assert.equal(standing('Silenced by ann: disk'), 'silenced');
  assert.equal(standing('Under maintenance by ann: switches'), 'silenced');
  assert.equal(standing('All of region dublin is lost.'), 'inhibited');
  assert.deepEqual(matchersOf(alert.labels), ['alertname=SloBurn', 'slo=vod-playback', 'region=dublin']);
  assert.equal(runbookLink({ runbook: 'javascript:alert(1)' }), null);
  assert.equal(evidenceText(1_234_567, 'users'), '1,234,567 users');
  const common = {
    severity: 'page',
    summary: 's',
    runbook: null,
    labels: { site: 'a' },
    by: [],
    keepMs: 0,
  } as const;
  assert.equal(
    ruleText({
      ...common,
      by: [],
      kind: 'threshold',
      name: 'A',
      series: 'errors',
      afterMs: 60_000,
      windowMs: 300_000,
      measure: 'perSecond',
      op: 'gt',
      limit: 3,
      clearLimit: null,
    }),
    'rate per second of errors{site=a} over 5 min above 3, held for 1 min',
  );
  const change = {
    id: 1,
    kind: 'config',
    summary: '',
    actor: '',
    labels: {},
    atMs: 0,
    details: {},
    isRevertible: false,
    movement: null,
  } as const;
  assert.equal(changeLink({ ...change, labels: { project: 'news' } }), '#/projects/news');
  assert.equal(changeLink({ ...change, details: { runId: 'run_1' } }), '#/runs/run_1');
  assert.equal(changeLink(change), null);
  assert.deepEqual(
    [readMoment('17'), readMoment('x'), readMoment(null), readMoment('-1')],
    [17, null, null, null],
  );
});

test('an alert says why it fires, is silenced and undone, and is acknowledged with its incident', async () => {
  const { page, control } = await consoles.open(
    ({ state }) => {
      fillScene(state);
      fillAlerts(state);
    },
    { path: '#/library' },
  );
  await page.getByRole('heading', { name: 'Library' }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('t');
  await page.getByText('2 firing', { exact: true }).waitFor();
  const rows = page.locator('tbody tr.long-row');
  assert.match(await rows.first().innerText(), /dublin\s+1 firing/);
  const fires = rows.filter({ hasText: 'Requests of vod-playback fail' });
  await fires.getByText('burn 1 h 38.2 ×, limit 14.4 ×').waitFor();
  await page.getByRole('button', { name: 'Inhibited' }).click();
  await page.getByText('All of region singapore is lost.').waitFor();
  await page.getByRole('button', { name: 'Over' }).click();
  await page.getByRole('link', { name: 'A disk gives read errors' }).waitFor();
  await page.getByRole('button', { name: 'All that fire' }).click();

  await fires.getByRole('link').click();
  const dialog = page.getByRole('dialog', { name: 'Requests of vod-playback fail' });
  await dialog.getByRole('link', { name: 'What to do' }).waitFor();
  assert.equal(
    await dialog.getByRole('link', { name: 'Objective vod-playback' }).getAttribute('href'),
    '#/slos/vod-playback',
  );
  await dialog.getByRole('button', { name: 'Silence…' }).click();
  const silence = page.getByRole('dialog', { name: 'Silence alerts' });
  assert.equal(
    await silence.getByRole('textbox', { name: 'Which alerts' }).inputValue(),
    'alertname=SloBurn\nslo=vod-playback\nregion=dublin',
  );
  await silence.getByRole('textbox', { name: 'Why' }).fill('the disk is on its way');
  await silence.getByRole('button', { name: 'Silence', exact: true }).click();
  await dialog.getByText('Silenced by admin: the disk is on its way').waitFor();
  await page.keyboard.press('Escape');
  await fires.getByText('Silenced', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await fires.getByText('Fires', { exact: true }).waitFor();

  await fires.getByRole('link').click();
  await dialog.getByText('Requests of viewers in Dublin fail (and 1 more)').waitFor();
  await dialog.getByRole('button', { name: 'Acknowledge its incident' }).click();
  await page.getByRole('region', { name: 'Timeline' }).getByText('admin has it').waitFor();
  assert.equal(control.state.incidents.list[0]?.state, 'acknowledged');
});

test('maintenance is planned and called off; rules are changed and removed; what was given up is sent again', async () => {
  const { page, control } = await consoles.open(({ state }) => fillAlerts(state), {
    path: '#/alerts/silences',
    colorScheme: 'dark',
  });
  await page.getByText('Nothing is kept quiet').waitFor();
  await page.getByRole('button', { name: 'Plan maintenance…' }).click();
  const plan = page.getByRole('dialog', { name: 'Plan a maintenance window' });
  await plan.getByRole('textbox', { name: 'Which alerts' }).fill('dublin');
  await plan.getByRole('textbox', { name: 'Why' }).fill('New switches');
  await plan.getByRole('button', { name: 'Plan it' }).click();
  await plan.getByRole('alert').waitFor();
  await plan.getByRole('textbox', { name: 'Which alerts' }).fill('region=dublin');
  await plan.getByRole('button', { name: 'Plan it' }).click();
  const silences = page.getByRole('region', { name: 'Silences' });
  await silences.getByText(/by admin, from .* for 1 h/).waitFor();
  await silences.getByRole('button', { name: 'End…' }).click();
  await page.getByRole('button', { name: 'End it' }).click();
  await page.getByText('Nothing is kept quiet').waitFor();

  await page.getByRole('button', { name: 'Plan maintenance…' }).click();
  await plan.getByRole('textbox', { name: 'Which alerts' }).fill('region=dublin');
  await plan.getByRole('textbox', { name: 'Why' }).fill('Weekly updates');
  await plan.getByRole('checkbox', { name: 'Again every week' }).check();
  await plan.getByLabel('Time zone').fill('Europe/Dubln');
  assert.equal(await plan.getByRole('button', { name: 'Plan it' }).isDisabled(), true);
  await plan.getByLabel('Time zone').fill('Europe/Dublin');
  await plan.getByLabel('At', { exact: true }).fill('02:30');
  await plan.getByRole('checkbox', { name: 'Sun' }).check();
  await plan.getByRole('button', { name: 'Plan it' }).click();
  await silences.getByText(/Sun at 02:30 Europe\/Dublin for 1 h; by admin, next from .*/).waitFor();
  assert.deepEqual(control.state.alerts.silences[0]?.recurrence?.weekdays, ['sun']);
  await silences.getByRole('button', { name: 'End…' }).click();
  await page.getByRole('button', { name: 'End it' }).click();
  await page.getByText('Nothing is kept quiet').waitFor();

  await page.getByRole('link', { name: 'Rules' }).click();
  await page.getByText('node_up silent for 30 s').waitFor();
  await page.getByRole('button', { name: 'RegionLost' }).click();
  const rule = page.getByRole('dialog', { name: 'RegionLost' });
  const text = rule.getByRole('textbox', { name: 'Rule as JSON' });
  const before = await text.inputValue();
  await text.fill('{');
  await rule.getByText(/It is no JSON/).waitFor();
  assert.equal(await rule.getByRole('button', { name: 'Put in force' }).isDisabled(), true);
  await text.fill(before.replace('"silentMs": 30000', '"silentMs": 60000'));
  await rule.getByRole('button', { name: 'Put in force' }).click();
  await page.getByText('node_up silent for 1 min').waitFor();
  await page.getByRole('button', { name: 'RegionLost' }).click();
  await rule.getByRole('button', { name: 'Remove…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByRole('button', { name: 'RegionLost' }).waitFor({ state: 'detached' });
  assert.equal(control.state.alerts.rules.length, 0);

  await page.getByRole('link', { name: 'Notifications' }).click();
  await page.getByText(/^fails for .*1 given up/).waitFor();
  await page.getByRole('button', { name: 'Requests of vod-playback fail' }).click();
  const told = page.getByRole('dialog', { name: 'Requests of vod-playback fail' });
  await told.getByText('status 500').waitFor();
  await told.getByRole('button', { name: 'Send once more' }).click();
  await told.getByText('Waits').waitFor();
});

test('a channel is added, changed without its secret, tested and removed', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/alerts/notifications' });
  await page.getByRole('button', { name: 'Add a channel…' }).click();
  const form = page.getByRole('dialog', { name: 'New channel' });
  const add = form.getByRole('button', { name: 'Add channel' });
  await form.getByRole('textbox', { name: 'Name' }).fill('ops');
  await form.getByRole('combobox', { name: 'Kind' }).selectOption('email');
  assert.equal(await add.isDisabled(), true);
  await form.getByRole('combobox', { name: 'Mail server' }).selectOption('main');
  await form.getByRole('textbox', { name: 'To', exact: true }).fill('ann@example.com\nben@example.com');
  await form.getByRole('combobox', { name: 'Kind' }).selectOption('webhook');
  await form.getByRole('textbox', { name: 'Address' }).fill('https://hooks.example/secret-path');
  await add.click();
  await page.getByText('whsec_shown_only_once').waitFor();
  await page.getByRole('button', { name: 'I have kept it' }).click();
  const channels = page.getByRole('list', { name: 'Channels' });
  await channels.getByText('https://hooks.example/…').waitFor();
  await channels.getByRole('button', { name: 'More for ops' }).click();
  await page.getByRole('menuitem', { name: 'Change…' }).click();
  const change = page.getByRole('dialog', { name: 'Change ops' });
  assert.equal(await change.getByRole('textbox', { name: 'Address' }).inputValue(), '');
  await change.getByRole('textbox', { name: 'Name' }).fill('night shift');
  await change.getByRole('textbox', { name: 'Which alerts' }).fill('severity=page\nregion=dublin');
  await change.getByRole('button', { name: 'Save' }).click();
  await channels.getByText('night shift').waitFor();
  const sent = control.calls.findLast(({ key }) => key === 'PATCH /v1/notification-channels/{channelId}');
  assert.deepEqual(sent?.body, {
    name: 'night shift',
    alerts: { matchers: ['severity=page', 'region=dublin'], groupBy: ['alertname', 'region'] },
  });
  await channels.getByRole('button', { name: 'Test', exact: true }).click();
  await page.getByText('A test goes to night shift').waitFor();
  await channels.getByRole('button', { name: 'More for night shift' }).click();
  await page.getByRole('menuitem', { name: 'Remove…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await channels.waitFor({ state: 'detached' });
  assert.deepEqual(control.state.alerts.channels, []);
});

test('changes are filtered by kind, person and place, and the feed begins at any moment', async () => {
  const { page, control } = await consoles.open(({ state }) => void fillScene(state), { path: '#/changes' });
  const rows = page.locator('tr.change');
  await rows.filter({ hasText: 'Plan 42' }).waitFor();
  assert.equal(await rows.count(), 5);
  await page.getByRole('combobox', { name: 'Kind' }).selectOption('deploy');
  await rows.filter({ hasText: 'Plan 42' }).waitFor({ state: 'detached' });
  await page.getByRole('combobox', { name: 'Place' }).selectOption('region=dublin');
  await rows.filter({ hasText: 'Control runs' }).waitFor({ state: 'detached' });
  await page.getByRole('combobox', { name: 'Kind' }).selectOption('');
  await page.getByRole('textbox', { name: /Search changes/ }).fill('ann');
  await rows.filter({ hasText: 'dublin-1-edge-2 runs' }).waitFor({ state: 'detached' });
  await rows.filter({ hasText: 'Site dublin-1 is drained' }).waitFor();
  await page.getByRole('button', { name: '1 hour earlier' }).click();
  await page.getByText('No change fits what was asked for.').waitFor();
  await page.getByRole('button', { name: 'Now' }).click();
  await rows.filter({ hasText: 'Site dublin-1 is drained' }).waitFor();
  await page.goto(`${control.url}/#/changes/${Date.now() - 2_000_000}`);
  await page.getByRole('textbox', { name: /Search changes/ }).fill('');
  await page.getByRole('combobox', { name: 'Place' }).selectOption('');
  await rows.filter({ hasText: 'Control runs 1.5.0' }).waitFor();
});

test('a change of a setting is taken back after a dry run, and a refusal says why', async () => {
  const { page, control } = await consoles.open(
    ({ state }) => {
      fillScene(state);
      state.incidents.changes.unshift({
        id: 9,
        kind: 'config',
        summary: 'The objective vod-playback was set',
        actor: 'ann',
        labels: {},
        atMs: Date.now() - 60_000,
        details: {},
        isRevertible: true,
        movement: null,
      });
      state.incidents.differences = [{ field: 'document.spec.target', from: '0.99', to: null }];
    },
    { path: '#/changes' },
  );
  const route = 'POST /v1/changes/{changeId}/revert';
  const button = page.getByRole('button', { name: 'Take back: The objective vod-playback was set' });
  await button.waitFor();
  assert.equal(await page.getByRole('button', { name: /^Take back/ }).count(), 1, 'the others keep no value');
  await button.click();
  const dialog = page.getByRole('dialog', { name: 'Take this change back?' });
  const row = dialog.getByRole('row', { name: /document\.spec\.target/ });
  assert.match(await row.innerText(), /document\.spec\.target\s+0\.99\s+–/);
  await dialog.getByText('Taken back: The objective vod-playback was set.').waitFor();
  assert.equal(control.state.incidents.revertedIds.size, 0, 'a dry run changes nothing');

  const reason = 'The setting was changed again since change 9; take back the newest change first';
  control.state.failing.set(route, new MeridianError('conflict', { reason }));
  const take = dialog.getByRole('button', { name: 'Take it back' });
  await take.click();
  await dialog.getByText(reason).waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await button.click();
  await dialog.getByText(reason).waitFor();
  assert.equal(await take.isDisabled(), true, 'a dry run that is refused ends there');
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  control.state.failing.clear();
  await button.click();
  await take.click();
  await dialog.waitFor({ state: 'detached' });
  assert.deepEqual([...control.state.incidents.revertedIds], [9]);
  await button.click();
  await dialog.getByText('That was taken back already: The objective vod-playback was set.').waitFor();
  assert.equal(await take.isDisabled(), true);
});

test('a viewer changes nothing, and a phone shows all', async () => {
  const { page, control } = await consoles.open(
    ({ state }) => {
      fillScene(state);
      fillAlerts(state);
      state.incidents.changes = state.incidents.changes.map((each) => ({ ...each, isRevertible: true }));
      state.role = 'viewer';
    },
    { viewport: PHONE, path: `#/alerts/${ALERT_ID}` },
  );
  await page.getByRole('dialog').getByText('Why it fires').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Silence…' }).count(), 0);
  await page.keyboard.press('Escape');
  for (const path of ['alerts', 'alerts/silences', 'alerts/rules', 'alerts/notifications', 'changes']) {
    await page.goto(`${control.url}/#/${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    for (const name of ['Plan maintenance…', 'Add a rule', 'Test', 'Add a channel…', /^Take back/])
      assert.equal(await page.getByRole('button', { name, exact: true }).count(), 0, String(name));
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    assert.ok(width <= PHONE.width, `${path} is not wider than a phone: ${width}`);
  }
});
