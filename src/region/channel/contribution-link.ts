// One connection to an ingest: the contribution of a broadcast, from its head on. An ingest answers when a publisher is
// there, or when it holds what the asker is missing; so a request is held at every ingest where a publisher may come.

import { type ContributionHead, contributionHeadSchema } from '#contract/live.ts';
import { CONTRIBUTION_PREFIX } from '#contract/peer-api.ts';
import { type ContributionRecord, createRecordReader } from '#media/contribution/record.ts';
import type { Transport } from '#platform/http/transport.ts';
import {
  CANDIDATE_BYTES_MAX,
  CONTRIBUTION_HEADERS_MS_MAX,
  CONTRIBUTION_IDLE_MS_MAX,
  CONTRIBUTION_WAIT_MS,
} from './limits.ts';

/** How far a channel has come. */
export interface ContributionPosition {
  readonly session: string;
  readonly sequence: number;
  /** Decoding time of the newest media. */
  readonly lastUs: number;
}

export interface IngestNode {
  readonly id: string;
  readonly nodeUrl: string;
}

/** An ingest that has something new. */
export interface ContributionLink {
  readonly node: IngestNode;
  readonly head: ContributionHead;
  /** What has come so far, and then what comes. */
  readonly records: AsyncIterable<readonly ContributionRecord[]>;
  close(): void;
}

/** Asks an ingest once; undefined when it has nothing new within the time that it waits. Rejects when it is away. */
export async function openContribution(
  transport: Transport,
  node: IngestNode,
  path: string,
  position: ContributionPosition | undefined,
  signal: AbortSignal,
): Promise<ContributionLink | undefined> {
  const query = new URLSearchParams({ waitMs: String(CONTRIBUTION_WAIT_MS) });
  if (position !== undefined) {
    query.set('session', position.session);
    query.set('after', String(position.sequence));
    query.set('fromUs', String(position.lastUs));
  }
  const closing = new AbortController();
  const response = await transport.request({
    method: 'GET',
    url: `${node.nodeUrl}${CONTRIBUTION_PREFIX}${path}?${query}`,
    signal: AbortSignal.any([signal, closing.signal]),
    headersTimeoutMs: CONTRIBUTION_HEADERS_MS_MAX,
    idleTimeoutMs: CONTRIBUTION_IDLE_MS_MAX,
  });
  if (response.status !== 200) {
    response.body.destroy();
    if (response.status === 404) return undefined;
    throw new Error(`${node.id} answered ${response.status}`);
  }
  const batches = readBatches(response.body);
  let head: ContributionHead | undefined;
  const kept: ContributionRecord[] = [];
  let keptBytes = 0;
  const afterUs = position?.lastUs ?? Number.NEGATIVE_INFINITY;
  for (let next = await batches.next(); next.done !== true; next = await batches.next()) {
    for (const record of next.value) {
      if (record.kind === 'timeline') head ??= parseHead(record.payload);
      kept.push(record);
      keptBytes += record.payload.length;
    }
    if (keptBytes > CANDIDATE_BYTES_MAX) break;
    if (head === undefined || !kept.some((record) => isNews(record, afterUs))) continue;
    return { node, head, records: withFirst(kept, batches), close: () => closing.abort() };
  }
  closing.abort();
  return undefined;
}

/** Whether a record brings a channel further. */
function isNews(record: ContributionRecord, afterUs: number): boolean {
  if (record.kind === 'end') return true;
  return (record.kind === 'video' || record.kind === 'audio') && record.dtsUs > afterUs;
}

function parseHead(payload: Uint8Array): ContributionHead {
  return contributionHeadSchema.parse(JSON.parse(new TextDecoder().decode(payload)));
}

async function* readBatches(body: AsyncIterable<Buffer>): AsyncGenerator<readonly ContributionRecord[]> {
  const reader = createRecordReader();
  for await (const chunk of body) yield reader.push(chunk);
}

async function* withFirst(
  first: readonly ContributionRecord[],
  rest: AsyncIterable<readonly ContributionRecord[]>,
): AsyncGenerator<readonly ContributionRecord[]> {
  yield first;
  yield* rest;
}
