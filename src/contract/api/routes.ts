// The whole public API.

import { accessRoutes } from './access.ts';
import { alertRoutes } from './alerts.ts';
import { assetRoutes } from './assets.ts';
import { auditRoutes } from './audit.ts';
import { breakGlassRoutes } from './break-glass.ts';
import { changeRoutes } from './changes.ts';
import { edgeRoutes } from './edges.ts';
import { encodingRoutes } from './encoding.ts';
import { eventRoutes } from './events.ts';
import { importRoutes } from './imports.ts';
import { incidentRoutes } from './incidents.ts';
import { jobRoutes } from './jobs.ts';
import { liveRoutes } from './live.ts';
import { notificationRoutes } from './notifications.ts';
import { oncallRoutes } from './oncall.ts';
import { orderRoutes } from './orders.ts';
import { readinessRoutes } from './readiness.ts';
import { runbookRoutes } from './runbooks.ts';
import { sloRoutes } from './slos.ts';
import { storageRoutes } from './storage.ts';
import { telemetryRoutes } from './telemetry.ts';
import { timelineRoutes } from './timeline.ts';
import { worldRoutes } from './world.ts';

export const apiRoutes = {
  ...assetRoutes,
  ...worldRoutes,
  ...accessRoutes,
  ...auditRoutes,
  ...breakGlassRoutes,
  ...readinessRoutes,
  ...eventRoutes,
  ...importRoutes,
  ...jobRoutes,
  ...liveRoutes,
  ...oncallRoutes,
  ...storageRoutes,
  ...edgeRoutes,
  ...timelineRoutes,
  ...encodingRoutes,
  ...telemetryRoutes,
  ...changeRoutes,
  ...incidentRoutes,
  ...orderRoutes,
  ...runbookRoutes,
  ...sloRoutes,
  ...alertRoutes,
  ...notificationRoutes,
};
export type ApiRoutes = typeof apiRoutes;
