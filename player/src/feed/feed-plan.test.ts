import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FeedView, planFeed } from './feed-plan.ts';

const view = (changes: Partial<FeedView>): FeedView => ({
  index: 5,
  count: 20,
  bufferedMs: 10_000,
  isSavingData: false,
  known: [],
  ready: [],
  ...changes,
});

test('neighbours are prepared one after another: next, second next, the one before', () => {
  const order: number[] = [];
  for (let step = 0; step < 5; step += 1) {
    const { load } = planFeed(view({ known: order, ready: order }));
    order.push(...load);
  }
  assert.deepEqual(order, [6, 7, 4]);
});

test('nothing is prepared before the video on screen has a cushion', () => {
  assert.deepEqual(planFeed(view({ bufferedMs: 1_999 })), { load: [], drop: [] });
  assert.deepEqual(planFeed(view({ bufferedMs: 2_000 })), { load: [6], drop: [] });
});

test('one that is still on its way holds up the others', () => {
  assert.deepEqual(planFeed(view({ known: [6] })).load, []);
});

test('what a swipe has left behind is let go', () => {
  assert.deepEqual(planFeed(view({ index: 6, known: [4, 6, 7], ready: [4, 6, 7] })), {
    load: [8],
    drop: [4, 6],
  });
});

test('the ends of a feed have fewer neighbours', () => {
  assert.deepEqual(planFeed(view({ index: 0, known: [1, 2], ready: [1, 2] })).load, []);
  assert.deepEqual(planFeed(view({ index: 19 })).load, [18]);
  assert.deepEqual(planFeed(view({ index: 0, count: 1 })).load, []);
});

test('a viewer who saves data gets the next one alone, and later', () => {
  assert.deepEqual(planFeed(view({ isSavingData: true, bufferedMs: 3_999 })).load, []);
  assert.deepEqual(planFeed(view({ isSavingData: true, bufferedMs: 4_000 })).load, [6]);
  assert.deepEqual(planFeed(view({ isSavingData: true, known: [6, 7, 4], ready: [6, 7, 4] })), {
    load: [],
    drop: [7, 4],
  });
});
