// Places and ends orders in transactions of their callers, so that an order, its audit row and its change exist together.

import type { Selectable } from 'kysely';
import { makeId } from '#base/ids.ts';
import type { NewOrder } from '#contract/api/orders.ts';
import { MeridianError } from '#contract/errors.ts';
import { PURGES_MAX, purgePrefix, RESTARTS_MAX, SCALES_MAX, THROTTLES_MAX } from '#contract/orders.ts';
import { nameOf, type Principal } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import type { RandomBytes } from '../context.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import { PURGE_LISTED_MS } from './limits.ts';
import type { OrderDetails, OrdersTable } from './tables.ts';

export type OrderRow = Selectable<OrdersTable>;
type Reader = ControlDatabase | ControlTransaction;

export interface OrderChange {
  readonly random: RandomBytes;
  readonly nowMs: number;
  readonly principal: Principal;
}

export interface PlacedOrder {
  /** The order in force; null where none is needed. */
  readonly id: string | null;
  readonly isChange: boolean;
  /** A sentence without its full stop. */
  readonly text: string;
}

const MOST: Readonly<Record<NewOrder['kind'], number>> = {
  purge: PURGES_MAX,
  restart: RESTARTS_MAX,
  throttle: THROTTLES_MAX,
  // A share for every site there can be.
  shift: Number.POSITIVE_INFINITY,
  scale: SCALES_MAX,
};

/** Places an order, or finds that it is in force already. */
export async function placeOrder(
  transaction: ControlTransaction,
  change: OrderChange,
  order: NewOrder,
): Promise<PlacedOrder> {
  // One after another, so that limits and what is in force are judged on what is there.
  await transaction.selectFrom('leadership').select('id').forUpdate().execute();
  const { nowMs, principal, random } = change;
  const outlook = await foresee(transaction, nowMs, order);
  const { details, same, subject, text } = outlook;
  if (!outlook.isChange)
    return { id: same?.id ?? null, isChange: false, text: `${text}: that was so already` };
  if (endsShift(order) && same !== undefined) {
    await endOrder(transaction, change, same);
    return { id: null, isChange: true, text };
  }
  if (same !== undefined) await close(transaction, same.id, nowMs);
  else if (!outlook.isRoom)
    throw new MeridianError('conflict', {
      reason: `${MOST[order.kind]} orders of the kind ${order.kind} are in force, which is the most; ${HELP[order.kind]}`,
    });
  const id = makeId('ord', nowMs, random(10));
  await transaction
    .insertInto('orders')
    .values({
      id,
      kind: order.kind,
      subject,
      project_id: details.projectId ?? null,
      details: JSON.stringify(details),
      before: same === undefined ? null : JSON.stringify(same.details),
      actor: nameOf(principal),
      created_at_ms: nowMs,
      ended_at_ms: null,
    })
    .execute();
  await recordAudit(transaction, principal, nowMs, {
    action: `order.${order.kind}`,
    subject,
    projectId: details.projectId ?? null,
    details: { orderId: id, ...details },
  });
  return { id, isChange: true, text };
}

export interface OrderOutlook {
  readonly details: OrderDetails;
  readonly subject: string;
  /** What it does, as a sentence without its full stop. */
  readonly text: string;
  /** The order in force about the same; purges have none. */
  readonly same: OrderRow | undefined;
  readonly isChange: boolean;
  readonly isRoom: boolean;
}

/** What placing an order would come to; changes nothing. */
export async function foresee(database: Reader, nowMs: number, order: NewOrder): Promise<OrderOutlook> {
  const details = detailsOf(order);
  const subject = subjectOf(order);
  const open = (await readInForce(database, nowMs)).filter(({ kind }) => kind === order.kind);
  const same = order.kind === 'purge' ? undefined : open.find((row) => row.subject === subject);
  await requireOwned(database, details);
  return {
    details,
    subject,
    text: describeOrder(order.kind, details),
    same,
    isChange:
      same === undefined ? !endsShift(order) : order.kind !== 'restart' && !isSame(same.details, details),
    isRoom: same !== undefined || open.length < MOST[order.kind],
  };
}

function endsShift(order: NewOrder): boolean {
  return order.kind === 'shift' && order.share === 1;
}

/** Refuses projects and assets that do not exist: a mistyped purge would seem to have worked. */
async function requireOwned(
  database: Reader,
  { assetId = null, projectId = null }: OrderDetails,
): Promise<void> {
  if (projectId === null) return;
  const project = await database
    .selectFrom('projects')
    .select('id')
    .where('id', '=', projectId)
    .executeTakeFirst();
  if (project === undefined) throw new MeridianError('not_found', { what: `project ${projectId}` });
  if (assetId === null) return;
  const asset = await database
    .selectFrom('assets')
    .select('id')
    .where('id', '=', assetId)
    .where('project_id', '=', projectId)
    .executeTakeFirst();
  if (asset === undefined)
    throw new MeridianError('not_found', { what: `asset ${assetId} in project ${projectId}` });
}

const HELP: Readonly<Record<NewOrder['kind'], string>> = {
  purge: 'purge a whole project instead, or wait: they are listed for a day',
  restart: 'wait until some of those nodes are back',
  throttle: 'end one first',
  shift: 'end one first',
  scale: 'end one first',
};

/** Ends an order that is in force. */
export async function endOrder(
  transaction: ControlTransaction,
  { nowMs, principal }: OrderChange,
  row: OrderRow,
): Promise<void> {
  await close(transaction, row.id, nowMs);
  await recordAudit(transaction, principal, nowMs, {
    action: 'order.end',
    subject: row.subject,
    projectId: row.project_id,
    details: { orderId: row.id, kind: row.kind },
  });
}

/** The order of this kind and subject that is in force. */
export function findInForce(
  transaction: ControlTransaction,
  { kind, subject }: Pick<OrderRow, 'kind' | 'subject'>,
): Promise<OrderRow | undefined> {
  return transaction
    .selectFrom('orders')
    .selectAll()
    .where('kind', '=', kind)
    .where('subject', '=', subject)
    .where('ended_at_ms', 'is', null)
    .forUpdate()
    .executeTakeFirst();
}

/** Takes an order back that is in force: what it took the place of is in force again, or nothing. */
export async function takeBackOrder(
  transaction: ControlTransaction,
  change: OrderChange,
  row: OrderRow,
): Promise<void> {
  if (row.before === null) return endOrder(transaction, change, row);
  await placeOrder(transaction, change, orderOf(row.kind, row.before));
}

/** Ends the throttle of this region and project; resolves to whether there was one. */
export async function endThrottle(
  transaction: ControlTransaction,
  change: OrderChange,
  scope: { readonly regionId: string | null; readonly projectId: string | null },
): Promise<boolean> {
  await transaction.selectFrom('leadership').select('id').forUpdate().execute();
  const subject = throttleSubject(scope.regionId, scope.projectId);
  const row = await findInForce(transaction, { kind: 'throttle', subject });
  if (row === undefined) return false;
  await endOrder(transaction, change, row);
  return true;
}

async function close(transaction: ControlTransaction, id: string, nowMs: number): Promise<void> {
  await transaction.updateTable('orders').set({ ended_at_ms: nowMs }).where('id', '=', id).execute();
}

/** What nodes and steering are to heed now, oldest first; purges for a day, whoever has done them. */
export function readInForce(database: Reader, nowMs: number): Promise<OrderRow[]> {
  return database
    .selectFrom('orders')
    .selectAll()
    .where(({ and, eb, or }) =>
      or([
        and([eb('kind', '<>', 'purge'), eb('ended_at_ms', 'is', null)]),
        and([eb('kind', '=', 'purge'), eb('created_at_ms', '>', nowMs - PURGE_LISTED_MS)]),
      ]),
    )
    .orderBy('id')
    .execute();
}

function detailsOf(order: NewOrder): OrderDetails {
  switch (order.kind) {
    case 'purge':
      return {
        projectId: order.projectId,
        assetId: order.assetId ?? null,
        version: order.assetId === null ? null : (order.version ?? null),
      };
    case 'restart':
      return { nodeId: order.nodeId };
    case 'throttle':
      return { regionId: order.regionId ?? null, projectId: order.projectId ?? null, floor: order.floor };
    case 'shift':
      return { siteId: order.siteId, share: order.share };
    case 'scale':
      return { regionId: order.regionId, count: order.count };
  }
}

/** What was ordered, from what is kept of it. */
export function orderOf(kind: OrderRow['kind'], details: OrderDetails): NewOrder {
  const { regionId = null, siteId = '' } = details;
  switch (kind) {
    case 'throttle':
      return { kind, regionId, projectId: details.projectId ?? null, floor: details.floor ?? 'video' };
    case 'shift':
      // It was in force before, so that no guard is asked again.
      return { kind, siteId, share: details.share ?? 1, isForced: true };
    case 'scale':
      return { kind, regionId: regionId ?? '', count: details.count ?? 1 };
    case 'purge':
    case 'restart':
      throw new MeridianError('conflict', { reason: `What a ${kind} has done cannot be taken back` });
  }
}

/** jsonb does not keep the order of names. */
export function isSame(left: OrderDetails, right: OrderDetails): boolean {
  const textOf = (details: OrderDetails): string =>
    JSON.stringify(Object.entries(details).sort(([one], [other]) => (one < other ? -1 : 1)));
  return textOf(left) === textOf(right);
}

/** What makes two orders of a kind be about the same. */
export function subjectOf(order: NewOrder): string {
  switch (order.kind) {
    case 'purge':
      return purgeSubject({
        projectId: order.projectId,
        assetId: order.assetId ?? null,
        version: order.version ?? null,
      });
    case 'restart':
      return order.nodeId;
    case 'throttle':
      return throttleSubject(order.regionId ?? null, order.projectId ?? null);
    case 'shift':
      return order.siteId;
    case 'scale':
      return order.regionId;
  }
}

/** A purge as people write it: `demo`, `demo/ast_…`, `demo/ast_…/v2`. */
export function purgeSubject(purge: Parameters<typeof purgePrefix>[0]): string {
  return purgePrefix(purge).slice('/m/'.length, -1);
}

function throttleSubject(regionId: string | null, projectId: string | null): string {
  const place = regionId === null ? 'everywhere' : `region ${regionId}`;
  return projectId === null ? place : `${place}, project ${projectId}`;
}

/** What an order does, as a sentence without its full stop. */
export function describeOrder(kind: OrderRow['kind'], details: OrderDetails): string {
  const { projectId = null, assetId = null, version = null, regionId = null, floor } = details;
  switch (kind) {
    case 'purge':
      return `Edges drop all of ${purgeSubject({ projectId: projectId ?? '', assetId, version })}`;
    case 'restart':
      return `${details.nodeId} restarts`;
    case 'throttle': {
      const what = floor === 'live' ? 'Prefetches and segments of videos are' : 'Prefetches are';
      return `${what} turned away, ${throttleSubject(regionId, projectId)}`;
    }
    case 'shift':
      return details.share === 1
        ? `${details.siteId} gets all that steering would send there`
        : `${details.siteId} gets ${Math.round((details.share ?? 0) * 1_000) / 10} % of what steering would send there`;
    case 'scale':
      return `Encoders of ${regionId} take ${details.count} jobs and chunks at once`;
  }
}
