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
}

export interface NodePrincipal {
  readonly kind: 'node';
  readonly nodeId: string;
}

export type Principal = AnyonePrincipal | UserPrincipal | NodePrincipal;

/** The principal that a route with this permission is given. */
export type PrincipalOf<P extends Permission> = P extends 'anyone'
  ? Principal
  : P extends 'node'
    ? NodePrincipal
    : UserPrincipal;

const RANK: Readonly<Record<ApiRole, number>> = { viewer: 0, operator: 1, admin: 2 };

/** Throws unless the principal may call a route with this permission. */
export function authorize(principal: Principal, permission: Permission): void {
  if (permission === 'anyone') return;
  if (permission === 'node') {
    if (principal.kind !== 'node') throw new MeridianError('node_unknown');
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

/** The project to which a query must be narrowed; undefined means all. */
export function projectScope(principal: UserPrincipal, asked?: string): string | undefined {
  if (asked !== undefined) requireProject(principal, asked);
  return asked ?? principal.projectId ?? undefined;
}

/** How the principal appears in the audit trail. */
export function actorOf(principal: Principal): string {
  if (principal.kind === 'user') return `token:${principal.name} (${principal.tokenId})`;
  return principal.kind === 'node' ? `node:${principal.nodeId}` : 'anyone';
}
