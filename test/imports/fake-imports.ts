// What a fake control plane answers about imports: there are none.

import type { importRoutes } from '#contract/api/imports.ts';
import { MeridianError } from '#contract/errors.ts';
import type { RouteInput, RouteResult } from '#contract/route.ts';

type Routes = typeof importRoutes;

/** Handlers of the import routes for a library without imports. */
export function importHandlers(): {
  [K in keyof Routes]: (given: RouteInput<Routes[K]>) => RouteResult<Routes[K]>;
} {
  const refuse = (): never => {
    throw new MeridianError('not_found', { what: 'such import' });
  };
  return {
    'POST /v1/imports': refuse,
    'GET /v1/imports': () => ({ imports: [], nextBefore: null }),
    'GET /v1/imports/{importId}': refuse,
    'POST /v1/imports/{importId}/cancel': refuse,
  };
}
