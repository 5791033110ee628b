// Webhooks: signed, in order per asset, repeated for a day, paused when nobody answers, visible, replayed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import type { DeliveryView } from '#contract/api/events.ts';
import { MeridianError } from '#contract/errors.ts';
import { tidyEvents } from '#control/events/housekeeping.ts';
import { silentLog } from '#platform/log.ts';
import { waitFor } from '../support/wait-for.ts';
import { codeOf, onEveryDatabase, type Suite, type TestControl } from './support.ts';
import { signersOf } from './webhook-receiver.ts';
import { startWebhookWorld, type WebhookWorld } from './webhook-world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Moves time to the next attempt of the oldest delivery that has not ended, and waits for its outcome. The clock goes on
 * by itself, too: an attempt may be under way already.
 */
async function nextAttempt(own: WebhookWorld, webhookId: string): Promise<void> {
  const isOpen = ({ state }: DeliveryView) => state === 'waiting' || state === 'sending';
  const open = defined((await own.deliveries(webhookId)).find(isOpen), 'a delivery that has not ended');
  const isUnderWay = open.state === 'sending';
  const delayMs = isUnderWay ? 0 : defined(open.nextAttemptAtMs, 'a time') - own.world.clock.nowMs();
  if (delayMs > 0) own.world.clock.advance(delayMs);
  await waitFor('the next attempt', async () => {
    const now = (await own.deliveries(webhookId)).find(({ id }) => id === open.id);
    return (
      now !== undefined && now.attempts >= open.attempts + (isUnderWay ? 0 : 1) && now.state !== 'sending'
    );
  });
}

function tidy({ clock, database }: TestControl): Promise<void> {
  return tidyEvents({ clock, database, log: silentLog });
}

async function start(suite: Suite) {
  const own = await startWebhookWorld(suite);
  const receiver = await own.receiver();
  return { own, receiver, ...(await own.add(receiver.url)) };
}

onEveryDatabase('webhooks', (suite) => {
  test('an event arrives as a signed CloudEvent, in structured or in binary form', async () => {
    const { own, receiver, webhook, secret } = await start(suite);
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    const assetId = await own.upload();
    await own.settled(webhook.id);
    const first = defined(receiver.received[0], 'a request');
    assert.equal(first.headers['content-type'], 'application/cloudevents+json; charset=utf-8');
    assert.match(first.id, /^evt_[0-9a-z]{26}$/);
    assert.equal(first.event.id, first.id);
    const { specversion, source, type, subject } = first.event;
    assert.deepEqual(
      [specversion, source, type, subject],
      ['1.0', 'urn:meridian:control', 'asset.created', assetId],
    );
    assert.match(first.event.sequence, /^\d{16}$/);
    assert.ok(Math.abs(Date.parse(first.event.time) - own.world.clock.nowMs()) < 60_000);
    assert.equal(first.event.data.assetId, assetId);
    assert.ok(
      Math.abs(Number(first.headers['webhook-timestamp']) * 1_000 - own.world.clock.nowMs()) < 60_000,
    );
    assert.deepEqual(signersOf(first, [secret]), [0]);
    assert.deepEqual(signersOf({ ...first, body: `${first.body} ` }, [secret]), []);

    const params = { webhookId: webhook.id };
    await own.world.admin.call('PATCH /v1/webhooks/{webhookId}', { params, body: { format: 'binary' } });
    await own.rename(assetId, 'Rome');
    await own.settled(webhook.id);
    const second = defined(receiver.received[1], 'a second request');
    assert.equal(second.headers['content-type'], 'application/json');
    assert.equal(second.headers['ce-type'], 'asset.renamed');
    assert.equal(second.headers['ce-id'], second.id);
    assert.equal(second.headers['ce-specversion'], '1.0');
    assert.equal(second.headers['ce-subject'], assetId);
    assert.deepEqual(signersOf(second, [secret]), [0]);
    assert.equal(JSON.parse(second.body).name, 'Rome');
    assert.equal(receiver.received.length, 2);
  });

  test('after a rotation both secrets sign until the overlap is over; no answer ever shows a secret again', async () => {
    const { own, receiver, webhook, secret } = await start(suite);
    const params = { webhookId: webhook.id };
    const rotated = await own.world.admin.call('POST /v1/webhooks/{webhookId}/rotate-secret', {
      params,
      body: { overlapMs: HOUR_MS },
    });
    assert.notEqual(rotated.secret, secret);
    assert.ok(defined(rotated.webhook.previousSecretUntilMs, 'an end') <= own.world.clock.nowMs() + HOUR_MS);
    const assetId = await own.upload();
    await own.settled(webhook.id);
    assert.deepEqual(signersOf(defined(receiver.received[0], 'a request'), [secret, rotated.secret]), [0, 1]);
    own.world.clock.advance(HOUR_MS + 1);
    await own.rename(assetId, 'later');
    await own.settled(webhook.id);
    assert.deepEqual(signersOf(defined(receiver.received[1], 'a request'), [secret, rotated.secret]), [1]);
    for (const shown of [
      await own.world.admin.call('GET /v1/webhooks'),
      await own.view(webhook.id),
      await own.world.admin.call('GET /v1/audit'),
    ])
      for (const value of [secret, rotated.secret])
        assert.equal(JSON.stringify(shown).includes(value), false);
  });

  test('a webhook gets the events that it chose, of its project, and no others', async () => {
    const own = await startWebhookWorld(suite);
    const { admin } = own.world;
    await admin.call('POST /v1/projects', { body: { id: 'other', name: 'Other' } });
    const [chosen, ofOther, all] = [await own.receiver(), await own.receiver(), await own.receiver()];
    const first = await own.add(chosen.url, ['asset.renamed', 'region.draining']);
    await admin.call('POST /v1/webhooks', { body: { url: ofOther.url, projectId: 'other' } });
    const last = await own.add(all.url);
    await own.world.settledNodes('singapore-1', 'los-angeles-1');
    const assetId = await own.upload();
    await own.rename(assetId, 'Rome');
    await admin.call('POST /v1/drains/{target}', { params: { target: 'singapore' }, body: {} });
    await own.settled(last.webhook.id);
    await own.settled(first.webhook.id);
    assert.deepEqual(chosen.types().sort(), ['asset.renamed', 'region.draining']);
    assert.deepEqual(ofOther.types(), []);
    assert.deepEqual(all.types().sort(), ['asset.created', 'asset.renamed', 'region.draining']);
    const mine = await own.world.clientFor('admin', 'other');
    assert.equal((await mine.call('GET /v1/webhooks')).webhooks.length, 1);
  });

  test('a failing delivery holds back the later events of its asset at its webhook, and nothing else', async () => {
    const { own, receiver, webhook } = await start(suite);
    const well = await own.receiver();
    const other = await own.add(well.url);
    let isBroken = true;
    const bad = await own.upload();
    receiver.answer = ({ event }) => (isBroken && event.subject === bad ? 500 : 204);
    for (const name of ['one', 'two', 'three']) await own.rename(bad, name);
    const good = await own.upload();
    for (const name of ['one', 'two', 'three']) await own.rename(good, name);
    await own.settled(other.webhook.id);
    await waitFor(
      'the good asset to be told of',
      () => receiver.received.filter(({ event }) => event.subject === good).length === 4,
    );
    const names = (of: typeof receiver, subject: string) =>
      of.received.filter(({ event }) => event.subject === subject).map(({ event }) => event.data.name);
    assert.deepEqual(names(receiver, good), ['clip.mp4', 'one', 'two', 'three']);
    assert.deepEqual(names(well, bad), ['clip.mp4', 'one', 'two', 'three']);
    assert.deepEqual(new Set(names(receiver, bad).slice(1)).size <= 1, true);
    const held = await waitFor('the later ones to be held', async () => {
      const rows = await own.deliveries(webhook.id, 'held');
      return rows.length >= 2 && rows;
    });
    assert.match(held[0]?.reason ?? '', new RegExp(`An earlier event of ${bad} has to be delivered first`));
    isBroken = false;
    own.world.clock.advance(HOUR_MS);
    await own.settled(webhook.id);
    const delivered = names(receiver, bad);
    assert.deepEqual(delivered.slice(-3), ['one', 'two', 'three']);
  });

  test('a failing delivery is repeated with growing delays for about a day, then given up with a reason; the next follows', async () => {
    const { own, receiver, webhook } = await start(suite);
    receiver.answer = () => 503;
    const startedAtMs = own.world.clock.nowMs();
    const assetId = await own.upload();
    await own.rename(assetId, 'later');
    await waitFor(
      'the first attempt',
      async () => (await own.deliveries(webhook.id))[0]?.state === 'waiting',
    );
    let rounds = 0;
    while ((await own.deliveries(webhook.id))[0]?.state !== 'dead') {
      assert.ok(receiver.received.every(({ event }) => event.type === 'asset.created'));
      await nextAttempt(own, webhook.id);
      rounds += 1;
      assert.ok(rounds < 40, 'it must end');
    }
    const hours = (own.world.clock.nowMs() - startedAtMs) / HOUR_MS;
    assert.ok(hours > 20 && hours < 25, `${hours} h`);
    const [dead] = await own.deliveries(webhook.id);
    assert.equal(dead?.state, 'dead');
    assert.match(
      dead?.reason ?? '',
      /^Given up after \d\d attempts in 2\d\.\d h\. The last one: The endpoint answered with status 503\.$/,
    );
    assert.equal(
      new Set(receiver.received.filter(({ event }) => event.type === 'asset.created').map(({ id }) => id))
        .size,
      1,
    );
    receiver.answer = () => 204;
    own.world.clock.advance(HOUR_MS);
    await own.settled(webhook.id);
    assert.equal(receiver.types().at(-1), 'asset.renamed');
    const { attempts, body } = await own.world.admin.call(
      'GET /v1/webhooks/{webhookId}/deliveries/{deliveryId}',
      { params: { webhookId: webhook.id, deliveryId: defined(dead, 'it').id } },
    );
    assert.deepEqual(
      attempts.map(({ number }) => number),
      attempts.map((_, index) => index + 1),
    );
    assert.equal(attempts.length, dead?.attempts);
    const first = defined(attempts[0], 'an attempt');
    assert.deepEqual(
      [first.status, first.answer, first.problem],
      [503, 'refused with 503', 'The endpoint answered with status 503.'],
    );
    assert.ok(first.durationMs > 0 && first.durationMs < 10_000);
    assert.equal(body, receiver.received[0]?.body);
  });

  test('an endpoint that fails for three days is paused with the reason; what waits is sent when it is resumed', async () => {
    const { own, receiver, webhook } = await start(suite);
    receiver.answer = () => 500;
    await own.upload();
    await waitFor('a failure', async () => (await own.view(webhook.id)).failingSinceMs !== null);
    // Every two hours something happens, and nothing of it can be delivered.
    for (let hour = 2; hour < 72; hour += 2) {
      own.world.clock.advance(2 * HOUR_MS);
      const before = receiver.received.length;
      await own.upload();
      await waitFor('an attempt', () => receiver.received.length > before);
      await waitFor('its outcome', async () => (await own.deliveries(webhook.id, 'sending')).length === 0);
      assert.equal((await own.view(webhook.id)).state, 'active', `after ${hour} h`);
    }
    own.world.clock.advance(2 * HOUR_MS + 60_000);
    const paused = await waitFor('the pause', async () => {
      const view = await own.view(webhook.id);
      return view.state === 'paused' && view;
    });
    assert.match(
      paused.pausedReason ?? '',
      /^Nothing was delivered for 72\.0 h\. The last attempt: The endpoint answered with status 500\.$/,
    );
    await waitFor('the last outcome', async () => (await own.deliveries(webhook.id, 'sending')).length === 0);
    receiver.answer = () => 204;
    const count = receiver.received.length;
    const assetId = await own.upload();
    own.world.clock.advance(DAY_MS);
    await waitFor('the new event to wait', async () => (await own.view(webhook.id)).waitingCount > 0);
    assert.equal(receiver.received.length, count);
    await own.world.admin.call('POST /v1/webhooks/{webhookId}/resume', { params: { webhookId: webhook.id } });
    await own.settled(webhook.id);
    assert.ok(receiver.received.some(({ event }) => event.subject === assetId));
    const well = await own.view(webhook.id);
    assert.deepEqual([well.state, well.pausedReason, well.failingSinceMs], ['active', null, null]);
  });

  test('410 pauses at once; a pause by hand names who; a test goes out anyway and is sent only once', async () => {
    const { own, receiver, webhook } = await start(suite);
    const params = { webhookId: webhook.id };
    receiver.answer = () => 410;
    await own.upload();
    await waitFor('the pause', async () => (await own.view(webhook.id)).state === 'paused');
    assert.match((await own.view(webhook.id)).pausedReason ?? '', /410 Gone/);
    receiver.answer = () => 500;
    const sendTest = async () => {
      const { deliveryId } = await own.world.admin.call('POST /v1/webhooks/{webhookId}/test', { params });
      return waitFor('the test to end', async () => {
        const found = (await own.deliveries(webhook.id)).find(({ id }) => id === deliveryId);
        return (found?.state === 'dead' || found?.state === 'delivered') && found;
      });
    };
    const failed = await sendTest();
    assert.equal(failed.state, 'dead');
    assert.equal(failed.reason, 'The endpoint answered with status 500. A test is sent only once.');
    receiver.answer = () => 200;
    const good = await sendTest();
    assert.deepEqual([good.state, good.attempts, good.lastStatus], ['delivered', 1, 200]);
    assert.equal(receiver.types().at(-1), 'webhook.test');
    assert.equal((await own.view(webhook.id)).state, 'paused');
    await own.world.admin.call('POST /v1/webhooks/{webhookId}/resume', { params });
    const paused = await own.world.admin.call('POST /v1/webhooks/{webhookId}/pause', { params });
    assert.equal(paused.pausedReason, 'Paused by first admin.');
  });

  test('one delivery, those given up, or a whole span of time are replayed with the same ids and in order', async () => {
    const own = await startWebhookWorld(suite);
    const receiver = await own.receiver();
    const fromMs = own.world.clock.nowMs();
    const assetId = await own.upload();
    await own.rename(assetId, 'one');
    // Added after two things have happened.
    const { webhook } = await own.add(receiver.url);
    const params = { webhookId: webhook.id };
    receiver.answer = () => 410;
    await own.rename(assetId, 'two');
    await waitFor('it to be given up', async () => (await own.view(webhook.id)).deadCount === 1);
    receiver.answer = () => 204;
    await own.world.admin.call('POST /v1/webhooks/{webhookId}/resume', { params });
    await own.rename(assetId, 'three');
    await own.settled(webhook.id);
    const span = { fromMs, toMs: own.world.clock.nowMs() };
    const ids = () => receiver.received.splice(0).map(({ id, event }) => `${String(event.data.name)} ${id}`);
    const before = ids();
    const replay = async (which: 'failed' | 'all') => {
      const answer = await own.world.admin.call('POST /v1/webhooks/{webhookId}/replay', {
        params,
        body: { ...span, which },
      });
      await own.settled(webhook.id);
      return answer.count;
    };
    assert.equal(await replay('failed'), 1);
    assert.deepEqual(ids(), [before[0]]);
    assert.equal(await replay('all'), 4);
    const all = ids();
    assert.deepEqual(
      all.map((text) => text.split(' ')[0]),
      ['clip.mp4', 'one', 'two', 'three'],
    );
    assert.deepEqual(all.slice(2), before);
    assert.equal(await replay('failed'), 0);

    const last = defined((await own.deliveries(webhook.id)).at(-1), 'a delivery');
    const one = { webhookId: webhook.id, deliveryId: last.id };
    const again = await own.world.admin.call('POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay', {
      params: one,
    });
    assert.equal(again.state, 'waiting');
    await own.settled(webhook.id);
    assert.equal(ids().length, 1);
    const seen = await own.world.admin.call('GET /v1/webhooks/{webhookId}/deliveries/{deliveryId}', {
      params: one,
    });
    assert.equal(seen.attempts.length, seen.delivery.attempts);
    await own.world.admin.call('POST /v1/webhooks/{webhookId}/pause', { params });
    await own.world.admin.call('POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay', {
      params: one,
    });
    assert.equal(
      await codeOf(
        own.world.admin.call('POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay', { params: one }),
      ),
      'conflict',
    );
  });

  test('addresses that are not public are refused when a webhook is added, redirects are not followed', async () => {
    const world = await suite.start();
    const refused = [
      'http://127.0.0.1/',
      'http://2130706433/',
      'http://0177.0.0.1/',
      'http://0x7f.1/',
      'http://[::1]/',
      'http://[::ffff:127.0.0.1]/',
      'http://[64:ff9b::10.0.0.1]/',
      'http://10.0.0.1/',
      'http://169.254.169.254/latest/meta-data',
      'http://localhost:8080/',
      'http://api.localhost./',
      'https://name:password@hooks.example/',
      'https://hooks.example/#part',
      'ftp://hooks.example/',
      'javascript:alert(1)',
    ];
    for (const url of refused)
      assert.equal(
        await codeOf(world.admin.call('POST /v1/webhooks', { body: { url } })),
        'invalid_request',
        url,
      );
    const { webhook } = await world.admin.call('POST /v1/webhooks', {
      body: { url: 'https://hooks.example/' },
    });
    const change = world.admin.call('PATCH /v1/webhooks/{webhookId}', {
      params: { webhookId: webhook.id },
      body: { url: 'http://192.168.1.1/' },
    });
    await assert.rejects(change, (error: unknown) => {
      assert.ok(error instanceof MeridianError);
      assert.match(error.message, /192\.168\.1\.1 is not a public address \(private\)/);
      return true;
    });

    const { own, receiver, webhook: other } = await start(suite);
    const inner = await own.receiver();
    receiver.answer = (_, response) => {
      response.writeHead(307, { location: inner.url }).end();
      return undefined;
    };
    await own.upload();
    const reason = await waitFor(
      'an attempt',
      async () => (await own.deliveries(other.id, 'waiting'))[0]?.reason,
    );
    assert.equal(reason, `The endpoint redirects to ${inner.url} (status 307); redirects are not followed.`);
    assert.deepEqual(inner.received, []);
  });

  test('old events and deliveries, what waited too long, and removed webhooks are cleared away', async () => {
    const { own, receiver, webhook } = await start(suite);
    const params = { webhookId: webhook.id };
    const assetId = await own.upload();
    await own.settled(webhook.id);
    await own.world.admin.call('POST /v1/webhooks/{webhookId}/pause', { params });
    await own.rename(assetId, 'waits');
    own.world.clock.advance(6 * DAY_MS);
    await tidy(own.world);
    assert.deepEqual(
      (await own.deliveries(webhook.id)).map(({ state }) => state),
      ['delivered', 'waiting'],
    );
    own.world.clock.advance(2 * DAY_MS);
    await tidy(own.world);
    const [, gone] = await own.deliveries(webhook.id);
    assert.deepEqual(
      [gone?.state, gone?.reason],
      ['dead', 'It waited 168.0 h while the webhook was paused.'],
    );
    own.world.clock.advance(23 * DAY_MS);
    await own.rename(assetId, 'fresh');
    await tidy(own.world);
    const { events } = await own.world.admin.call('GET /v1/events');
    assert.deepEqual(
      events.map(({ type, data }) => `${type} ${String(data.name)}`),
      ['asset.renamed fresh', 'asset.renamed waits'],
    );
    await own.world.admin.call('DELETE /v1/webhooks/{webhookId}', { params });
    assert.equal(await codeOf(own.view(webhook.id)), 'not_found');
    await own.rename(assetId, 'nobody listens');
    await tidy(own.world);
    const left = await own.world.database.selectFrom('webhook_deliveries').selectAll().execute();
    assert.deepEqual(left, []);
    assert.deepEqual(await own.world.database.selectFrom('webhooks').selectAll().execute(), []);
    assert.equal(receiver.received.length, 1);
  });
});
