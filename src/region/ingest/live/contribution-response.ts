// Serves a broadcast's records to one reader: the head, what it misses, and then everything as it comes. A reader is a
// place in the buffer and nothing else, so that a slow one costs no memory; one that the buffer runs away from is cut,
// with the reason in the log, and may come back for what there is.

import type { ServerResponse } from 'node:http';
import type { ContributionHead } from '#contract/live.ts';
import { type ContributionRecord, writeRecordHeader } from '#media/contribution/record.ts';
import type { ContributionBuffer } from './contribution-buffer.ts';

export interface ContributionReader {
  /** There is something new. */
  wake(): void;
  /** Says that the link lives. */
  heartbeat(): void;
  /** Ends the answer once everything is sent that there is. */
  finish(): void;
  /** Cuts the answer. */
  cut(): void;
}

export interface ContributionReaderOptions {
  readonly response: ServerResponse;
  readonly head: ContributionHead;
  readonly buffer: ContributionBuffer;
  /** First record that is sent. */
  readonly fromSequence: number;
  /** The buffer has run away from this reader; it has been cut. */
  onSlow(): void;
  /** Called once, however it ends. */
  onClose(): void;
}

const EMPTY = new Uint8Array(0);

/** Begins an answer. */
export function openContributionReader(options: ContributionReaderOptions): ContributionReader {
  const { response, buffer } = options;
  let next = options.fromSequence;
  let isBlocked = false;
  let isOver = false;

  function send(record: ContributionRecord): void {
    response.write(writeRecordHeader(record));
    if (record.payload.length > 0) isBlocked = !response.write(record.payload);
  }

  function sendHead(): void {
    const payload = new TextEncoder().encode(JSON.stringify(options.head));
    send({ kind: 'timeline', isKeyFrame: false, sequence: 0, dtsUs: 0, ptsOffsetUs: 0, payload });
    const entry = buffer.at(next) ?? buffer.at(buffer.lastSequence());
    for (const config of [entry?.videoConfig, entry?.audioConfig])
      if (config !== undefined && config.sequence < next) send({ ...config, sequence: 0 });
  }

  function cut(): void {
    isOver = true;
    response.destroy();
  }

  function wake(): void {
    if (isOver) return;
    if (next < buffer.firstSequence()) {
      options.onSlow();
      cut();
      return;
    }
    response.cork();
    for (; !isBlocked; next += 1) {
      const entry = buffer.at(next);
      if (entry === undefined) break;
      send(entry.record);
    }
    response.uncork();
  }

  response.once('close', () => {
    isOver = true;
    options.onClose();
  });
  response.on('error', cut);
  response.on('drain', () => {
    isBlocked = false;
    wake();
  });
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' });
  sendHead();
  wake();

  return {
    wake,
    heartbeat() {
      if (isOver || isBlocked) return;
      const dtsUs = buffer.at(buffer.lastSequence())?.record.dtsUs ?? 0;
      send({ kind: 'heartbeat', isKeyFrame: false, sequence: 0, dtsUs, ptsOffsetUs: 0, payload: EMPTY });
    },
    finish() {
      if (isOver) return;
      // What a blocked reader has not taken yet, it asks for when it comes back.
      isOver = true;
      response.end();
    },
    cut,
  };
}
