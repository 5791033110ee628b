// The limit on fetches under way: it falls when origins slow down, recovers, and keeps room for what matters.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admits, createLimitState, DEFAULT_LIMIT_POLICY, type LimitState, noteFetch } from './limit.ts';

const { limitInitial, limitMin, limitMax } = DEFAULT_LIMIT_POLICY;

/** Ends `count` fetches, `everyMs` apart. */
function after(
  state: LimitState,
  count: number,
  latencyMs: number | null,
  inFlight: number,
  startMs: number,
  everyMs = 10,
): LimitState {
  let next = state;
  for (let index = 0; index < count; index += 1)
    next = noteFetch(next, { originId: 'o', latencyMs, inFlight }, startMs + index * everyMs).state;
  return next;
}

test('answers as quick as ever leave the limit alone while it is not used', () => {
  const state = after(createLimitState(), 1_000, 20, 3, 0);
  assert.equal(state.limit, limitInitial);
});

test('slow answers lower the limit to its least within seconds; quick ones raise it again, never past its most', () => {
  const warm = after(createLimitState(), 50, 20, 400, 0);
  assert.equal(warm.limit, limitInitial + 50);
  const slow = after(warm, 500, 600, 20, 1_000);
  assert.equal(slow.limit, limitMin);
  const healed = after(slow, 5_000, 20, 1_024, 10_000);
  assert.equal(healed.limit, limitMax);
});

test('the limit falls once for what was let in together', () => {
  const warm = after(createLimitState(), 10, 20, 400, 0);
  const hit = after(warm, 100, null, 400, 1_000, 1);
  assert.equal(hit.limit, Math.floor(warm.limit * DEFAULT_LIMIT_POLICY.decrease));
});

test('an origin across an ocean is not slow because another is near', () => {
  let state = after(createLimitState(), 10, 5, 400, 0);
  const before = state.limit;
  for (let index = 0; index < 10; index += 1) {
    const { state: next, reason } = noteFetch(
      state,
      { originId: 'far', latencyMs: 400, inFlight: 400 },
      index,
    );
    assert.equal(reason.code, 'raised');
    state = next;
  }
  assert.equal(state.limit, before + 10);
});

test('a failure while hardly anything is under way does not lower the limit', () => {
  assert.equal(after(createLimitState(), 5, null, 2, 0, 1_000).limit, limitInitial);
});

test('prefetches are turned away first, then video; live comes through to the end', () => {
  const state = createLimitState();
  const half = limitInitial * 0.5;
  const table = [
    [half - 1, true, true, true],
    [half, false, true, true],
    [Math.floor(limitInitial * 0.9), false, false, true],
    [limitInitial, false, false, false],
  ] as const;
  for (const [inFlight, prefetch, video, live] of table)
    assert.deepEqual(
      [
        admits(state, inFlight, 'prefetch'),
        admits(state, inFlight, 'video'),
        admits(state, inFlight, 'live'),
      ],
      [prefetch, video, live],
      `${inFlight} under way`,
    );
  assert.equal(admits(state, Math.floor(limitInitial * 0.25), 'replication'), false);
});
