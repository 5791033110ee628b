// On-call in the console: who has duty and why, the calendar by the viewer's clock, overrides, pages, what would happen,
// and the rota itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import {
  dayStartMs,
  hueOf,
  layOut,
  positionIn,
  zoneNamed,
} from '../../console/src/oncall/calendar-layout.ts';
import { fromInput, toInput } from '../../console/src/oncall/describe-oncall.ts';
import { makeEscalation } from '../oncall/fake-oncall.ts';
import { PHONE, useConsoles } from './console-page.ts';

const consoles = useConsoles();
test('rows of the calendar are days of the zone, also those of 23 and 25 hours', () => {
  const zone = zoneNamed('Europe/Dublin');
  const fromMs = dayStartMs(zone, Date.UTC(2027, 2, 27, 12));
  const shift = {
    scheduleId: 'primary',
    userId: 'ann',
    layer: 'All',
    turn: 1,
    overrideId: null,
    fromMs: Date.UTC(2027, 2, 27, 18),
    untilMs: Date.UTC(2027, 2, 28, 11, 30),
  };
  const days = layOut(zone, fromMs, 3, ['primary', 'other'], [shift]);
  assert.deepEqual(
    days.map(({ date, hours }) => [date, hours]),
    [
      ['2027-03-27', 24],
      ['2027-03-28', 23],
      ['2027-03-29', 24],
    ],
  );
  const bars = days.map(({ lanes }) =>
    defined(lanes[0], 'a lane').bars.map(({ left, width, isFromBefore, isGoingOn }) => [
      left,
      width,
      isFromBefore,
      isGoingOn,
    ]),
  );
  assert.deepEqual(bars, [[[0.75, 0.25, false, true]], [[0, 0.5, true, false]], []]);
  assert.deepEqual(days[0]?.lanes[1]?.bars, []);
  assert.equal(positionIn(defined(days[1], 'Sunday'), Date.UTC(2027, 2, 28, 11, 30)), 0.5);
  assert.equal(positionIn(defined(days[1], 'Sunday'), Date.UTC(2027, 2, 29)), null);
  assert.deepEqual([hueOf(['ann', 'bob'], 'bob'), hueOf(['ann'], null)], ['hue-1', 'hue-none']);
});

test('times are given and taken by the chosen clock', () => {
  const atMs = Date.UTC(2027, 6, 1, 12);
  assert.equal(toInput(atMs, 'America/Los_Angeles'), '2027-07-01T05:00');
  assert.equal(fromInput('2027-07-01T05:00', 'America/Los_Angeles'), atMs);
  assert.equal(fromInput('', 'UTC'), undefined);
});

test('who has duty is shown with until, next and why; the zone can be changed', async () => {
  const { page } = await consoles.open(undefined, { path: '#/library' });
  await page.getByRole('heading', { name: 'Library' }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('o');
  await page.getByRole('heading', { name: 'On-call' }).waitFor();
  const duty = page.getByRole('region', { name: 'On duty now' });
  const card = duty.getByRole('article').filter({ hasText: 'First responders' });
  await card.waitFor();
  assert.match(await card.innerText(), /until [\s\S]*where they are[\s\S]*Then .* until/);
  await card.getByText('Why').click();
  await card.getByText(/It is the turn of .* in (Singapore|Dublin|Los Angeles), until/).waitFor();
  const shifts = page.getByRole('region', { name: 'Shifts' });
  const bars = shifts.getByRole('button', { name: /^First responders: / });
  await bars.first().waitFor();
  assert.ok((await bars.count()) >= 14, 'each day of a week has several shifts');
  const before = await bars.nth(3).getAttribute('aria-label');
  await page.getByLabel('Times of').selectOption('Asia/Singapore');
  await page.getByText('Time of Asia/Singapore').first().waitFor();
  assert.notEqual(await bars.nth(3).getAttribute('aria-label'), before);
  await shifts.getByRole('button', { name: 'Later' }).click();
  await shifts.getByRole('button', { name: 'Today' }).click();
  const shared = page.getByRole('region', { name: 'How it is shared' });
  await shared.getByRole('row', { name: /Aoife Byrne/ }).waitFor();
});

test('a shift is taken, given away in the calendar, and taken back', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/oncall', colorScheme: 'dark' });
  const card = page.getByRole('article').filter({ hasText: 'First responders' });
  await card.getByRole('button', { name: 'Take this shift' }).click();
  const take = page.getByRole('dialog', { name: /Take this shift of First responders/ });
  const options = await take.getByLabel('Who takes it').locator('option').allInnerTexts();
  const taker = options.some((text) => text.startsWith('Dana')) ? 'dana' : 'sam';
  await take.getByLabel('Who takes it').selectOption(taker);
  await take.getByRole('textbox', { name: 'Why' }).fill('Lunch');
  await take.getByRole('button', { name: 'Take it' }).click();
  await card
    .getByText(taker === 'dana' ? 'Dana Reyes' : 'Sam Ortiz', { exact: true })
    .first()
    .waitFor();
  const list = page.getByRole('region', { name: 'Overrides' });
  await list.getByText('Lunch, by').waitFor();

  const later = page.getByRole('button', { name: /^Second responders: / }).last();
  await later.click();
  const override = page.getByRole('dialog', { name: 'Override' });
  await override.getByLabel('Who has duty').selectOption('jan');
  assert.equal(await override.getByLabel('In', { exact: true }).inputValue(), 'secondary');
  await override.getByLabel('Until').fill('2020-01-01T00:00');
  assert.equal(await override.getByRole('button', { name: 'Override' }).isDisabled(), true);
  await page.keyboard.press('Escape');
  await later.click();
  await override.getByLabel('Who has duty').selectOption('jan');
  await override.getByRole('button', { name: 'Override' }).click();
  await list.getByText('Jan Novák').waitFor();
  assert.equal(control.state.oncall.overrides.length, 2);

  await list.getByRole('button', { name: 'Take back this override' }).first().click();
  await page.getByRole('button', { name: 'Take back', exact: true }).click();
  await list.getByText('Lunch, by').waitFor({ state: 'detached' });
});

test('an open page is taken, and says whom it reached', async () => {
  const { page, control } = await consoles.open(
    ({ state }) => {
      const entry = {
        key: 'a/1/1.1/jan/jan-push',
        atMs: Date.now() - 90_000,
        kind: 'page',
        userId: 'jan',
        channelId: 'jan-push',
        text: 'Paged Jan Novák by jan-push',
        reasons: [{ code: 'step', subject: 'video', values: { round: 1, step: 1, steps: 3 } }],
        state: 'waiting' as const,
        doneAtMs: null,
        attempts: 3,
        problem: 'There is no channel jan-push.',
      };
      state.oncall.escalations = [makeEscalation({ entries: [entry] })];
    },
    { path: '#/oncall' },
  );
  const open = page.getByRole('region', { name: 'Open pages' });
  await open.getByText('Step 1 of 3').waitFor();
  await open.getByRole('button', { name: 'Whom it reached' }).click();
  const entries = page.getByRole('dialog', { name: 'Viewers of Dublin wait' });
  await entries.getByText('There is no channel jan-push.').waitFor();
  await entries.getByText('Step 1 of 3, round 1').waitFor();
  await page.keyboard.press('Escape');
  await open.getByRole('button', { name: 'Next step now' }).click();
  await open.getByText('Step 2 of 3').waitFor();
  await open.getByRole('button', { name: 'Acknowledge' }).click();
  const dialog = page.getByRole('dialog', { name: /Acknowledge/ });
  await dialog.getByLabel('Who takes it').selectOption('jan');
  await dialog.getByRole('button', { name: 'Acknowledge' }).click();
  await open.getByText('Taken by Jan Novák').waitFor();
  await open.getByRole('button', { name: 'End' }).click();
  await open.waitFor({ state: 'detached' });

  await page.getByRole('button', { name: 'Page somebody' }).click();
  const page2 = page.getByRole('dialog', { name: 'Page somebody' });
  await page2.getByRole('textbox', { name: 'What it says' }).fill('Only a try');
  await page2.getByRole('button', { name: 'Page', exact: true }).click();
  await open.getByText('Only a try').waitFor();
  assert.equal(control.state.oncall.escalations.length, 2);
});

test('what a page would do is shown before anything breaks, also for a draft', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/oncall' });
  const simulate = page.getByRole('region', { name: 'Who would be paged' });
  await simulate.getByLabel('If something broke at').fill('2027-01-06T12:00');
  await simulate.getByRole('button', { name: 'Show' }).click();
  await simulate.getByText('+0 min').first().waitFor();
  await simulate.getByText('Channel everybody').waitFor();
  await simulate.getByText(/Round 2, from \+20 min on/).click();
  await simulate.getByText('+25 min').first().waitFor();
  await simulate.getByText('The last resort, since nobody acknowledged').first().waitFor();

  await page.getByRole('button', { name: 'Rota', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Rota' });
  const text = dialog.getByRole('textbox', { name: 'Rota as YAML' });
  const before = await text.inputValue();
  assert.equal(await dialog.getByRole('button', { name: 'Put in force' }).isDisabled(), true);
  await text.fill(before.replaceAll('to: 18:00', 'to: 15:00'));
  await dialog.getByRole('button', { name: 'Check' }).click();
  await dialog
    .getByText(/nobody has duty in primary from/)
    .first()
    .waitFor();
  await dialog.getByRole('button', { name: 'Put in force' }).click();
  await dialog
    .getByRole('alert')
    .getByText(/The rota cannot be put in force/)
    .waitFor();
  await text.fill(before.replace('timeZone: Europe/Dublin', 'timeZone: Europe/Dubln'));
  await dialog.getByRole('button', { name: 'Check' }).click();
  await dialog.getByText(/"Europe\/Dubln" is no time zone/).waitFor();
  await text.fill(before.replace('Mei Tan', 'Mei Lin Tan'));
  await dialog.getByRole('button', { name: 'Check' }).click();
  await dialog.getByText('Every minute of the next 90 days is covered').waitFor();
  await dialog.getByRole('button', { name: 'Put in force' }).click();
  await page.getByText('Version 4 is in force').waitFor();
  assert.match(control.state.oncall.text, /Mei Lin Tan/);
});

test('without a rota the page says what to do, and a viewer changes nothing', async () => {
  const { page } = await consoles.open(
    ({ state }) => {
      state.oncall.text = '';
    },
    { path: '#/oncall' },
  );
  await page.getByText('Nobody has duty yet').waitFor();
  await page.getByText('meridian oncall apply rota.yaml').waitFor();
  const viewer = await consoles.open(
    ({ state }) => {
      state.role = 'viewer';
    },
    { path: '#/oncall', viewport: PHONE },
  );
  await viewer.page.getByRole('article').first().waitFor();
  assert.equal(await viewer.page.getByRole('button', { name: 'Take this shift' }).count(), 0);
  assert.equal(await viewer.page.getByRole('region', { name: 'Who would be paged' }).count(), 0);
  const bar = viewer.page.getByRole('button', { name: /^First responders: / }).last();
  assert.equal(await bar.isDisabled(), true);
  const width = await viewer.page.evaluate<number>('document.documentElement.scrollWidth');
  assert.ok(width <= PHONE.width, `nothing is wider than a phone: ${width}`);
});
