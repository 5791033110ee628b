// What incidents need of others and what others get from them. The shapes are small on purpose: each side is tested
// with a fake of the other.

import type { IncidentEntry } from '#contract/api/incidents.ts';
import type { AlertFacts, Severity } from '#core/incident/types.ts';

/** An alert as it is told. */
export interface AlertView extends AlertFacts {
  /** summary, description, runbook. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** Where alerts come from. */
export interface AlertFeed {
  onChange(listener: (changed: readonly AlertView[]) => Promise<void> | void): () => void;
  /** Alerts that fire now; those that are suppressed may be among them. */
  firing(): readonly AlertView[];
}

/** Who pages people. Every call may be repeated. */
export interface Escalations {
  /** Starts to page for an incident, or anew when it is being paged for already. */
  start(request: {
    readonly incidentId: string;
    readonly title: string;
    readonly severity: Severity;
    /** null: the default one. */
    readonly policyId: string | null;
    readonly url: string;
  }): Promise<void>;
  acknowledge(incidentId: string, userId: string): Promise<void>;
  stop(incidentId: string, reason: string): Promise<void>;
}

/** Who runs runbooks, within their guards. */
export interface RunbookStarter {
  start(request: {
    readonly runbookId: string;
    readonly parameters: Record<string, string>;
    readonly incidentId: string | null;
    readonly actor: string;
  }): Promise<{ runId: string }>;
}

export interface NewEntry {
  readonly atMs: number;
  readonly kind: IncidentEntry['kind'];
  readonly text: string;
  readonly actor: string | null;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Where others write what they do for an incident. */
export interface IncidentTimeline {
  append(incidentId: string, entry: NewEntry): Promise<void>;
}

/** One step of a series that telemetry keeps. */
export interface SeriesPoint {
  readonly atMs: number;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly count: number;
  /** Of a histogram: sum of its values, and counts by bucket. */
  readonly sum?: number;
  readonly buckets?: Readonly<Record<number, number>>;
}

/** Where the graphs of a postmortem come from. */
export interface SeriesReader {
  /** Sums of a series over [fromMs, toMs), per step, for those whose labels match. */
  read(query: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly fromMs: number;
    readonly toMs: number;
    readonly stepMs: number;
  }): Promise<readonly SeriesPoint[]>;
}
