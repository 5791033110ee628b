import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { gop, init } from '#media/cmaf/box-fixture.ts';
import { CmafError } from '#media/cmaf/cmaf-error.ts';
import { systemClock } from '#platform/clock.ts';
import { createMemoryStore } from '#platform/objects/memory-store.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { MediaWriter } from '../shared/media-writer.ts';
import { packageOutput } from './package-output.ts';

const GRID = { timelineStartMs: 10_000, segmentDurationMs: 2_000 };

function writerOn(store: ObjectStore): MediaWriter {
  return new MediaWriter({
    store,
    clock: systemClock,
    place: { projectId: 'default', assetId: 'ast_01jd0000000000000000000000', version: 1, attempt: 1 },
    regionId: 'dublin',
    ...GRID,
    durationMs: 60_000,
    renditions: [{ id: 'v720', kind: 'video', bitrateBps: 1, maxBitrateBps: 1 }],
    signal: new AbortController().signal,
  });
}

test('a store that takes its time holds up the encoder instead of filling memory', async () => {
  const store = createMemoryStore();
  const entered = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const slow: ObjectStore = {
    ...store,
    put: async (key, body, options) => {
      if (key.endsWith('/open/0.m4s')) {
        entered.resolve();
        await release.promise;
      }
      return store.put(key, body, options);
    },
    delete: (key) => store.delete(key),
  };
  let taken = 0;
  const chunks = (function* () {
    yield init();
    for (let index = 0; index < 50; index += 1) {
      taken += 1;
      yield gop(900_000 + index * 180_000, 60, 3_000);
    }
  })();
  const writer = writerOn(slow);
  const running = packageOutput('v720', Readable.from(chunks, { highWaterMark: 1 }), writer, GRID, () => {});
  await entered.promise;
  const takenWhileBlocked = taken;
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(takenWhileBlocked <= 4 && taken <= 4, `${taken} fragments were taken while the store was busy`);
  release.resolve();
  await running;
  assert.equal(taken, 50);
  assert.equal(writer.frameCount('v720'), 3_000);
});

test('an output that breaks off is an error', async () => {
  const output = Readable.from([init(), gop(900_000, 60, 3_000).subarray(0, 200)]);
  await assert.rejects(
    packageOutput('v720', output, writerOn(createMemoryStore()), GRID, () => {}),
    (error: unknown) => error instanceof CmafError && error.kind === 'truncated',
  );
});
