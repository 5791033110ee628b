// Notifications: at least once with a key that stays, in order per subject, through receivers that fail, hang and die, and
// through a control that ends in the middle of it.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { defined } from '#base/assert.ts';
import type { NotificationView } from '#contract/api/notifications.ts';
import { enqueue, type OutgoingNotification } from '#control/notifications/notifier.ts';
import { waitFor } from '../support/wait-for.ts';
import { codeOf, onEveryDatabase, type Suite, type TestControl } from './support.ts';
import { type Receiver, signersOf, startReceiver } from './webhook-receiver.ts';

const ALLOW_PRIVATE = { notifications: { allowPrivateAddresses: true } };

const receivers: Receiver[] = [];
after(async () => {
  for (const receiver of receivers.splice(0)) await receiver.close();
});

async function start(suite: Suite, kind: 'webhook' | 'slack' | 'alertmanager' | 'pagerduty' = 'webhook') {
  const world = await suite.start({ config: ALLOW_PRIVATE });
  const receiver = await startReceiver();
  receivers.push(receiver);
  const settings =
    kind === 'pagerduty'
      ? { kind, url: receiver.url, routingKey: 'key-of-the-service' }
      : { kind, url: receiver.url };
  const made = await world.admin.call('POST /v1/notification-channels', {
    body: { name: 'ops', settings },
  });
  return { world, receiver, channelId: made.channel.id, secret: made.secret };
}

function message(channelId: string, subjectId: string, number: number): OutgoingNotification {
  return {
    key: `${subjectId}:${number}`,
    channelId,
    subjectId,
    title: `Message ${number}`,
    text: 'Something happened',
    severity: 'sev2',
    url: 'https://meridian.example/incidents/1',
    details: {},
  };
}

/** Puts messages into the outbox, as another domain would. */
async function send({ database, clock }: TestControl, ...messages: OutgoingNotification[]): Promise<void> {
  for (const one of messages) await enqueue(database, one, clock.nowMs());
}

async function list({ admin }: TestControl): Promise<NotificationView[]> {
  return (await admin.call('GET /v1/notifications', { query: { limit: 200 } })).notifications.reverse();
}

/** Lets time run until everything has ended. */
async function settled(world: TestControl): Promise<NotificationView[]> {
  await waitFor(
    'all notifications to end',
    async () => {
      const open = (await list(world)).filter(({ endedAtMs }) => endedAtMs === null);
      if (open.some(({ state }) => state === 'waiting')) world.clock.advance(5_000);
      return open.length === 0;
    },
    60_000,
  );
  return list(world);
}

/** First arrivals of each key, in their order. */
function order(receiver: Receiver, subjectId: string): string[] {
  return [...new Set(receiver.received.map(({ id }) => id))].filter((id) => id.startsWith(`${subjectId}:`));
}

onEveryDatabase('notifications', (suite) => {
  test('a receiver that fails, hangs and recovers gets everything, in order per subject, by the same keys', async () => {
    const { world, receiver, channelId, secret } = await start(suite);
    let answers = 0;
    receiver.answer = (_received, response) => {
      answers += 1;
      if (answers % 5 === 1) return 500;
      if (answers % 5 === 2) {
        response.destroy();
        return undefined;
      }
      return 204;
    };
    const numbers = [1, 2, 3, 4];
    const sent = ['a', 'b'].flatMap((subject) =>
      numbers.map((number) => message(channelId, subject, number)),
    );
    // The second time they are there already.
    await send(world, ...sent);
    await send(world, ...sent);
    const ended = await settled(world);
    assert.equal(ended.length, 8);
    assert.ok(ended.every(({ state }) => state === 'delivered'));
    for (const subject of ['a', 'b'])
      assert.deepEqual(
        order(receiver, subject),
        numbers.map((number) => `${subject}:${number}`),
      );
    // What failed came again with the same key, whole and signed.
    assert.ok(receiver.received.length > 8);
    const [first] = receiver.received;
    assert.deepEqual(signersOf(defined(first, 'a request'), [secret ?? '']), [0]);
    assert.equal(first?.headers['idempotency-key'], first?.id);
    const bodies = Map.groupBy(receiver.received, ({ id }) => id);
    for (const own of bodies.values()) assert.equal(new Set(own.map(({ body }) => body)).size, 1);
    const params = {
      notificationId: defined(
        ended.find(({ attempts }) => attempts > 1),
        'a repeated one',
      ).id,
    };
    const { attempts } = await world.admin.call('GET /v1/notifications/{notificationId}', { params });
    assert.ok(attempts.length > 1 && attempts[0]?.problem !== null);
    assert.equal(attempts.at(-1)?.status, 204);
  });

  test('a receiver that hangs holds up its own subject alone', async () => {
    const { world, receiver, channelId } = await start(suite);
    const held = Promise.withResolvers<number>();
    receiver.answer = ({ id }) => (id === 'slow:1' ? held.promise : 204);
    await send(
      world,
      message(channelId, 'slow', 1),
      message(channelId, 'slow', 2),
      message(channelId, 'fast', 1),
    );
    await waitFor('the other subject', () => receiver.received.some(({ id }) => id === 'fast:1'));
    await delay(600);
    assert.deepEqual(order(receiver, 'slow'), ['slow:1']);
    held.resolve(204);
    await settled(world);
    assert.deepEqual(order(receiver, 'slow'), ['slow:1', 'slow:2']);
  });

  test('a control that ends between sending and writing it down sends again, by the same key', async () => {
    const { world, receiver, channelId } = await start(suite);
    const held = Promise.withResolvers<number>();
    receiver.answer = () => held.promise;
    await send(world, message(channelId, 'a', 1), message(channelId, 'a', 2));
    await waitFor('the first request', () => receiver.received.length === 1);
    const next = await world.restart();
    receiver.answer = () => 204;
    held.resolve(204);
    try {
      const ended = await settled(next);
      assert.deepEqual(
        ended.map(({ state, attempts }) => [state, attempts]),
        [
          ['delivered', 2],
          ['delivered', 1],
        ],
      );
      assert.deepEqual(
        receiver.received.map(({ id }) => id),
        ['a:1', 'a:1', 'a:2'],
      );
    } finally {
      await next.stop();
    }
  });

  test('what a receiver refuses as such is given up soon, lets the next one pass, and can be sent again', async () => {
    const { world, receiver, channelId } = await start(suite);
    receiver.answer = ({ id }) => (id === 'a:1' ? 422 : 204);
    await send(world, message(channelId, 'a', 1), message(channelId, 'a', 2));
    const [refused, next] = await settled(world);
    assert.deepEqual([refused?.state, refused?.attempts, next?.state], ['dead', 3, 'delivered']);
    assert.match(refused?.reason ?? '', /refuses this message.*422/);
    receiver.answer = () => 204;
    const params = { notificationId: refused?.id ?? 0 };
    await world.admin.call('POST /v1/notifications/{notificationId}/retry', { params });
    assert.equal((await settled(world))[0]?.state, 'delivered');
    assert.equal(
      await codeOf(world.admin.call('POST /v1/notifications/{notificationId}/retry', { params })),
      'conflict',
    );
  });

  test('PagerDuty is triggered and resolved by one key; a test is sent once; no secret is shown', async () => {
    const { world, receiver, channelId } = await start(suite, 'pagerduty');
    await send(world, message(channelId, 'inc_1', 1), {
      ...message(channelId, 'inc_1', 2),
      details: { status: 'resolved' },
    });
    await settled(world);
    const bodies = receiver.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    assert.deepEqual(
      bodies.map(({ event_action, dedup_key, routing_key }) => [event_action, dedup_key, routing_key]),
      [
        ['trigger', 'inc_1', 'key-of-the-service'],
        ['resolve', 'inc_1', 'key-of-the-service'],
      ],
    );
    receiver.answer = () => 500;
    const params = { channelId };
    await world.admin.call('POST /v1/notification-channels/{channelId}/test', { params });
    const tested = (await settled(world)).at(-1);
    assert.deepEqual([tested?.state, tested?.attempts], ['dead', 1]);
    const shown = await world.admin.call('GET /v1/notification-channels');
    assert.equal(JSON.stringify(shown).includes('key-of-the-service'), false);
    await world.admin.call('DELETE /v1/notification-channels/{channelId}', { params });
    assert.equal(
      await codeOf(world.admin.call('POST /v1/notification-channels/{channelId}/test', { params })),
      'not_found',
    );
  });

  test('a channel is changed in part: what is left out stays, its secret and its kind too', async () => {
    const { world, receiver, channelId } = await start(suite, 'pagerduty');
    const change = (body: object) =>
      world.admin.call('PATCH /v1/notification-channels/{channelId}', { params: { channelId }, body });
    const alerts = { matchers: ['severity=page'], groupBy: ['region'] };
    const renamed = await change({ name: 'night shift', alerts });
    assert.deepEqual([renamed.name, renamed.alerts], ['night shift', alerts]);
    await send(world, message(channelId, 'inc_1', 1));
    await settled(world);
    const keys = (): unknown[] =>
      receiver.received.map(({ body }) => (JSON.parse(body) as { routing_key: unknown }).routing_key);
    assert.deepEqual(keys(), ['key-of-the-service']);
    const settings = { kind: 'pagerduty' as const, url: receiver.url, routingKey: 'another-key-2' };
    assert.match((await change({ settings })).target, /…ey-2$/);
    assert.deepEqual((await change({ alerts: null })).alerts, null);
    await send(world, message(channelId, 'inc_2', 1));
    await settled(world);
    assert.deepEqual(keys(), ['key-of-the-service', 'another-key-2']);
    await world.admin.call('POST /v1/notification-channels', {
      body: { name: 'other', settings: { kind: 'webhook', url: receiver.url } },
    });
    assert.equal(await codeOf(change({ name: 'other' })), 'conflict');
    assert.equal(await codeOf(change({ settings: { kind: 'slack', url: receiver.url } })), 'conflict');
    assert.equal(await codeOf(change({ alerts: { matchers: ['nonsense'] } })), 'invalid_request');
  });

  test('addresses inside are refused unless they are allowed', async () => {
    const world = await suite.start();
    const settings = { kind: 'slack' as const, url: 'http://169.254.169.254/latest' };
    const body = { name: 'inside', settings };
    assert.equal(
      await codeOf(world.admin.call('POST /v1/notification-channels', { body })),
      'invalid_request',
    );
  });
});
