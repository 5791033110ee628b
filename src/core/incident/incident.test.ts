import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Topology } from '../changes/place.ts';
import { chooseResponse, commonLabels, type ResponsePolicy } from './choose-response.ts';
import { correlateAlerts } from './correlate-alerts.ts';
import { judgeEnd } from './judge-end.ts';
import { DEFAULT_SEVERITY_POLICY, impactOf, judgeSeverity, worseOf } from './judge-severity.ts';
import type { AlertFacts, Evidence, IncidentFacts, IncidentPolicy } from './types.ts';

const NOW_MS = 10_000_000;
const MINUTE_MS = 60_000;
const topology: Topology = {
  regionOfSite: new Map([
    ['dublin-1', 'dublin'],
    ['dublin-2', 'dublin'],
    ['singapore-1', 'singapore'],
  ]),
  siteOfNode: new Map([['dublin-1-a', 'dublin-1']]),
};
const policy: IncidentPolicy = {
  windowMs: 10 * MINUTE_MS,
  spreadMs: 2 * MINUTE_MS,
  pageCountMin: 1,
  alertCountMin: 3,
  holdMs: 5 * MINUTE_MS,
  reopenWithinMs: 30 * MINUTE_MS,
};

function alert(id: string, labels: Record<string, string>, changes: Partial<AlertFacts> = {}): AlertFacts {
  const fingerprint = JSON.stringify(labels);
  return {
    id,
    fingerprint,
    state: 'firing',
    severity: 'page',
    labels,
    startsAtMs: NOW_MS,
    endsAtMs: null,
    evidence: [],
    ...changes,
  };
}

function incident(alerts: readonly AlertFacts[], changes: Partial<IncidentFacts> = {}): IncidentFacts {
  return {
    id: 'inc_1',
    state: 'open',
    labels: {},
    openedAtMs: NOW_MS,
    resolvedAtMs: null,
    alerts,
    ...changes,
  };
}

const correlate = (alerts: readonly AlertFacts[], incidents: readonly IncidentFacts[] = [], rules = policy) =>
  correlateAlerts({ alerts, incidents, topology }, rules, NOW_MS);
const kinds = (...given: Parameters<typeof correlate>): string[] =>
  correlate(...given).map(({ kind }) => kind);

test('the alerts of a lost region open one incident, however many they are', () => {
  const [decision, ...rest] = correlate([
    alert('a', { alertname: 'burn', site: 'dublin-1' }),
    alert('b', { alertname: 'node_down', node: 'dublin-1-a' }, { startsAtMs: NOW_MS + 1_000 }),
    alert('c', { alertname: 'region_down', region: 'dublin' }, { startsAtMs: NOW_MS + 9 * MINUTE_MS }),
    alert('d', { alertname: 'burn', site: 'dublin-2' }, { severity: 'ticket' }),
  ]);
  assert.deepEqual(rest, []);
  assert.ok(decision?.kind === 'open');
  assert.deepEqual([...decision.alertIds].sort(), ['a', 'b', 'c', 'd']);
  assert.deepEqual(decision.reasons[0]?.values, { pages: 3, pageCountMin: 1, alerts: 4, alertCountMin: 3 });
});

test('troubles in two regions are two incidents, unless the same alert starts in both at once', () => {
  const dublin = alert('a', { alertname: 'burn', site: 'dublin-1' });
  assert.deepEqual(kinds([dublin, alert('b', { alertname: 'disk', site: 'singapore-1' })]), ['open', 'open']);
  assert.deepEqual(kinds([dublin, alert('b', { alertname: 'burn', site: 'singapore-1' })]), ['open']);
  const late = alert('b', { alertname: 'burn', site: 'singapore-1' }, { startsAtMs: NOW_MS + 3 * MINUTE_MS });
  assert.deepEqual(kinds([dublin, late]), ['open', 'open']);
});

test('alerts of two projects are never one incident', () => {
  const one = alert('a', { alertname: 'burn', project: 'news', region: 'dublin' });
  const other = alert('b', { alertname: 'burn', project: 'sport', region: 'dublin' });
  assert.deepEqual(kinds([one, other]), ['open', 'open']);
});

test('tickets wait until there are enough that hang together; what informs and what is suppressed opens nothing', () => {
  const ticket = (id: string, site: string): AlertFacts => alert(id, { site }, { severity: 'ticket' });
  const [first] = correlate([ticket('a', 'dublin-1')]);
  assert.equal(first?.kind, 'wait');
  assert.equal(first?.reasons[0]?.code, 'too_few_alerts');
  assert.deepEqual(kinds([ticket('a', 'dublin-1'), ticket('b', 'dublin-2'), ticket('c', 'singapore-1')]), [
    'wait',
    'wait',
    'wait',
  ]);
  assert.deepEqual(kinds([ticket('a', 'dublin-1'), ticket('b', 'dublin-2'), ticket('c', 'dublin-1')]), [
    'open',
  ]);
  assert.deepEqual(kinds([alert('a', { site: 'dublin-1' }, { severity: 'info' })]), []);
  const [suppressed] = correlate([alert('a', { site: 'dublin-1' }, { state: 'suppressed' })]);
  assert.equal(suppressed?.reasons[0]?.code, 'suppressed');
});

test('an alert joins the open incident of its region, and tells by which alert', () => {
  const open = incident([alert('a', { site: 'dublin-1' })]);
  const [decision] = correlate([alert('b', { region: 'dublin' }, { severity: 'ticket' })], [open]);
  assert.ok(decision?.kind === 'join');
  assert.equal(decision.isReopening, false);
  assert.deepEqual(decision.reasons, [
    { code: 'same_region', subject: 'a', values: { apartMs: 0, windowMs: policy.windowMs } },
  ]);
});

test('one that joins draws others after it in the same round', () => {
  const open = incident([alert('a', { alertname: 'burn', site: 'dublin-1' })]);
  const spread = alert('b', { alertname: 'burn', site: 'singapore-1' });
  const neighbour = alert('c', { alertname: 'disk', region: 'singapore' }, { startsAtMs: NOW_MS + 1 });
  assert.deepEqual(kinds([neighbour, spread], [open]), ['join', 'join']);
});

test('an incident that a person opened takes the alerts of its place', () => {
  const byHand = incident([], { labels: { region: 'dublin' }, openedAtMs: NOW_MS - 5 * MINUTE_MS });
  assert.deepEqual(kinds([alert('a', { site: 'dublin-1' })], [byHand]), ['join']);
  const long = incident([], { labels: { region: 'dublin' }, openedAtMs: NOW_MS - 11 * MINUTE_MS });
  assert.deepEqual(kinds([alert('a', { site: 'dublin-1' })], [long]), ['open']);
});

test('an alert of the whole world that comes back joins the incident that still waits for its end', () => {
  const before = alert('a', { slo: 'vod' }, { state: 'resolved', startsAtMs: 0, endsAtMs: NOW_MS - 1 });
  const [decision] = correlate([alert('b', { slo: 'vod' })], [incident([before])]);
  assert.equal(decision?.kind, 'join');
  assert.equal(decision?.reasons[0]?.code, 'same_alert');
});

test('an alert that comes back soon reopens its incident; later it opens a new one', () => {
  const before = alert('a', { site: 'dublin-1' }, { state: 'resolved', endsAtMs: NOW_MS - 20 * MINUTE_MS });
  const resolved = (resolvedAtMs: number): IncidentFacts =>
    incident([before], { state: 'resolved', resolvedAtMs });
  const [back] = correlate([alert('b', { site: 'dublin-1' })], [resolved(NOW_MS - 15 * MINUTE_MS)]);
  assert.ok(back?.kind === 'join' && back.isReopening);
  assert.equal(back.reasons[0]?.code, 'came_back');
  assert.deepEqual(kinds([alert('b', { site: 'dublin-1' })], [resolved(NOW_MS - 31 * MINUTE_MS)]), ['open']);
});

test('an incident that a person resolved stays so while its alert goes on', () => {
  const going = alert('a', { site: 'dublin-1' }, { startsAtMs: NOW_MS - 20 * MINUTE_MS });
  const resolved = incident([going], { state: 'resolved', resolvedAtMs: NOW_MS - MINUTE_MS });
  const [decision] = correlate([going], [resolved]);
  assert.equal(decision?.kind, 'wait');
  assert.equal(decision?.reasons[0]?.code, 'resolved_by_hand');
  const ended = alert('z', going.labels, { state: 'resolved', startsAtMs: 0, endsAtMs: 1 });
  assert.deepEqual(kinds([going], [{ ...resolved, alerts: [ended, going] }]), ['wait']);
  assert.deepEqual(kinds([going], [{ ...resolved, alerts: [ended] }]), ['join']);
});

test('the same alerts give the same incidents in whatever order they come', () => {
  const alerts = [
    alert('a', { site: 'dublin-1' }, { severity: 'ticket' }),
    alert('b', { site: 'dublin-2' }, { severity: 'ticket', startsAtMs: NOW_MS - 5 }),
    alert('c', { site: 'singapore-1' }),
    alert('d', { region: 'dublin' }, { severity: 'ticket' }),
  ];
  const expected = correlate(alerts);
  assert.deepEqual(correlate([...alerts].reverse()), expected);
  assert.deepEqual(
    correlate([alerts[2], alerts[0], alerts[3], alerts[1]].filter((each) => !!each)),
    expected,
  );
});

test('severity follows the users hurt and the budget burnt, with the numbers compared', () => {
  const evidence = (name: string, value: number, unit: string): Evidence => ({ name, value, limit: 0, unit });
  const judge = (...all: Evidence[]) =>
    judgeSeverity(impactOf([{ severity: 'page', evidence: all }]), DEFAULT_SEVERITY_POLICY);
  const cases = [
    [[evidence('hurt', 1_000, 'users')], 'sev1'],
    [[evidence('hurt', 999, 'viewers')], 'sev2'],
    [[evidence('budget_burnt', 50, '%')], 'sev1'],
    [[evidence('budget_burnt', 0.12, 'ratio')], 'sev2'],
    [[evidence('budget burnt', 0.06, ''), evidence('budget used', 0.97, '')], 'sev3'],
    [[evidence('burn over 1h', 14.4, '')], 'sev2'],
    [[evidence('burn_long', 14.4, 'x'), evidence('hurt', 3, 'users')], 'sev2'],
    [[evidence('burn_long', 6, 'x')], 'sev3'],
    [[evidence('latency', 5_000, 'ms')], 'sev3'],
  ] as const;
  for (const [all, severity] of cases) assert.equal(judge(...all).severity, severity);
  assert.deepEqual(judge(evidence('hurt', 120, 'sessions')).reasons, [
    { code: 'limit_met', subject: 'users', values: { value: 120, limit: 100 } },
  ]);
  const ticket = judgeSeverity(impactOf([{ severity: 'ticket', evidence: [] }]), DEFAULT_SEVERITY_POLICY);
  assert.equal(ticket.severity, 'sev4');
});

test('alerts of one incident see the same users: the largest number counts', () => {
  const evidence = [{ name: 'hurt', value: 60, limit: 1, unit: 'users' }];
  const impact = impactOf([
    { severity: 'page', evidence },
    { severity: 'ticket', evidence },
  ]);
  assert.deepEqual(impact, {
    users: 60,
    usersFrom: 'alerts',
    budgetShare: null,
    burnRate: null,
    pages: 1,
  });
  assert.equal(worseOf('sev3', 'sev2'), 'sev2');
});

test('users that telemetry counts decide when they are more than the alerts know of, and it is told', () => {
  const evidence = [{ name: 'hurt', value: 60, limit: 1, unit: 'users' }];
  const alerts = [{ severity: 'ticket' as const, evidence }];
  assert.equal(impactOf(alerts, 40).usersFrom, 'alerts');
  const judged = judgeSeverity(impactOf(alerts, 240), DEFAULT_SEVERITY_POLICY);
  assert.equal(judged.severity, 'sev2');
  assert.deepEqual(judged.reasons, [
    { code: 'limit_met', subject: 'users', values: { value: 240, limit: 100 } },
    { code: 'counted', subject: 'viewings', values: { users: 240 } },
  ]);
  assert.equal(impactOf([], 0).users, 0);
  assert.equal(impactOf([]).users, null);
});

test('an incident is over when all alerts were quiet for the hold time, counted from the last that ended', () => {
  const ended = (id: string, endsAtMs: number): AlertFacts => alert(id, {}, { state: 'resolved', endsAtMs });
  const end = (...alerts: AlertFacts[]) => judgeEnd(alerts, policy, NOW_MS);
  assert.equal(end(ended('a', 0), ended('b', NOW_MS - policy.holdMs + 1)).isOver, false);
  const over = end(ended('a', 0), ended('b', NOW_MS - policy.holdMs));
  assert.equal(over.isOver, true);
  assert.equal(over.quietSinceMs, NOW_MS - policy.holdMs);
  assert.equal(end(ended('a', 0), alert('b', {})).isOver, false);
  assert.equal(end().isOver, false);
});

const drain: ResponsePolicy = {
  name: 'drain',
  match: { alertname: 'burn', region: '*' },
  severityMin: 'sev2',
  runbook: 'drain-region',
  parameters: { target: '{region}', why: 'burn in {region}' },
  escalation: 'video',
};

test('a policy that matches starts its runbook with parameters from the labels', () => {
  const labels = { alertname: 'burn', region: 'dublin' };
  const response = chooseResponse({ labels: [labels], severity: 'sev1' }, [
    drain,
    { ...drain, name: 'again' },
  ]);
  assert.deepEqual(response.runbooks, [
    { policy: 'drain', runbookId: 'drain-region', parameters: { target: 'dublin', why: 'burn in dublin' } },
  ]);
  assert.equal(response.escalation, 'video');
});

test('the first labels that match and name all that a runbook needs fill in its parameters', () => {
  const labels = [
    { alertname: 'burn' },
    { alertname: 'disk', region: 'singapore' },
    { alertname: 'burn', region: 'dublin' },
  ];
  const [started] = chooseResponse({ labels, severity: 'sev2' }, [drain]).runbooks;
  assert.equal(started?.parameters.target, 'dublin');
});

test('a policy that does not match tells why', () => {
  const verdict = (labels: Record<string, string>, changes: Partial<ResponsePolicy> = {}): unknown =>
    chooseResponse({ labels: [labels], severity: 'sev3' }, [{ ...drain, severityMin: 'sev4', ...changes }])
      .reasons[0]?.code;
  assert.equal(verdict({ alertname: 'burn' }), 'labels_differ');
  assert.equal(verdict({ alertname: 'disk', region: 'dublin' }), 'labels_differ');
  assert.equal(verdict({ alertname: 'burn', region: 'dublin' }, { severityMin: 'sev2' }), 'not_bad_enough');
  assert.equal(
    verdict({ alertname: 'burn', region: 'dublin' }, { parameters: { target: '{site}' } }),
    'label_missing',
  );
});

test('an incident has the labels that its alerts share', () => {
  assert.deepEqual(
    commonLabels([
      { alertname: 'burn', region: 'dublin', site: 'dublin-1' },
      { alertname: 'burn', region: 'dublin', site: 'dublin-2' },
    ]),
    { alertname: 'burn', region: 'dublin' },
  );
  assert.deepEqual(commonLabels([]), {});
});
