import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPartGrid } from '#media/cmaf/part-grid.ts';
import type { Clock } from '#platform/clock.ts';
import type { HeldAnswer, WholeAnswer } from '../held-answer.ts';
import type { RenditionFollower } from './follow-rendition.ts';
import { createLivePlaylists } from './live-playlists.ts';
import type { LiveStation } from './live-station.ts';
import { LiveWindow } from './live-window.ts';
import { createWaitingRoom } from './waiting-room.ts';

const SEGMENT_MS = 2_000;

/** A rendition of which parts are told by hand, at an edge whose clock stands until it is moved. */
function createScene() {
  let nowMs = 0;
  const sleeping = new Set<{ readonly untilMs: number; readonly wake: () => void }>();
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: (milliseconds) =>
      new Promise((resolve) => sleeping.add({ untilMs: nowMs + milliseconds, wake: resolve })),
  };
  const window = new LiveWindow({
    rendition: {
      id: 'v720',
      kind: 'video',
      codecs: 'avc1.64001f',
      bandwidthBps: 1,
      averageBandwidthBps: 1,
      timescale: 90_000,
      partTargetTicks: 45_000,
      initSha256: 'a'.repeat(64),
    },
    grid: createPartGrid({
      anchorMs: 0,
      segmentDurationMs: SEGMENT_MS,
      partsPerSegment: 4,
      timescale: 90_000,
      frameTicks: 3_000,
    }),
    segmentDurationMs: SEGMENT_MS,
    dvrWindowMs: 60_000,
  });
  let change = Promise.withResolvers<void>();
  const follower = { window, changed: () => change.promise } as unknown as RenditionFollower;
  const settings = { segmentDurationMs: SEGMENT_MS, holdBackMs: 2_000 };
  const station = { record: { settings }, followed: () => [follower] } as unknown as LiveStation;
  const sent: number[] = [];
  const room = createWaitingRoom(clock);
  const playlists = createLivePlaylists({
    clock,
    room,
    onSent: (_, count) => sent.push(count),
  });
  return {
    room,
    sent,
    find: (query: string) => playlists.find(query, station, follower),
    add(segment: number, part: number) {
      window.add(
        {
          segment,
          part,
          startTicks: segment * 180_000 + part * 45_000,
          durationTicks: 45_000,
          frameCount: 15,
          isIndependent: part === 0,
          isLast: part === 3,
        },
        Buffer.alloc(1),
        0,
      );
      change.resolve();
      change = Promise.withResolvers();
    },
    async passes(milliseconds: number) {
      await settled();
      nowMs += milliseconds;
      for (const { untilMs, wake } of sleeping) if (untilMs <= nowMs) wake();
      await settled();
    },
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function take(held: Buffer | HeldAnswer | null) {
  assert.ok(held !== null && !Buffer.isBuffer(held), 'the playlist is not there yet');
  const result: { answer?: WholeAnswer; problem?: unknown; leave(): void } = { leave: () => {} };
  result.leave = held.take(
    (answer) => {
      result.answer = answer;
    },
    (problem) => {
      result.problem = problem;
    },
  );
  return result;
}

const NEXT = '_HLS_msn=10&_HLS_part=1';

test('what is there is answered at once, with its head', () => {
  const { find, add, sent } = createScene();
  add(10, 0);
  const answer = find('_HLS_msn=10&_HLS_part=0');
  assert.ok(Buffer.isBuffer(answer));
  const [head = '', text = ''] = answer.toString().split('\r\n\r\n');
  assert.match(head, /^HTTP\/1.1 200 OK\r\n/);
  assert.match(head, new RegExp(`Content-Length: ${text.length}\r\n`));
  assert.match(text, /^#EXTM3U\n/);
  assert.deepEqual(sent, [1]);
});

test('all who wait for a part get the same bytes once it is there, those who left none', async () => {
  const { find, add, room, sent } = createScene();
  add(10, 0);
  const viewers = [take(find(NEXT)), take(find(`${NEXT}&CMCD=x`)), take(find(NEXT))];
  assert.equal(room.count(), 3);
  viewers[2]?.leave();
  await settled();
  add(10, 1);
  await settled();
  assert.ok(viewers[0]?.answer !== undefined);
  assert.equal(viewers[1]?.answer, viewers[0].answer);
  assert.equal(viewers[2]?.answer, undefined);
  assert.deepEqual([sent, room.count()], [[2], 0]);
});

test('a delta waits apart from the whole', async () => {
  const { find, add, sent } = createScene();
  add(10, 0);
  const [whole, delta] = [take(find(NEXT)), take(find(`${NEXT}&_HLS_skip=YES`))];
  await settled();
  add(10, 1);
  await settled();
  assert.ok(whole.answer !== undefined && delta.answer !== undefined);
  assert.deepEqual(sent, [1, 1]);
});

test('who waits for three target durations is told that nothing comes', async () => {
  const { find, add, passes, room } = createScene();
  add(10, 0);
  const viewer = take(find(NEXT));
  await passes(3 * SEGMENT_MS);
  assert.match(String(viewer.problem), /The next part of the broadcast/);
  assert.equal(room.count(), 0);
});

test('what may not be asked is refused', () => {
  const { find, add } = createScene();
  add(10, 0);
  assert.throws(() => find('_HLS_part=1'), /without _HLS_msn/);
  assert.throws(() => find('_HLS_msn=99'), /beyond the last segment/);
});
