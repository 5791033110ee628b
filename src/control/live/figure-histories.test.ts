// What is remembered of reports.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LiveReport } from '#contract/live.ts';
import { createFigureHistories } from './figure-histories.ts';
import { FIGURE_HISTORIES_MAX, FIGURES_KEPT, FIGURES_STEP_MS } from './limits.ts';

const report = (broadcastId: string, changes: Partial<LiveReport> = {}): LiveReport => ({
  broadcastId,
  role: 'ingest',
  channel: null,
  state: 'on_air',
  sinceMs: 1,
  reason: null,
  protocol: 'rtmp',
  figures: { frameRate: 30, width: 1_280 },
  ...changes,
});

test('reports are kept in steps, for as many steps as are shown, and no longer', () => {
  const histories = createFigureHistories();
  const beatMs = FIGURES_STEP_MS / 2;
  const beats = (FIGURES_KEPT + 10) * 2;
  for (let beat = 0; beat < beats; beat += 1) histories.note('n-1', [report('a')], beat * beatMs);
  const [history] = histories.of('a', (beats - 1) * beatMs);
  assert.equal(history?.points.length, FIGURES_KEPT);
  assert.deepEqual(history?.points[1], {
    atMs: (history?.points[0]?.atMs ?? 0) + FIGURES_STEP_MS,
    figures: { frameRate: 30 },
  });
  assert.deepEqual(histories.of('a', beats * beatMs + FIGURES_KEPT * FIGURES_STEP_MS), []);
});

test('each channel has its own, with the bit rate of all renditions; who waits has none', () => {
  const histories = createFigureHistories();
  const figures = { 'bitrateBps.v720': 2_000_000, 'bitrateBps.audio': 128_000, encodeDelayMs: 60 };
  histories.note(
    'n-1',
    [
      report('a', { role: 'channel', channel: 1, figures }),
      report('a', { role: 'channel', channel: 2, figures: {} }),
      report('a', { state: 'waiting' }),
      report('b'),
    ],
    1,
  );
  assert.deepEqual(
    histories.of('a', 1).map(({ role, channel, points }) => [role, channel, points[0]?.figures]),
    [
      ['channel', 1, { bitrateBps: 2_128_000, encodeDelayMs: 60 }],
      ['channel', 2, {}],
    ],
  );
});

test('who was not heard of for longest makes room', () => {
  const histories = createFigureHistories();
  for (let index = 0; index <= FIGURE_HISTORIES_MAX; index += 1)
    histories.note('n-1', [report(`b${index}`)], index);
  assert.deepEqual(histories.of('b0', FIGURE_HISTORIES_MAX), []);
  assert.equal(histories.of('b1', FIGURE_HISTORIES_MAX).length, 1);
});
