// How many failed logins one address may have. A fixed window per address, in bounded memory: when full, the
// address that was seen longest ago is forgotten, so that a flood of addresses costs an attacker more than us.
// Pure but for its own map: time is a parameter.

import { LOGIN_ADDRESSES_MAX, LOGIN_FAILURES_MAX, LOGIN_WINDOW_MS } from '../limits.ts';

interface Window {
  startedAtMs: number;
  failures: number;
}

export interface LoginLimit {
  /** Seconds to wait before the next attempt, or null when it may be made. */
  waitSeconds(address: string, nowMs: number): number | null;
  fail(address: string, nowMs: number): void;
  succeed(address: string): void;
  /** Addresses remembered now. */
  size(): number;
}

/** Creates an empty limit. */
export function createLoginLimit(addressesMax = LOGIN_ADDRESSES_MAX): LoginLimit {
  const windows = new Map<string, Window>();
  const current = (address: string, nowMs: number): Window | undefined => {
    const window = windows.get(address);
    return window !== undefined && nowMs - window.startedAtMs < LOGIN_WINDOW_MS ? window : undefined;
  };
  return {
    waitSeconds(address, nowMs) {
      const window = current(address, nowMs);
      if (window === undefined || window.failures < LOGIN_FAILURES_MAX) return null;
      return Math.max(1, Math.ceil((window.startedAtMs + LOGIN_WINDOW_MS - nowMs) / 1_000));
    },
    fail(address, nowMs) {
      const window = current(address, nowMs) ?? { startedAtMs: nowMs, failures: 0 };
      window.failures += 1;
      windows.delete(address);
      windows.set(address, window);
      const oldest = windows.keys().next();
      if (windows.size > addressesMax && !oldest.done) windows.delete(oldest.value);
    },
    succeed(address) {
      windows.delete(address);
    },
    size: () => windows.size,
  };
}
