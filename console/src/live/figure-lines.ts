// Figures of an ingest or a channel over the last minutes, as lines to draw beside the newest value. Pure.

import type { FigureHistory } from '../../../src/contract/api/live.ts';
import { formatClock } from '../ui/format.ts';
import type { Sample } from '../ui/sample.ts';
import type { Worker } from './describe-report.ts';

/** What is drawn, and how low and high its scale goes at least: noise is no drama. */
const SCALES: Readonly<Record<string, { readonly least: number; readonly isSigned?: boolean }>> = {
  bitrateBps: { least: 100_000 },
  frameRate: { least: 10 },
  driftMs: { least: 100, isSigned: true },
  encodeDelayMs: { least: 200 },
  partDelayMs: { least: 400 },
};

/** Counts since the beginning: what is drawn is how many more there were in each step. */
const COUNTS: ReadonlySet<string> = new Set([
  'framesDropped',
  'audioFramesDropped',
  'audioFramesMissing',
  'timestampJumps',
  'damagedParts',
  'encoderRestarts',
]);

export interface FigureLine {
  readonly samples: readonly Sample[];
  readonly minimum: number;
  readonly maximum: number;
}

/** The line of one figure; null when it is not drawn, there is nothing to draw yet, or never was anything but nought. */
export function lineOf(history: FigureHistory | undefined, name: string | undefined): FigureLine | null {
  if (history === undefined || name === undefined) return null;
  const isCount = COUNTS.has(name);
  const scale = SCALES[name];
  if (scale === undefined && !isCount) return null;
  const told = history.points.flatMap(({ atMs, figures }): Sample[] => {
    const value = figures[name];
    return value === undefined ? [] : [{ atMs, value }];
  });
  const samples = isCount ? increasesOf(told) : told;
  if (samples.length < 2) return null;
  const highest = Math.max(...samples.map(({ value }) => Math.abs(value)));
  if (isCount && highest === 0) return null;
  const maximum = Math.max(highest, scale?.least ?? 1);
  return { samples, maximum, minimum: scale?.isSigned === true ? -maximum : 0 };
}

/** A count that begins again, with its process, has grown by all that it is. */
function increasesOf(samples: readonly Sample[]): readonly Sample[] {
  return samples.slice(1).map(({ atMs, value }, index) => {
    const before = samples[index]?.value ?? 0;
    return { atMs, value: value >= before ? value - before : value };
  });
}

/** Of the one who reports. */
export function historyOf(
  histories: readonly FigureHistory[],
  { nodeId, channel, report }: Worker,
): FigureHistory | undefined {
  return histories.find(
    (history) => history.nodeId === nodeId && history.channel === channel && history.role === report?.role,
  );
}

/** "14:02:35": steps are of five seconds. */
export function formatMoment(atMs: number): string {
  return `at ${formatClock(atMs)}`;
}
