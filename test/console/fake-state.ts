// What the fake control plane knows. Tests change it freely.

import type { AssetView } from '#contract/api/assets.ts';
import type { ApiRoutes } from '#contract/api/routes.ts';
import type { WorldView } from '#contract/api/world.ts';
import type { MeridianError } from '#contract/errors.ts';
import type { RouteResult } from '#contract/route.ts';
import type { FakeStorage } from '../durability/fake-storage.ts';
import type { FakeImports } from '../imports/fake-imports.ts';
import type { FakeBroadcasts } from '../live/fake-broadcasts.ts';
import type { FakeOncall } from '../oncall/fake-oncall.ts';
import type { FakeAccess } from './fake-access.ts';
import type { FakeAlerts } from './fake-alerts.ts';
import type { FakeIncidents } from './fake-incidents.ts';
import type { FakeOrders } from './fake-orders.ts';
import type { FakeRunbooks } from './fake-runbooks.ts';
import type { FakeSessions } from './fake-sessions.ts';
import type { FakeSlos } from './fake-slos.ts';
import type { FakeWebhook } from './fake-webhooks.ts';
import type { JobView } from './fake-world.ts';

export const ADMIN_TOKEN = 'mrd_test_admin_token';

export type ApiKey = keyof ApiRoutes;
export type Answer<K extends ApiKey> = RouteResult<ApiRoutes[K]>;

/** What the fake knows; tests change it freely. */
export interface FakeState {
  world: WorldView;
  assets: AssetView[];
  jobs: JobView[];
  pausedRegionIds: string[];
  scaledRegions: Record<string, number>;
  tokens: Answer<'GET /v1/tokens'>['tokens'];
  projects: Answer<'GET /v1/projects'>['projects'];
  audit: Answer<'GET /v1/audit'>['entries'];
  encoding: Answer<'GET /v1/projects/{projectId}/encoding'>;
  storage: FakeStorage;
  imports: FakeImports;
  broadcasts: FakeBroadcasts;
  incidents: FakeIncidents;
  alerts: FakeAlerts;
  oncall: FakeOncall;
  orders: FakeOrders;
  runbooks: FakeRunbooks;
  sessions: FakeSessions;
  slos: FakeSlos;
  /** Points of a series that somebody asks for. */
  seriesPoints: (query: {
    readonly name: string;
    readonly fromMs?: number | undefined;
    readonly toMs?: number | undefined;
    readonly stepMs?: number | undefined;
  }) => Answer<'GET /v1/telemetry/series'>['points'];
  edges: Answer<'GET /v1/edges'>['edges'];
  timeline: Answer<'GET /v1/assets/{assetId}/timeline'>['entries'];
  webhooks: FakeWebhook[];
  findings: Answer<'GET /v1/steering'>['findings'];
  ingests: Answer<'POST /v1/upload-grants'>['ingests'];
  /** What drains answer as warnings. */
  drainWarnings: string[];
  access: FakeAccess;
  signInProvider: Answer<'GET /v1/sign-in'>['provider'];
  role: 'viewer' | 'operator' | 'admin';
  /** No answers at all: connections end. */
  isAway: boolean;
  /** Answers break off in the middle of their body. */
  isCutShort: boolean;
  /** Answers wait until this resolves. */
  hold: Promise<void> | undefined;
  /** Routes that fail, with the error they give. */
  failing: Map<ApiKey, MeridianError>;
}
