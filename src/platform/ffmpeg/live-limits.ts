// What the child of a live channel may use, and the reason for each number (laws 8 and 9).

import type { ChildLimits } from './limits.ts';

/** A month, longer than any publisher stays, on eight cores. Memory: 4K in and six renditions out stay below 2 GiB. */
const MONTH_SECONDS = 30 * 86_400;
export const LIVE_LIMITS: ChildLimits = {
  memoryBytes: 3 * 2 ** 30,
  cpuSeconds: MONTH_SECONDS * 8,
  wallMs: MONTH_SECONDS * 1_000,
  // A publisher may be silent for long; whoever feeds the child watches what comes out.
  silenceMs: null,
};

/**
 * Of the child that holds an SRT listener: a day of 50 Mbit/s is below an hour of computing, nearly all of it
 * decryption; a broadcast lasts two days. Memory: libsrt's buffers and threads take below 100 MiB, but node-av does not
 * come up with less than 640.
 */
export const SRT_LIMITS: ChildLimits = {
  memoryBytes: 2 ** 30,
  cpuSeconds: 2 * 86_400,
  wallMs: MONTH_SECONDS * 1_000,
  // It is silent until somebody calls, however long that takes.
  silenceMs: null,
};
