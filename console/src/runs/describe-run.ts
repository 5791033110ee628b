// Runs of runbooks in words and colours: how a run stands, how a step does against its own history. Pure.

import type { RunSummary, RunView } from '../../../src/contract/api/runbooks.ts';
import { durationText } from '../ui/duration-text.ts';

export type StepView = RunView['steps'][number];

export const RUN_LABELS: Readonly<Record<RunSummary['status'], string>> = {
  running: 'Running',
  rolling_back: 'Undoing',
  succeeded: 'Succeeded',
  failed: 'Failed',
  rolled_back: 'Undone',
  cancelled: 'Cancelled',
};

export const RUN_TONES: Readonly<Record<RunSummary['status'], string>> = {
  running: 'busy',
  rolling_back: 'warn',
  succeeded: 'good',
  failed: 'bad',
  rolled_back: 'warn',
  cancelled: '',
};

export function isOpen({ endedAtMs }: Pick<RunSummary, 'endedAtMs'>): boolean {
  return endedAtMs === null;
}

export interface StateText {
  readonly text: string;
  readonly tone: string;
}

/** How a run stands: what it waits for comes before that it runs. */
export function stateOf(run: RunSummary): StateText {
  if (!isOpen(run)) return { text: RUN_LABELS[run.status], tone: RUN_TONES[run.status] };
  if (run.isPaused) return { text: 'Paused', tone: 'warn' };
  if (run.waitsFor === 'approval') return { text: 'Waits for approval', tone: 'warn' };
  if (run.isStuck) return { text: 'Stuck', tone: 'bad' };
  return { text: RUN_LABELS[run.status], tone: RUN_TONES[run.status] };
}

/** "first admin" of "token:first admin (tok_…)". */
export function actorText(actor: string): string {
  return /^(?:token|session|sender):(.+?)(?: \(\S+\))?$/.exec(actor)?.[1] ?? actor;
}

/** "region dublin, patience 3m"; empty without parameters. */
export function parametersText(parameters: Readonly<Record<string, string>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

/** How long a step has run, or ran; null before it began. */
export function tookMs(step: StepView, nowMs: number): number | null {
  if (step.startedAtMs === null) return null;
  return Math.max(0, (step.endedAtMs ?? nowMs) - step.startedAtMs);
}

export interface Pace {
  /** Where on the bar the step is, 0 to 1. */
  readonly share: number;
  /** Where its usual end and its limit are; null: not known. */
  readonly typicalShare: number | null;
  readonly limitShare: number | null;
  readonly isSlow: boolean;
  readonly words: string;
}

/** A step against its own history: the bar ends at the limit past which it is stuck. */
export function paceOf(step: StepView, nowMs: number): Pace | null {
  const took = tookMs(step, nowMs);
  if (took === null) return null;
  const { durationMsTypical: typicalMs, stuckAfterMs: limitMs } = step;
  const words = durationText(took);
  if (typicalMs === null)
    return {
      share: step.endedAtMs === null ? 0 : 1,
      typicalShare: null,
      limitShare: null,
      isSlow: false,
      words,
    };
  const endMs = Math.max(took, typicalMs * 1.25, limitMs ?? 0, 1);
  return {
    share: took / endMs,
    typicalShare: typicalMs / endMs,
    limitShare: limitMs === null ? null : limitMs / endMs,
    isSlow: limitMs !== null && took > limitMs,
    words: `${words}, usually ${durationText(typicalMs)}`,
  };
}
