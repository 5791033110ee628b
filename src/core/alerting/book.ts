// All alerts that live: takes what rules, objectives and senders say, deduplicates by fingerprint, keeps quiet what is
// silenced or part of something lost, and says what changed. It knows no database and no clock; the shell writes down
// what `settle` returns and tells others.

import { type AlertSignal, fingerprintOf, KEEP_MS, type Labels, type LiveAlert, stepAlert } from './alert.ts';
import { matchesAll } from './matchers.ts';
import { isInForce, lostPlaceOf, type Silence, type Suppression, suppressionOf } from './quiet.ts';

export type AlertState = 'firing' | 'suppressed' | 'resolved';

/** An alert with where it comes from and whether it is passed on. */
export interface BookedAlert {
  readonly fingerprint: string;
  /** The rule set, objective set or sender that speaks of it. */
  readonly source: string;
  readonly alert: LiveAlert;
  readonly suppression: Suppression | null;
  /** When its source last said that it holds. */
  readonly heardAtMs: number;
}

export interface AlertChange {
  readonly state: AlertState;
  readonly booked: BookedAlert;
}

/** Alerts that live at once: beyond it something is wrong with a rule or a sender, and more would help nobody. */
export const LIVE_ALERTS_MAX = 10_000;

interface Entry {
  booked: BookedAlert;
  /** What others were last told; null: nothing yet. */
  told: 'firing' | 'suppressed' | null;
}

export class AlertBook {
  readonly #entries = new Map<string, Entry>();
  readonly #resolved: BookedAlert[] = [];
  /** Signals beyond the limit since the start. */
  refused = 0;

  /** Takes over an alert that fired before a restart, as others were told of it. */
  restore(booked: BookedAlert): void {
    this.#entries.set(booked.fingerprint, {
      booked,
      told: booked.suppression === null ? 'firing' : 'suppressed',
    });
  }

  /**
   * Takes what a source says. Sources that say everything each time (`isComplete`) end an alert by not naming it.
   * @param identify labels by which alerts are told apart; all of them when it is not given
   */
  take(
    source: string,
    signals: readonly AlertSignal[],
    nowMs: number,
    {
      isComplete,
      identify = (labels) => labels,
    }: { isComplete: boolean; identify?: (labels: Labels) => Labels },
  ): void {
    const named = new Set<string>();
    for (const signal of signals) {
      const fingerprint = fingerprintOf(identify(signal.labels));
      named.add(fingerprint);
      this.#step(source, fingerprint, signal, nowMs);
    }
    if (!isComplete) return;
    for (const [fingerprint, { booked }] of this.#entries)
      if (booked.source === source && !named.has(fingerprint))
        this.#step(source, fingerprint, endOf(booked.alert), nowMs);
  }

  #step(source: string, fingerprint: string, signal: AlertSignal, nowMs: number): void {
    const entry = this.#entries.get(fingerprint);
    if (entry === undefined && signal.isActive && this.#entries.size >= LIVE_ALERTS_MAX) {
      this.refused += 1;
      return;
    }
    const step = stepAlert(entry?.booked.alert, signal, nowMs);
    if (step.kind === 'nothing') return;
    if (step.kind === 'dropped' || step.kind === 'resolved') {
      this.#entries.delete(fingerprint);
      if (step.kind === 'resolved' && entry !== undefined)
        this.#resolved.push({ ...entry.booked, alert: step.alert });
      return;
    }
    const suppression = entry?.booked.suppression ?? null;
    const heardAtMs = signal.isActive ? nowMs : (entry?.booked.heardAtMs ?? nowMs);
    const booked = { fingerprint, source, alert: step.alert, suppression, heardAtMs };
    this.#entries.set(fingerprint, { booked, told: entry?.told ?? null });
  }

  /** Ends what its source has not repeated since a moment. */
  expire(isOf: (source: string) => boolean, heardBeforeMs: number, nowMs: number): void {
    for (const [fingerprint, { booked }] of this.#entries)
      if (isOf(booked.source) && booked.heardAtMs < heardBeforeMs)
        this.#step(booked.source, fingerprint, { ...endOf(booked.alert), keepMs: 0 }, nowMs);
  }

  /** Judges who stays quiet, and returns what changed since the last call. */
  settle(silences: readonly Silence[], nowMs: number): readonly AlertChange[] {
    const firing = [...this.#entries.values()].filter(({ booked }) => booked.alert.firedAtMs !== null);
    const lost = firing.flatMap(({ booked }) => lostPlaceOf(booked.fingerprint, booked.alert.labels) ?? []);
    const inForce = silences.filter((silence) => isInForce(silence, nowMs));
    const changes: AlertChange[] = this.#resolved
      .splice(0)
      .map((booked) => ({ state: 'resolved' as const, booked }));
    for (const entry of firing) {
      const { fingerprint, alert } = entry.booked;
      const own = { fingerprint, labels: alert.labels };
      const suppression = suppressionOf(own, inForce, lost);
      entry.booked = { ...entry.booked, suppression };
      const state = suppression === null ? 'firing' : 'suppressed';
      if (entry.told === state) continue;
      entry.told = state;
      changes.push({ state, booked: entry.booked });
    }
    return changes;
  }

  /** Alerts that fire, quiet ones included. */
  firing(): readonly BookedAlert[] {
    return [...this.#entries.values()].flatMap(({ booked }) =>
      booked.alert.firedAtMs === null ? [] : [booked],
    );
  }

  isFiring(labels: Labels): boolean {
    const entry = this.#entries.get(fingerprintOf(labels));
    return entry !== undefined && entry.booked.alert.firedAtMs !== null;
  }

  /** Silences "until it resolves" of whose alerts none is left. */
  ended(silences: readonly Silence[], nowMs: number): readonly Silence[] {
    const labels = this.firing().map(({ alert }) => alert.labels);
    return silences.filter(
      (silence) =>
        silence.endsAtMs === null &&
        silence.recurrence === null &&
        isInForce(silence, nowMs) &&
        !labels.some((own) => matchesAll(silence.matchers, own)),
    );
  }
}

/** What a source says by not naming an alert; the wait is that of objectives. */
function endOf({ labels, severity, annotations, evidence }: LiveAlert): AlertSignal {
  return { labels, severity, annotations, evidence, isActive: false, afterMs: 0, keepMs: KEEP_MS };
}

/** Alerts that are told together: those with the same values of these labels. */
export function groupKeyOf(labels: Labels, groupBy: readonly string[]): string {
  return groupBy.map((name) => `${name}=${labels[name] ?? ''}`).join(',');
}
