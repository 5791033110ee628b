import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LatencyHistogram } from './latency-histogram.ts';
import { initialLivePlayback, stepLivePlayback } from './live-playback.ts';
import type { LivePlayback } from './live-playback-state.ts';
import { liveEndMs, livePositionMs } from './live-playhead.ts';
import type { PlaybackEffect } from './playback.ts';
import type { Content, Presentation } from './presentation.ts';
import { readLivePlaylist } from './read-live-playlist.ts';

const START_MS = Date.parse('2026-01-01T00:00:00.000Z');

/** A playlist of 2 s segments whose last one is open with so many parts of 500 ms. */
function playlistText(first: number, count: number, open: number, hasDates = true): string {
  const lines = [
    '#EXTM3U',
    '#EXT-X-TARGETDURATION:2',
    '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5',
    '#EXT-X-PART-INF:PART-TARGET=0.5',
    `#EXT-X-MEDIA-SEQUENCE:${first}`,
    '#EXT-X-MAP:URI="init.mp4"',
  ];
  for (let number = first; number <= first + count; number += 1) {
    const isOpen = number === first + count;
    if (hasDates) lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(START_MS + number * 2_000).toISOString()}`);
    for (let part = 0; part < (isOpen ? open : 4); part += 1)
      lines.push(
        `#EXT-X-PART:DURATION=0.5,URI="${number}.${part}.m4s"${part === 0 ? ',INDEPENDENT=YES' : ''}`,
      );
    if (!isOpen) lines.push('#EXTINF:2,', `${number}.m4s`);
  }
  return lines.join('\n');
}

const PRESENTATION: Presentation = {
  levels: [
    {
      key: '0',
      bandwidthBps: 500_000,
      averageBandwidthBps: 500_000,
      height: 360,
      playlists: new Map([['a', 'http://a/v0/index.m3u8']]),
    },
  ],
  audio: undefined,
  pathwayIds: ['a'],
  preferred: 'a',
  steeringUrl: undefined,
};

class Player {
  state: LivePlayback = initialLivePlayback(
    PRESENTATION,
    { startedAtMs: 0, throughputBps: 3_000_000, firstId: 1 },
    0,
  );
  wakeAtMs = 0;
  requests: Extract<PlaybackEffect, { type: 'request' }>[] = [];

  step(event: Parameters<typeof stepLivePlayback>[1], nowMs: number): void {
    const step = stepLivePlayback(this.state, event, nowMs, () => undefined);
    this.state = step.state;
    this.wakeAtMs = step.wakeAtMs;
    for (const effect of step.effects) if (effect.type === 'request') this.requests.push(effect);
  }

  /** Answers the newest request for an address that ends so. */
  answer(ending: string, nowMs: number, content?: Content): void {
    const asked = this.requests.findLast(({ addresses }) => addresses.get('a')?.endsWith(ending));
    assert.ok(asked, `${ending} was asked for, not ${this.urls().join(' ')}`);
    const common = {
      pathwayId: 'a',
      url: '',
      bytes: 1_000,
      startedAtMs: nowMs - 10,
      firstByteAtMs: nowMs - 5,
    };
    this.step({ type: 'loaded', id: asked.id, result: { ...common, content } }, nowMs);
  }

  urls(): string[] {
    return this.requests.map(({ addresses }) => addresses.get('a') ?? '');
  }
}

const live = (text: string): Content => {
  const playlist = readLivePlaylist(text);
  assert.ok(playlist);
  return { type: 'live', playlist };
};

test('a playlist is pieces with their times, and says what to ask for next', () => {
  const playlist = readLivePlaylist(playlistText(10, 2, 1));
  assert.equal(playlist?.pieces.length, 9);
  assert.equal(playlist.nextQuery, '_HLS_msn=12&_HLS_part=1');
  assert.equal(playlist.holdBackMs, 1_500);
  const last = playlist.pieces.at(-1);
  assert.deepEqual([last?.segment, last?.part, last?.startMs], [12, 0, START_MS + 24_000]);
  assert.equal(playlist.pieces[3]?.isLast, true);
});

test('a playlist without dates is not played, since nobody can say how old it is', () => {
  assert.equal(readLivePlaylist(playlistText(10, 2, 1, false)), undefined);
});

test('a viewer begins with an I-frame before the hold-back and reloads by blocking requests', () => {
  const player = new Player();
  player.step({ type: 'wake' }, 0);
  player.answer('index.m3u8', 20, live(playlistText(10, 2, 1)));
  // The edge is at 24.5 s, the hold-back 1.5 s: 23 s is in segment 11, which begins with its part 0.
  assert.deepEqual(player.urls().slice(1), [
    'http://a/v0/index.m3u8?_HLS_msn=12&_HLS_part=1',
    'http://a/v0/init.mp4',
  ]);
  assert.equal(player.requests[1]?.heldMs, 500);
  player.answer('init.mp4', 30);
  for (const part of ['11.0', '11.1']) player.answer(`${part}.m4s`, 40);
  assert.equal(player.state.condition, 'starting');
  player.answer('11.2.m4s', 50);
  assert.equal(player.state.condition, 'playing');
  // The playlist was five milliseconds old when all of it was there.
  assert.equal(livePositionMs(player.state, 80), START_MS + 23_005);
  assert.equal(player.state.startupMs, 80);
});

test('a viewer who fell behind plays faster, and one whose next part is gone jumps to the edge', () => {
  const player = new Player();
  player.step({ type: 'wake' }, 0);
  player.answer('index.m3u8', 20, live(playlistText(10, 2, 1)));
  player.answer('init.mp4', 30);
  for (const part of ['11.0', '11.1', '11.2', '11.3', '12.0']) player.answer(`${part}.m4s`, 40);
  // The buffer ends 1.5 s later; the next part comes a second too late.
  player.step({ type: 'wake' }, 2_600);
  assert.equal(player.state.condition, 'stalled');
  player.answer('_HLS_msn=12&_HLS_part=1', 2_600, live(playlistText(11, 2, 2)));
  for (const part of ['12.1', '12.2', '12.3', '13.0', '13.1']) player.answer(`${part}.m4s`, 2_610);
  assert.equal(player.state.condition, 'playing');
  assert.equal(player.state.stalls.length, 1);
  player.step({ type: 'wake' }, 2_700);
  assert.ok(player.state.rate > 1 && player.state.rate <= 1.1, `rate ${player.state.rate}`);
  player.answer('_HLS_msn=13&_HLS_part=2', 2_710, live(playlistText(30, 2, 1)));
  assert.equal(player.state.jumps, 1);
  assert.ok(player.urls().at(-1)?.endsWith('/31.0.m4s'), player.urls().at(-1));
  player.answer('31.0.m4s', 2_720);
  assert.equal(liveEndMs(player.state), START_MS + 62_500);
});

test('a viewer without held reloads sleeps while one is under way, and asks again half a segment later', () => {
  const player = new Player();
  const plain = playlistText(10, 2, 1).replace('CAN-BLOCK-RELOAD=YES,', '');
  player.step({ type: 'wake' }, 0);
  player.answer('index.m3u8', 20, live(plain));
  const asked = (): number => player.urls().filter((url) => url.endsWith('index.m3u8')).length;
  player.step({ type: 'wake' }, 1_000);
  assert.equal(asked(), 1);
  player.step({ type: 'wake' }, 1_020);
  assert.equal(asked(), 2);
  assert.ok(player.wakeAtMs > 1_020, 'nothing is due before the answer');
});

test('latencies are counted in buckets', () => {
  const histogram = new LatencyHistogram();
  assert.deepEqual(histogram.figures(), { samples: 0, p50Ms: 0, p95Ms: 0, maxMs: 0 });
  for (let index = 0; index < 100; index += 1) histogram.add(index < 90 ? 1_003 : 1_999);
  histogram.add(-5);
  assert.deepEqual(histogram.figures(), { samples: 101, p50Ms: 1_010, p95Ms: 2_000, maxMs: 2_000 });
});
