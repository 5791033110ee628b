// What docs/webhooks.md shows is true: its receiver runs and checks signatures, its commands do what they say.

import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defined } from '#base/assert.ts';
import { EVENT_TYPES } from '#contract/api/events.ts';
import { waitFor } from '../support/wait-for.ts';
import { onEveryDatabase } from './support.ts';
import { startWebhookWorld, type WebhookWorld } from './webhook-world.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/webhooks.md'), 'utf8');
const directory = mkdtempSync(join(tmpdir(), 'mwd-'));
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

/** Runs the receiver of the page; resolves to its port and its output. */
async function runExample(
  secret: string,
  port = 0,
): Promise<{ port: number; lines: string[]; child: ChildProcess }> {
  const path = join(directory, 'receiver.mjs');
  writeFileSync(path, defined(/```js\n([\s\S]*?)```/.exec(page)?.[1], 'an example'));
  const child = spawn(process.execPath, [path], {
    env: { ...process.env, WEBHOOK_SECRET: secret, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines: string[] = [];
  const output: Interface = createInterface(defined(child.stdout, 'its output'));
  output.on('line', (line) => lines.push(line));
  const first = await waitFor('it to listen', () => lines[0]);
  return { port: Number(first.split(' ').at(-1)), lines: lines.splice(0, 1) && lines, child };
}

interface Ran {
  readonly code: number;
  readonly out: string;
}

/** Runs the command line as a user does. */
function run({ world }: WebhookWorld, ...args: string[]): Promise<Ran> {
  const token = readFileSync(join(world.dataDirectory, 'admin-token'), 'utf8').trim();
  const env = { ...process.env, MERIDIAN_CONTROL: world.url, MERIDIAN_TOKEN: token };
  const main = join(root, 'src/cli/main.ts');
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, 'webhooks', ...args],
      { env, cwd: directory },
      (error, out, errorText) => {
        resolve({ code: error === null ? 0 : Number(error.code), out: out + errorText });
      },
    );
  });
}

test('the page names every event', () => {
  const named = [...page.matchAll(/^\| `([a-z._]+)` \|/gm)].map(([, type]) => type);
  assert.deepEqual(named, Object.keys(EVENT_TYPES));
});

onEveryDatabase('docs/webhooks.md', (suite) => {
  test('the example takes genuine events, once each, and refuses what is not ours', async () => {
    const own = await startWebhookWorld(suite);
    const { port, child } = await runExample('whsec_AAAA');
    const { webhook, secret } = await own.add(`http://127.0.0.1:${port}/`);
    const assetId = await own.upload();
    await waitFor('the refusal', async () => (await own.deliveries(webhook.id))[0]?.lastStatus === 401);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { lines } = await runExample(secret, port);
    own.world.clock.advance(60_000);
    await own.settled(webhook.id);
    const params = {
      webhookId: webhook.id,
      deliveryId: defined((await own.deliveries(webhook.id))[0], 'it').id,
    };
    await own.world.admin.call('POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay', { params });
    await own.settled(webhook.id);
    await own.rename(assetId, 'Rome');
    await own.settled(webhook.id);
    await waitFor('both lines', () => lines.length === 2);
    assert.deepEqual(lines, [`asset.created ${assetId} clip.mp4`, `asset.renamed ${assetId} Rome`]);
  });

  test('the commands add, test, show, replay, pause, resume, rotate and remove', async () => {
    const own = await startWebhookWorld(suite);
    const receiver = await own.receiver();
    assert.match((await run(own, 'list')).out, /There are no webhooks yet/);
    const added = await run(own, 'add', receiver.url, '--events', 'asset.created,asset.renamed', '--json');
    assert.equal(added.code, 0, added.out);
    const { webhook, secret } = JSON.parse(added.out) as { webhook: { id: string }; secret: string };
    assert.match(secret, /^whsec_/);
    assert.deepEqual(
      await run(own, 'add', receiver.url, '--events', 'asset.exploded').then(({ code }) => code),
      1,
    );
    assert.match((await run(own, 'test', webhook.id)).out, /^Delivered: status 204 in \d+ ms\.\n$/);
    receiver.answer = () => 410;
    const refused = await run(own, 'test', webhook.id);
    assert.deepEqual(
      [refused.code, refused.out],
      [1, 'Not delivered. The endpoint answered with status 410.\nIt answered: refused with 410\n'],
    );
    await own.upload();
    await waitFor('the pause', async () => (await own.view(webhook.id)).state === 'paused');
    assert.match(
      (await run(own, 'list')).out,
      /asset\.created asset\.renamed +0 +2 +paused: The endpoint answered 410 Gone/,
    );
    const dead = await run(own, 'deliveries', webhook.id, '--state', 'dead', '--json');
    const [delivery] = (JSON.parse(dead.out) as { id: number; type: string }[]).filter(
      ({ type }) => type !== 'webhook.test',
    );
    const shown = await run(own, 'deliveries', webhook.id, String(defined(delivery, 'one').id));
    assert.match(shown.out, /asset\.created of ast_\w+, evt_\w+: dead/);
    assert.match(shown.out, /1 +\S+Z +410 +\S+ ms +The endpoint answered with status 410/);
    assert.match(shown.out, /"specversion":"1\.0"/);
    receiver.answer = () => 204;
    assert.match((await run(own, 'resume', webhook.id)).out, /is active; 0 deliveries waited/);
    assert.match(
      (await run(own, 'replay', webhook.id, '--from', '1h')).out,
      /^1 events are delivered once more/,
    );
    await own.settled(webhook.id);
    assert.match(
      (await run(own, 'replay', webhook.id, String(defined(delivery, 'one').id))).out,
      /delivered once more/,
    );
    assert.equal((await run(own, 'replay', webhook.id)).code, 1);
    assert.match((await run(own, 'replay', webhook.id, '--from', 'yesterday')).out, /neither a time/);
    assert.match(
      (await run(own, 'rotate', webhook.id, '--overlap', '2h')).out,
      /whsec_[\s\S]*signs as well until/,
    );
    assert.match((await run(own, 'pause', webhook.id)).out, /is paused/);
    assert.match((await run(own, 'remove', webhook.id)).out, /^Removed whk_/);
    assert.match((await run(own, 'list', '--json')).out, /^\[\]\n$/);
  });
});
