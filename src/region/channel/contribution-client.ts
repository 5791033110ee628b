// Brings a broadcast's contribution to its channel, wherever the publisher is. Requests are held at all ingests at once,
// the expected ones first; the first that has something new is followed. A link that breaks is taken up again after the
// last record, so that nothing is lost while the ingest still holds it. While the publisher is away from one ingest, the
// others are asked too, since it may come back elsewhere.

import type { BroadcastRecord, ContributionHead } from '#contract/live.ts';
import type { ContributionRecord } from '#media/contribution/record.ts';
import type { NodeContext } from '../shared/node-context.ts';
import {
  type ContributionLink,
  type ContributionPosition,
  type IngestNode,
  openContribution,
} from './contribution-link.ts';
import { CONTRIBUTION_RETRY_MS, INGESTS_ASKED_MAX } from './limits.ts';

export interface ContributionHandler {
  /** A link begins. `isContinued`: its records follow those before; else media begins anew with a key frame. */
  onHead(head: ContributionHead, node: IngestNode, isContinued: boolean): void;
  /** Every record but timelines and heartbeats, once. */
  onRecord(record: ContributionRecord): void;
  /** Records are missing before the next one. */
  onCut(): void;
  /** The link broke; others are tried. */
  onLost(node: IngestNode, error: unknown): void;
}

export interface ContributionClientOptions {
  readonly context: Pick<NodeContext, 'clock' | 'log' | 'transport' | 'world'>;
  /** As known now. */
  readonly broadcast: () => BroadcastRecord;
  readonly handler: ContributionHandler;
}

/** Follows a contribution until it ends; rejects when the signal aborts. */
export async function followContribution(
  options: ContributionClientOptions,
  signal: AbortSignal,
): Promise<void> {
  const { handler } = options;
  let position: ContributionPosition | undefined;

  /** Hands on what is new; true at the end of the broadcast. */
  function deliver(link: ContributionLink, record: ContributionRecord): boolean {
    const { session } = link.head;
    const last = position?.session === session ? position.sequence : undefined;
    if (record.kind === 'timeline' || record.kind === 'heartbeat') return false;
    if (record.sequence > 0 && last !== undefined) {
      if (record.sequence <= last) return false;
      if (record.sequence > last + 1) handler.onCut();
    }
    const isMedia = record.kind === 'video' || record.kind === 'audio';
    const lastUs = position?.lastUs ?? 0;
    if (record.sequence > 0)
      position = {
        session,
        sequence: record.sequence,
        lastUs: isMedia ? Math.max(lastUs, record.dtsUs) : lastUs,
      };
    handler.onRecord(record);
    return record.kind === 'end';
  }

  /** Follows one link to its end; answers with the next one when the publisher is found elsewhere. */
  async function follow(link: ContributionLink): Promise<ContributionLink | 'ended' | 'lost'> {
    const isContinued = position?.session === link.head.session;
    handler.onHead(link.head, link.node, isContinued);
    let search: Search | undefined;
    let moved: ContributionLink | undefined;
    let isHandling = false;
    try {
      for await (const records of link.records) {
        for (const record of records) {
          isHandling = true;
          if (deliver(link, record)) return 'ended';
          isHandling = false;
          if (record.kind === 'interruption')
            search ??= searchIngests(
              options,
              link.node.id,
              () => position,
              signal,
              (found) => {
                moved = found;
                link.close();
              },
            );
          else if (record.kind === 'video' || record.kind === 'audio') {
            search?.stop();
            search = undefined;
          }
        }
      }
      return moved ?? 'lost';
    } catch (error) {
      signal.throwIfAborted();
      // What the channel cannot do with a record is no matter of the link.
      if (isHandling) throw error;
      if (moved !== undefined) return moved;
      handler.onLost(link.node, error);
      return 'lost';
    } finally {
      search?.stop();
      link.close();
    }
  }

  let next: ContributionLink | 'lost' = 'lost';
  for (;;) {
    if (next === 'lost') next = await findIngest(options, () => position, signal);
    const result: ContributionLink | 'ended' | 'lost' = await follow(next);
    if (result === 'ended') return;
    next = result;
  }
}

interface Search {
  stop(): void;
}

/** The first ingest that has something new. */
function findIngest(
  options: ContributionClientOptions,
  position: () => ContributionPosition | undefined,
  signal: AbortSignal,
): Promise<ContributionLink> {
  const { promise, resolve, reject } = Promise.withResolvers<ContributionLink>();
  const onAbort = (): void => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  const search = searchIngests(options, undefined, position, signal, resolve);
  return promise.finally(() => {
    signal.removeEventListener('abort', onAbort);
    search.stop();
  });
}

/** Asks all ingests but one, again and again, until one has something new or nobody wants to know any more. */
function searchIngests(
  options: ContributionClientOptions,
  exceptNodeId: string | undefined,
  position: () => ContributionPosition | undefined,
  signal: AbortSignal,
  onFound: (link: ContributionLink) => void,
): Search {
  const { clock, log, transport } = options.context;
  const stopping = new AbortController();
  const asking = new Set<string>();
  let isOver = false;

  function stop(): void {
    isOver = true;
    stopping.abort();
  }

  async function ask(node: IngestNode): Promise<void> {
    const { projectId, broadcastId } = options.broadcast();
    // A link that is found outlives the search.
    const own = new AbortController();
    const giveUp = (): void => own.abort();
    stopping.signal.addEventListener('abort', giveUp);
    try {
      const both = AbortSignal.any([signal, own.signal]);
      const link = await openContribution(transport, node, `${projectId}/${broadcastId}`, position(), both);
      if (link === undefined) return;
      if (isOver) return link.close();
      isOver = true;
      stopping.signal.removeEventListener('abort', giveUp);
      stopping.abort();
      onFound(link);
    } finally {
      stopping.signal.removeEventListener('abort', giveUp);
    }
  }

  async function keepAsking(): Promise<void> {
    while (!isOver && !signal.aborted) {
      for (const node of expectedIngests(options, exceptNodeId)) {
        if (asking.has(node.id)) continue;
        asking.add(node.id);
        ask(node)
          .catch((error: unknown) => {
            if (!isOver && !signal.aborted)
              log.debug({ node: node.id, error: String(error) }, 'an ingest does not answer for a broadcast');
          })
          .finally(() => asking.delete(node.id));
      }
      await clock.sleep(CONTRIBUTION_RETRY_MS, stopping.signal).catch(() => undefined);
    }
  }

  void keepAsking();
  return { stop };
}

/** Ingests in the order of the schedule, then all others. */
function expectedIngests(options: ContributionClientOptions, exceptNodeId: string | undefined): IngestNode[] {
  const nodes = options.context.world.current()?.nodes ?? [];
  const { ingestNodeIds } = options.broadcast().schedule;
  const rank = (id: string): number => {
    const place = ingestNodeIds.indexOf(id);
    return place < 0 ? ingestNodeIds.length : place;
  };
  return nodes
    .filter(({ id, roles }) => roles.includes('ingest') && id !== exceptNodeId)
    .sort((left, right) => rank(left.id) - rank(right.id))
    .slice(0, INGESTS_ASKED_MAX);
}
