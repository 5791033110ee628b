// What a run wants in a state: the effects of the machine. They follow from the state alone, so that whoever takes a run
// up after a crash is asked for exactly what was left open.

import { defined } from '#base/assert.ts';
import type { Action, Condition, Runbook, RunEffect, RunState, RunStatus, Step } from './types.ts';

/** Conditions are looked at this often: as fast as control plans. */
const LOOK_EVERY_MS = 1_000;

/** Whether a run in this state is over. */
export function isOver(status: RunStatus): boolean {
  return status !== 'running' && status !== 'rolling_back';
}

/** What is open in this state. */
export function effectsOf(book: Runbook, state: RunState): RunEffect[] {
  const effects: RunEffect[] = [];
  const entries = state.journal.filter(({ number }) => number > state.toldNumber);
  const last = entries.at(-1);
  if (last !== undefined) effects.push({ kind: 'tell', entries, number: last.number });
  if (isOver(state.status) || state.pausedAtMs !== null) return effects;
  if (state.pendingKey !== null)
    effects.push({ kind: 'act', key: state.pendingKey, action: pendingAction(book, state) });
  else if (isLooking(book, state))
    effects.push({ kind: 'observe', at: placeOf(state), conditions: conditionsOf(book, state).all });
  return effects;
}

/** When to look again at the latest; null when only an event can change something. */
export function wakeOf(state: RunState, nowMs: number): number | null {
  if (isOver(state.status) || state.pausedAtMs !== null) return null;
  return nowMs + LOOK_EVERY_MS;
}

function pendingAction(book: Runbook, state: RunState): Action {
  const [undo] = state.undo;
  if (state.status === 'rolling_back' && undo !== undefined) {
    const action = defined(book.steps[undo.step]?.rollback[undo.action], 'an action to undo with');
    const to = state.steps[undo.step]?.leftRegionId;
    return action.kind === 'return_channel' && to !== undefined ? { ...action, to } : action;
  }
  const current = currentStep(book, state);
  return defined(current.kind === 'action' ? current.action : undefined, 'an action');
}

/** The step that a run is at. */
export function currentStep(book: Runbook, state: RunState): Step {
  return defined(book.steps[state.position], 'a current step');
}

/** Names the place of a look, so that a late answer is not taken for another one. */
export function placeOf(state: RunState): string {
  return `${state.position}/${state.stage}`;
}

/** Whether conditions are to be looked at now. */
export function isLooking(book: Runbook, state: RunState): boolean {
  return (
    state.status === 'running' &&
    state.pausedAtMs === null &&
    state.pendingKey === null &&
    conditionsOf(book, state).all.length > 0
  );
}

interface StageConditions {
  readonly needed: readonly Condition[];
  readonly gate: readonly Condition[];
  /** First those needed, then the gate. */
  readonly all: readonly Condition[];
}

/** What is to be looked at in the stage that a run is in. */
export function conditionsOf(book: Runbook, { position, stage }: RunState): StageConditions {
  const current = defined(book.steps[position], 'a current step');
  const needed = neededIn(current, stage);
  return { needed, gate: current.gate, all: [...needed, ...current.gate] };
}

/** Conditions that a stage of a step needs. */
export function neededIn(current: Step, stage: RunState['stage']): readonly Condition[] {
  if (stage === 'before') return current.before;
  if (stage === 'after') return current.after;
  return current.kind === 'check' || current.kind === 'wait' ? current.conditions : [];
}
