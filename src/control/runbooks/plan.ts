// What a run would do and whether it may: the definition with its parameters, the world of now, the guards in force.

import { makeId } from '#base/ids.ts';
import { MeridianError } from '#contract/errors.ts';
import { type GuardFinding, judgeRun } from '#core/runbook/guards.ts';
import { startRun } from '#core/runbook/machine.ts';
import { bindParameters } from '#core/runbook/parameters.ts';
import type { GuardPolicy, Runbook } from '#core/runbook/types.ts';
import { actionsOf, type BlastRadius, blastRadiusOf, type RunbookWorld } from '#core/runbook/world.ts';
import { actorOf, type Principal } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import { RATE_WINDOW_MS, RUNS_ACTIVE_MAX } from './limits.ts';
import type { RunbookSource } from './read-runbook.ts';
import { countOpen, countRuns, readPolicy } from './store.ts';
import { readWorld, type WorldDependencies } from './world.ts';

export interface StartRequest {
  readonly runbookId: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly incidentId: string | null;
  readonly principal: Principal;
  readonly isAutomatic: boolean;
}

/** What a run would do, and whether it may. */
export interface RunPlan {
  readonly book: Runbook;
  readonly parameters: Readonly<Record<string, string>>;
  readonly policy: GuardPolicy;
  readonly guards: readonly GuardFinding[];
  readonly radius: BlastRadius;
  readonly world: RunbookWorld;
}

/** Judges a run against the world of now. */
export async function planRun(
  dependencies: WorldDependencies,
  reader: ControlDatabase | ControlTransaction,
  source: RunbookSource,
  { parameters, isAutomatic }: StartRequest,
): Promise<RunPlan> {
  const { context, fleet } = dependencies;
  const bound = bindParameters(source.sample.parameters, parameters, {
    regions: context.config.regions.map(({ id }) => id),
    sites: fleet.sites().map(({ id }) => id),
    nodes: fleet.nodes().map(({ id }) => id),
  });
  if (!bound.isGood) throw new MeridianError('invalid_request', { reason: bound.problems.join('; ') });
  const book = source.bind(bound.values);
  const policy = await readPolicy(reader, book);
  const world = await readWorld(dependencies, reader);
  const recentRunCount = await countRuns(reader, book.id, context.clock.nowMs() - RATE_WINDOW_MS);
  const actions = actionsOf(book);
  return {
    book,
    parameters: bound.values,
    policy,
    guards: judgeRun(world, policy, actions, { isAutomatic, recentRunCount }),
    radius: blastRadiusOf(world, actions),
    world,
  };
}

/** Writes a run that may start; refuses with every guard that does not hold. */
export async function insertRun(
  { clock, random }: ControlContext,
  transaction: ControlTransaction,
  { incidentId, isAutomatic, principal }: StartRequest,
  plan: RunPlan,
): Promise<string> {
  const { book, guards, parameters, radius } = plan;
  const broken = guards.filter(({ isHeld }) => !isHeld);
  if (broken.length > 0)
    throw new MeridianError('conflict', {
      reason: `A guard of ${book.id} does not allow this: ${broken.map(({ text }) => text).join('; ')}`,
    });
  const nowMs = clock.nowMs();
  const { openCount } = await countOpen(transaction);
  if (openCount >= RUNS_ACTIVE_MAX)
    throw new MeridianError('overloaded', { reason: `${RUNS_ACTIVE_MAX} runs are open` });
  const id = makeId('run', nowMs, random(10));
  const actor = actorOf(principal);
  const state = startRun(book, actor, nowMs);
  await transaction
    .insertInto('runbook_runs')
    .values({
      id,
      runbook_id: book.id,
      book: JSON.stringify(book),
      parameters: JSON.stringify(parameters),
      subject: subjectOf(plan),
      state: JSON.stringify(state),
      status: state.status,
      is_told: false,
      incident_id: incidentId,
      actor,
      is_automatic: isAutomatic,
      guards: JSON.stringify(guards),
      radius: JSON.stringify(radius),
      revision: 1,
      created_at_ms: nowMs,
      updated_at_ms: nowMs,
      ended_at_ms: null,
    })
    .execute();
  await recordAudit(transaction, principal, nowMs, {
    action: 'runbook.start',
    subject: id,
    projectId: null,
    details: { runbook: book.id, version: book.version, parameters, incidentId },
  });
  return id;
}

function subjectOf({ book, parameters }: RunPlan): string {
  const sorted = Object.entries(parameters).sort(([one], [other]) => (one < other ? -1 : 1));
  return `${book.id} ${JSON.stringify(sorted)}`;
}

/** The open run of the same runbook with the same parameters. */
export function findOpenRun(
  transaction: ControlTransaction,
  plan: RunPlan,
): Promise<{ id: string } | undefined> {
  return transaction
    .selectFrom('runbook_runs')
    .select('id')
    .where('subject', '=', subjectOf(plan))
    .where('status', 'in', ['running', 'rolling_back'])
    .executeTakeFirst();
}
