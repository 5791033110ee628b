// The race of one request over its candidates.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  PATIENCE_MAX_MS,
  PATIENCE_MIN_MS,
  patienceFor,
  type RaceEffect,
  type RaceEvent,
  type RaceLimits,
  startRace,
  stepRace,
} from './request-race.ts';

const LIMITS: RaceLimits = {
  patienceMs: 300,
  silenceMaxMs: 1_500,
  lastSilenceMaxMs: 6_000,
  totalMaxMs: 20_000,
};

/** Runs events at times and returns the effects of each step, in short. */
function race(candidates: readonly string[], ...events: readonly (readonly [number, RaceEvent])[]): string[] {
  let step = startRace(candidates, LIMITS, 0);
  const told = [step.effects.map(short).join(' ')];
  for (const [nowMs, event] of events) {
    step = stepRace(step.state, event, nowMs);
    told.push(step.effects.map(short).join(' '));
  }
  return told;
}

function short(effect: RaceEffect): string {
  switch (effect.type) {
    case 'open':
      return `open:${effect.candidate}`;
    case 'cancel':
    case 'succeed':
      return `${effect.type}:${effect.attempt}`;
    case 'fail':
      return `fail:${effect.reason.code}`;
    default:
      return `${effect.type.slice('report-'.length)}:${effect.candidate}`;
  }
}

const unreachable = (attempt: number): RaceEvent => ({
  type: 'failed',
  attempt,
  reason: { code: 'unreachable' },
});
const status = (attempt: number, code: number): RaceEvent => ({
  type: 'failed',
  attempt,
  reason: { code: 'status', status: code },
});
const WAKE: RaceEvent = { type: 'wake' };

test('a healthy pathway is asked alone', () => {
  assert.deepEqual(
    race(['a', 'b'], [40, { type: 'heard', attempt: 0 }], [90, { type: 'done', attempt: 0 }]),
    ['open:a', 'answered:a', 'succeed:0'],
  );
});

test('a refused connection opens the next candidate at once and blames the pathway', () => {
  assert.deepEqual(race(['a', 'b'], [5, unreachable(0)]), ['open:a', 'failed:a open:b']);
});

test('silence opens the next candidate beside the first, which is kept only to learn whether it lives', () => {
  assert.deepEqual(
    race(
      ['a', 'b'],
      [300, WAKE],
      [340, { type: 'heard', attempt: 1 }],
      [400, { type: 'done', attempt: 1 }],
      [900, { type: 'heard', attempt: 0 }],
    ),
    ['open:a', 'late:a open:b', 'answered:b', 'succeed:1', 'answered:a cancel:0'],
  );
});

test('a pathway that never answers is blamed even after the request has long succeeded', () => {
  const told = race(
    ['a', 'b'],
    [300, WAKE],
    [340, { type: 'heard', attempt: 1 }],
    [400, { type: 'done', attempt: 1 }],
    [1_500, WAKE],
  );
  assert.equal(told.at(-1), 'cancel:0 failed:a');
});

test('when the slow one answers first after all, the second is dropped without blame', () => {
  assert.equal(
    race(['a', 'b'], [300, WAKE], [320, { type: 'heard', attempt: 0 }]).at(-1),
    'answered:a cancel:1',
  );
});

test('a body that stops half-way is overtaken and its pathway blamed', () => {
  assert.deepEqual(
    race(
      ['a', 'b'],
      [20, { type: 'heard', attempt: 0 }],
      [320, WAKE],
      [350, { type: 'heard', attempt: 1 }],
      [380, { type: 'done', attempt: 1 }],
    ),
    ['open:a', 'answered:a', 'late:a open:b', 'answered:b cancel:0 failed:a', 'succeed:1'],
  );
});

test('an object that is nowhere is nobody’s fault', () => {
  assert.deepEqual(race(['a', 'b'], [10, status(0, 404)], [20, status(1, 404)]), [
    'open:a',
    'open:b',
    'fail:status',
  ]);
});

test('an object that another pathway has is the first one’s fault', () => {
  assert.equal(
    race(
      ['a', 'b'],
      [10, status(0, 404)],
      [20, { type: 'heard', attempt: 1 }],
      [30, { type: 'done', attempt: 1 }],
    ).at(-1),
    'failed:a succeed:1',
  );
});

test('a draining edge is blamed at once', () => {
  assert.deepEqual(race(['a', 'b'], [10, status(0, 421)]), ['open:a', 'failed:a open:b']);
});

test('a pathway found dead by another request is not waited for', () => {
  assert.equal(race(['a', 'b'], [50, { type: 'lost', candidate: 'a' }]).at(-1), 'open:b');
  const serving = race(
    ['a', 'b'],
    [20, { type: 'heard', attempt: 0 }],
    [50, { type: 'lost', candidate: 'a' }],
  );
  assert.equal(serving.at(-1), '', 'bytes are arriving: it may finish');
});

test('the last candidate gets more time, since there is no better one', () => {
  const step = startRace(['a'], LIMITS, 0);
  const late = stepRace(step.state, WAKE, 300);
  assert.equal(late.wakeAtMs, LIMITS.lastSilenceMaxMs);
  assert.deepEqual(stepRace(late.state, WAKE, 6_000).effects.map(short), [
    'cancel:0',
    'failed:a',
    'fail:no-first-byte',
  ]);
});

test('an abort cancels everything and reports nothing', () => {
  assert.equal(race(['a', 'b'], [300, WAKE], [310, { type: 'abort' }]).at(-1), 'cancel:0 cancel:1');
});

test('a race that is settled never asks to be woken again once everybody has been heard', () => {
  let step = startRace(['a'], LIMITS, 0);
  step = stepRace(step.state, { type: 'heard', attempt: 0 }, 10);
  step = stepRace(step.state, { type: 'done', attempt: 0 }, 20);
  assert.equal(step.wakeAtMs, Number.POSITIVE_INFINITY);
});

test('the whole request has an end, whatever trickles in', () => {
  let step = startRace(['a'], LIMITS, 0);
  for (let nowMs = 100; nowMs < 20_000; nowMs += 100)
    step = stepRace(step.state, { type: 'heard', attempt: 0 }, nowMs);
  assert.deepEqual(stepRace(step.state, WAKE, 20_000).effects.map(short), ['cancel:0', 'fail:no-progress']);
});

test('patience follows the buffer and the usual first byte, between its limits', () => {
  const table = [
    [0, 20, PATIENCE_MIN_MS],
    [2_000, 20, 500],
    [30_000, 20, PATIENCE_MAX_MS],
    [0, 200, 600],
    [0, 5_000, PATIENCE_MAX_MS],
  ] as const;
  for (const [bufferedMs, firstByteMs, expected] of table)
    assert.equal(patienceFor(bufferedMs, firstByteMs), expected, `${bufferedMs} ${firstByteMs}`);
});
