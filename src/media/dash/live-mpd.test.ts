import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LiveMpdInput, writeLiveMpd } from './live-mpd.ts';

const FIRST = 897_958_327;

const INPUT: Omit<LiveMpdInput, 'nowMs'> = {
  renditions: [
    {
      id: 'v360',
      kind: 'video',
      codecs: 'avc1.64001e',
      bandwidthBps: 700_000,
      averageBandwidthBps: 600_000,
      width: 640,
      height: 360,
      timescale: 15_360,
      frameRate: 30,
      initName: 'init-0.mp4',
    },
  ],
  pathways: [{ id: 'dublin-1', baseUrl: 'https://dublin.example/l/default/brd_1' }],
  clockUrls: ['https://dublin.example/time', 'https://oslo.example/time'],
  segmentDurationMs: 2_000,
  partDurationMs: 500,
  latencyMs: 2_500,
  dvrWindowMs: 60_000,
  firstSegment: FIRST,
};

function shiftDepth(afterFirstMs: number): number {
  const text = writeLiveMpd({ ...INPUT, nowMs: FIRST * 2_000 + afterFirstMs });
  return Number(/timeShiftBufferDepth="PT([\d.]+)S"/.exec(text)?.[1]);
}

test('the window never reaches before the first segment, nor beyond what is kept', () => {
  assert.equal(shiftDepth(1_671), 1.671);
  assert.equal(shiftDepth(30_000), 30);
  assert.equal(shiftDepth(90_000), 60);
  // An edge whose clock is a little behind that of the encoder.
  assert.equal(shiftDepth(-40), 0);
});

test('edges tell the time before the manifest does', () => {
  const text = writeLiveMpd({ ...INPUT, nowMs: 1_795_916_655_671 });
  const values = [...text.matchAll(/<UTCTiming schemeIdUri="urn:mpeg:dash:utc:([^"]+)" value="([^"]+)"/g)];
  assert.deepEqual(
    values.map(([, scheme, value]) => [scheme, value]),
    [
      ['http-xsdate:2014', 'https://dublin.example/time'],
      ['http-xsdate:2014', 'https://oslo.example/time'],
      ['direct:2014', '2026-11-29T01:44:15.671Z'],
    ],
  );
});
