// Filters of a list that live in its address, so that a filtered list can be linked, kept and gone back to:
// `#/audit/?action=runbook.&subject=drain-region`. Pure, but for setting the address.

import { href, type Page } from '../shell/router.ts';

/** The address of a page with these filters. */
export function filteredHref(page: Page, filters: Readonly<Partial<Record<string, string>>>): string {
  const given = Object.entries(filters).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, value]],
  );
  return given.length === 0 ? href(page) : href(page, `?${new URLSearchParams(given)}`);
}

/** Changes filters in place: going back leaves the list, and does not undo every letter that was typed. */
export function setFilters(page: Page, filters: Readonly<Partial<Record<string, string>>>): void {
  const address = new URL(filteredHref(page, filters), window.location.href);
  window.history.replaceState(null, '', address);
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}
