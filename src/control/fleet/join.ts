// How a node joins: once with a one-time token that is bound to a site, later with a request signed by the key it
// joined with, to announce changed addresses (public keys are public, so the key alone proves nothing). A node that
// lost its key (its disk is gone) comes back with a new token and a new key; the old one is worth nothing from then on.

import { MeridianError } from '#contract/errors.ts';
import type { JoinRequest } from '#contract/node-api.ts';
import { parsePublicKey } from '#platform/identity.ts';
import type { Principal } from '../access/principal.ts';
import { hashSecret } from '../access/secrets.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext, OnWorldChange } from '../context.ts';
import type { Fleet, NodeRecord } from './fleet.ts';
import { type JoinTokens, regionOfSite } from './join-tokens.ts';
import { saveNode, useJoinToken } from './store.ts';

/** Takes a node in; throws join_token_used, invalid_request, not_found. */
export type Join = (request: JoinRequest, principal: Principal) => Promise<void>;

/** Creates the joining of nodes. */
export function createJoin(
  { clock, config, database }: ControlContext,
  fleet: Fleet,
  tokens: JoinTokens,
  onChange: OnWorldChange,
): Join {
  return async (request, principal) => {
    const { joinToken, ...rest } = request;
    const region = regionOfSite(config, request.siteId);
    if (region.id !== request.regionId)
      throw new MeridianError('invalid_request', {
        reason: `body.regionId: the site ${request.siteId} lies in ${region.id}`,
      });
    requireKey(request.publicKey);
    const node: NodeRecord = {
      ...rest,
      id: request.nodeId,
      rtmpUrl: request.rtmpUrl ?? null,
      whipUrl: request.whipUrl ?? null,
      channelSlots: request.channelSlots ?? null,
      srt: request.srt ?? null,
    };
    const nowMs = clock.nowMs();
    const known = fleet.node(node.id);
    const isItself = principal.kind === 'node' && principal.nodeId === node.id;
    const isSameKey = isItself && known?.publicKey === node.publicKey && known.siteId === node.siteId;
    await database.transaction().execute(async (transaction) => {
      const use = { hash: hashSecret(joinToken), siteId: node.siteId, nodeId: node.id, nowMs };
      if (!isSameKey && !(await useJoinToken(transaction, use))) throw new MeridianError('join_token_used');
      await saveNode(transaction, node, nowMs);
      const { siteId, nodeUrl, edgeUrl, ingestUrl } = node;
      await recordAudit(transaction, { kind: 'node', nodeId: node.id }, nowMs, {
        action: isSameKey ? 'node.rejoin' : 'node.join',
        subject: node.id,
        projectId: null,
        details: { siteId, nodeUrl, edgeUrl, ingestUrl },
      });
    });
    if (!isSameKey) await tokens.forgetLocal(node.siteId);
    await fleet.reload();
    onChange();
  };
}

function requireKey(publicKey: string): void {
  try {
    parsePublicKey(publicKey);
  } catch (error) {
    throw new MeridianError(
      'invalid_request',
      { reason: 'body.publicKey: not an Ed25519 key (SPKI DER in base64url)' },
      { cause: error },
    );
  }
}
