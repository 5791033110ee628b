// What control makes of reports, without its database: objectives and rules as they are shipped, judged on the same beat by
// the same books. Everything that was counted is kept, so that what an alert saw can be looked at afterwards.

import { bucketOf } from '#base/log-buckets.ts';
import { ROUND_MS } from '#control/alerting/limits.ts';
import { createRuleWatches } from '#control/alerting/rule-watches.ts';
import { SHIPPED_RULES } from '#control/alerting/shipped-rules.ts';
import { readShippedSlos } from '#control/slo/shipped.ts';
import type { AlertSeverity, Labels } from '#core/alerting/alert.ts';
import { AlertBook } from '#core/alerting/book.ts';
import { SloBook, type SloPoint } from '#core/slo/book.ts';
import type { SloDefinition } from '#core/slo/slo.ts';

/** An alert that began to fire. */
export interface Fired {
  readonly atMs: number;
  readonly severity: AlertSeverity;
  readonly labels: Labels;
  readonly summary: string;
}

export class Decisions {
  readonly #slos = new SloBook(bucketOf);
  readonly #rules = createRuleWatches();
  readonly #alerts = new AlertBook();
  readonly points: SloPoint[] = [];
  readonly fired: Fired[] = [];

  constructor() {
    for (const { definitions } of readShippedSlos()) for (const slo of definitions) this.#slos.put(slo);
    this.#rules.use(SHIPPED_RULES);
  }

  slo(name: string): SloDefinition | undefined {
    return this.#slos.definition(name);
  }

  /** Takes the points of a report. */
  take(points: readonly SloPoint[]): void {
    for (const point of points) this.#slos.add(point);
    this.#rules.add(points);
    this.points.push(...points);
  }

  /** Judges everything; called every ROUND_MS. */
  round(nowMs: number): void {
    this.#alerts.take('slo', this.#slos.round(nowMs), nowMs, { isComplete: true });
    const signals = this.#rules.signals(nowMs, (labels) => this.#alerts.isFiring(labels));
    this.#alerts.take('rules', signals, nowMs, { isComplete: true });
    for (const { state, booked } of this.#alerts.settle([], nowMs)) {
      if (state !== 'firing') continue;
      const { severity, labels, annotations } = booked.alert;
      this.fired.push({ atMs: nowMs, severity, labels, summary: annotations.summary ?? '' });
    }
  }

  /** What an objective counts of a point. */
  measure(slo: SloDefinition, point: SloPoint) {
    return this.#slos.measure(slo, point);
  }
}

export { ROUND_MS };
