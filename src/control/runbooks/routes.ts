// Runbooks for people: see, save, try, start, decide, pause, cancel. What they change concerns the whole installation.

import type { DryRunView, RunbookView, RunSummary, RunView, runbookRoutes } from '#contract/api/runbooks.ts';
import { MeridianError } from '#contract/errors.ts';
import { describeAction, describeStep, servicesOf } from '#core/runbook/describe.ts';
import type { Runbook, RunEvent, Step } from '#core/runbook/types.ts';
import { isOver } from '#core/runbook/wanted.ts';
import { actorOf, requireAllProjects, type UserPrincipal } from '../access/principal.ts';
import { changeRow } from '../changes/row-settings.ts';
import type { ControlContext } from '../context.ts';
import type { Handlers } from '../http/call.ts';
import type { Definition } from './definitions.ts';
import { NO_RUNS, readStats, readStepHistory, readVersions, type StepHistory } from './history.ts';
import type { Runbooks } from './runbooks.ts';
import { findRun, type RunRow } from './store.ts';

/** The routes. */
export function createRunbookHandlers(
  context: ControlContext,
  runbooks: Runbooks,
): Handlers<typeof runbookRoutes> {
  const { database } = context;
  const { definitions } = runbooks;
  const view = async (definition: Definition): Promise<RunbookView> => ({
    ...outlineOf(definition, await runbooks.policyOf(definition), await readStats(database)),
    text: definition.source.text,
  });
  const showRun = async (runId: string): Promise<RunView> => {
    const row = await findRun(database, runId);
    if (row === undefined) throw new MeridianError('not_found', { what: `run ${runId}` });
    return viewOf(context, row);
  };
  const command = async (
    runId: string,
    principal: UserPrincipal,
    action: string,
    event: RunEvent,
  ): Promise<RunView> => {
    requireAllProjects(principal);
    await runbooks.command(runId, principal, action, event);
    return showRun(runId);
  };

  return {
    async 'GET /v1/runbooks'() {
      const list = await definitions.list();
      const stats = await readStats(database);
      return {
        runbooks: await Promise.all(
          list.map(async (each) => outlineOf(each, await runbooks.policyOf(each), stats)),
        ),
      };
    },
    async 'GET /v1/runbooks/{runbookId}'({ params }) {
      return view(await definitions.get(params.runbookId));
    },
    async 'GET /v1/runbooks/{runbookId}/versions'({ params }) {
      const definition = await definitions.get(params.runbookId);
      return {
        versions: await readVersions(database, definition, definitions.shipped(params.runbookId)),
      };
    },
    async 'PUT /v1/runbooks/{runbookId}'({ params, body, principal }) {
      requireAllProjects(principal);
      return view(await definitions.save(principal, params.runbookId, body.text));
    },
    async 'PUT /v1/runbooks/{runbookId}/policy'({ params, body, principal }) {
      requireAllProjects(principal);
      const definition = await definitions.get(params.runbookId);
      await savePolicy(context, principal, params.runbookId, body);
      return view(definition);
    },
    async 'POST /v1/runbooks/{runbookId}/dry-run'({ params, body, principal }) {
      requireAllProjects(principal);
      const request = { ...params, ...body, incidentId: null, principal, isAutomatic: false };
      return dryRun(runbooks, request);
    },
    async 'POST /v1/runbooks/{runbookId}/runs'({ params, body, principal }) {
      requireAllProjects(principal);
      return showRun(await runbooks.begin({ ...params, ...body, principal, isAutomatic: false }));
    },
    async 'GET /v1/runbook-runs'({ query, principal }) {
      requireAllProjects(principal);
      let select = database
        .selectFrom('runbook_runs')
        .selectAll()
        .orderBy('id', 'desc')
        .limit(query.limit + 1);
      if (query.runbookId !== undefined) select = select.where('runbook_id', '=', query.runbookId);
      if (query.incidentId !== undefined) select = select.where('incident_id', '=', query.incidentId);
      if (query.status !== undefined) select = select.where('status', '=', query.status);
      if (query.before !== undefined) select = select.where('id', '<', query.before);
      const rows = await select.execute();
      const runs = rows.slice(0, query.limit).map(summaryOf);
      return { runs, nextBefore: rows.length > runs.length ? (runs.at(-1)?.id ?? null) : null };
    },
    async 'GET /v1/runbook-runs/{runId}'({ params, principal }) {
      requireAllProjects(principal);
      return showRun(params.runId);
    },
    async 'POST /v1/runbook-runs/{runId}/decide'({ params, body, principal }) {
      const row = await findRun(database, params.runId);
      const asked = row?.book.steps.find(({ id }) => id === body.stepId);
      if (asked?.kind === 'approval' && asked.role === 'admin' && principal.role !== 'admin')
        throw new MeridianError('forbidden', { role: 'admin' });
      const kind = body.isApproved ? 'approve' : 'reject';
      const { stepId, note } = body;
      const event = { kind, stepId, actor: actorOf(principal), note: note.trim() } as const;
      return command(params.runId, principal, `runbook.${kind}`, event);
    },
    'POST /v1/runbook-runs/{runId}/pause': ({ params, principal }) =>
      command(params.runId, principal, 'runbook.pause', { kind: 'pause', actor: actorOf(principal) }),
    'POST /v1/runbook-runs/{runId}/resume': ({ params, principal }) =>
      command(params.runId, principal, 'runbook.resume', { kind: 'resume', actor: actorOf(principal) }),
    'POST /v1/runbook-runs/{runId}/cancel': ({ params, body, principal }) =>
      command(params.runId, principal, 'runbook.cancel', {
        kind: 'cancel',
        actor: actorOf(principal),
        isUndone: body.isUndone,
      }),
  };
}

async function savePolicy(
  { clock, database }: ControlContext,
  principal: UserPrincipal,
  runbookId: string,
  policy: RunbookView['policy'],
): Promise<void> {
  const nowMs = clock.nowMs();
  const values = {
    is_automatic: policy.isAutomatic,
    runs_per_hour_max: policy.runsPerHourMax,
    viewer_share_max: policy.viewerShareMax,
    actor: actorOf(principal),
    updated_at_ms: nowMs,
  };
  await database.transaction().execute(async (transaction) => {
    const change = { action: 'runbook.policy', subject: runbookId, details: { ...policy } };
    await changeRow(transaction, { nowMs, principal }, change, () =>
      transaction
        .insertInto('runbook_policies')
        .values({ runbook_id: runbookId, ...values })
        .onConflict((conflict) => conflict.column('runbook_id').doUpdateSet(values))
        .execute(),
    );
  });
}

async function dryRun(runbooks: Runbooks, request: Parameters<Runbooks['plan']>[0]): Promise<DryRunView> {
  const plan = await runbooks.plan(request);
  const { book, guards, parameters, radius } = plan;
  return {
    runbookId: book.id,
    version: book.version,
    parameters: { ...parameters },
    isAllowed: guards.every(({ isHeld }) => isHeld),
    guards: guards.map((guard) => ({ ...guard, values: { ...guard.values } })),
    radius: copyRadius(radius),
    steps: await Promise.all(
      book.steps.map(async (step, index) => ({
        ...outlineStep(step),
        observations: [...(await runbooks.look(plan, index))],
      })),
    ),
  };
}

function copyRadius(radius: RunRow['radius']): RunView['radius'] {
  return {
    ...radius,
    siteIds: [...radius.siteIds],
    pausedRegionIds: [...radius.pausedRegionIds],
    broadcastIds: [...radius.broadcastIds],
    // Runs of earlier versions have none.
    others: [...(radius.others ?? [])],
  };
}

function outlineStep(step: Step): RunbookView['steps'][number] {
  return { id: step.id, kind: step.kind, title: step.title, lines: [...describeStep(step)] };
}

function outlineOf(
  { source, isShipped }: Definition,
  policy: RunbookView['policy'],
  stats: ReadonlyMap<string, RunbookView['stats']>,
): Omit<RunbookView, 'text'> {
  const { id, version, title, description, parameters, steps } = source.sample;
  return {
    id,
    version,
    title,
    description,
    isShipped,
    parameters: { ...parameters },
    policy,
    services: servicesOf(source.sample),
    stats: stats.get(id) ?? NO_RUNS,
    steps: steps.map(outlineStep),
  };
}

function waitsFor(book: Runbook, { state }: RunRow): RunSummary['waitsFor'] {
  if (isOver(state.status)) return null;
  if (state.pausedAtMs !== null) return 'resume';
  if (state.pendingKey !== null) return 'action';
  const isAsking = state.stage === 'work' && book.steps[state.position]?.kind === 'approval';
  return isAsking ? 'approval' : 'condition';
}

function summaryOf(row: RunRow): RunSummary {
  const { book, state } = row;
  return {
    id: row.id,
    runbookId: row.runbook_id,
    version: book.version,
    title: book.title,
    parameters: row.parameters,
    status: row.status,
    isPaused: state.pausedAtMs !== null,
    failure: state.failure,
    stepId: isOver(state.status) ? null : (book.steps[state.position]?.id ?? null),
    waitsFor: waitsFor(book, row),
    stepCount: book.steps.length,
    doneCount: state.steps.filter(({ state: is }) => is === 'done').length,
    isStuck: state.steps.some(({ stuckSinceMs, state: is }) => stuckSinceMs !== null && is === 'running'),
    incidentId: row.incident_id,
    actor: row.actor,
    isAutomatic: row.is_automatic,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    endedAtMs: row.ended_at_ms,
  };
}

async function viewOf({ database }: ControlContext, row: RunRow): Promise<RunView> {
  const actions = await database
    .selectFrom('runbook_actions')
    .selectAll()
    .where('run_id', '=', row.id)
    .orderBy('intended_at_ms')
    .orderBy('key')
    .execute();
  const history = await readStepHistory(database, row.runbook_id);
  return {
    ...summaryOf(row),
    guards: row.guards.map((guard) => ({ ...guard, values: { ...guard.values } })),
    radius: copyRadius(row.radius),
    steps: row.book.steps.map((step, index) => stepView(step, row.state.steps[index], history.get(step.id))),
    actions: actions.map((action) => ({
      key: action.key,
      text: describeAction(action.action),
      intendedAtMs: action.intended_at_ms,
      endedAtMs: action.ended_at_ms,
      outcome: action.outcome,
      detail: action.detail,
    })),
    journal: [...row.state.journal],
  };
}

function stepView(
  step: Step,
  record: RunRow['state']['steps'][number] | undefined,
  history: StepHistory | undefined,
): RunView['steps'][number] {
  return {
    id: step.id,
    kind: step.kind,
    title: step.title,
    ask: step.kind === 'approval' ? step.ask : null,
    role: step.kind === 'approval' ? step.role : null,
    state: record?.state ?? 'waiting',
    startedAtMs: record?.startedAtMs ?? null,
    endedAtMs: record?.endedAtMs ?? null,
    reason: record?.reason ?? null,
    observations: [...(record?.observations ?? [])],
    approvedBy: record?.approvedBy ?? null,
    isRolledBack: record?.isRolledBack ?? false,
    stuckSinceMs: record?.stuckSinceMs ?? null,
    durationMsTypical: history?.durationMsTypical ?? null,
    stuckAfterMs: history?.stuckAfterMs ?? null,
  };
}
