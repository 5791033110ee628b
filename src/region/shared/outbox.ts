// An outbox: notes for control that must not be lost, such as finished uploads and recordings. A note is on disk before
// anybody is told that what it speaks of is safe, and is removed when control has accepted it; with control away it
// simply waits.

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectoryDurably, readJsonFile, writeFileDurably } from '#platform/disk.ts';
import { readBody } from '#platform/http/node-transport.ts';
import type { NodeContext } from './node-context.ts';

/** Longest that control may take to accept one record. */
const ANSWER_MS_MAX = 5_000;
/** First and longest pause between attempts to tell control. */
const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 5_000;

/** What kind of notes an outbox holds. */
export interface OutboxNotes<Note> {
  /** Where control takes them. */
  pathOf(note: Note): string;
  bodyOf(note: Note): unknown;
  /** Tells notes apart; a later note of the same key takes the place of the earlier one. Good for a file name. */
  keyOf(note: Note): string;
  /** Answers after which a note is given up; none named: it is kept, and told again. */
  readonly finalStatuses?: readonly number[];
}

export interface Outbox<Note> {
  /** Writes a note and wakes the loop. */
  add(note: Note): Promise<void>;
  /** Sends notes until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** How many notes wait. */
  waiting(): number;
}

/** Opens the outbox in a directory. */
export function createOutbox<Note>(
  context: Pick<NodeContext, 'clock' | 'log' | 'transport' | 'world'>,
  directory: string,
  { bodyOf, finalStatuses = [], keyOf, pathOf }: OutboxNotes<Note>,
): Outbox<Note> {
  const notes = new Map<string, Note>();
  let wake = Promise.withResolvers<void>();
  const filePath = (note: Note): string => join(directory, `${keyOf(note)}.json`);

  async function load(): Promise<void> {
    await makeDirectoryDurably(directory);
    for (const name of await readdir(directory)) {
      if (!name.endsWith('.json')) continue;
      const note = (await readJsonFile(join(directory, name))) as Note | undefined;
      if (note !== undefined) notes.set(keyOf(note), note);
    }
  }

  /** True when control has the note, or will never take it. */
  async function send(note: Note): Promise<boolean> {
    const controlUrl = context.world.current()?.controlUrl;
    if (controlUrl === undefined) return false;
    try {
      const response = await context.transport.request({
        method: 'POST',
        url: `${controlUrl}${pathOf(note)}`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(bodyOf(note)),
        headersTimeoutMs: ANSWER_MS_MAX,
      });
      const body = await readBody(response.body, 65_536);
      if (response.status === 200) return true;
      context.log.warn(
        { note: keyOf(note), status: response.status, answer: body.toString('utf8').slice(0, 500) },
        'control did not accept a note',
      );
      return finalStatuses.includes(response.status);
    } catch (error) {
      context.log.debug({ note: keyOf(note), error: String(error) }, 'control is away; the note waits');
      return false;
    }
  }

  async function sendAll(): Promise<boolean> {
    let isDone = true;
    for (const note of [...notes.values()]) {
      if (!(await send(note))) isDone = false;
      else {
        notes.delete(keyOf(note));
        await rm(filePath(note), { force: true });
      }
    }
    return isDone;
  }

  return {
    async add(note) {
      await writeFileDurably(filePath(note), JSON.stringify(note));
      notes.set(keyOf(note), note);
      wake.resolve();
    },
    async run(signal) {
      await load();
      let pauseMs = RETRY_MS_MIN;
      signal.addEventListener('abort', () => wake.resolve(), { once: true });
      while (!signal.aborted) {
        wake = Promise.withResolvers();
        if (signal.aborted) return;
        if (await sendAll()) {
          pauseMs = RETRY_MS_MIN;
          await wake.promise;
        } else {
          pauseMs = Math.min(RETRY_MS_MAX, pauseMs * 2);
          await Promise.race([wake.promise, context.clock.sleep(pauseMs, signal)]).catch(() => undefined);
        }
      }
    },
    waiting: () => notes.size,
  };
}
