// The text of /metrics: counters, gauges and histograms as Prometheus reads them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from './metrics.ts';

test('counters, gauges and histograms appear with their types, labels and bounds', async () => {
  const metrics = createMetrics();
  metrics.counter('things_total', 'Things', { kind: 'a' }).value += 3;
  metrics.gauge('level', 'A level', () => 7);
  const histogram = metrics.histogram('wait_seconds', 'Waits', [0.1, 1]);
  for (const value of [0.05, 0.5, 5]) histogram.observe(value);
  const lines = (await metrics.text()).split('\n');
  for (const line of [
    '# TYPE things_total counter',
    'things_total{kind="a"} 3',
    '# TYPE level gauge',
    'level 7',
    '# TYPE wait_seconds histogram',
    'wait_seconds_bucket{le="0.1"} 1',
    'wait_seconds_bucket{le="1"} 2',
    'wait_seconds_bucket{le="+Inf"} 3',
    'wait_seconds_sum 5.55',
    'wait_seconds_count 3',
  ])
    assert.ok(lines.includes(line), line);
  assert.deepEqual(metrics.counters(), { 'things_total{kind="a"}': 3 });
});
