// What the seek bar spans and says.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  liveState,
  pointerText,
  positionAt,
  positionText,
  shareOf,
  type TimelineView,
  timelineOf,
  timeOfDay,
  within,
} from './timeline.ts';

const VIDEO: TimelineView = {
  isLive: false,
  durationSeconds: 120,
  currentSeconds: 30,
  seekable: undefined,
  liveSeconds: undefined,
  dateMs: undefined,
  latencySeconds: 0,
  targetSeconds: undefined,
};
const NOW_MS = Date.UTC(2027, 0, 31, 20, 14, 5);
/** Ten minutes may be gone back; the picture is a minute behind where players stay. */
const BROADCAST: TimelineView = {
  isLive: true,
  durationSeconds: 702,
  currentSeconds: 640,
  seekable: { startSeconds: 100, endSeconds: 702 },
  liveSeconds: 700,
  dateMs: NOW_MS,
  latencySeconds: 62,
  targetSeconds: 2,
};

test('the bar of a video begins at 0, that of a broadcast at the oldest moment and ends where players stay', () => {
  assert.deepEqual(timelineOf(VIDEO), { isLive: false, startSeconds: 0, endSeconds: 120 });
  const timeline = timelineOf(BROADCAST);
  assert.deepEqual(timeline, { isLive: true, startSeconds: 100, endSeconds: 700 });
  assert.deepEqual([positionAt(timeline, 0.5), shareOf(timeline, 400)], [400, 0.5]);
  assert.deepEqual([within(timeline, 5), within(timeline, 640), within(timeline, 9_999)], [100, 640, 700]);
  assert.equal(timelineOf({ ...BROADCAST, liveSeconds: undefined }).endSeconds, 702);
});

test('before anything may be sought the bar is empty, and nothing is outside of it', () => {
  const timeline = timelineOf({ ...BROADCAST, seekable: undefined });
  assert.deepEqual([shareOf(timeline, 640), within(timeline, 640)], [0, 0]);
});

test('under the pointer stands the time in a video, and the time of day in a broadcast', () => {
  assert.equal(pointerText(VIDEO, 75), '1:15');
  assert.equal(positionText(VIDEO, 75), '1:15 of 2:00');
  assert.equal(pointerText(BROADCAST, 625), `${timeOfDay(NOW_MS - 15_000)} · −1:15`);
  assert.equal(pointerText(BROADCAST, 700), `${timeOfDay(NOW_MS + 60_000)} · Live`);
  assert.equal(positionText(BROADCAST, 640), `${timeOfDay(NOW_MS)}, 1:00 behind live`);
  assert.equal(pointerText({ ...BROADCAST, dateMs: undefined }, 625), '−1:15');
});

test('the live button tells how far behind the picture is', () => {
  assert.deepEqual(liveState(BROADCAST), { isBehind: true, text: 'Live −1:02' });
  assert.deepEqual(liveState({ ...BROADCAST, latencySeconds: 2.13 }), {
    isBehind: false,
    text: 'Live · 2.1 s',
  });
  assert.deepEqual(liveState({ ...BROADCAST, latencySeconds: 0 }), { isBehind: false, text: 'Live' });
});
