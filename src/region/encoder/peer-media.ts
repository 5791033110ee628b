// What an encoder asks of other regions: the source when its own region has none, a second copy of what it made,
// and that they know of it. Nodes of a region are tried in turn; regions are tried nearest first.

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { distanceKm } from '#base/geo.ts';
import { MeridianError } from '#contract/errors.ts';
import type { MediaDocument } from '#contract/media.ts';
import { PEER_MEDIA_PREFIX, PEER_OBJECTS_PREFIX, SHA256_HEADER } from '#contract/peer-api.ts';
import type { SnapshotNode } from '#contract/snapshot.ts';
import { readBody } from '#platform/http/node-transport.ts';
import { TransportError } from '#platform/http/transport.ts';
import { type AttemptObject, objectsOf } from '../shared/attempt-objects.ts';
import type { NodeContext } from '../shared/node-context.ts';
import {
  ANSWER_BYTES_MAX,
  COPIES_IN_FLIGHT,
  PEER_HEADERS_MS_MAX,
  PEER_IDLE_MS_MAX,
  PEER_PUT_MS_MAX,
  PUSH_MS_MAX,
} from './limits.ts';

export interface PeerMedia {
  /** Streams an object of one of the regions into a file; checks length and checksum. */
  fetch(
    key: string,
    file: string,
    expected: { regionIds: readonly string[]; bytes: number; sha256: string },
    signal: AbortSignal,
  ): Promise<void>;
  /** Offers a document to every other region, best effort; resolves when all have answered or timed out. */
  push(document: MediaDocument, signal: AbortSignal): Promise<void>;
  /** Removes objects in another region, best effort: what stays behind is never read again. */
  remove(regionId: string, keys: readonly string[], signal: AbortSignal): Promise<void>;
  /** Copies everything that a complete document names to `count` more regions; returns those that hold it now. */
  replicate(document: MediaDocument, count: number, signal: AbortSignal): Promise<readonly string[]>;
}

/** Creates the peer client of this node. */
export function createPeerMedia(
  context: Pick<NodeContext, 'log' | 'probes' | 'region' | 'store' | 'transport' | 'world'>,
): PeerMedia {
  const { log, probes, region, store, transport, world } = context;

  /** Nodes of a region that keep media, alive ones first. */
  function nodesOf(regionId: string): SnapshotNode[] {
    const results = probes.results();
    const rank = (node: SnapshotNode): number =>
      (node.isAlive ? 0 : 2) + ((results.get(node.siteId)?.failures ?? 0) > 0 ? 1 : 0);
    return (world.current()?.nodes ?? [])
      .filter((node) => node.regionId === regionId && node.roles.includes('origin'))
      .sort((left, right) => rank(left) - rank(right));
  }

  /** Other regions, nearest first. */
  function otherRegions(): string[] {
    return (world.current()?.regions ?? [])
      .filter(({ id }) => id !== region.id)
      .sort((left, right) => distanceKm(region, left) - distanceKm(region, right))
      .map(({ id }) => id);
  }

  async function put(
    regionId: string,
    path: string,
    open: () => Promise<{ body: Buffer | Readable; bytes: number }>,
    sha256: string,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    let lastError: unknown = new MeridianError('unavailable', { what: `Region ${regionId}` });
    for (const node of nodesOf(regionId)) {
      const { body, bytes } = await open();
      try {
        const response = await transport.request({
          method: 'PUT',
          url: `${node.nodeUrl}${path}`,
          headers: {
            [SHA256_HEADER]: sha256,
            'content-length': String(bytes),
            'content-type': Buffer.isBuffer(body) ? 'application/json' : 'application/octet-stream',
          },
          body,
          signal,
          headersTimeoutMs: timeoutMs,
        });
        await discard(response.body);
        if (response.status >= 200 && response.status < 300) return;
        lastError = new TransportError('reset', `${node.id} answered ${response.status} to PUT ${path}`);
      } catch (error) {
        signal.throwIfAborted();
        lastError = error;
      }
    }
    throw lastError;
  }

  async function pushTo(regionId: string, document: MediaDocument, signal: AbortSignal): Promise<void> {
    const body = Buffer.from(JSON.stringify(document));
    const { projectId, assetId, version, attempt } = document;
    const path = `${PEER_MEDIA_PREFIX}${projectId}/${assetId}/v${version}/a${attempt}`;
    const sha256 = createHash('sha256').update(body).digest('hex');
    await put(regionId, path, async () => ({ body, bytes: body.length }), sha256, PUSH_MS_MAX, signal);
  }

  async function copyTo(
    regionId: string,
    objects: readonly AttemptObject[],
    signal: AbortSignal,
  ): Promise<void> {
    const waiting = [...objects];
    async function work(): Promise<void> {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        signal.throwIfAborted();
        await copyObject(regionId, next, signal);
      }
    }
    const failed = new AbortController();
    const workers = Array.from({ length: COPIES_IN_FLIGHT }, () =>
      work().catch((error: unknown) => {
        waiting.length = 0;
        failed.abort(error);
      }),
    );
    await Promise.all(workers);
    failed.signal.throwIfAborted();
  }

  async function copyObject(regionId: string, object: AttemptObject, signal: AbortSignal): Promise<void> {
    const { key } = object;
    const sha256 = object.sha256 ?? (await checksum(key));
    const open = async () => {
      const found = await store.stream(key);
      if (found === undefined) throw new MeridianError('not_found', { what: `object ${key}` });
      return { body: found.body, bytes: found.info.bytes };
    };
    await put(regionId, `${PEER_OBJECTS_PREFIX}${key}`, open, sha256, PEER_PUT_MS_MAX, signal);
  }

  async function checksum(key: string): Promise<string> {
    const found = await store.stream(key);
    if (found === undefined) throw new MeridianError('not_found', { what: `object ${key}` });
    const hash = createHash('sha256');
    for await (const chunk of found.body as AsyncIterable<Buffer>) hash.update(chunk);
    return hash.digest('hex');
  }

  return {
    async fetch(key, file, expected, signal) {
      let lastError: unknown = new MeridianError('unavailable', { what: 'The source' });
      for (const node of expected.regionIds.flatMap(nodesOf)) {
        try {
          const response = await transport.request({
            method: 'GET',
            url: `${node.nodeUrl}${PEER_OBJECTS_PREFIX}${key}`,
            signal,
            headersTimeoutMs: PEER_HEADERS_MS_MAX,
            idleTimeoutMs: PEER_IDLE_MS_MAX,
          });
          if (response.status !== 200) {
            await discard(response.body);
            lastError = new MeridianError('unavailable', { what: `The source at ${node.id}` });
            continue;
          }
          await receive(response.body, file, expected, signal);
          return;
        } catch (error) {
          signal.throwIfAborted();
          if (error instanceof MeridianError && error.code === 'storage_full') throw error;
          lastError = error;
        }
      }
      throw lastError;
    },
    async push(document, signal) {
      await Promise.all(
        otherRegions().map((regionId) =>
          pushTo(regionId, document, signal).catch((error: unknown) => {
            if (!signal.aborted)
              log.info({ region: regionId, error: String(error) }, 'a region did not take a media document');
          }),
        ),
      );
    },
    async remove(regionId, keys, signal) {
      const node = nodesOf(regionId)[0];
      if (node === undefined) return;
      for (const key of keys) {
        try {
          const response = await transport.request({
            method: 'DELETE',
            url: `${node.nodeUrl}${PEER_OBJECTS_PREFIX}${key}`,
            signal,
            headersTimeoutMs: PEER_HEADERS_MS_MAX,
          });
          await discard(response.body);
        } catch (error) {
          signal.throwIfAborted();
          // The region is away, and with it the rest of the list.
          log.info(
            { region: regionId, error: String(error) },
            'packs that were fetched could not be removed',
          );
          return;
        }
      }
    },
    async replicate(document, count, signal) {
      const objects = objectsOf(document);
      const copies: string[] = [];
      for (const regionId of otherRegions()) {
        if (copies.length >= count) break;
        try {
          await copyTo(regionId, objects, signal);
          copies.push(regionId);
        } catch (error) {
          signal.throwIfAborted();
          log.warn({ region: regionId, error: String(error) }, 'a region did not take a copy');
        }
      }
      return copies;
    },
  };
}

/** Reads what a peer still says, so that the connection can be used again. */
async function discard(body: Readable): Promise<void> {
  await readBody(body, ANSWER_BYTES_MAX).catch(() => undefined);
}

async function receive(
  body: Readable,
  file: string,
  expected: { bytes: number; sha256: string },
  signal: AbortSignal,
): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      hash.update(chunk);
      done(bytes > expected.bytes ? new Error('the object is larger than announced') : null, chunk);
    },
  });
  await pipeline(body, measure, createWriteStream(file, { mode: 0o600 }), { signal });
  if (bytes !== expected.bytes || hash.digest('hex') !== expected.sha256)
    throw new MeridianError('checksum_mismatch');
}
