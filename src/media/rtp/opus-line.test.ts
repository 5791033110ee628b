import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpusLine, type OpusLine, opusSamples } from './opus-line.ts';

/** 20 ms, CELT, stereo. */
const packet = Uint8Array.of(0xfc, 7, 7, 7);
/** What a packet makes of the line, as "silence silence packet". */
function push(line: OpusLine, timeMs: number): string {
  const step = line.push(packet, timeMs);
  if (step.kind === 'broken') return 'broken';
  return step.packets.map(({ data }) => (data === packet ? 'packet' : 'silence')).join(' ');
}

test('the first byte tells how long a packet is', () => {
  for (const [bytes, samples] of [
    [[0xfc], 960],
    [[0x00], 480],
    [[0x18], 2_880],
    [[0x68], 960],
    [[0x60], 480],
    [[0x80], 120],
    [[0xfd], 1_920],
    [[0xff, 3], 2_880],
    [[0xff, 63], undefined],
    [[0xff, 0], undefined],
    [[], undefined],
  ] as const)
    assert.equal(opusSamples(Uint8Array.from(bytes)), samples, `[${bytes.join(' ')}]`);
  assert.equal(opusSamples(new Uint8Array(10_000)), undefined);
});

test('packets that jitter lie one behind the other', () => {
  const line = createOpusLine();
  assert.deepEqual(
    [100, 121, 138, 165, 180].map((timeMs) => push(line, timeMs)),
    Array(5).fill('packet'),
  );
  assert.equal(line.startMs(), 100);
});

test('what is missing becomes silence, what the line has gone past is left out', () => {
  const line = createOpusLine();
  assert.deepEqual(
    [0, 20, 100, 120].map((timeMs) => push(line, timeMs)),
    ['packet', 'packet', 'silence silence silence packet', 'packet'],
  );
  assert.deepEqual(
    [105, 140].map((timeMs) => push(line, timeMs)),
    ['', 'packet'],
  );
  assert.deepEqual({ ...line.counters }, { filled: 3, dropped: 1 });
});

test('the sound never runs away from its times, however clocks differ', () => {
  for (const scale of [0.999, 1.001]) {
    const line = createOpusLine();
    let samples = 0;
    for (let index = 0; index < 30_000; index += 1) {
      const timeMs = index * 20 * scale;
      assert.ok(Math.abs(timeMs - samples / 48) < 51, `${timeMs} ms`);
      const step = line.push(packet, timeMs);
      assert.ok(step.kind === 'packets');
      samples += step.packets.reduce((sum, one) => sum + one.samples, 0);
    }
    assert.ok(line.counters.filled + line.counters.dropped > 20);
  }
});

test('after a long pause a line begins anew', () => {
  const line = createOpusLine();
  push(line, 0);
  assert.equal(push(line, 10_000), 'broken');
});
