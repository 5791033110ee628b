// Definitions of runbooks: those that come with the program, and those that people saved. The highest version that
// nobody took back is in force. Shipped ones are part of the program: one that is not sound stops the start.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MeridianError } from '#contract/errors.ts';
import type { Principal } from '../access/principal.ts';
import { actorOf } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import { RUNBOOKS_MAX } from './limits.ts';
import { type RunbookSource, requireRunbook } from './read-runbook.ts';

const SHIPPED_FOLDER = new URL('shipped/', import.meta.url);

/** The definitions that come with the program, by id. */
export function readShipped(): ReadonlyMap<string, RunbookSource> {
  const folder = fileURLToPath(SHIPPED_FOLDER);
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => requireRunbook(readFileSync(new URL(name, SHIPPED_FOLDER), 'utf8')));
  return new Map(sources.map((source) => [source.sample.id, source]));
}

export interface Definition {
  readonly source: RunbookSource;
  readonly isShipped: boolean;
}

export interface Definitions {
  /** Those in force, by id. */
  list(): Promise<readonly Definition[]>;
  /** The one in force; throws `not_found`. */
  get(runbookId: string): Promise<Definition>;
  /** The one that comes with the program. */
  shipped(runbookId: string): RunbookSource | undefined;
  /** Saves a version; it must be higher than the one in force. */
  save(principal: Principal, runbookId: string, text: string): Promise<Definition>;
}

/** The definition in force; undefined: there is none. */
export async function findDefinition(
  reader: ControlDatabase | ControlTransaction,
  runbookId: string,
  shipped: ReadonlyMap<string, RunbookSource>,
): Promise<Definition | undefined> {
  const row = await reader
    .selectFrom('runbooks')
    .select('text')
    .where('id', '=', runbookId)
    .where('is_taken_back', '=', false)
    .orderBy('version', 'desc')
    .executeTakeFirst();
  return newer(shipped.get(runbookId), row?.text);
}

/** Creates the store of definitions. */
export function createDefinitions({ clock, database }: ControlContext): Definitions {
  const shipped = readShipped();

  return {
    async list() {
      const rows = await database
        .selectFrom('runbooks')
        .select(['id', 'text'])
        .where('is_taken_back', '=', false)
        .distinctOn('id')
        .orderBy('id')
        .orderBy('version', 'desc')
        .execute();
      const saved = new Map(rows.map(({ id, text }) => [id, text]));
      return [...new Set([...shipped.keys(), ...saved.keys()])]
        .sort()
        .flatMap((id) => newer(shipped.get(id), saved.get(id)) ?? []);
    },
    async get(runbookId) {
      const found = await findDefinition(database, runbookId, shipped);
      if (found === undefined) throw new MeridianError('not_found', { what: `runbook ${runbookId}` });
      return found;
    },
    shipped: (runbookId) => shipped.get(runbookId),
    async save(principal, runbookId, text) {
      const source = requireRunbook(text);
      const { id, version } = source.sample;
      if (id !== runbookId)
        throw new MeridianError('invalid_request', {
          reason: `the runbook calls itself ${id}, not ${runbookId}`,
        });
      await database.transaction().execute(async (transaction) => {
        await transaction.selectFrom('leadership').select('id').forUpdate().execute();
        await requireRoom(transaction, id, shipped.size);
        const before = (await findDefinition(transaction, id, shipped))?.source.sample.version ?? 0;
        const newest = Math.max(before, await newestSaved(transaction, id));
        if (newest >= version)
          throw new MeridianError('conflict', {
            reason: `Version ${newest} of ${id} ${newest === before ? 'is in force' : 'was taken back'}; save a higher one`,
          });
        const nowMs = clock.nowMs();
        await transaction
          .insertInto('runbooks')
          .values({ id, version, text, actor: actorOf(principal), created_at_ms: nowMs })
          .execute();
        await recordAudit(transaction, principal, nowMs, {
          action: 'runbook.save',
          subject: id,
          projectId: null,
          details: { before: before === 0 ? null : { version: before }, after: { version } },
        });
      });
      return { source, isShipped: false };
    },
  };
}

/** The newest version that was ever saved; 0: none. */
async function newestSaved(transaction: ControlTransaction, id: string): Promise<number> {
  const row = await transaction
    .selectFrom('runbooks')
    .select('version')
    .where('id', '=', id)
    .orderBy('version', 'desc')
    .executeTakeFirst();
  return row?.version ?? 0;
}

async function requireRoom(transaction: ControlTransaction, id: string, shippedCount: number): Promise<void> {
  const rows = await transaction.selectFrom('runbooks').select('id').distinct().execute();
  if (rows.length + shippedCount >= RUNBOOKS_MAX && !rows.some((row) => row.id === id))
    throw new MeridianError('overloaded', { reason: `there are ${RUNBOOKS_MAX} runbooks` });
}

/** The higher version of a shipped definition and a saved one. */
function newer(own: RunbookSource | undefined, text: string | undefined): Definition | undefined {
  const saved = text === undefined ? undefined : requireRunbook(text);
  if (saved !== undefined && (own === undefined || saved.sample.version > own.sample.version))
    return { source: saved, isShipped: false };
  return own === undefined ? undefined : { source: own, isShipped: true };
}
