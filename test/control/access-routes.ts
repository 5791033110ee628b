// How each route of the chain of the audit trail, of broken glass and of readiness is called by the tables of access.test.ts.

import type { auditRoutes } from '#contract/api/audit.ts';
import type { breakGlassRoutes } from '#contract/api/break-glass.ts';
import type { readinessRoutes } from '#contract/api/readiness.ts';

type Key = keyof typeof auditRoutes | keyof typeof breakGlassRoutes | keyof typeof readinessRoutes;

interface Arguments {
  readonly params?: object;
  readonly query?: object;
  readonly body?: object;
}

const GLASS_ID = `glass_${'0'.repeat(26)}`;
const REASON = 'trying the emergency exit';

/** They concern the whole installation. */
export const ACCESS_ACCESS: Record<Key, ['wrong_project' | 'not_found' | 'shared', () => Arguments]> = {
  'GET /v1/audit/verify': ['wrong_project', () => ({})],
  'GET /v1/audit/chain': ['wrong_project', () => ({})],
  'GET /v1/break-glass': ['wrong_project', () => ({})],
  'POST /v1/break-glass': ['wrong_project', () => ({ body: { reason: REASON } })],
  'POST /v1/break-glass/recover': [
    'shared',
    () => ({ body: { code: 'wrong', name: 'Ada', reason: REASON } }),
  ],
  'POST /v1/break-glass/{breakGlassId}/end': ['not_found', () => ({ params: { breakGlassId: GLASS_ID } })],
  'GET /v1/readiness': ['wrong_project', () => ({})],
  'GET /v1/recovery-codes': ['wrong_project', () => ({})],
  'POST /v1/recovery-codes': ['wrong_project', () => ({})],
};

/** An admin who breaks the glass gains nothing, and its row is there all the same; break-glass.test.ts ends one. */
export const ACCESS_CHANGES: readonly [Key, string, () => Arguments][] = [
  ['POST /v1/recovery-codes', 'recovery-codes.create', () => ({})],
];

/** They change who calls, so that the rows of the admin who calls are not where the table looks. */
export const ACCESS_NO_CHANGES: readonly Key[] = [
  'POST /v1/break-glass',
  'POST /v1/break-glass/recover',
  'POST /v1/break-glass/{breakGlassId}/end',
];
