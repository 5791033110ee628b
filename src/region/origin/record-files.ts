// Brings the small files that a record names (captions, a chosen poster) into the region's store: before the record
// is kept, so that what an edge reads in a record is there. Files are named by their checksum and never change.
// Files that a newer record no longer names stay for an hour at least, for those who still watch with the older one:
// they are written anew when they lose their name, so that their age counts from then, and go with a later change.

import { createHash } from 'node:crypto';
import { FILE_BODY_BYTES_MAX } from '#contract/limits.ts';
import type { AssetRecord } from '#contract/media.ts';
import { nodeRoutes } from '#contract/node-api.ts';
import { readBody } from '#platform/http/node-transport.ts';
import { fileKey, filesPrefix } from '../shared/keys.ts';
import type { NodeContext } from '../shared/node-context.ts';
import { FEED_TIMEOUT_MS } from './limits.ts';

const answerSchema = nodeRoutes['GET /node/v1/assets/{assetId}/files/{sha256}'].response;
/** How long a file that nobody names any more is kept. */
const UNNAMED_MS = 3_600_000;

export interface RecordFiles {
  /**
   * Fetches what the record names and this store lacks; `previous` is the record that it replaces. Throws when control
   * does not answer.
   */
  ensure(
    record: AssetRecord,
    previous: AssetRecord | undefined,
    controlUrl: string,
    signal?: AbortSignal,
  ): Promise<void>;
}

/** Checksums of the files that a record names. */
export function namedFiles(record: AssetRecord): string[] {
  const named = (record.captions ?? []).map(({ sha256 }) => sha256);
  return record.poster === undefined ? named : [...named, record.poster.sha256];
}

/** Creates the keeper of a region's files. */
export function createRecordFiles(
  context: Pick<NodeContext, 'clock' | 'log' | 'store' | 'transport'>,
): RecordFiles {
  const { clock, log, store, transport } = context;

  async function fetchFile(
    { projectId, assetId }: AssetRecord,
    sha256: string,
    controlUrl: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const response = await transport.request({
      method: 'GET',
      url: `${controlUrl}/node/v1/assets/${assetId}/files/${sha256}`,
      headersTimeoutMs: FEED_TIMEOUT_MS,
      ...(signal === undefined ? {} : { signal }),
    });
    const body = await readBody(response.body, FILE_BODY_BYTES_MAX);
    // Control has a newer record by now, which is on its way.
    if (response.status === 404) return;
    if (response.status !== 200) throw new Error(`control answered ${response.status} to a file`);
    const { base64 } = answerSchema.parse(JSON.parse(body.toString('utf8')));
    const bytes = Buffer.from(base64, 'base64');
    if (createHash('sha256').update(bytes).digest('hex') !== sha256)
      throw new Error(`the file ${sha256} of ${assetId} arrived damaged`);
    await store.put(fileKey(projectId, assetId, sha256), bytes, { sha256 });
  }

  /** Lets files that have just lost their name grow old from now on, and removes those that lost it long ago. */
  async function dropUnnamed(
    record: AssetRecord,
    named: ReadonlySet<string>,
    before: readonly string[],
  ): Promise<void> {
    const { projectId, assetId } = record;
    for (const sha256 of before.filter((name) => !named.has(name))) {
      const bytes = await store.get(fileKey(projectId, assetId, sha256));
      if (bytes !== undefined) await store.put(fileKey(projectId, assetId, sha256), bytes);
    }
    const prefix = filesPrefix(projectId, assetId);
    const keep = new Set([...named, ...before]);
    for await (const { key, modifiedAtMs } of store.list(prefix)) {
      const isOld = clock.nowMs() - modifiedAtMs > UNNAMED_MS;
      if (isOld && !keep.has(key.slice(prefix.length))) await store.delete(key);
    }
  }

  return {
    async ensure(record, previous, controlUrl, signal) {
      const named = new Set(namedFiles(record));
      const before = previous === undefined ? [] : namedFiles(previous);
      // A tombstone takes everything away; most assets have no files, and cost no look into the store.
      if (record.isDeleted || named.size + before.length === 0) return;
      for (const sha256 of named) {
        const key = fileKey(record.projectId, record.assetId, sha256);
        if ((await store.head(key)) === undefined) await fetchFile(record, sha256, controlUrl, signal);
      }
      await dropUnnamed(record, named, before).catch((error: unknown) =>
        log.info({ asset: record.assetId, error: String(error) }, 'old caption files could not be removed'),
      );
    },
  };
}
