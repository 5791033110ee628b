// What the console's fake control plane answers about changes and incidents, from lists that tests may fill.

import { defined } from '#base/assert.ts';
import { makeId } from '#base/ids.ts';
import type { ChangeView, changeRoutes } from '#contract/api/changes.ts';
import type {
  ActionItem,
  IncidentDetail,
  IncidentEntry,
  incidentRoutes,
  Postmortem,
  StatusUpdate,
} from '#contract/api/incidents.ts';
import { MeridianError } from '#contract/errors.ts';
import { labelsOf } from '#contract/labels.ts';
import type { RouteInput, RouteResult } from '#contract/route.ts';
import { drawBars } from '#core/incident/draw-graphs.ts';

type Routes = typeof changeRoutes & typeof incidentRoutes;
type RankedReason = RouteResult<Routes['GET /v1/changes/near']>['changes'][number]['reasons'][number];
type Handlers = { [K in keyof Routes]: (given: RouteInput<Routes[K]>) => RouteResult<Routes[K]> };

export interface FakeIncidents {
  nowMs: number;
  /** Newest first. */
  changes: ChangeView[];
  /** What taking a change back would change. */
  differences: RouteResult<Routes['POST /v1/changes/{changeId}/revert']>['differences'];
  /** Changes that were taken back. */
  revertedIds: Set<number>;
  /** Why a change is close to an incident. */
  closeness: RankedReason[];
  /** Newest first. */
  list: IncidentDetail[];
  /** Incident → its timeline. */
  timelines: Map<string, IncidentEntry[]>;
  /** Incident → what people wrote into its postmortem. */
  written: Map<string, Pick<Postmortem, 'summary' | 'lessons' | 'version'>>;
  /** Incident → what the public was told, newest first. */
  statusUpdates: Map<string, StatusUpdate[]>;
}

/** An incident that nobody has taken yet. */
export function makeIncident(nowMs: number, changes: Partial<IncidentDetail> = {}): IncidentDetail {
  const title = changes.title ?? 'Playback fails in Dublin';
  const bytes = new TextEncoder().encode(title.padEnd(10, ' ')).slice(0, 10);
  return {
    id: makeId('inc', changes.openedAtMs ?? nowMs, bytes),
    title,
    state: 'open',
    severity: 'sev2',
    severityReasons: [],
    labels: { region: 'dublin' },
    openedBy: 'alerts',
    openedAtMs: nowMs,
    impactStartedAtMs: nowMs,
    impactReasons: [],
    acknowledgedAtMs: null,
    acknowledgedBy: null,
    quietSinceMs: null,
    resolvesAtMs: null,
    resolvedAtMs: null,
    resolution: null,
    mergedInto: null,
    reopenedCount: 0,
    roles: { commander: null, scribe: null, communications: null },
    impact: { users: null, budgetShare: null, burnRate: null },
    alertCount: 0,
    firingCount: 0,
    revision: 1,
    alerts: [],
    tasks: [],
    actionItems: [],
    ...changes,
  };
}

/** The handlers of changes and incidents. */
export function incidentHandlers(state: FakeIncidents): Handlers {
  const find = (incidentId: string): IncidentDetail => {
    const found = state.list.find(({ id }) => id === incidentId);
    if (found === undefined) throw new MeridianError('not_found', { what: `incident ${incidentId}` });
    return found;
  };
  const revise = (incidentId: string, text: string, changes: Partial<IncidentDetail>): IncidentDetail => {
    const before = find(incidentId);
    const after = { ...before, ...changes, revision: before.revision + 1 };
    state.list[state.list.indexOf(before)] = after;
    const entries = state.timelines.get(incidentId) ?? [];
    const id = entries.length + 1;
    const entry = { id, atMs: state.nowMs, kind: 'state', text, actor: 'admin', details: {} } as const;
    state.timelines.set(incidentId, [...entries, entry]);
    return after;
  };
  const ranked = () => ({
    changes: state.changes.map((change) => ({ ...change, score: 0.5, reasons: state.closeness })),
  });
  const postmortem = (incidentId: string): Postmortem => {
    const { title, impactStartedAtMs, openedAtMs } = find(incidentId);
    const written = state.written.get(incidentId) ?? { summary: '', lessons: '', version: 0 };
    const picture = drawBars('Alerts', [{ name: 'SloBurn', startsAtMs: openedAtMs, endsAtMs: null }], [], {
      fromMs: impactStartedAtMs,
      toMs: state.nowMs,
    });
    return {
      markdown: `# Postmortem: ${title}\n\n${written.summary}\n`,
      times: {
        detectMs: openedAtMs - impactStartedAtMs,
        respondMs: 10_000,
        respondedBy: 'on-call',
        recoverMs: null,
        resolveMs: null,
      },
      ...written,
      editedBy: written.version === 0 ? null : 'admin',
      editedAtMs: written.version === 0 ? null : state.nowMs,
      pictures: [{ title: 'Alerts', svg: picture }],
      changes: ranked().changes,
      automation: (state.timelines.get(incidentId) ?? []).filter(({ kind }) => kind === 'action'),
    };
  };
  return {
    'GET /v1/changes': ({ query }) => ({
      changes: state.changes
        .filter(({ kind }) => query.kind === undefined || kind === query.kind)
        .filter(({ atMs }) => query.toMs === undefined || atMs < query.toMs)
        .filter(({ summary, actor }) =>
          `${summary} ${actor}`.toLowerCase().includes((query.text ?? '').toLowerCase()),
        )
        .filter(({ labels }) =>
          Object.entries(labelsOf(query.labels)).every(([name, value]) => labels[name] === value),
        )
        .filter(({ id }) => query.before === undefined || id < query.before)
        .slice(0, query.limit),
      nextBefore: null,
    }),
    'GET /v1/changes/near': ranked,
    'POST /v1/changes/{changeId}/revert': ({ params, query }) => {
      const change = state.changes.find(({ id }) => id === params.changeId);
      if (change === undefined) throw new MeridianError('not_found', { what: `change ${params.changeId}` });
      const { summary } = change;
      const isChange = !state.revertedIds.has(change.id);
      if (query.isDryRun === 'false') state.revertedIds.add(change.id);
      return isChange
        ? { isChange, text: `Taken back: ${summary}`, differences: state.differences }
        : { isChange, text: `That was taken back already: ${summary}`, differences: [] };
    },
    'POST /v1/changes': ({ body }) => {
      const change = {
        ...body,
        id: state.changes.length + 1,
        actor: 'admin',
        atMs: body.atMs ?? state.nowMs,
        isRevertible: false,
        movement: null,
      };
      state.changes.unshift(change);
      return change;
    },
    'GET /v1/incidents': ({ query }) => ({
      nowMs: state.nowMs,
      incidents: state.list
        .filter(({ state: own }) => query.state === undefined || statesOf(query.state).includes(own))
        .filter(({ severity }) => query.severity === undefined || severity === query.severity)
        .filter(({ title }) => title.toLowerCase().includes((query.text ?? '').toLowerCase()))
        .filter(({ alerts }) => query.alertId === undefined || alerts.some(({ id }) => id === query.alertId))
        .filter(({ id }) => query.before === undefined || id < query.before)
        .slice(0, query.limit),
    }),
    'POST /v1/incidents': ({ body: { title, severity, labels } }) => {
      state.list.unshift(makeIncident(state.nowMs, { title, severity, labels, openedBy: 'admin' }));
      return defined(state.list[0], 'the new incident');
    },
    'GET /v1/incidents/{incidentId}': ({ params }) => find(params.incidentId),
    'PATCH /v1/incidents/{incidentId}': ({ params, body }) => {
      const before = find(params.incidentId);
      return revise(params.incidentId, 'Changed', {
        title: body.title ?? before.title,
        severity: body.severity ?? before.severity,
        impactStartedAtMs: body.impactStartedAtMs ?? before.impactStartedAtMs,
      });
    },
    'GET /v1/incidents/{incidentId}/timeline': ({ params, query }) => ({
      revision: find(params.incidentId).revision,
      entries: (state.timelines.get(params.incidentId) ?? []).filter(({ id }) => id > query.after),
    }),
    'GET /v1/incidents/{incidentId}/changes': ranked,
    'POST /v1/incidents/{incidentId}/acknowledge': ({ params }) =>
      revise(params.incidentId, 'admin has it', {
        state: 'acknowledged',
        acknowledgedAtMs: state.nowMs,
        acknowledgedBy: 'admin',
      }),
    'POST /v1/incidents/{incidentId}/escalate': ({ params, body }) =>
      revise(params.incidentId, `Escalated: ${body.reason}`, {}),
    'POST /v1/incidents/{incidentId}/notes': ({ params, body }) => revise(params.incidentId, body.text, {}),
    'PUT /v1/incidents/{incidentId}/roles/{role}': ({ params, body }) =>
      revise(params.incidentId, `${body.person} is ${params.role}`, {
        roles: { ...find(params.incidentId).roles, [params.role]: body.person },
      }),
    'POST /v1/incidents/{incidentId}/merge': ({ params, body }) => {
      revise(params.incidentId, `Merged into ${body.into}`, { state: 'merged', mergedInto: body.into });
      return find(body.into);
    },
    'POST /v1/incidents/{incidentId}/resolve': ({ params, body }) =>
      revise(params.incidentId, `Resolved: ${body.reason}`, {
        state: 'resolved',
        resolvedAtMs: state.nowMs,
        resolution: body.reason,
      }),
    'POST /v1/incidents/{incidentId}/reopen': ({ params, body }) =>
      revise(params.incidentId, `Reopened. ${body.reason}`, {
        state: 'open',
        resolvedAtMs: null,
        resolution: null,
      }),
    ...itemHandlers(state, find, revise),
    ...statusHandlers(state),
    'GET /v1/incidents/{incidentId}/postmortem': ({ params }) => postmortem(params.incidentId),
    'PUT /v1/incidents/{incidentId}/postmortem': ({ params, body }) => {
      if (body.basedOn !== postmortem(params.incidentId).version)
        throw new MeridianError('conflict', {
          reason: 'ann has changed the postmortem since; read it again',
        });
      const { basedOn, ...texts } = body;
      state.written.set(params.incidentId, { ...texts, version: basedOn + 1 });
      return postmortem(params.incidentId);
    },
  };
}

function statesOf(filter: string): readonly string[] {
  if (filter === 'live') return ['open', 'acknowledged'];
  return filter === 'ended' ? ['resolved', 'merged'] : [filter];
}

type StatusKeys =
  | 'GET /v1/status'
  | 'GET /v1/incidents/{incidentId}/status-updates'
  | 'POST /v1/incidents/{incidentId}/status-updates'
  | 'DELETE /v1/incidents/{incidentId}/status-updates/{updateId}';

function statusHandlers({ nowMs, statusUpdates }: FakeIncidents): Pick<Handlers, StatusKeys> {
  const of = (incidentId: string): { updates: StatusUpdate[] } => ({
    updates: statusUpdates.get(incidentId) ?? [],
  });
  return {
    'GET /v1/status': () => ({
      title: 'Status',
      notices: [...statusUpdates.values()].flatMap(([newest, ...rest]) =>
        newest === undefined ? [] : [{ ...newest, updates: [newest, ...rest] }],
      ),
    }),
    'GET /v1/incidents/{incidentId}/status-updates': ({ params }) => of(params.incidentId),
    'POST /v1/incidents/{incidentId}/status-updates': ({ params, body }) => {
      const before = of(params.incidentId).updates;
      const update: StatusUpdate = {
        id: before.length + 1,
        atMs: nowMs,
        state: body.state,
        impact: body.impact ?? 'degraded',
        regionIds: body.regionIds ?? [],
        title: body.title ?? 'Problems with playback',
        text: body.text ?? 'We are looking into it.',
        author: 'admin',
      };
      statusUpdates.set(params.incidentId, [update, ...before]);
      return of(params.incidentId);
    },
    'DELETE /v1/incidents/{incidentId}/status-updates/{updateId}': ({ params }) => {
      const rest = of(params.incidentId).updates.filter(({ id }) => id !== params.updateId);
      statusUpdates.set(params.incidentId, rest);
      return of(params.incidentId);
    },
  };
}

type ItemKeys =
  | 'POST /v1/incidents/{incidentId}/action-items'
  | 'GET /v1/action-items'
  | 'PATCH /v1/action-items/{itemId}';

function itemHandlers(
  state: FakeIncidents,
  find: (incidentId: string) => IncidentDetail,
  revise: (incidentId: string, text: string, changes: Partial<IncidentDetail>) => IncidentDetail,
): Pick<Handlers, ItemKeys> {
  const items = (): ActionItem[] => state.list.flatMap(({ actionItems }) => actionItems);
  return {
    'POST /v1/incidents/{incidentId}/action-items': ({ params, body }) => {
      const { id: incidentId, actionItems } = find(params.incidentId);
      const item: ActionItem = {
        ...body,
        id: items().length + 1,
        incidentId,
        state: 'open',
        isOverdue: body.dueAtMs < state.nowMs,
        createdAtMs: state.nowMs,
        endedAtMs: null,
      };
      return revise(incidentId, `To do: ${body.title}`, { actionItems: [...actionItems, item] });
    },
    'GET /v1/action-items': ({ query }) => ({
      actionItems: items().filter((item) => item.state === query.state),
    }),
    'PATCH /v1/action-items/{itemId}': ({ params, body }) => {
      const item = items().find(({ id }) => id === params.itemId);
      if (item === undefined) throw new MeridianError('not_found', { what: `action item ${params.itemId}` });
      return Object.assign(item, body);
    },
  };
}
