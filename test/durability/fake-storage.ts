// What the console's fake control plane answers to the routes of storage, from what a test has put into its state.

import type { storageRoutes } from '#contract/api/storage.ts';
import { MeridianError } from '#contract/errors.ts';
import type { RouteInput, RouteResult } from '#contract/route.ts';

type Routes = typeof storageRoutes;
type StorageHandlers = {
  [K in keyof Routes]: (given: RouteInput<Routes[K]>) => RouteResult<Routes[K]>;
};
export type CopiesView = RouteResult<Routes['GET /v1/assets/{assetId}/copies']>;
export type UsageView = RouteResult<Routes['GET /v1/storage/usage']>;

/** What is kept where, and what projects use. */
export interface FakeStorage {
  /** By asset; an asset without an entry lies nowhere yet. */
  readonly copies: Map<string, CopiesView>;
  usage: UsageView;
  /** Called when a deletion is undone. */
  restore(assetId: string): RouteResult<Routes['POST /v1/assets/{assetId}/restore']>;
}

const NO_QUOTAS = { storedBytesMax: null, assetsMax: null, uploadBytesPerDayMax: null, retentionDays: null };

/** Handlers for the routes of storage. */
export function storageHandlers(storage: FakeStorage): StorageHandlers {
  const projectOf = (projectId: string) => {
    const found = storage.usage.projects.find((each) => each.projectId === projectId);
    if (found === undefined) throw new MeridianError('not_found', { what: `project ${projectId}` });
    return found;
  };
  return {
    'GET /v1/assets/{assetId}/copies': ({ params }) =>
      storage.copies.get(params.assetId) ?? {
        assetId: params.assetId,
        servedVersion: 1,
        servedAttempt: 1,
        wanted: { source: 3, renditions: 2 },
        copies: [],
        versions: [],
        repairs: [],
        deletion: null,
      },
    'POST /v1/assets/{assetId}/restore': ({ params }) => storage.restore(params.assetId),
    'GET /v1/storage/deletions': () => ({
      deletions: [...storage.copies.values()].flatMap(({ deletion }) =>
        deletion === null ? [] : [deletion],
      ),
    }),
    'GET /v1/storage/repairs': () => ({ repairs: [] }),
    'GET /v1/storage/scrub': () => ({ regions: [], findings: [] }),
    'GET /v1/storage/usage': () => storage.usage,
    'GET /v1/projects/{projectId}/quotas': ({ params }) => projectOf(params.projectId).quotas,
    'PUT /v1/projects/{projectId}/quotas': ({ params, body }) => {
      const quotas = { ...NO_QUOTAS, ...body };
      projectOf(params.projectId).quotas = quotas;
      return quotas;
    },
  };
}
