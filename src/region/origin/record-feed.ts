// Pulls changed asset records from control at each beat and applies them. The cursor lies on disk, so that a
// restart goes on where it was; a region whose store is empty begins anew. Control may be away for a day.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RECORD_PAGE_MAX } from '#contract/limits.ts';
import type { AssetRecord } from '#contract/media.ts';
import { nodeRoutes } from '#contract/node-api.ts';
import { runEvery } from '#platform/clock.ts';
import { writeFileDurably } from '#platform/disk.ts';
import { readBody } from '#platform/http/node-transport.ts';
import type { NodeContext } from '../shared/node-context.ts';
import { APPLY_PARALLEL, BEAT_MS_DEFAULT, FEED_TIMEOUT_MS, PAGES_PER_BEAT } from './limits.ts';
import type { RecordBook } from './record-book.ts';
import { createRecordFiles } from './record-files.ts';

const pageSchema = nodeRoutes['GET /node/v1/records'].response;
/** A full page of records, about 1 kB each or RECORD_PAGE_BYTES_MAX together, with room to spare. */
const PAGE_BYTES_MAX = RECORD_PAGE_MAX * 8_192;

export interface RecordFeed {
  /** Runs until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Pulls once; returns how many records came. Throws when control does not answer. */
  pull(signal?: AbortSignal): Promise<number>;
}

/** Creates the feed of a node. */
export function createRecordFeed(context: NodeContext, book: RecordBook): RecordFeed {
  const { clock, log, transport, world, store, dataDirectory } = context;
  const files = createRecordFiles(context);
  const file = join(dataDirectory, 'records-cursor.json');
  let cursor: number | undefined;
  let isAway = false;

  async function loadCursor(): Promise<number> {
    for await (const _ of store.list('')) {
      try {
        const saved: unknown = JSON.parse(await readFile(file, 'utf8'));
        if (typeof saved === 'number' && Number.isSafeInteger(saved) && saved >= 0) return saved;
      } catch {
        // No cursor, or a damaged one: applying a record twice does no harm.
      }
      return 0;
    }
    return 0;
  }

  async function saveCursor(value: number): Promise<void> {
    await writeFileDurably(file, JSON.stringify(value));
    cursor = value;
  }

  /** Applies records, each after the files that it names; a file that did not come holds up the cursor alone. */
  async function applyAll(
    records: readonly AssetRecord[],
    controlUrl: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const queue = [...records];
    let missing: unknown;
    const work = async (): Promise<void> => {
      for (let record = queue.shift(); record !== undefined; record = queue.shift()) {
        const previous = await book.get(record.projectId, record.assetId);
        await files.ensure(record, previous, controlUrl, signal).catch((error: unknown) => {
          missing ??= error;
        });
        await book.apply(record);
      }
    };
    await Promise.all(Array.from({ length: APPLY_PARALLEL }, work));
    if (missing !== undefined) throw missing;
  }

  async function pullPage(controlUrl: string, signal?: AbortSignal): Promise<number> {
    cursor ??= await loadCursor();
    const response = await transport.request({
      method: 'GET',
      url: `${controlUrl}/node/v1/records?after=${cursor}&limit=${RECORD_PAGE_MAX}`,
      headersTimeoutMs: FEED_TIMEOUT_MS,
      ...(signal === undefined ? {} : { signal }),
    });
    const body = await readBody(response.body, PAGE_BYTES_MAX);
    if (response.status !== 200) throw new Error(`control answered ${response.status}`);
    const page = pageSchema.parse(JSON.parse(body.toString('utf8')));
    await applyAll(page.records, controlUrl, signal);
    if (page.cursor !== cursor) await saveCursor(page.cursor);
    return page.records.length;
  }

  async function pull(signal?: AbortSignal): Promise<number> {
    const controlUrl = world.current()?.controlUrl;
    if (controlUrl === undefined) return 0;
    let total = 0;
    for (let page = 0; page < PAGES_PER_BEAT; page += 1) {
      const count = await pullPage(controlUrl, signal);
      total += count;
      if (count < RECORD_PAGE_MAX) break;
    }
    return total;
  }

  return {
    pull,
    async run(signal) {
      const beatMs = (): number => world.current()?.policies.beatMs ?? BEAT_MS_DEFAULT;
      await runEvery(clock, beatMs, signal, async () => {
        try {
          await pull(signal);
          if (isAway) log.info({}, 'changed records arrive again');
          isAway = false;
        } catch (error) {
          // Said once: it heals by itself, and would be said at each beat of a day.
          if (!isAway && !signal.aborted)
            log.warn({ error: String(error) }, 'changed records cannot be fetched; what is known holds');
          isAway = true;
        }
      });
    },
  };
}
