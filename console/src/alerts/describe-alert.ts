// Alerts in words, and in the order of an inbox: grouped by place, within it by rule, the worst first. Pure.

import type { z } from 'zod';
import type { alertRuleSchema, alertViewSchema } from '../../../src/contract/api/alerts.ts';
import { comparedText, worstOf } from '../signal/evidence.ts';
import { formatAge } from '../ui/format.ts';

export type AlertView = z.infer<typeof alertViewSchema>;
export type AlertRule = z.infer<typeof alertRuleSchema>;

/** How an alert stands for people: a lost place keeps quiet what is within (inhibited), people keep quiet the rest. */
export type Standing = 'firing' | 'silenced' | 'inhibited' | 'resolved';

export const STANDING_WORDS: Readonly<Record<Standing, string>> = {
  firing: 'Fires',
  silenced: 'Silenced',
  inhibited: 'Inhibited',
  resolved: 'Over',
};

export const STANDING_TONES: Readonly<Record<Standing, string>> = {
  firing: 'bad',
  silenced: 'warn',
  inhibited: '',
  resolved: 'good',
};

/** Of two reasons for being quiet: people say who they are, a lost place says what is lost. */
export function standingOf({ state, quietReason }: Pick<AlertView, 'state' | 'quietReason'>): Standing {
  if (state !== 'suppressed') return state;
  return quietReason !== null && /^(Silenced|Under maintenance) by /.test(quietReason)
    ? 'silenced'
    : 'inhibited';
}

const SEVERITY_ORDER: readonly AlertView['severity'][] = ['page', 'ticket', 'info'];

/** The rule or objective that it comes from: "vod-playback", "RegionLost". */
export function ruleOf({ labels, source }: Pick<AlertView, 'labels' | 'source'>): string {
  return labels.slo ?? labels.alertname ?? source;
}

/** The widest place, under which people look first: the region. */
export function groupOf({ labels }: Pick<AlertView, 'labels'>): string {
  return labels.region ?? labels.site ?? labels.node ?? 'Everywhere';
}

export interface AlertGroup {
  readonly kind: 'group';
  readonly id: string;
  readonly place: string;
  readonly firing: number;
  readonly quiet: number;
}
export type InboxRow = AlertGroup | (AlertView & { readonly kind: 'alert' });

/** Rows of the inbox: a row for each place, then its alerts by severity, rule and age. Places that wake somebody first. */
export function groupAlerts(alerts: readonly AlertView[]): readonly InboxRow[] {
  const rank = ({ state, severity }: AlertView): number =>
    SEVERITY_ORDER.indexOf(severity) + (state === 'firing' ? 0 : 10);
  const groups = [...Map.groupBy(alerts, groupOf)].map(([place, own]) => ({
    place,
    own: [...own].sort(
      (one, other) =>
        rank(one) - rank(other) ||
        ruleOf(one).localeCompare(ruleOf(other)) ||
        other.startsAtMs - one.startsAtMs,
    ),
  }));
  groups.sort((one, other) => {
    const [best, second] = [one.own[0], other.own[0]];
    const worse = (best === undefined ? 99 : rank(best)) - (second === undefined ? 99 : rank(second));
    return worse || one.place.localeCompare(other.place);
  });
  return groups.flatMap(({ place, own }) => [
    {
      kind: 'group' as const,
      id: `group ${place}`,
      place,
      firing: own.filter(({ state }) => state === 'firing').length,
      quiet: own.filter(({ state }) => state === 'suppressed').length,
    },
    ...own.map((alert) => ({ ...alert, kind: 'alert' as const })),
  ]);
}

/** The number that is furthest past its limit: "burn over 1h 38.2 ×, limit 14.4 ×". */
export function whyText({ evidence }: Pick<AlertView, 'evidence'>): string {
  const worst = worstOf(evidence);
  if (worst === undefined) return '';
  const { value, limit } = comparedText(worst);
  return `${worst.name} ${value}, limit ${limit}`;
}

const MEASURES: Readonly<Record<'sum' | 'perSecond' | 'mean', string>> = {
  sum: 'sum',
  perSecond: 'rate per second',
  mean: 'mean',
};

/** When a rule fires: "sum of node_restarts over 5 min above 3". */
export function ruleText(rule: AlertRule): string {
  const labels = Object.entries(rule.labels).map(([name, value]) => `${name}=${value}`);
  const series = labels.length === 0 ? rule.series : `${rule.series}{${labels.join(', ')}}`;
  const what =
    rule.kind === 'absence'
      ? `${series} silent for ${formatAge(rule.silentMs)}`
      : `${MEASURES[rule.measure]} of ${series} over ${formatAge(rule.windowMs)} ${rule.op === 'gt' ? 'above' : 'below'} ${rule.limit}`;
  return rule.afterMs === 0 ? what : `${what}, held for ${formatAge(rule.afterMs)}`;
}

/** What a new rule looks like before it is changed. */
export const RULE_TEMPLATE: AlertRule = {
  kind: 'threshold',
  name: 'ManyRestarts',
  severity: 'ticket',
  summary: 'Node {node} restarts again and again',
  runbook: null,
  series: 'node_up',
  labels: {},
  by: ['region', 'node'],
  afterMs: 0,
  keepMs: 30_000,
  windowMs: 300_000,
  measure: 'sum',
  op: 'lt',
  limit: 30,
  clearLimit: null,
};
