// Settings of which every version is kept: definitions of runbooks, and the rota. The highest version that nobody took
// back is in force; one that is taken back stays, so that the taking back can be taken back as well.

import { sql } from 'kysely';
import { readYaml } from '#platform/yaml-document.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { lockVersions, versionInForce } from '../oncall/store.ts';
import { findDefinition, readShipped } from '../runbooks/definitions.ts';

interface InForce {
  readonly version: number;
  /** Plain data out of its text. */
  readonly document: unknown;
}

export interface VersionSetting {
  /** Locks it against other changes and reads what is in force; null: nothing is. */
  read(transaction: ControlTransaction, name: string): Promise<InForce | null>;
  /** Takes back every version above this one, and this one no longer; 0 takes back all. */
  enforce(transaction: ControlTransaction, name: string, version: number): Promise<unknown>;
  /** What the audit trail calls it with this version; 0: with none. */
  subject(name: string, version: number): string;
}

const runbook: VersionSetting = {
  async read(transaction, id) {
    await transaction.selectFrom('leadership').select('id').forUpdate().execute();
    const found = await findDefinition(transaction, id, readShipped());
    if (found === undefined) return null;
    const { sample, text } = found.source;
    return { version: sample.version, document: readYaml(text).value };
  },
  enforce: (transaction, id, version) =>
    transaction
      .updateTable('runbooks')
      .set({ is_taken_back: sql<boolean>`version > ${version}` })
      .where('id', '=', id)
      .where('version', '>=', version)
      .execute(),
  subject: (id) => id,
};

const rota: VersionSetting = {
  async read(transaction) {
    await lockVersions(transaction);
    const version = await versionInForce(transaction);
    if (version === null) return null;
    const { text } = await transaction
      .selectFrom('oncall_versions')
      .select('text')
      .where('version', '=', version)
      .executeTakeFirstOrThrow();
    return { version, document: readYaml(text).value };
  },
  enforce: (transaction, _, version) =>
    transaction
      .updateTable('oncall_versions')
      .set({ is_taken_back: sql<boolean>`version > ${version}` })
      .where('version', '>=', version)
      .execute(),
  subject: (_, version) => (version === 0 ? 'none' : `version ${version}`),
};

/** By the action of the audit trail. */
const ACTIONS: Readonly<Record<string, VersionSetting>> = { 'runbook.save': runbook, 'oncall.apply': rota };

/** The setting of which an action of the audit trail puts a version in force; undefined: none. */
export function versionSettingOf(action: unknown): VersionSetting | undefined {
  return typeof action === 'string' && Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
}
