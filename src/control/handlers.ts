// Every route and its handler. A route without a handler, or a handler without a route, does not compile.

import type { ApiRoutes } from '#contract/api/routes.ts';
import type { nodeRoutes } from '#contract/node-api.ts';
import { createBreakGlassHandlers } from './access/break-glass-routes.ts';
import { ofInstallation } from './access/installation.ts';
import { createProjectHandlers, createSessionHandlers } from './access/routes.ts';
import type { SignIn } from './access/sign-in.ts';
import { createTokenHandlers } from './access/token-routes.ts';
import { createAlertHandlers } from './alerting/routes.ts';
import { createRuleHandlers, createSenderHandlers } from './alerting/rule-routes.ts';
import { createAuditHandlers } from './audit/audit.ts';
import { createAuditChainHandlers } from './audit/verify.ts';
import { createEncodingHandlers } from './catalog/encoding.ts';
import { createFileHandlers } from './catalog/files.ts';
import { createFrameHandlers } from './catalog/frames.ts';
import { createGrantHandlers } from './catalog/grants.ts';
import { createLoudnessHandlers } from './catalog/loudness.ts';
import { createAssetHandlers } from './catalog/routes.ts';
import { createTrackHandlers } from './catalog/track-routes.ts';
import { createChangeHandlers } from './changes/routes.ts';
import type { Domains } from './domains.ts';
import { createDeliveryHandlers } from './events/delivery-routes.ts';
import { createWebhookHandlers } from './events/webhook-routes.ts';
import { createEdgeHandlers } from './fleet/edges.ts';
import { createJoinTokenHandlers } from './fleet/join-tokens.ts';
import { createNodeHandlers } from './fleet/node-routes.ts';
import { type Handlers, joinHandlers } from './http/call.ts';
import { createImportHandlers, createImportWorkHandlers } from './imports/routes.ts';
import { createIncidentHandlers } from './incidents/routes.ts';
import { createChunkHandlers, createJobHandlers, createWorkHandlers } from './jobs/routes.ts';
import { createKeyHandlers, createRevocationHandlers } from './keys/routes.ts';
import { createLiveHandlers, createLiveNodeHandlers } from './live/routes.ts';
import { createNotificationHandlers } from './notifications/routes.ts';
import { createEscalationHandlers } from './oncall/escalation-routes.ts';
import { createFeedHandlers } from './oncall/feeds.ts';
import { createOverrideHandlers } from './oncall/override-routes.ts';
import { createRotaHandlers } from './oncall/rota-routes.ts';
import { createOrderHandlers } from './orders/routes.ts';
import { createReadinessHandlers } from './readiness/readiness.ts';
import { createRunbookHandlers } from './runbooks/routes.ts';
import { createSloHandlers } from './slo/routes.ts';
import { createDrainHandlers } from './steering/drains.ts';
import { createKeeperHandlers, createStorageHandlers } from './storage/routes.ts';
import { createTelemetryHandlers, createTelemetryNodeHandlers } from './telemetry/routes.ts';
import { createTimelineHandlers } from './timeline/timeline.ts';
import { createWorldHandlers } from './world/world.ts';

/** Handlers of the public API. */
export function createApiHandlers(
  domains: Domains,
  isHttps: boolean,
  signIn: SignIn | null,
): Handlers<ApiRoutes> {
  const { context, dispatcher, fleet, joinTokens, keys, publisher, steering, tick, onWork } = domains;
  return joinHandlers(
    createSessionHandlers(context, isHttps, signIn),
    createProjectHandlers(context),
    createTokenHandlers(context),
    createBreakGlassHandlers(context, domains.breakGlass),
    createAuditHandlers(context),
    createAuditChainHandlers(context),
    createKeyHandlers(context, keys),
    createRevocationHandlers(context, keys),
    createAssetHandlers(context, fleet, onWork),
    createLoudnessHandlers(context),
    createEncodingHandlers(context),
    createTrackHandlers(context, fleet, domains.frames),
    createGrantHandlers(context, fleet, keys),
    createJobHandlers(context, fleet, domains.scheduler, domains.paces),
    createWorldHandlers(context, fleet, publisher, steering),
    createDrainHandlers(context, fleet, steering, tick),
    createJoinTokenHandlers(joinTokens),
    createWebhookHandlers(context, dispatcher),
    createDeliveryHandlers(context, dispatcher, domains.term),
    createImportHandlers(context, domains.imports),
    createLiveHandlers({ context, fleet, keys, broadcasts: domains.broadcasts }),
    createStorageHandlers(context, fleet, onWork),
    createEdgeHandlers(context, fleet),
    createTimelineHandlers(context),
    createTelemetryHandlers(context, domains.telemetry, domains.history),
    createChangeHandlers(context, fleet, domains.onReverted),
    createIncidentHandlers(context, fleet, domains.incidents, tick),
    createRotaHandlers(context, domains.oncall),
    createOverrideHandlers(context, domains.oncall),
    createEscalationHandlers(context, domains.oncall),
    createFeedHandlers(context, domains.oncall),
    createOrderHandlers(domains),
    createRunbookHandlers(context, domains.runbooks),
    ofInstallation(createReadinessHandlers(domains)),
    ofInstallation(createSloHandlers(context, domains.slos)),
    ofInstallation(createAlertHandlers(context, domains.alerts)),
    ofInstallation(createRuleHandlers(context, domains.alerts)),
    ofInstallation(createSenderHandlers(context, domains.alerts)),
    ofInstallation(createNotificationHandlers(context, domains.notifier)),
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
      orders: domains.orders,
      publisher,
      rootPublicKey,
      onWorldChange: domains.tick,
      onReboot: domains.onReboot,
      onWork: domains.onWork,
    }),
    createWorkHandlers(scheduler, leases),
    createChunkHandlers(domains.chunks),
    createImportWorkHandlers(domains.imports),
    createLiveNodeHandlers(domains),
    createKeeperHandlers(domains.storage, fleet),
    createFileHandlers(context),
    createFrameHandlers(domains.frames),
    createTelemetryNodeHandlers(domains.telemetry),
  );
}
