// The rules in force, each with what it has seen of its series.

import type { AlertSignal, Labels } from '#core/alerting/alert.ts';
import { type AlertRule, type RulePoint, RuleWatch } from '#core/alerting/rules.ts';

export interface RuleWatches {
  /** Puts these rules in force; those that did not change keep what they saw. */
  use(rules: readonly AlertRule[]): void;
  add(points: readonly RulePoint[]): void;
  /** Knows the group of an alert that fired before a restart. */
  expect(labels: Labels, atMs: number): void;
  /** Nobody listened until now. */
  excuse(untilMs: number, isFiring: (labels: Labels) => boolean): void;
  signals(nowMs: number, isFiring: (labels: Labels) => boolean): readonly AlertSignal[];
}

/** Creates them without rules. */
export function createRuleWatches(): RuleWatches {
  let watches: readonly RuleWatch[] = [];
  let bySeries = new Map<string, RuleWatch[]>();
  return {
    use(rules) {
      const before = new Map(watches.map((watch) => [JSON.stringify(watch.rule), watch]));
      watches = rules.map((rule) => before.get(JSON.stringify(rule)) ?? new RuleWatch(rule));
      bySeries = Map.groupBy(watches, ({ rule }) => rule.series);
    },
    add(points) {
      for (const point of points) for (const watch of bySeries.get(point.name) ?? []) watch.add(point);
    },
    expect(labels, atMs) {
      for (const watch of watches) if (watch.rule.name === labels.alertname) watch.expect(labels, atMs);
    },
    excuse(untilMs, isFiring) {
      for (const watch of watches) watch.excuse(untilMs, isFiring);
    },
    signals: (nowMs, isFiring) => watches.flatMap((watch) => watch.signals(nowMs, isFiring)),
  };
}
