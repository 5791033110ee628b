// Reasons of steering decisions in words.

import type { Reason } from '../../../src/contract/snapshot.ts';
import { type ReasonText, type Sentence, sentenceOf } from '../ui/explain-reason.ts';
import { formatBps, formatShare } from '../ui/format.ts';

const ms = (value: number | undefined): string => `${Math.round((value ?? 0) * 10) / 10} ms`;
const bps = (value: number | undefined): string => formatBps(value ?? 0);
const share = (value: number | undefined): string => formatShare(value ?? 0, 0);

const SENTENCES: Readonly<Record<string, Sentence>> = {
  score: (site, values) => {
    const parts = [`${ms(values.distanceMs)} for distance`];
    if ((values.costMs ?? 0) > 0) parts.push(`${ms(values.costMs)} for cost`);
    if ((values.loadMs ?? 0) > 0) parts.push(`${ms(values.loadMs)} for load`);
    return `${site} scores ${ms(values.scoreMs)}: ${parts.join(', ')}.`;
  },
  over_capacity: (site, values) =>
    `${site} is full: it sends ${bps(values.egressBps)} of ${bps(values.capacityBps)}, so nobody new starts there.`,
  down: (site) => `${site} is down and left out.`,
  plan_down: (site) => `${site} is down and left out.`,
  unhealthy: (site) => `${site} is not healthy and left out.`,
  draining: (site) => `${site} is draining: it comes last and nobody new starts there.`,
  capacity_exhausted: (_, values) =>
    `All sites together cannot carry this group: ${bps(values.unmetBps)} of ${bps(values.demandBps)} has no room.`,
  shift_not_bounded: (site, values) =>
    `${site} would carry ${bps(values.loadBps)} of ${bps(values.capacityBps)}, so viewers move at once instead of step by step.`,
  shift_bounded: (_, values) =>
    `Viewers move step by step: ${share(values.allowed)} now of ${share(values.wanted)} wanted, at most ${share(values.perMinuteMax)} a minute.`,
  share_kept: (_, values) =>
    `Shares stay: the change would move ${share(values.gain)}, below the margin of ${share(values.margin)}.`,
  share_moved_at_once: (_, values) =>
    `${share(values.share)} of the viewers moved at once, since their site may carry nothing now.`,
  order_kept: (site, values) =>
    `${site} keeps its place: another site is better by ${ms(values.gainMs)}, within the margin of ${ms(values.marginMs)}.`,
  last_resort: (site) =>
    `No site is healthy. Viewers are sent to ${site} all the same, as it may still answer.`,
  no_sites: () => 'There is no site to send viewers to.',
};

/** Codes that mean trouble, so that the table can say so in colour. */
const ALARMING: ReadonlySet<string> = new Set([
  'over_capacity',
  'down',
  'plan_down',
  'unhealthy',
  'capacity_exhausted',
  'last_resort',
  'no_sites',
]);

export interface SteeringReasonText extends ReasonText {
  readonly isAlarming: boolean;
}

/** A reason as a sentence. */
export function explainReason(reason: Reason): SteeringReasonText {
  const text = sentenceOf(SENTENCES, reason);
  return { ...text, isAlarming: !text.isRaw && ALARMING.has(reason.code) };
}
