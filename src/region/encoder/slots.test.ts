import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configSchema } from '#contract/config.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import { createSlots } from './slots.ts';

/** A world whose snapshot scales regions as given. */
function fakeWorld() {
  let snapshot: WorldSnapshot | undefined;
  const listeners = new Set<(snapshot: WorldSnapshot) => void>();
  return {
    current: () => snapshot,
    onChange(listener: (snapshot: WorldSnapshot) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    listeners,
    scale(counts: Readonly<Record<string, number>>) {
      const scales = Object.entries(counts).map(([regionId, count]) => ({ id: 'ord_1', regionId, count }));
      snapshot = { orders: { purges: [], restarts: [], throttles: [], scales } } as unknown as WorldSnapshot;
      for (const listener of listeners) listener(snapshot);
    },
  };
}

function slotsOf(encoderSlots: number, cores: number) {
  const config = configSchema.parse({ limits: { encoderSlots } });
  const [region] = config.regions;
  assert.ok(region !== undefined);
  const world = fakeWorld();
  return { world, regionId: region.id, slots: createSlots({ config, region, world }, cores) };
}

test('an encoder takes as many jobs as configured until its region is scaled, and then no more than it has cores', () => {
  const { slots, regionId, world } = slotsOf(2, 4);
  assert.deepEqual([slots.now(), slots.most], [2, 4]);
  world.scale({ [regionId]: 3 });
  assert.equal(slots.now(), 3);
  world.scale({ [regionId]: 9 });
  assert.equal(slots.now(), 4);
  world.scale({ elsewhere: 1 });
  assert.equal(slots.now(), 2);
});

test('a node that is configured to encode nothing is not ordered to', () => {
  const { slots, regionId, world } = slotsOf(0, 4);
  world.scale({ [regionId]: 3 });
  assert.deepEqual([slots.now(), slots.most], [0, 0]);
});

test('whoever waits for a free slot hears of another number, and of nothing else', async () => {
  const { slots, regionId, world } = slotsOf(1, 4);
  let heard = 0;
  const waiting = slots.changed().then(() => {
    heard += 1;
  });
  world.scale({ elsewhere: 3 });
  await Promise.resolve();
  assert.equal(heard, 0);
  world.scale({ [regionId]: 2 });
  await waiting;
  assert.equal(heard, 1);
  slots.stop();
  assert.equal(world.listeners.size, 0);
});
