// A helper's work: one chunk of a video that another node leads. What it makes stays in its own region's store until the
// leader fetches it, so that neither depends on the other's region in the middle of the work.

import type { ChunkResult, LeasedChunk } from '#contract/jobs.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { chunkPackKey } from '../shared/keys.ts';
import { ChunkPacks, makeChunk } from './make-chunk.ts';
import type { SourceCache } from './source-cache.ts';

export interface HelpDependencies {
  readonly engine: Engine;
  readonly store: ObjectStore;
  readonly sources: SourceCache;
}

/** Makes a leased chunk in `directory` and reports it; what was stored of one that fails or is refused is removed. */
export async function helpWithChunk(
  chunk: LeasedChunk,
  directory: string,
  lease: { readonly signal: AbortSignal; report(share: number): void },
  { engine, store, sources }: HelpDependencies,
  complete: (result: ChunkResult) => Promise<void>,
): Promise<void> {
  const { record, attempt, fence, plan, span } = chunk;
  const { projectId, assetId, version } = record;
  const place = { projectId, assetId, version, attempt };
  const source = await sources.open(record, lease.signal);
  const keys: string[] = [];
  try {
    const packs = new ChunkPacks(store, plan.packMs, (renditionId, firstSegment) => {
      const key = chunkPackKey(place, renditionId, firstSegment, fence);
      keys.push(key);
      return key;
    });
    const { signal, report: onShare } = lease;
    await makeChunk({ engine, plan, span, inputPath: source.path, directory, sink: packs, signal, onShare });
    source.release();
    await complete(await packs.finish());
  } catch (error) {
    for (const key of keys) await store.delete(key).catch(() => undefined);
    throw error;
  } finally {
    source.release();
  }
}
