// When steering is asked: rounds over all edges that no error ends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SteeringAnswer } from './steering.ts';
import {
  ASK_MAX_MS,
  HURRY_MIN_MS,
  initialRounds,
  ROUND_RETRY_MS,
  type RoundsEvent,
  type RoundsStep,
  stepRounds,
} from './steering-rounds.ts';

const ANSWER: SteeringAnswer = { ttlMs: 5_000, reloadUrl: undefined, priority: ['a'], clones: [] };

function play(...events: readonly (readonly [number, RoundsEvent])[]): readonly RoundsStep[] {
  let state = initialRounds();
  return events.map(([atMs, event]) => {
    const step = stepRounds(state, event, atMs);
    state = step.state;
    return step;
  });
}

const BEGIN = [
  [0, { type: 'start', url: 'http://a/s' }],
  [0, { type: 'wake' }],
  [0, { type: 'addresses', addresses: ['http://a/s', 'http://b/s'] }],
] as const satisfies readonly (readonly [number, RoundsEvent])[];

test('a round begins at once and asks the address that was named', () => {
  const [started, woken, asking] = play(...BEGIN);
  assert.equal(started?.wakeAtMs, 0);
  assert.deepEqual(woken?.effects, [{ type: 'round', url: 'http://a/s' }]);
  assert.deepEqual(asking?.effects, [{ type: 'ask', address: 'http://a/s' }]);
  assert.equal(asking?.wakeAtMs, ASK_MAX_MS);
});

test('silence and errors pass the question on to the next edge, and the whole round is repeated soon', () => {
  const steps = play(
    ...BEGIN,
    [ASK_MAX_MS, { type: 'wake' }],
    [1_200, { type: 'answered', answer: undefined }],
  );
  assert.deepEqual(steps[3]?.effects, [{ type: 'cancel' }, { type: 'ask', address: 'http://b/s' }]);
  assert.deepEqual(steps[4]?.effects, []);
  assert.equal(steps[4]?.wakeAtMs, 1_200 + ROUND_RETRY_MS);
});

test('an answer decides where and when the next round begins', () => {
  const steps = play(
    ...BEGIN,
    [100, { type: 'answered', answer: { ...ANSWER, reloadUrl: 'http://c/s' } }],
    [5_100, { type: 'wake' }],
  );
  assert.equal(steps[3]?.effects[0]?.type, 'steered');
  assert.equal(steps[3]?.wakeAtMs, 5_100);
  assert.deepEqual(steps[4]?.effects, [{ type: 'round', url: 'http://c/s' }]);
});

test('a failure brings the next round forward, but no closer than a second after the last', () => {
  const steps = play(...BEGIN, [100, { type: 'answered', answer: ANSWER }], [300, { type: 'hurry' }]);
  assert.equal(steps[4]?.wakeAtMs, HURRY_MIN_MS);
  const later = play(...BEGIN, [100, { type: 'answered', answer: ANSWER }], [3_000, { type: 'hurry' }]);
  assert.equal(later[4]?.wakeAtMs, 3_000);
  assert.equal(stepRounds(initialRounds(), { type: 'hurry' }, 0).wakeAtMs, Number.POSITIVE_INFINITY);
});

test('a stopped machine forgets its question and never wakes', () => {
  const stopped = play(...BEGIN, [100, { type: 'stop' }])[3];
  assert.deepEqual(stopped?.effects, [{ type: 'cancel' }]);
  assert.equal(stopped?.wakeAtMs, Number.POSITIVE_INFINITY);
});
