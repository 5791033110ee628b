// The promise of an acknowledgement (law 7): when the last byte is here, the source goes into the store of this
// region and of a second one, both fsynced, with the record beside it and a note for control. Only then does the
// client hear that its upload is finished. Repeats are harmless.

import type { AssetRecord } from '#contract/media.ts';
import { sourceKey } from '../shared/keys.ts';
import type { NodeContext } from '../shared/node-context.ts';
import type { Outbox } from '../shared/outbox.ts';
import { keepRecord } from '../shared/records.ts';
import { keepSource } from './keep-source.ts';
import { createReplicaPump, type ReplicaPump } from './replica-pump.ts';
import type { Spool, UploadInfo } from './spool.ts';

export interface Committer {
  /** Begins to copy an upload elsewhere while it arrives. */
  begin(info: UploadInfo): void;
  advance(id: string, offset: number): void;
  /** Finishes an upload; resolves to the regions that hold it. Concurrent calls share one run. */
  commit(info: UploadInfo): Promise<readonly string[]>;
  /**
   * Sees to it that the bytes of an unfinished upload are in the spool. They have left for the store where a commit broke
   * off between the two, and come back from there. False: they are nowhere, and nothing was promised.
   */
  recover(info: UploadInfo): Promise<boolean>;
  drop(id: string): void;
  stop(): void;
}

/** The asset that an upload becomes, or whose next version it is. */
export const assetOf = (info: UploadInfo): string => info.replaces?.assetId ?? info.id;

/** Where its bytes go in the store. */
const keyOf = (info: UploadInfo): string =>
  sourceKey(info.projectId, assetOf(info), info.replaces?.version ?? 1);

/** Creates the committer of one ingest. */
export function createCommitter(context: NodeContext, spool: Spool, outbox: Outbox<AssetRecord>): Committer {
  const pumps = new Map<string, ReplicaPump>();
  const running = new Map<string, Promise<readonly string[]>>();
  const finished = context.metrics.counter('ingest_uploads_finished_total', 'Uploads acknowledged');
  const degraded = context.metrics.counter(
    'ingest_uploads_degraded_total',
    'Uploads acknowledged with one copy, because no other region answered',
  );

  function pumpOf(info: UploadInfo): ReplicaPump {
    let pump = pumps.get(info.id);
    if (pump === undefined) {
      pump = createReplicaPump(context, {
        id: info.id,
        bytes: info.bytes,
        dataPath: spool.dataPath(info.id),
      });
      pumps.set(info.id, pump);
    }
    return pump;
  }

  function recordOf(info: UploadInfo, sha256: string, regionIds: readonly string[]): AssetRecord {
    return {
      formatVersion: 1,
      projectId: info.projectId,
      assetId: assetOf(info),
      version: info.replaces?.version ?? 1,
      revision: 0,
      name: info.fileName,
      visibility: info.visibility,
      ...(info.priority === undefined ? {} : { priority: info.priority }),
      ...(info.preset === undefined ? {} : { preset: info.preset }),
      isDeleted: false,
      createdAtMs: info.createdAtMs,
      source: {
        bytes: info.bytes,
        sha256,
        fileName: info.fileName,
        contentType: info.contentType,
        regionIds: [...regionIds],
      },
    };
  }

  async function run(info: UploadInfo): Promise<readonly string[]> {
    const hashing = spool.sha256(info);
    const own = context.region.id;
    const [sha256, , second] = await Promise.all([
      hashing,
      // Our disk writes while the other region does.
      spool.sync(info.id),
      hashing.then((hash) =>
        pumpOf(info).finish((regionId) => recordOf(info, hash, [own, regionId]), hashing),
      ),
    ]);
    const regionIds = second === null ? [own] : [own, second];
    const record = recordOf(info, sha256, regionIds);
    const key = keyOf(info);
    const path = spool.dataPath(info.id);
    if (info.replaces === undefined) {
      await context.store.adoptFile(key, path, { sha256, isHashed: true });
      await keepRecord(context.store, record);
    } else {
      // A new version has no record of its own: that of the asset names what is served.
      await keepSource(context.store, key, path, sha256);
    }
    await outbox.add(record);
    await spool.markFinished(info, regionIds);
    pumps.get(info.id)?.stop();
    pumps.delete(info.id);
    finished.value += 1;
    if (second === null) {
      degraded.value += 1;
      context.log.warn(
        { assetId: info.id },
        'an upload was acknowledged with one copy: no other region answered',
      );
    }
    return regionIds;
  }

  return {
    begin: (info) => void pumpOf(info),
    advance: (id, offset) => pumps.get(id)?.advance(offset),
    commit(info) {
      if (info.finished !== null) return Promise.resolve(info.finished.regionIds);
      let commit = running.get(info.id);
      if (commit === undefined) {
        commit = run(info).finally(() => running.delete(info.id));
        running.set(info.id, commit);
      }
      return commit;
    },
    async recover(info) {
      await running.get(info.id)?.catch(() => undefined);
      if ((await spool.info(info.id))?.finished !== null || (await spool.hasBytes(info.id))) return true;
      const kept = await context.store.stream(keyOf(info));
      if (kept === undefined) return false;
      await spool.refill(info.id, kept.body);
      return true;
    },
    drop(id) {
      pumps.get(id)?.stop();
      pumps.delete(id);
    },
    stop() {
      for (const pump of pumps.values()) pump.stop();
      pumps.clear();
    },
  };
}
