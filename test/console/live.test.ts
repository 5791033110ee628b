// Broadcasts in the console: the list, a new one, how to publish, who makes it, the switch and the end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { MeridianError } from '#contract/errors.ts';
import { makeBroadcasts } from '../live/fake-broadcasts.ts';
import { useConsoles } from './console-page.ts';

const consoles = useConsoles();

test('broadcasts are listed with state, regions and moment, and can be filtered', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/library' });
  await page.getByRole('heading', { name: 'Library' }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('b');
  const row = page.getByRole('row', { name: /Harbour festival/ });
  await row.waitFor();
  assert.match(await row.innerText(), /On air[\s\S]*Dublin\s+Los Angeles\s+On air for 47 min/);
  assert.equal(await row.locator('.pill.live').count(), 1);
  await page
    .getByRole('row', { name: /Board meeting/ })
    .getByRole('cell', { name: 'Begins in 3 h', exact: true })
    .waitFor();
  await page.getByRole('button', { name: 'Interrupted' }).click();
  await page.getByRole('row', { name: /Harbour festival/ }).waitFor({ state: 'detached' });
  await page
    .getByRole('row', { name: /Trail run/ })
    .getByText('The publisher is away.')
    .waitFor();
  control.state.broadcasts.list = [];
  control.updates.tell('broadcasts');
  await page.getByText('No broadcast is in this state now.').waitFor();
  await page.getByRole('button', { name: 'All', exact: true }).click();
  await page.getByText('meridian live create NAME').waitFor();
});

test('a broadcast is made by its name, and a refusal says why', async () => {
  const { page, control } = await consoles.open(
    ({ state }) => {
      state.broadcasts.list = [];
    },
    { path: '#/live' },
  );
  await page.getByText('No broadcasts yet').waitFor();
  await page.getByRole('button', { name: 'New broadcast' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'New broadcast' });
  const make = dialog.getByRole('button', { name: 'Make broadcast' });
  assert.equal(await make.isDisabled(), true, 'a name is needed');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Evening news');
  await dialog.getByRole('combobox', { name: 'The publisher is near' }).selectOption('dublin');
  await dialog.getByRole('combobox', { name: 'Latency' }).selectOption('ultra_low');
  control.state.failing.set(
    'POST /v1/broadcasts',
    new MeridianError('unavailable', { what: 'Room for a live channel (6 of 6 are taken)' }),
  );
  await make.click();
  await dialog.getByText(/6 of 6 are taken/).waitFor();
  control.state.failing.clear();
  await make.click();
  await page.getByRole('heading', { name: 'Evening news' }).waitFor();
  const asked = control.calls.filter(({ key }) => key === 'POST /v1/broadcasts').at(-1)?.body as Record<
    string,
    unknown
  >;
  assert.deepEqual(
    [asked.publisherRegionId, asked.latency, asked.isRecorded, asked.plannedStartMs],
    ['dublin', 'ultra_low', true, undefined],
  );
  await page.getByText('Nobody publishes.').waitFor();
});

test('the stream key is asked for when somebody wants to see it, and copied', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/live' });
  await page.getByRole('link', { name: 'Evening news', exact: true }).click();
  const publish = page.getByRole('region', { name: 'Publish' });
  await publish.waitFor();
  const isAsked = (): boolean => control.calls.some(({ key }) => key.endsWith('/ingest'));
  assert.equal(isAsked(), false, 'no key is made unasked');
  await publish.getByRole('button', { name: 'Show addresses and key' }).click();
  await publish.getByText('rtmp://127.0.0.1:8113/live', { exact: true }).waitFor();
  assert.equal(isAsked(), true);
  await publish.getByRole('button', { name: 'Copy stream key' }).click();
  await page.getByText('stream key copied').waitFor();
  const key = await page.evaluate<string>('navigator.clipboard.readText()');
  assert.match(key, /^key-of-brd_/);
  await publish.getByRole('button', { name: 'Copy command with its key' }).click();
  await page.getByText('command with its key copied').waitFor();
  const command = await page.evaluate<string>('navigator.clipboard.readText()');
  assert.equal(command.endsWith(`'rtmp://127.0.0.1:8113/live/${key}'`), true);
  await publish.getByRole('button', { name: 'Copy SRT command with its passphrase' }).click();
  await page.getByText('SRT command with its passphrase copied').waitFor();
  const srtCommand = await page.evaluate<string>('navigator.clipboard.readText()');
  assert.match(srtCommand, /-f mpegts 'srt:\/\/127\.0\.0\.1:8400\?mode=caller&passphrase=a-passphrase-\S+'$/);
  const shown = await publish.innerText();
  assert.match(shown, /srt:\/\/127\.0\.0\.1:8400\?mode=caller&passphrase=PASSPHRASE/);
  await publish.getByRole('button', { name: 'Hide' }).click();
  await publish.getByText(key).waitFor({ state: 'detached' });
});

test('a broadcast on air shows its ingest and both channels; its primary is switched, and it is ended', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/live' });
  await page.getByRole('link', { name: 'Harbour festival, main stage', exact: true }).click();
  const ingest = page.getByRole('article', { name: 'Ingest in Dublin' });
  await ingest.getByText('6.12 Mbit/s').waitFor();
  assert.match(await ingest.innerText(), /by RTMP[\s\S]*Picture\s+1920 × 1080[\s\S]*reported just now/);
  const backup = page.getByRole('article', { name: 'Backup in Los Angeles' });
  assert.match(await backup.innerText(), /channel 2[\s\S]*Damaged parts\s+3[\s\S]*Picture frozen\s+for 4 s/);
  await page.getByText('Channel 2 was placed at los-angeles-1-a: 8,314 km from the publisher').waitFor();
  await page.getByRole('button', { name: 'Switch primary…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Switch' }).click();
  await page.getByRole('article', { name: 'Primary in Los Angeles' }).waitFor();
  const end = page.getByRole('button', { name: 'End…' });
  await end.click();
  const dialog = page.getByRole('dialog', { name: 'End this broadcast?' });
  await dialog.getByText(/cannot go on afterwards/).waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  assert.equal(control.state.broadcasts.list[2]?.state, 'on_air', 'the safe answer changes nothing');
  await end.click();
  await dialog.getByRole('button', { name: 'End the broadcast' }).click();
  await page.getByText('Somebody ended it.').waitFor();
  await end.waitFor({ state: 'detached' });
  const recording = page.getByRole('link', { name: 'Recording of Harbour festival, main stage' });
  assert.match((await recording.getAttribute('href')) ?? '', /#\/assets\/ast_/);
});

test('viewers are told by region with their latency, and how a line was over the last minutes', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/live' });
  await page.getByRole('link', { name: 'Harbour festival, main stage', exact: true }).click();
  const viewers = page.getByRole('region', { name: 'Viewers' });
  await viewers.getByText('695', { exact: true }).waitFor();
  const row = viewers.getByRole('row', { name: /Dublin/ });
  assert.match(await row.innerText(), /Dublin\s+412\s+2\.1 s\s+3\.1 s\s+0/);
  const ingest = page.getByRole('article', { name: 'Ingest in Dublin' });
  await ingest.getByRole('img', { name: 'Bit rate over the last ten minutes' }).waitFor();
  await ingest.getByRole('img', { name: 'Frames left out over the last ten minutes' }).hover();
  await ingest.getByText(/ at \d\d:\d\d/).waitFor();
  const backup = page.getByRole('article', { name: 'Backup in Los Angeles' });
  await backup.getByRole('img', { name: 'Parts are out after over the last ten minutes' }).waitFor();
  control.state.broadcasts.viewers = {};
  await viewers.getByText('0', { exact: true }).waitFor();
});

test('a broadcast is moved off a region after its effects were named, and let back', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/live' });
  await page.getByRole('link', { name: 'Harbour festival, main stage', exact: true }).click();
  await page.getByRole('button', { name: 'Move off a region…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Move this broadcast off a region?' });
  await dialog.getByText('Channel 1 in Dublin ends.').waitFor();
  await dialog.getByText(/Who publishes in Dublin now stays on the air there/).waitFor();
  await dialog.getByRole('radio', { name: 'Los Angeles' }).check();
  await dialog.getByText(/Channel 1 in Dublin goes on and leads/).waitFor();
  await dialog.getByRole('button', { name: 'Move it off Los Angeles' }).click();
  await page.getByRole('article', { name: 'Backup in Singapore' }).waitFor();
  const schedule = page.getByRole('region', { name: 'Schedule' });
  assert.match(await schedule.innerText(), /Moved off\s+Los Angeles/);
  await schedule.getByRole('button', { name: 'Let it back' }).click();
  await schedule.getByText('Moved off').waitFor({ state: 'detached' });
  assert.deepEqual(control.state.broadcasts.list[2]?.drainedRegionIds, []);
});

test('a channel is placed in a region that is named, moved, and taken away; refusals say why', async () => {
  const { page, control } = await consoles.open(undefined, { path: '#/live' });
  const regionIds = () =>
    control.state.broadcasts.list[2]?.schedule.channels.map(({ regionId }) => regionId).join(' ');
  await page.getByRole('link', { name: 'Harbour festival, main stage', exact: true }).click();
  const schedule = page.getByRole('region', { name: 'Schedule' });
  const takeAway = (name: string) =>
    schedule.getByRole('button', { name: `Take away the channel in ${name}` }).click();
  const ending = page.getByRole('dialog', { name: 'Take this channel away?' });

  await takeAway('Dublin');
  await ending.getByText(/Channel 2 in Los Angeles goes on and leads/).waitFor();
  await ending.getByRole('button', { name: 'Take it away' }).click();
  await ending.getByText(/It would have 1 channels left; move it off dublin instead/).waitFor();
  await ending.getByRole('button', { name: 'Cancel' }).click();
  assert.equal(regionIds(), 'dublin los-angeles');

  const place = schedule.getByRole('button', { name: 'Place a channel…' });
  await place.click();
  const placing = page.getByRole('dialog', { name: 'Place a channel in a region?' });
  await placing.waitFor();
  assert.equal(await placing.getByRole('radio').count(), 1, 'it has a channel in the other two');
  const refusal = 'No room for a channel in singapore: 2 of 2 are taken';
  const route = 'POST /v1/broadcasts/{broadcastId}/channels/{regionId}';
  control.state.failing.set(route, new MeridianError('conflict', { reason: refusal }));
  await placing.getByRole('button', { name: 'Place it in Singapore' }).click();
  await placing.getByText(refusal).waitFor();
  control.state.failing.clear();
  await placing.getByRole('button', { name: 'Place it in Singapore' }).click();
  await schedule.getByText('singapore-1-a, channel 3').waitFor();
  assert.equal(regionIds(), 'dublin los-angeles singapore');
  await place.waitFor({ state: 'detached' });

  await takeAway('Los Angeles');
  await ending.getByRole('button', { name: 'Take it away' }).click();
  await place.click();
  await placing.getByRole('checkbox', { name: 'In the place of the one in Singapore' }).check();
  await placing.getByText('Channel 3 in Singapore ends.').waitFor();
  await placing.getByRole('button', { name: 'Place it in Los Angeles' }).click();
  await placing.waitFor({ state: 'detached' });
  assert.equal(regionIds(), 'dublin los-angeles');
});

test('a broadcast without a backup warns; viewers of the console see no key and change nothing', async () => {
  const { page, control } = await consoles.open(({ state }) => {
    state.role = 'viewer';
  });
  const away = defined(makeBroadcasts(Date.now(), [])[3], 'a broadcast');
  control.state.broadcasts.list = [away];
  await page.goto(`${control.url}/#/live/${away.id}`);
  await page.getByText('It has no backup.').waitFor();
  await page.getByRole('article', { name: 'Primary in Dublin' }).waitFor();
  for (const name of [
    'End…',
    'Switch primary…',
    'Move off a region…',
    'Place a channel…',
    /^Take away/,
    'Show addresses and key',
  ])
    assert.equal(await page.getByRole('button', { name }).count(), 0, String(name));
  await page.goto(`${control.url}/#/live/brd_01jd0000000000000000000000`);
  await page.getByText('There is no such broadcast').waitFor();
});
