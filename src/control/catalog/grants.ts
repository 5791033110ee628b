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
import type { Call, Handlers } from '../http/call.ts';
import type { Keys, KeyUse } from '../keys/keys.ts';
import { requireQuota } from '../storage/usage.ts';
import { grantVersion } from '../storage/versions.ts';
import { present } from './change.ts';
import { findAsset, lockAsset } from './store.ts';
import { addressesOf, regionEdges } from './view.ts';

type AssetRoutes = typeof assetRoutes;
type GrantKeys = 'POST /v1/upload-grants' | 'POST /v1/assets/{assetId}/playback-tokens';

/** Where the tus endpoint of an ingest lies. */
const TUS_PATH = '/files';

interface Dependencies {
  readonly context: ControlContext;
  readonly fleet: Fleet;
  readonly keys: Keys;
}

/** Routes that make grants and tokens. */
export function createGrantHandlers(
  context: ControlContext,
  fleet: Fleet,
  keys: Keys,
): Handlers<AssetRoutes, GrantKeys> {
  const dependencies = { context, fleet, keys };
  return {
    'POST /v1/upload-grants': (call) => createGrant(dependencies, call),
    'POST /v1/assets/{assetId}/playback-tokens': (call) => createPlaybackToken(dependencies, call),
  };
}

async function createGrant(
  { context, fleet, keys }: Dependencies,
  { body, principal }: Call<AssetRoutes['POST /v1/upload-grants']>,
) {
  requireProject(principal, body.projectId);
  const nowMs = context.clock.nowMs();
  const replaced =
    body.assetId === undefined ? null : await claimVersion(context, body.projectId, body.assetId, nowMs);
  const id = makeId('grt', nowMs, context.random(10));
  const life = lifeOf(nowMs, body.ttlMs);
  const bytesMax = await requireQuota(context, body.projectId, replaced === null);
  const claims = {
    jti: id,
    project: body.projectId,
    bytesMax,
    visibility: body.visibility,
    ...(body.priority === 'normal' ? {} : { priority: body.priority }),
    ...(body.preset === undefined ? {} : { preset: body.preset }),
    ...(replaced === null ? {} : { asset: replaced.assetId, version: replaced.version }),
  };
  const grant = await keys.sign({ ...life.claims, aud: 'upload', ...claims });
  const { expiresAtMs } = life;
  await noteIssued(
    context,
    principal,
    { id, use: 'upload', projectId: body.projectId, expiresAtMs, subject: id },
    nowMs,
  );
  const ingests = fleet
    .sites()
    .filter(
      ({ state, nodes }) =>
        state === 'up' && nodes.some(({ isAlive, roles }) => isAlive && roles.includes('ingest')),
    )
    .flatMap(({ regionId, ingestUrl }) =>
      ingestUrl === null ? [] : [{ regionId, url: ingestUrl.replace(/\/$/, '') + TUS_PATH }],
    );
  return {
    grant,
    expiresAtMs,
    bytesMax,
    ingests,
    ...(replaced === null ? {} : { version: replaced.version }),
  };
}

/** The number under which an upload is to replace an asset's video. */
function claimVersion(
  { database }: ControlContext,
  projectId: string,
  assetId: string,
  nowMs: number,
): Promise<{ assetId: string; version: number }> {
  return database.transaction().execute(async (transaction) => {
    const row = present(await lockAsset(transaction, assetId, projectId));
    return { assetId, version: await grantVersion(transaction, row, nowMs) };
  });
}

async function createPlaybackToken(
  { context, fleet, keys }: Dependencies,
  { params, body, principal }: Call<AssetRoutes['POST /v1/assets/{assetId}/playback-tokens']>,
) {
  const row = present(await findAsset(context.database, params.assetId, projectScope(principal)));
  const nowMs = context.clock.nowMs();
  const tokenId = makeId('pbt', nowMs, context.random(10));
  const life = lifeOf(nowMs, body.ttlMs);
  const claims = { jti: tokenId, project: row.project_id, asset: row.id };
  const token = await keys.sign({ ...life.claims, aud: 'playback', ...claims });
  const { expiresAtMs } = life;
  await noteIssued(
    context,
    principal,
    { id: tokenId, use: 'playback', projectId: row.project_id, expiresAtMs, subject: row.id },
    nowMs,
  );
  const asset = { projectId: row.project_id, assetId: row.id, version: row.version };
  const { watchUrl, playlists } = addressesOf(asset, regionEdges(fleet.sites()), token);
  return {
    token,
    tokenId,
    expiresAtMs,
    watchUrl,
    playlists: playlists.map(({ regionId, hls, dash }) => ({ regionId, hls, dash })),
  };
}

/** Tokens count whole seconds. */
function lifeOf(nowMs: number, ttlMs: number): { claims: { iat: number; exp: number }; expiresAtMs: number } {
  const exp = Math.floor((nowMs + ttlMs) / 1_000);
  return { claims: { iat: Math.floor(nowMs / 1_000), exp }, expiresAtMs: exp * 1_000 };
}

/** Remembers an issued token, with its audit row. */
async function noteIssued(
  { database }: ControlContext,
  principal: UserPrincipal,
  token: { id: string; use: KeyUse; projectId: string; expiresAtMs: number; subject: string },
  nowMs: number,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    if (!(await hasProject(transaction, token.projectId)))
      throw new MeridianError('not_found', { what: `project ${token.projectId}` });
    await transaction
      .insertInto('issued_tokens')
      .values({ id: token.id, project_id: token.projectId, use: token.use, expires_at_ms: token.expiresAtMs })
      .execute();
    await recordAudit(transaction, principal, nowMs, {
      action: token.use === 'upload' ? 'upload-grant.create' : 'playback-token.create',
      subject: token.subject,
      projectId: token.projectId,
      details: { tokenId: token.id, expiresAtMs: token.expiresAtMs },
    });
  });
}
