import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_HEALTH_POLICY, type HealthEvent, mayTry, step, UNKNOWN_HEALTH } from './detector.ts';

const failure: HealthEvent = { kind: 'failure' };
const attempt: HealthEvent = { kind: 'attempt' };
const success = (latencyMs: number): HealthEvent => ({ kind: 'success', latencyMs });

function run(events: readonly (readonly [HealthEvent, number])[]) {
  let state = UNKNOWN_HEALTH;
  const changes: (string | null)[] = [];
  for (const [event, nowMs] of events) {
    const next = step(state, event, nowMs);
    state = next.state;
    changes.push(next.change);
  }
  return { state, changes };
}

test('a target of which nothing is known is tried', () => {
  assert.equal(mayTry(UNKNOWN_HEALTH, 0), true);
});

test('one failure does not open the circuit and a success forgets it', () => {
  const { state, changes } = run([
    [failure, 0],
    [success(10), 1],
    [failure, 2],
  ]);
  assert.equal(state.circuit, 'closed');
  assert.equal(state.failures, 1);
  assert.deepEqual(changes, [null, null, null]);
});

test('two failures in a row open it, and a trial is let through after the pause', () => {
  const { state, changes } = run([
    [failure, 0],
    [failure, 100],
  ]);
  assert.deepEqual(changes, [null, 'opened']);
  assert.equal(mayTry(state, 349), false);
  assert.equal(mayTry(state, 350), true);
});

test('only one trial goes out, and its loss cannot block the circuit', () => {
  const { state } = run([
    [failure, 0],
    [failure, 0],
    [attempt, 250],
  ]);
  assert.equal(state.circuit, 'half_open');
  assert.equal(mayTry(state, 251), false);
  assert.equal(mayTry(state, 250 + DEFAULT_HEALTH_POLICY.trialMsMax), true);
});

test('pauses double with each failed trial, up to the limit', () => {
  let { state } = run([
    [failure, 0],
    [failure, 0],
  ]);
  const pauses: number[] = [];
  let nowMs = 0;
  for (let trial = 0; trial < 7; trial += 1) {
    pauses.push(state.wakeAtMs - nowMs);
    nowMs = state.wakeAtMs;
    state = step(state, attempt, nowMs).state;
    state = step(state, failure, nowMs).state;
  }
  assert.deepEqual(pauses, [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
});

test('late failures of requests sent before it opened do not lengthen the pause', () => {
  const { state } = run([
    [failure, 0],
    [failure, 0],
    [failure, 200],
  ]);
  assert.equal(state.wakeAtMs, 250);
  assert.equal(state.failures, 3);
});

test('the first success closes the circuit and starts the latency anew', () => {
  const { state, changes } = run([
    [success(1_000), 0],
    [failure, 0],
    [failure, 0],
    [attempt, 300],
    [success(20), 320],
  ]);
  assert.equal(changes.at(-1), 'closed');
  assert.equal(state.latencyMs, 20);
  assert.equal(state.changedAtMs, 320);
});

test('latency is an average that leans to the newest', () => {
  const { state } = run([
    [success(100), 0],
    [success(200), 1],
  ]);
  assert.equal(state.latencyMs, 130);
});
