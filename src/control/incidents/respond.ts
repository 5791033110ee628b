// What an incident asks of others: page, stop paging, start a runbook, tell webhooks. Each is a row in the transaction of the decision
// and is done afterwards, at least once and in the order of each incident, until it succeeds or is given up; what came
// of it is on the timeline. A crash of control delays it and never loses it.

import { MeridianError } from '#contract/errors.ts';
import { type Labels, type Topology, withPlace } from '#core/changes/place.ts';
import { chooseResponse, type ResponsePolicy } from '#core/incident/choose-response.ts';
import { backoffMs } from '#core/retry/backoff.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { TASK_ATTEMPTS_MAX, TASK_PAUSE_MS_MAX, TASKS_PER_ROUND_MAX } from './limits.ts';
import type { Escalations, RunbookStarter } from './ports.ts';
import {
  addTask,
  appendEntry,
  type IncidentRow,
  type IncidentTaskRow,
  lockIncident,
  readAlerts,
  reviseIncident,
} from './store.ts';
import { createIncidentTeller, type IncidentTeller } from './tell-webhooks.ts';

export interface Responder extends IncidentTeller {
  /** Pages for an incident. */
  page(transaction: ControlTransaction, row: IncidentRow, nowMs: number): Promise<void>;
  acknowledge(
    transaction: ControlTransaction,
    row: IncidentRow,
    person: string,
    nowMs: number,
  ): Promise<void>;
  /** Stops pages, and drops what waits. */
  stop(transaction: ControlTransaction, row: IncidentRow, reason: string, nowMs: number): Promise<void>;
  /** Starts the runbooks that policies want for it and its alerts, and that were not asked for before. */
  startRunbooks(transaction: ControlTransaction, row: IncidentRow, nowMs: number): Promise<void>;
  /** Reopens a resolved incident and pages again. */
  reopen(
    transaction: ControlTransaction,
    row: IncidentRow,
    text: string,
    actor: string | null,
  ): Promise<IncidentRow>;
  /** Does what is due. */
  work(): Promise<void>;
}

export interface ResponderDependencies {
  readonly context: ControlContext;
  readonly policies: readonly ResponsePolicy[];
  readonly escalations: Escalations | null;
  readonly runbooks: RunbookStarter | null;
  topology(): Topology;
  /** Address of an incident for people. */
  urlOf(incidentId: string): string;
}

/** Creates the responder. */
export function createResponder(dependencies: ResponderDependencies): Responder {
  return new TaskResponder(dependencies);
}

class TaskResponder implements Responder {
  readonly #own: ResponderDependencies;
  readonly #context: ControlContext;

  readonly tell: IncidentTeller['tell'];

  constructor(own: ResponderDependencies) {
    this.#own = own;
    this.#context = own.context;
    this.tell = createIncidentTeller(own.context.random, own.urlOf).tell;
  }

  async page(transaction: ControlTransaction, row: IncidentRow, nowMs: number): Promise<void> {
    if (this.#own.escalations === null) return;
    const labels = await this.#labelsOf(transaction, row);
    const { escalation } = chooseResponse({ labels, severity: row.severity }, this.#own.policies);
    const policyId = row.escalation_policy_id ?? escalation;
    const payload = { policyId, title: row.title, severity: row.severity };
    await addTask(transaction, row.id, { kind: 'page', subject: policyId ?? 'default', payload }, nowMs);
  }

  async acknowledge(transaction: ControlTransaction, row: IncidentRow, person: string, nowMs: number) {
    if (this.#own.escalations === null) return;
    const task = { kind: 'acknowledge', subject: person, payload: {} } as const;
    await addTask(transaction, row.id, task, nowMs);
  }

  async stop(transaction: ControlTransaction, row: IncidentRow, reason: string, nowMs: number) {
    await transaction
      .updateTable('incident_tasks')
      .set({ state: 'failed', problem: 'The incident ended before.', ended_at_ms: nowMs })
      .where('incident_id', '=', row.id)
      .where('state', '=', 'waiting')
      .execute();
    if (this.#own.escalations === null) return;
    await addTask(transaction, row.id, { kind: 'stop', subject: 'pages', payload: { reason } }, nowMs);
  }

  async startRunbooks(transaction: ControlTransaction, row: IncidentRow, nowMs: number): Promise<void> {
    if (this.#own.runbooks === null || this.#own.policies.length === 0) return;
    const labels = await this.#labelsOf(transaction, row);
    const { runbooks } = chooseResponse({ labels, severity: row.severity }, this.#own.policies);
    if (runbooks.length === 0) return;
    const asked = await transaction
      .selectFrom('incident_tasks')
      .select(['subject', 'payload'])
      .where('incident_id', '=', row.id)
      .where('kind', '=', 'runbook')
      .execute();
    // An incident that comes back may need its repair again.
    const round = row.reopened_count;
    for (const { policy, runbookId, parameters } of runbooks) {
      if (asked.some(({ subject, payload }) => subject === runbookId && payload.round === round)) continue;
      const payload = { policy, parameters, round };
      await addTask(transaction, row.id, { kind: 'runbook', subject: runbookId, payload }, nowMs);
    }
  }

  /** Its own labels, then those of each alert that fires. */
  async #labelsOf(transaction: ControlTransaction, row: IncidentRow): Promise<Labels[]> {
    const alerts = await readAlerts(transaction, [row.id]);
    const topology = this.#own.topology();
    const firing = alerts.filter(({ state }) => state === 'firing');
    return [row.labels, ...firing.map(({ labels }) => withPlace(labels, topology))];
  }

  async reopen(transaction: ControlTransaction, row: IncidentRow, text: string, actor: string | null) {
    const nowMs = this.#context.clock.nowMs();
    await appendEntry(transaction, row.id, { atMs: nowMs, kind: 'state', text: `Reopened. ${text}`, actor });
    const reopened = await reviseIncident(
      transaction,
      row,
      {
        state: 'open',
        resolved_at_ms: null,
        resolution: null,
        quiet_since_ms: null,
        acknowledged_at_ms: null,
        acknowledged_by: null,
        reopened_count: row.reopened_count + 1,
      },
      nowMs,
    );
    await this.tell(transaction, row, reopened, actor, nowMs);
    await this.page(transaction, reopened, nowMs);
    return reopened;
  }

  async work(): Promise<void> {
    const { clock, database } = this.#context;
    const waiting = await database
      .selectFrom('incident_tasks')
      .selectAll()
      .where('state', '=', 'waiting')
      .orderBy('id')
      .execute();
    const blocked = new Set<string>();
    let done = 0;
    for (const task of waiting) {
      // Pages in the order of their incident: a stop must not overtake its start. Runbooks go their own way.
      const lane = task.kind === 'runbook' ? `runbook ${task.id}` : task.incident_id;
      if (done >= TASKS_PER_ROUND_MAX) return;
      if (blocked.has(lane)) continue;
      const isDone = task.due_at_ms <= clock.nowMs() && (await this.#perform(task));
      if (!isDone) blocked.add(lane);
      done += 1;
    }
  }

  /** Returns whether the task has ended, well or not. */
  async #perform(task: IncidentTaskRow): Promise<boolean> {
    try {
      const runId = await this.#call(task);
      await this.#end(task, { state: 'done', problem: null, run_id: runId });
      return true;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      // What is refused for a reason (no such runbook, guards) will be refused again.
      const isFinal = error instanceof MeridianError && error.status < 500;
      const attempts = task.attempts + 1;
      if (isFinal || attempts >= TASK_ATTEMPTS_MAX) {
        await this.#end(task, { state: 'failed', problem, run_id: null });
        return true;
      }
      const { clock, database, log, random } = this.#context;
      const pause = backoffMs(
        attempts,
        { baseMs: 1_000, delayMsMax: TASK_PAUSE_MS_MAX, attemptsMax: TASK_ATTEMPTS_MAX },
        (random(1)[0] ?? 0) / 256,
      );
      await database
        .updateTable('incident_tasks')
        .set({ attempts, problem, due_at_ms: clock.nowMs() + pause })
        .where('id', '=', task.id)
        .where('state', '=', 'waiting')
        .execute();
      log.warn({ incident: task.incident_id, task: task.kind, problem }, 'an incident was not heard; again');
      return false;
    }
  }

  async #call({ incident_id: incidentId, kind, subject, payload }: IncidentTaskRow): Promise<string | null> {
    const { escalations, runbooks, urlOf } = this.#own;
    if (kind === 'runbook') {
      if (runbooks === null) throw new MeridianError('conflict', { reason: 'Runbooks are not set up' });
      const parameters = payload.parameters as Record<string, string>;
      const actor = `incident:${incidentId}`;
      return (await runbooks.start({ runbookId: subject, parameters, incidentId, actor })).runId;
    }
    if (escalations === null) throw new MeridianError('conflict', { reason: 'On-call is not set up' });
    if (kind === 'acknowledge') await escalations.acknowledge(incidentId, subject);
    else if (kind === 'stop') await escalations.stop(incidentId, String(payload.reason));
    else
      await escalations.start({
        incidentId,
        title: String(payload.title),
        severity: payload.severity as IncidentRow['severity'],
        policyId: payload.policyId as string | null,
        url: urlOf(incidentId),
      });
    return null;
  }

  async #end(
    task: IncidentTaskRow,
    outcome: { state: 'done' | 'failed'; problem: string | null; run_id: string | null },
  ): Promise<void> {
    const { clock, database } = this.#context;
    await database.transaction().execute(async (transaction) => {
      const nowMs = clock.nowMs();
      const row = await lockIncident(transaction, task.incident_id);
      await transaction
        .updateTable('incident_tasks')
        .set({ ...outcome, attempts: task.attempts + 1, ended_at_ms: nowMs })
        .where('id', '=', task.id)
        .execute();
      const entry = outcomeText(task, outcome.problem);
      if (entry === null) return;
      await appendEntry(
        transaction,
        task.incident_id,
        {
          atMs: nowMs,
          kind: task.kind === 'runbook' ? 'action' : 'page',
          text: entry,
          actor: null,
          details: { ...task.payload, ...(outcome.run_id === null ? {} : { runId: outcome.run_id }) },
        },
        `task:${task.id}`,
      );
      await reviseIncident(transaction, row, {}, nowMs);
    });
  }
}

/** What a timeline says of a task that ended; on-call itself tells whom it paged and who answered. */
function outcomeText({ kind, subject, payload }: IncidentTaskRow, problem: string | null): string | null {
  if (kind === 'runbook')
    return problem === null
      ? `Runbook ${subject} was started by the policy ${payload.policy}`
      : `Runbook ${subject} was not started: ${problem}`;
  if (kind === 'page')
    return problem === null
      ? `Paging by the escalation policy ${subject}`
      : `Nobody could be paged: ${problem}`;
  return problem === null ? null : `On-call did not hear of it (${kind}): ${problem}`;
}
