// What the console's fake control plane answers to the routes of storage: a world in which nothing is amiss.

import type { storageRoutes } from '#contract/api/storage.ts';
import { MeridianError } from '#contract/errors.ts';
import type { RouteInput, RouteResult } from '#contract/route.ts';

type Routes = typeof storageRoutes;
type StorageHandlers = {
  [K in keyof Routes]: (given: RouteInput<Routes[K]>) => RouteResult<Routes[K]>;
};

const NO_QUOTAS = { storedBytesMax: null, assetsMax: null, uploadBytesPerDayMax: null, retentionDays: null };

/** Handlers for the routes of storage. */
export function storageHandlers(): StorageHandlers {
  return {
    'GET /v1/assets/{assetId}/copies': ({ params }) => ({
      assetId: params.assetId,
      servedVersion: 1,
      servedAttempt: 1,
      wanted: { source: 3, renditions: 2 },
      copies: [],
      versions: [],
      repairs: [],
      deletion: null,
    }),
    'POST /v1/assets/{assetId}/restore': () => {
      throw new MeridianError('gone', { what: 'asset' });
    },
    'GET /v1/storage/deletions': () => ({ deletions: [] }),
    'GET /v1/storage/repairs': () => ({ repairs: [] }),
    'GET /v1/storage/scrub': () => ({ regions: [], findings: [] }),
    'GET /v1/storage/usage': () => ({ projects: [], egress: [] }),
    'GET /v1/projects/{projectId}/quotas': () => NO_QUOTAS,
    'PUT /v1/projects/{projectId}/quotas': ({ body }) => body,
  };
}
