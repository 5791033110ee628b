// Virtual lines: what they carry in a time, shared by their connections. The time is given by hand.

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { createLineClock, LINE_TICK_MS } from './line.ts';

test('a line carries its rate, shared equally, and tells when a connection is too far ahead', () => {
  mock.timers.enable({ apis: ['setInterval'] });
  try {
    let nowMs = 0;
    const clock = createLineClock(() => nowMs);
    // 100 bytes per millisecond.
    const line = clock.createLine({ bitsPerSecond: 800_000, roundTripMs: 0 });
    const got = [0, 0];
    const ended = [false, false];
    const rooms = [0, 0];
    const ends = [0, 1].map((index) =>
      line.open({
        onBytes: (bytes) => {
          got[index] = (got[index] ?? 0) + bytes;
        },
        onRoom: () => {
          rooms[index] = (rooms[index] ?? 0) + 1;
        },
        onEnd: () => {
          ended[index] = true;
        },
      }),
    );
    const pass = (milliseconds: number): void => {
      for (let passed = 0; passed < milliseconds; passed += LINE_TICK_MS) {
        nowMs += LINE_TICK_MS;
        mock.timers.tick(LINE_TICK_MS);
      }
    };
    assert.equal(ends[0]?.push(10_000), true);
    assert.equal(ends[1]?.push(70_000), false, 'more than a line may be ahead');
    ends[0]?.finish();
    pass(100);
    assert.deepEqual(got.map(Math.round), [5_000, 5_000]);
    pass(100);
    assert.deepEqual(ended, [true, false]);
    assert.ok((rooms[1] ?? 0) > 0, 'room again');
    pass(600);
    assert.ok(Math.abs((got[1] ?? 0) - 70_000) < 1, 'alone it has the whole line');
    ends[1]?.close();
    clock.stop();
  } finally {
    mock.timers.reset();
  }
});

test('a line without a rate delivers at once', () => {
  const clock = createLineClock(() => 0);
  let got = 0;
  let hasEnded = false;
  const end = clock.createLine({ bitsPerSecond: Number.POSITIVE_INFINITY, roundTripMs: 0 }).open({
    onBytes: (bytes) => {
      got += bytes;
    },
    onRoom: () => undefined,
    onEnd: () => {
      hasEnded = true;
    },
  });
  assert.equal(end.push(1_000_000), true);
  end.finish();
  assert.deepEqual([got, hasEnded], [1_000_000, true]);
  clock.stop();
});
