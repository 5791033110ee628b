// Break-glass: an operator, or whoever holds a recovery code, is admin for an hour at most. It cannot happen quietly: the
// page to whoever is on call, the audit row and the elevation are one transaction; the console shows a banner to all;
// what is done behind broken glass carries its id in the audit trail. It ends by time, whatever runs or does not: the
// elevation is looked up with its end at each request.
//
// Nothing here needs the provider of identities. Limits: what is made behind broken glass (other than API tokens, which
// may not outlive it) stays and must be looked through afterwards.

import { makeId } from '#base/ids.ts';
import { MeridianError } from '#contract/errors.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import type { EscalationEngine } from '../oncall/escalations.ts';
import { type Principal, requireAllProjects, type UserPrincipal } from './principal.ts';
import { takeRecoveryCode } from './recovery-codes.ts';
import { hashSecret, makeSecret } from './secrets.ts';
import type { BreakGlassRow } from './tables.ts';

export interface BreakGlassRequest {
  readonly reason: string;
  readonly ttlMs: number;
}

export interface BreakGlass {
  /** For an operator with a credential of their own. */
  begin(principal: UserPrincipal, request: BreakGlassRequest): Promise<BreakGlassRow>;
  /** For whoever holds a recovery code; resolves to undefined for one that does not count. */
  recover(
    request: BreakGlassRequest & { readonly code: string; readonly name: string; readonly address: string },
  ): Promise<{ readonly token: string; readonly row: BreakGlassRow } | undefined>;
  end(principal: UserPrincipal, id: string): Promise<BreakGlassRow>;
  /** Notes the end of those whose time is over. */
  tick(): Promise<void>;
}

/** Creates it; pages go through the engine of on-call. */
export function createBreakGlass(context: ControlContext, engine: EscalationEngine): BreakGlass {
  const { clock, database, random } = context;
  return {
    begin(principal, request) {
      requireAllProjects(principal);
      return database.transaction().execute(async (transaction) => {
        const own = { subject: principal.tokenId, name: principal.name, how: 'person' as const };
        return open(context, engine, transaction, { ...own, ...request, principal, details: {} });
      });
    },
    recover({ code, name, reason, ttlMs, address }) {
      return database.transaction().execute(async (transaction) => {
        const nowMs = clock.nowMs();
        const number = await takeRecoveryCode(transaction, code, nowMs);
        if (number === undefined) return undefined;
        const token = makeSecret('mrd', random);
        const tokenId = makeId('tok', nowMs, random(10));
        // By itself it may only see; the broken glass makes it admin, and takes it away at its end.
        await transaction
          .insertInto('api_tokens')
          .values({
            id: tokenId,
            hash: hashSecret(token),
            name: `${name} (recovery code)`.slice(0, 100),
            role: 'viewer',
            project_id: null,
            created_at_ms: nowMs,
            last_used_at_ms: null,
            expires_at_ms: nowMs + ttlMs,
          })
          .execute();
        const principal: Principal = { kind: 'automation', name: `recovery code ${number}, used by ${name}` };
        const own = { subject: tokenId, name, how: 'code' as const, reason, ttlMs };
        const details = { recoveryCode: number, address };
        return { token, row: await open(context, engine, transaction, { ...own, principal, details }) };
      });
    },
    end(principal, id) {
      return database.transaction().execute(async (transaction) => {
        const row = await transaction
          .selectFrom('break_glass')
          .selectAll()
          .where('id', '=', id)
          .forUpdate()
          .executeTakeFirst();
        if (row === undefined) throw new MeridianError('not_found', { what: `break-glass ${id}` });
        const isOwn = row.subject === principal.tokenId;
        if (!isOwn) requireAllProjects(principal);
        if (!isOwn && principal.role !== 'admin') throw new MeridianError('forbidden', { role: 'admin' });
        if (row.ended_at_ms !== null || row.ends_at_ms <= clock.nowMs())
          throw new MeridianError('conflict', { reason: 'It has ended already' });
        return close(transaction, row, principal, principal.name, clock.nowMs());
      });
    },
    async tick() {
      const nowMs = clock.nowMs();
      const over = await database
        .selectFrom('break_glass')
        .select('id')
        .where('ended_at_ms', 'is', null)
        .where('ends_at_ms', '<=', nowMs)
        .execute();
      if (over.length === 0) return;
      await database.transaction().execute(async (transaction) => {
        const rows = await transaction
          .selectFrom('break_glass')
          .selectAll()
          .where('ended_at_ms', 'is', null)
          .where('ends_at_ms', '<=', nowMs)
          .orderBy('id')
          .forUpdate()
          .execute();
        const principal: Principal = { kind: 'automation', name: 'break-glass' };
        for (const row of rows) await close(transaction, row, principal, 'its time', row.ends_at_ms);
      });
    },
  };
}

interface Opening extends BreakGlassRequest {
  readonly subject: string;
  readonly name: string;
  readonly how: BreakGlassRow['how'];
  readonly principal: Principal;
  readonly details: Readonly<Record<string, unknown>>;
}

async function open(
  context: ControlContext,
  engine: EscalationEngine,
  transaction: ControlTransaction,
  { subject, name, how, reason, ttlMs, principal, details }: Opening,
): Promise<BreakGlassRow> {
  const { clock, random } = context;
  const nowMs = clock.nowMs();
  if ((await findActive(transaction, subject, nowMs)) !== undefined)
    throw new MeridianError('conflict', { reason: 'You are behind broken glass already' });
  const id = makeId('glass', nowMs, random(10));
  const row: BreakGlassRow = {
    id,
    subject,
    name,
    reason,
    how,
    started_at_ms: nowMs,
    ends_at_ms: nowMs + ttlMs,
    ended_at_ms: null,
    ended_by: null,
    page_id: await page(context, engine, transaction, `${name} broke the glass and is admin: ${reason}`),
  };
  await transaction.insertInto('break_glass').values(row).execute();
  await recordAudit(transaction, principal, nowMs, {
    action: 'break-glass.begin',
    subject: id,
    projectId: null,
    details: { ...details, name, how, reason, endsAtMs: row.ends_at_ms, pageId: row.page_id },
  });
  return row;
}

/** Pages whoever is on call; when there are too many open pages already, help must not fail for that. */
async function page(
  { clock, config, log, random }: ControlContext,
  engine: EscalationEngine,
  transaction: ControlTransaction,
  text: string,
): Promise<string | null> {
  const incidentId = makeId('pag', clock.nowMs(), random(10));
  const url = `${config.control.url ?? ''}/oncall?page=${incidentId}`;
  const title = text.length > 200 ? `${text.slice(0, 199)}…` : text;
  try {
    await engine.startWithin(transaction, { incidentId, title, severity: 'sev2', policyId: null, url });
    return incidentId;
  } catch (error) {
    if (!(error instanceof MeridianError)) throw error;
    log.error({ error: error.message, title }, 'nobody could be paged for broken glass; tell them yourself');
    return null;
  }
}

async function close(
  transaction: ControlTransaction,
  row: BreakGlassRow,
  principal: Principal,
  endedBy: string,
  endedAtMs: number,
): Promise<BreakGlassRow> {
  const ended = await transaction
    .updateTable('break_glass')
    .set({ ended_at_ms: endedAtMs, ended_by: endedBy })
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  if (row.how === 'code') await transaction.deleteFrom('api_tokens').where('id', '=', row.subject).execute();
  await recordAudit(transaction, principal, endedAtMs, {
    action: 'break-glass.end',
    subject: row.id,
    projectId: null,
    details: { name: row.name, by: endedBy },
  });
  return ended;
}

function findActive(database: ControlDatabase | ControlTransaction, subject: string, nowMs: number) {
  return database
    .selectFrom('break_glass')
    .selectAll()
    .where('subject', '=', subject)
    .where('ended_at_ms', 'is', null)
    .where('ends_at_ms', '>', nowMs)
    .executeTakeFirst();
}

/** The principal as it is now: admin of everything while it is behind broken glass. */
export async function elevated(
  database: ControlDatabase,
  principal: UserPrincipal,
  nowMs: number,
): Promise<UserPrincipal> {
  const row = await findActive(database, principal.tokenId, nowMs);
  if (row === undefined) return principal;
  return {
    ...principal,
    role: 'admin',
    regionIds: null,
    breakGlassId: row.id,
    breakGlassEndsAtMs: row.ends_at_ms,
  };
}
