// Sessions and projects.

import type { accessRoutes } from '#contract/api/access.ts';
import { MeridianError } from '#contract/errors.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { Handlers } from '../http/call.ts';
import { PROJECTS_MAX, SESSION_MS } from '../limits.ts';
import { sessionCookie } from './authenticate.ts';
import { createLoginLimit } from './login-limit.ts';
import { requireAllProjects, type UserPrincipal } from './principal.ts';
import { hashSecret, makeSecret } from './secrets.ts';
import { SIGN_IN_PATH, type SignIn } from './sign-in.ts';
import { addProject, addSession, findToken } from './store.ts';

type AccessRoutes = typeof accessRoutes;
type SessionKeys = 'GET /v1/sign-in' | 'POST /v1/session' | 'GET /v1/session' | 'DELETE /v1/session';
type ProjectKeys = 'GET /v1/projects' | 'POST /v1/projects';

function identityOf(principal: UserPrincipal, expiresAtMs: number | null) {
  const { name, role, projectId, regionIds, breakGlassId: id, breakGlassEndsAtMs: endsAtMs } = principal;
  return {
    name,
    role,
    projectId,
    regionIds: regionIds === null ? null : [...regionIds],
    expiresAtMs,
    breakGlass: id === undefined || endsAtMs === undefined ? null : { id, endsAtMs },
  };
}

/** Log in, who am I, log out. */
export function createSessionHandlers(
  { database, clock, random }: ControlContext,
  isHttps: boolean,
  signIn: SignIn | null,
): Handlers<AccessRoutes, SessionKeys> {
  const limit = createLoginLimit();
  const cookie = (value: string, maxAgeSeconds: number): string =>
    sessionCookie(isHttps, value, maxAgeSeconds);
  return {
    async 'GET /v1/sign-in'() {
      return { provider: signIn === null ? null : { label: signIn.label, path: SIGN_IN_PATH } };
    },
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
          await transaction
            .deleteFrom(principal.isPerson === true ? 'person_sessions' : 'sessions')
            .where('hash', '=', sessionHash)
            .execute();
        await recordAudit(transaction, principal, clock.nowMs(), {
          action: 'session.delete',
          subject: principal.tokenId,
          projectId: principal.projectId,
        });
      });
      setHeader('set-cookie', cookie('', 0));
      return { isLoggedOut: true, path: principal.isPerson === true ? (signIn?.signOutPath ?? null) : null };
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
          'projects.target_lufs',
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
          targetLufs: row.target_lufs,
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
