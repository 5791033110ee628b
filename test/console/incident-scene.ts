// A believable incident for the console's tests: Dublin loses its disks after a deploy. Plain data in the state of the
// fake control plane.

import { makeId } from '#base/ids.ts';
import type { ChangeView } from '#contract/api/changes.ts';
import type { IncidentDetail, IncidentEntry } from '#contract/api/incidents.ts';
import { makeEscalation } from '../oncall/fake-oncall.ts';
import { type FakeAlert, makeAlert } from './fake-alerts.ts';
import { makeIncident } from './fake-incidents.ts';
import { makeRun } from './fake-runbooks.ts';
import type { FakeState } from './fake-state.ts';

export const ALERT_ID = `alt_${'0'.repeat(26)}`;

const REASON = { code: 'before', subject: 'time', values: { apartMs: 90_000, weight: 0.9 } };

function makeChanges(nowMs: number): ChangeView[] {
  const change = (id: number, agoMs: number, rest: Partial<ChangeView>): ChangeView => ({
    id,
    kind: 'deploy',
    summary: 'edge dublin-1-edge-2 runs 1.5.0',
    actor: 'pipeline',
    labels: { region: 'dublin', site: 'dublin-1' },
    atMs: nowMs - agoMs,
    details: {},
    isRevertible: false,
    movement: null,
    ...rest,
  });
  return [
    change(5, 250_000, {
      kind: 'generation',
      summary: 'Plan 42: 18 % of viewers move to London',
      actor: 'control',
      labels: {},
      movement: { count: 3, firstAtMs: nowMs - 258_000, lastAtMs: nowMs - 250_000 },
    }),
    change(4, 260_000, { kind: 'drain', summary: 'Site dublin-1 is drained', actor: 'ann' }),
    change(3, 400_000, {}),
    change(2, 1_500_000, {
      kind: 'config',
      summary: 'steering.maxMoveShare changed',
      actor: 'admin',
      labels: {},
    }),
    change(1, 5_000_000, { kind: 'deploy', summary: 'Control runs 1.5.0', actor: 'control', labels: {} }),
  ];
}

function makeTimeline(nowMs: number): IncidentEntry[] {
  const rows: [number, IncidentEntry['kind'], string, string | null][] = [
    [400_000, 'change', 'edge dublin-1-edge-2 runs 1.5.0', 'pipeline'],
    [310_000, 'alert', 'SloBurn fires: requests of vod-playback in Dublin fail', null],
    [300_000, 'state', 'Opened by 2 alerts: one alert together, 1 of them to wake somebody', null],
    [299_000, 'state', 'Severity sev2: limit met, users (value 240, limit 100)', null],
    [290_000, 'page', 'Paged Aoife Byrne by phone', 'on-call'],
    [260_000, 'drain', 'Site dublin-1 is drained', 'ann'],
    [250_000, 'steering', 'Plan 42: 18 % of viewers move to London', 'control'],
    [200_000, 'action', 'Drain a region: the region takes no new sessions', 'runbook'],
    [120_000, 'note', 'Two disks of dublin-1 report read errors since the deploy', 'ann'],
  ];
  return rows.map(([agoMs, kind, text, actor], index) => ({
    id: index + 1,
    atMs: nowMs - agoMs,
    kind,
    text,
    actor,
    details: {},
  }));
}

const EVIDENCE = [
  { name: 'burn 1 h', value: 38.2, limit: 14.4, unit: 'x' },
  { name: 'burn 5 min', value: 61, limit: 14.4, unit: 'x' },
  { name: 'budget burnt', value: 11.6, limit: 2, unit: '%' },
];

/** Fills the state with an open incident, its changes, its page and its run; returns the incident. */
export function fillScene(state: FakeState): IncidentDetail {
  const nowMs = Date.now();
  const incident = makeIncident(nowMs, {
    title: 'Requests of viewers in Dublin fail (and 1 more)',
    openedAtMs: nowMs - 300_000,
    impactStartedAtMs: nowMs - 352_000,
    impactReasons: [
      {
        code: 'first_bad_slice',
        subject: 'vod-playback',
        values: { bad: 46, total: 1_200, limit: 6, ordinaryShare: 0.001, beforeAlertMs: 42_000 },
      },
    ],
    severityReasons: [{ code: 'limit_met', subject: 'users', values: { value: 240, limit: 100 } }],
    labels: { region: 'dublin', site: 'dublin-1' },
    impact: { users: 240, budgetShare: 0.116, burnRate: 38.2 },
    alertCount: 2,
    firingCount: 1,
    revision: 9,
    alerts: [
      {
        id: ALERT_ID,
        state: 'firing',
        severity: 'page',
        labels: { alertname: 'SloBurn', slo: 'vod-playback', region: 'dublin', site: 'dublin-1' },
        annotations: {
          summary: 'Requests of vod-playback fail or come late',
          runbook: 'https://runbooks.test/slo-burn',
        },
        evidence: EVIDENCE,
        startsAtMs: nowMs - 310_000,
        endsAtMs: null,
        reasons: [
          {
            code: 'enough_alerts',
            subject: ALERT_ID,
            values: { pages: 1, pageCountMin: 1, alerts: 2, alertCountMin: 3 },
          },
        ],
      },
      {
        id: `alt_${'1'.repeat(26)}`,
        state: 'resolved',
        severity: 'ticket',
        labels: { alertname: 'DiskErrors', node: 'dublin-1-edge-2' },
        annotations: { summary: 'A disk of dublin-1-edge-2 gives read errors' },
        evidence: [{ name: 'errors 5 min', value: 41, limit: 5, unit: '' }],
        startsAtMs: nowMs - 305_000,
        endsAtMs: nowMs - 60_000,
        reasons: [{ code: 'same_site', subject: ALERT_ID, values: { apartMs: 5_000, windowMs: 300_000 } }],
      },
    ],
    actionItems: [],
  });
  state.incidents.list.unshift(incident);
  state.incidents.timelines.set(incident.id, makeTimeline(nowMs));
  state.incidents.changes = makeChanges(nowMs);
  state.incidents.closeness = [
    REASON,
    { code: 'place', subject: 'site', values: { weight: 0.9 } },
    { code: 'kind', subject: 'deploy', values: { weight: 1 } },
  ];
  state.oncall.escalations.unshift(
    makeEscalation({
      incidentId: incident.id,
      title: incident.title,
      entries: [
        {
          key: 'a',
          atMs: nowMs - 290_000,
          kind: 'page',
          userId: 'aoife',
          channelId: 'phone',
          text: 'Paged Aoife Byrne by phone',
          reasons: [],
          state: 'done',
          doneAtMs: nowMs - 289_000,
          attempts: 1,
          problem: null,
        },
      ],
    }),
  );
  const [book] = state.runbooks.list;
  if (book !== undefined)
    state.runbooks.runs.unshift(
      makeRun(book, nowMs, { incidentId: incident.id, doneCount: 1, waitsFor: 'approval' }),
    );
  return incident;
}

/** Incidents that ended, the newest first. */
export function makeEnded(nowMs: number, count: number): IncidentDetail[] {
  return Array.from({ length: count }, (_, index) => {
    const openedAtMs = nowMs - 86_400_000 - index * 3_600_000;
    return makeIncident(nowMs, {
      id: makeId('inc', openedAtMs, new Uint8Array(10)),
      title: `Incident ${count - index} of last year`,
      openedAtMs,
      impactStartedAtMs: openedAtMs,
      state: 'resolved',
      severity: (['sev1', 'sev2', 'sev3', 'sev4'] as const)[(index * 7) % 4] ?? 'sev4',
      resolvedAtMs: openedAtMs + 600_000,
      resolution: 'all alerts were quiet for 300 s',
      impact: { users: (index * 37) % 900, budgetShare: 0.01, burnRate: 2 },
      alertCount: 2,
    });
  });
}

/** Fills the state with alerts of two places, a rule, a channel and a notification that was given up. */
export function fillAlerts({ alerts }: FakeState): void {
  const nowMs = Date.now();
  const place = (labels: Record<string, string>, rest: Partial<FakeAlert>) => ({ labels, ...rest });
  alerts.list = [
    makeAlert(nowMs, {
      id: ALERT_ID,
      startsAtMs: nowMs - 310_000,
      annotations: { summary: 'Requests of vod-playback fail', runbook: 'https://runbooks.test/slo-burn' },
    }),
    makeAlert(nowMs, {
      ...place({ alertname: 'NodeLost', region: 'singapore', node: 'singapore-1-edge-1' }, {}),
      startsAtMs: nowMs - 900_000,
      severity: 'ticket',
      source: 'rules',
      annotations: { summary: 'Node singapore-1-edge-1 does not report any more' },
      evidence: [{ name: 'silent', value: 64, limit: 30, unit: 's' }],
    }),
    makeAlert(nowMs, {
      ...place({ alertname: 'SloBurn', slo: 'stall-ratio', region: 'singapore' }, {}),
      startsAtMs: nowMs - 800_000,
      state: 'suppressed',
      quietReason: 'All of region singapore is lost.',
      annotations: { summary: 'Viewers of stall-ratio wait' },
    }),
    makeAlert(nowMs, {
      ...place({ alertname: 'DiskErrors', region: 'dublin', node: 'dublin-1-edge-2' }, {}),
      startsAtMs: nowMs - 7_200_000,
      endsAtMs: nowMs - 7_000_000,
      state: 'resolved',
      annotations: { summary: 'A disk gives read errors' },
    }),
  ];
  alerts.rules = [
    {
      kind: 'absence',
      name: 'RegionLost',
      severity: 'page',
      summary: 'No node of region {region} reports any more',
      runbook: 'docs/operating/alerts/region-lost.md',
      series: 'node_up',
      labels: {},
      by: ['region'],
      silentMs: 30_000,
      lost: 'region',
      afterMs: 0,
      keepMs: 30_000,
    },
  ];
  const channelId = `chn_${'0'.repeat(26)}`;
  alerts.channels = [
    {
      id: channelId,
      name: 'ops',
      kind: 'slack',
      target: 'https://hooks.slack.test/…',
      mail: null,
      alerts: { matchers: ['severity=page'], groupBy: ['alertname', 'region'] },
      waitingCount: 0,
      deadCount: 1,
      failingSinceMs: nowMs - 120_000,
      lastSuccessAtMs: nowMs - 400_000,
      createdAtMs: nowMs - 9e8,
    },
  ];
  alerts.notifications = [
    {
      id: 7,
      channelId,
      key: 'a',
      subjectId: 'SloBurn dublin',
      title: 'Requests of vod-playback fail',
      severity: 'page',
      state: 'dead',
      attempts: 3,
      createdAtMs: nowMs - 200_000,
      nextAttemptAtMs: null,
      endedAtMs: nowMs - 100_000,
      reason: 'The receiver refused it three times',
      lastStatus: 400,
    },
  ];
}
