// Sessions, API tokens and projects.

import { makeId } from '#base/ids.ts';
import type { accessRoutes } from '#contract/api/access.ts';
import { MeridianError } from '#contract/errors.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { Handlers } from '../http/call.ts';
import { API_TOKENS_MAX, PROJECTS_MAX, SESSION_MS } from '../limits.ts';
import { sessionCookieName } from './authenticate.ts';
import { createLoginLimit } from './login-limit.ts';
import { requireAllProjects, requireProject, type UserPrincipal } from './principal.ts';
import { hashSecret, makeSecret } from './secrets.ts';
import { addProject, addSession, findToken, hasProject } from './store.ts';

type AccessRoutes = typeof accessRoutes;
type SessionKeys = 'POST /v1/session' | 'GET /v1/session' | 'DELETE /v1/session';
type ProjectKeys = 'GET /v1/projects' | 'POST /v1/projects';
type TokenKeys = 'GET /v1/tokens' | 'POST /v1/tokens' | 'DELETE /v1/tokens/{tokenId}';

function identityOf(principal: UserPrincipal, expiresAtMs: number | null) {
  return { name: principal.name, role: principal.role, projectId: principal.projectId, expiresAtMs };
}

/** Log in, who am I, log out. */
export function createSessionHandlers(
  { database, clock, random }: ControlContext,
  isHttps: boolean,
): Handlers<AccessRoutes, SessionKeys> {
  const limit = createLoginLimit();
  const cookie = (value: string, maxAgeSeconds: number): string =>
    `${sessionCookieName(isHttps)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${isHttps ? '; Secure' : ''}`;
  return {
    async 'POST /v1/session'({ body, address, setHeader }) {
      const nowMs = clock.nowMs();
      const waitSeconds = limit.waitSeconds(address, nowMs);
      if (waitSeconds !== null) throw new MeridianError('rate_limited', { retryAfterSeconds: waitSeconds });
      const found = await findToken(database, hashSecret(body.token.trim()), nowMs);
      if (found === undefined) {
        limit.fail(address, nowMs);
        throw new MeridianError('wrong_credential');
      }
      limit.succeed(address);
      const { principal } = found;
      const secret = makeSecret('mrs', random);
      const expiresAtMs = Math.min(nowMs + SESSION_MS, principal.expiresAtMs ?? Number.POSITIVE_INFINITY);
      await database.transaction().execute(async (transaction) => {
        await addSession(transaction, {
          hash: hashSecret(secret),
          tokenId: principal.tokenId,
          nowMs,
          expiresAtMs,
        });
        await recordAudit(transaction, principal, nowMs, {
          action: 'session.create',
          subject: principal.tokenId,
          projectId: principal.projectId,
          details: { address },
        });
      });
      setHeader('set-cookie', cookie(secret, Math.floor((expiresAtMs - nowMs) / 1_000)));
      return identityOf(principal, expiresAtMs);
    },
    async 'GET /v1/session'({ principal }) {
      return identityOf(principal, principal.expiresAtMs);
    },
    async 'DELETE /v1/session'({ principal, setHeader }) {
      const { sessionHash } = principal;
      await database.transaction().execute(async (transaction) => {
        if (sessionHash !== null)
          await transaction.deleteFrom('sessions').where('hash', '=', sessionHash).execute();
        await recordAudit(transaction, principal, clock.nowMs(), {
          action: 'session.delete',
          subject: principal.tokenId,
          projectId: principal.projectId,
        });
      });
      setHeader('set-cookie', cookie('', 0));
      return { isLoggedOut: true };
    },
  };
}

/** Projects: the tenants. */
export function createProjectHandlers({
  database,
  clock,
}: ControlContext): Handlers<AccessRoutes, ProjectKeys> {
  return {
    async 'GET /v1/projects'({ principal }) {
      let select = database
        .selectFrom('projects')
        .leftJoin('assets', (join) =>
          join.onRef('assets.project_id', '=', 'projects.id').on('assets.is_deleted', '=', false),
        )
        .select(({ fn }) => [
          'projects.id',
          'projects.name',
          'projects.created_at_ms',
          fn.count<number>('assets.id').as('asset_count'),
        ])
        .groupBy('projects.id')
        .orderBy('projects.id');
      if (principal.projectId !== null) select = select.where('projects.id', '=', principal.projectId);
      const rows = await select.execute();
      return {
        projects: rows.map((row) => ({
          id: row.id,
          name: row.name,
          createdAtMs: row.created_at_ms,
          assetCount: row.asset_count,
        })),
      };
    },
    async 'POST /v1/projects'({ body, principal }) {
      requireAllProjects(principal);
      await database.transaction().execute(async (transaction) => {
        const { count } = await transaction
          .selectFrom('projects')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow();
        if (count >= PROJECTS_MAX)
          throw new MeridianError('conflict', { reason: `There are ${PROJECTS_MAX} projects already` });
        if (!(await addProject(transaction, body.id, body.name)))
          throw new MeridianError('conflict', { reason: `The project ${body.id} exists already` });
        await recordAudit(transaction, principal, clock.nowMs(), {
          action: 'project.create',
          subject: body.id,
          projectId: body.id,
          details: { name: body.name },
        });
      });
      return { id: body.id, name: body.name };
    },
  };
}

/** API tokens. */
export function createTokenHandlers({
  database,
  clock,
  random,
}: ControlContext): Handlers<AccessRoutes, TokenKeys> {
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
          createdAtMs: row.created_at_ms,
          lastUsedAtMs: row.last_used_at_ms,
          expiresAtMs: row.expires_at_ms,
        })),
      };
    },
    async 'POST /v1/tokens'({ body, principal }) {
      if (body.projectId === null) requireAllProjects(principal);
      else requireProject(principal, body.projectId);
      const nowMs = clock.nowMs();
      const token = makeSecret('mrd', random);
      const view = {
        id: makeId('tok', nowMs, random(10)),
        name: body.name,
        role: body.role,
        projectId: body.projectId,
        createdAtMs: nowMs,
        lastUsedAtMs: null,
        expiresAtMs: body.ttlMs === null ? null : nowMs + body.ttlMs,
      };
      await database.transaction().execute(async (transaction) => {
        if (body.projectId !== null && !(await hasProject(transaction, body.projectId)))
          throw new MeridianError('not_found', { what: `project ${body.projectId}` });
        const { count } = await transaction
          .selectFrom('api_tokens')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow();
        if (count >= API_TOKENS_MAX)
          throw new MeridianError('conflict', { reason: `There are ${API_TOKENS_MAX} tokens already` });
        await transaction
          .insertInto('api_tokens')
          .values({
            id: view.id,
            hash: hashSecret(token),
            name: view.name,
            role: view.role,
            project_id: view.projectId,
            created_at_ms: nowMs,
            last_used_at_ms: null,
            expires_at_ms: view.expiresAtMs,
          })
          .execute();
        await recordAudit(transaction, principal, nowMs, {
          action: 'token.create',
          subject: view.id,
          projectId: view.projectId,
          details: { name: view.name, role: view.role, expiresAtMs: view.expiresAtMs },
        });
      });
      return { token, view };
    },
    async 'DELETE /v1/tokens/{tokenId}'({ params, principal }) {
      const nowMs = clock.nowMs();
      await database.transaction().execute(async (transaction) => {
        // All admin tokens are locked, in one order: two deletions at once must not remove the last two.
        const admins = await transaction
          .selectFrom('api_tokens')
          .select('id')
          .where('role', '=', 'admin')
          .where('project_id', 'is', null)
          .where((where) =>
            where.or([where('expires_at_ms', 'is', null), where('expires_at_ms', '>', nowMs)]),
          )
          .orderBy('id')
          .forUpdate()
          .execute();
        if (admins.length === 1 && admins[0]?.id === params.tokenId && principal.projectId === null)
          throw new MeridianError('conflict', {
            reason: 'This is the last admin token; make another one first',
          });
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
    },
  };
}
