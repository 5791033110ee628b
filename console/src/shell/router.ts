// Where in the console we are: the fragment of the address, so that any server and any proxy can serve it.

import { useSyncExternalStore } from 'react';

export const PAGES = [
  'world',
  'library',
  'assets',
  'live',
  'studio',
  'imports',
  'jobs',
  'encoders',
  'edges',
  'incidents',
  'alerts',
  'changes',
  'oncall',
  'runbooks',
  'runs',
  'orders',
  'sessions',
  'audit',
  'slos',
  'projects',
  'webhooks',
  'access',
  'readiness',
] as const;
export type Page = (typeof PAGES)[number];

export interface Route {
  readonly page: Page;
  /** What is open on the page: an asset, a broadcast (or the studio for it), a project, a webhook, a tab of access. */
  readonly detail: string | null;
  /** A view of that: the postmortem of an incident. */
  readonly view: string | null;
}

/** Reads `#/library/ast_…`; anything unknown is the world. */
export function parseRoute(hash: string): Route {
  const [name = '', detail = '', view = ''] = hash.replace(/^#\/?/, '').split('/');
  const page = PAGES.find((candidate) => candidate === name) ?? 'world';
  return {
    page,
    detail: detail === '' ? null : decodeURIComponent(detail),
    view: view === '' ? null : decodeURIComponent(view),
  };
}

/** The address of a page. */
export function href(page: Page, detail: string | null = null, view: string | null = null): string {
  const parts = [page, detail, view].filter((part) => part !== null);
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}

/** Goes to a page. */
export function navigate(page: Page, detail: string | null = null, view: string | null = null): void {
  window.location.hash = href(page, detail, view);
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}

/** The route, followed. */
export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  return parseRoute(hash);
}
