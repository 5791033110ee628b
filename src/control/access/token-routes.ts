// API tokens: made, listed, revoked. Only hashes are kept; the token itself is shown once.

import { makeId } from '#base/ids.ts';
import type { accessRoutes } from '#contract/api/access.ts';
import { MeridianError } from '#contract/errors.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import type { Call, Handlers } from '../http/call.ts';
import { API_TOKENS_MAX } from '../limits.ts';
import { requireAllProjects, requireProject, type UserPrincipal } from './principal.ts';
import { hashSecret, makeSecret } from './secrets.ts';
import { hasProject } from './store.ts';

type AccessRoutes = typeof accessRoutes;
type TokenKeys = 'GET /v1/tokens' | 'POST /v1/tokens' | 'DELETE /v1/tokens/{tokenId}';

/** Routes of API tokens. */
export function createTokenHandlers(context: ControlContext): Handlers<AccessRoutes, TokenKeys> {
  const { database } = context;
  return {
    async 'GET /v1/tokens'({ principal }) {
      let select = database.selectFrom('api_tokens').selectAll().orderBy('id', 'desc').limit(API_TOKENS_MAX);
      if (principal.projectId !== null) select = select.where('project_id', '=', principal.projectId);
      const rows = await select.execute();
      return {
        tokens: rows.map((row) => ({
          id: row.id,
          name: row.name,
          role: row.role,
          projectId: row.project_id,
          regionIds: row.region_ids,
          createdAtMs: row.created_at_ms,
          lastUsedAtMs: row.last_used_at_ms,
          expiresAtMs: row.expires_at_ms,
        })),
      };
    },
    'POST /v1/tokens': (call) => createToken(context, call),
    'DELETE /v1/tokens/{tokenId}': (call) => deleteToken(context, call),
  };
}

async function createToken(
  { clock, config, database, random }: ControlContext,
  { body, principal }: Call<AccessRoutes['POST /v1/tokens']>,
) {
  if (body.projectId === null) requireAllProjects(principal);
  else requireProject(principal, body.projectId);
  checkRegions(config, body);
  checkBreakGlass(principal, body.ttlMs, clock.nowMs());
  const nowMs = clock.nowMs();
  const token = makeSecret('mrd', random);
  const view = {
    id: makeId('tok', nowMs, random(10)),
    name: body.name,
    role: body.role,
    projectId: body.projectId,
    regionIds: body.regionIds,
    createdAtMs: nowMs,
    lastUsedAtMs: null,
    expiresAtMs: body.ttlMs === null ? null : nowMs + body.ttlMs,
  };
  await database.transaction().execute(async (transaction) => {
    await requireRoom(transaction, body.projectId);
    await transaction
      .insertInto('api_tokens')
      .values({
        id: view.id,
        hash: hashSecret(token),
        name: view.name,
        role: view.role,
        project_id: view.projectId,
        region_ids: view.regionIds,
        created_at_ms: nowMs,
        last_used_at_ms: null,
        expires_at_ms: view.expiresAtMs,
      })
      .execute();
    await recordAudit(transaction, principal, nowMs, {
      action: 'token.create',
      subject: view.id,
      projectId: view.projectId,
      details: {
        name: view.name,
        role: view.role,
        expiresAtMs: view.expiresAtMs,
        ...(view.regionIds === null ? {} : { regionIds: view.regionIds }),
      },
    });
  });
  return { token, view };
}

/** Whoever is admin for an hour must not make a token that stays. */
function checkBreakGlass({ breakGlassEndsAtMs }: UserPrincipal, ttlMs: number | null, nowMs: number): void {
  if (breakGlassEndsAtMs === undefined) return;
  const leftMs = breakGlassEndsAtMs - nowMs;
  if (ttlMs === null || ttlMs > leftMs)
    throw new MeridianError('conflict', {
      reason: `A token that is made behind broken glass ends with it; give a ttlMs of at most ${leftMs}`,
    });
}

/** Only what operators do is done in a region; an admin could lift the limit, and a viewer changes nothing. */
function checkRegions(
  config: ControlContext['config'],
  { regionIds, role, projectId }: Call<AccessRoutes['POST /v1/tokens']>['body'],
): void {
  if (regionIds === null) return;
  if (role !== 'operator')
    throw new MeridianError('invalid_request', {
      reason: `body.regionIds: only operators are limited to regions, and the role is ${role}`,
    });
  if (projectId !== null)
    throw new MeridianError('invalid_request', {
      reason: 'body.regionIds: a token of a project changes nothing in regions anyway',
    });
  const unknown = regionIds.find((id) => !config.regions.some((region) => region.id === id));
  if (unknown !== undefined) throw new MeridianError('not_found', { what: `region ${unknown}` });
}

async function requireRoom(transaction: ControlTransaction, projectId: string | null): Promise<void> {
  if (projectId !== null && !(await hasProject(transaction, projectId)))
    throw new MeridianError('not_found', { what: `project ${projectId}` });
  const { count } = await transaction
    .selectFrom('api_tokens')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  if (count >= API_TOKENS_MAX)
    throw new MeridianError('conflict', { reason: `There are ${API_TOKENS_MAX} tokens already` });
}

async function deleteToken(
  { clock, database }: ControlContext,
  { params, principal }: Call<AccessRoutes['DELETE /v1/tokens/{tokenId}']>,
): Promise<{ isDeleted: true }> {
  const nowMs = clock.nowMs();
  await database.transaction().execute(async (transaction) => {
    if (principal.projectId === null) await requireAnotherAdmin(transaction, params.tokenId, nowMs);
    let remove = transaction.deleteFrom('api_tokens').where('id', '=', params.tokenId);
    if (principal.projectId !== null) remove = remove.where('project_id', '=', principal.projectId);
    const removed = await remove.returning(['name', 'project_id']).executeTakeFirst();
    if (removed === undefined) throw new MeridianError('not_found', { what: 'such token' });
    await recordAudit(transaction, principal, nowMs, {
      action: 'token.delete',
      subject: params.tokenId,
      projectId: removed.project_id,
      details: { name: removed.name },
    });
  });
  return { isDeleted: true };
}

/** Throws when this is the only token with which everything can still be administered. */
async function requireAnotherAdmin(
  transaction: ControlTransaction,
  tokenId: string,
  nowMs: number,
): Promise<void> {
  // All admin tokens are locked, in one order: two deletions at once must not remove the last two.
  const admins = await transaction
    .selectFrom('api_tokens')
    .select('id')
    .where('role', '=', 'admin')
    .where('project_id', 'is', null)
    .where((where) => where.or([where('expires_at_ms', 'is', null), where('expires_at_ms', '>', nowMs)]))
    .orderBy('id')
    .forUpdate()
    .execute();
  if (admins.length === 1 && admins[0]?.id === tokenId)
    throw new MeridianError('conflict', { reason: 'This is the last admin token; make another one first' });
}
