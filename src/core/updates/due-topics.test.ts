import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueTopics, type TopicStates } from './due-topics.ts';

interface Step {
  readonly at: number;
  readonly jobs: number;
  /** xmin and xmax; default: nothing under way. */
  readonly under?: readonly [number, number];
}

/** The times at which `jobs` was told of. */
function toldAt(steps: readonly Step[], gapMs = 0): number[] {
  let states: TopicStates | undefined;
  return steps.flatMap(({ at, jobs, under: [xmin, xmax] = [50, 50] }) => {
    const result = dueTopics(states, { nowMs: at, xmin, xmax, revisions: { jobs } }, { jobs: gapMs });
    states = result.states;
    return result.due.length > 0 ? [at] : [];
  });
}

test('the first reading tells nothing, and each change after it is told once', () => {
  const steps = [
    { at: 0, jobs: 7 },
    { at: 1, jobs: 7 },
    { at: 2, jobs: 8 },
    { at: 3, jobs: 8 },
  ];
  assert.deepEqual(toldAt(steps), [2]);
});

test('a revision that goes back, as after a restore, is a change too', () => {
  const steps = [
    { at: 0, jobs: 7 },
    { at: 1, jobs: 3 },
  ];
  assert.deepEqual(toldAt(steps), [1]);
});

test('a change whose transaction may still be under way is told again once that has ended', () => {
  const steps: Step[] = [
    { at: 0, jobs: 7 },
    { at: 1, jobs: 8, under: [60, 64] },
    { at: 2, jobs: 8, under: [60, 70] },
    { at: 3, jobs: 8, under: [64, 71] },
    { at: 4, jobs: 8, under: [72, 72] },
  ];
  assert.deepEqual(toldAt(steps), [1, 3]);
});

test('a change under way at the first reading is told when it has ended', () => {
  const steps: Step[] = [
    { at: 0, jobs: 7, under: [60, 61] },
    { at: 1, jobs: 7, under: [60, 65] },
    { at: 2, jobs: 7, under: [61, 65] },
  ];
  assert.deepEqual(toldAt(steps), [2]);
});

test('a topic that changes all the time is told of once in its gap, and its last change is not lost', () => {
  const steps = [
    { at: 0, jobs: 1 },
    { at: 1_000, jobs: 2 },
    { at: 2_000, jobs: 3 },
    { at: 3_000, jobs: 4 },
    { at: 6_000, jobs: 4 },
    { at: 12_000, jobs: 4 },
  ];
  assert.deepEqual(toldAt(steps, 5_000), [1_000, 6_000]);
});
