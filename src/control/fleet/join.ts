// How a node joins: once with a one-time token that is bound to a site, later with a request signed by the key it
// joined with, to announce changed addresses (public keys are public, so the key alone proves nothing). A node that
// lost its key (its disk is gone) comes back with a new token and a new key; the old one is worth nothing from then on.

import { mkdir, rm } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import type { worldRoutes } from '#contract/api/world.ts';
import { MeridianError } from '#contract/errors.ts';
import type { JoinRequest } from '#contract/node-api.ts';
import { writeFileDurably } from '#platform/disk.ts';
import { parsePublicKey } from '#platform/identity.ts';
import { type Principal, requireAllProjects } from '../access/principal.ts';
import { hashSecret, makeSecret } from '../access/secrets.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext, OnWorldChange } from '../context.ts';
import type { Handlers } from '../http/call.ts';
import { LOCAL_JOIN_TOKEN_MS } from '../limits.ts';
import type { Fleet, NodeRecord } from './fleet.ts';
import { saveNode, useJoinToken } from './store.ts';

export const JOIN_TOKEN_DIRECTORY = 'join-tokens';

export interface Joins {
  /** Takes a node in; throws join_token_used, invalid_request. */
  join(request: JoinRequest, principal: Principal): Promise<void>;
  /** Makes a one-time token for a site. */
  issue(
    siteId: string,
    ttlMs: number,
    principal: Principal,
  ): Promise<{ joinToken: string; expiresAtMs: number }>;
  /** Keeps a valid token in a 0600 file for each site without a live node, for a supervisor on this machine. */
  keepLocalTokens(isStart: boolean): Promise<void>;
}

/** Creates the joining of nodes. */
export function createJoins(context: ControlContext, fleet: Fleet, onChange: OnWorldChange): Joins {
  const { clock, config, database, dataDirectory, log, random } = context;
  const directory = joinPath(dataDirectory, JOIN_TOKEN_DIRECTORY);
  /** Site → when the token in its file expires. */
  const local = new Map<string, number>();

  function requireSite(siteId: string, regionId?: string): void {
    const region = config.regions.find(({ sites }) => sites.some(({ id }) => id === siteId));
    if (region === undefined)
      throw new MeridianError('not_found', { what: `site ${siteId} in the configuration` });
    if (regionId !== undefined && region.id !== regionId)
      throw new MeridianError('invalid_request', {
        reason: `body.regionId: the site ${siteId} lies in ${region.id}`,
      });
  }

  async function join(request: JoinRequest, principal: Principal): Promise<void> {
    requireSite(request.siteId, request.regionId);
    requireKey(request.publicKey);
    const { joinToken, ...rest } = request;
    const node: NodeRecord = { ...rest, id: request.nodeId };
    const nowMs = clock.nowMs();
    const known = fleet.node(node.id);
    const isItself = principal.kind === 'node' && principal.nodeId === node.id;
    const isSameKey = isItself && known?.publicKey === node.publicKey && known.siteId === node.siteId;
    await database.transaction().execute(async (transaction) => {
      const use = { hash: hashSecret(joinToken), siteId: node.siteId, nodeId: node.id, nowMs };
      if (!isSameKey && !(await useJoinToken(transaction, use))) throw new MeridianError('join_token_used');
      await saveNode(transaction, node, nowMs);
      await recordAudit(transaction, { kind: 'node', nodeId: node.id }, nowMs, {
        action: isSameKey ? 'node.rejoin' : 'node.join',
        subject: node.id,
        projectId: null,
        details: {
          siteId: node.siteId,
          nodeUrl: node.nodeUrl,
          edgeUrl: node.edgeUrl,
          ingestUrl: node.ingestUrl,
        },
      });
    });
    if (!isSameKey && local.delete(node.siteId)) await rm(joinPath(directory, node.siteId), { force: true });
    await fleet.reload();
    onChange();
  }

  async function issue(siteId: string, ttlMs: number, principal: Principal) {
    requireSite(siteId);
    const joinToken = makeSecret('mrj', random);
    const nowMs = clock.nowMs();
    const expiresAtMs = nowMs + ttlMs;
    await database.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('join_tokens')
        .values({
          hash: hashSecret(joinToken),
          site_id: siteId,
          created_at_ms: nowMs,
          expires_at_ms: expiresAtMs,
          used_at_ms: null,
          used_by: null,
        })
        .execute();
      await recordAudit(transaction, principal, nowMs, {
        action: 'join-token.create',
        subject: siteId,
        projectId: null,
        details: { expiresAtMs },
      });
    });
    return { joinToken, expiresAtMs };
  }

  async function keepLocalTokens(isStart: boolean): Promise<void> {
    for (const site of fleet.sites()) {
      // At a start nobody has beaten yet, so only sites that never had a node are known to need a token.
      const isNeeded = isStart ? site.nodes.length === 0 : !site.nodes.some(({ isAlive }) => isAlive);
      if (!isNeeded || (local.get(site.id) ?? 0) > clock.nowMs() + LOCAL_JOIN_TOKEN_MS / 2) continue;
      const { joinToken, expiresAtMs } = await issue(site.id, LOCAL_JOIN_TOKEN_MS, { kind: 'anyone' });
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeFileDurably(joinPath(directory, site.id), `${joinToken}\n`, { mode: 0o600 });
      local.set(site.id, expiresAtMs);
      log.debug({ siteId: site.id }, 'a join token waits for this site');
    }
  }

  return { join, issue, keepLocalTokens };
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

/** The route with which people make join tokens. */
export function createJoinTokenHandlers(joins: Joins): Handlers<typeof worldRoutes, 'POST /v1/join-tokens'> {
  return {
    async 'POST /v1/join-tokens'({ body, principal }) {
      requireAllProjects(principal);
      return joins.issue(body.siteId, body.ttlMs, principal);
    },
  };
}
