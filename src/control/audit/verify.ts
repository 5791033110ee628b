// Checks the chain of the audit trail and gives out its rows. A page is bounded; who asks goes on behind it.
// Limits: a check that begins in the middle trusts the row before it; only one from the beginning proves everything.

import { sql } from 'kysely';
import { assert } from '#base/assert.ts';
import type { auditRoutes } from '#contract/api/audit.ts';
import { MeridianError } from '#contract/errors.ts';
import {
  CHAIN_START,
  type ChainCheck,
  checkHead,
  checkRows,
  type SealedAuditRow,
} from '#core/audit/chain.ts';
import { requireAllProjects } from '../access/principal.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import type { Handlers } from '../http/call.ts';
import { sha256Hex } from './seal.ts';

type ChainRow = Omit<SealedAuditRow, 'details'> & { details: Record<string, unknown> };

/** Routes of the chain. */
export function createAuditChainHandlers({ database }: ControlContext): Handlers<typeof auditRoutes> {
  return {
    async 'GET /v1/audit/verify'({ query, principal }) {
      requireAllProjects(principal);
      return frozen(database, (transaction) => verifyPage(transaction, query.after, query.limit));
    },
    async 'GET /v1/audit/chain'({ query, principal }) {
      requireAllProjects(principal);
      return frozen(database, async (transaction) => {
        const { legacyPosition, ...head } = await readHead(transaction);
        return { rows: await readChain(transaction, query.after, query.limit), legacyPosition, head };
      });
    },
  };
}

/** Reads one state of the database: a row that is sealed between two queries must not look like one too many. */
function frozen<T>(
  database: ControlDatabase,
  read: (transaction: ControlTransaction) => Promise<T>,
): Promise<T> {
  return database.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(read);
}

async function verifyPage(transaction: ControlTransaction, after: number, limit: number) {
  const { legacyPosition, ...head } = await readHead(transaction);
  const from = after === 0 ? CHAIN_START : await checkBehind(transaction, after, legacyPosition);
  // One more than is checked: what follows a bad row tells whether it was changed or inserted.
  const rows = await readChain(transaction, after, limit + 1);
  const options = { digest: sha256Hex, legacyPosition, next: rows[limit] };
  const { check, problem } = checkRows(from, rows.slice(0, limit), options);
  const isEnd = rows.length <= limit;
  const found = problem ?? (isEnd ? checkHead(check, head, 'kept') : null);
  const { count } = await transaction
    .selectFrom('audit_entries')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('position', 'is', null)
    .executeTakeFirstOrThrow();
  return {
    checkedCount: check.position - from.position,
    nextAfter: found === null && !isEnd ? check.position : null,
    problem: found,
    head,
    openCount: count,
  };
}

/** What a check knows that has come as far as this place. */
async function checkBehind(
  transaction: ControlTransaction,
  position: number,
  legacyPosition: number,
): Promise<ChainCheck> {
  const [row] = await readChain(transaction, position - 1, 1);
  if (row === undefined || row.position !== position)
    throw new MeridianError('not_found', { what: `row ${position} in the chain of the audit trail` });
  const latest = await transaction
    .selectFrom('audit_entries')
    .select(({ fn }) => fn.max<number | null>('at_ms').as('at_ms'))
    .where('position', '>', legacyPosition)
    .where('position', '<=', position)
    .executeTakeFirstOrThrow();
  return { position, hash: row.hash, latestAtMs: latest.at_ms ?? 0 };
}

async function readHead(transaction: ControlTransaction) {
  const row = await transaction.selectFrom('audit_head').selectAll().executeTakeFirst();
  assert(row !== undefined, 'audit_head has a row');
  return { position: row.position, hash: row.hash, legacyPosition: row.legacy_position };
}

async function readChain(transaction: ControlTransaction, after: number, limit: number): Promise<ChainRow[]> {
  const { rows } = await sql<ChainRow>`
    select position, id, at_ms as "atMs", actor, action, subject, project_id as "projectId", details,
      coalesce(previous_hash, '') as "previousHash", coalesce(hash, '') as hash
    from audit_entries where position > ${after} order by position, id limit ${limit}`.execute(transaction);
  return rows;
}
