// The audit trail: one row per change, written in the transaction of the change, so that neither exists alone.

import type { accessRoutes } from '#contract/api/access.ts';
import { actorOf, nameOf, type Principal } from '../access/principal.ts';
import { recordAuditedChange } from '../changes/record.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import type { Handlers } from '../http/call.ts';
import { beginning, byActor } from './search.ts';

export interface AuditEntry {
  /** e.g. asset.rename */
  readonly action: string;
  /** What was changed: an asset, a token, a site. */
  readonly subject: string;
  readonly projectId: string | null;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Adds a row to the transaction of the change that it describes, and the change to the list of changes if it belongs there. */
export async function recordAudit(
  transaction: ControlTransaction,
  principal: Principal,
  atMs: number,
  entry: AuditEntry,
): Promise<void> {
  await transaction
    .insertInto('audit_entries')
    .values({
      at_ms: atMs,
      actor: actorOf(principal),
      action: entry.action,
      subject: entry.subject,
      project_id: entry.projectId,
      details: JSON.stringify(entry.details ?? {}),
    })
    .execute();
  await recordAuditedChange(transaction, nameOf(principal), atMs, entry);
}

type AuditRoutes = typeof accessRoutes;

/** Routes that show the trail. */
export function createAuditHandlers({ database }: ControlContext): Handlers<AuditRoutes, 'GET /v1/audit'> {
  return {
    async 'GET /v1/audit'({ query, principal }) {
      let select = database
        .selectFrom('audit_entries')
        .selectAll()
        .orderBy('id', 'desc')
        .limit(query.limit + 1);
      if (query.actor !== undefined) select = select.where(byActor(query.actor));
      if (query.action !== undefined) select = select.where('action', 'like', beginning(query.action));
      if (query.subject !== undefined) select = select.where('subject', '=', query.subject);
      if (query.fromMs !== undefined) select = select.where('at_ms', '>=', query.fromMs);
      if (query.toMs !== undefined) select = select.where('at_ms', '<', query.toMs);
      if (query.before !== undefined) select = select.where('id', '<', query.before);
      if (principal.projectId !== null) select = select.where('project_id', '=', principal.projectId);
      const found = await select.execute();
      const rows = found.slice(0, query.limit);
      return {
        nextBefore: found.length > rows.length ? (rows.at(-1)?.id ?? null) : null,
        entries: rows.map((row) => ({
          id: row.id,
          atMs: row.at_ms,
          actor: row.actor,
          action: row.action,
          subject: row.subject,
          projectId: row.project_id,
          details: row.details,
        })),
      };
    },
  };
}
