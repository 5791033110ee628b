// Makes the copies that control plans for this region: leases them, fetches what is missing or damaged from regions that
// hold it, checks every byte, and says when it is done. Everything it writes is immutable and named by attempt, so that
// a copy that goes on after its lease was lost does no harm; only who finishes is decided by the fence.
// An asset that is deleted meanwhile is left alone, and what a late write brought is removed by the next inventory.

import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MeridianError } from '#contract/errors.ts';
import type { MediaDocument } from '#contract/media.ts';
import { PEER_MEDIA_PREFIX, PEER_OBJECTS_PREFIX } from '#contract/peer-api.ts';
import type { LeasedRepair } from '#contract/storage.ts';
import { runEvery } from '#platform/clock.ts';
import { type AttemptObject, objectsOf } from '../../shared/attempt-objects.ts';
import { mediaKey, sourceKey } from '../../shared/keys.ts';
import { keepDocument, parseDocument } from '../../shared/media-store.ts';
import type { NodeContext } from '../../shared/node-context.ts';
import type { RecordBook } from '../record-book.ts';
import { checkObject } from './check-object.ts';
import type { ControlLink } from './control-link.ts';
import type { Ledger } from './ledger.ts';
import { CLAIM_EVERY_MS, COPIES_AT_ONCE, HEARTBEAT_MS } from './limits.ts';
import type { PeerFetch } from './peer-fetch.ts';

/** Objects of one copy on their way at once: hides the round trip of small ones. */
const OBJECTS_AT_ONCE = 4;

export interface CopyWorkerDependencies {
  readonly context: Pick<NodeContext, 'clock' | 'config' | 'log' | 'metrics' | 'store'>;
  readonly records: RecordBook;
  readonly ledger: Ledger;
  readonly link: ControlLink;
  readonly peers: PeerFetch;
  readonly directory: string;
  onChange(place: string): void;
}

export interface CopyWorker {
  /** Claims and copies until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Creates the worker of a node. */
export function createCopyWorker(dependencies: CopyWorkerDependencies): CopyWorker {
  const { context, records, ledger, link, peers, directory, onChange } = dependencies;
  const { clock, config, log, metrics, store } = context;
  const running = new Set<Promise<void>>();
  const made = metrics.counter('origin_copies_made_total', 'Copies of assets made for repairs');
  const failed = metrics.counter('origin_copies_failed_total', 'Copies that were given back as failed');
  const copiedBytes = metrics.counter('origin_copy_bytes_total', 'Bytes fetched for copies');
  metrics.gauge('origin_copies_running', 'Copies being made now', () => running.size);

  async function requireAlive({ record }: LeasedRepair): Promise<void> {
    if ((await records.get(record.projectId, record.assetId))?.isDeleted)
      throw new MeridianError('gone', { what: 'asset' });
  }

  /** Brings one object here unless it is here and whole; returns its bytes. */
  async function ensure(
    repair: LeasedRepair,
    object: AttemptObject,
    signal: AbortSignal,
    onBytes: (bytes: number) => void,
  ): Promise<void> {
    const { key, sha256, bytes } = object;
    const have = await checkObject(store, key, object, async () => signal.throwIfAborted());
    if (have.kind === 'good' || have.kind === 'readable') {
      onBytes((await store.head(key))?.bytes ?? 0);
      return;
    }
    const file = join(directory, `copy-${randomUUID()}`);
    try {
      const expected = {
        ...(sha256 === undefined ? {} : { sha256 }),
        ...(bytes === undefined ? {} : { bytes }),
      };
      const fetched = await peers.toFile(
        key,
        file,
        expected,
        peers.otherRegions(repair.fromRegionIds),
        signal,
      );
      await requireAlive(repair);
      await store.adoptFile(key, file, { sha256: fetched.sha256, isHashed: true });
      copiedBytes.value += fetched.bytes;
      onBytes(fetched.bytes);
    } finally {
      await rm(file, { force: true });
    }
  }

  async function copySource(repair: LeasedRepair, signal: AbortSignal, onBytes: (bytes: number) => void) {
    const { record, version, source } = repair;
    const key = sourceKey(record.projectId, record.assetId, version);
    await ensure(repair, { key, ...(source ?? {}) }, signal, onBytes);
  }

  async function copyRenditions(
    repair: LeasedRepair,
    signal: AbortSignal,
    onBytes: (bytes: number) => void,
  ): Promise<MediaDocument> {
    const { record, version, attempt } = repair;
    const place = { projectId: record.projectId, assetId: record.assetId, version, attempt };
    const document = await findDocument(repair, mediaKey(place), signal);
    await keepDocument(store, document);
    const waiting = objectsOf(document);
    const broken = new AbortController();
    const either = AbortSignal.any([signal, broken.signal]);
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        await ensure(repair, next, either, onBytes);
    };
    await Promise.all(
      Array.from({ length: OBJECTS_AT_ONCE }, () =>
        work().catch((error: unknown) => {
          waiting.length = 0;
          broken.abort(error);
        }),
      ),
    );
    broken.signal.throwIfAborted();
    return document;
  }

  async function findDocument(
    repair: LeasedRepair,
    key: string,
    signal: AbortSignal,
  ): Promise<MediaDocument> {
    for (const regionId of peers.otherRegions(repair.fromRegionIds)) {
      const bytes = await peers.toMemory(`${PEER_OBJECTS_PREFIX}${key}`, regionId, signal);
      const document = bytes === undefined ? undefined : parseDocument(bytes);
      if (document?.state === 'complete' && document.attempt === repair.attempt) return document;
    }
    throw new MeridianError('unavailable', { what: 'The media document of the asset' });
  }

  async function run(repair: LeasedRepair, stopping: AbortSignal): Promise<void> {
    const lost = new AbortController();
    const signal = AbortSignal.any([stopping, lost.signal]);
    const ended = new AbortController();
    let bytes = 0;
    const beating = runEvery(clock, HEARTBEAT_MS, AbortSignal.any([signal, ended.signal]), async () => {
      const answer = await link.heartbeat(repair, bytes, signal).catch((error: unknown) => {
        if (error instanceof MeridianError && error.status < 500) lost.abort(error);
        return undefined;
      });
      if (answer?.isCancelled) lost.abort(new Error('the copy was cancelled'));
    });
    const place = `${repair.record.projectId}/${repair.record.assetId}`;
    try {
      await records.apply(repair.record);
      await requireAlive(repair);
      const add = (count: number): void => {
        bytes += count;
      };
      const document = repair.class === 'source' ? undefined : await copyRenditions(repair, signal, add);
      if (document === undefined) await copySource(repair, signal, add);
      const { version, attempt } = repair;
      ledger.verified(place, { class: repair.class, version, attempt }, []);
      const outcome = await link.complete(repair, bytes, signal);
      made.value += 1;
      if (document !== undefined && outcome.documentRevision > document.revision) {
        const next = { ...document, holders: outcome.holders, revision: outcome.documentRevision };
        await keepDocument(store, next);
        const path = `${PEER_MEDIA_PREFIX}${place}/v${version}/a${attempt}`;
        await peers.offer(path, Buffer.from(JSON.stringify(next)), signal);
      }
      log.info({ repair: repair.id, asset: place, class: repair.class, bytes }, 'a copy was made');
    } catch (error) {
      await giveBack(repair, error, lost.signal.aborted);
    } finally {
      ended.abort();
      await beating;
      onChange(place);
    }
  }

  async function giveBack(repair: LeasedRepair, error: unknown, isLost: boolean): Promise<void> {
    if (isLost) {
      log.info({ repair: repair.id, error: String(error) }, 'a copy is no longer ours to make');
      return;
    }
    failed.value += 1;
    log.info({ repair: repair.id, error: String(error) }, 'a copy could not be made');
    const known = error instanceof MeridianError;
    const failure = {
      code: known ? error.code : 'unavailable',
      message: (known ? error.message : String(error)).slice(0, 1_000),
      isRetryable: !(known && error.code === 'gone'),
    };
    await link.fail(repair, failure, AbortSignal.timeout(1_500)).catch(() => undefined);
  }

  return {
    async run(signal) {
      await runEvery(clock, Math.min(CLAIM_EVERY_MS, config.durability.inventoryMs), signal, async () => {
        const slots = COPIES_AT_ONCE - running.size;
        if (slots <= 0) return;
        try {
          for (const repair of await link.claim(slots, signal)) {
            const work = run(repair, signal).finally(() => running.delete(work));
            running.add(work);
          }
        } catch (error) {
          log.debug({ error: String(error) }, 'control gives no copies to make; trying again');
        }
      });
      await Promise.all(running);
    },
  };
}
