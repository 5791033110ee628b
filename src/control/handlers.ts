// Every route and its handler. A route without a handler, or a handler without a route, does not compile.

import type { ApiRoutes } from '#contract/api/routes.ts';
import type { nodeRoutes } from '#contract/node-api.ts';
import { createProjectHandlers, createSessionHandlers } from './access/routes.ts';
import { createTokenHandlers } from './access/token-routes.ts';
import { createAuditHandlers } from './audit/audit.ts';
import { createGrantHandlers } from './catalog/grants.ts';
import { createAssetHandlers } from './catalog/routes.ts';
import type { Domains } from './domains.ts';
import { createJoinTokenHandlers } from './fleet/join-tokens.ts';
import { createNodeHandlers } from './fleet/node-routes.ts';
import { type Handlers, joinHandlers } from './http/call.ts';
import { createJobHandlers, createWorkHandlers } from './jobs/routes.ts';
import { createKeyHandlers, createRevocationHandlers } from './keys/routes.ts';
import { createDrainHandlers } from './steering/drains.ts';
import { createWorldHandlers } from './world/world.ts';

/** Handlers of the public API. */
export function createApiHandlers(domains: Domains, isHttps: boolean): Handlers<ApiRoutes> {
  const { context, fleet, joinTokens, keys, publisher, steering, tick, onWork } = domains;
  return joinHandlers(
    createSessionHandlers(context, isHttps),
    createProjectHandlers(context),
    createTokenHandlers(context),
    createAuditHandlers(context),
    createKeyHandlers(context, keys),
    createRevocationHandlers(context, keys),
    createAssetHandlers(context, fleet, onWork),
    createGrantHandlers(context, fleet, keys),
    createJobHandlers(context),
    createWorldHandlers(context, fleet, publisher, steering),
    createDrainHandlers(context, fleet, steering, tick),
    createJoinTokenHandlers(joinTokens),
  );
}

/** Handlers of the node API. */
export function createNodeApiHandlers(domains: Domains): Handlers<typeof nodeRoutes> {
  const { context, fleet, join, leases, publisher, rootPublicKey, scheduler } = domains;
  return joinHandlers(
    createNodeHandlers({
      context,
      fleet,
      join,
      publisher,
      rootPublicKey,
      onWorldChange: domains.tick,
      onReboot: domains.onReboot,
      onWork: domains.onWork,
    }),
    createWorkHandlers(scheduler, leases),
  );
}
