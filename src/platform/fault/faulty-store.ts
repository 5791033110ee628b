// Disk faults around any object store: full, slow, broken. Reads of a full disk still work, as on a real one.

import { setTimeout as delay } from 'node:timers/promises';
import { createPrng } from '#base/prng.ts';
import { MeridianError } from '#contract/errors.ts';
import { combineDiskFaults, type DiskFault } from '#core/fault/catalogue.ts';
import type { ObjectStore } from '../objects/object-store.ts';

export interface FaultyStore extends ObjectStore {
  /** Replaces all faults. */
  setFaults(faults: readonly DiskFault[]): void;
}

export interface FaultyStoreOptions {
  readonly seed: number;
  readonly faults?: readonly DiskFault[];
  /** How to wait; tests pass their own. */
  readonly sleep?: (milliseconds: number) => Promise<unknown>;
}

/** Decorates a store with faults from the catalogue. */
export function createFaultyStore(store: ObjectStore, options: FaultyStoreOptions): FaultyStore {
  const prng = createPrng(options.seed);
  const sleep = options.sleep ?? ((milliseconds: number) => delay(milliseconds));
  let effect = combineDiskFaults(options.faults ?? []);

  async function disturb(operation: string, key: string, isWrite: boolean): Promise<void> {
    if (effect.delayMs > 0) await sleep(effect.delayMs);
    if (isWrite && effect.isFull) throw new MeridianError('storage_full', { where: 'the object store' });
    if (effect.errorProbability > 0 && prng() < effect.errorProbability)
      throw Object.assign(new Error(`EIO: i/o error, ${operation} '${key}'`), { code: 'EIO' });
  }

  return {
    setFaults(faults) {
      effect = combineDiskFaults(faults);
    },
    async put(key, body, putOptions) {
      await disturb('put', key, true);
      return store.put(key, body, putOptions);
    },
    async adoptFile(key, path, putOptions) {
      await disturb('adopt', key, true);
      return store.adoptFile(key, path, putOptions);
    },
    async get(key, range) {
      await disturb('get', key, false);
      return store.get(key, range);
    },
    async stream(key, range) {
      await disturb('stream', key, false);
      return store.stream(key, range);
    },
    async head(key) {
      await disturb('head', key, false);
      return store.head(key);
    },
    async *list(prefix) {
      await disturb('list', prefix, false);
      yield* store.list(prefix);
    },
    async delete(key) {
      await disturb('delete', key, false);
      return store.delete(key);
    },
    localPath: (key) => store.localPath(key),
    async freeBytes() {
      return effect.isFull ? 0 : store.freeBytes();
    },
  };
}
