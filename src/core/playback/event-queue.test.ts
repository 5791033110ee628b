// When events are posted, in what order, and what becomes of them when no edge takes them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addEvent, EVENTS_KEPT_MAX, type EventQueue, initialQueue, stepQueue } from './event-queue.ts';

const line = (sequence: number): string => `sn=${sequence}`;

function filled(count: number, nowMs: number, queue: EventQueue = initialQueue()): EventQueue {
  let next = queue;
  for (let index = 0; index < count; index += 1) next = addEvent(next, line, false, nowMs);
  return next;
}

test('events wait for a batch or for two seconds, and something urgent for half of one', () => {
  const few = stepQueue(filled(2, 0), { type: 'wake' }, 3, 0);
  assert.deepEqual([few.effects.length, few.wakeAtMs], [0, 2_000]);
  assert.equal(stepQueue(few.queue, { type: 'wake' }, 3, 2_000).effects[0]?.body, 'sn=0\nsn=1\n');
  const urgent = stepQueue(addEvent(filled(1, 0), line, true, 100), { type: 'wake' }, 3, 100);
  assert.equal(urgent.wakeAtMs, 600);
  assert.equal(stepQueue(filled(5, 0), { type: 'wake' }, 3, 0).effects[0]?.body.split('\n').length, 6);
});

test('one batch is under way at a time; an edge that does not take it is passed over at once, all of them after a pause', () => {
  const posting = stepQueue(filled(5, 0), { type: 'wake' }, 2, 0);
  const more = filled(5, 10, posting.queue);
  assert.equal(stepQueue(more, { type: 'wake' }, 2, 10).effects.length, 0);
  const second = stepQueue(more, { type: 'failed' }, 2, 20);
  assert.deepEqual([second.effects[0]?.attempt, second.effects[0]?.body.startsWith('sn=0\n')], [1, true]);
  const paused = stepQueue(second.queue, { type: 'failed' }, 2, 30);
  assert.deepEqual([paused.effects.length, paused.wakeAtMs], [0, 1_030]);
  const again = stepQueue(paused.queue, { type: 'wake' }, 2, 1_030);
  assert.equal(again.effects[0]?.attempt, 0);
  const done = stepQueue(again.queue, { type: 'posted' }, 2, 1_040);
  assert.deepEqual([done.queue.lines.length, done.effects.length], [0, 0]);
});

test('while no edge takes them the oldest events go first, and who leaves says its last words once to each', () => {
  const posting = stepQueue(filled(5, 0), { type: 'wake' }, 2, 0);
  const full = filled(EVENTS_KEPT_MAX + 50, 10, posting.queue);
  assert.equal(full.lines.length, EVENTS_KEPT_MAX);
  assert.deepEqual(full.lines.slice(0, 6), ['sn=0', 'sn=1', 'sn=2', 'sn=3', 'sn=4', 'sn=60']);
  const leaving = stepQueue(filled(1, 0), { type: 'close' }, 2, 5);
  assert.equal(leaving.effects.length, 1);
  const other = stepQueue(leaving.queue, { type: 'failed' }, 2, 10);
  assert.equal(other.effects.length, 1);
  const end = stepQueue(other.queue, { type: 'failed' }, 2, 20);
  assert.deepEqual([end.queue.lines.length, end.wakeAtMs], [0, Number.POSITIVE_INFINITY]);
});
