// Parts and segments that are asked for before the edge has them.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { MeridianError } from '#contract/errors.ts';
import { createPartGrid } from '#media/cmaf/part-grid.ts';
import type { Clock } from '#platform/clock.ts';
import type { ObjectGate } from '../asset-gates.ts';
import type { EdgeCounters } from '../counters.ts';
import type { WholeAnswer } from '../held-answer.ts';
import { createObjectCache } from '../object-cache.ts';
import type { MediaCall } from '../playback.ts';
import type { Viewers } from '../viewers.ts';
import type { RenditionFollower } from './follow-rendition.ts';
import { createLiveFiles } from './live-files.ts';
import type { LiveStation } from './live-station.ts';
import { LiveWindow } from './live-window.ts';
import { createWaitingRoom } from './waiting-room.ts';

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
  const room = createWaitingRoom(clock);
  const counters = { bytesSent: { value: 0 }, hitsOf: { immutable: { value: 0 } } };
  const files = createLiveFiles({
    ...{ clock, room, cache: createObjectCache(1_000_000), viewers: {} as Viewers },
    counters: counters as unknown as EdgeCounters,
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
    room,
    add,
    counters,
    findPart: (segment: number, part: number) =>
      files.findPart(`/l/x/${segment}.${part}.m4s`, station, follower, { segment, part }),
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

test('the part that is hinted at is one object for all who wait, and no other is waited for', async () => {
  const { add, counters, end, findPart, room } = createScene();
  add(11, 0);
  assert.deepEqual([findPart(11, 0), findPart(11, 2), findPart(12, 0)], [null, null, null]);
  const answers: WholeAnswer[] = [];
  for (let viewer = 0; viewer < 3; viewer += 1)
    findPart(11, 1)?.take(
      (answer) => answers.push(answer),
      (problem) => assert.fail(String(problem)),
    );
  assert.equal(room.count(), 3);
  add(11, 1);
  await new Promise((resolve) => setImmediate(resolve));
  const [first] = answers;
  assert.ok(first !== undefined && !Buffer.isBuffer(first));
  assert.equal(first.body.toString(), '11.1 ');
  assert.deepEqual([answers.length, new Set(answers).size, room.count()], [3, 1, 0]);
  assert.deepEqual([counters.hitsOf.immutable.value, counters.bytesSent.value], [3, 15]);

  const problems: unknown[] = [];
  findPart(12, 0)?.take(
    () => assert.fail('there is no such part'),
    (problem) => problems.push(problem),
  );
  end();
  await new Promise((resolve) => setImmediate(resolve));
  assert.match(String(problems[0]), /such part/);
});

test('the segment that comes next is waited for, and sent part by part', async () => {
  const { ask, add, room } = createScene();
  const answers = [ask(11), ask(12)];
  assert.equal(room.count(), 2);
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
  assert.equal(room.count(), 0);
});

test('segments that nobody makes now are not there', async () => {
  const { ask, room } = createScene();
  assert.deepEqual([await ask(13), await ask(9)], ['not_found', 'not_found']);
  assert.equal(room.count(), 0);
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
