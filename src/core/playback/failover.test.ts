// The failover machine: who is left, when, for whom, and when anybody comes back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type FailoverEvent,
  type FailoverState,
  initialFailover,
  isBadPathway,
  LATE_MAX_MS,
  orderOf,
  PENALTY_FIRST_MS,
  PENALTY_MAX_MS,
  stepFailover,
} from './failover.ts';

const KNOWN: FailoverEvent = { type: 'known', pathwayIds: ['a', 'b', 'c'], preferred: 'a' };

function run(...events: readonly (readonly [FailoverEvent, number])[]): FailoverState {
  return events.reduce(
    (state, [event, nowMs]) => stepFailover(state, event, nowMs).state,
    stepFailover(initialFailover(), KNOWN, 0).state,
  );
}

const failed = (pathwayId: string): FailoverEvent => ({
  type: 'failed',
  pathwayId,
  reason: { code: 'unreachable' },
});

test('the preferred pathway is current at first, the others follow in the order they are listed', () => {
  const state = run();
  assert.equal(state.current, 'a');
  assert.deepEqual(orderOf(state, 0), ['a', 'b', 'c']);
});

test('one failure moves the viewer at once, tells requests in flight, and says why', () => {
  const step = stepFailover(run(), failed('a'), 1_000);
  assert.equal(step.state.current, 'b');
  assert.deepEqual(step.effects, [
    { type: 'lost', pathwayId: 'a' },
    { type: 'moved', switch: { atMs: 1_000, from: 'a', to: 'b', reason: { code: 'unreachable' } } },
  ]);
});

test('requests that fail together count as one failure', () => {
  const state = run([failed('a'), 1_000], [failed('a'), 1_001], [failed('a'), 1_050]);
  assert.equal(state.pathways[0]?.failures, 1);
  assert.equal(isBadPathway(state, 'a', 1_000 + PENALTY_FIRST_MS - 1), true);
  assert.equal(isBadPathway(state, 'a', 1_000 + PENALTY_FIRST_MS), false);
});

test('penalties double with each failure up to a limit', () => {
  let state = run();
  let nowMs = 0;
  const penalties: number[] = [];
  for (let i = 0; i < 6; i += 1) {
    state = stepFailover(state, failed('b'), nowMs).state;
    const untilMs = state.pathways[1]?.untilMs ?? 0;
    penalties.push(untilMs - nowMs);
    nowMs = untilMs;
  }
  assert.deepEqual(penalties, [10_000, 20_000, 40_000, 80_000, 120_000, PENALTY_MAX_MS]);
});

test('nobody comes back when a penalty ends, only when steering says so', () => {
  const state = run([failed('a'), 0]);
  assert.deepEqual(orderOf(state, PENALTY_FIRST_MS + 1)[0], 'b');
  const steer: FailoverEvent = { type: 'steered', priority: ['a', 'b', 'c'] };
  assert.equal(stepFailover(state, steer, PENALTY_FIRST_MS - 1).state.current, 'b');
  assert.equal(stepFailover(state, steer, PENALTY_FIRST_MS).state.current, 'a');
});

test('steering never moves a viewer to a pathway under penalty, wherever it stands', () => {
  const state = run([failed('c'), 0], [{ type: 'steered', priority: ['c', 'b', 'a'] }, 500]);
  assert.equal(state.current, 'b');
});

test('a late pathway gets no new requests until it answers, yet the viewer does not move', () => {
  const state = run([{ type: 'late', pathwayId: 'a' }, 100]);
  assert.equal(state.current, 'a');
  assert.deepEqual(orderOf(state, 101), ['b', 'c', 'a']);
  const answered = stepFailover(state, { type: 'answered', pathwayId: 'a' }, 200).state;
  assert.deepEqual(orderOf(answered, 201), ['a', 'b', 'c']);
  assert.deepEqual(orderOf(state, 100 + LATE_MAX_MS), ['a', 'b', 'c']);
});

test('an answer that was already under way does not lift a penalty', () => {
  const state = run([failed('a'), 0], [{ type: 'answered', pathwayId: 'a' }, 20]);
  assert.equal(isBadPathway(state, 'a', 21), true);
});

test('when everything has failed, the one whose penalty ends first is tried first', () => {
  const state = run([failed('b'), 0], [failed('a'), 100], [failed('c'), 200]);
  assert.deepEqual(orderOf(state, 300), ['b', 'a', 'c']);
});

test('pathways learnt again keep what is known of them', () => {
  const state = run([failed('a'), 0], [{ type: 'known', pathwayIds: ['a', 'b'], preferred: 'a' }, 10]);
  assert.equal(state.current, 'b');
  assert.equal(isBadPathway(state, 'a', 11), true);
});
