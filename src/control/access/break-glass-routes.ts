// Routes of broken glass and of the recovery codes that were made for it.

import type { BreakGlassView, breakGlassRoutes } from '#contract/api/break-glass.ts';
import { MeridianError } from '#contract/errors.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { Handlers } from '../http/call.ts';
import type { BreakGlass } from './break-glass.ts';
import { createLoginLimit } from './login-limit.ts';
import { requireAllProjects, type UserPrincipal } from './principal.ts';
import { makeRecoveryCode, normalizeCode, RECOVERY_CODES } from './recovery-codes.ts';
import { hashSecret } from './secrets.ts';
import type { BreakGlassRow } from './tables.ts';

/** Ended ones that are shown. */
const ENDED_SHOWN_MAX = 50;

/** The routes. */
export function createBreakGlassHandlers(
  context: ControlContext,
  glass: BreakGlass,
): Handlers<typeof breakGlassRoutes> {
  const { clock, database } = context;
  const limit = createLoginLimit();
  return {
    async 'GET /v1/break-glass'({ principal }) {
      requireAllProjects(principal);
      const nowMs = clock.nowMs();
      const rows = await database
        .selectFrom('break_glass')
        .selectAll()
        .orderBy('id', 'desc')
        .limit(ENDED_SHOWN_MAX)
        .execute();
      const isActive = (row: BreakGlassRow): boolean => row.ended_at_ms === null && row.ends_at_ms > nowMs;
      const views = (of: readonly BreakGlassRow[]) => of.map((row) => viewOf(row, principal.tokenId));
      return { active: views(rows.filter(isActive)), ended: views(rows.filter((row) => !isActive(row))) };
    },
    async 'POST /v1/break-glass'({ body, principal }) {
      return viewOf(await glass.begin(principal, body), principal.tokenId);
    },
    async 'POST /v1/break-glass/recover'({ body, address }) {
      const nowMs = clock.nowMs();
      const waitSeconds = limit.waitSeconds(address, nowMs);
      if (waitSeconds !== null) throw new MeridianError('rate_limited', { retryAfterSeconds: waitSeconds });
      const recovered = await glass.recover({ ...body, address });
      if (recovered === undefined) {
        limit.fail(address, nowMs);
        throw new MeridianError('wrong_credential');
      }
      limit.succeed(address);
      return { token: recovered.token, view: viewOf(recovered.row, recovered.row.subject) };
    },
    async 'POST /v1/break-glass/{breakGlassId}/end'({ params, principal }) {
      return viewOf(await glass.end(principal, params.breakGlassId), principal.tokenId);
    },
    async 'GET /v1/recovery-codes'({ principal }) {
      requireAllProjects(principal);
      const rows = await database.selectFrom('recovery_codes').selectAll().orderBy('number').execute();
      return {
        codes: rows.map((row) => ({
          number: row.number,
          createdAtMs: row.created_at_ms,
          createdBy: row.created_by,
          usedAtMs: row.used_at_ms,
        })),
      };
    },
    'POST /v1/recovery-codes': ({ principal }) => makeCodes(context, principal),
  };
}

async function makeCodes({ clock, database, random }: ControlContext, principal: UserPrincipal) {
  requireAllProjects(principal);
  // Whoever is admin for an hour must not make the next hours.
  if (principal.breakGlassId !== undefined)
    throw new MeridianError('conflict', { reason: 'Recovery codes are not made behind broken glass' });
  const nowMs = clock.nowMs();
  const codes = Array.from({ length: RECOVERY_CODES }, () => makeRecoveryCode(random));
  await database.transaction().execute(async (transaction) => {
    await transaction.deleteFrom('recovery_codes').execute();
    await transaction
      .insertInto('recovery_codes')
      .values(
        codes.map((code, index) => ({
          hash: hashSecret(normalizeCode(code)),
          number: index + 1,
          created_at_ms: nowMs,
          created_by: principal.name,
          used_at_ms: null,
        })),
      )
      .execute();
    await recordAudit(transaction, principal, nowMs, {
      action: 'recovery-codes.create',
      subject: 'recovery-codes',
      projectId: null,
      details: { count: codes.length },
    });
  });
  return { codes };
}

function viewOf(row: BreakGlassRow, subject: string): BreakGlassView {
  return {
    id: row.id,
    name: row.name,
    reason: row.reason,
    how: row.how,
    startedAtMs: row.started_at_ms,
    endsAtMs: row.ends_at_ms,
    endedAtMs: row.ended_at_ms,
    endedBy: row.ended_by,
    isOwn: row.subject === subject,
    pageId: row.page_id,
  };
}
