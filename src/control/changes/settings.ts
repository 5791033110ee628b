// Settings of projects whose changes keep what was there before, so that they can be taken back.

import { MeridianError } from '#contract/errors.ts';
import type { ControlTransaction } from '../database/schema.ts';

/** By the action of the audit trail: the columns that it changes together. */
export const SETTING_COLUMNS = {
  'project.loudness': ['target_lufs'],
  'project.encoding': ['preset', 'is_per_title', 'codecs'],
  'project.quotas': ['stored_bytes_max', 'assets_max', 'upload_bytes_per_day_max', 'retention_days'],
} as const;
export type ProjectSetting = keyof typeof SETTING_COLUMNS;

export interface WrittenSetting {
  readonly before: Record<string, unknown>;
  readonly after: Record<string, unknown>;
}

/** Writes the columns of a setting, and says what was there before and is now. */
export async function writeSetting(
  transaction: ControlTransaction,
  setting: ProjectSetting,
  projectId: string,
  values: Readonly<Record<string, unknown>>,
): Promise<WrittenSetting> {
  const columns = [...SETTING_COLUMNS[setting]];
  const before = await transaction
    .selectFrom('projects')
    .select(columns)
    .where('id', '=', projectId)
    .forUpdate()
    .executeTakeFirst();
  if (before === undefined) throw new MeridianError('not_found', { what: `project ${projectId}` });
  const after = await transaction
    .updateTable('projects')
    .set(values)
    .where('id', '=', projectId)
    .returning(columns)
    .executeTakeFirstOrThrow();
  return { before, after };
}
