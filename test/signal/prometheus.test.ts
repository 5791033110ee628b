// Meridian among Prometheus and Alertmanager, all of them real: metrics of every process are scraped, a shipped rule fires,
// its alert reaches Meridian by Alertmanager's webhook and ends by it, and Meridian's own channel tells that Alertmanager.
// The same metrics go out by OTLP.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defined } from '#base/assert.ts';
import type { OtlpRequest } from '#platform/otlp/otlp-metrics.ts';
import { findMetricProblems } from '../support/prometheus.ts';
import { type PrometheusStack, startPrometheusStack } from '../support/prometheus-stack.ts';
import { waitFor } from '../support/wait-for.ts';
import { type RunningWorld, startWorld } from '../support/world.ts';

const RULES = fileURLToPath(new URL('../../deploy/prometheus/meridian-rules.yml', import.meta.url));
const RULE = 'MeridianViewersSuffer';
const SITE = 'dublin-1';
/** ok, failed and late: all there from the first request on. */
const OUTCOMES = 3;
/** Events of one post, at most. */
const BATCH = 500;

/** What an OTLP receiver gets of all processes. */
const exported: OtlpRequest[] = [];
let receiver: Server;
let world: RunningWorld;
let stack: PrometheusStack;
let targets: readonly string[];

before(async () => {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      exported.push(JSON.parse(Buffer.concat(chunks).toString()) as OtlpRequest);
      response.end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  world = await startWorld({
    config: {
      notifications: { allowPrivateAddresses: true },
      telemetry: { otlp: { endpoint, intervalMs: 1_000 } },
    },
  });
  const supervisorUrl = `http://127.0.0.1:${world.ports[1]}`;
  const urls = [supervisorUrl, world.controlUrl, ...world.regions.map(({ nodeUrl }) => nodeUrl)];
  targets = urls.map((url) => new URL(url).host);
  const { token } = await world.client.call('POST /v1/alert-senders', {
    body: { name: 'prometheus', labels: { cluster: 'test' } },
  });
  const webhook = { url: `${world.controlUrl}/v1/alerts/alertmanager`, token };
  stack = await startPrometheusStack({ targets, rulesPath: RULES, webhook });
});

after(async () => {
  await stack?.stop();
  await world?.stop();
  await world?.remove();
  receiver?.close();
});

let told = 0;

/** Players tell the edge of Dublin of so many requests to it. */
async function tell(count: number, outcome: 'ok' | 'failed'): Promise<void> {
  const { edgeUrl } = defined(
    world.regions.find(({ id }) => id === 'dublin'),
    'dublin',
  );
  for (let left = count; left > 0; left -= BATCH) {
    told += 1;
    const nowMs = Date.now();
    const lines = Array.from(
      { length: Math.min(BATCH, left) },
      (_, index) =>
        `e=rr,rc=${outcome === 'ok' ? 200 : 503},sid="told-${told}",sn=${index},ts=${nowMs},url="${edgeUrl}/m/p/a/v1/${index}.m4s",v=2`,
    );
    const answer = await fetch(`${edgeUrl}/cmcd?t=${nowMs}`, { method: 'POST', body: lines.join('\n') });
    assert.equal(answer.status, 204);
  }
}

async function alertOf(state: 'firing' | 'resolved') {
  const { alerts } = await world.client.call('GET /v1/alerts', { query: { state } });
  return alerts.find(({ labels }) => labels.alertname === RULE);
}

interface TheirAlert {
  readonly labels: Record<string, string>;
  readonly endsAt: string;
}

/** What the Alertmanager holds that came from Meridian. */
async function heldByAlertmanager(): Promise<readonly TheirAlert[]> {
  const url = `${stack.alertmanagerUrl}/api/v2/alerts?filter=${encodeURIComponent('sender="prometheus"')}`;
  return (await (await fetch(url)).json()) as TheirAlert[];
}

test('promtool likes the rules, the configuration and the metrics of every process', async () => {
  assert.equal(stack.problems, '');
  for (const host of targets) {
    const text = await (await fetch(`http://${host}/metrics`)).text();
    assert.deepEqual(findMetricProblems(text), [], host);
  }
  await waitFor('every process to be scraped', async () => {
    const up = await stack.query('up', 'instance');
    return targets.every((host) => up.get(host) === 1);
  });
});

test('control and every node export the same by OTLP', async () => {
  const sourcesOf = ({ resourceMetrics }: OtlpRequest): string[] =>
    resourceMetrics.map(({ resource, scopeMetrics }) => {
      const attributeOf = (name: string): string =>
        resource.attributes.find(({ key }) => key === name)?.value.stringValue ?? '';
      const hasBeats = scopeMetrics.some(({ metrics }) => metrics.some(({ name }) => name === 'agent_beats'));
      return `${attributeOf('service.name')} ${attributeOf('cloud.region')}${hasBeats ? ' beats' : ''}`;
    });
  const wanted = ['meridian-control ', ...world.regions.map(({ id }) => `meridian-node ${id} beats`)];
  await waitFor('all of them at the receiver', () => {
    const sources = new Set(exported.flatMap(sourcesOf));
    return wanted.every((source) => sources.has(source));
  });
});

test('a rule fires into Meridian, goes out to the Alertmanager, and ends at both', async () => {
  await world.client.call('POST /v1/notification-channels', {
    body: {
      name: 'alertmanager',
      settings: { kind: 'alertmanager', url: `${stack.alertmanagerUrl}/api/v2/alerts` },
      alerts: { matchers: ['sender=prometheus'], groupBy: ['alertname'] },
    },
  });
  // A rate needs values to begin with.
  await tell(1, 'ok');
  const series = `edge_viewer_requests_total{site="${SITE}"}`;
  await waitFor('the series', async () => (await stack.query(series, 'outcome')).size === OUTCOMES);
  await tell(50, 'failed');
  const fired = await waitFor('the alert at Meridian', () => alertOf('firing'), 30_000);
  const { alertname, site, sender, cluster } = fired.labels;
  assert.deepEqual([alertname, site, sender, cluster], [RULE, SITE, 'prometheus', 'test']);
  assert.equal(fired.severity, 'page');
  assert.match(fired.annotations.summary ?? '', /dublin-1/);
  const held = await waitFor('the alert at the Alertmanager', async () => (await heldByAlertmanager())[0]);
  const { severity } = held.labels;
  assert.deepEqual([held.labels.alertname, held.labels.site, severity], [RULE, SITE, 'page']);
  assert.ok(Date.parse(held.endsAt) > Date.now() + 86_400_000, 'it ends when Meridian says so');

  // Fifty of some twenty thousand are less than the rule minds.
  await tell(20_000, 'ok');
  const resolved = await waitFor('its end at Meridian', () => alertOf('resolved'), 30_000);
  assert.equal(resolved.id, fired.id);
  await waitFor('its end at the Alertmanager', async () =>
    (await heldByAlertmanager()).every(({ endsAt }) => Date.parse(endsAt) <= Date.now()),
  );
});
