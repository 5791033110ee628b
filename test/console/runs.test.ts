// Runbooks and their runs, the explorer of sessions, and the audit trail in the console.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { defined } from '#base/assert.ts';
import type { RunView } from '#contract/api/runbooks.ts';
import { DESKTOP, useConsoles } from './console-page.ts';
import { makeRun } from './fake-runbooks.ts';
import type { FakeState } from './fake-state.ts';

const consoles = useConsoles();

const bookOf = (state: FakeState, id: string) =>
  defined(
    state.runbooks.list.find((book) => book.id === id),
    id,
  );

/** A drain that waits for viewers to leave, longer than it ever did. */
function makeStuckRun(state: FakeState): RunView {
  const nowMs = Date.now();
  const run = makeRun(bookOf(state, 'drain-region'), nowMs - 90_000, {
    parameters: { target: 'dublin' },
    isStuck: true,
    doneCount: 3,
    stepId: 'traffic-left',
    actions: [
      {
        key: 'drain',
        text: 'drain dublin',
        intendedAtMs: nowMs - 88_000,
        endedAtMs: nowMs - 87_400,
        outcome: 'changed',
        detail: 'dublin-1 is draining',
      },
    ],
    journal: [
      {
        number: 1,
        atMs: nowMs - 90_000,
        stepId: null,
        text: 'The run begins',
        actor: 'token:ann',
        isChange: false,
      },
      {
        number: 2,
        atMs: nowMs - 87_400,
        stepId: 'drain',
        text: 'dublin-1 is draining',
        actor: null,
        isChange: true,
      },
    ],
  });
  const states = { room: 'done', broadcasts: 'done', drain: 'done', 'traffic-left': 'running' } as const;
  run.steps = run.steps.map((step, index) => ({
    ...step,
    state: states[step.id as keyof typeof states] ?? 'waiting',
    startedAtMs: nowMs - 90_000 + index * 1_000,
    endedAtMs: step.id === 'traffic-left' ? null : nowMs - 89_500 + index * 1_000,
    durationMsTypical: 9_000,
    stuckAfterMs: 30_000,
    stuckSinceMs: step.id === 'traffic-left' ? nowMs - 40_000 : null,
    observations:
      step.id === 'traffic-left'
        ? [
            {
              isMet: false,
              value: 0.11,
              limit: 0.02,
              text: 'dublin carries 11 % of all traffic, not below 2 %',
            },
          ]
        : [],
  }));
  return run;
}

const main = (page: Page) => page.locator('main');

test('runbooks show what earlier runs came to; guards are changed, versions compared', async () => {
  const { page, control } = await consoles.open(
    ({ state }) => {
      const book = bookOf(state, 'drain-region');
      const run = makeStuckRun(state);
      state.runbooks.runs = [run];
      book.stats = {
        runCount: 25,
        endedCount: 24,
        succeededCount: 22,
        openCount: 1,
        durationMsTypical: 94_000,
        lastRun: { id: run.id, status: 'running', createdAtMs: run.createdAtMs },
      };
      const older = book.text.replace('viewerShareMax: 0.7', 'viewerShareMax: 0.5');
      const version = { version: 0, text: older, isShipped: false, isInForce: false };
      state.runbooks.versions.set(book.id, [{ ...version, actor: 'token:ann', createdAtMs: Date.now() }]);
    },
    { path: '#/runbooks' },
  );
  const row = page.getByRole('row').filter({ hasText: 'drain-region' });
  await row.waitFor();
  assert.match(await row.innerText(), /92 % of 24[\s\S]*1 min 34 s[\s\S]*People and incidents/);
  await row.getByRole('link', { name: 'Drain a region' }).click();
  await main(page).getByRole('heading', { name: 'Drain a region', exact: true }).waitFor();
  await page.getByRole('region', { name: 'Steps' }).getByText('Viewers have left').waitFor();

  const guards = page.getByRole('region', { name: 'Guards' });
  await guards.getByRole('button', { name: 'Change…' }).click();
  await page.getByLabel('Incidents may start it by themselves').uncheck();
  await page.getByLabel('Viewers it may touch, % at most').fill('40');
  await page.getByRole('button', { name: 'Change guards' }).click();
  await guards.getByText('Operators; incidents never by themselves').waitFor();
  await guards.getByText('at most 40 %').waitFor();
  assert.equal(bookOf(control.state, 'drain-region').policy.viewerShareMax, 0.4);

  const versions = page.getByRole('region', { name: 'Versions' });
  await versions.locator('tr.is-added').filter({ hasText: 'viewerShareMax: 0.7' }).waitFor();
  await versions.locator('tr.is-removed').filter({ hasText: 'viewerShareMax: 0.5' }).waitFor();
  await versions.getByRole('button', { name: 'Whole text' }).click();
  await versions.getByText('id: drain-region').waitFor();
});

test('a run is started after a dry run that shows whom it touches; what guards refuse cannot be started', async () => {
  const { page, control } = await consoles.open(
    ({ state }) => {
      state.runbooks.trial = {
        isAllowed: false,
        guards: [
          {
            code: 'viewers',
            isHeld: false,
            values: {},
            text: 'It touches 81 % of the viewers, of at most 70 %',
          },
        ],
        radius: {
          ...makeRun(bookOf(state, 'drain-region'), 0).radius,
          siteIds: ['dublin-1'],
          viewerCount: 4_120,
        },
      };
    },
    { path: '#/runbooks/drain-region' },
  );
  await page.getByRole('button', { name: 'Start…' }).click();
  const dialog = page.getByRole('dialog');
  const dryRun = dialog.getByRole('button', { name: 'Dry run' });
  assert.equal(await dryRun.isDisabled(), true, 'the target is needed');
  await dialog.getByLabel('Region or site to drain').selectOption('dublin');
  await dialog.getByLabel('How long viewers may take to leave').fill('soon');
  assert.equal(await dryRun.isDisabled(), true, 'that is no duration');
  await dialog.getByLabel('How long viewers may take to leave').fill('2m');
  await dryRun.click();
  await dialog.getByText('The guards do not allow it now').waitFor();
  await dialog.getByText('It touches 81 % of the viewers').waitFor();
  await dialog.getByText('4,120 connections').waitFor();
  assert.equal(await dialog.getByRole('button', { name: 'Start the run' }).isDisabled(), true);

  control.state.runbooks.trial.isAllowed = true;
  await dialog.getByRole('button', { name: 'Back' }).click();
  await dryRun.click();
  await dialog.getByRole('button', { name: 'Start the run' }).click();
  await page.waitForURL(/#\/runs\/run_/);
  assert.deepEqual(control.state.runbooks.runs[0]?.parameters, { target: 'dublin', patience: '2m' });
});

test('a live run shows what is stuck and why, is paused and rolled back, and tells what it did', async () => {
  const { page, control } = await consoles.open(
    ({ state }) => {
      state.runbooks.runs = [makeStuckRun(state)];
    },
    { path: '#/runs' },
  );
  await page.getByRole('link', { name: 'Drain a region' }).click();
  const steps = page.getByRole('region', { name: 'Steps' });
  await steps.getByText('dublin carries 11 % of all traffic, not below 2 %').waitFor();
  await page.getByRole('alert').filter({ hasText: 'Viewers have left is stuck' }).waitFor();
  await steps.getByText(/\d min( \d+ s)?, usually 9\.0 s/).waitFor();
  const intents = page.getByRole('region', { name: 'Intents and outcomes' });
  await intents.getByText('Changed', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await main(page).getByRole('button', { name: 'Resume' }).waitFor();
  assert.equal(control.state.runbooks.runs[0]?.isPaused, true);
  await page.getByRole('button', { name: 'Roll back…' }).click();
  await page.getByRole('dialog').getByText('drain dublin').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
  await main(page).getByText('Cancelled', { exact: true }).waitFor();
  const cancelled = control.calls.find(({ key }) => key === 'POST /v1/runbook-runs/{runId}/cancel');
  assert.deepEqual(cancelled?.body, { isUndone: true });
});

test('who may decides with a note', async () => {
  const { page, control } = await consoles.open(({ state }) => {
    const run = makeRun(bookOf(state, 'drain-region'), Date.now(), { waitsFor: 'approval' });
    run.steps = run.steps.map((step, index) =>
      index === 0 ? { ...step, kind: 'approval', ask: 'Is the provider informed?', role: 'operator' } : step,
    );
    state.runbooks.runs = [run];
  });
  await page.goto(`${control.url}/#/runs/${control.state.runbooks.runs[0]?.id}`);
  await page.getByText('Is the provider informed?').first().waitFor();
  await page.getByRole('button', { name: 'Approve…' }).click();
  await page.getByLabel('Note').fill('they confirmed it');
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  await page
    .getByRole('region', { name: 'Journal' })
    .getByText(/approved: they confirmed it/)
    .waitFor();
});

test('viewings are searched by trouble and place; filters stay in the address', async () => {
  const { page } = await consoles.open(undefined, { path: '#/sessions' });
  const rows = page.locator('tr.session');
  await rows.nth(13).waitFor();
  await page.getByLabel('Trouble').selectOption('stall');
  await rows.nth(1).waitFor({ state: 'detached' });
  assert.match(
    await rows.first().innerText(),
    /5d0f0a1c[\s\S]*1 stall, 4\.0 s; 2 of 11 requests bad; 1 error/,
  );
  assert.match(page.url(), /trouble%3Dstall/);
  await page.reload();
  await rows.first().waitFor();
  assert.equal(await rows.count(), 1);
  await page.getByRole('button', { name: 'Clear' }).click();
  await rows.nth(13).waitFor();
  await page.getByLabel('Asset or broadcast').fill('nothing-like-it');
  await page.getByText('No such viewing').waitFor();
});

test('a stalled viewing says why at one look, with what changed there beside it', async () => {
  const { page } = await consoles.open(
    ({ state }) => {
      const session = defined(
        state.sessions.list.find(({ sid }) => sid === '5d0f0a1c'),
        'the stalled viewing',
      );
      const change = {
        kind: 'deploy' as const,
        actor: 'ann',
        details: {},
        isRevertible: false,
        movement: null,
        labels: { site: 'dublin-1' },
      };
      const elsewhere = { ...change, id: 2, summary: 'Elsewhere', labels: { site: 'los-angeles-1' } };
      state.incidents.changes = [
        { ...change, id: 1, summary: 'dublin-1 was restarted', atMs: session.startedAtMs + 16_000 },
        { ...elsewhere, atMs: session.startedAtMs + 16_000 },
      ];
    },
    { path: '#/sessions/5d0f0a1c' },
  );
  const verdict = page.getByRole('region', { name: 'Why it stood still' });
  await verdict.getByText('Change 5.0 s before: dublin-1 was restarted').waitFor();
  assert.match(
    await verdict.innerText(),
    /Stood still for 4\.0 s[\s\S]*1 request to dublin-1 failed[\s\S]*It went on from singapore-1, after dublin-1/,
  );
  const marks = page.getByRole('region', { name: 'Changes and alerts' });
  assert.equal(await marks.getByRole('button').count(), 1, 'what happened elsewhere is left out');
  await verdict.getByRole('button', { name: 'Show' }).click();
  const strip = page.getByRole('slider', { name: 'Moment of the viewing' });
  assert.match((await strip.getAttribute('aria-valuetext')) ?? '', /^21 s in, stalled, dublin-1/);
  await strip.press('ArrowRight');
  await strip.press('Shift+ArrowRight');
  assert.match((await strip.getAttribute('aria-valuetext')) ?? '', /^32 s in, playing, singapore-1/);
  await page.getByRole('button', { name: 'Whole viewing' }).click();
  await page.getByRole('button', { name: 'What went wrong' }).click();
  const steps = page.getByRole('region', { name: 'Steps' });
  await steps.getByText('media failed').waitFor();
  assert.equal(await steps.getByText('media ok').count(), 0);
});

test('the audit trail is filtered, leads to its subjects, and goes back to its end', async () => {
  const { page } = await consoles.open(
    ({ state }) => {
      const first = defined(state.audit[0], 'an entry');
      const details = { expiresAtMs: Date.UTC(2026, 0, 2, 12), sites: ['dublin-1'] };
      state.audit = [
        { ...first, id: 1_000, action: 'runbook.save', subject: 'drain-region', details },
        ...Array.from({ length: 430 }, (_, index) => ({
          ...first,
          id: 500 - index,
          actor: index === 0 ? 'token:night crew (tok_01)' : first.actor,
          subject: `s-${index}`,
        })),
      ];
    },
    { path: '#/audit', viewport: DESKTOP },
  );
  const table = page.locator('table.audit');
  await table.getByText('s-0', { exact: true }).waitFor();
  await table.getByText(/expires: 2 Jan 2026.*sites: \["dublin-1"\]/).waitFor();
  await page.getByLabel('Who').fill('night');
  await table.getByText('s-1', { exact: true }).waitFor({ state: 'detached' });
  await table.getByRole('link', { name: 'night crew' }).waitFor();
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByLabel('What').fill('runbook.');
  await table.getByText('s-0', { exact: true }).waitFor({ state: 'detached' });
  await table.getByRole('link', { name: 'drain-region' }).click();
  await main(page).getByRole('heading', { name: 'Drain a region', exact: true }).waitFor();
});

test('an audit trail without entries says what will stand there; others than admins are told so', async () => {
  const { page, control } = await consoles.open(
    ({ state }) => {
      state.audit = [];
    },
    { path: '#/audit' },
  );
  await page.getByText('Nothing was changed yet').waitFor();
  assert.equal(await page.getByText(/Chain/).count(), 0, 'a control without a chain says nothing of it');

  const answer = { checkedCount: 2, nextAfter: null, problem: null, head: { position: 1_042 }, openCount: 0 };
  const problem = { kind: 'changed', position: 42, id: 42, message: 'The row is not what was sealed' };
  let json: object = answer;
  await page.route('**/v1/audit/verify?*', (route) => route.fulfill({ json }));
  await page.reload();
  await page.getByText('Chain verified up to entry 1,042').waitFor();
  json = { ...answer, problem };
  await page.reload();
  await page
    .getByRole('alert')
    .getByText('Chain broken after entry 41: The row is not what was sealed')
    .waitFor();
  control.state.role = 'operator';
  await page.reload();
  await page.getByText('This needs the role admin').waitFor();
});
