// Storage for people, and what keepers of regions ask.

import type { storageRoutes } from '#contract/api/storage.ts';
import { MeridianError } from '#contract/errors.ts';
import type { nodeRoutes } from '#contract/node-api.ts';
import { projectScope, requireAllProjects, requireProject } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import { findAsset } from '../catalog/store.ts';
import { assetView } from '../catalog/view.ts';
import { writeSetting } from '../changes/settings.ts';
import type { ControlContext } from '../context.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Handlers } from '../http/call.ts';
import { readCopies } from './copies.ts';
import { restoreAsset } from './deletions.ts';
import type { Storage } from './storage.ts';
import { readProjectStorage } from './usage.ts';
import { showCopies, showDeletions, showRepairs, showScrub, showUsage } from './views.ts';

/** Handlers of the public API. `onWork` is called when a job became ready. */
export function createStorageHandlers(
  context: ControlContext,
  fleet: Fleet,
  onWork: () => void,
): Handlers<typeof storageRoutes> {
  const { clock, database } = context;
  const quotasOf = async (projectId: string) => {
    const found = await readProjectStorage(database, projectId);
    if (found === undefined) throw new MeridianError('not_found', { what: `project ${projectId}` });
    return found;
  };
  return {
    async 'GET /v1/assets/{assetId}/copies'({ params, principal }) {
      const row = await findAsset(database, params.assetId, projectScope(principal));
      if (row === undefined) throw new MeridianError('not_found', { what: 'such asset' });
      return showCopies(context, row, await readCopies(database, [row.id]));
    },
    async 'POST /v1/assets/{assetId}/restore'({ params, principal }) {
      const row = await restoreAsset(context, principal, params.assetId);
      onWork();
      return assetView(row, fleet.sites());
    },
    async 'GET /v1/storage/deletions'({ query, principal }) {
      return { deletions: await showDeletions(context, query.limit, projectScope(principal)) };
    },
    async 'GET /v1/storage/repairs'({ query, principal }) {
      const of = { state: query.state, projectId: projectScope(principal) };
      return { repairs: await showRepairs(database, of, query.limit) };
    },
    async 'GET /v1/storage/scrub'({ query, principal }) {
      requireAllProjects(principal);
      return showScrub(context, query.limit);
    },
    async 'GET /v1/storage/usage'({ query, principal }) {
      return showUsage(context, projectScope(principal, query.projectId), principal.projectId === null);
    },
    async 'GET /v1/projects/{projectId}/quotas'({ params, principal }) {
      requireProject(principal, params.projectId);
      return quotasOf(params.projectId);
    },
    async 'PUT /v1/projects/{projectId}/quotas'({ params, body, principal }) {
      requireAllProjects(principal);
      await quotasOf(params.projectId);
      await database.transaction().execute(async (transaction) => {
        const written = await writeSetting(transaction, 'project.quotas', params.projectId, {
          stored_bytes_max: body.storedBytesMax,
          assets_max: body.assetsMax,
          upload_bytes_per_day_max: body.uploadBytesPerDayMax,
          retention_days: body.retentionDays,
        });
        await recordAudit(transaction, principal, clock.nowMs(), {
          action: 'project.quotas',
          subject: params.projectId,
          projectId: params.projectId,
          details: { ...body, ...written },
        });
      });
      return quotasOf(params.projectId);
    },
  };
}

type KeeperKeys =
  | 'POST /node/v1/holdings'
  | 'POST /node/v1/repairs/claim'
  | 'POST /node/v1/repairs/{repairId}/heartbeat'
  | 'POST /node/v1/repairs/{repairId}/complete'
  | 'POST /node/v1/repairs/{repairId}/fail';

/** Handlers of the node API. */
export function createKeeperHandlers(
  storage: Storage,
  fleet: Fleet,
): Handlers<typeof nodeRoutes, KeeperKeys> {
  const requireSelf = (asked: string, signed: string): void => {
    if (asked !== signed)
      throw new MeridianError('invalid_request', { reason: 'body.nodeId: it is not the node that signed' });
  };
  return {
    async 'POST /node/v1/holdings'({ body, principal }) {
      requireSelf(body.nodeId, principal.nodeId);
      return { drops: [...(await storage.report(body))] };
    },
    async 'POST /node/v1/repairs/claim'({ body, principal }) {
      requireSelf(body.nodeId, principal.nodeId);
      const node = fleet.node(principal.nodeId);
      if (node === undefined) throw new MeridianError('node_unknown');
      return { repairs: await storage.repairs.claim(node.id, node.regionId, body.slots) };
    },
    async 'POST /node/v1/repairs/{repairId}/heartbeat'({ params, body, principal }) {
      const lease = { repairId: params.repairId, nodeId: principal.nodeId, fence: body.fence };
      return storage.repairs.heartbeat(lease, body.bytesDone);
    },
    async 'POST /node/v1/repairs/{repairId}/complete'({ params, body, principal }) {
      const lease = { repairId: params.repairId, nodeId: principal.nodeId, fence: body.fence };
      return storage.repairs.complete(lease, body.bytes);
    },
    async 'POST /node/v1/repairs/{repairId}/fail'({ params, body, principal }) {
      const lease = { repairId: params.repairId, nodeId: principal.nodeId, fence: body.fence };
      await storage.repairs.fail(lease, body.failure);
      return { isAccepted: true };
    },
  };
}
