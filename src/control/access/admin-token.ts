// The first admin token: made at the first start, kept in a 0600 file for whoever owns the machine. Deleting the
// file and restarting makes a new one, which is the way back in when every admin token is lost. A token that was
// revoked while its file stayed is not revived, unless the database has no admin at all (a new database).

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeId } from '#base/ids.ts';
import { DEFAULT_PROJECT_ID } from '#contract/identifiers.ts';
import { isMissing, writeFileDurably } from '#platform/disk.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { hashSecret, makeSecret } from './secrets.ts';
import { addProject } from './store.ts';

export const ADMIN_TOKEN_FILE = 'admin-token';

/** Makes sure that the default project exists and that the token in the file is a valid admin token. */
export async function ensureAdminToken(context: ControlContext): Promise<void> {
  const { clock, database, dataDirectory, log, random } = context;
  const path = join(dataDirectory, ADMIN_TOKEN_FILE);
  await addProject(database, DEFAULT_PROJECT_ID, 'Default');
  const kept = await readToken(path);
  const token = kept ?? makeSecret('mrd', random);
  const nowMs = clock.nowMs();
  const isNew = await database.transaction().execute(async (transaction) => {
    if (kept !== undefined && (await hasAdmin(transaction, nowMs))) return false;
    const inserted = await transaction
      .insertInto('api_tokens')
      .values({
        id: makeId('tok', nowMs, random(10)),
        hash: hashSecret(token),
        name: 'first admin',
        role: 'admin',
        project_id: null,
        created_at_ms: nowMs,
        last_used_at_ms: null,
        expires_at_ms: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await recordAudit(transaction, { kind: 'anyone' }, nowMs, {
      action: 'token.create',
      subject: inserted.id,
      projectId: null,
      details: { name: 'first admin', role: 'admin', file: ADMIN_TOKEN_FILE },
    });
    return true;
  });
  if (kept === undefined) await writeFileDurably(path, `${token}\n`, { mode: 0o600 });
  if (isNew) log.info({ path }, 'made an admin token');
}

async function hasAdmin(transaction: ControlTransaction, nowMs: number): Promise<boolean> {
  const row = await transaction
    .selectFrom('api_tokens')
    .select('id')
    .where('role', '=', 'admin')
    .where('project_id', 'is', null)
    .where((where) => where.or([where('expires_at_ms', 'is', null), where('expires_at_ms', '>', nowMs)]))
    .executeTakeFirst();
  return row !== undefined;
}

async function readToken(path: string): Promise<string | undefined> {
  try {
    const token = (await readFile(path, 'utf8')).trim();
    return token === '' ? undefined : token;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
