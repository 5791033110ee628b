// The world page: regions, steering with reasons, drains after a question, alarms, and control going away.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { MeridianError } from '#contract/errors.ts';
import { waitFor } from '../support/wait-for.ts';
import { PHONE, useConsoles } from './console-page.ts';
import { makeIncident } from './fake-incidents.ts';
import type { FakeState } from './fake-state.ts';

const consoles = useConsoles();

function region(state: FakeState, id: string) {
  return defined(
    state.world.regions.find((candidate) => candidate.id === id),
    id,
  );
}

test('every region has its card, its node and its name on the map', async () => {
  const { page } = await consoles.open();
  for (const name of ['Singapore', 'Dublin', 'Los Angeles']) {
    const card = page.getByRole('article', { name });
    await card.waitFor();
    assert.match(await card.innerText(), /Healthy[\s\S]*Mbit\/s[\s\S]*97\.3 %[\s\S]*3\.1284/);
    assert.equal(await page.locator('.map-label', { hasText: name }).count(), 1);
  }
  const map = page.getByRole('img', { name: /World map/ });
  assert.equal(
    await map.getAttribute('aria-label'),
    'World map with 3 regions: Singapore healthy, Dublin healthy, Los Angeles healthy',
  );
});

test('steering gives order, shares and reasons in words, and shows unknown codes as they are', async () => {
  const { page } = await consoles.open(({ state }) => {
    const group = defined(state.world.steering.groups[0], 'a group');
    group.shares = [
      { pathwayId: 'singapore-1', share: 0.7 },
      { pathwayId: 'dublin-1', share: 0.3 },
    ];
    group.reasons = [
      { code: 'over_capacity', subject: 'singapore-1', values: { egressBps: 9.4e8, capacityBps: 1e9 } },
      { code: 'phase_of_the_moon', subject: 'dublin-1', values: { phase: 0.5 } },
    ];
  });
  const steering = page.getByRole('region', { name: 'Steering' });
  await steering.getByText('phase_of_the_moon dublin-1 phase=0.5').waitFor();
  const text = await steering.innerText();
  assert.match(
    text,
    /singapore-1 is full: it sends 940 Mbit\/s of 1\.00 Gbit\/s, so nobody new starts there\./,
  );
  assert.match(text, /singapore-1\s+70 %/);
  assert.equal(await page.locator('.map-flow').count(), 1, 'one line across regions on the map');
});

test('a drain says what will happen and happens only after the confirmation', async () => {
  const { page, control } = await consoles.open();
  const isDrainCall = ({ key }: { key: string }): boolean => key === 'POST /v1/drains/{target}';
  await page.getByRole('button', { name: 'Drain Dublin' }).click();
  const dialog = page.getByRole('dialog', { name: 'Drain Dublin?' });
  assert.match(await dialog.innerText(), /100 % of the viewers near Dublin go to Singapore/);
  assert.match(
    await dialog.innerText(),
    /486 Mbit\/s now; the other healthy sites have room for 1\.51 Gbit\/s more/,
  );
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  assert.equal(control.calls.some(isDrainCall), false, 'Escape drains nothing');

  await page.getByRole('button', { name: 'Drain Dublin' }).click();
  await dialog.getByRole('button', { name: 'Drain', exact: true }).click();
  await page.getByRole('article', { name: 'Dublin' }).getByText('Draining').waitFor();
  assert.deepEqual(
    control.calls.filter(isDrainCall).map(({ params, body }) => ({ params, body })),
    [{ params: { target: 'dublin' }, body: { isForced: false } }],
  );

  await page.getByRole('button', { name: 'Restore Dublin' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
  await page.getByRole('article', { name: 'Dublin' }).getByText('Healthy').waitFor();
});

test('the last healthy region drains only when that is ticked on purpose', async () => {
  const { page, control } = await consoles.open(({ state }) => {
    for (const id of ['dublin', 'los-angeles'])
      for (const site of region(state, id).sites) site.state = 'draining';
  });
  await page.getByRole('button', { name: 'Drain Singapore' }).click();
  const dialog = page.getByRole('dialog');
  const confirm = dialog.getByRole('button', { name: 'Drain', exact: true });
  assert.equal(await confirm.isDisabled(), true);
  await dialog.getByRole('checkbox').check();
  await confirm.click();
  await page.getByRole('article', { name: 'Singapore' }).getByText('Draining').waitFor();
  const call = defined(
    control.calls.find(({ key }) => key === 'POST /v1/drains/{target}'),
    'a drain',
  );
  assert.deepEqual(call.body, { isForced: true });
});

test('what control warns of after a drain is read before the dialog closes', async () => {
  const { page } = await consoles.open(({ state }) => {
    state.drainWarnings = ['Only singapore-1 is left to serve viewers.'];
  });
  await page.getByRole('button', { name: 'Drain Dublin' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Drain', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Dublin: done, with a warning' });
  await dialog.getByText('Only singapore-1 is left to serve viewers.').waitFor();
  await dialog.getByRole('button', { name: 'Understood' }).click();
  await dialog.waitFor({ state: 'hidden' });
});

test('a refused drain says why and keeps the dialog', async () => {
  const { page } = await consoles.open(({ state }) => {
    state.failing.set('POST /v1/drains/{target}', new MeridianError('forbidden', { role: 'operator' }));
  });
  await page.getByRole('button', { name: 'Drain Dublin' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Drain', exact: true }).click();
  await page.getByRole('dialog').getByText('This needs the role operator.').waitFor();
});

test('a refused snapshot and a region that is down are shown loudly', async () => {
  const { page } = await consoles.open(({ state }) => {
    const node = defined(region(state, 'dublin').sites[0]?.nodes[0], 'a node');
    Object.assign(node, { refusal: 'the signature is not the root key’s', isReady: false });
    Object.assign(node, { notReadyReason: 'clock is 640 ms off', clockOffsetMs: 640 });
    region(state, 'los-angeles').isHealthy = false;
    state.findings = [{ code: 'share_down', message: 'dublin sends 40 % to los-angeles-1, which is down' }];
  });
  await page.getByText('1 node refuses the world snapshot').waitFor();
  await page.getByText('The checker of the plan objects').waitFor();
  const alerts = (await page.getByRole('alert').allInnerTexts()).join('\n');
  assert.match(alerts, /dublin-1-a: the signature is not the root key’s/);
  assert.match(alerts, /Los Angeles is down/);
  assert.match(alerts, /dublin sends 40 % to los-angeles-1/);
  const dublin = await page.getByRole('article', { name: 'Dublin' }).innerText();
  assert.match(dublin, /Degraded[\s\S]*Not ready[\s\S]*clock is 640 ms off[\s\S]*\+640 ms/);
});

test('while control is away a calm banner stands over the last known picture, and goes by itself', async () => {
  const { page, control } = await consoles.open();
  await page.getByRole('article', { name: 'Dublin' }).waitFor();
  control.state.isAway = true;
  await page.getByText(/Control plane unreachable since \d\d:\d\d:\d\d; playback goes on\./).waitFor();
  assert.equal(await page.locator('main.is-stale').count(), 1, 'what is old is greyed');
  assert.equal(await page.getByRole('article', { name: 'Dublin' }).isVisible(), true, 'nothing vanished');
  control.state.isAway = false;
  await page.locator('main:not(.is-stale)').waitFor();
  assert.equal(await page.getByText('Control plane unreachable').count(), 0);
});

test('a refresh changes numbers in place without drawing the page anew', async () => {
  const { page, control } = await consoles.open();
  await page.getByRole('article', { name: 'Dublin' }).waitFor();
  await page.evaluate("document.querySelector('#region-dublin').dataset.mark = 'same'");
  const site = defined(region(control.state, 'dublin').sites[0], 'a site');
  site.egressBps = 611e6;
  await page.getByRole('article', { name: 'Dublin' }).getByText('611 Mbit/s').waitFor();
  assert.equal(await page.locator('#region-dublin').getAttribute('data-mark'), 'same');
  assert.equal(await page.locator('.skeleton').count(), 0);
});

test('a world without regions says how to get one, and a failing one offers another try', async () => {
  const { page, control } = await consoles.open(({ state }) => {
    state.failing.set('GET /v1/world', new MeridianError('internal', { requestId: 'req_1' }));
  });
  await page.getByText('The world could not be loaded').waitFor();
  assert.match(await page.getByRole('alert').innerText(), /req_1/);
  control.state.failing.clear();
  control.state.world.regions = [];
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('No region yet').waitFor();
});

test('a viewer sees everything and is offered no drain', async () => {
  const { page } = await consoles.open(({ state }) => {
    state.role = 'viewer';
  });
  await page.getByRole('article', { name: 'Dublin' }).waitFor();
  assert.equal(await page.getByRole('button', { name: /Drain/ }).count(), 0);
});

test('keys go to every page, open the help, and Escape closes it', async () => {
  const { page } = await consoles.open();
  await page.getByRole('article', { name: 'Dublin' }).waitFor();
  for (const [keys, heading] of [
    ['gl', 'Library'],
    ['gj', 'Jobs'],
    ['ga', 'Access'],
    ['gf', 'Incidents'],
    ['gs', 'Objectives'],
    ['gr', 'Runbooks'],
    ['gv', 'Sessions'],
    ['gd', 'Audit'],
    ['gy', 'Readiness'],
    ['gw', 'World'],
  ] as const) {
    for (const key of keys) await page.keyboard.press(key);
    await page.getByRole('heading', { name: heading, exact: true }).waitFor();
    await waitFor(`title ${heading}`, async () => (await page.title()) === `${heading} · Meridian`);
  }
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('l');
  assert.equal(
    await page.getByRole('heading', { name: 'World', exact: true }).count(),
    1,
    'keys rest in a dialog',
  );
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
});

test('colours follow the system and can be switched by hand', async () => {
  const { page } = await consoles.open(undefined, { colorScheme: 'dark' });
  await page.getByRole('article', { name: 'Dublin' }).waitFor();
  const background = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor');
  const dark = 'rgb(12, 15, 19)';
  const light = 'rgb(246, 247, 249)';
  assert.equal(await background(), dark);
  await page.getByRole('button', { name: /Colours: as the system/ }).click();
  assert.equal(await background(), light);
  await page.reload();
  await page.getByRole('article', { name: 'Dublin' }).waitFor();
  assert.equal(await background(), light, 'the choice is remembered');
  await page.getByRole('button', { name: /Colours: light/ }).click();
  await page.getByRole('button', { name: /Colours: dark/ }).click();
  assert.equal(await background(), dark, 'as the system again');
});

test('nothing is wider than a phone on any page', async () => {
  const { page, control } = await consoles.open(undefined, { viewport: PHONE });
  const asset = defined(control.state.assets[1], 'an asset');
  for (const path of [
    'world',
    'library',
    `library/${asset.id}`,
    `assets/${asset.id}`,
    'imports',
    'jobs',
    'encoders',
    'edges',
    'slos',
    'slos/vod-playback',
    'projects',
    'projects/default',
    'access/tokens',
    'runbooks',
    'runbooks/drain-region',
    'runs',
    'sessions',
    'sessions/5d0f0a1c',
    'audit',
  ]) {
    await page.goto(`${control.url}/#/${path}`);
    await page.locator('main :is(h1, h2):visible').first().waitFor();
    const width = await page.evaluate('document.querySelector("main").scrollWidth');
    assert.equal(width, PHONE.width, `${path} scrolls sideways`);
  }
});

/** What players of Dublin and Singapore tell: those of Dublin wait, and get one request in a hundred too late. */
const tellOfViewers: FakeState['seriesPoints'] = ({ name, fromMs = 0, toMs = 0, stepMs = 60_000 }) => {
  const steps = Array.from(
    { length: Math.round((toMs - fromMs) / stepMs) },
    (_, index) => fromMs + index * stepMs,
  );
  const point = (atMs: number, labels: Record<string, string>, count: number) => ({
    atMs,
    labels,
    count,
    sum: null,
    p50: null,
    p95: null,
    p99: null,
  });
  return steps.flatMap((atMs) => {
    const dublin = { region: 'dublin', site: 'dublin-1' };
    const singapore = { region: 'singapore', site: 'singapore-1' };
    if (name === 'session_play_ms')
      return [point(atMs, dublin, stepMs * 90), point(atMs, singapore, stepMs * 40)];
    if (name === 'session_stall_ms') return [point(atMs, dublin, stepMs * 10)];
    return [
      point(atMs, { ...dublin, outcome: 'ok' }, 99),
      point(atMs, { ...dublin, outcome: 'late' }, 1),
      point(atMs, { ...singapore, outcome: 'ok' }, 50),
    ];
  });
};

test('what viewers get is on the map and in the list beside it, and the list can be sorted', async () => {
  const { page } = await consoles.open(({ state }) => {
    state.seriesPoints = tellOfViewers;
    state.incidents.changes = [
      {
        id: 7,
        kind: 'generation',
        summary: 'Steering plan 41: dublin loses 40 %',
        actor: 'control',
        labels: {},
        atMs: Date.now() - 600_000,
        details: {},
        isRevertible: false,
        movement: null,
      },
    ];
  });
  const traffic = page.getByRole('region', { name: 'Traffic' });
  const rows = traffic.locator('tbody tr');
  await traffic.getByText('1 %', { exact: true }).waitFor();
  assert.match(
    defined((await rows.allInnerTexts())[0], 'a row'),
    /Dublin[\s\S]*\t100\s+[\d.]+ Mbit\/s\s+1 %\s+10 %/,
  );
  await page.locator('.map-label', { hasText: 'Dublin' }).getByText('100 viewers').waitFor();
  await traffic.getByRole('button', { name: 'Region', exact: true }).click();
  assert.match(defined((await rows.allInnerTexts())[2], 'a row'), /Singapore/);
  await traffic.getByRole('button', { name: 'Pathways' }).click();
  await traffic.getByText('singapore-1').waitFor();
  // The graph loads what draws it only now; generations of the plan are marked in it.
  await page.getByRole('link', { name: /Steering plan 41/ }).waitFor();
});

test('what needs a person stands at the top, and its region is marked', async () => {
  const { page, control } = await consoles.open();
  const strip = page.getByRole('region', { name: 'What needs a person now' });
  await strip.getByText('None open').waitFor();
  await strip.getByText('Playback succeeds').waitFor();
  await strip.getByText('First responders').waitFor();
  await waitFor('the stream', () => control.updates.streamCount() === 1);
  control.state.incidents.list = [makeIncident(Date.now())];
  control.updates.tell('incidents');
  await strip.getByRole('link', { name: /sev2 Playback fails in Dublin/ }).waitFor();
  await page.locator('.map-label', { hasText: 'Dublin' }).getByText('1 incident, budget burns').waitFor();
});
