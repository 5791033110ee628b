// The virtual viewer in virtual time: starts, stalls, failures and ends, to the millisecond.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportOf } from './viewer.ts';
import { type EdgeBehaviour, playInVirtualTime } from './viewer-world.ts';

const PATHWAYS = ['a', 'b', 'c'];
const FAST = { pathwayIds: PATHWAYS, bitsPerSecond: 20_000_000 };

test('a viewer on a fast line starts at once, plays to the end and never stalls', () => {
  const { state, nowMs } = playInVirtualTime(FAST, 60_000);
  const report = reportOf(state, nowMs);
  assert.equal(report.outcome, 'finished');
  assert.ok(report.startupMs !== undefined && report.startupMs < 400, JSON.stringify(report));
  assert.deepEqual(report.stalls, []);
  assert.equal(report.pathwaySwitches.length, 0);
  // Twenty seconds of video, counted from the first frame.
  assert.ok(Math.abs(nowMs - 20_000 - (report.startupMs ?? 0)) < 5, `${nowMs}`);
});

test('a line that carries no level stalls, and the whole time is accounted for', () => {
  const { state, nowMs } = playInVirtualTime(
    { ...FAST, bitsPerSecond: 250_000, throughputBps: 400_000 },
    120_000,
  );
  const report = reportOf(state, nowMs);
  const stalledMs = report.stalls.reduce((sum, { durationMs }) => sum + durationMs, 0);
  assert.equal(report.outcome, 'finished');
  assert.ok(report.stalls.length > 2, JSON.stringify(report.stalls));
  // Pauses of the screen after each stall, and stalls below 100 ms, are not stalls.
  assert.ok(Math.abs(nowMs - 20_000 - (report.startupMs ?? 0) - stalledMs) < 300, `${nowMs} ${stalledMs}`);
});

const FAULTS: readonly (readonly [string, EdgeBehaviour, string])[] = [
  ['dies', 'dead', 'unreachable'],
  ['falls silent', 'silent', 'no-first-byte'],
  ['drains', { status: 421 }, 'status'],
];

for (const [what, fault, code] of FAULTS)
  test(`a region that ${what} in mid-play is left without a stall`, () => {
    const behaviour = (pathwayId: string, nowMs: number): EdgeBehaviour =>
      pathwayId === 'a' && nowMs > 1_500 ? fault : 'well';
    const world = { ...FAST, bitsPerSecond: 3_000_000, segments: 20, behaviour, hasSteering: true };
    const { state, nowMs } = playInVirtualTime(world, 60_000);
    const report = reportOf(state, nowMs);
    assert.equal(report.outcome, 'finished');
    assert.deepEqual(report.stalls, []);
    assert.equal(report.pathwaySwitches[0]?.reason.code, code);
    assert.ok(
      [...report.errors.keys()].every((key) => key.startsWith('a ')),
      [...report.errors].join(),
    );
  });

test('a region that is dead before the click costs the start no more than its stagger', () => {
  const behaviour = (pathwayId: string): EdgeBehaviour => (pathwayId === 'a' ? 'silent' : 'well');
  const { state, nowMs } = playInVirtualTime({ ...FAST, behaviour }, 60_000);
  const report = reportOf(state, nowMs);
  assert.equal(report.outcome, 'finished');
  assert.ok((report.startupMs ?? Number.NaN) < 2_000, JSON.stringify(report));
});

test('steering is asked at the edges, with the session and the group', () => {
  const { opened } = playInVirtualTime({ ...FAST, hasSteering: true }, 15_000);
  const asked = opened.filter((url) => url.includes('/steering/')).map((url) => new URL(url));
  assert.equal(asked.length, 2, 'at the start and after the TTL of ten seconds');
  assert.deepEqual(asked[0]?.searchParams.get('s'), 'session');
  assert.deepEqual(asked[0]?.searchParams.get('g'), 'a');
  assert.equal(asked[0]?.searchParams.get('_HLS_pathway'), 'a');
});

test('with every region gone the viewer starts again, and is lost in the end', () => {
  const behaviour = (_: string, nowMs: number): EdgeBehaviour => (nowMs > 1_000 ? 'dead' : 'well');
  const world = { ...FAST, bitsPerSecond: 3_000_000, segments: 30, behaviour };
  const { state, nowMs } = playInVirtualTime(world, 300_000);
  const report = reportOf(state, nowMs);
  assert.equal(report.outcome, 'lost');
  assert.equal(report.reloads, 5);
  assert.equal(report.lostReason, 'no region answered');
  assert.equal(report.stalls.length, 1);
});

test('regions that come back in time are found again', () => {
  const behaviour = (_: string, nowMs: number): EdgeBehaviour =>
    nowMs > 1_000 && nowMs < 20_000 ? 'dead' : 'well';
  const world = { ...FAST, bitsPerSecond: 3_000_000, segments: 20, behaviour };
  const { state, nowMs } = playInVirtualTime(world, 300_000);
  assert.equal(reportOf(state, nowMs).outcome, 'finished');
});

for (const status of [401, 403, 404])
  test(`a video that every edge refuses with ${status} loses the viewer at once`, () => {
    const { state, nowMs } = playInVirtualTime({ ...FAST, behaviour: () => ({ status }) }, 60_000);
    assert.equal(state.outcome, 'lost');
    assert.equal(state.lostReason, `status ${status}`);
    assert.ok(nowMs < 200);
  });

test('a growing playlist is read again until its end', () => {
  const world = { ...FAST, segments: 12, listed: (nowMs: number) => 3 + Math.floor(nowMs / 1_500) };
  const { state, nowMs } = playInVirtualTime(world, 120_000);
  const report = reportOf(state, nowMs);
  assert.equal(report.outcome, 'finished');
  assert.equal(report.loadedSeconds, 24);
});

test('the buffer is bounded: what lies far ahead is not loaded before it is needed', () => {
  const { state, nowMs } = playInVirtualTime({ ...FAST, segments: 100 }, 10_000);
  const { bufferedMs, loadedSeconds } = reportOf(state, nowMs);
  assert.ok(bufferedMs >= 58_000 && bufferedMs <= 62_000, `${bufferedMs}`);
  assert.ok(loadedSeconds < 75, `${loadedSeconds}`);
});
