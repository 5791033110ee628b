// OTLP export: what a receiver gets has the shape of opentelemetry-proto, and a receiver that is away or slow changes nothing.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type Clock, systemClock } from '../clock.ts';
import { createTransport } from '../http/node-transport.ts';
import { silentLog } from '../log.ts';
import { createMetrics } from '../metrics.ts';
import { createOtlpExporter } from './otlp-exporter.ts';
import { type OtlpMetric, type OtlpRequest, otlpMetrics, otlpRequests } from './otlp-metrics.ts';

const RESOURCE = { attributes: { 'service.name': 'meridian-node', 'cloud.region': 'dublin' }, version: '1' };
const TIMES = { startMs: 1_800_000_000_000, nowMs: 1_800_000_015_000 };

async function exampleMetrics(): Promise<OtlpMetric[]> {
  const metrics = createMetrics();
  metrics.counter('sent_bytes_total', 'Sent', { kind: 'a' }).value += 3;
  metrics.counter('sent_bytes_total', 'Sent', { kind: 'b' }).value += 2 ** 40;
  metrics.gauge('level', 'A level', () => 7);
  metrics.gauge('unknown', 'No number', () => Number.NaN);
  const histogram = metrics.histogram('wait_seconds', 'Waits', [0.1, 1]);
  for (const value of [0.05, 0.06, 0.5, 5]) histogram.observe(value);
  return otlpMetrics(await metrics.families(), TIMES);
}

test('sums are cumulative and monotonic, histograms count between their bounds, times are nanoseconds', async () => {
  const all = new Map((await exampleMetrics()).map((metric) => [metric.name, metric]));
  const time = { startTimeUnixNano: '1800000000000000000', timeUnixNano: '1800000015000000000' };
  const attribute = (value: string) => [{ key: 'kind', value: { stringValue: value } }];
  assert.deepEqual(all.get('sent_bytes'), {
    name: 'sent_bytes',
    description: 'Sent',
    unit: 'By',
    sum: {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: [
        { attributes: attribute('a'), ...time, asDouble: 3 },
        { attributes: attribute('b'), ...time, asDouble: 2 ** 40 },
      ],
    },
  });
  assert.deepEqual(all.get('level'), {
    name: 'level',
    description: 'A level',
    unit: '',
    gauge: { dataPoints: [{ attributes: [], timeUnixNano: time.timeUnixNano, asDouble: 7 }] },
  });
  assert.deepEqual(all.get('wait_seconds'), {
    name: 'wait_seconds',
    description: 'Waits',
    unit: 's',
    histogram: {
      aggregationTemporality: 2,
      dataPoints: [
        {
          attributes: [],
          ...time,
          count: '4',
          sum: 5.61,
          bucketCounts: ['2', '1', '1'],
          explicitBounds: [0.1, 1],
        },
      ],
    },
  });
  assert.equal(all.has('unknown'), false, 'JSON has no NaN');
});

test('requests are bounded by their points, and each names its process', async () => {
  const requests = otlpRequests(await exampleMetrics(), RESOURCE, 2);
  const names = requests.map(({ resourceMetrics }) =>
    resourceMetrics[0]?.scopeMetrics[0]?.metrics.map(({ name }) => name),
  );
  assert.deepEqual(names.flat().sort(), ['level', 'sent_bytes', 'wait_seconds']);
  assert.equal(requests.length, 2);
  for (const { resourceMetrics } of requests)
    assert.deepEqual(resourceMetrics[0]?.resource.attributes, [
      { key: 'service.name', value: { stringValue: 'meridian-node' } },
      { key: 'cloud.region', value: { stringValue: 'dublin' } },
    ]);
  assert.deepEqual(otlpRequests([], RESOURCE, 2), []);
});

/** A receiver that answers as it is told to, and a clock whose beats come as soon as they are asked for. */
async function setUp(scope: TestContext, statusOf: (number: number) => number) {
  const received: { url: string; headers: IncomingHttpHeaders; body: OtlpRequest }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as OtlpRequest;
      received.push({ url: request.url ?? '', headers: request.headers, body });
      response.writeHead(statusOf(received.length)).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const transport = createTransport();
  scope.after(() => {
    transport.close();
    server.close();
  });
  const stop = new AbortController();
  let beats = 0;
  const clock: Clock = {
    ...systemClock,
    sleep: async () => {
      beats += 1;
      if (beats === 3) stop.abort();
    },
  };
  const metrics = createMetrics();
  metrics.counter('things_total', 'Things').value += 1;
  const exporter = createOtlpExporter(
    { clock, log: silentLog, metrics, transport },
    {
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      headers: { 'x-api-key': 'secret' },
      intervalMs: 15_000,
      resource: RESOURCE,
    },
  );
  return { received, metrics, run: () => exporter.run(stop.signal) };
}

test('exports go to /v1/metrics with the headers of the configuration, and are counted', async (scope) => {
  const { received, metrics, run } = await setUp(scope, (number) => (number === 2 ? 503 : 200));
  await run();
  assert.equal(received.length, 3, 'one that is refused is not repeated: the next one tells the same');
  const [first] = received;
  assert.equal(first?.url, '/v1/metrics');
  assert.equal(first?.headers['x-api-key'], 'secret');
  assert.equal(first?.headers['content-type'], 'application/json');
  const counters = metrics.counters();
  assert.deepEqual(
    [counters['otlp_exports_total{outcome="ok"}'], counters['otlp_exports_total{outcome="failed"}']],
    [2, 1],
  );
});
