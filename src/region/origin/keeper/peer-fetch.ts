// Brings objects of other regions here. Bytes go through a file, are counted and hashed, and count only when they are
// what was expected; then the file is adopted by the store. A region that has none, or damaged ones, is passed over.

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { distanceKm } from '#base/geo.ts';
import { MeridianError } from '#contract/errors.ts';
import { PEER_OBJECTS_PREFIX, SHA256_HEADER } from '#contract/peer-api.ts';
import type { SnapshotNode } from '#contract/snapshot.ts';
import { readBody } from '#platform/http/node-transport.ts';
import type { TransportResponse } from '#platform/http/transport.ts';
import type { NodeContext } from '../../shared/node-context.ts';
import { DOCUMENT_BYTES_MAX, PEER_HEADERS_MS_MAX, PEER_IDLE_MS_MAX } from './limits.ts';
import { type Pacer, pacedStream } from './pacer.ts';

export interface Expected {
  /** Absent for what no document names; then the peer's own checksum, if it sends one, must fit. */
  readonly sha256?: string;
  readonly bytes?: number;
}

export interface FetchedFile {
  readonly bytes: number;
  readonly sha256: string;
  readonly regionId: string;
}

export interface PeerFetch {
  /** Other regions, these first in their order, then the nearest. */
  otherRegions(first?: readonly string[]): string[];
  /** Fetches an object into a file. Throws when no region has good bytes. */
  toFile(
    key: string,
    file: string,
    expected: Expected,
    regionIds: readonly string[],
    signal: AbortSignal,
  ): Promise<FetchedFile>;
  /** Fetches a small object; undefined when the region has none or does not answer. */
  toMemory(path: string, regionId: string, signal: AbortSignal): Promise<Buffer | undefined>;
  /** Sends a small body to every other region, best effort. */
  offer(path: string, body: Buffer, signal: AbortSignal): Promise<void>;
}

/** Creates the fetcher of a node. */
export function createPeerFetch(
  context: Pick<NodeContext, 'log' | 'probes' | 'region' | 'transport' | 'world'>,
  pacer: Pacer,
): PeerFetch {
  const { log, probes, region, transport, world } = context;

  /** Nodes of a region that keep media, alive ones first. */
  function nodesOf(regionId: string): SnapshotNode[] {
    const results = probes.results();
    const rank = (node: SnapshotNode): number =>
      (node.isAlive ? 0 : 2) + ((results.get(node.siteId)?.failures ?? 0) > 0 ? 1 : 0);
    return (world.current()?.nodes ?? [])
      .filter((node) => node.regionId === regionId && node.roles.includes('origin'))
      .sort((left, right) => rank(left) - rank(right));
  }

  function get(node: SnapshotNode, path: string, signal: AbortSignal): Promise<TransportResponse> {
    return transport.request({
      method: 'GET',
      url: `${node.nodeUrl}${path}`,
      signal,
      headersTimeoutMs: PEER_HEADERS_MS_MAX,
      idleTimeoutMs: PEER_IDLE_MS_MAX,
    });
  }

  async function receive(
    response: TransportResponse,
    file: string,
    expected: Expected,
    signal: AbortSignal,
  ): Promise<{ bytes: number; sha256: string }> {
    const hash = createHash('sha256');
    let bytes = 0;
    const limit = expected.bytes ?? Number(response.headers['content-length'] ?? Number.POSITIVE_INFINITY);
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        hash.update(chunk);
        done(bytes > limit ? new Error('the object is larger than announced') : null, chunk);
      },
    });
    const slow = pacedStream(pacer, signal, () => {});
    await pipeline(response.body, measure, slow, createWriteStream(file, { mode: 0o600 }), { signal });
    const sha256 = hash.digest('hex');
    const declared = expected.sha256 ?? response.headers[SHA256_HEADER];
    if (expected.bytes !== undefined && bytes !== expected.bytes)
      throw new MeridianError('checksum_mismatch', { bytes, expectedBytes: expected.bytes });
    if (declared !== undefined && declared !== sha256)
      throw new MeridianError('checksum_mismatch', { declared, actual: sha256 });
    return { bytes, sha256 };
  }

  return {
    otherRegions(first = []) {
      const rank = (id: string): number => (first.includes(id) ? first.indexOf(id) : first.length);
      return (world.current()?.regions ?? [])
        .filter(({ id }) => id !== region.id)
        .sort(
          (left, right) =>
            rank(left.id) - rank(right.id) || distanceKm(region, left) - distanceKm(region, right),
        )
        .map(({ id }) => id);
    },
    async toFile(key, file, expected, regionIds, signal) {
      let lastError: unknown = new MeridianError('unavailable', { what: `A good copy of ${key}` });
      for (const node of regionIds.flatMap(nodesOf)) {
        try {
          const response = await get(node, `${PEER_OBJECTS_PREFIX}${key}`, signal);
          if (response.status === 200)
            return { ...(await receive(response, file, expected, signal)), regionId: node.regionId };
          await readBody(response.body, DOCUMENT_BYTES_MAX).catch(() => undefined);
        } catch (error) {
          await rm(file, { force: true });
          signal.throwIfAborted();
          if (error instanceof MeridianError && error.code === 'storage_full') throw error;
          lastError = error;
        }
      }
      throw lastError;
    },
    async toMemory(path, regionId, signal) {
      for (const node of nodesOf(regionId)) {
        try {
          const response = await get(node, path, signal);
          const body = await readBody(response.body, DOCUMENT_BYTES_MAX);
          if (response.status === 200) return body;
        } catch (error) {
          signal.throwIfAborted();
          log.debug({ path, node: node.id, error: String(error) }, 'a region did not answer');
        }
      }
      return undefined;
    },
    async offer(path, body, signal) {
      await Promise.all(
        (world.current()?.regions ?? [])
          .filter(({ id }) => id !== region.id)
          .map(async ({ id }) => {
            for (const node of nodesOf(id)) {
              try {
                const response = await transport.request({
                  method: 'PUT',
                  url: `${node.nodeUrl}${path}`,
                  headers: { 'content-type': 'application/json' },
                  body,
                  signal,
                  headersTimeoutMs: PEER_HEADERS_MS_MAX,
                });
                await readBody(response.body, DOCUMENT_BYTES_MAX).catch(() => undefined);
                return;
              } catch (error) {
                log.debug({ path, node: node.id, error: String(error) }, 'a region did not take a document');
              }
            }
          }),
      );
    },
  };
}
