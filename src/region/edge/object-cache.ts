// The memory cache of an edge: bounded in bytes, evicting by SIEVE. A hit only sets a mark, so it costs next to
// nothing; an object that nobody asks for a second time leaves early, which keeps a flood of distinct objects from
// washing out what is watched. Source: Zhang et al., "SIEVE is Simpler than LRU", NSDI 2024.

import type { CachedObject } from './cached-object.ts';
import { NEGATIVE_MAX, NEGATIVE_MS } from './limits.ts';

export interface ObjectCache {
  get(key: string): CachedObject | undefined;
  /** Whether an object with a body of that size is kept: it may take an eighth of the budget. */
  takes(bodyBytes: number): boolean;
  /** Keeps an object that is not too large, evicting others. */
  set(object: CachedObject): void;
  delete(key: string): void;
  /** Drops every object whose key is meant. */
  purge(isMeant: (key: string) => boolean): { readonly count: number; readonly bytes: number };
  bytes(): number;
  count(): number;
}

/** A single object may not push out more than this share of the others. */
const OBJECT_SHARE_MAX = 1 / 8;

/** Creates a cache that holds at most `bytesMax`. */
export function createObjectCache(bytesMax: number): ObjectCache {
  const objects = new Map<string, CachedObject>();
  let bytes = 0;
  let newest: CachedObject | null = null;
  let oldest: CachedObject | null = null;
  let hand: CachedObject | null = null;

  function remove(object: CachedObject): void {
    if (hand === object) hand = object.newer;
    if (object.newer === null) newest = object.older;
    else object.newer.older = object.older;
    if (object.older === null) oldest = object.newer;
    else object.older.newer = object.newer;
    object.newer = null;
    object.older = null;
    object.isCached = false;
    objects.delete(object.key);
    bytes -= object.bytes;
  }

  /** Moves the hand from old to new, taking away marks, until it finds an object without one. */
  function evictOne(): void {
    let candidate = hand ?? oldest;
    while (candidate?.isVisited) {
      candidate.isVisited = false;
      candidate = candidate.newer ?? oldest;
    }
    if (candidate === null) return;
    hand = candidate;
    remove(candidate);
  }

  return {
    get: (key) => objects.get(key),
    takes: (bodyBytes) => bodyBytes <= bytesMax * OBJECT_SHARE_MAX,
    set(object) {
      const existing = objects.get(object.key);
      if (existing !== undefined) remove(existing);
      if (object.bytes > bytesMax * OBJECT_SHARE_MAX) return;
      while (bytes + object.bytes > bytesMax) evictOne();
      // A replaced object was wanted before and will be again.
      object.isVisited = existing?.isVisited ?? false;
      object.isCached = true;
      object.older = newest;
      if (newest !== null) newest.newer = object;
      newest = object;
      oldest ??= object;
      objects.set(object.key, object);
      bytes += object.bytes;
    },
    delete(key) {
      const object = objects.get(key);
      if (object !== undefined) remove(object);
    },
    purge(isMeant) {
      const purged = { count: 0, bytes: 0 };
      for (const [key, object] of objects) {
        if (!isMeant(key)) continue;
        remove(object);
        purged.count += 1;
        purged.bytes += object.body.length;
      }
      return purged;
    },
    bytes: () => bytes,
    count: () => objects.size,
  };
}

export interface NegativeCache {
  has(key: string, nowMs: number): boolean;
  add(key: string, nowMs: number): void;
  count(): number;
}

/** Remembers for a moment what no origin has; the oldest are forgotten first. */
export function createNegativeCache(): NegativeCache {
  const until = new Map<string, number>();
  return {
    has(key, nowMs) {
      const untilMs = until.get(key);
      if (untilMs === undefined) return false;
      if (nowMs < untilMs) return true;
      until.delete(key);
      return false;
    },
    add(key, nowMs) {
      until.delete(key);
      until.set(key, nowMs + NEGATIVE_MS);
      if (until.size <= NEGATIVE_MAX) return;
      for (const oldest of until.keys()) {
        until.delete(oldest);
        break;
      }
    },
    count: () => until.size,
  };
}
