// What the console's fake control plane answers about runbooks: the shipped definitions, and runs that tests may fill.

import { defined } from '#base/assert.ts';
import { makeId } from '#base/ids.ts';
import type {
  DryRunView,
  RunbookVersion,
  RunbookView,
  RunView,
  runbookRoutes,
} from '#contract/api/runbooks.ts';
import { MeridianError } from '#contract/errors.ts';
import type { RouteInput, RouteResult } from '#contract/route.ts';
import { readShipped } from '#control/runbooks/definitions.ts';
import { NO_RUNS } from '#control/runbooks/history.ts';
import { describeStep, servicesOf } from '#core/runbook/describe.ts';

type Routes = typeof runbookRoutes;

export interface FakeRunbooks {
  list: RunbookView[];
  /** Newest first. */
  runs: RunView[];
  /** Runbook → older versions, newest first. */
  versions: Map<string, RunbookVersion[]>;
  /** What dry runs find. */
  trial: Pick<DryRunView, 'isAllowed' | 'guards' | 'radius'>;
}

/** The shipped runbooks, and no runs. */
export function makeFakeRunbooks(): FakeRunbooks {
  const list = [...readShipped().values()].map(({ sample, text }) => ({
    ...sample,
    parameters: { ...sample.parameters },
    isShipped: true,
    policy: sample.guards,
    services: servicesOf(sample),
    stats: NO_RUNS,
    steps: sample.steps.map((step) => ({
      id: step.id,
      kind: step.kind,
      title: step.title,
      lines: [...describeStep(step)],
    })),
    text,
  }));
  return {
    list,
    runs: [],
    versions: new Map(),
    trial: { isAllowed: true, guards: [], radius: NOTHING_TOUCHED },
  };
}

const NOTHING_TOUCHED: RunView['radius'] = {
  siteIds: [],
  viewerCount: 0,
  viewerShare: 0,
  egressBps: 0,
  egressShare: 0,
  capacityBps: 0,
  capacityShare: 0,
  pausedRegionIds: [],
  broadcastIds: [],
  others: [],
};

/** A run that waits for its first step. */
export function makeRun(book: RunbookView, nowMs: number, changes: Partial<RunView> = {}): RunView {
  const [first] = book.steps;
  return {
    id: makeId('run', nowMs, new Uint8Array(10)),
    runbookId: book.id,
    version: book.version,
    title: book.title,
    parameters: {},
    status: 'running',
    isPaused: false,
    failure: null,
    stepId: first?.id ?? null,
    waitsFor: 'condition',
    stepCount: book.steps.length,
    doneCount: 0,
    isStuck: false,
    incidentId: null,
    actor: 'token:ann',
    isAutomatic: false,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    endedAtMs: null,
    guards: [],
    radius: NOTHING_TOUCHED,
    steps: book.steps.map(({ id, kind, title }, index) => ({
      id,
      kind,
      title,
      ask: null,
      role: null,
      state: index === 0 ? ('running' as const) : ('waiting' as const),
      startedAtMs: index === 0 ? nowMs : null,
      endedAtMs: null,
      reason: null,
      observations: [],
      approvedBy: null,
      isRolledBack: false,
      stuckSinceMs: null,
      durationMsTypical: null,
      stuckAfterMs: null,
    })),
    actions: [],
    journal: [],
    ...changes,
  };
}

/** Handlers of runbooks. */
export function runbookHandlers(
  state: FakeRunbooks,
  nowMs: () => number,
): { [K in keyof Routes]: (given: RouteInput<Routes[K]>) => RouteResult<Routes[K]> } {
  const book = (id: string): RunbookView => {
    const found = state.list.find((each) => each.id === id);
    if (found === undefined) throw new MeridianError('not_found', { what: `runbook ${id}` });
    return found;
  };
  const run = (id: string): RunView => {
    const found = state.runs.find((each) => each.id === id);
    if (found === undefined) throw new MeridianError('not_found', { what: `run ${id}` });
    return found;
  };
  const change = (id: string, changes: Partial<RunView>): RunView => {
    const changed = { ...run(id), ...changes, updatedAtMs: nowMs() };
    state.runs = state.runs.map((each) => (each.id === id ? changed : each));
    return changed;
  };
  return {
    'GET /v1/runbooks': () => ({ runbooks: state.list }),
    'GET /v1/runbooks/{runbookId}': ({ params }) => book(params.runbookId),
    'GET /v1/runbooks/{runbookId}/versions': ({ params }) => {
      const { version, text, isShipped } = book(params.runbookId);
      const own = { version, text, isShipped, isInForce: true, actor: null, createdAtMs: null };
      return { versions: [own, ...(state.versions.get(params.runbookId) ?? [])] };
    },
    'PUT /v1/runbooks/{runbookId}': ({ params, body }) => {
      Object.assign(book(params.runbookId), { text: body.text, isShipped: false });
      return book(params.runbookId);
    },
    'PUT /v1/runbooks/{runbookId}/policy': ({ params, body }) =>
      Object.assign(book(params.runbookId), { policy: body }),
    'POST /v1/runbooks/{runbookId}/dry-run': ({ params, body }) => {
      const { id, steps, version } = book(params.runbookId);
      return {
        runbookId: id,
        version,
        parameters: body.parameters,
        ...state.trial,
        steps: steps.map((step) => ({ ...step, observations: [] })),
      };
    },
    'POST /v1/runbooks/{runbookId}/runs': ({ params, body }) => {
      const started = makeRun(book(params.runbookId), nowMs(), body);
      state.runs = [started, ...state.runs];
      return started;
    },
    'GET /v1/runbook-runs': ({ query }) => {
      const matching = state.runs
        .filter(({ runbookId }) => query.runbookId === undefined || runbookId === query.runbookId)
        .filter(({ incidentId }) => query.incidentId === undefined || incidentId === query.incidentId)
        .filter(({ status }) => query.status === undefined || status === query.status)
        .filter(({ id }) => query.before === undefined || id < query.before);
      const runs = matching.slice(0, query.limit);
      return { runs, nextBefore: matching.length > runs.length ? (runs.at(-1)?.id ?? null) : null };
    },
    'GET /v1/runbook-runs/{runId}': ({ params }) => run(params.runId),
    'POST /v1/runbook-runs/{runId}/decide': ({ params, body }) => {
      const { journal, steps } = run(params.runId);
      const step = defined(
        steps.find(({ id }) => id === body.stepId),
        'the step',
      );
      const decided = { ...step, approvedBy: body.isApproved ? 'token:ann' : null };
      const number = journal.length + 1;
      const told = {
        number,
        atMs: nowMs(),
        stepId: step.id,
        text: `${step.title}: ${body.isApproved ? 'approved' : 'rejected'}${body.note === '' ? '' : `: ${body.note}`}`,
        actor: 'token:ann',
        isChange: false,
      };
      return change(params.runId, {
        waitsFor: 'condition',
        journal: [...journal, told],
        steps: steps.map((each) => (each === step ? decided : each)),
      });
    },
    'POST /v1/runbook-runs/{runId}/pause': ({ params }) => change(params.runId, { isPaused: true }),
    'POST /v1/runbook-runs/{runId}/resume': ({ params }) => change(params.runId, { isPaused: false }),
    'POST /v1/runbook-runs/{runId}/cancel': ({ params }) =>
      change(params.runId, { status: 'cancelled', waitsFor: null, endedAtMs: nowMs() }),
  };
}
