// What pages of objectives, graphs and traffic conclude from what control says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  budgetLeft,
  chooseRows,
  historyOf,
  rowsOf,
  stateOf,
  stepFor,
  worstOf,
} from '../../console/src/slos/describe-slo.ts';
import { placeMarks, tickTexts, topOf } from '../../console/src/ui/chart-layout.ts';
import type { ChartMark } from '../../console/src/ui/chart-types.ts';
import { marksOf, markText } from '../../console/src/world/attention.ts';
import { sumBySite, together } from '../../console/src/world/traffic.ts';
import { makeBudget, makeSlo, makeSlos } from './fake-slos.ts';

test('a budget says in one word how it stands', () => {
  for (const [budget, expected] of [
    [makeBudget('dublin', 0.1, 15), 'page'],
    [makeBudget('dublin', 0.1, 2), 'ticket'],
    [makeBudget('dublin', 1.2), 'missed'],
    [makeBudget('dublin', 0.8), 'low'],
    [makeBudget('dublin', 0.5), 'calm'],
    [{ ...makeBudget('dublin', 0), newestAtMs: null }, 'silent'],
  ] as const)
    assert.equal(stateOf(budget), expected);
});

test('the worst budget is one that burns, else the emptiest; sums for people count only where nothing else does', () => {
  const sum = { ...makeBudget('all', 0.99), isWatched: false };
  const [calm, low, burning] = [makeBudget('a', 0.2), makeBudget('b', 0.7), makeBudget('c', 0.1, 20)];
  assert.equal(worstOf([calm, low, sum]), low);
  assert.equal(worstOf([calm, low, burning, sum]), burning);
  assert.equal(worstOf([sum]), sum);
  assert.equal(worstOf([]), null);
});

test('rows are filtered, searched and sorted', () => {
  const rows = rowsOf(makeSlos().list);
  const names = (choice: Partial<Parameters<typeof chooseRows>[1]>): string[] =>
    chooseRows(rows, { filter: 'all', sort: 'state', search: '', ...choice }).map(({ slo }) => slo.name);
  assert.deepEqual(names({}), ['vod-playback', 'live-playback', 'upload-success', 'startup-time']);
  assert.deepEqual(names({ sort: 'budget' }), [
    'live-playback',
    'vod-playback',
    'startup-time',
    'upload-success',
  ]);
  assert.deepEqual(names({ filter: 'burning' }), ['vod-playback']);
  assert.deepEqual(names({ filter: 'attention' }), ['vod-playback', 'live-playback']);
  assert.deepEqual(names({ search: 'PLAYBACK', sort: 'name' }), [
    'live-playback',
    'startup-time',
    'vod-playback',
  ]);
});

test('a history has every step, with gaps, and the budget ends at what control says is left', () => {
  const points = [
    { atMs: 60_000, good: 90, total: 100, burn: 10 },
    { atMs: 180_000, good: 70, total: 100, burn: 30 },
    { atMs: 240_000, good: 0, total: 0, burn: 0 },
  ];
  const history = historyOf(points, 30_000, 300_000, 60_000);
  assert.deepEqual(history.timesMs, [60_000, 120_000, 180_000, 240_000]);
  assert.deepEqual(history.good, [0.9, null, 0.7, null]);
  assert.deepEqual(history.burn, [10, null, 30, null]);
  const left = budgetLeft(points, history.timesMs, { method: 'Occurrences' }, { usedShare: 0.8 });
  assert.deepEqual(
    left.map((share) => Math.round(share * 100)),
    [80, 80, 20, 20],
  );
  assert.deepEqual(budgetLeft([], [60_000], { method: 'Timeslices' }, { usedShare: 0.5 }), [1]);
  for (const rangeMs of [3_600_000, 86_400_000, 30 * 86_400_000]) {
    const steps = rangeMs / stepFor(rangeMs);
    assert.equal(steps > 100 && steps <= 400, true, `${steps} steps`);
  }
});

test('the top of a scale is round, at least and at most what is asked for', () => {
  assert.equal(topOf(541, {}), 600);
  assert.equal(topOf(0.0004, {}), 0.0004);
  assert.equal(topOf(0, { topMin: 2 }), 2);
  assert.equal(topOf(0.9996, { topMax: 1, bottom: 0.99 }), 1);
  assert.equal(topOf(null, {}), 1);
});

test('marks that touch are one, under the gravest, and those outside are left out', () => {
  const mark = (atMs: number, kind: ChartMark['kind']): ChartMark => ({
    atMs,
    kind,
    label: `${kind} at ${atMs}`,
  });
  const marks = [
    mark(505, 'alert'),
    mark(500, 'change'),
    mark(900, 'incident'),
    mark(2_000, 'change'),
    mark(-1, 'alert'),
  ];
  assert.deepEqual(
    placeMarks(marks, 0, 1_000, 1_000).map(({ mark: own, more, share }) => [own.label, more.length, share]),
    [
      ['alert at 505', 1, 0.505],
      ['incident at 900', 0, 0.9],
    ],
  );
});

test('a new day is named where it begins', () => {
  const noon = new Date(2026, 4, 3, 12).getTime();
  const texts = tickTexts([noon, noon + 6 * 3_600_000, noon + 12 * 3_600_000], 6 * 3_600_000);
  assert.deepEqual(texts, ['12:00', '18:00', '4 May']);
});

test('viewers are time of play and of waiting by the time that passed', () => {
  const point = (site: string, count: number, outcome?: string) => ({
    atMs: 0,
    labels: { region: 'dublin', site, ...(outcome === undefined ? {} : { outcome }) },
    count,
    sum: null,
    p50: null,
    p95: null,
    p99: null,
  });
  const sites = sumBySite(
    {
      play: [point('dublin-1', 540_000), point('dublin-2', 60_000)],
      stall: [point('dublin-1', 60_000)],
      requests: [point('dublin-1', 98, 'ok'), point('dublin-1', 1, 'late'), point('dublin-1', 1, 'failed')],
    },
    60_000,
  );
  const [first, second] = sites;
  assert.deepEqual([first?.viewers, first?.badShare, first?.stallShare], [10, 0.02, 0.1]);
  assert.deepEqual([second?.viewers, second?.badShare, second?.stallShare], [1, null, 0]);
  assert.equal(together(sites).viewers, 11);
  assert.deepEqual(together([]), { viewers: 0, requests: 0, badShare: null, stallShare: null });
});

test('a region is marked for its incidents and for each objective that burns there', () => {
  const burning = rowsOf([
    makeSlo('a', 'A', 's', [makeBudget('dublin', 0.1, 20), makeBudget('singapore', 0.1)]),
    makeSlo('b', 'B', 's', [makeBudget('dublin', 0.1, 2)]),
  ]);
  const marks = marksOf([{ labels: { region: 'dublin' } }, { labels: {} }], burning);
  assert.deepEqual([...marks], [['dublin', { incidents: 1, burning: 2 }]]);
  assert.equal(markText({ incidents: 1, burning: 2 }), '1 incident, 2 budgets burn');
});
