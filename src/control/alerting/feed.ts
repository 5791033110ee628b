// What the rest of control hears of alerts.

import type { AlertSeverity, Evidence } from '#core/alerting/alert.ts';

export interface AlertView {
  readonly id: string;
  /** Of the labels: the same alert has the same one each time it fires. */
  readonly fingerprint: string;
  readonly state: 'firing' | 'suppressed' | 'resolved';
  readonly severity: AlertSeverity;
  /** alertname, slo?, region?, site?, node?, project? */
  readonly labels: Readonly<Record<string, string>>;
  /** summary, description?, runbook? */
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAtMs: number;
  readonly endsAtMs: number | null;
  readonly evidence: readonly Evidence[];
}

export interface AlertFeed {
  /**
   * Tells of each change once it is written down, one batch after another. After a crash a batch may come again: listeners
   * know alerts by their id.
   */
  onChange(listener: (changed: readonly AlertView[]) => Promise<void> | void): () => void;
  /** Those that fire now, quiet ones included. */
  firing(): readonly AlertView[];
}
