// Who is logged in, and what that role may do. The console hides nothing that it could explain: what a role may
// not do is shown disabled or left out, and control refuses it in any case.

import type { ApiRole } from '../../src/contract/route.ts';
import { type ApiResult, call, setSessionEndedHandler } from './api.ts';
import { createStore } from './ui/store.ts';

export type Identity = ApiResult<'GET /v1/session'>;

export type SessionState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'out'; readonly hasEnded: boolean }
  | { readonly kind: 'in'; readonly identity: Identity };

export const session = createStore<SessionState>({ kind: 'unknown' });

const RANKS: Readonly<Record<ApiRole, number>> = { viewer: 0, operator: 1, admin: 2 };

/** Whether the person may do what needs `role`. */
export function may(role: ApiRole): boolean {
  const state = session.get();
  return state.kind === 'in' && RANKS[state.identity.role] >= RANKS[role];
}

/** Whether the person belongs to no single project. */
export function isOfInstallation(): boolean {
  const state = session.get();
  return state.kind === 'in' && state.identity.projectId === null;
}

/** The project that is taken unless another is chosen. */
export function ownProject(): string {
  const state = session.get();
  return (state.kind === 'in' ? state.identity.projectId : null) ?? 'default';
}

/** Follows the end of a session that control reports on any call. */
export function watchSession(): void {
  setSessionEndedHandler(() => {
    const isIn = session.get().kind === 'in';
    session.set({ kind: 'out', hasEnded: isIn });
  });
}

/** Asks again what the person may do: broken glass changes it. A failure is told by whatever is called next. */
export async function refreshIdentity(): Promise<void> {
  try {
    session.set({ kind: 'in', identity: await call('GET /v1/session', {}) });
  } catch {
    // An ended session is handled where every call is.
  }
}

/** Logs in with an API token; throws what control says. */
export async function logIn(token: string): Promise<void> {
  session.set({ kind: 'in', identity: await call('POST /v1/session', { body: { token } }) });
}

/** Logs out, at the provider of identities too; the cookie is gone even when control says nothing any more. */
export async function logOut(): Promise<void> {
  try {
    const { path } = await call('DELETE /v1/session', {});
    if (path !== null) window.location.assign(path);
  } finally {
    session.set({ kind: 'out', hasEnded: false });
  }
}
