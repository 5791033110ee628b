// One way to change an asset for somebody: lock its row, change it, write the audit row and the events, all or nothing.

import { MeridianError } from '#contract/errors.ts';
import { projectScope, type UserPrincipal } from '../access/principal.ts';
import { type AuditEntry, recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { type AssetChange, recordAssetEvent } from '../events/record.ts';
import { type AssetRow, lockAsset } from './store.ts';

export interface Changed<T> {
  readonly value: T;
  readonly audit: Omit<AuditEntry, 'subject' | 'projectId'>;
  /** What webhooks are told. */
  readonly events: readonly Omit<AssetChange, 'assetId'>[];
}

export type ChangeAsset = <T>(
  principal: UserPrincipal,
  assetId: string,
  act: (transaction: ControlTransaction, row: AssetRow, nowMs: number) => Promise<Changed<T>>,
) => Promise<T>;

/** What a principal may see; another project's asset is as good as none. */
export function present(row: AssetRow | undefined): AssetRow {
  if (row === undefined) throw new MeridianError('not_found', { what: 'such asset' });
  if (row.is_deleted) throw new MeridianError('gone', { what: 'asset' });
  return row;
}

/** Creates the function that changes assets. */
export function createAssetChange({ clock, database, random }: ControlContext): ChangeAsset {
  return (principal, assetId, act) =>
    database.transaction().execute(async (transaction) => {
      const nowMs = clock.nowMs();
      const row = present(await lockAsset(transaction, assetId, projectScope(principal)));
      const { value, audit, events } = await act(transaction, row, nowMs);
      await recordAudit(transaction, principal, nowMs, {
        ...audit,
        subject: row.id,
        projectId: row.project_id,
      });
      for (const event of events)
        await recordAssetEvent({ random, nowMs }, transaction, { ...event, assetId: row.id });
      return value;
    });
}
