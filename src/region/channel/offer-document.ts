// Tells every other region of a recording, so that all know who holds it. Best effort: a region that does not answer now
// learns of it by its keeper.

import { createHash } from 'node:crypto';
import type { MediaDocument } from '#contract/media.ts';
import { PEER_MEDIA_PREFIX, SHA256_HEADER } from '#contract/peer-api.ts';
import { readBody } from '#platform/http/node-transport.ts';
import type { NodeContext } from '../shared/node-context.ts';
import { ANSWER_BYTES_MAX, PUSH_MS_MAX } from './limits.ts';

/** Resolves when a node of each other region has taken the document, or none of them did. */
export async function offerDocument(
  context: Pick<NodeContext, 'log' | 'region' | 'transport' | 'world'>,
  document: MediaDocument,
  signal: AbortSignal,
): Promise<void> {
  const { log, region, transport, world } = context;
  const body = Buffer.from(JSON.stringify(document));
  const { projectId, assetId, version, attempt } = document;
  const path = `${PEER_MEDIA_PREFIX}${projectId}/${assetId}/v${version}/a${attempt}`;
  const headers = {
    [SHA256_HEADER]: createHash('sha256').update(body).digest('hex'),
    'content-type': 'application/json',
  };

  async function offerTo(regionId: string): Promise<void> {
    const nodes = (world.current()?.nodes ?? [])
      .filter((node) => node.regionId === regionId && node.roles.includes('origin'))
      .sort((left, right) => Number(right.isAlive) - Number(left.isAlive));
    let problem = 'it has no origin';
    for (const node of nodes) {
      try {
        const url = `${node.nodeUrl}${path}`;
        const call = { method: 'PUT', url, headers, body, signal, headersTimeoutMs: PUSH_MS_MAX };
        const response = await transport.request(call);
        await readBody(response.body, ANSWER_BYTES_MAX).catch(() => undefined);
        if (response.status < 300) return;
        problem = `${node.id} answered ${response.status}`;
      } catch (error) {
        signal.throwIfAborted();
        problem = String(error);
      }
    }
    log.info({ region: regionId, problem }, 'a region did not take the document of a recording');
  }

  const regionIds = (world.current()?.regions ?? []).map(({ id }) => id).filter((id) => id !== region.id);
  await Promise.all(regionIds.map(offerTo));
}
