// Imports for people (made, listed, cancelled) and for nodes (claim, heartbeat, objects, complete, fail).

import { addressKind, addressOfHost } from '#base/ip-address.ts';
import type { ImportView, importNodeRoutes, importRoutes } from '#contract/api/imports.ts';
import { MeridianError } from '#contract/errors.ts';
import { projectScope, requireProject, type UserPrincipal } from '../access/principal.ts';
import { hasProject } from '../access/store.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { Call, Handlers } from '../http/call.ts';
import { requireQuota } from '../storage/usage.ts';
import type { ImportLease, Imports } from './imports.ts';
import { IMPORTS_OPEN_MAX } from './limits.ts';
import {
  cancelImport,
  countObjects,
  findImport,
  type ImportRow,
  lockImport,
  type NewImport,
  newImportRow,
  type ObjectCounts,
} from './store.ts';

type ImportRoutes = typeof importRoutes;
type CreateCall = Call<ImportRoutes['POST /v1/imports']>;

/** Routes for people. */
export function createImportHandlers(context: ControlContext, imports: Imports): Handlers<ImportRoutes> {
  const { database } = context;
  return {
    'POST /v1/imports': (call) => createImport(context, imports, call),
    async 'GET /v1/imports'({ query, principal }) {
      let select = database.selectFrom('imports').selectAll().orderBy('id', 'desc').limit(query.limit);
      const projectId = projectScope(principal, query.projectId);
      if (projectId !== undefined) select = select.where('project_id', '=', projectId);
      select =
        query.parentId === undefined
          ? select.where('parent_id', 'is', null)
          : select.where('parent_id', '=', query.parentId);
      if (query.state !== undefined) select = select.where('state', '=', query.state);
      if (query.before !== undefined) select = select.where('id', '<', query.before);
      const rows = await select.execute();
      const imports = await viewsOf(context, rows);
      return { imports, nextBefore: rows.length < query.limit ? null : (rows.at(-1)?.id ?? null) };
    },
    async 'GET /v1/imports/{importId}'({ params, principal }) {
      return viewOf(context, ownImport(principal, await findImport(database, params.importId)));
    },
    async 'POST /v1/imports/{importId}/cancel'({ params, principal }) {
      await database.transaction().execute(async (transaction) => {
        const row = ownImport(principal, await lockImport(transaction, params.importId));
        const counts = (await countObjects(transaction, [row.id])).get(row.id);
        if (!['waiting', 'running'].includes(stateOf(row, counts)))
          throw new MeridianError('conflict', { reason: `The import has ended: it is ${row.state}` });
        await cancelImport(transaction, row.id);
        await recordAudit(transaction, principal, context.clock.nowMs(), {
          action: 'import.cancel',
          subject: row.id,
          projectId: row.project_id,
        });
      });
      return viewOf(context, ownImport(principal, await findImport(database, params.importId)));
    },
  };
}

/** What ingests ask. */
export function createImportWorkHandlers(imports: Imports): Handlers<typeof importNodeRoutes> {
  const leaseOf = (call: {
    params: { importId: string };
    body: { fence: number };
    principal: { nodeId: string };
  }): ImportLease => ({
    importId: call.params.importId,
    fence: call.body.fence,
    nodeId: call.principal.nodeId,
  });
  return {
    async 'POST /node/v1/imports/claim'({ body, principal, signal }) {
      if (body.nodeId !== principal.nodeId)
        throw new MeridianError('invalid_request', { reason: 'body.nodeId: it is not the node that signed' });
      return { tasks: await imports.claim(principal.nodeId, body.slots, body.waitMs, signal) };
    },
    'POST /node/v1/imports/{importId}/heartbeat': (call) =>
      imports.heartbeat(leaseOf(call), call.body.progress),
    async 'POST /node/v1/imports/{importId}/objects'(call) {
      return { added: await imports.add(leaseOf(call), call.body.objects) };
    },
    async 'POST /node/v1/imports/{importId}/complete'(call) {
      await imports.complete(leaseOf(call), call.body.bytes);
      return { isAccepted: true };
    },
    async 'POST /node/v1/imports/{importId}/fail'(call) {
      await imports.fail(leaseOf(call), call.body.failure);
      return { isAccepted: true };
    },
  };
}

async function createImport(
  context: ControlContext,
  imports: Imports,
  { body, principal }: CreateCall,
): Promise<ImportView> {
  requireProject(principal, body.projectId);
  const made = whatToImport(body, context.config.imports.allowPrivateAddresses);
  const nowMs = context.clock.nowMs();
  // A bucket makes no asset itself; its objects are judged one by one when they are fetched.
  if (made.kind === 'url') await requireQuota(context, body.projectId, true);
  const row = newImportRow(made, nowMs, context.random);
  await context.database.transaction().execute(async (transaction) => {
    if (!(await hasProject(transaction, body.projectId)))
      throw new MeridianError('not_found', { what: `project ${body.projectId}` });
    const { open } = await transaction
      .selectFrom('imports')
      .select((select) => select.fn.countAll<number>().as('open'))
      .where('parent_id', 'is', null)
      .where('state', 'in', ['waiting', 'running'])
      .executeTakeFirstOrThrow();
    if (Number(open) >= IMPORTS_OPEN_MAX)
      throw new MeridianError('overloaded', { reason: `${open} imports wait already` });
    await transaction.insertInto('imports').values(row).execute();
    await recordAudit(transaction, principal, nowMs, {
      action: 'import.create',
      subject: row.id,
      projectId: body.projectId,
      details: { location: locationOf(row) },
    });
  });
  imports.wake();
  return viewOf(context, ownImport(principal, await findImport(context.database, row.id)));
}

function whatToImport(body: CreateCall['body'], isPrivateAllowed: boolean): NewImport {
  const { name, preset, projectId, s3, url, visibility } = body;
  if ((url === undefined) === (s3 === undefined))
    throw new MeridianError('invalid_request', { reason: 'body: give either url or s3' });
  const common = {
    projectId,
    visibility,
    ...(name === undefined ? {} : { name }),
    ...(preset === undefined ? {} : { preset }),
  };
  if (s3 !== undefined) {
    if (name !== undefined)
      throw new MeridianError('invalid_request', {
        reason: 'body.name: the objects of a bucket have their own',
      });
    return { ...common, kind: 'bucket', source: s3.source, objectKey: s3.prefix };
  }
  const parsed = new URL(url ?? '');
  if (parsed.username !== '' || parsed.password !== '')
    throw new MeridianError('import_forbidden', { reason: 'the address holds a user name or a password' });
  // Refused at once, so that whoever asks hears it; nodes judge again, with the address that they connect to.
  const address = addressOfHost(parsed.hostname);
  const kind = address === undefined ? undefined : addressKind(address);
  if (kind !== undefined && kind !== 'public' && !isPrivateAllowed)
    throw new MeridianError('import_forbidden', { reason: `${address} is not a public address (${kind})` });
  parsed.hash = '';
  return { ...common, kind: 'url', url: parsed.href };
}

function ownImport(principal: UserPrincipal, row: ImportRow | undefined): ImportRow {
  // An import of another project looks like none at all.
  const isOwn = principal.projectId === null || principal.projectId === row?.project_id;
  if (row === undefined || !isOwn) throw new MeridianError('not_found', { what: 'such import' });
  return row;
}

/** Queries of addresses often are credentials; people who may only look do not see them. */
function locationOf(row: Pick<ImportRow, 'url' | 'source' | 'object_key'>): string {
  if (row.url === null) return `s3://${row.source ?? ''}/${row.object_key ?? ''}`;
  const { origin, pathname } = new URL(row.url);
  return origin + pathname;
}

function stateOf(row: ImportRow, counts: ObjectCounts | undefined): ImportView['state'] {
  const isBusy = (counts?.states.get('waiting') ?? 0) + (counts?.states.get('running') ?? 0) > 0;
  return row.state === 'done' && isBusy ? 'running' : row.state;
}

async function viewOf(context: ControlContext, row: ImportRow): Promise<ImportView> {
  const counts = await countObjects(context.database, row.kind === 'bucket' ? [row.id] : []);
  return toView(row, counts.get(row.id));
}

async function viewsOf({ database }: ControlContext, rows: readonly ImportRow[]): Promise<ImportView[]> {
  const buckets = rows.filter(({ kind }) => kind === 'bucket').map(({ id }) => id);
  const counts = await countObjects(database, buckets);
  return rows.map((row) => toView(row, counts.get(row.id)));
}

function toView(row: ImportRow, counts: ObjectCounts | undefined): ImportView {
  return {
    id: row.id,
    projectId: row.project_id,
    kind: row.kind,
    parentId: row.parent_id,
    location: locationOf(row),
    name: row.name,
    visibility: row.visibility,
    preset: row.preset,
    state: stateOf(row, counts),
    assetId: row.asset_id,
    attempt: row.attempt,
    nodeId: row.lease_node_id,
    receivedBytes: counts?.receivedBytes ?? row.received_bytes,
    totalBytes: counts?.totalBytes ?? row.total_bytes,
    objects: row.kind === 'bucket' ? objectsOf(row, counts) : null,
    failure:
      row.failure_code === null ? null : { code: row.failure_code, message: row.failure_message ?? '' },
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}

function objectsOf(row: ImportRow, counts: ObjectCounts | undefined): NonNullable<ImportView['objects']> {
  const of = (state: ImportRow['state']): number => counts?.states.get(state) ?? 0;
  const added = [...(counts?.states.values() ?? [])].reduce((sum, count) => sum + count, 0);
  return {
    found: Math.max(row.found_count, added),
    skipped: row.skipped_count,
    waiting: of('waiting'),
    running: of('running'),
    done: of('done'),
    failed: of('failed'),
    cancelled: of('cancelled'),
  };
}
