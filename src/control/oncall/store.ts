// The rota in force and its overrides. The text is read and checked once per version; overrides are few and read each
// time, so that one that was just made counts at once.

import { type Selectable, sql } from 'kysely';
import type { OverrideView } from '#contract/api/oncall.ts';
import { rotaSchema } from '#contract/rota.ts';
import type { Override, Rota, RotaView } from '#core/oncall/rota.ts';
import { checkYaml } from '#platform/yaml-document.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import type { OncallOverridesTable, OncallVersionsTable } from './tables.ts';

type Reader = ControlDatabase | ControlTransaction;
export type VersionRow = Selectable<OncallVersionsTable>;
export type OverrideRow = Selectable<OncallOverridesTable>;

const EMPTY: Rota = { users: new Map(), schedules: new Map(), policies: new Map(), defaultPolicyId: '' };

export interface CurrentRota extends RotaView {
  /** null: none was applied; the rota is empty. */
  readonly row: VersionRow | null;
}

export interface RotaStore {
  /** The rota in force with the overrides that end after an instant. */
  current(reader: Reader, endingAfterMs: number): Promise<CurrentRota>;
}

/** Creates the store; it keeps the rota in force. */
export function createRotaStore(): RotaStore {
  let kept: { row: VersionRow; rota: Rota } | undefined;
  return {
    async current(reader, endingAfterMs) {
      const version = await versionInForce(reader);
      if (version === null) return { row: null, rota: EMPTY, overrides: [] };
      if (kept?.row.version !== version) kept = await readVersion(reader, version);
      const overrides = await readOverrides(reader, endingAfterMs);
      return { ...kept, overrides: overrides.map(toOverride) };
    },
  };
}

/** Locks the versions until the transaction ends, for whoever changes which of them is in force. */
export async function lockVersions(transaction: ControlTransaction): Promise<void> {
  await sql`lock table oncall_versions in share row exclusive mode`.execute(transaction);
}

/** The newest version that nobody took back; null: there is no rota. */
export async function versionInForce(reader: Reader): Promise<number | null> {
  const newest = await reader
    .selectFrom('oncall_versions')
    .select('version')
    .where('is_taken_back', '=', false)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return newest?.version ?? null;
}

async function readVersion(reader: Reader, version: number): Promise<{ row: VersionRow; rota: Rota }> {
  const row = await reader
    .selectFrom('oncall_versions')
    .selectAll()
    .where('version', '=', version)
    .executeTakeFirstOrThrow();
  const { value, problems } = checkYaml(row.text, rotaSchema);
  // Versions were checked when they were applied; a newer program that is stricter has to say what it cannot read.
  if (value === undefined)
    throw new Error(`version ${version} of the rota cannot be read: ${problems[0]?.message ?? 'unknown'}`);
  return { row, rota: value };
}

/** Overrides that end after an instant, oldest first. */
export function readOverrides(reader: Reader, endingAfterMs: number): Promise<OverrideRow[]> {
  return reader
    .selectFrom('oncall_overrides')
    .selectAll()
    .where('until_ms', '>', endingAfterMs)
    .orderBy('id')
    .execute();
}

function toOverride(row: OverrideRow): Override {
  return {
    id: row.id,
    scheduleId: row.schedule_id,
    userId: row.user_id,
    fromMs: row.from_ms,
    untilMs: row.until_ms,
    createdAtMs: row.created_at_ms,
    reason: row.reason,
  };
}

/** An override for the API. */
export function overrideView(row: OverrideRow): OverrideView {
  return { ...toOverride(row), kind: row.kind, createdBy: row.created_by };
}
