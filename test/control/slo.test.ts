// From what players report to an alert: objectives, burn, alerts, silences, what is lost as a whole, other senders.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { defined } from '#base/assert.ts';
import { dayOf, findTimeZone, HOUR_MS, weekdayOf } from '#base/time-zone.ts';
import type { ApiClient } from '#contract/client.ts';
import { WEEKDAYS } from '#contract/recurrence.ts';
import { waitFor } from '../support/wait-for.ts';
import { codeOf, type FakeNode, onEveryDatabase, type Suite, type TestControl } from './support.ts';

const SLICE_MS = 5_000;
/** Slices of one report. */
const REPORT_SLICES = 6;

interface Reporter {
  readonly world: TestControl;
  readonly admin: ApiClient;
  /** Lets players of a site report so many slices, which take their time; a share of their requests is late. */
  watch(site: string, slices: number, badShare: number): Promise<void>;
}

/** A control, and a node that tells it what players say, in the test's time. */
async function start(suite: Suite): Promise<Reporter> {
  const world = await suite.start();
  const node = await world.node('dublin-1');
  let sequence = 0;
  return {
    world,
    admin: world.admin,
    async watch(site, slices, badShare) {
      for (let left = slices; left > 0; left -= REPORT_SLICES) {
        const count = Math.min(left, REPORT_SLICES);
        const firstAtMs = Math.floor(world.clock.nowMs() / SLICE_MS) * SLICE_MS;
        world.clock.advance(count * SLICE_MS);
        sequence += 1;
        await report(world, node, sequence, firstAtMs, count, site, badShare);
      }
    },
  };
}

async function report(
  world: TestControl,
  node: FakeNode,
  sequence: number,
  firstAtMs: number,
  count: number,
  site: string,
  badShare: number,
): Promise<void> {
  const labels = { region: site.replace(/-\d$/, ''), site, kind: 'vod', object: 'media' };
  const bad = Math.round(200 * badShare);
  const series = [
    { name: 'node_up', labels: { region: 'dublin', node: node.id }, count: 1 },
    { name: 'viewer_requests', labels: { ...labels, outcome: 'ok' }, count: 200 - bad },
    { name: 'viewer_requests', labels: { ...labels, outcome: 'late' }, count: bad },
  ];
  await node.api.call('POST /node/v1/telemetry', {
    body: {
      nodeId: node.id,
      bootId: 'boot-1',
      sequence,
      sentAtMs: world.clock.nowMs(),
      clockOffsetMs: 0,
      slices: Array.from({ length: count }, (_, slice) => ({ atMs: firstAtMs + slice * SLICE_MS, series })),
      viewings: [],
      losses: { reports: 0, increments: 0, folded: 0, viewings: 0, events: 0 },
    },
  });
}

async function liveAlerts(admin: ApiClient) {
  return (await admin.call('GET /v1/alerts', { query: { state: 'live' } })).alerts.reverse();
}

onEveryDatabase('objectives and alerts', (suite) => {
  test('a site that answers too late burns its budget, is an alert with numbers, and resolves', async () => {
    const { watch, world, admin } = await start(suite);
    await watch('dublin-1', 120, 0);
    await watch('singapore-1', 1, 0);
    await watch('dublin-1', 10, 1);
    // 50 s of a total outage: below 51.84 s.
    assert.deepEqual(await liveAlerts(admin), []);
    await watch('dublin-1', 2, 1);
    await waitFor('an alert', async () => (await liveAlerts(admin)).length > 0, 15_000);
    const [alert] = await liveAlerts(admin);
    assert.deepEqual(alert?.labels, {
      alertname: 'SloBurn',
      slo: 'vod-playback',
      service: 'playback',
      tier: '1h',
      region: 'dublin',
      site: 'dublin-1',
    });
    assert.equal(alert?.severity, 'page');
    assert.match(alert?.annotations.summary ?? '', /Video playback succeeds.*dublin-1/);
    const burn = defined(
      alert?.evidence.find(({ name }) => name === 'burn over 1h'),
      'the burn',
    );
    assert.ok(burn.value > burn.limit && burn.limit === 14.4, JSON.stringify(burn));

    const { slo } = await admin.call('GET /v1/slos/{name}', { params: { name: 'vod-playback' } });
    const budgets = defined(slo.objectives[0], 'an objective').budgets;
    const own = defined(
      budgets.find(({ labels }) => labels.site === 'dublin-1'),
      'its budget',
    );
    assert.equal(own.bad, 12);
    assert.equal(own.tiers[0]?.verdict, 'burning');
    const nowMs = world.clock.nowMs();
    const { points } = await admin.call('GET /v1/slos/{name}/history', {
      params: { name: 'vod-playback' },
      query: { labels: 'site=dublin-1', fromMs: nowMs - 60_000, toMs: nowMs, stepMs: 5_000 },
    });
    assert.equal(Math.round(defined(points.at(-1), 'a point').burn), 1_000);

    await watch('dublin-1', 30, 0);
    await waitFor(
      'its end',
      async () => {
        world.clock.advance(SLICE_MS);
        return (await liveAlerts(admin)).length === 0;
      },
      30_000,
    );
    const { alerts } = await admin.call('GET /v1/alerts', { query: { state: 'resolved' } });
    assert.equal(alerts[0]?.id, alert?.id);
  });

  test('a restart forgets neither budgets nor alerts', async () => {
    const { watch, world, admin } = await start(suite);
    await watch('dublin-1', 60, 0);
    await watch('dublin-1', 12, 1);
    await waitFor('an alert', async () => (await liveAlerts(admin)).length > 0, 15_000);
    const [before] = await liveAlerts(admin);
    const next = await world.restart(world.clock);
    try {
      const params = { name: 'vod-playback' };
      await waitFor('a round', async () => {
        const { slo } = await next.admin.call('GET /v1/slos/{name}', { params });
        const budgets = slo.objectives[0]?.budgets ?? [];
        return budgets.find(({ labels }) => labels.site === 'dublin-1')?.bad === 12;
      });
      const [after] = await liveAlerts(next.admin);
      assert.deepEqual([after?.id, after?.state], [before?.id, 'firing']);
    } finally {
      await next.stop();
    }
  });

  test('other senders bring alerts, which are silenced until they resolve', async () => {
    const { world, admin } = await start(suite);
    const { token } = await admin.call('POST /v1/alert-senders', {
      body: { name: 'prometheus', labels: { region: 'dublin' } },
    });
    const sender = world.client(token);
    const webhook = (status: 'firing' | 'resolved') =>
      sender.call('POST /v1/alerts/alertmanager', {
        body: {
          version: '4',
          status,
          alerts: [
            {
              status,
              labels: { alertname: 'DiskFull', severity: 'critical', instance: 'a:9100' },
              annotations: { summary: 'The disk is full' },
            },
          ],
        },
      });
    await webhook('firing');
    await webhook('firing');
    const [alert, ...others] = await liveAlerts(admin);
    assert.deepEqual(others, []);
    assert.equal(alert?.severity, 'page');
    assert.deepEqual(alert?.labels, {
      alertname: 'DiskFull',
      instance: 'a:9100',
      region: 'dublin',
      sender: 'prometheus',
    });
    const silence = {
      matchers: ['alertname=DiskFull'],
      durationMs: null,
      comment: 'a new disk is on its way',
    };
    await admin.call('POST /v1/silences', { body: silence });
    const [quiet] = await liveAlerts(admin);
    assert.equal(quiet?.state, 'suppressed');
    assert.match(quiet?.quietReason ?? '', /Silenced by first admin: a new disk/);
    await webhook('resolved');
    assert.deepEqual(await liveAlerts(admin), []);
    assert.deepEqual((await admin.call('GET /v1/silences')).silences, []);
    // With nothing left to match, such a silence would end at once.
    assert.equal(await codeOf(admin.call('POST /v1/silences', { body: silence })), 'conflict');
  });

  test('maintenance comes again every week: alerts are held during it, and the next one is told', async () => {
    const { world, admin } = await start(suite);
    const sender = world.client(
      (await admin.call('POST /v1/alert-senders', { body: { name: 'prometheus' } })).token,
    );
    await sender.call('POST /v1/alerts/cloudevents', {
      body: {
        specversion: '1.0',
        id: '1',
        source: 'disks',
        type: 'disk.full',
        data: { severity: 'page', labels: { alertname: 'DiskFull', site: 'dublin-1' } },
      },
    });
    const nowMs = world.clock.nowMs();
    const zone = defined(findTimeZone('Europe/Dublin'), 'a zone');
    const startWallMs = Math.floor(zone.wallMs(nowMs) / HOUR_MS) * HOUR_MS;
    const recurrence = {
      weekdays: [defined(WEEKDAYS[weekdayOf(dayOf(startWallMs))], 'a day')],
      startTime: `${new Date(startWallMs).toISOString().slice(11, 13)}:00`,
      timeZone: zone.name,
    };
    const body = {
      kind: 'maintenance' as const,
      matchers: ['site=dublin-*'],
      durationMs: 2 * HOUR_MS,
      comment: 'weekly updates',
      recurrence,
    };
    const made = await admin.call('POST /v1/silences', { body });
    assert.deepEqual([made.isInForce, made.endsAtMs, made.matchingAlerts], [true, null, 1]);
    assert.deepEqual(made.recurrence, { ...recurrence, durationMs: 2 * HOUR_MS });
    const [quiet] = await liveAlerts(admin);
    assert.equal(quiet?.quietReason, 'Under maintenance by first admin: weekly updates');
    await admin.call('DELETE /v1/silences/{silenceId}', { params: { silenceId: made.id } });
    assert.equal((await liveAlerts(admin))[0]?.state, 'firing');
    const later = await admin.call('POST /v1/silences', {
      body: { ...body, startsAtMs: nowMs + 3 * HOUR_MS },
    });
    assert.equal(later.isInForce, false);
    assert.equal((await liveAlerts(admin))[0]?.state, 'firing');
    const nextMs = zone.instantMs(startWallMs + 7 * 24 * HOUR_MS);
    assert.deepEqual(later.occurrence, { startsAtMs: nextMs, endsAtMs: nextMs + 2 * HOUR_MS });
    assert.deepEqual((await admin.call('GET /v1/silences')).silences, [later]);
    for (const wrong of [
      { kind: 'silence' as const },
      { durationMs: 25 * HOUR_MS },
      { durationMs: null },
      { recurrence: { ...recurrence, timeZone: 'Europe/Dubln' } },
      { recurrence: { ...recurrence, endsOn: '2020-01-01' } },
      { recurrence: { ...recurrence, endsOn: '2027-02-30' } },
      { recurrence: { ...recurrence, weekdays: [] } },
    ])
      assert.equal(
        await codeOf(admin.call('POST /v1/silences', { body: { ...body, ...wrong } })),
        'invalid_request',
        JSON.stringify(wrong),
      );
  });

  test("senders of PagerDuty's events and CloudEvents are understood; wrong ones are told what is wrong", async () => {
    const { world, admin } = await start(suite);
    const { token } = await admin.call('POST /v1/alert-senders', { body: { name: 'legacy' } });
    const enqueue = (body: object) =>
      fetch(`${world.url}/v1/alerts/pagerduty/v2/enqueue`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ routing_key: token, ...body }),
      });
    const payload = { summary: 'Database down', source: 'db-1', severity: 'critical' };
    const triggered = await enqueue({ event_action: 'trigger', dedup_key: 'db', payload });
    assert.deepEqual(
      [triggered.status, await triggered.json()],
      [202, { status: 'success', message: 'Event processed', dedup_key: 'db' }],
    );
    await enqueue({
      event_action: 'trigger',
      dedup_key: 'db',
      payload: { ...payload, summary: 'Still down' },
    });
    const [alert, ...others] = await liveAlerts(admin);
    assert.deepEqual(others, []);
    assert.deepEqual([alert?.severity, alert?.annotations.summary], ['page', 'Still down']);
    assert.equal((await enqueue({ event_action: 'resolve', dedup_key: 'db' })).status, 202);
    assert.deepEqual(await liveAlerts(admin), []);

    for (const [body, reason] of [
      [{ event_action: 'trigger' }, /payload/],
      [{ event_action: 'resolve' }, /dedup_key/],
      [{ event_action: 'trigger', payload: { ...payload, summary: 'x'.repeat(1_025) } }, /summary/],
      [{ event_action: 'explode', payload }, /event_action/],
    ] as const) {
      const answer = await enqueue(body);
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), reason);
    }
    const huge = { ...payload, custom_details: 'x'.repeat(600_000) };
    assert.equal((await enqueue({ event_action: 'trigger', payload: huge })).status, 413);

    const sender = world.client(token);
    const event = {
      specversion: '1.0' as const,
      id: '1',
      source: '/printer',
      subject: 'tray',
      type: 'paper.jam',
    };
    await sender.call('POST /v1/alerts/cloudevents', { body: event });
    assert.deepEqual(
      (await liveAlerts(admin)).map(({ labels }) => [labels.alertname, labels.subject]),
      [['paper.jam', 'tray']],
    );
    await sender.call('POST /v1/alerts/cloudevents', { body: { ...event, type: 'paper.jam.resolved' } });
    assert.deepEqual(await liveAlerts(admin), []);
  });

  test('a node that falls silent is an alert, and quiet when its whole region is lost', async () => {
    const { watch, world, admin } = await start(suite);
    await watch('dublin-1', 1, 0);
    const states = async () =>
      (await liveAlerts(admin))
        .map(({ labels, state }) => `${labels.alertname} ${labels.region}: ${state}`)
        .sort();
    await waitFor(
      'both alerts',
      async () => {
        // A round is due each second, and late when it is more than two slices after the last one.
        await delay(600);
        world.clock.advance(SLICE_MS);
        return (await states()).length === 2;
      },
      60_000,
    );
    assert.deepEqual(await states(), ['NodeLost dublin: suppressed', 'RegionLost dublin: firing']);
    await waitFor(
      'their end',
      async () => {
        await watch('dublin-1', 1, 0);
        return (await states()).length === 0;
      },
      60_000,
    );
  });
});
