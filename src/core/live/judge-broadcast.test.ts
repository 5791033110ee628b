import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BroadcastReport, type BroadcastView, judgeBroadcast } from './judge-broadcast.ts';

const NOW_MS = 5_000_000;
const READY_BEFORE_MS = 900_000;

function report(changes: Partial<BroadcastReport> = {}): BroadcastReport {
  return { role: 'channel', state: 'on_air', reason: null, ageMs: 100, isNodeAlive: true, ...changes };
}

function judge(changes: Partial<BroadcastView>): string {
  const view: BroadcastView = {
    state: 'ready',
    plannedStartMs: null,
    interruptedAtMs: null,
    graceMs: 60_000,
    reports: [],
    ...changes,
  };
  return judgeBroadcast(view, READY_BEFORE_MS, NOW_MS).state;
}

test('one channel that makes parts is on air, whatever others say', () => {
  assert.equal(judge({ reports: [report(), report({ state: 'failed' })] }), 'on_air');
  assert.equal(judge({ state: 'interrupted', interruptedAtMs: 1, reports: [report()] }), 'on_air');
});

test('an ingest alone does not put a broadcast on air: nobody could watch it yet', () => {
  assert.equal(judge({ reports: [report({ role: 'ingest' })] }), 'ready');
});

test('a planned broadcast becomes ready a quarter of an hour before its start, or when its publisher comes early', () => {
  const plannedStartMs = NOW_MS + READY_BEFORE_MS;
  assert.equal(judge({ state: 'planned', plannedStartMs: plannedStartMs + 1 }), 'planned');
  assert.equal(judge({ state: 'planned', plannedStartMs }), 'ready');
  assert.equal(
    judge({ state: 'planned', plannedStartMs: plannedStartMs + 1, reports: [report({ role: 'ingest' })] }),
    'ready',
  );
});

test('silence is no interruption, word of one is', () => {
  assert.equal(judge({ state: 'on_air', reports: [report({ ageMs: 60_000 })] }), 'on_air');
  assert.equal(judge({ state: 'on_air', reports: [] }), 'on_air');
  assert.equal(judge({ state: 'on_air', reports: [report({ state: 'interrupted' })] }), 'interrupted');
});

test('when every node that spoke of it is dead, it is interrupted', () => {
  assert.equal(judge({ state: 'on_air', reports: [report({ isNodeAlive: false })] }), 'interrupted');
  assert.equal(
    judge({ state: 'on_air', reports: [report({ isNodeAlive: false }), report({ ageMs: 60_000 })] }),
    'on_air',
  );
});

test('an interruption ends the broadcast after its grace, not before', () => {
  const reports = [report({ state: 'interrupted' })];
  const away = { state: 'interrupted', graceMs: 60_000, reports } as const;
  assert.equal(judge({ ...away, interruptedAtMs: NOW_MS - 59_999 }), 'interrupted');
  assert.equal(judge({ ...away, interruptedAtMs: NOW_MS - 60_000 }), 'ended');
});
