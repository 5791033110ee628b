// What the fake control plane knows. Tests change it freely.

import type { AssetView } from '#contract/api/assets.ts';
import type { ApiRoutes } from '#contract/api/routes.ts';
import type { WorldView } from '#contract/api/world.ts';
import type { MeridianError } from '#contract/errors.ts';
import type { RouteResult } from '#contract/route.ts';
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
  tokens: Answer<'GET /v1/tokens'>['tokens'];
  projects: Answer<'GET /v1/projects'>['projects'];
  audit: Answer<'GET /v1/audit'>['entries'];
  webhooks: FakeWebhook[];
  findings: Answer<'GET /v1/steering'>['findings'];
  ingests: Answer<'POST /v1/upload-grants'>['ingests'];
  /** What drains answer as warnings. */
  drainWarnings: string[];
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
