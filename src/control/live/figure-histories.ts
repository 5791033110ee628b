// What ingests and channels reported over the last minutes, in memory: how a line was before it broke is asked for within
// minutes. A restarted control begins with nothing. Only figures that are shown over time are kept.

import type { FigureHistory } from '#contract/api/live.ts';
import type { LiveReport } from '#contract/live.ts';
import { FIGURE_HISTORIES_MAX, FIGURES_KEPT, FIGURES_STEP_MS } from './limits.ts';

const SHOWN: ReadonlySet<string> = new Set([
  'bitrateBps',
  'frameRate',
  'driftMs',
  'framesDropped',
  'audioFramesDropped',
  'audioFramesMissing',
  'timestampJumps',
  'encodeDelayMs',
  'partDelayMs',
  'partDelayMsMax',
  'damagedParts',
  'encoderRestarts',
]);
const RENDITION_BIT_RATE = 'bitrateBps.';

export interface FigureHistories {
  note(nodeId: string, reports: readonly LiveReport[], nowMs: number): void;
  /** Of the last FIGURES_KEPT steps, oldest first. */
  of(broadcastId: string, nowMs: number): FigureHistory[];
}

/** Creates an empty book. */
export function createFigureHistories(): FigureHistories {
  /** By broadcast, node and channel; who was heard of last is last. */
  const book = new Map<string, FigureHistory & { readonly broadcastId: string }>();

  function noteOne(nodeId: string, report: LiveReport, nowMs: number): void {
    const { broadcastId, role, channel } = report;
    const key = `${broadcastId} ${role} ${nodeId} ${channel}`;
    const history = book.get(key) ?? { broadcastId, role, nodeId, channel, points: [] };
    if (nowMs - (history.points.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) < FIGURES_STEP_MS) return;
    history.points.push({ atMs: nowMs, figures: shown(report.figures) });
    if (history.points.length > FIGURES_KEPT) history.points.shift();
    book.delete(key);
    book.set(key, history);
    const [oldest] = book.keys();
    if (book.size > FIGURE_HISTORIES_MAX && oldest !== undefined) book.delete(oldest);
  }

  return {
    note(nodeId, reports, nowMs) {
      for (const report of reports)
        if (report.state === 'on_air' || report.state === 'interrupted') noteOne(nodeId, report, nowMs);
    },
    of(broadcastId, nowMs) {
      const fromMs = nowMs - FIGURES_KEPT * FIGURES_STEP_MS;
      return [...book.values()].flatMap(({ broadcastId: own, points, ...worker }) => {
        const recent = points.filter(({ atMs }) => atMs > fromMs);
        return own !== broadcastId || recent.length === 0 ? [] : [{ ...worker, points: recent }];
      });
    },
  };
}

/** A channel's bit rate is that of its renditions together. */
function shown(figures: LiveReport['figures']): Record<string, number> {
  const kept = Object.entries(figures).filter(([name]) => SHOWN.has(name));
  const rates = Object.entries(figures).filter(([name]) => name.startsWith(RENDITION_BIT_RATE));
  const sum = rates.reduce((total, [, value]) => total + value, 0);
  return { ...Object.fromEntries(kept), ...(rates.length === 0 ? {} : { bitrateBps: sum }) };
}
