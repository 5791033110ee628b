// What the console's fake control plane answers about objectives, alerts and channels, from lists that tests may fill.

import type { alertRoutes } from '#contract/api/alerts.ts';
import type { notificationRoutes } from '#contract/api/notifications.ts';
import type { BudgetView, SloView, sloRoutes } from '#contract/api/slos.ts';
import { MeridianError } from '#contract/errors.ts';
import type { RouteInput, RouteResult, RouteTable } from '#contract/route.ts';

type Handlers<T extends RouteTable> = {
  [K in keyof T]: (given: RouteInput<T[K]>) => RouteResult<T[K]>;
};
type Served = typeof sloRoutes & typeof alertRoutes & typeof notificationRoutes;
type AlertView = RouteResult<(typeof alertRoutes)['GET /v1/alerts']>['alerts'][number];

export interface FakeSlos {
  list: SloView[];
  /** Documents by name. */
  documents: Map<string, string>;
  /** Newest first. */
  alerts: AlertView[];
  /** Share of events that were bad at a time. */
  badAt: (atMs: number) => number | null;
  /** What is wrong with any text that is checked. */
  problems: RouteResult<Served['POST /v1/slos/lint']>['problems'];
}

const DAY_MS = 86_400_000;

/** A budget of a region; burning ones burn in their fastest tier. */
export function makeBudget(region: string, usedShare: number, burn = 0): BudgetView {
  const tier = (
    name: string,
    severity: 'page' | 'ticket',
    longMs: number,
    limit: number,
  ): BudgetView['tiers'][number] => ({
    name,
    severity,
    longMs,
    shortMs: longMs / 12,
    limit,
    longBurn: burn,
    shortBurn: burn,
    events: 12_000,
    verdict: burn >= limit ? 'burning' : 'calm',
  });
  return {
    labels: { region },
    isWatched: true,
    usedShare,
    events: 4_200_000,
    bad: 4_200 * usedShare,
    allowed: 4_200,
    newestAtMs: Date.now(),
    tiers: [
      tier('1h', 'page', 3_600_000, 14.4),
      tier('6h', 'page', 21_600_000, 6),
      tier('3d', 'ticket', 3 * DAY_MS, 1),
    ],
  };
}

/** An objective with one target. */
export function makeSlo(name: string, displayName: string, service: string, budgets: BudgetView[]): SloView {
  return {
    name,
    displayName,
    description: `${displayName}, as players see it.`,
    service,
    origin: 'shipped',
    updatedAtMs: Date.now() - 3 * DAY_MS,
    updatedBy: 'meridian',
    objectives: [
      {
        name,
        displayName,
        target: 0.999,
        periodMs: 30 * DAY_MS,
        sliceMs: 5_000,
        method: 'Occurrences',
        eventsMin: 10,
        refusedPoints: 0,
        budgets,
      },
    ],
  };
}

const documentOf = (name: string): string =>
  `apiVersion: openslo/v1\nkind: SLO\nmetadata:\n  name: ${name}\nspec:\n  budgetingMethod: Occurrences\n`;

/** One that burns, one that is nearly used up, one that is well, one of which nothing is known. */
export function makeSlos(): FakeSlos {
  const list = [
    makeSlo('live-playback', 'Live playback succeeds', 'live', [
      makeBudget('dublin', 0.82),
      makeBudget('singapore', 0.1),
    ]),
    makeSlo('startup-time', 'Playback starts within two seconds', 'playback', [makeBudget('dublin', 0.2)]),
    makeSlo('upload-success', 'Uploads succeed', 'uploads', []),
    makeSlo('vod-playback', 'Playback succeeds', 'playback', [
      makeBudget('dublin', 0.61, 21.5),
      makeBudget('singapore', 0.12, 0.4),
      makeBudget('los-angeles', 0.03, 0.1),
    ]),
  ];
  return {
    list,
    documents: new Map(list.map(({ name }) => [name, documentOf(name)])),
    alerts: [],
    badAt: (atMs) => (Date.now() - atMs < 1_800_000 ? 0.02 : 0.0004),
    problems: [],
  };
}

/** Handlers of these routes. */
export function sloHandlers(state: FakeSlos): Handlers<Served> {
  const absent = (): never => {
    throw new MeridianError('not_found', { what: 'such thing' });
  };
  const find = (name: string): SloView => state.list.find((slo) => slo.name === name) ?? absent();
  return {
    'GET /v1/slos': ({ query }) => ({
      slos: state.list
        .filter(({ name, service }) => name > (query.after ?? '') && (query.service ?? service) === service)
        .slice(0, query.limit),
    }),
    'PUT /v1/slos': ({ body }) => {
      const names = [...body.yaml.matchAll(/name: ([a-z0-9-]+)/g)].map((match) => match[1] ?? '');
      for (const name of names) {
        state.documents.set(name, body.yaml);
        if (state.list.some((slo) => slo.name === name)) continue;
        state.list = [...state.list, { ...makeSlo(name, name, 'own', []), origin: 'own' as const }].sort(
          (left, right) => (left.name < right.name ? -1 : 1),
        );
      }
      return { applied: names, warnings: [] };
    },
    'POST /v1/slos/lint': () => ({
      isValid: state.problems.length === 0,
      problems: state.problems,
      slos: [
        { name: 'checked', tiers: [{ name: '1h', severity: 'page', burn: 14.4, outageDetectedMs: 51_840 }] },
      ],
    }),
    'GET /v1/slos/{name}': ({ params }) => ({
      slo: find(params.name),
      yaml: state.documents.get(params.name) ?? '',
    }),
    'DELETE /v1/slos/{name}': ({ params }) => {
      find(params.name);
      state.list = state.list.filter(({ name }) => name !== params.name);
      return { isDeleted: true };
    },
    'GET /v1/slos/{name}/history': ({ params, query }) => {
      const target = find(params.name).objectives[0]?.target ?? 0;
      const count = Math.floor((query.toMs - query.fromMs) / query.stepMs);
      return {
        points: Array.from({ length: count }, (_, index) => query.fromMs + index * query.stepMs).flatMap(
          (atMs) => {
            const bad = state.badAt(atMs);
            if (bad === null) return [];
            return [{ atMs, good: 1_000 * (1 - bad), total: 1_000, burn: bad / (1 - target) }];
          },
        ),
      };
    },
    'GET /v1/alerts': ({ query }) => ({
      alerts: state.alerts
        .filter(
          (alert) =>
            (query.matcher === undefined || query.matcher === `slo=${alert.labels.slo}`) &&
            (query.state === undefined ||
              query.state === alert.state ||
              (query.state === 'live' && alert.state !== 'resolved')),
        )
        .slice(0, query.limit),
    }),
    'GET /v1/alerts/{alertId}': ({ params }) =>
      state.alerts.find(({ id }) => id === params.alertId) ?? absent(),
    'GET /v1/silences': () => ({ silences: [] }),
    'POST /v1/silences': absent,
    'DELETE /v1/silences/{silenceId}': absent,
    'GET /v1/alert-rules': () => ({ rules: [] }),
    'PUT /v1/alert-rules': absent,
    'DELETE /v1/alert-rules/{name}': absent,
    'GET /v1/alert-senders': () => ({ senders: [] }),
    'POST /v1/alert-senders': absent,
    'DELETE /v1/alert-senders/{senderId}': absent,
    'POST /v1/alerts/alertmanager': absent,
    'POST /v1/alerts/pagerduty/v2/enqueue': absent,
    'POST /v1/alerts/cloudevents': absent,
    'GET /v1/notification-channels': () => ({ channels: [], mailServers: [] }),
    'POST /v1/notification-channels': absent,
    'PATCH /v1/notification-channels/{channelId}': absent,
    'DELETE /v1/notification-channels/{channelId}': absent,
    'POST /v1/notification-channels/{channelId}/test': absent,
    'GET /v1/notifications': () => ({ notifications: [] }),
    'GET /v1/notifications/{notificationId}': absent,
    'POST /v1/notifications/{notificationId}/retry': absent,
  };
}
