import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MeridianError } from '#contract/errors.ts';
import { createMemoryStore } from '../objects/memory-store.ts';
import { createFaultyStore } from './faulty-store.ts';

const body = Buffer.from('body');

test('a full disk refuses writes, still reads, and has no room', async () => {
  const store = createFaultyStore(createMemoryStore({ capacityBytes: 1_000 }), { seed: 1 });
  await store.put('a', body);
  store.setFaults([{ kind: 'disk_full' }]);
  await assert.rejects(
    store.put('b', body),
    (error) => error instanceof MeridianError && error.code === 'storage_full',
  );
  assert.deepEqual(await store.get('a'), body);
  assert.equal(await store.freeBytes(), 0);
  store.setFaults([]);
  await store.put('b', body);
  assert.equal(await store.freeBytes(), 992);
});

test('a slow disk waits before each operation', async () => {
  const waits: number[] = [];
  const store = createFaultyStore(createMemoryStore(), {
    seed: 1,
    faults: [{ kind: 'disk_slow', delayMs: 30 }],
    sleep: async (milliseconds) => waits.push(milliseconds),
  });
  await store.put('a', body);
  await store.head('a');
  for await (const _ of store.list('')) await store.delete('a');
  assert.deepEqual(waits, [30, 30, 30, 30]);
});

test('a broken disk fails with the given probability, the same way for the same seed', async () => {
  async function failures(): Promise<string> {
    const store = createFaultyStore(createMemoryStore(), {
      seed: 7,
      faults: [{ kind: 'disk_error', probability: 0.3 }],
    });
    let pattern = '';
    for (let index = 0; index < 200; index += 1)
      pattern += await store.get('a').then(
        () => '.',
        (error: NodeJS.ErrnoException) => (error.code === 'EIO' ? 'x' : '?'),
      );
    return pattern;
  }
  const first = await failures();
  assert.equal(await failures(), first);
  const count = first.replaceAll('.', '').length;
  assert.ok(count > 40 && count < 80, `${count} of 200 failed`);
  assert.ok(!first.includes('?'));
});
