// Credentials that work offline: upload grants and playback tokens, signed here, checked by ingests and edges
// against the keys of the snapshot. Each is remembered until it expires, so that its project may revoke it.

import { makeId } from '#base/ids.ts';
import type { assetRoutes } from '#contract/api/assets.ts';
import { MeridianError } from '#contract/errors.ts';
import { projectScope, requireProject, type UserPrincipal } from '../access/principal.ts';
import { hasProject } from '../access/store.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Handlers } from '../http/call.ts';
import type { Keys, KeyUse } from '../keys/keys.ts';
import { present } from './routes.ts';
import { findAsset } from './store.ts';
import { addressesOf, regionEdges } from './view.ts';

type GrantKeys = 'POST /v1/upload-grants' | 'POST /v1/assets/{assetId}/playback-tokens';

/** Where the tus endpoint of an ingest lies. */
const TUS_PATH = '/files';

/** Routes that make grants and tokens. */
export function createGrantHandlers(
  context: ControlContext,
  fleet: Fleet,
  keys: Keys,
): Handlers<typeof assetRoutes, GrantKeys> {
  const { clock, config, database, random } = context;

  /** Notes an issued token and its audit row. */
  async function note(
    principal: UserPrincipal,
    token: { id: string; use: KeyUse; projectId: string; expiresAtMs: number; subject: string },
    nowMs: number,
  ): Promise<void> {
    await database.transaction().execute(async (transaction) => {
      if (!(await hasProject(transaction, token.projectId)))
        throw new MeridianError('not_found', { what: `project ${token.projectId}` });
      await transaction
        .insertInto('issued_tokens')
        .values({
          id: token.id,
          project_id: token.projectId,
          use: token.use,
          expires_at_ms: token.expiresAtMs,
        })
        .execute();
      await recordAudit(transaction, principal, nowMs, {
        action: token.use === 'upload' ? 'upload-grant.create' : 'playback-token.create',
        subject: token.subject,
        projectId: token.projectId,
        details: { tokenId: token.id, expiresAtMs: token.expiresAtMs },
      });
    });
  }

  return {
    async 'POST /v1/upload-grants'({ body, principal }) {
      requireProject(principal, body.projectId);
      const nowMs = clock.nowMs();
      const id = makeId('grt', nowMs, random(10));
      const seconds = { iat: Math.floor(nowMs / 1_000), exp: Math.floor((nowMs + body.ttlMs) / 1_000) };
      const expiresAtMs = seconds.exp * 1_000;
      const bytesMax = config.limits.uploadBytesMax;
      const grant = await keys.sign({
        ...seconds,
        aud: 'upload',
        jti: id,
        project: body.projectId,
        bytesMax,
        visibility: body.visibility,
      });
      await note(
        principal,
        { id, use: 'upload', projectId: body.projectId, expiresAtMs, subject: id },
        nowMs,
      );
      const ingests = fleet
        .sites()
        .filter(
          ({ state, nodes }) =>
            state === 'up' && nodes.some((node) => node.isAlive && node.roles.includes('ingest')),
        )
        .flatMap(({ regionId, ingestUrl }) =>
          ingestUrl === null ? [] : [{ regionId, url: ingestUrl.replace(/\/$/, '') + TUS_PATH }],
        );
      return { grant, expiresAtMs, bytesMax, ingests };
    },
    async 'POST /v1/assets/{assetId}/playback-tokens'({ params, body, principal }) {
      const row = present(await findAsset(database, params.assetId, projectScope(principal)));
      const nowMs = clock.nowMs();
      const tokenId = makeId('pbt', nowMs, random(10));
      const seconds = { iat: Math.floor(nowMs / 1_000), exp: Math.floor((nowMs + body.ttlMs) / 1_000) };
      const expiresAtMs = seconds.exp * 1_000;
      const token = await keys.sign({
        ...seconds,
        aud: 'playback',
        jti: tokenId,
        project: row.project_id,
        asset: row.id,
      });
      const noted = {
        id: tokenId,
        use: 'playback' as const,
        projectId: row.project_id,
        expiresAtMs,
        subject: row.id,
      };
      await note(principal, noted, nowMs);
      const asset = { projectId: row.project_id, assetId: row.id, version: row.version };
      const { watchUrl, playlists } = addressesOf(asset, regionEdges(fleet.sites()), token);
      return {
        token,
        tokenId,
        expiresAtMs,
        watchUrl,
        playlists: playlists.map(({ regionId, hls, dash }) => ({ regionId, hls, dash })),
      };
    },
  };
}
