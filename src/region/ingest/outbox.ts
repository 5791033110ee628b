// The outbox: notes of uploads that control does not know yet. A note is on disk before the client hears that its
// upload is safe, and is removed when control has accepted the record; with control away it simply waits.

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AssetRecord } from '#contract/media.ts';
import { readJsonFile, writeFileDurably } from '#platform/disk.ts';
import { readBody } from '#platform/http/node-transport.ts';
import type { NodeContext } from '../shared/node-context.ts';
import { REGISTER_RETRY_MS_MAX, REGISTER_RETRY_MS_MIN } from './limits.ts';

/** Longest that control may take to accept one record. */
const ANSWER_MS_MAX = 5_000;

export interface Outbox {
  /** Writes a note and wakes the loop. */
  add(record: AssetRecord): Promise<void>;
  /** Sends notes until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** How many notes wait. */
  waiting(): number;
}

/** Opens the outbox in a directory. */
export function createOutbox(context: NodeContext, directory: string): Outbox {
  const notes = new Map<string, AssetRecord>();
  let wake = Promise.withResolvers<void>();
  const noteKey = (record: AssetRecord): string => `${record.assetId}-v${record.version}`;
  const notePath = (record: AssetRecord): string => join(directory, `${noteKey(record)}.json`);

  async function load(): Promise<void> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(directory)) {
      if (!name.endsWith('.json')) continue;
      const record = (await readJsonFile(join(directory, name))) as AssetRecord | undefined;
      if (record !== undefined) notes.set(noteKey(record), record);
    }
  }

  /** True when control has the record; a refusal is final and kept for people to look at. */
  async function send(record: AssetRecord): Promise<boolean> {
    const controlUrl = context.world.current()?.controlUrl;
    if (controlUrl === undefined) return false;
    try {
      const response = await context.transport.request({
        method: 'POST',
        url: `${controlUrl}/node/v1/uploads`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ record }),
        headersTimeoutMs: ANSWER_MS_MAX,
      });
      const body = await readBody(response.body, 65_536);
      if (response.status === 200) return true;
      context.log.warn(
        { assetId: record.assetId, status: response.status, answer: body.toString('utf8').slice(0, 500) },
        'control did not accept an upload',
      );
      return false;
    } catch (error) {
      context.log.debug(
        { assetId: record.assetId, error: String(error) },
        'control is away; the upload waits',
      );
      return false;
    }
  }

  async function sendAll(): Promise<boolean> {
    let isDone = true;
    for (const record of [...notes.values()]) {
      if (!(await send(record))) isDone = false;
      else {
        notes.delete(noteKey(record));
        await rm(notePath(record), { force: true });
      }
    }
    return isDone;
  }

  return {
    async add(record) {
      await writeFileDurably(notePath(record), JSON.stringify(record));
      notes.set(noteKey(record), record);
      wake.resolve();
    },
    async run(signal) {
      await load();
      let pauseMs = REGISTER_RETRY_MS_MIN;
      signal.addEventListener('abort', () => wake.resolve(), { once: true });
      while (!signal.aborted) {
        wake = Promise.withResolvers();
        if (signal.aborted) return;
        if (await sendAll()) {
          pauseMs = REGISTER_RETRY_MS_MIN;
          await wake.promise;
        } else {
          pauseMs = Math.min(REGISTER_RETRY_MS_MAX, pauseMs * 2);
          await Promise.race([wake.promise, context.clock.sleep(pauseMs, signal)]).catch(() => undefined);
        }
      }
    },
    waiting: () => notes.size,
  };
}
