// Reasons of the way from signal to repair in words: severity, correlation, closeness of changes.

import type { Reason } from '../../../src/contract/snapshot.ts';
import { type ReasonText, type Sentence, sentenceOf } from '../ui/explain-reason.ts';
import { formatAge, formatShare } from '../ui/format.ts';
import { evidenceText } from './evidence.ts';

const number = (value: number | undefined, unit = ''): string => evidenceText(value ?? 0, unit);

const LIMITS: Readonly<Record<string, (value: number) => string>> = {
  users: (value) => `${number(value)} users hurt`,
  budgetShare: (value) => `${number(value * 100, '%')} of the error budget burnt`,
  burnRate: (value) => `burn rate ${number(value)}`,
};

const PLACES: Readonly<Record<string, string>> = {
  node: 'on the same node',
  site: 'at the same site',
  region: 'in the same region',
  world: 'everywhere',
  elsewhere: 'elsewhere',
};

const apart = ({ apartMs = 0 }: Readonly<Record<string, number>>): string =>
  apartMs === 0 ? 'while it was going on' : `${formatAge(apartMs)} apart`;

const SENTENCES: Readonly<Record<string, Sentence>> = {
  limit_met: (subject, { value = 0, limit = 0 }) =>
    `${LIMITS[subject]?.(value) ?? `${subject} ${number(value)}`}; the limit is ${
      subject === 'budgetShare' ? number(limit * 100, '%') : number(limit)
    }`,
  counted: (_, { users = 0 }) => `${number(users)} viewings stalled or failed, as telemetry counts them`,
  first_bad_slice: (subject, { bad = 0, total = 0, limit = 0, beforeAlertMs = 0 }) =>
    `${number(bad)} of ${number(total)} events of ${subject} were bad, above ${number(limit)}, ${formatAge(beforeAlertMs)} before the alert`,
  nothing_stood_out: (subject) => `nothing of ${subject} stood out before the first alert`,
  no_events: (subject) => `telemetry has no events of ${subject} before the first alert`,
  page: (_, { pages = 0 }) => `${pages === 1 ? 'an alert that wakes' : `${pages} alerts that wake`} somebody`,
  below_limits: () => 'no number reaches a limit, and nobody was to be woken',
  same_alert: () => 'the incident holds the same alert already',
  same_node: (_, values) => `same node, ${apart(values)}`,
  same_site: (_, values) => `same site, ${apart(values)}`,
  same_region: (_, values) => `same region, ${apart(values)}`,
  same_alertname: (_, values) => `the same alert elsewhere, ${apart(values)}`,
  same_slo: (_, values) => `the same objective elsewhere, ${apart(values)}`,
  came_back: () => 'it came back soon after the incident had ended',
  enough_alerts: (_, { alerts = 0, pages = 0 }) =>
    `${alerts === 1 ? 'one alert' : `${alerts} alerts`} together, ${pages} of them to wake somebody`,
  too_few_alerts: (_, { alerts = 0, alertCountMin = 0 }) =>
    `${alerts} of ${alertCountMin} alerts that would open an incident`,
  before: (_, { apartMs = 0, weight = 0 }) => `${formatAge(apartMs)} before (${formatShare(weight, 0)})`,
  after: (_, { apartMs = 0, weight = 0 }) => `${formatAge(apartMs)} after (${formatShare(weight, 0)})`,
  place: (subject, { weight = 0 }) => `${PLACES[subject] ?? subject} (${formatShare(weight, 0)})`,
  kind: (subject, { weight = 0 }) => `a ${subject} (${formatShare(weight, 0)})`,
  project: (subject, { weight = 0 }) => `of another project, ${subject} (${formatShare(weight, 0)})`,
};

/** A reason as a sentence. */
export function explainReason(reason: Reason): ReasonText {
  return sentenceOf(SENTENCES, reason);
}
