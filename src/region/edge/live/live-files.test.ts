// Segments that are asked for by the clock, before the edge has them.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { MeridianError } from '#contract/errors.ts';
import { createPartGrid } from '#media/cmaf/part-grid.ts';
import type { Clock } from '#platform/clock.ts';
import type { ObjectGate } from '../asset-gates.ts';
import type { EdgeCounters } from '../counters.ts';
import type { ObjectCache } from '../object-cache.ts';
import type { MediaCall } from '../playback.ts';
import type { Viewers } from '../viewers.ts';
import type { RenditionFollower } from './follow-rendition.ts';
import { createLiveFiles } from './live-files.ts';
import type { LiveStation } from './live-station.ts';
import { LiveWindow } from './live-window.ts';
import { createWindowWaiter } from './wait-for-window.ts';

const SEGMENT_MS = 2_000;

/** An edge that has segment 10 whole, of parts that are told by hand; its clock stands until it is moved. */
function createScene() {
  let nowMs = 0;
  const sleeping: { readonly untilMs: number; readonly wake: () => void }[] = [];
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: (milliseconds) =>
      new Promise((resolve) => sleeping.push({ untilMs: nowMs + milliseconds, wake: resolve })),
  };
  const rendition = { id: 'v720', kind: 'video', timescale: 90_000, partTargetTicks: 90_000 } as const;
  const window = new LiveWindow({
    rendition: { ...rendition, codecs: '', bandwidthBps: 1, averageBandwidthBps: 1, initSha256: '' },
    grid: createPartGrid({
      ...{ anchorMs: 0, segmentDurationMs: SEGMENT_MS, partsPerSegment: 2 },
      ...{ timescale: 90_000, frameTicks: 3_000 },
    }),
    segmentDurationMs: SEGMENT_MS,
    dvrWindowMs: 60_000,
  });
  let change = Promise.withResolvers<void>();
  const changes = (): void => {
    change.resolve();
    change = Promise.withResolvers();
  };
  const follower = { window, changed: () => change.promise } as unknown as RenditionFollower;
  const station = {
    record: { settings: { segmentDurationMs: SEGMENT_MS } },
    isStale: () => false,
  } as unknown as LiveStation;
  const waiter = createWindowWaiter(clock);
  const files = createLiveFiles({
    ...{ clock, waiter, cache: {} as ObjectCache, viewers: {} as Viewers },
    counters: { bytesSent: { value: 0 } } as unknown as EdgeCounters,
    gateOf: () => ({ isPublic: true, sent: { value: 0 } }) as unknown as ObjectGate,
  });
  const add = (segment: number, part: number): void => {
    const startTicks = segment * 180_000 + part * 90_000;
    const place = { segment, part, startTicks, durationTicks: 90_000, isLast: part === 1 };
    window.add(
      { ...place, frameCount: 30, isIndependent: part === 0 },
      Buffer.from(`${segment}.${part} `),
      10,
    );
    changes();
  };
  add(10, 0);
  add(10, 1);
  return {
    waiter,
    add,
    end() {
      window.end();
      changes();
    },
    passes(milliseconds: number) {
      nowMs += milliseconds;
      for (const { untilMs, wake } of sleeping) if (untilMs <= nowMs) wake();
    },
    /** Asks for a segment; resolves to what was sent, or to the code of the error. */
    async ask(segment: number): Promise<string> {
      let text = '';
      const response = Object.assign(new EventEmitter(), {
        ...{ destroyed: false, writeHead: () => undefined, end: () => undefined },
        write(data: Buffer) {
          text += data.toString();
        },
      });
      const call = { path: '/x', request: {}, response } as unknown as MediaCall;
      try {
        await files.serveSegment(call, station, follower, segment);
      } catch (error) {
        if (error instanceof MeridianError) return error.code;
        throw error;
      }
      return text;
    },
  };
}

test('the segment that comes next is waited for, and sent part by part', async () => {
  const { ask, add, waiter } = createScene();
  const answers = [ask(11), ask(12)];
  assert.equal(waiter.count(), 2);
  for (const [segment, part] of [
    [11, 0],
    [11, 1],
    [12, 0],
    [12, 1],
  ] as const) {
    add(segment, part);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(await Promise.all(answers), ['11.0 11.1 ', '12.0 12.1 ']);
  assert.equal(waiter.count(), 0);
});

test('segments that nobody makes now are not there', async () => {
  const { ask, waiter } = createScene();
  assert.deepEqual([await ask(13), await ask(9)], ['not_found', 'not_found']);
  assert.equal(waiter.count(), 0);
});

test('who waits is told of the end, and after three segments that nothing comes', async () => {
  const ended = createScene();
  const last = ended.ask(11);
  ended.end();
  assert.equal(await last, 'not_found');
  const silent = createScene();
  const never = silent.ask(11);
  silent.passes(3 * SEGMENT_MS);
  assert.equal(await never, 'unavailable');
});
