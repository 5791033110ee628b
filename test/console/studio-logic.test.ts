// What the studio concludes and says, without a browser: figures from statistics, failures in words.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureError } from '../../console/src/studio/publish-error.ts';
import { figuresBetween, readStatistics } from '../../console/src/studio/sending-figures.ts';

const statistics = (seconds: number, lost: number): Record<string, unknown>[] => [
  { type: 'outbound-rtp', kind: 'audio', bytesSent: seconds * 4_000, packetsSent: seconds * 50 },
  {
    type: 'outbound-rtp',
    kind: 'video',
    bytesSent: seconds * 246_000,
    packetsSent: seconds * 150,
    framesEncoded: seconds * 30,
    frameWidth: 1_280,
    frameHeight: 720,
    qualityLimitationReason: seconds > 5 ? 'bandwidth' : 'none',
  },
  { type: 'remote-inbound-rtp', kind: 'video', packetsLost: lost },
  { type: 'remote-inbound-rtp', kind: 'audio', packetsLost: -1 },
  { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.042 },
  { type: 'candidate-pair', nominated: false, currentRoundTripTime: 9 },
  { type: 'codec' },
];

test('figures are what was sent between two readings, of both tracks together', () => {
  const before = readStatistics(statistics(4, 10), 40_000);
  const after = readStatistics(statistics(6, 30), 42_000);
  assert.deepEqual(figuresBetween(before, after), {
    bitrateBps: 2_000_000,
    framesPerSecond: 30,
    lostShare: 0.05,
    width: 1_280,
    height: 720,
    roundTripMs: 42,
    limit: 'bandwidth',
  });
});

test('statistics that say nothing, or begin anew, never give nonsense', () => {
  const nothing = readStatistics([], 0);
  assert.equal(figuresBetween(nothing, nothing), undefined);
  const later = readStatistics([{ type: 'outbound-rtp', kind: 'video' }], 1_000);
  const figures = figuresBetween(readStatistics(statistics(4, 10), 0), later);
  assert.deepEqual(
    [figures?.bitrateBps, figures?.framesPerSecond, figures?.lostShare, figures?.width],
    [0, 0, 0, null],
  );
});

for (const [name, source, message, action] of [
  ['NotAllowedError', 'camera', /may not use the camera/, /Allow both/],
  ['NotAllowedError', 'screen', /No screen was shared/, /Choose a screen/],
  ['NotFoundError', 'camera', /no camera or no microphone/, /Connect one/],
  ['NotReadableError', 'camera', /cannot be opened/, /Close the program/],
  ['OverconstrainedError', 'camera', /is gone/, /another one/],
  ['AbortError', 'camera', /cannot be taken: what happened/, /Try again/],
] as const)
  test(`${name} of the ${source} is a sentence with what to do`, () => {
    const error = captureError(new DOMException('what happened', name), source);
    assert.match(error.message, message);
    assert.match(error.action, action);
  });
