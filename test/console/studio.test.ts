// Going live from the console: the picture before it is sent, and everything that can keep it from being sent. That it
// arrives is tested with a real ingest (test/live/whip.test.ts).

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { defined } from '#base/assert.ts';
import { MeridianError, toProblem } from '#contract/errors.ts';
import { claimPorts } from '../support/free-ports.ts';
import { waitFor } from '../support/wait-for.ts';
import { type OpenConsole, PHONE, useConsoles } from './console-page.ts';
import type { FakeControl } from './fake-control.ts';

const consoles = useConsoles(['--use-fake-device-for-media-stream=fps=30']);
const CAMERA = ['camera', 'microphone'];

async function openStudio(
  prepare: (control: FakeControl) => void = () => {},
  permissions: readonly string[] = CAMERA,
): Promise<OpenConsole> {
  const opened = await consoles.open(prepare, { path: '#/live', permissions });
  await opened.page.getByRole('link', { name: 'Go live with Evening news from this browser' }).click();
  await opened.page.getByRole('heading', { name: 'Go live from this browser' }).waitFor();
  return opened;
}

async function turnOn(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Turn on the picture' }).click();
  await waitFor('a picture', () =>
    page.evaluate<boolean>(`(document.querySelector('.studio-picture video')?.videoWidth ?? 0) > 0`),
  );
}

interface FakeIngest {
  readonly url: string;
  readonly asked: { authorization: string | undefined; contentType: string | undefined; body: string }[];
}

/** An ingest that refuses everybody. */
async function refusingIngest(error: MeridianError): Promise<FakeIngest> {
  const asked: FakeIngest['asked'] = [];
  const server: Server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'Authorization, Content-Type');
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end();
      return;
    }
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      const { authorization, 'content-type': contentType } = request.headers;
      asked.push({ authorization, contentType, body });
      const problem = toProblem(error);
      response.writeHead(problem.status, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify(problem));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  consoles.cleanUp(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/whip/default/x`, asked };
}

test('camera and microphone are seen and heard before anything is sent', async () => {
  const { page, control } = await openStudio();
  const begin = page.getByRole('button', { name: 'Go live', exact: true });
  assert.equal(await begin.isDisabled(), true);
  await turnOn(page);
  assert.equal(await begin.isDisabled(), false);
  await waitFor('the microphone to be heard', () =>
    page.evaluate<boolean>(`document.querySelector('.level meter').value > -50`),
  );
  const camera = page.getByRole('combobox', { name: 'Camera' });
  await waitFor('the devices to have names', async () =>
    /fake_device/.test((await camera.innerText()) ?? ''),
  );
  await page.getByRole('combobox', { name: 'Sound' }).selectOption('none');
  await page.getByText('No sound is sent').waitFor();
  await page.getByRole('combobox', { name: 'Quality' }).selectOption('480');
  await waitFor('a smaller picture', () =>
    page.evaluate<boolean>(`document.querySelector('.studio-picture video').videoWidth < 1000`),
  );
  assert.equal(
    control.calls.some(({ key }) => key.endsWith('/ingest')),
    false,
    'no key is made unasked',
  );
  await page.getByRole('link', { name: 'Evening news', exact: true }).click();
  await page.getByRole('heading', { name: 'Evening news' }).waitFor();
});

test('without consent, or without H.264, it says what to do', async () => {
  const { page } = await openStudio(undefined, []);
  await page.getByRole('button', { name: 'Turn on the picture' }).click();
  await page.getByText('The browser may not use the camera or the microphone.').waitFor();
  await page.getByText('Allow both beside the address of this page').waitFor();
  await page.addInitScript('RTCRtpSender.getCapabilities = () => ({ codecs: [], headerExtensions: [] });');
  await page.reload();
  await page.getByText('This browser cannot send H.264.').waitFor();
});

test('an ingest that is away is passed over, and what the next one says is shown', async () => {
  const [closed] = await claimPorts(1);
  const ingest = await refusingIngest(
    new MeridianError('publish_refused', { reason: 'the broadcast has ended' }),
  );
  const { page } = await openStudio(({ state }) => {
    state.broadcasts.whipUrls = [`http://127.0.0.1:${closed}/whip/default/x`, ingest.url];
  });
  await turnOn(page);
  await page.getByRole('button', { name: 'Go live', exact: true }).click();
  await page.getByText('This stream key cannot be published with: the broadcast has ended.').waitFor();
  const [offer, ...more] = ingest.asked;
  assert.deepEqual(more, []);
  assert.match(offer?.authorization ?? '', /^Bearer key-of-brd_/);
  assert.equal(offer?.contentType, 'application/sdp');
  const video = defined(offer, 'an offer').body.split('m=video')[1] ?? '';
  assert.match(video, /H264\/90000/);
  assert.doesNotMatch(video, /VP8|AV1/);
  // The picture is still there, for another try.
  await page.getByRole('button', { name: 'Go live', exact: true }).click();
  await waitFor('another try', () => ingest.asked.length === 2);
});

test('a place that somebody else has is not taken at another ingest', async () => {
  const ingest = await refusingIngest(
    new MeridianError('conflict', { reason: 'Another publisher is on it' }),
  );
  const { page } = await openStudio(({ state }) => {
    state.broadcasts.whipUrls = [ingest.url, `${ingest.url}-backup`];
  });
  await turnOn(page);
  await page.getByRole('button', { name: 'Go live', exact: true }).click();
  await page.getByText('Another publisher is on it.').waitFor();
  assert.equal(ingest.asked.length, 1);
});

test('where no ingest takes browsers it says so, and on a phone all of it has room', async () => {
  const { page } = await openStudio();
  await turnOn(page);
  await page.getByRole('button', { name: 'Go live', exact: true }).click();
  await page.getByText('No ingest takes browsers now.').waitFor();
  await page.setViewportSize(PHONE);
  assert.equal(
    await page.evaluate('document.documentElement.scrollWidth <= document.documentElement.clientWidth'),
    true,
  );
});

test('who may only look, and what has ended, has no studio', async () => {
  const { page, control } = await consoles.open(({ state }) => {
    state.role = 'viewer';
  });
  const [, ready, , , ended] = control.state.broadcasts.list;
  await page.goto(`${control.url}/#/live`);
  await page.getByRole('row', { name: /Evening news/ }).waitFor();
  assert.equal(await page.getByRole('link', { name: /^Go live/ }).count(), 0);
  await page.goto(`${control.url}/#/studio/${ready?.id}`);
  await page.getByText('This needs the role operator.').waitFor();
  control.state.role = 'admin';
  await page.goto(`${control.url}/#/studio/${ended?.id}`);
  await page.reload();
  await page.getByText('This broadcast has ended').waitFor();
});
