// Notifications in the words of each receiver.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  alertmanagerAlerts,
  alertmanagerBody,
  type Notification,
  pagerDutyBody,
  plainText,
  slackBody,
} from './notification.ts';

const BASE: Notification = {
  key: 'k1',
  subjectId: 'inc_1',
  title: 'Playback <fails> & burns',
  text: 'At dublin-1',
  severity: 'sev1',
  url: 'https://meridian.example/incidents/inc_1',
  details: {},
};

test('Slack is told with its markup escaped, within its limit', () => {
  assert.deepEqual(slackBody(BASE), {
    text: '*Playback &lt;fails&gt; &amp; burns*\nAt dublin-1\n<https://meridian.example/incidents/inc_1|Open in Meridian>',
  });
  const long = slackBody({ ...BASE, url: '', text: 'x'.repeat(10_000) }) as { text: string };
  assert.equal(long.text.length, 3_000);
});

test('PagerDuty is told to trigger, acknowledge and resolve by the same key', () => {
  const actionOf = (details: Notification['details']) => {
    const body = pagerDutyBody({ ...BASE, details }, 'r') as Record<string, unknown>;
    return [body.event_action, body.dedup_key];
  };
  assert.deepEqual(actionOf({}), ['trigger', 'inc_1']);
  assert.deepEqual(actionOf({ status: 'acknowledged' }), ['acknowledge', 'inc_1']);
  assert.deepEqual(actionOf({ status: 'resolved' }), ['resolve', 'inc_1']);
  const body = pagerDutyBody({ ...BASE, title: 'x'.repeat(2_000), subjectId: 'y'.repeat(300) }, 'r') as {
    dedup_key: string;
    payload: { summary: string; severity: string };
  };
  assert.deepEqual([body.dedup_key.length, body.payload.summary.length], [255, 1_024]);
  assert.equal(body.payload.severity, 'critical');
});

test("Alertmanager's receivers are told of the alerts, or of the notification as one", () => {
  const alert = (site: string, endsAtMs: number | null) => ({
    fingerprint: site,
    state: 'firing',
    labels: { alertname: 'SloBurn', region: 'dublin', site },
    annotations: { summary: 'burns' },
    startsAtMs: 0,
    endsAtMs,
  });
  const details = { alerts: [alert('dublin-1', null), alert('dublin-2', 5_000)] };
  const body = alertmanagerBody({ ...BASE, details }, 'ops') as Record<string, unknown>;
  assert.deepEqual(body.commonLabels, { alertname: 'SloBurn', region: 'dublin' });
  assert.deepEqual(
    (body.alerts as { status: string; endsAt: string }[]).map(({ status, endsAt }) => [status, endsAt]),
    [
      ['firing', '0001-01-01T00:00:00Z'],
      ['resolved', '1970-01-01T00:00:05.000Z'],
    ],
  );
  const told = alertmanagerAlerts({
    ...BASE,
    details: {
      alerts: [{ ...alert('dublin-1', null), severity: 'page' }, alert('', 5_000)],
    },
  });
  assert.deepEqual(told, [
    {
      labels: { severity: 'page', alertname: 'SloBurn', region: 'dublin', site: 'dublin-1' },
      annotations: { summary: 'burns' },
      startsAt: '1970-01-01T00:00:00.000Z',
      endsAt: '1970-01-08T00:00:00.000Z',
      generatorURL: BASE.url,
    },
    {
      labels: { alertname: 'SloBurn', region: 'dublin' },
      annotations: { summary: 'burns' },
      startsAt: '1970-01-01T00:00:00.000Z',
      endsAt: '1970-01-01T00:00:05.000Z',
      generatorURL: BASE.url,
    },
  ]);
  const alone = alertmanagerBody({ ...BASE, details: { status: 'resolved', atMs: 7_000 } }, 'ops') as {
    status: string;
    alerts: { endsAt: string }[];
  };
  assert.deepEqual([alone.status, alone.alerts[0]?.endsAt], ['resolved', '1970-01-01T00:00:07.000Z']);
});

test('mail has the text and where to look', () => {
  assert.equal(plainText(BASE), 'At dublin-1\n\nhttps://meridian.example/incidents/inc_1\n');
});
