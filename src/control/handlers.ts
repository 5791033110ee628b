// Every route and its handler. A route without a handler, or a handler without a route, does not compile.

import type { ApiRoutes } from '#contract/api/routes.ts';
import type { nodeRoutes } from '#contract/node-api.ts';
import { createProjectHandlers, createSessionHandlers } from './access/routes.ts';
import { createTokenHandlers } from './access/token-routes.ts';
import { createAuditHandlers } from './audit/audit.ts';
import { createFileHandlers } from './catalog/files.ts';
import { createFrameHandlers } from './catalog/frames.ts';
import { createGrantHandlers } from './catalog/grants.ts';
import { createLoudnessHandlers } from './catalog/loudness.ts';
import { createAssetHandlers } from './catalog/routes.ts';
import { createTrackHandlers } from './catalog/track-routes.ts';
import type { Domains } from './domains.ts';
import { createDeliveryHandlers } from './events/delivery-routes.ts';
import { createWebhookHandlers } from './events/webhook-routes.ts';
import { createJoinTokenHandlers } from './fleet/join-tokens.ts';
import { createNodeHandlers } from './fleet/node-routes.ts';
import { type Handlers, joinHandlers } from './http/call.ts';
import { createImportHandlers, createImportWorkHandlers } from './imports/routes.ts';
import { createJobHandlers, createWorkHandlers } from './jobs/routes.ts';
import { createKeyHandlers, createRevocationHandlers } from './keys/routes.ts';
import { createDrainHandlers } from './steering/drains.ts';
import { createKeeperHandlers, createStorageHandlers } from './storage/routes.ts';
import { createWorldHandlers } from './world/world.ts';

/** Handlers of the public API. */
export function createApiHandlers(domains: Domains, isHttps: boolean): Handlers<ApiRoutes> {
  const { context, dispatcher, fleet, joinTokens, keys, publisher, steering, tick, onWork } = domains;
  return joinHandlers(
    createSessionHandlers(context, isHttps),
    createProjectHandlers(context),
    createTokenHandlers(context),
    createAuditHandlers(context),
    createKeyHandlers(context, keys),
    createRevocationHandlers(context, keys),
    createAssetHandlers(context, fleet, onWork),
    createLoudnessHandlers(context),
    createTrackHandlers(context, fleet, domains.frames),
    createGrantHandlers(context, fleet, keys),
    createJobHandlers(context),
    createWorldHandlers(context, fleet, publisher, steering),
    createDrainHandlers(context, fleet, steering, tick),
    createJoinTokenHandlers(joinTokens),
    createWebhookHandlers(context, dispatcher),
    createDeliveryHandlers(context, dispatcher, domains.term),
    createImportHandlers(context, domains.imports),
    createStorageHandlers(context, fleet, onWork),
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
    createImportWorkHandlers(domains.imports),
    createKeeperHandlers(domains.storage, fleet),
    createFileHandlers(context),
    createFrameHandlers(domains.frames),
  );
}
