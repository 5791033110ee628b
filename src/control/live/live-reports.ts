// What nodes say of the broadcasts that they work on, in memory: reports come again with each beat, so a restarted
// control knows everything anew within one. A node's report replaces all that it said before.

import type { FigureHistory } from '#contract/api/live.ts';
import type { LiveReport } from '#contract/live.ts';
import { createFigureHistories } from './figure-histories.ts';

export interface HeardReport extends LiveReport {
  readonly nodeId: string;
  readonly heardMonotonicMs: number;
}

export interface LiveReports {
  put(nodeId: string, reports: readonly LiveReport[]): void;
  of(broadcastId: string): readonly HeardReport[];
  /** What was said over the last minutes. */
  historyOf(broadcastId: string): FigureHistory[];
}

interface LiveReportsClock {
  monotonicMs(): number;
  nowMs(): number;
}

/** Creates an empty book of reports. */
export function createLiveReports(clock: LiveReportsClock): LiveReports {
  const histories = createFigureHistories();
  const byNode = new Map<string, readonly HeardReport[]>();
  return {
    put(nodeId, reports) {
      const heardMonotonicMs = clock.monotonicMs();
      histories.note(nodeId, reports, clock.nowMs());
      if (reports.length === 0) byNode.delete(nodeId);
      else
        byNode.set(
          nodeId,
          reports.map((report) => ({ ...report, nodeId, heardMonotonicMs })),
        );
    },
    of(broadcastId) {
      return [...byNode.values()].flatMap((reports) =>
        reports.filter((report) => report.broadcastId === broadcastId),
      );
    },
    historyOf: (broadcastId) => histories.of(broadcastId, clock.nowMs()),
  };
}
