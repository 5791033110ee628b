// Takes back a change of a setting: the value of before comes back, as a change of its own. Only settings whose change
// kept both values can be taken back, and only while nobody has changed them again since: an undo must not undo more
// than was meant. The configuration file is not among them; it belongs to whoever deploys it.

import { isDeepStrictEqual } from 'node:util';
import { MeridianError } from '#contract/errors.ts';
import type { Principal } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import type { RandomBytes } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { setEncodingPause } from '../jobs/change.ts';
import { findInForce, isSame, orderOf, placeOrder, takeBackOrder } from '../orders/store.ts';
import { putRow, readRow } from './row-settings.ts';
import { SETTING_COLUMNS, writeSetting } from './settings.ts';
import { isRecord, type WayBack, wayBackOf } from './way-back.ts';

export interface Revert {
  readonly random: RandomBytes;
  readonly nowMs: number;
  readonly principal: Principal;
  /** Number of the change in the list of changes. */
  readonly changeId: number;
}

export interface Reverted {
  readonly isChange: boolean;
  /** A sentence without its full stop. */
  readonly text: string;
  /** What differs, field by field; absent: the sentence says it all. */
  readonly differences?: readonly Difference[];
}

export interface Difference {
  readonly field: string;
  /** As JSON; null: it is not there. */
  readonly from: string | null;
  readonly to: string | null;
}

/** Takes a change back. Throws `conflict` when that cannot be done, and says why. */
export async function revertChange(transaction: ControlTransaction, revert: Revert): Promise<Reverted> {
  const { changeId, nowMs, principal } = revert;
  const found = await transaction
    .selectFrom('changes')
    .selectAll()
    .where('id', '=', changeId)
    .executeTakeFirst();
  if (found === undefined) throw new MeridianError('not_found', { what: `change ${changeId}` });
  const { summary } = found;
  const way = wayBackOf(found);
  switch (way?.kind) {
    case 'project':
      return revertSetting(transaction, revert, { ...way, summary });
    case 'pause': {
      const { isPaused, regionId } = way;
      return (await setEncodingPause(transaction, { principal, nowMs, regionId, isPaused }))
        ? { isChange: true, text: `Taken back: ${summary}` }
        : unchanged(summary);
    }
    case 'order':
      return revertOrder(transaction, revert, { ...way, summary });
    case 'row':
      return revertRow(transaction, revert, { ...way, summary });
    case 'version':
      return revertVersion(transaction, revert, { ...way, summary });
    case undefined:
      throw new MeridianError('conflict', {
        reason: `Change ${changeId} ("${summary}") keeps no value of before; only settings of projects, objectives, alert rules, runbooks and their guards, rotas, pauses and scales of encoders, throttles and shifts can be taken back`,
      });
  }
}

/** A way back of one kind, and the sentence of the change. */
type Way<K extends WayBack['kind']> = Extract<WayBack, { readonly kind: K }> & { readonly summary: string };

/** Puts a row of settings back as it was before, or removes it when there was none. */
async function revertRow(
  transaction: ControlTransaction,
  { changeId, nowMs, principal }: Revert,
  { action, after, before, setting, subject, summary }: Way<'row'>,
): Promise<Reverted> {
  const current = await readRow(transaction, setting, subject);
  if (isDeepStrictEqual(current, before)) return unchanged(summary);
  if (!isDeepStrictEqual(current, after)) throw changedSince(changeId);
  await putRow(transaction, setting, subject, before, { nowMs, principal });
  await recordAudit(transaction, principal, nowMs, {
    action,
    subject,
    projectId: null,
    details: { before: current, after: before, reverts: changeId },
  });
  return { isChange: true, text: `Taken back: ${summary}`, differences: differencesOf(current, before) };
}

/** Puts the version in force that was so before. */
async function revertVersion(
  transaction: ControlTransaction,
  { changeId, nowMs, principal }: Revert,
  { action, after, before, setting, subject, summary }: Way<'version'>,
): Promise<Reverted> {
  const version = versionIn(before);
  const current = await setting.read(transaction, subject);
  if (versionIn(current) === version) return unchanged(summary);
  if (versionIn(current) !== versionIn(after)) throw changedSince(changeId);
  await setting.enforce(transaction, subject, version);
  const restored = await setting.read(transaction, subject);
  if (versionIn(restored) !== version)
    throw new MeridianError('conflict', { reason: `Version ${version} is not kept any more` });
  await recordAudit(transaction, principal, nowMs, {
    action,
    subject: setting.subject(subject, version),
    projectId: null,
    details: { before: after, after: before, reverts: changeId },
  });
  const differences = differencesOf(current?.document, restored?.document);
  return { isChange: true, text: `Taken back: ${summary}`, differences };
}

/** The version that is named; 0: none. */
function versionIn(named: { readonly version?: unknown } | null): number {
  return typeof named?.version === 'number' ? named.version : 0;
}

/** Brings back what was in force before an order was placed, or ended. */
async function revertOrder(
  transaction: ControlTransaction,
  revert: Revert,
  { isEnd, orderId, summary }: Way<'order'>,
): Promise<Reverted> {
  const row = await transaction.selectFrom('orders').selectAll().where('id', '=', orderId).executeTakeFirst();
  if (row === undefined)
    throw new MeridianError('conflict', { reason: `Nothing is kept any more of the order of "${summary}"` });
  const wanted = isEnd ? row.details : row.before;
  const open = await findInForce(transaction, row);
  const isBack =
    wanted === null || open === undefined
      ? wanted === null && open === undefined
      : isSame(open.details, wanted);
  if (isBack) return unchanged(summary);
  if (open?.id !== (isEnd ? undefined : row.id)) throw changedSince(revert.changeId);
  if (open !== undefined) await takeBackOrder(transaction, revert, open);
  else await placeOrder(transaction, revert, orderOf(row.kind, row.details));
  return { isChange: true, text: `Taken back: ${summary}` };
}

function changedSince(changeId: number): MeridianError {
  return new MeridianError('conflict', {
    reason: `The setting was changed again since change ${changeId}; take back the newest change first`,
  });
}

function unchanged(summary: string): Reverted {
  return { isChange: false, text: `That was taken back already: ${summary}` };
}

async function revertSetting(
  transaction: ControlTransaction,
  { changeId, nowMs, principal }: Revert,
  { action, after, before, projectId, summary }: Way<'project'>,
): Promise<Reverted> {
  const known = Object.fromEntries(
    SETTING_COLUMNS[action].filter((name) => name in before).map((name) => [name, before[name]]),
  );
  const written = await writeSetting(transaction, action, projectId, known);
  if (isDeepStrictEqual(written.before, before)) return unchanged(summary);
  if (!isDeepStrictEqual(written.before, after)) throw changedSince(changeId);
  await recordAudit(transaction, principal, nowMs, {
    action,
    subject: projectId,
    projectId,
    details: { ...written, reverts: changeId },
  });
  return { isChange: true, text: `Taken back: ${summary}`, differences: differencesOf(after, before) };
}

/** Fields more than this are not read one by one. */
const DIFFERENCES_MAX = 100;

/** Fields that differ, by their path. */
function differencesOf(from: unknown, to: unknown): Difference[] {
  const [old, fresh] = [leavesOf(from), leavesOf(to)];
  const fields = [...new Set([...old.keys(), ...fresh.keys()])].filter(
    (field) => old.get(field) !== fresh.get(field),
  );
  return fields
    .sort()
    .slice(0, DIFFERENCES_MAX)
    .map((field) => ({ field, from: old.get(field) ?? null, to: fresh.get(field) ?? null }));
}

function leavesOf(value: unknown): ReadonlyMap<string, string> {
  const leaves = new Map<string, string>();
  const walk = (part: unknown, path: string): void => {
    if (!isRecord(part)) leaves.set(path, JSON.stringify(part) ?? 'null');
    else for (const [name, own] of Object.entries(part)) walk(own, path === '' ? name : `${path}.${name}`);
  };
  if (isRecord(value)) walk(value, '');
  return leaves;
}
