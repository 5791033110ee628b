// Which windows are watched for an objective, and from which burn on: budgets of 2 % in an hour and 5 % in six hours
// call somebody, 10 % in three days make a ticket. A burn of 1 uses up exactly the budget in exactly the period.
//
// burn = share of the budget × period / long window; the short window is a twelfth of the long one, so that an alert
// ends soon after its cause. Of periods under four weeks the windows shrink with the period instead, since three days
// of seven are no early warning.
// Source: The Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts", table 5-8.

import { type BurnTier, ROLLUP_MS } from './slo.ts';

interface Rung {
  readonly severity: BurnTier['severity'];
  readonly longMs: number;
  /** Share of the period's budget that the long window may use. */
  readonly budgetShare: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** For a period of 30 days. */
const WORKBOOK_PERIOD_MS = 30 * DAY_MS;
const WORKBOOK: readonly Rung[] = [
  { severity: 'page', longMs: HOUR_MS, budgetShare: 0.02 },
  { severity: 'page', longMs: 6 * HOUR_MS, budgetShare: 0.05 },
  { severity: 'ticket', longMs: 3 * DAY_MS, budgetShare: 0.1 },
];
/** Shorter periods have shorter windows. */
const FIXED_WINDOWS_FROM_MS = 28 * DAY_MS;
/** The short window is this part of the long one. */
export const SHORT_WINDOWS_PER_LONG = 12;

/** The tiers of a period, fastest first. */
export function burnTiers(periodMs: number): readonly BurnTier[] {
  return WORKBOOK.map(({ severity, longMs: workbookMs, budgetShare }) => {
    const isFixed = periodMs >= FIXED_WINDOWS_FROM_MS;
    const longMs = isFixed ? workbookMs : wholeSlices((workbookMs * periodMs) / WORKBOOK_PERIOD_MS);
    return {
      name: windowName(longMs),
      severity,
      longMs,
      shortMs: shortWindowMs(longMs),
      burn: (budgetShare * periodMs) / longMs,
      afterMs: 0,
    };
  });
}

/** The short window that belongs to a long one, ms. */
export function shortWindowMs(longMs: number): number {
  return wholeSlices(longMs / SHORT_WINDOWS_PER_LONG);
}

/** How long a constant share of errors burns before a tier fires, ms: longWindow · burn · (1 − target) / share. */
export function detectionMs(
  tier: Pick<BurnTier, 'longMs' | 'burn'>,
  target: number,
  errorShare: number,
): number {
  return (tier.longMs * tier.burn * (1 - target)) / errorShare;
}

function wholeSlices(milliseconds: number): number {
  return Math.max(1, Math.round(milliseconds / ROLLUP_MS)) * ROLLUP_MS;
}

/** 1h, 30m, 3d: the largest unit that divides it. */
export function windowName(milliseconds: number): string {
  for (const [unit, unitMs] of [
    ['d', DAY_MS],
    ['h', HOUR_MS],
    ['m', 60_000],
  ] as const)
    if (milliseconds % unitMs === 0) return `${milliseconds / unitMs}${unit}`;
  return `${milliseconds / 1_000}s`;
}
