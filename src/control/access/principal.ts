// Who calls, and what that lets them do. Roles include each other; a principal that belongs to a project sees and
// changes that project alone, and nothing that concerns the whole installation.

import { MeridianError } from '#contract/errors.ts';
import type { ApiRole, Permission } from '#contract/route.ts';

export interface AnyonePrincipal {
  readonly kind: 'anyone';
}

/** A person or a script with an API token, directly or through a console session. */
export interface UserPrincipal {
  readonly kind: 'user';
  readonly tokenId: string;
  readonly name: string;
  readonly role: ApiRole;
  /** null: all projects. */
  readonly projectId: string | null;
  readonly expiresAtMs: number | null;
  /** Hash of the session's cookie, when the caller came with one. */
  readonly sessionHash: string | null;
  /** Regions in which it may act; null: all. */
  readonly regionIds: readonly string[] | null;
  /** Signed in through a provider of identities instead of with a token; `tokenId` then names the person. */
  readonly isPerson?: boolean;
  /** Is admin for a while (break-glass.ts), under this id. */
  readonly breakGlassId?: string;
  readonly breakGlassEndsAtMs?: number;
}

export interface NodePrincipal {
  readonly kind: 'node';
  readonly nodeId: string;
}

/** What Meridian does by itself, with the name of whatever does it. */
export interface AutomationPrincipal {
  readonly kind: 'automation';
  readonly name: string;
}

/** A system that sends alerts, with a token of its own. */
export interface SenderPrincipal {
  readonly kind: 'sender';
  readonly senderId: string;
  readonly name: string;
  /** Added to each of its alerts. */
  readonly labels: Readonly<Record<string, string>>;
}

export type Principal =
  | AnyonePrincipal
  | UserPrincipal
  | NodePrincipal
  | AutomationPrincipal
  | SenderPrincipal;

/** The principal that a route with this permission is given. */
export type PrincipalOf<P extends Permission> = P extends 'anyone'
  ? Principal
  : P extends 'node'
    ? NodePrincipal
    : P extends 'sender'
      ? SenderPrincipal
      : UserPrincipal;

const RANK: Readonly<Record<ApiRole, number>> = { viewer: 0, operator: 1, admin: 2 };

/** Throws unless the principal may call a route with this permission. */
export function authorize(principal: Principal, permission: Permission): void {
  if (permission === 'anyone') return;
  if (permission === 'node') {
    if (principal.kind !== 'node') throw new MeridianError('node_unknown');
    return;
  }
  if (permission === 'sender') {
    if (principal.kind !== 'sender') throw new MeridianError('unauthenticated');
    return;
  }
  if (principal.kind !== 'user') throw new MeridianError('unauthenticated');
  if (RANK[principal.role] < RANK[permission]) throw new MeridianError('forbidden', { role: permission });
}

/** Throws unless the principal may act in this project. */
export function requireProject(principal: UserPrincipal, projectId: string): void {
  if (principal.projectId !== null && principal.projectId !== projectId)
    throw new MeridianError('wrong_project');
}

/** Throws unless the principal belongs to no single project: what it changes concerns all of them. */
export function requireAllProjects(principal: UserPrincipal): void {
  if (principal.projectId !== null) throw new MeridianError('wrong_project');
}

/** Throws unless the principal may act in all of these regions. What Meridian does by itself is not limited. */
export function requireRegions(principal: Principal, regionIds: Iterable<string>): void {
  if (principal.kind !== 'user' || principal.regionIds === null) return;
  const own = principal.regionIds;
  for (const region of regionIds)
    if (!own.includes(region)) throw new MeridianError('wrong_region', { region, own: own.join(', ') });
}

/** The project to which a query must be narrowed; undefined means all. */
export function projectScope(principal: UserPrincipal, asked?: string): string | undefined {
  if (asked !== undefined) requireProject(principal, asked);
  return asked ?? principal.projectId ?? undefined;
}

/** How the principal appears in the audit trail. */
export function actorOf(principal: Principal): string {
  if (principal.kind === 'user') {
    const glass = principal.breakGlassId === undefined ? '' : ` by break-glass ${principal.breakGlassId}`;
    return `${principal.isPerson === true ? 'person' : 'token'}:${principal.name} (${principal.tokenId})${glass}`;
  }
  if (principal.kind === 'automation') return principal.name;
  if (principal.kind === 'sender') return `sender:${principal.name} (${principal.senderId})`;
  return principal.kind === 'node' ? `node:${principal.nodeId}` : 'anyone';
}

/** How people are shown the principal: by the name of its token, without the token's id. */
export function nameOf(principal: Principal): string {
  if (principal.kind === 'user' || principal.kind === 'automation' || principal.kind === 'sender')
    return principal.name;
  return principal.kind === 'node' ? principal.nodeId : 'anyone';
}
