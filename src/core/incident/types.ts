// What incidents are judged by: alerts, as far as decisions look at them, and the policy.

import type { Labels } from '../changes/place.ts';

export type Severity = 'sev1' | 'sev2' | 'sev3' | 'sev4';
export type IncidentState = 'open' | 'acknowledged' | 'resolved' | 'merged';

/** One number that an alert was judged by. */
export interface Evidence {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: string;
}

export interface AlertFacts {
  readonly id: string;
  /** Of the labels: the same trouble at the same place has the same one. */
  readonly fingerprint: string;
  readonly state: 'firing' | 'suppressed' | 'resolved';
  readonly severity: 'page' | 'ticket' | 'info';
  readonly labels: Labels;
  readonly startsAtMs: number;
  readonly endsAtMs: number | null;
  readonly evidence: readonly Evidence[];
}

export interface IncidentFacts {
  readonly id: string;
  readonly state: IncidentState;
  readonly labels: Labels;
  readonly openedAtMs: number;
  readonly resolvedAtMs: number | null;
  readonly alerts: readonly AlertFacts[];
}

/** Why a decision was taken: a code, what it is about, the numbers compared. */
export interface IncidentReason {
  readonly code: string;
  readonly subject: string;
  readonly values: Readonly<Record<string, number>>;
}

export interface IncidentPolicy {
  /** Alerts further apart than this are not one incident. */
  readonly windowMs: number;
  /** The same alert in another region within this time is the same trouble: a bad change, a lost backbone. */
  readonly spreadMs: number;
  /** So many related pages open an incident. */
  readonly pageCountMin: number;
  /** So many related alerts open one when too few of them are pages. */
  readonly alertCountMin: number;
  /** All alerts must be quiet for so long before the incident resolves by itself. */
  readonly holdMs: number;
  /** An alert that comes back within this time reopens the incident. */
  readonly reopenWithinMs: number;
}
