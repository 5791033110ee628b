// Rules on series: a value over a window against a limit, or a series that has fallen silent. One alert for each set of
// values of the labels that the rule divides by.

import { SlotRing } from '../slo/slot-ring.ts';
import type { AlertSeverity, AlertSignal, Labels } from './alert.ts';
import { LOST_LABEL } from './quiet.ts';

interface CommonRule {
  /** Also the alert's label alertname. */
  readonly name: string;
  readonly severity: AlertSeverity;
  /** For people; {label} is filled in. */
  readonly summary: string;
  readonly runbook: string | null;
  readonly series: string;
  readonly labels: Labels;
  readonly by: readonly string[];
  readonly afterMs: number;
  readonly keepMs: number;
}

export interface ThresholdRule extends CommonRule {
  readonly kind: 'threshold';
  readonly windowMs: number;
  /** sum of the window, per second of it, or mean of a histogram's samples. */
  readonly measure: 'sum' | 'perSecond' | 'mean';
  readonly op: 'gt' | 'lt';
  readonly limit: number;
  /** While it fires, it ends only past this value; the limit itself when there is none. */
  readonly clearLimit: number | null;
}

export interface AbsenceRule extends CommonRule {
  readonly kind: 'absence';
  readonly silentMs: number;
  /** What is lost when it falls silent: alerts of what is within stay quiet. */
  readonly lost: 'region' | 'site' | 'node' | null;
}

export type AlertRule = ThresholdRule | AbsenceRule;

/** A point of a series, as rules see it. */
export interface RulePoint {
  readonly atMs: number;
  readonly name: string;
  readonly labels: Labels;
  readonly count: number;
  readonly sum?: number;
}

interface Watched {
  readonly labels: Labels;
  readonly ring: SlotRing | null;
  lastAtMs: number;
}

/** Groups of one rule: more are a mistake of whoever chose its labels. */
export const RULE_GROUPS_MAX = 1_000;
/** What has been silent this long was taken away for good. */
export const FORGET_MS = 24 * 3_600_000;
const SLICE_MS = 5_000;

/** Watches the series of one rule. */
export class RuleWatch {
  readonly rule: AlertRule;
  readonly #groups = new Map<string, Watched>();
  /** Points of groups beyond the limit. */
  refused = 0;

  constructor(rule: AlertRule) {
    this.rule = rule;
  }

  /** Takes a point, when it is one of the rule's. */
  add(point: RulePoint): void {
    const { rule } = this;
    if (point.name !== rule.series) return;
    for (const [name, value] of Object.entries(rule.labels)) if (point.labels[name] !== value) return;
    const group = this.#groupOf(point.labels, point.atMs);
    if (group === undefined) return;
    group.lastAtMs = Math.max(group.lastAtMs, point.atMs + SLICE_MS);
    if (group.ring !== null && rule.kind === 'threshold') {
      const isMean = rule.measure === 'mean';
      group.ring.add(point.atMs, isMean ? (point.sum ?? 0) : point.count, point.count);
    }
  }

  /** Knows a group without a point: of an alert that fired before a restart. */
  expect(labels: Labels, atMs: number): void {
    this.#groupOf(labels, atMs);
  }

  /** Nobody listened for a while: silence during it says nothing new. What was lost before stays lost. */
  excuse(untilMs: number, isFiring: (labels: Labels) => boolean): void {
    for (const group of this.#groups.values())
      if (!isFiring(alertLabels(this.rule, group.labels))) group.lastAtMs = Math.max(group.lastAtMs, untilMs);
  }

  /** What the rule says of each group now. `isFiring` knows which of its alerts fire. */
  signals(nowMs: number, isFiring: (labels: Labels) => boolean): readonly AlertSignal[] {
    const { rule } = this;
    const signals: AlertSignal[] = [];
    for (const [key, group] of this.#groups) {
      if (nowMs - group.lastAtMs > FORGET_MS) this.#groups.delete(key);
      signals.push(
        rule.kind === 'absence' ? silence(rule, group, nowMs) : compare(rule, group, nowMs, isFiring),
      );
    }
    return signals;
  }

  #groupOf(labels: Labels, atMs: number): Watched | undefined {
    const { rule } = this;
    const key = rule.by.map((name) => labels[name] ?? '').join('\u0000');
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    if (this.#groups.size >= RULE_GROUPS_MAX) {
      this.refused += 1;
      return undefined;
    }
    const own = rule.by.flatMap((name) =>
      labels[name] === undefined ? [] : [[name, labels[name]] as const],
    );
    const made = {
      labels: Object.fromEntries(own),
      ring: rule.kind === 'threshold' ? new SlotRing(SLICE_MS, [rule.windowMs]) : null,
      lastAtMs: atMs,
    };
    this.#groups.set(key, made);
    return made;
  }
}

function compare(
  rule: ThresholdRule,
  group: Watched,
  nowMs: number,
  isFiring: (labels: Labels) => boolean,
): AlertSignal {
  const { ring } = group;
  ring?.advance(nowMs - SLICE_MS);
  const { bad: value, events } = ring?.read(0) ?? { bad: 0, events: 0 };
  const labels = alertLabels(rule, group.labels);
  const measured =
    rule.measure === 'sum'
      ? value
      : rule.measure === 'perSecond'
        ? (value * 1_000) / rule.windowMs
        : value / events;
  const limit = isFiring(labels) ? (rule.clearLimit ?? rule.limit) : rule.limit;
  // A mean of nothing is no value.
  const isPast = Number.isNaN(measured) ? false : rule.op === 'gt' ? measured > limit : measured < limit;
  const unit = rule.measure === 'perSecond' ? '/s' : '';
  const evidence = [{ name: rule.series, value: Number.isNaN(measured) ? 0 : measured, limit, unit }];
  return { ...common(rule, labels), evidence, isActive: isPast };
}

function silence(rule: AbsenceRule, group: Watched, nowMs: number): AlertSignal {
  const silentMs = nowMs - group.lastAtMs;
  const labels = alertLabels(rule, group.labels);
  const evidence = [{ name: 'silent', value: silentMs, limit: rule.silentMs, unit: 'ms' }];
  return { ...common(rule, labels), evidence, isActive: silentMs > rule.silentMs && silentMs <= FORGET_MS };
}

function alertLabels(rule: AlertRule, labels: Labels): Labels {
  const lost = rule.kind === 'absence' && rule.lost !== null ? { [LOST_LABEL]: rule.lost } : {};
  return { alertname: rule.name, ...labels, ...lost };
}

function common(rule: AlertRule, labels: Labels) {
  const { severity, afterMs, keepMs } = rule;
  const summary = rule.summary.replace(/\{(\w+)\}/g, (_, name: string) => labels[name] ?? '');
  const annotations = { summary, ...(rule.runbook === null ? {} : { runbook: rule.runbook }) };
  return { labels, severity, annotations, afterMs, keepMs };
}
