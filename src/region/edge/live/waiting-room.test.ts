import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MeridianError } from '#contract/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type { WholeAnswer } from '../held-answer.ts';
import type { MediaCall } from '../playback.ts';
import type { RenditionFollower } from './follow-rendition.ts';
import { TOLD_PER_TURN, WAITING_MAX } from './limits.ts';
import { createWaitingRoom, type Wish } from './waiting-room.ts';

/** A room whose clock stands until it is moved, and a rendition of which one thing is there or not. */
function createScene() {
  let nowMs = 0;
  let there: Buffer | undefined;
  let change = Promise.withResolvers<void>();
  let looks = 0;
  const sleeping = new Set<() => void>();
  const clock: Clock = {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: () => new Promise((resolve) => sleeping.add(resolve)),
  };
  const room = createWaitingRoom(clock);
  const follower = { changed: () => change.promise } as unknown as RenditionFollower;
  const told: number[] = [];
  const wish = (changes: Partial<Wish<Buffer>> = {}): Wish<Buffer> => ({
    key: 'next',
    milliseconds: 1_000,
    look() {
      looks += 1;
      return there;
    },
    onTold: (_, count) => told.push(count),
    ...changes,
  });
  return {
    room,
    follower,
    told,
    looks: () => looks,
    take(changes?: Partial<Wish<Buffer>>) {
      const held = room.hold(follower, wish(changes));
      const taken: { answer?: WholeAnswer; problem?: unknown; leave?: (() => void) | undefined } = {};
      taken.leave = held?.take(
        (answer) => {
          taken.answer = answer;
        },
        (problem) => {
          taken.problem = problem;
        },
      );
      return taken;
    },
    wait() {
      const response = new EventEmitter();
      const call = { response } as unknown as MediaCall;
      return { response, answer: room.wait(call, follower, 1_000, () => there) };
    },
    async comes(bytes: Buffer) {
      there = bytes;
      change.resolve();
      change = Promise.withResolvers();
      await nextTurn();
    },
    async passes(milliseconds: number) {
      nowMs += milliseconds;
      for (const wake of sleeping) wake();
      sleeping.clear();
      await nextTurn();
    },
  };
}

const codeOf = (error: unknown): unknown => (error instanceof MeridianError ? error.code : error);

test('those with one wish are looked for once, and told once; who left is not', async () => {
  const { room, take, comes, told, looks } = createScene();
  const takers = [take(), take(), take()];
  assert.equal(room.count(), 3);
  takers[2]?.leave?.();
  takers[2]?.leave?.();
  assert.equal(room.count(), 2);
  const bytes = Buffer.from('x');
  await comes(bytes);
  assert.deepEqual(
    takers.map(({ answer }) => answer),
    [bytes, bytes, undefined],
  );
  assert.deepEqual([told, looks(), room.count()], [[2], 1, 0]);
});

test('a wish that all have left is forgotten, and may be had again', async () => {
  const { room, take, comes, passes, looks } = createScene();
  take().leave?.();
  await passes(250);
  assert.deepEqual([looks(), room.count()], [0, 0]);
  const taker = take();
  await comes(Buffer.from('x'));
  assert.ok(taker.answer !== undefined);
});

test('a wish that is refused is refused to all, and one that does not come true ends', async () => {
  const { room, take, passes } = createScene();
  const refused = take({
    key: 'never',
    look() {
      throw new MeridianError('not_found', { what: 'such part' });
    },
  });
  const late = take();
  await passes(250);
  assert.deepEqual([codeOf(refused.problem), late.problem], ['not_found', undefined]);
  await passes(750);
  assert.deepEqual([codeOf(late.problem), room.count()], ['unavailable', 0]);
});

test('many are told in turns of the loop', async () => {
  const { room, take, comes } = createScene();
  const takers = Array.from({ length: TOLD_PER_TURN + 1 }, () => take());
  await comes(Buffer.from('x'));
  assert.deepEqual([takers.at(-2)?.answer !== undefined, takers.at(-1)?.answer], [true, undefined]);
  await nextTurn();
  assert.ok(takers.at(-1)?.answer !== undefined);
  assert.equal(room.count(), 0);
});

test('a request that waits is answered, refused in time, or forgotten when its viewer hangs up', async () => {
  const { room, wait, comes, passes } = createScene();
  const [gone, late] = [wait(), wait()];
  assert.equal(room.count(), 2);
  gone.response.emit('close');
  await assert.rejects(gone.answer, (error) => codeOf(error) === 'unavailable');
  assert.equal(room.count(), 1);
  const refused = assert.rejects(late.answer, (error) => codeOf(error) === 'unavailable');
  await passes(1_000);
  await refused;
  const answered = wait();
  await comes(Buffer.from('x'));
  assert.equal(String(await answered.answer), 'x');
  assert.deepEqual([room.count(), answered.response.listenerCount('close')], [0, 0]);
});

test('a full room takes nobody', async () => {
  const { room, take, wait, passes } = createScene();
  for (let count = 0; count < WAITING_MAX; count += 1) take();
  assert.equal(take().leave, undefined);
  await assert.rejects(wait().answer, (error) => codeOf(error) === 'overloaded');
  await passes(1_000);
  for (let turn = 0; room.count() > 0 && turn < WAITING_MAX; turn += 1) await nextTurn();
  assert.equal(room.count(), 0);
});
