// Snapshots from elsewhere than control: from other nodes and from the copy in the region's own object store.
// While control is away, each beat asks a few peers in turn and the store, and adopts what is newer.

import { MeridianError } from '#contract/errors.ts';
import { PEER_SNAPSHOT_PATH } from '#contract/peer-api.ts';
import { type SignedSnapshot, signedSnapshotSchema, type WorldSnapshot } from '#contract/snapshot.ts';
import { readBody } from '#platform/http/node-transport.ts';
import { sendJson } from '#platform/http/server.ts';
import type { Transport } from '#platform/http/transport.ts';
import type { Log } from '#platform/log.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import type { NodeHandler } from '../shared/node-context.ts';
import { describeError } from './control-client.ts';
import { PEER_TIMEOUT_MS, PEERS_ASKED_PER_BEAT, SIGNED_SNAPSHOT_BYTES_MAX } from './limits.ts';
import type { SnapshotKeeper } from './snapshot-keeper.ts';

/** Where a region keeps its copy of the newest snapshot. */
export const STORED_SNAPSHOT_KEY = '_meridian/snapshot.json';

export interface PeerSnapshots {
  /** Asks the next peers and the region's store, and adopts what is newer. */
  ask(signal: AbortSignal): Promise<void>;
  /** Writes the region's copy when this node is the one to do so. */
  publish(): Promise<void>;
  /** Serves the newest adopted one to peers. */
  readonly handler: NodeHandler;
}

/** Creates the exchange of snapshots between nodes. */
export function createPeerSnapshots(dependencies: {
  readonly nodeId: string;
  readonly regionId: string;
  readonly transport: Transport;
  readonly store: ObjectStore;
  readonly keeper: SnapshotKeeper;
  readonly log: Log;
}): PeerSnapshots {
  const { nodeId, regionId, transport, store, keeper, log } = dependencies;
  let turn = 0;

  async function askPeer(nodeUrl: string, signal: AbortSignal): Promise<void> {
    try {
      const response = await transport.request({
        method: 'GET',
        url: `${nodeUrl}${PEER_SNAPSHOT_PATH}`,
        headersTimeoutMs: PEER_TIMEOUT_MS,
        signal,
      });
      const bytes = await readBody(response.body, SIGNED_SNAPSHOT_BYTES_MAX);
      const signed = response.status === 200 ? parseSigned(bytes) : undefined;
      if (signed !== undefined && (await keeper.offer(signed, 'peer')) === 'adopted') await publish();
    } catch (error) {
      log.debug({ nodeUrl, error: describeError(error) }, 'a peer did not give its snapshot');
    }
  }

  async function askStore(): Promise<void> {
    try {
      const bytes = await store.get(STORED_SNAPSHOT_KEY, { start: 0, end: SIGNED_SNAPSHOT_BYTES_MAX - 1 });
      const signed = bytes === undefined ? undefined : parseSigned(bytes);
      if (signed !== undefined) await keeper.offer(signed, 'store');
    } catch (error) {
      log.debug({ error: describeError(error) }, "the region's store did not give its snapshot");
    }
  }

  async function publish(): Promise<void> {
    const snapshot = keeper.world.current();
    const signed = keeper.currentSigned();
    if (snapshot === undefined || signed === undefined || writerOf(snapshot, regionId) !== nodeId) return;
    try {
      await store.put(STORED_SNAPSHOT_KEY, Buffer.from(JSON.stringify(signed)));
    } catch (error) {
      log.warn({ error: describeError(error) }, "the snapshot could not be copied to the region's store");
    }
  }

  return {
    async ask(signal) {
      const nodes = keeper.world.current()?.nodes.filter(({ id }) => id !== nodeId) ?? [];
      const asked = Array.from({ length: Math.min(PEERS_ASKED_PER_BEAT, nodes.length) }, (_, index) => {
        const node = nodes[(turn + index) % nodes.length];
        return node === undefined ? undefined : askPeer(node.nodeUrl, signal);
      });
      turn += PEERS_ASKED_PER_BEAT;
      await Promise.all([...asked, askStore()]);
    },
    publish,
    async handler({ request, response, rest }) {
      const signed = keeper.currentSigned();
      if (request.method !== 'GET' || rest !== '')
        throw new MeridianError('not_found', { what: 'such address' });
      if (signed === undefined) throw new MeridianError('not_found', { what: 'snapshot here yet' });
      sendJson(response, signed);
    },
  };
}

/** The one node of a region that writes its copy: the first that lives. */
function writerOf(snapshot: WorldSnapshot, regionId: string): string | undefined {
  return snapshot.nodes
    .filter((node) => node.regionId === regionId && node.isAlive)
    .map(({ id }) => id)
    .sort()[0];
}

function parseSigned(bytes: Buffer): SignedSnapshot | undefined {
  try {
    return signedSnapshotSchema.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
