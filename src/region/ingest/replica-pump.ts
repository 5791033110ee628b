// Sends an upload's bytes to a second region while they still arrive, reading them back from the spool (they are in
// the page cache), so that little is left to copy when the last byte is here. When that region stops answering the
// next one is tried from its own offset; when none answers the upload goes on with one copy, visibly.

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { distanceKm } from '#base/geo.ts';
import type { AssetRecord } from '#contract/media.ts';
import { PEER_UPLOADS_PREFIX, SHA256_HEADER } from '#contract/peer-api.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import { readBody } from '#platform/http/node-transport.ts';
import type { NodeContext } from '../shared/node-context.ts';
import { REPLICA_ANSWER_MS_MAX, REPLICA_CHUNK_BYTES, REPLICA_RETRY_MS } from './limits.ts';

/** Carries the asset record (JSON, base64url) with the last bytes. */
export const RECORD_HEADER = 'meridian-record';

interface Peer {
  readonly regionId: string;
  readonly nodeUrl: string;
}

export interface ReplicaPump {
  /** Tells that the spool now holds this many bytes. */
  advance(offset: number): void;
  /** Sends the rest with the record; resolves to the region that holds a fsynced copy, or null when none answers. */
  finish(record: (regionId: string) => AssetRecord, sha256: Promise<string>): Promise<string | null>;
  stop(): void;
}

/** Ingest nodes of other regions, alive ones first, then the nearest. */
export function replicaPeers(context: NodeContext, snapshot: WorldSnapshot | undefined): readonly Peer[] {
  const probes = context.probes.results();
  const places = new Map(snapshot?.regions.map((region) => [region.id, region]));
  return (snapshot?.nodes ?? [])
    .filter((node) => node.regionId !== context.region.id && node.roles.includes('ingest'))
    .filter((node) => snapshot?.sites.find((site) => site.id === node.siteId)?.state !== 'down')
    .map((node) => {
      const place = places.get(node.regionId);
      const failures = probes.get(node.siteId)?.failures ?? 0;
      return {
        regionId: node.regionId,
        nodeUrl: node.nodeUrl,
        rank: (failures > 0 ? 1e6 : 0) + (place === undefined ? 1e5 : distanceKm(context.region, place)),
      };
    })
    .sort((left, right) => left.rank - right.rank);
}

/** Creates the pump of one upload and opens its connection at once. */
export function createReplicaPump(
  context: NodeContext,
  upload: { id: string; bytes: number; dataPath: string },
): ReplicaPump {
  const stopping = new AbortController();
  const failed = new Set<string>();
  let available = 0;
  let sent = 0;
  let peer: Peer | undefined;
  let changed = Promise.withResolvers<void>();
  const finishing = Promise.withResolvers<void>();
  let isFinishing = false;

  const url = (to: Peer, query: string): string => `${to.nodeUrl}${PEER_UPLOADS_PREFIX}${upload.id}?${query}`;

  /** Picks the next region and asks how much of the upload it has. */
  async function choosePeer(): Promise<Peer | undefined> {
    for (const candidate of replicaPeers(context, context.world.current())) {
      if (failed.has(candidate.regionId)) continue;
      try {
        const response = await context.transport.request({
          method: 'HEAD',
          url: url(candidate, ''),
          signal: stopping.signal,
          headersTimeoutMs: REPLICA_ANSWER_MS_MAX,
        });
        response.body.resume();
        if (response.status !== 200 && response.status !== 404) throw new Error(`status ${response.status}`);
        const offset = response.status === 200 ? Number(response.headers['upload-offset'] ?? 0) : 0;
        // Our disk may have lost bytes that went there before the power failed: what comes now overwrites them.
        sent = Math.min(offset, available);
        return candidate;
      } catch (error) {
        note(candidate, error);
      }
    }
    return undefined;
  }

  function note(to: Peer, error: unknown): void {
    failed.add(to.regionId);
    if (!stopping.signal.aborted)
      context.log.warn(
        { uploadId: upload.id, regionId: to.regionId, error: String(error) },
        'a region did not take the copy of an upload',
      );
  }

  async function send(
    to: Peer,
    end: number,
    last: { record: AssetRecord; sha256: string } | null,
  ): Promise<void> {
    const body =
      end > sent ? createReadStream(upload.dataPath, { start: sent, end: end - 1 }) : Readable.from([]);
    const response = await context.transport.request({
      method: 'PATCH',
      url: url(to, `offset=${sent}&bytes=${upload.bytes}${last === null ? '' : '&last=1'}`),
      headers: {
        'content-length': String(end - sent),
        ...(last === null
          ? {}
          : {
              [SHA256_HEADER]: last.sha256,
              [RECORD_HEADER]: Buffer.from(JSON.stringify(last.record)).toString('base64url'),
            }),
      },
      body,
      signal: stopping.signal,
      // The answer comes after the body has crossed the link and reached the disk there.
      headersTimeoutMs: REPLICA_ANSWER_MS_MAX + Math.ceil((end - sent) / 1_000),
    });
    const answer = await readBody(response.body, 65_536);
    if (response.status !== 200)
      throw new Error(`status ${response.status}: ${answer.toString('utf8').slice(0, 300)}`);
    sent = end;
  }

  /** Copies while the upload runs; ends when it is finishing. */
  async function pump(): Promise<void> {
    while (!isFinishing && !stopping.signal.aborted) {
      peer ??= await choosePeer();
      if (peer === undefined) {
        failed.clear();
        // Not woken by arriving bytes: without another region each of them would start the search again.
        const pause = context.clock.sleep(REPLICA_RETRY_MS, stopping.signal).catch(() => undefined);
        await Promise.race([finishing.promise, pause]);
      } else if (available - sent > 0) {
        const to = peer;
        await send(to, Math.min(available, sent + REPLICA_CHUNK_BYTES), null).catch((error: unknown) => {
          note(to, error);
          peer = undefined;
        });
      } else {
        changed = Promise.withResolvers();
        if (available <= sent && !isFinishing && !stopping.signal.aborted) await changed.promise;
      }
    }
  }
  const pumping = pump();

  return {
    advance(offset) {
      available = offset;
      changed.resolve();
    },
    async finish(record, sha256) {
      available = upload.bytes;
      isFinishing = true;
      finishing.resolve();
      changed.resolve();
      await pumping;
      for (;;) {
        peer ??= await choosePeer();
        if (peer === undefined) return null;
        try {
          while (upload.bytes - sent > REPLICA_CHUNK_BYTES)
            await send(peer, sent + REPLICA_CHUNK_BYTES, null);
          await send(peer, upload.bytes, { record: record(peer.regionId), sha256: await sha256 });
          return peer.regionId;
        } catch (error) {
          note(peer, error);
          peer = undefined;
        }
      }
    },
    stop() {
      stopping.abort();
      finishing.resolve();
      changed.resolve();
    },
  };
}
