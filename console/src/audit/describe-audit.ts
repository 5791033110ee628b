// The trail in words, and where each subject has a page of its own. Pure.

import type { ApiRoutes } from '../../../src/contract/api/routes.ts';
import type { RouteResult } from '../../../src/contract/route.ts';
import { formatDateTime } from '../ui/format.ts';

export type AuditEntry = RouteResult<ApiRoutes['GET /v1/audit']>['entries'][number];

/** "token:first admin (tok_…)" is "first admin" to people; the rest stands in the title. */
export function actorName(actor: string): string {
  return /^(?:token|session|sender|node):(.+?)(?: \(\S+\))?$/.exec(actor)?.[1] ?? actor;
}

/** Pages of subjects by how their identifiers begin. */
const BY_PREFIX: readonly (readonly [string, string])[] = [
  ['ast_', 'assets'],
  ['brd_', 'live'],
  ['whk_', 'webhooks'],
  ['run_', 'runs'],
  ['inc_', 'incidents'],
];

/** Pages of subjects by what was done; a page without a detail is the list in which it stands. */
const BY_ACTION: readonly (readonly [RegExp, string, boolean])[] = [
  [/^runbook\.(save|policy)$/, 'runbooks', true],
  [/^project\./, 'projects', true],
  [/^drain\./, 'world', false],
  [/^(token|oidc|session|key)\./, 'access', false],
  [/^(oncall|rota|override|escalation)\./, 'oncall', false],
  [/^encoding\./, 'encoders', false],
  [/^import\./, 'imports', false],
  [/^job\./, 'jobs', false],
];

function addressOf(page: string, detail: string | null = null): string {
  return detail === null ? `#/${page}` : `#/${page}/${encodeURIComponent(detail)}`;
}

/** The address of what was changed; null where there is no page for it. */
export function subjectHref({ action, subject }: Pick<AuditEntry, 'action' | 'subject'>): string | null {
  const prefix = BY_PREFIX.find(([start]) => subject.startsWith(start));
  if (prefix !== undefined) return addressOf(prefix[1], subject);
  const known = BY_ACTION.find(([pattern]) => pattern.test(action));
  if (known === undefined) return null;
  return known[2] ? addressOf(known[1], subject) : addressOf(known[1]);
}

function detailText(name: string, value: unknown): string {
  if (name.endsWith('AtMs') && typeof value === 'number')
    return `${name.slice(0, -'AtMs'.length)}: ${formatDateTime(value)}`;
  return `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`;
}

/** What is known beyond who, what and which. */
export function detailsText({ details, projectId }: AuditEntry): string {
  const parts = Object.entries(details).map(([name, value]) => detailText(name, value));
  if (projectId !== null) parts.unshift(`project: ${projectId}`);
  return parts.join(', ');
}
