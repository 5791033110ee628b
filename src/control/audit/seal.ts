// Seals rows of the audit trail into its chain, right after their changes have been committed.
//
// Not in the transaction of the change: a row can follow another only when that one is final, so every change of the
// installation would hold the head from its row to its commit, and all of them would wait for each other's flush to
// disk (a few hundred a second at best, and a slow one would stop the rest). Rows are sealed by one step a second
// instead, a thousand at once. The price: a row is open for about a second, longer when control stops in between;
// `meridian audit verify` counts those rows. The order of the chain is that of sealing, not of ids, since rows are
// committed out of the order of their ids.

import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { type AuditRow, sealRows } from '#core/audit/chain.ts';

/** Rows sealed in one transaction: some ten milliseconds of work. */
const BATCH_ROWS = 1_000;

/** SHA-256 as the chain writes it. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Seals everything that is open now. */
export async function sealAudit<T>(database: Kysely<T>): Promise<void> {
  let sealed = BATCH_ROWS;
  while (sealed === BATCH_ROWS)
    sealed = (await hasOpenRows(database))
      ? await database.transaction().execute((transaction) => sealBatch(transaction))
      : 0;
}

/** Most seconds there is nothing to seal, and nothing is locked. */
async function hasOpenRows<T>(database: Kysely<T>): Promise<boolean> {
  const { rows } = await sql`select 1 from audit_entries where position is null limit 1`.execute(database);
  return rows.length > 0;
}

/** Seals a batch within a transaction and returns its size. */
export async function sealBatch<T>(transaction: Kysely<T>): Promise<number> {
  const heads = await sql<{ position: number; hash: string }>`
    select position, hash from audit_head for update`.execute(transaction);
  const [head] = heads.rows;
  if (head === undefined) throw new Error('audit_head has no row');
  const { rows } = await sql<AuditRow>`
    select id, at_ms as "atMs", actor, action, subject, project_id as "projectId", details
    from audit_entries where position is null order by id limit ${BATCH_ROWS}`.execute(transaction);
  const sealed = sealRows(rows, head, sha256Hex);
  const last = sealed.at(-1);
  if (last === undefined) return 0;
  await sql`
    update audit_entries as entry
    set position = seal.position, previous_hash = seal.previous_hash, hash = seal.hash
    from unnest(
      ${sealed.map(({ id }) => id)}::bigint[],
      ${sealed.map(({ position }) => position)}::bigint[],
      ${sealed.map(({ previousHash }) => previousHash)}::text[],
      ${sealed.map(({ hash }) => hash)}::text[]
    ) as seal (id, position, previous_hash, hash)
    where entry.id = seal.id`.execute(transaction);
  await sql`update audit_head set position = ${last.position}, hash = ${last.hash}`.execute(transaction);
  return sealed.length;
}
