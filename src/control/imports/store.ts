// Rows of imports. They are leased like jobs: under a fence that grows with every lease, with times of the database's
// clock. Lock order: an import's row, then its parent's.

import { type Selectable, sql } from 'kysely';
import { makeId } from '#base/ids.ts';
import type { ImportObject, ImportProgress } from '#contract/api/imports.ts';
import { DEFAULT_BACKOFF } from '#core/retry/backoff.ts';
import type { RandomBytes } from '../context.ts';
import type { ControlDatabase, ControlTransaction, ImportsTable } from '../database/schema.ts';
import { databaseNowMs } from '../database/time.ts';
import { LEASE_MS } from '../limits.ts';
import { IMPORT_REAP_MAX } from './limits.ts';

export type ImportRow = Selectable<ImportsTable>;
export type ImportState = ImportRow['state'];
type Reader = ControlDatabase | ControlTransaction;

/** What tells one new import from another. */
export interface NewImport {
  readonly kind: ImportRow['kind'];
  readonly projectId: string;
  readonly visibility: ImportRow['visibility'];
  readonly parentId?: string;
  readonly url?: string;
  readonly source?: string;
  readonly objectKey?: string;
  readonly objectEtag?: string;
  readonly name?: string;
  readonly preset?: string;
  readonly totalBytes?: number;
}

/** A row that waits for a node. */
export function newImportRow(made: NewImport, nowMs: number, random: RandomBytes) {
  return {
    id: makeId('imp', nowMs, random(10)),
    project_id: made.projectId,
    kind: made.kind,
    parent_id: made.parentId ?? null,
    asset_id: made.kind === 'bucket' ? null : makeId('ast', nowMs, random(10)),
    url: made.url ?? null,
    source: made.source ?? null,
    object_key: made.objectKey ?? null,
    object_etag: made.objectEtag ?? null,
    name: made.name ?? null,
    visibility: made.visibility,
    preset: made.preset ?? null,
    state: 'waiting' as const,
    attempt: 0,
    attempts_max: DEFAULT_BACKOFF.attemptsMax,
    fence: 0,
    run_at_ms: databaseNowMs(),
    lease_node_id: null,
    lease_until_ms: null,
    received_bytes: 0,
    total_bytes: made.totalBytes ?? null,
    found_count: 0,
    skipped_count: 0,
    failure_code: null,
    failure_message: null,
    created_at_ms: nowMs,
    updated_at_ms: nowMs,
  };
}

/** One import, or undefined. */
export function findImport(database: Reader, importId: string): Promise<ImportRow | undefined> {
  return database.selectFrom('imports').selectAll().where('id', '=', importId).executeTakeFirst();
}

/** Locks an import. */
export function lockImport(
  transaction: ControlTransaction,
  importId: string,
): Promise<ImportRow | undefined> {
  return transaction
    .selectFrom('imports')
    .selectAll()
    .where('id', '=', importId)
    .forUpdate()
    .executeTakeFirst();
}

/** Leases what may run now: addresses and buckets before the many objects of a bucket, then the oldest. */
export async function leaseImports(database: Reader, nodeId: string, limit: number): Promise<ImportRow[]> {
  const chosen = database
    .selectFrom('imports')
    .select('id')
    .where('state', '=', 'waiting')
    .where('run_at_ms', '<=', databaseNowMs())
    .orderBy(sql`kind = 'object'`)
    .orderBy('run_at_ms')
    .orderBy('id')
    .limit(limit)
    .forUpdate()
    .skipLocked();
  return database
    .updateTable('imports')
    .set({
      state: 'running',
      attempt: sql<number>`attempt + 1`,
      fence: sql<number>`fence + 1`,
      lease_node_id: nodeId,
      lease_until_ms: databaseNowMs(LEASE_MS),
      updated_at_ms: databaseNowMs(),
    })
    .where('id', 'in', chosen)
    .returningAll()
    .execute();
}

/** Gives back leases that nobody received, as if they had never been. The fence stays. */
export async function returnImports(database: Reader, rows: readonly ImportRow[]): Promise<void> {
  for (const { id, fence } of rows)
    await database
      .updateTable('imports')
      .set({ state: 'waiting', attempt: sql<number>`attempt - 1`, lease_node_id: null, lease_until_ms: null })
      .where('id', '=', id)
      .where('fence', '=', fence)
      .where('state', '=', 'running')
      .execute();
}

/** Milliseconds until the next import may run; null when none waits for its time. */
export async function msUntilNextImport(database: Reader): Promise<number | null> {
  const row = await database
    .selectFrom('imports')
    .select(sql<number | null>`min(run_at_ms) - ${databaseNowMs()}`.as('wait_ms'))
    .where('state', '=', 'waiting')
    .executeTakeFirst();
  return row?.wait_ms ?? null;
}

/** Prolongs a lease and notes progress; returns until when it holds. */
export async function prolongImport(
  transaction: ControlTransaction,
  importId: string,
  progress: ImportProgress,
): Promise<number> {
  const row = await transaction
    .updateTable('imports')
    .set({
      lease_until_ms: databaseNowMs(LEASE_MS),
      received_bytes: progress.receivedBytes,
      ...(progress.totalBytes === null ? {} : { total_bytes: progress.totalBytes }),
      updated_at_ms: databaseNowMs(),
    })
    .where('id', '=', importId)
    .returning('lease_until_ms')
    .executeTakeFirstOrThrow();
  return row.lease_until_ms ?? 0;
}

/** Ends an import well. */
export async function finishImport(
  transaction: ControlTransaction,
  row: ImportRow,
  bytes: number,
): Promise<void> {
  await transaction
    .updateTable('imports')
    .set({
      state: 'done',
      lease_until_ms: null,
      ...(row.kind === 'bucket' ? {} : { received_bytes: bytes, total_bytes: bytes }),
      failure_code: null,
      failure_message: null,
      updated_at_ms: databaseNowMs(),
    })
    .where('id', '=', row.id)
    .execute();
}

/** Makes an import wait again, or gives it up when `delayMs` is null. */
export async function endImportAttempt(
  transaction: ControlTransaction,
  importId: string,
  failure: { code: string; message: string },
  delayMs: number | null,
): Promise<void> {
  await transaction
    .updateTable('imports')
    .set({
      state: delayMs === null ? 'failed' : 'waiting',
      run_at_ms: databaseNowMs(delayMs ?? 0),
      lease_until_ms: null,
      failure_code: failure.code,
      failure_message: failure.message,
      updated_at_ms: databaseNowMs(),
    })
    .where('id', '=', importId)
    .execute();
}

/** Cancels an import with its objects; nodes that work on them are told at their next heartbeat. */
export async function cancelImport(transaction: ControlTransaction, importId: string): Promise<void> {
  await transaction
    .updateTable('imports')
    .set({ state: 'cancelled', lease_until_ms: null, updated_at_ms: databaseNowMs() })
    .where((where) => where.or([where('id', '=', importId), where('parent_id', '=', importId)]))
    .where('state', 'in', ['waiting', 'running'])
    .execute();
}

/** Adds objects of a bucket as imports; those that wait, run or are done already are left alone. Returns how many are new. */
export async function addObjects(
  transaction: ControlTransaction,
  bucket: ImportRow,
  objects: readonly ImportObject[],
  nowMs: number,
  random: RandomBytes,
): Promise<number> {
  if (objects.length === 0) return 0;
  const added = await transaction
    .insertInto('imports')
    .values(
      objects.map(({ key, etag, bytes }) =>
        newImportRow(
          {
            kind: 'object',
            projectId: bucket.project_id,
            visibility: bucket.visibility,
            ...(bucket.preset === null ? {} : { preset: bucket.preset }),
            parentId: bucket.id,
            source: bucket.source ?? '',
            objectKey: key,
            objectEtag: etag,
            totalBytes: bytes,
          },
          nowMs,
          random,
        ),
      ),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['project_id', 'source', 'object_key', 'object_etag'])
        .where('kind', '=', sql.lit<'object'>('object'))
        .where('state', 'in', [
          sql.lit<'waiting'>('waiting'),
          sql.lit<'running'>('running'),
          sql.lit<'done'>('done'),
        ])
        .doNothing(),
    )
    .returning('id')
    .execute();
  return added.length;
}

/** Imports whose node has fallen silent. */
export function readLostImports(database: Reader): Promise<{ id: string; fence: number }[]> {
  return database
    .selectFrom('imports')
    .select(['id', 'fence'])
    .where('state', '=', 'running')
    .where('lease_until_ms', '<', databaseNowMs())
    .orderBy('id')
    .limit(IMPORT_REAP_MAX)
    .execute();
}

/** What has become of the objects of a bucket. */
export interface ObjectCounts {
  readonly states: ReadonlyMap<ImportState, number>;
  readonly receivedBytes: number;
  readonly totalBytes: number;
}

/** Counts the objects of buckets. */
export async function countObjects(
  database: Reader,
  bucketIds: readonly string[],
): Promise<ReadonlyMap<string, ObjectCounts>> {
  if (bucketIds.length === 0) return new Map();
  const rows = await database
    .selectFrom('imports')
    .select((select) => [
      'parent_id',
      'state',
      select.fn.countAll<number>().as('count'),
      select.fn.sum<string>('received_bytes').as('received'),
      select.fn.sum<string>('total_bytes').as('total'),
    ])
    .where('parent_id', 'in', bucketIds)
    .groupBy(['parent_id', 'state'])
    .execute();
  const counts = new Map<string, ObjectCounts>();
  for (const row of rows) {
    const known = counts.get(row.parent_id ?? '');
    counts.set(row.parent_id ?? '', {
      states: new Map([...(known?.states ?? []), [row.state, Number(row.count)]]),
      receivedBytes: (known?.receivedBytes ?? 0) + Number(row.received ?? 0),
      totalBytes: (known?.totalBytes ?? 0) + Number(row.total ?? 0),
    });
  }
  return counts;
}
