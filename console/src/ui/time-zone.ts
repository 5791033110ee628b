// In which time zone times are shown: this browser's, UTC, or a named one, so that people of one incident read the same
// clock. Remembered in this browser.

import { createStore } from './store.ts';

/** `browser`, `UTC`, or a name of the IANA database. */
export type TimeZoneChoice = string;

const KEY = 'meridian.time-zone';
export const BROWSER_ZONE = 'browser';

/** Whether the browser knows the zone. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function remembered(): TimeZoneChoice {
  try {
    const stored = localStorage.getItem(KEY);
    return stored !== null && isTimeZone(stored) ? stored : BROWSER_ZONE;
  } catch {
    return BROWSER_ZONE;
  }
}

export const timeZone = createStore<TimeZoneChoice>(remembered());

/** The name for Intl; undefined means the browser's own. */
export function zoneName(choice: TimeZoneChoice = timeZone.get()): string | undefined {
  return choice === BROWSER_ZONE ? undefined : choice;
}

/** Changes and remembers the zone. */
export function setTimeZone(choice: TimeZoneChoice): void {
  timeZone.set(choice);
  try {
    if (choice === BROWSER_ZONE) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    // A browser without storage forgets the choice at the next visit; nothing else is lost.
  }
}

/** "UTC", "CET", "GMT+8": the zone as it is written behind a time. */
export function zoneLabel(atMs: number, choice: TimeZoneChoice = timeZone.get()): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zoneName(choice),
    timeZoneName: 'short',
  }).formatToParts(atMs);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

/** All zones that can be named. */
export function knownZones(): readonly string[] {
  return Intl.supportedValuesOf('timeZone');
}
