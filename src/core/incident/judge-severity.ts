// How bad an incident is, from the users that are hurt and the error budget that is burnt. The numbers are those that
// its alerts were judged by: nothing is estimated here. Users are counted in any evidence whose unit says so, and in the
// viewings of telemetry; alerts of one incident see the same users, so the largest number counts, not the sum. Burn rates are those of the burn table
// (Google, "The Site Reliability Workbook", chapter 5): 14.4 is 2 % of a month's budget in an hour.

import type { AlertFacts, Evidence, IncidentReason, Severity } from './types.ts';

export interface Impact {
  /** Users hurt at the same time; null: no evidence counts users. */
  readonly users: number | null;
  /** Who counted them. */
  readonly usersFrom: 'alerts' | 'telemetry';
  /** Share of the period's error budget that this has burnt, 0 to 1 and beyond; null: no evidence says. */
  readonly budgetShare: number | null;
  /** Highest burn rate, in budgets per budget period; null: no evidence says. */
  readonly burnRate: number | null;
  readonly pages: number;
}

export interface SeverityLimits {
  readonly users: number;
  readonly budgetShare: number;
  readonly burnRate: number;
}

export interface SeverityPolicy {
  readonly sev1: SeverityLimits;
  readonly sev2: SeverityLimits;
  readonly sev3: SeverityLimits;
}

export const DEFAULT_SEVERITY_POLICY: SeverityPolicy = {
  // Half of a month's budget is gone, or at this pace it is within half an hour.
  sev1: { users: 1_000, budgetShare: 0.5, burnRate: 1_000 },
  // The fast tier of the burn table.
  sev2: { users: 100, budgetShare: 0.1, burnRate: 14.4 },
  // The slow page of the burn table.
  sev3: { users: 10, budgetShare: 0.05, burnRate: 6 },
};

const ORDER: readonly Severity[] = ['sev1', 'sev2', 'sev3', 'sev4'];
/** What is gone by now; what was used up before (`budget used`) is another incident's. */
const BURNT = /^budget[ _]burnt/;
const USER_UNITS: ReadonlySet<string> = new Set(['users', 'viewers', 'sessions']);

/**
 * The impact that the evidence of alerts shows. Resolved alerts count too: the harm was done.
 * @param usersCounted users hurt as telemetry counts them; null: it does not
 */
export function impactOf(
  alerts: readonly Pick<AlertFacts, 'severity' | 'evidence'>[],
  usersCounted: number | null = null,
): Impact {
  const evidence = alerts.flatMap((alert) => alert.evidence);
  const told = largest(evidence, ({ unit }) => USER_UNITS.has(unit));
  const isCounted = usersCounted !== null && usersCounted >= (told ?? 0);
  return {
    users: isCounted ? usersCounted : told,
    usersFrom: isCounted ? 'telemetry' : 'alerts',
    budgetShare: largest(evidence, ({ name }) => BURNT.test(name)),
    burnRate: largest(evidence, ({ name }) => name.startsWith('burn')),
    pages: alerts.filter(({ severity }) => severity === 'page').length,
  };
}

function largest(evidence: readonly Evidence[], isIt: (evidence: Evidence) => boolean): number | null {
  const values = evidence.filter(isIt).map(({ value, unit }) => (unit === '%' ? value / 100 : value));
  return values.length === 0 ? null : Math.max(...values);
}

/** Judges how bad it is, with the numbers that decided. */
export function judgeSeverity(
  impact: Impact,
  policy: SeverityPolicy,
): { readonly severity: Severity; readonly reasons: readonly IncidentReason[] } {
  for (const severity of ['sev1', 'sev2', 'sev3'] as const) {
    const limits = policy[severity];
    const reasons = (['users', 'budgetShare', 'burnRate'] as const).flatMap((subject) => {
      const value = impact[subject];
      return value !== null && value >= limits[subject]
        ? [{ code: 'limit_met', subject, values: { value, limit: limits[subject] } }]
        : [];
    });
    const { users, usersFrom } = impact;
    const isCounted = usersFrom === 'telemetry' && reasons.some(({ subject }) => subject === 'users');
    const source = { code: 'counted', subject: 'viewings', values: { users: users ?? 0 } };
    if (reasons.length > 0) return { severity, reasons: isCounted ? [...reasons, source] : reasons };
  }
  const { pages } = impact;
  // Somebody was to be woken for it, whatever the numbers say.
  if (pages > 0)
    return { severity: 'sev3', reasons: [{ code: 'page', subject: 'alerts', values: { pages } }] };
  return { severity: 'sev4', reasons: [{ code: 'below_limits', subject: 'alerts', values: { pages } }] };
}

/** The worse of two. */
export function worseOf(one: Severity, other: Severity): Severity {
  return ORDER.indexOf(one) <= ORDER.indexOf(other) ? one : other;
}
