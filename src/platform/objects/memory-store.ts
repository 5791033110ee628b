// An object store in memory, for tests of whatever stands on the port. It keeps the port's promises, can be small
// on purpose (`capacityBytes`), and has no local paths, so that callers show that they can do without.

import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { MeridianError } from '#contract/errors.ts';
import { checkKey, checkPrefix, checkSha256, clampRange } from './object-keys.ts';
import type { ObjectInfo, ObjectStore } from './object-store.ts';

export interface MemoryStoreOptions {
  /** Bytes that fit in all; past it a put is MeridianError('storage_full'). Default: unlimited. */
  readonly capacityBytes?: number;
  readonly nowMs?: () => number;
}

interface Kept {
  readonly body: Buffer;
  readonly modifiedAtMs: number;
}

/** Creates an empty store. */
export function createMemoryStore(options: MemoryStoreOptions = {}): ObjectStore {
  const { capacityBytes, nowMs = () => 0 } = options;
  const objects = new Map<string, Kept>();

  function freeBytes(): number | undefined {
    if (capacityBytes === undefined) return undefined;
    let used = 0;
    for (const { body } of objects.values()) used += body.length;
    return capacityBytes - used;
  }

  function infoOf(key: string, kept: Kept): ObjectInfo {
    return { key, bytes: kept.body.length, modifiedAtMs: kept.modifiedAtMs };
  }

  const store: ObjectStore = {
    async put(key, body, putOptions = {}) {
      checkKey(key);
      const chunks: Buffer[] = [];
      if (Buffer.isBuffer(body)) chunks.push(Buffer.from(body));
      else for await (const chunk of body) chunks.push(Buffer.from(chunk));
      const whole = Buffer.concat(chunks);
      const sha256 = createHash('sha256').update(whole).digest('hex');
      checkSha256(sha256, putOptions.sha256);
      const room = freeBytes();
      if (room !== undefined && whole.length > room + (objects.get(key)?.body.length ?? 0))
        throw new MeridianError('storage_full', { where: 'the memory store' });
      objects.set(key, { body: whole, modifiedAtMs: nowMs() });
      return { bytes: whole.length, sha256 };
    },
    async get(key, range) {
      checkKey(key);
      const kept = objects.get(key);
      if (kept === undefined) return undefined;
      const { start, count } = clampRange(range, kept.body.length);
      return Buffer.from(kept.body.subarray(start, start + count));
    },
    async stream(key, range) {
      const body = await store.get(key, range);
      const kept = objects.get(key);
      if (body === undefined || kept === undefined) return undefined;
      return { body: Readable.from(body.length === 0 ? [] : [body]), info: infoOf(key, kept) };
    },
    async head(key) {
      checkKey(key);
      const kept = objects.get(key);
      return kept === undefined ? undefined : infoOf(key, kept);
    },
    async *list(prefix) {
      checkPrefix(prefix);
      for (const key of [...objects.keys()].filter((name) => name.startsWith(prefix)).sort()) {
        const kept = objects.get(key);
        if (kept !== undefined) yield infoOf(key, kept);
      }
    },
    async delete(key) {
      checkKey(key);
      objects.delete(key);
    },
    async adoptFile(key, path, putOptions) {
      checkKey(key);
      const put = await store.put(key, await readFile(path), putOptions);
      await rm(path);
      return put;
    },
    localPath: () => undefined,
    freeBytes: async () => freeBytes(),
  };
  return store;
}
