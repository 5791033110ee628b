// What is counted on a node until it is reported: slices, limits, counters turned into series; and where slices belong.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incrementsOf, parseSeries } from './from-counters.ts';
import { type JoinedFigures, joinSteps, joinViewings } from './join-viewings.ts';
import { placeSlice } from './place-slices.ts';
import { SLICE_MS } from './series.ts';
import { LABEL_SETS_MAX, OPEN_SLICES_MAX, SliceBook } from './slice-book.ts';

const PLACE = { regionId: 'dublin', siteId: 'dublin-1' };

test('increments come together by slice and label set, and are taken once their slice is over', () => {
  const book = new SliceBook();
  const labels = { region: 'dublin', outcome: 'ok' };
  book.count('uploads', labels, 2, 1_000);
  book.count('uploads', labels, 3, 4_999);
  book.count('uploads', labels, 5, 5_000);
  book.observe('time_to_playable_ms', { region: 'dublin' }, 800, 1_000);
  assert.deepEqual(book.take(4_999), []);
  const [slice] = book.take(5_000);
  assert.equal(slice?.atMs, 0);
  assert.deepEqual(
    slice?.series.map(({ name, count, sum }) => [name, count, sum]),
    [
      ['uploads', 5, undefined],
      ['time_to_playable_ms', 1, 800],
    ],
  );
  // What comes late for a slice that was taken makes another entry of it.
  book.count('uploads', labels, 1, 100);
  assert.deepEqual(
    book.take(10_000).map(({ atMs, series }) => [atMs, series[0]?.count]),
    [
      [0, 1],
      [5_000, 5],
    ],
  );
});

test('an explosion of labels is folded into "other", and of slices is dropped; both are told', () => {
  const book = new SliceBook();
  for (let index = 0; index < LABEL_SETS_MAX + 10; index += 1)
    book.count('uploads', { region: `r${index}`, outcome: 'ok' }, 1, 0);
  const series = book.take(SLICE_MS)[0]?.series ?? [];
  assert.equal(series.length, LABEL_SETS_MAX + 1);
  assert.deepEqual(series.at(-1)?.labels, { region: 'other', outcome: 'other' });
  assert.equal(series.at(-1)?.count, 10);
  for (let slice = 0; slice < OPEN_SLICES_MAX + 3; slice += 1)
    book.count('uploads', { region: 'r', outcome: 'ok' }, 1, slice * SLICE_MS);
  assert.deepEqual(book.takeLosses(), { folded: 10, dropped: 3 });
  assert.deepEqual(book.takeLosses(), { folded: 0, dropped: 0 });
});

test('counters become series by what was added to them', () => {
  const before = { 'edge_requests_total{class="immutable",outcome="hit"}': 5 };
  const now = {
    'edge_requests_total{class="immutable",outcome="hit"}': 9,
    'edge_requests_total{class="manifest",outcome="unavailable"}': 2,
    ingest_uploads_finished_total: 1,
    ingest_live_gap_seconds_total: 1.5,
    agent_beats_total: 7,
  };
  assert.deepEqual(
    incrementsOf(before, now, PLACE).map(({ name, labels, count }) => [
      name,
      labels.kind,
      labels.outcome,
      count,
    ]),
    [
      ['edge_requests', 'media', 'ok', 4],
      ['edge_requests', 'manifest', 'failed', 2],
      ['uploads', undefined, 'ok', 1],
      ['ingest_gap_ms', undefined, undefined, 1_500],
    ],
  );
  assert.deepEqual(parseSeries('a_total{x="1",y="b c"}'), { name: 'a_total', labels: { x: '1', y: 'b c' } });
});

test('slices move by the offset of the clock, and what is absurd then is refused', () => {
  const policy = { futureMsMax: 30_000, pastMsMax: 600_000 };
  const place = (atMs: number, offsetMs: number) => placeSlice(atMs, offsetMs, 1_000_000, policy);
  assert.deepEqual(place(995_000, 0), { kind: 'placed', atMs: 995_000 });
  assert.deepEqual(place(995_000, 2_000), { kind: 'placed', atMs: 995_000 });
  assert.deepEqual(place(1_055_000, 61_000), { kind: 'placed', atMs: 995_000 });
  assert.deepEqual(place(1_055_000, 0), { kind: 'refused', reason: 'in the future' });
  assert.deepEqual(place(395_000, 0), { kind: 'refused', reason: 'too old' });
});

test('of two words about one viewing the later holds, with the greater figures of both', () => {
  const figures: JoinedFigures = {
    startedAtMs: 10,
    updatedAtMs: 100,
    endedAtMs: null,
    startupMs: 300,
    playMs: 80,
    stallMs: 5,
    stalls: 1,
    errors: 0,
    requests: 9,
    badRequests: 1,
    pathwayChanges: 0,
  };
  const later = {
    ...figures,
    startedAtMs: 90,
    updatedAtMs: 200,
    startupMs: null,
    playMs: 30,
    stalls: 2,
    requests: 2,
  };
  const joined = joinViewings(figures, later);
  assert.deepEqual(joined, joinViewings(later, figures));
  assert.deepEqual(
    [joined.startedAtMs, joined.updatedAtMs, joined.startupMs, joined.playMs, joined.stalls, joined.requests],
    [10, 200, 300, 80, 2, 9],
  );
  const steps = joinSteps([{ atMs: 1 }, { atMs: 5 }], [{ atMs: 3 }, { atMs: 9 }], 3);
  assert.deepEqual(steps, [{ atMs: 3 }, { atMs: 5 }, { atMs: 9 }]);
});
