// Starts runs and drives them, second by second, while this control leads. A run is its row: whatever the machine wants
// follows from the state in it, so that another process, or this one after a crash, goes on where it stopped. An action
// is done in the transaction that also writes its outcome and the run's next state: it happens once or not at all.

import { MeridianError } from '#contract/errors.ts';
import { DEFAULT_STUCK_POLICY, stuckLimitMs } from '#core/runbook/stuck.ts';
import type { Action, GuardPolicy, Observation, RunEffect, RunEvent } from '#core/runbook/types.ts';
import { type Principal, requireRegions } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { inTurn } from '../serial.ts';
import { type ActionOutcome, performAction } from './actions.ts';
import { createDefinitions, type Definition, type Definitions } from './definitions.ts';
import { ROUNDS_MAX, TELL_MS_MAX } from './limits.ts';
import { findOpenRun, insertRun, planRun, type RunPlan, type StartRequest } from './plan.ts';
import type { RunbookPorts, RunbookStarter } from './ports.ts';
import { regionsOf } from './regions.ts';
import {
  countOpen,
  endAction,
  lockRun,
  type RunRow,
  readDueRunIds,
  readDurations,
  readPolicy,
  takeEvent,
} from './store.ts';
import { tellOthers } from './tell.ts';
import { observe, readWorld, type WorldDependencies } from './world.ts';

export interface RunbookDependencies extends WorldDependencies {
  readonly ports: RunbookPorts;
  /** Whether this process leads and its database answers. */
  mayWork(): boolean;
  /** Told after an action has changed the world. */
  onChange(action: Action): Promise<void>;
}

export interface Runbooks extends RunbookStarter {
  readonly definitions: Definitions;
  policyOf(definition: Definition): Promise<GuardPolicy>;
  /** Judges a run without starting it. */
  plan(request: StartRequest): Promise<RunPlan>;
  /** What is seen of all conditions of a step now. */
  look(plan: RunPlan, stepIndex: number): Promise<readonly Observation[]>;
  /** Starts a run for a person; resolves to the open one where there is one. */
  begin(request: StartRequest): Promise<string>;
  /** Lets a run take an event of a person, and drives it on. */
  command(runId: string, principal: Principal, action: string, event: RunEvent): Promise<void>;
  /** Drives all runs; runs one after another. */
  tick(): Promise<void>;
  /** Runs that had not ended at the last tick, and those of them that are stuck. */
  counts(): { readonly openCount: number; readonly stuckCount: number };
}

/** Creates the keeper of runbooks. */
export function createRunbooks(dependencies: RunbookDependencies): Runbooks {
  return new DurableRunbooks(dependencies);
}

class DurableRunbooks implements Runbooks {
  readonly definitions: Definitions;
  readonly tick = inTurn(() => this.#tick());
  readonly #dependencies: RunbookDependencies;
  readonly #context: ControlContext;
  /** By run: the newest drive that has not ended. */
  readonly #driving = new Map<string, Promise<void>>();
  #counts = { openCount: 0, stuckCount: 0 };

  constructor(dependencies: RunbookDependencies) {
    this.#dependencies = dependencies;
    this.#context = dependencies.context;
    this.definitions = createDefinitions(dependencies.context);
  }

  async start(request: Parameters<RunbookStarter['start']>[0]): Promise<{ runId: string }> {
    const principal: Principal = { kind: 'automation', name: request.actor };
    const isAutomatic = !/^(?:token|person):/.test(request.actor);
    return { runId: await this.begin({ ...request, principal, isAutomatic }) };
  }

  counts() {
    return this.#counts;
  }

  policyOf({ source }: Definition): Promise<GuardPolicy> {
    return readPolicy(this.#context.database, source.sample);
  }

  async plan(request: StartRequest): Promise<RunPlan> {
    const { source } = await this.definitions.get(request.runbookId);
    return planRun(this.#dependencies, this.#context.database, source, request);
  }

  look({ book, world }: RunPlan, stepIndex: number): Promise<readonly Observation[]> {
    const step = book.steps[stepIndex];
    if (step === undefined) return Promise.resolve([]);
    const own = step.kind === 'check' || step.kind === 'wait' ? step.conditions : [];
    return observe(this.#context, this.#dependencies.ports, world, [
      ...step.before,
      ...own,
      ...step.after,
      ...step.gate,
    ]);
  }

  async begin(request: StartRequest): Promise<string> {
    const { source } = await this.definitions.get(request.runbookId);
    const runId = await this.#context.database.transaction().execute(async (transaction) => {
      // Starts come one after another, so that two cannot both be the last that a guard allows.
      await transaction.selectFrom('leadership').select('id').forUpdate().execute();
      const plan = await planRun(this.#dependencies, transaction, source, request);
      requireRegions(request.principal, regionsOf(this.#dependencies.fleet, plan.book, plan.parameters));
      const open = await findOpenRun(transaction, plan);
      if (open !== undefined) return open.id;
      return insertRun(this.#context, transaction, request, plan);
    });
    await this.#driveOrLog(runId);
    return runId;
  }

  async command(runId: string, principal: Principal, action: string, event: RunEvent): Promise<void> {
    const nowMs = this.#context.clock.nowMs();
    await this.#context.database.transaction().execute(async (transaction) => {
      const row = await lockRun(transaction, runId);
      if (row === undefined) throw new MeridianError('not_found', { what: `run ${runId}` });
      requireRegions(principal, regionsOf(this.#dependencies.fleet, row.book, row.parameters));
      const { row: next } = await takeEvent(transaction, row, event, nowMs);
      if (next === row)
        throw new MeridianError('conflict', {
          reason: `The run is ${standing(row)}, which that does not fit`,
        });
      await recordAudit(transaction, principal, nowMs, { action, subject: runId, projectId: null });
    });
    await this.#driveOrLog(runId);
  }

  async #tick(): Promise<void> {
    if (!this.#dependencies.mayWork()) return;
    const { clock, database } = this.#context;
    this.#counts = await countOpen(database);
    const runIds = await readDueRunIds(database, clock.nowMs() - TELL_MS_MAX);
    await Promise.all(runIds.map((runId) => this.#driveOrLog(runId)));
  }

  /** Drives of one run come one after another: two at once would tell timelines the same lines twice. */
  async #driveOrLog(runId: string): Promise<void> {
    const before = this.#driving.get(runId);
    const driving = this.#driveAfter(before, runId);
    this.#driving.set(runId, driving);
    await driving;
    if (this.#driving.get(runId) === driving) this.#driving.delete(runId);
  }

  async #driveAfter(before: Promise<void> | undefined, runId: string): Promise<void> {
    await before;
    try {
      await this.#drive(runId);
    } catch (error) {
      const { log } = this.#context;
      log.warn(
        { run: runId, error: String(error) },
        'a run of a runbook stood still; the next round tries again',
      );
    }
  }

  /** Lets a run come as far as it can now. */
  async #drive(runId: string): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      if (!this.#dependencies.mayWork()) return;
      const taken = await this.#take(runId, { kind: 'tick' });
      if (taken === undefined) return;
      let isProgress = false;
      for (const effect of taken.result.effects)
        if (await this.#perform(taken.row, effect)) isProgress = true;
      if (!isProgress) return this.#judgeStuck(taken.row);
    }
  }

  #take(runId: string, event: RunEvent) {
    return this.#context.database.transaction().execute(async (transaction) => {
      const row = await lockRun(transaction, runId);
      return row === undefined ? undefined : takeEvent(transaction, row, event, this.#context.clock.nowMs());
    });
  }

  /** Does what a run wants; resolves to whether that brought it further. */
  async #perform(row: RunRow, effect: RunEffect): Promise<boolean> {
    switch (effect.kind) {
      case 'tell':
        await this.#tell(row, effect);
        return false;
      case 'act':
        return this.#act(row, effect);
      case 'observe': {
        const world = await readWorld(this.#dependencies);
        const { ports } = this.#dependencies;
        const observations = await observe(this.#context, ports, world, effect.conditions);
        const taken = await this.#take(row.id, { kind: 'observed', at: effect.at, observations });
        return taken?.isProgress ?? false;
      }
    }
  }

  async #act(row: RunRow, { key, action }: Extract<RunEffect, { kind: 'act' }>): Promise<boolean> {
    const { context } = this.#dependencies;
    const principal = {
      kind: 'automation' as const,
      name: `runbook:${row.runbook_id} (${row.id}) for ${row.actor}`,
    };
    try {
      const outcome = await context.database.transaction().execute(async (transaction) => {
        const locked = await lockRun(transaction, row.id);
        // Somebody was faster, or the run does not want it any more.
        if (locked?.state.pendingKey !== key || locked.state.pausedAtMs !== null) return null;
        const done = await performAction({ ...this.#dependencies, transaction, principal }, action);
        await this.#write(transaction, locked, key, done);
        return done;
      });
      if (outcome?.isChange) await this.#dependencies.onChange(action);
      return outcome !== null;
    } catch (error) {
      // What the domain refuses is an outcome; anything else (the database, a fault of ours) is tried again.
      if (!(error instanceof MeridianError) || error.status >= 500) throw error;
      await context.database.transaction().execute(async (transaction) => {
        const locked = await lockRun(transaction, row.id);
        if (locked?.state.pendingKey !== key) return;
        const nowMs = context.clock.nowMs();
        const reason = error.message.replace(/\.$/, '');
        await endAction(transaction, row.id, key, { outcome: 'refused', detail: reason, nowMs });
        await takeEvent(transaction, locked, { kind: 'refused', key, reason }, nowMs);
      });
      return true;
    }
  }

  async #write(
    transaction: ControlTransaction,
    locked: RunRow,
    key: string,
    done: ActionOutcome,
  ): Promise<void> {
    const nowMs = this.#context.clock.nowMs();
    const outcome = done.isChange ? 'changed' : 'unchanged';
    await endAction(transaction, locked.id, key, { outcome, detail: done.text, nowMs });
    await takeEvent(transaction, locked, { kind: 'acted', key, ...done }, nowMs);
  }

  async #tell(row: RunRow, { entries, number }: Extract<RunEffect, { kind: 'tell' }>): Promise<void> {
    await tellOthers(this.#dependencies, row, entries);
    await this.#take(row.id, { kind: 'told', number });
  }

  async #judgeStuck(row: RunRow): Promise<void> {
    const { position, status, pausedAtMs, steps } = row.state;
    const record = steps[position];
    if (status !== 'running' || pausedAtMs !== null || record?.state !== 'running') return;
    // People take the time that they need.
    if (row.book.steps[position]?.kind === 'approval') return;
    const elapsedMs = this.#context.clock.nowMs() - (record.startedAtMs ?? 0);
    if (record.stuckSinceMs !== null || elapsedMs < DEFAULT_STUCK_POLICY.floorMs) return;
    const limitMs = stuckLimitMs(await readDurations(this.#context.database, row.runbook_id, record.id));
    if (limitMs === null || elapsedMs <= limitMs) return;
    await this.#take(row.id, { kind: 'stuck', stepId: record.id, limitMs });
  }
}

/** How a run stands, in a word. */
function standing({ state, status }: RunRow): string {
  return state.pausedAtMs === null ? status.replace('_', ' ') : 'paused';
}
