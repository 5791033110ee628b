// Join tokens: one-time, bound to a site, kept as hashes. For a supervisor on this machine, a valid one waits in a
// 0600 file for each site that has no node, or none alive: so a node that lost its disk can come back by itself.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { worldRoutes } from '#contract/api/world.ts';
import type { Config, RegionConfig } from '#contract/config.ts';
import { MeridianError } from '#contract/errors.ts';
import { makeDirectoryDurably, writeFileDurably } from '#platform/disk.ts';
import { type Principal, requireAllProjects } from '../access/principal.ts';
import { hashSecret, makeSecret } from '../access/secrets.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { Handlers } from '../http/call.ts';
import { LOCAL_JOIN_TOKEN_MS } from '../limits.ts';
import type { Fleet } from './fleet.ts';

export const JOIN_TOKEN_DIRECTORY = 'join-tokens';

export interface JoinTokens {
  /** Makes a one-time token for a site. */
  issue(
    siteId: string,
    ttlMs: number,
    principal: Principal,
  ): Promise<{ joinToken: string; expiresAtMs: number }>;
  /** Keeps a valid token in a file for each site without a live node. */
  keepLocal(isStart: boolean): Promise<void>;
  /** A node of the site has joined with a token: the file, if there is one, may be spent. */
  forgetLocal(siteId: string): Promise<void>;
}

/** The region of a configured site; throws not_found. */
export function regionOfSite(config: Config, siteId: string): RegionConfig {
  const region = config.regions.find(({ sites }) => sites.some(({ id }) => id === siteId));
  if (region === undefined)
    throw new MeridianError('not_found', { what: `site ${siteId} in the configuration` });
  return region;
}

/** Creates the issuing of join tokens. */
export function createJoinTokens(context: ControlContext, fleet: Fleet): JoinTokens {
  const { clock, config, database, dataDirectory, log, random } = context;
  const directory = join(dataDirectory, JOIN_TOKEN_DIRECTORY);
  /** Site → when the token in its file expires. */
  const local = new Map<string, number>();

  async function issue(siteId: string, ttlMs: number, principal: Principal) {
    regionOfSite(config, siteId);
    const joinToken = makeSecret('mrj', random);
    const nowMs = clock.nowMs();
    const expiresAtMs = nowMs + ttlMs;
    await database.transaction().execute(async (transaction) => {
      const row = { site_id: siteId, created_at_ms: nowMs, expires_at_ms: expiresAtMs };
      await transaction
        .insertInto('join_tokens')
        .values({ hash: hashSecret(joinToken), ...row, used_at_ms: null, used_by: null })
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

  return {
    issue,
    async keepLocal(isStart) {
      for (const site of fleet.sites()) {
        // At a start nobody has beaten yet, so only sites that never had a node are known to need a token.
        const isNeeded = isStart ? site.nodes.length === 0 : !site.nodes.some(({ isAlive }) => isAlive);
        if (!isNeeded || (local.get(site.id) ?? 0) > clock.nowMs() + LOCAL_JOIN_TOKEN_MS / 2) continue;
        const { joinToken, expiresAtMs } = await issue(site.id, LOCAL_JOIN_TOKEN_MS, { kind: 'anyone' });
        await makeDirectoryDurably(directory);
        await writeFileDurably(join(directory, site.id), `${joinToken}\n`, { mode: 0o600 });
        local.set(site.id, expiresAtMs);
        log.debug({ siteId: site.id }, 'a join token waits for this site');
      }
    },
    async forgetLocal(siteId) {
      if (local.delete(siteId)) await rm(join(directory, siteId), { force: true });
    },
  };
}

/** The route with which people make join tokens. */
export function createJoinTokenHandlers(
  tokens: JoinTokens,
): Handlers<typeof worldRoutes, 'POST /v1/join-tokens'> {
  return {
    async 'POST /v1/join-tokens'({ body, principal }) {
      requireAllProjects(principal);
      return tokens.issue(body.siteId, body.ttlMs, principal);
    },
  };
}
