// The life of one alert: its condition begins to hold (pending), has held long enough (fired), holds no more for long
// enough (resolved). Both waits keep a value that crosses its limit to and fro from calling somebody each time.

/** page: somebody is called now. ticket: somebody looks within days. info: for whoever looks. */
export type AlertSeverity = 'page' | 'ticket' | 'info';

/** A number that was compared, and with what. */
export interface Evidence {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: string;
}

export type Labels = Readonly<Record<string, string>>;

/** What a rule, an objective or a sender says about one alert now. */
export interface AlertSignal {
  readonly labels: Labels;
  readonly severity: AlertSeverity;
  readonly annotations: Readonly<Record<string, string>>;
  readonly evidence: readonly Evidence[];
  readonly isActive: boolean;
  /** How long it must be active before it fires. */
  readonly afterMs: number;
  /** How long it must be inactive before it resolves. */
  readonly keepMs: number;
}

/** An alert that is not over. */
export interface LiveAlert {
  readonly labels: Labels;
  readonly severity: AlertSeverity;
  readonly annotations: Readonly<Record<string, string>>;
  readonly evidence: readonly Evidence[];
  readonly pendingSinceMs: number;
  /** null: it has not held long enough. */
  readonly firedAtMs: number | null;
  /** Since when its condition holds no more; null while it does. */
  readonly calmSinceMs: number | null;
}

/** How long an alert whose condition is over stays, so that it need not come back. */
export const KEEP_MS = 30_000;

export type AlertStep =
  | { readonly kind: 'nothing' }
  /** Pending, or firing still. */
  | { readonly kind: 'live'; readonly alert: LiveAlert; readonly isNew: boolean }
  /** It fires from now on. */
  | { readonly kind: 'fired'; readonly alert: LiveAlert }
  /** It was pending and came to nothing. */
  | { readonly kind: 'dropped' }
  | { readonly kind: 'resolved'; readonly alert: LiveAlert };

/** What follows from a signal for an alert that may or may not live already. */
export function stepAlert(alert: LiveAlert | undefined, signal: AlertSignal, nowMs: number): AlertStep {
  if (signal.isActive) return hold(alert, signal, nowMs);
  if (alert === undefined) return { kind: 'nothing' };
  if (alert.firedAtMs === null) return { kind: 'dropped' };
  const calmSinceMs = alert.calmSinceMs ?? nowMs;
  const calm = { ...alert, calmSinceMs };
  if (nowMs - calmSinceMs >= signal.keepMs) return { kind: 'resolved', alert: calm };
  return { kind: 'live', alert: calm, isNew: false };
}

function hold(before: LiveAlert | undefined, signal: AlertSignal, nowMs: number): AlertStep {
  const { labels, severity, annotations, evidence } = signal;
  const pendingSinceMs = before?.pendingSinceMs ?? nowMs;
  const firedAtMs = before?.firedAtMs ?? null;
  const alert = { labels, severity, annotations, evidence, pendingSinceMs, firedAtMs, calmSinceMs: null };
  if (firedAtMs !== null || nowMs - pendingSinceMs < signal.afterMs)
    return { kind: 'live', alert, isNew: before === undefined };
  return { kind: 'fired', alert: { ...alert, firedAtMs: nowMs } };
}

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;
const SEPARATOR = 0xff;
const encoder = new TextEncoder();

/**
 * What tells alerts apart: 64 bits of FNV-1a over the sorted labels, as 16 hex digits.
 * The same labels have the same fingerprint in Prometheus and Alertmanager (common/model, LabelSet.Fingerprint).
 */
export function fingerprintOf(labels: Labels): string {
  let hash = FNV_OFFSET;
  const take = (byte: number): void => {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * FNV_PRIME);
  };
  for (const name of Object.keys(labels).sort())
    for (const text of [name, labels[name] ?? '']) {
      for (const byte of encoder.encode(text)) take(byte);
      take(SEPARATOR);
    }
  return hash.toString(16).padStart(16, '0');
}
