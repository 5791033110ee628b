import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CATCH_UP_BUFFER_MS, CATCH_UP_RATE, STALL_SETS_BACK_MS } from '#core/playback/catch-up.ts';
import { initialLivePlayback, restartedLivePlayback, stepLivePlayback } from './live-playback.ts';
import type { LivePlayback } from './live-playback-state.ts';
import { livePositionMs, moveLivePlayhead, syncPositionMs } from './live-playhead.ts';
import type { Presentation } from './presentation.ts';
import type { LivePlaylist } from './read-live-playlist.ts';

const EDGE_MS = 100_000;
const HOLD_BACK_MS = 1_000;
const PIECE_MS = 250;

const PRESENTATION: Presentation = {
  levels: [
    { key: '0', bandwidthBps: 500_000, averageBandwidthBps: 500_000, height: 360, playlists: new Map() },
  ],
  audio: undefined,
  pathwayIds: ['a'],
  preferred: 'a',
  steeringUrl: undefined,
};

const PLAYLIST: LivePlaylist = {
  pieces: [
    {
      segment: 1,
      part: 0,
      isLast: false,
      uri: '1.0.m4s',
      startMs: EDGE_MS - PIECE_MS,
      durationMs: PIECE_MS,
      isIndependent: true,
      isGap: false,
    },
  ],
  initUri: undefined,
  targetMs: 2_000,
  pieceMs: PIECE_MS,
  holdBackMs: HOLD_BACK_MS,
  isEnded: false,
  nextQuery: undefined,
};

/** A picture that moves so far behind the edge, with so much loaded, at the moment when the playlist came. */
function playingAt(
  behindEdgeMs: number,
  bufferedMs: number,
  change: Partial<LivePlayback> = {},
): LivePlayback {
  const fresh = initialLivePlayback(PRESENTATION, { startedAtMs: 0, throughputBps: 1, firstId: 1 }, 0);
  const anchorMs = EDGE_MS - behindEdgeMs;
  const main = { ...fresh.main, playlist: PLAYLIST, next: { segment: 1, part: 1 } };
  return {
    ...fresh,
    condition: 'playing',
    startupMs: 1,
    anchorMs,
    main: { ...main, endMs: anchorMs + bufferedMs },
    ...change,
  };
}

const nobody = (): string => '';
const rateOf = (state: LivePlayback): number => moveLivePlayhead(state, 0, nobody).rate;

test('a virtual viewer catches up by the steps and bounds of the player', () => {
  const behind = (behindMs: number, rate = 1): number =>
    rateOf(playingAt(HOLD_BACK_MS + behindMs, 900, { rate }));
  assert.deepEqual([behind(-100), behind(60), behind(61), behind(200)], [1, 1, 1.05, 1.05]);
  assert.equal(behind(201), CATCH_UP_RATE);
  assert.deepEqual([behind(10, 1.05), behind(0, 1.05)], [1.05, 1]);
  assert.equal(behind(7_000), 1, 'a viewer who went back is left there');
  assert.equal(rateOf(playingAt(HOLD_BACK_MS + 500, CATCH_UP_BUFFER_MS - 1)), 1, 'with too little loaded');
});

test('each stall that is seen sets the aim back, up to a segment; a new start forgets them', () => {
  const aimOf = (state: LivePlayback): number => EDGE_MS - syncPositionMs(state, 0);
  const ran = playingAt(1_500, 300);
  const stopped = moveLivePlayhead(ran, 300, nobody);
  assert.equal(stopped.condition, 'stalled');
  const loaded = { ...stopped, main: { ...stopped.main, endMs: EDGE_MS } };
  assert.equal(moveLivePlayhead(loaded, 350, nobody).setbacks, 0, 'nobody sees 80 ms');
  const resumed = moveLivePlayhead(loaded, 800, nobody);
  assert.deepEqual([resumed.condition, resumed.setbacks], ['playing', 1]);
  assert.equal(aimOf(resumed), HOLD_BACK_MS + STALL_SETS_BACK_MS);
  assert.equal(aimOf({ ...resumed, setbacks: 50 }), HOLD_BACK_MS + PLAYLIST.targetMs);
  assert.equal(restartedLivePlayback(resumed, PRESENTATION, 900).setbacks, 0);
  // Behind the old aim and not behind the new one.
  assert.equal(rateOf(playingAt(HOLD_BACK_MS + 150, 900)), 1.05);
  assert.equal(rateOf(playingAt(HOLD_BACK_MS + 150, 900, { setbacks: 1 })), 1);
});

test('the edge of a playlist that has stopped growing is not guessed on for long', () => {
  const state = playingAt(HOLD_BACK_MS, 900);
  const freshMs = 3 * PIECE_MS;
  assert.equal(syncPositionMs(state, freshMs) - syncPositionMs(state, 0), freshMs);
  assert.equal(syncPositionMs(state, freshMs + 5_000), syncPositionMs(state, freshMs));
});

test('a viewer who hurries looks at its rate as often as a browser tells the position, and ends at the aim', () => {
  let state = playingAt(HOLD_BACK_MS + 70, 5_000);
  let nowMs = 0;
  while (nowMs < 3_000) {
    const step = stepLivePlayback(state, { type: 'wake' }, nowMs, () => undefined);
    state = step.state;
    if (state.rate === 1) break;
    const afterMs = step.wakeAtMs - nowMs;
    assert.ok(afterMs > 0 && afterMs <= 250, `it looks again after ${afterMs} ms`);
    nowMs = step.wakeAtMs;
  }
  const behindMs = EDGE_MS + nowMs - HOLD_BACK_MS - livePositionMs(state, nowMs);
  assert.ok(nowMs >= 1_400 && behindMs <= 0 && behindMs > -20, `${behindMs} ms behind after ${nowMs} ms`);
});
