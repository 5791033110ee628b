// Rows of API tokens, sessions and projects.

import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import { databaseNowMs } from '../database/time.ts';
import { SESSIONS_PER_TOKEN_MAX } from '../limits.ts';
import type { UserPrincipal } from './principal.ts';

type Reader = ControlDatabase | ControlTransaction;

const TOKEN_COLUMNS = [
  'api_tokens.id',
  'name',
  'role',
  'project_id',
  'api_tokens.expires_at_ms',
  'last_used_at_ms',
  'region_ids',
] as const;

interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly role: UserPrincipal['role'];
  readonly project_id: string | null;
  readonly expires_at_ms: number | null;
  readonly last_used_at_ms: number | null;
  readonly region_ids: string[] | null;
}

export interface FoundToken {
  readonly principal: UserPrincipal;
  readonly lastUsedAtMs: number | null;
}

function found(row: TokenRow, sessionHash: string | null): FoundToken {
  return {
    principal: {
      kind: 'user',
      tokenId: row.id,
      name: row.name,
      role: row.role,
      projectId: row.project_id,
      expiresAtMs: row.expires_at_ms,
      sessionHash,
      regionIds: row.region_ids,
    },
    lastUsedAtMs: row.last_used_at_ms,
  };
}

/** The holder of an unexpired API token. */
export async function findToken(
  database: Reader,
  hash: string,
  nowMs: number,
): Promise<FoundToken | undefined> {
  const row = await database
    .selectFrom('api_tokens')
    .select(TOKEN_COLUMNS)
    .where('hash', '=', hash)
    .where((where) => where.or([where('expires_at_ms', 'is', null), where('expires_at_ms', '>', nowMs)]))
    .executeTakeFirst();
  return row === undefined ? undefined : found(row, null);
}

/** The holder of an unexpired session, whose token must not have expired either. */
export async function findSession(
  database: Reader,
  hash: string,
  nowMs: number,
): Promise<FoundToken | undefined> {
  const row = await database
    .selectFrom('sessions')
    .innerJoin('api_tokens', 'api_tokens.id', 'sessions.token_id')
    .select([...TOKEN_COLUMNS, 'sessions.expires_at_ms as session_expires_at_ms'])
    .where('sessions.hash', '=', hash)
    .where('sessions.expires_at_ms', '>', nowMs)
    .where((where) =>
      where.or([
        where('api_tokens.expires_at_ms', 'is', null),
        where('api_tokens.expires_at_ms', '>', nowMs),
      ]),
    )
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const expiresAtMs = Math.min(row.session_expires_at_ms, row.expires_at_ms ?? Number.POSITIVE_INFINITY);
  return found({ ...row, expires_at_ms: expiresAtMs }, hash);
}

/** Notes that a token was used. */
export async function touchToken(database: Reader, tokenId: string, nowMs: number): Promise<void> {
  await database
    .updateTable('api_tokens')
    .set({ last_used_at_ms: nowMs })
    .where('id', '=', tokenId)
    .execute();
}

/** Adds a session and drops the oldest of the token beyond the limit. */
export async function addSession(
  transaction: ControlTransaction,
  session: { hash: string; tokenId: string; nowMs: number; expiresAtMs: number },
): Promise<void> {
  await transaction
    .insertInto('sessions')
    .values({
      hash: session.hash,
      token_id: session.tokenId,
      created_at_ms: session.nowMs,
      expires_at_ms: session.expiresAtMs,
    })
    .execute();
  await transaction
    .deleteFrom('sessions')
    .where('token_id', '=', session.tokenId)
    .where('hash', 'not in', (query) =>
      query
        .selectFrom('sessions')
        .select('hash')
        .where('token_id', '=', session.tokenId)
        .orderBy('created_at_ms', 'desc')
        .limit(SESSIONS_PER_TOKEN_MAX),
    )
    .execute();
}

/** Whether the project exists. */
export async function hasProject(database: Reader, projectId: string): Promise<boolean> {
  const row = await database
    .selectFrom('projects')
    .select('id')
    .where('id', '=', projectId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Creates a project unless it exists; false when it did. */
export async function addProject(database: Reader, id: string, name: string): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await database
    .insertInto('projects')
    .values({ id, name, created_at_ms: databaseNowMs() })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}
