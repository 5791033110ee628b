// Sources at hand for helpers: one that takes chunk after chunk of a video fetches it from another region once. Where
// the region itself holds the source on disk there is nothing to copy. A copy that nobody uses is kept for a while,
// since the next chunk comes within seconds, and a bounded number of them.

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AssetRecord } from '#contract/media.ts';
import type { Clock } from '#platform/clock.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { sourceKey } from '../shared/keys.ts';
import { IDLE_SOURCES_MAX, SOURCE_KEPT_MS } from './limits.ts';
import type { PeerMedia } from './peer-media.ts';
import { openSource } from './source.ts';

export interface OpenedSource {
  readonly path: string;
  /** The caller needs it no more. */
  release(): void;
}

export interface SourceCache {
  open(record: AssetRecord, signal: AbortSignal): Promise<OpenedSource>;
  /** SHA-256 of the sources that were copied. */
  copies(): string[];
  /** Removes all copies; whoever still reads one has been stopped before. */
  stop(): Promise<void>;
}

interface Copy {
  readonly directory: string;
  readonly path: Promise<string>;
  isReady: boolean;
  users: number;
  idleSinceMs: number;
}

export interface SourceCacheDependencies {
  readonly store: ObjectStore;
  readonly peers: PeerMedia;
  readonly clock: Clock;
  readonly regionId: string;
  /** Where copies lie. */
  readonly directory: string;
}

/** Creates the cache. */
export function createSourceCache(dependencies: SourceCacheDependencies): SourceCache {
  const { store, clock, directory } = dependencies;
  const copies = new Map<string, Copy>();
  const stopping = new AbortController();
  let made = 0;

  function drop(sha256: string, copy: Copy): void {
    if (copies.get(sha256) === copy) copies.delete(sha256);
    rm(copy.directory, { recursive: true, force: true }).catch(() => undefined);
  }

  function evict(): void {
    const idle = [...copies]
      .filter(([, { users }]) => users === 0)
      .sort(([, left], [, right]) => left.idleSinceMs - right.idleSinceMs);
    const nowMs = clock.monotonicMs();
    for (const [index, [sha256, copy]] of idle.entries())
      if (nowMs - copy.idleSinceMs >= SOURCE_KEPT_MS || idle.length - index > IDLE_SOURCES_MAX)
        drop(sha256, copy);
  }

  function start(record: AssetRecord): Copy {
    made += 1;
    const own = join(directory, `${record.source.sha256}-${made}`);
    const path = mkdir(own, { recursive: true, mode: 0o700 }).then(() =>
      openSource(record, own, dependencies, stopping.signal),
    );
    const copy: Copy = { directory: own, path, isReady: false, users: 0, idleSinceMs: 0 };
    path.then(
      () => {
        copy.isReady = true;
      },
      () => drop(record.source.sha256, copy),
    );
    return copy;
  }

  return {
    async open(record, signal) {
      const { projectId, assetId, version, source } = record;
      const key = sourceKey(projectId, assetId, version);
      const info = await store.head(key);
      const local = info?.bytes === source.bytes ? store.localPath(key) : undefined;
      if (local !== undefined) return { path: local, release: () => {} };
      const copy = copies.get(source.sha256) ?? start(record);
      copies.set(source.sha256, copy);
      copy.users += 1;
      let isReleased = false;
      const release = (): void => {
        if (isReleased) return;
        isReleased = true;
        copy.users -= 1;
        copy.idleSinceMs = clock.monotonicMs();
        evict();
        clock.sleep(SOURCE_KEPT_MS, stopping.signal).then(evict, () => undefined);
      };
      try {
        const aborted = Promise.withResolvers<never>();
        const abort = (): void => aborted.reject(signal.reason);
        signal.throwIfAborted();
        signal.addEventListener('abort', abort, { once: true });
        const path = await Promise.race([copy.path, aborted.promise]).finally(() =>
          signal.removeEventListener('abort', abort),
        );
        return { path, release };
      } catch (error) {
        release();
        throw error;
      }
    },
    copies: () => [...copies].filter(([, { isReady }]) => isReady).map(([sha256]) => sha256),
    async stop() {
      stopping.abort();
      copies.clear();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
