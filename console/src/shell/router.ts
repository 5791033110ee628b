// Where in the console we are: the fragment of the address, so that any server and any proxy can serve it.

import { useSyncExternalStore } from 'react';

export const PAGES = ['world', 'library', 'jobs', 'webhooks', 'access'] as const;
export type Page = (typeof PAGES)[number];

export interface Route {
  readonly page: Page;
  /** What is open on the page: an asset of the library, a webhook, a tab of access. */
  readonly detail: string | null;
}

/** Reads `#/library/ast_…`; anything unknown is the world. */
export function parseRoute(hash: string): Route {
  const [name = '', detail = ''] = hash.replace(/^#\/?/, '').split('/');
  const page = PAGES.find((candidate) => candidate === name) ?? 'world';
  return { page, detail: detail === '' ? null : decodeURIComponent(detail) };
}

/** The address of a page. */
export function href(page: Page, detail: string | null = null): string {
  return detail === null ? `#/${page}` : `#/${page}/${encodeURIComponent(detail)}`;
}

/** Goes to a page. */
export function navigate(page: Page, detail: string | null = null): void {
  window.location.hash = href(page, detail);
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
