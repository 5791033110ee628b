// Objectives find their points, divide them into budgets, and say which of them burn.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUDGETS_PER_SLO_MAX, SloBook, type SloPoint } from './book.ts';
import { burnTiers } from './burn-tiers.ts';
import { ROLLUP_MS, type Selector, type SloDefinition } from './slo.ts';

const START_MS = 1_800_000_000_000;

function selector(series: string, labels: Selector['labels'] = {}, atMost?: number): Selector {
  return { series: [series], labels, ...(atMost === undefined ? {} : { atMost }) };
}

function sloOf(changes: Partial<SloDefinition>): SloDefinition {
  const periodMs = 30 * 86_400_000;
  return {
    name: 'playback',
    displayName: 'Playback',
    description: '',
    service: 'playback',
    indicator: {
      kind: 'ratio',
      good: selector('viewer_requests', { outcome: ['ok'] }),
      total: selector('viewer_requests'),
    },
    method: 'RatioTimeslices',
    target: 0.999,
    periodMs,
    sliceMs: ROLLUP_MS,
    sliceTarget: 0.99,
    groups: [['region', 'site'], ['region'], []],
    tiers: burnTiers(periodMs),
    eventsMin: 10,
    runbook: null,
    ...changes,
  };
}

function requests(atMs: number, site: string, outcome: string, count: number): SloPoint {
  return { atMs, name: 'viewer_requests', labels: { region: site.slice(0, -2), site, outcome }, count };
}

const identity = (value: number): number => Math.ceil(value);

test('a point is counted once in every set of labels, and the first set alone raises alerts', () => {
  const book = new SloBook(identity);
  book.put(sloOf({}));
  let nowMs = START_MS;
  for (let slice = 0; slice < 12; slice += 1) {
    book.add(requests(nowMs, 'dublin-1', 'failed', 50));
    book.add(requests(nowMs, 'dublin-2', 'ok', 50));
    book.add(requests(nowMs, 'singapore-1', 'ok', 100));
    nowMs += ROLLUP_MS;
  }
  const signals = book.round(nowMs);
  assert.deepEqual(
    signals.map(({ labels, severity }) => [labels, severity]),
    [
      [
        {
          alertname: 'SloBurn',
          slo: 'playback',
          service: 'playback',
          tier: '1h',
          region: 'dublin',
          site: 'dublin-1',
        },
        'page',
      ],
    ],
  );
  assert.match(
    signals[0]?.annotations.summary ?? '',
    /burns 17 times too fast \(region dublin, site dublin-1\)/,
  );
  const events = book.budgets('playback').map(({ labels, reading }) => [labels, reading.events, reading.bad]);
  assert.deepEqual(events, [
    [{ region: 'dublin', site: 'dublin-1' }, 600, 12],
    [{ region: 'dublin' }, 1_200, 6],
    [{}, 2_400, 3],
    [{ region: 'dublin', site: 'dublin-2' }, 600, 0],
    [{ region: 'singapore', site: 'singapore-1' }, 1_200, 0],
    [{ region: 'singapore' }, 1_200, 0],
  ]);
});

test('bad events, histograms up to a value, and means against a limit are measured', () => {
  const book = new SloBook(identity);
  const point = (name: string, changes: Partial<SloPoint>): SloPoint => ({
    atMs: START_MS,
    name,
    labels: {},
    count: 10,
    ...changes,
  });
  const stalls = sloOf({
    indicator: {
      kind: 'ratio',
      bad: selector('stall_ms'),
      total: { series: ['play_ms', 'stall_ms'], labels: {} },
    },
  });
  assert.deepEqual(book.measure(stalls, point('stall_ms', {})), { good: 0, total: 10 });
  assert.deepEqual(book.measure(stalls, point('play_ms', {})), { good: 10, total: 10 });
  assert.equal(book.measure(stalls, point('other', {})), null);
  const startup = sloOf({
    indicator: { kind: 'ratio', good: selector('startup_ms', {}, 3), total: selector('startup_ms') },
  });
  assert.deepEqual(book.measure(startup, point('startup_ms', { buckets: { 2: 3, 3: 4, 4: 3 } })), {
    good: 7,
    total: 10,
  });
  const mean = sloOf({
    indicator: { kind: 'threshold', metric: selector('latency_ms'), op: 'lte', limit: 100 },
    groups: [[]],
  });
  book.put(mean);
  book.add(point('latency_ms', { sum: 999 }));
  book.add(point('latency_ms', { sum: 1_001, atMs: START_MS + ROLLUP_MS }));
  book.round(START_MS + 2 * ROLLUP_MS);
  assert.equal(book.budgets('playback')[0]?.reading.bad, 1);
});

test('objectives that are replaced or removed leave nothing behind', () => {
  const book = new SloBook(identity);
  book.put(sloOf({ groups: [[]] }));
  book.add(requests(START_MS, 'dublin-1', 'ok', 5));
  book.put(
    sloOf({ groups: [[]], indicator: { kind: 'ratio', good: selector('other'), total: selector('other') } }),
  );
  book.add(requests(START_MS, 'dublin-1', 'ok', 5));
  assert.equal(book.budgets('playback').length, 0);
  book.remove('playback');
  book.add({ atMs: START_MS, name: 'other', labels: {}, count: 1 });
  assert.deepEqual([book.names(), book.round(START_MS)], [[], []]);
});

test('a label explosion is refused and counted', () => {
  const book = new SloBook(identity);
  book.put(sloOf({ groups: [['site']] }));
  for (let site = 0; site < BUDGETS_PER_SLO_MAX + 7; site += 1)
    book.add(requests(START_MS, `dublin-${site}`, 'ok', 1));
  assert.equal(book.budgets('playback').length, BUDGETS_PER_SLO_MAX);
  assert.equal(book.refusedOf('playback'), 7);
});

test('what is told again goes to the objectives that ask for it', () => {
  const book = new SloBook(identity);
  book.put(sloOf({ groups: [[]] }));
  book.put(sloOf({ name: 'other', groups: [[]] }));
  const points = [requests(START_MS, 'dublin-1', 'ok', 5), requests(START_MS, 'dublin-1', 'failed', 5)];
  book.recall(points, (name) => name === 'playback');
  book.round(START_MS + ROLLUP_MS);
  const [budget] = book.budgets('playback');
  assert.deepEqual([budget?.reading.events, budget?.reading.bad], [10, 0.5]);
  assert.equal(book.budgets('other').length, 0);
});
