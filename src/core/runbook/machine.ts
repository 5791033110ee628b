// The machine that runs a runbook. It decides and remembers; whoever owns it acts, looks and tells, as the effects say,
// and answers with events. The effects follow from the state alone, so that after a crash `step` with a `tick` asks for
// exactly what was left open: an action under the same key, a look at the same conditions, lines not yet told.
//
// A step goes through three stages: `before` (pre-conditions and the health gate, judged once), `work` (its own kind),
// `after` (post-conditions, until its timeout). The gate is looked at in all of them.

import { defined } from '#base/assert.ts';
import type {
  JournalEntry,
  Observation,
  Runbook,
  RunEffect,
  RunEvent,
  RunState,
  RunStatus,
  StepRecord,
} from './types.ts';
import {
  conditionsOf,
  currentStep,
  effectsOf,
  isLooking,
  isOver,
  neededIn,
  placeOf,
  wakeOf,
} from './wanted.ts';

/** Entries kept: a run of the longest runbook writes about 150. */
const JOURNAL_MAX = 300;

export interface StepResult {
  readonly state: RunState;
  readonly effects: readonly RunEffect[];
  /** When to come back with a `tick` at the latest; null when only an event can change something. */
  readonly wakeAtMs: number | null;
}

const EMPTY_RECORD: Omit<StepRecord, 'id'> = {
  state: 'waiting',
  startedAtMs: null,
  endedAtMs: null,
  reason: null,
  observations: [],
  approvedBy: null,
  isActed: false,
  isRolledBack: false,
  stuckSinceMs: null,
};

/** The state of a run that begins now. */
export function startRun(book: Runbook, actor: string, nowMs: number): RunState {
  const state: RunState = {
    status: 'running',
    position: 0,
    stage: 'before',
    workSinceMs: nowMs,
    metSinceMs: [],
    pendingKey: null,
    steps: book.steps.map(({ id }) => ({ ...EMPTY_RECORD, id })),
    undo: [],
    pausedAtMs: null,
    endsAs: 'rolled_back',
    failure: null,
    journal: [],
    toldNumber: 0,
  };
  const told = note(state, nowMs, { text: `${book.title}: the run begins`, actor });
  return enterStep(book, told, 0, nowMs);
}

/** Takes an event in. Events that do not fit the state change nothing, so that late and repeated ones do no harm. */
export function step(book: Runbook, state: RunState, event: RunEvent, nowMs: number): StepResult {
  const next = take(book, state, event, nowMs);
  return { state: next, effects: effectsOf(book, next), wakeAtMs: wakeOf(next, nowMs) };
}

function take(book: Runbook, state: RunState, event: RunEvent, nowMs: number): RunState {
  if (event.kind === 'told') return { ...state, toldNumber: Math.max(state.toldNumber, event.number) };
  if (isOver(state.status)) return state;
  switch (event.kind) {
    case 'tick':
      return onTick(book, state, nowMs);
    case 'observed':
      return event.at === placeOf(state) && isLooking(book, state)
        ? onObserved(book, state, event.observations, nowMs)
        : state;
    case 'acted':
      return event.key === state.pendingKey ? onActed(book, state, event, nowMs) : state;
    case 'refused':
      return event.key === state.pendingKey ? onRefused(book, state, event.reason, nowMs) : state;
    case 'approve':
    case 'reject':
      return onDecision(book, state, event, nowMs);
    case 'pause':
      if (state.pausedAtMs !== null) return state;
      return note({ ...state, pausedAtMs: nowMs }, nowMs, { text: 'Paused', actor: event.actor });
    case 'resume':
      return onResume(state, event.actor, nowMs);
    case 'cancel':
      return onCancel(book, state, event, nowMs);
    case 'stuck':
      return onStuck(state, event, nowMs);
  }
}

function enterStep(book: Runbook, state: RunState, position: number, nowMs: number): RunState {
  if (position >= book.steps.length)
    return note({ ...state, status: 'succeeded', pendingKey: null }, nowMs, {
      text: 'The run has succeeded',
    });
  const entered = changeStep({ ...state, position }, position, { state: 'running', startedAtMs: nowMs });
  return enterStage(book, { ...entered, workSinceMs: nowMs }, 'before', nowMs);
}

/** Enters a stage, and goes on at once where nothing is to be looked at. */
function enterStage(book: Runbook, state: RunState, stage: RunState['stage'], nowMs: number): RunState {
  const current = currentStep(book, state);
  const count = neededIn(current, stage).length;
  const entered: RunState = { ...state, stage, metSinceMs: Array<null>(count).fill(null) };
  const isEmpty = count + current.gate.length === 0;
  if (stage === 'before') return isEmpty ? enterStage(book, entered, 'work', nowMs) : entered;
  if (stage === 'after') return isEmpty ? completeStep(book, entered, nowMs) : entered;
  const working = { ...entered, workSinceMs: nowMs };
  if (current.kind === 'action')
    return changeStep({ ...working, pendingKey: current.id }, state.position, { isActed: true });
  return working;
}

function completeStep(book: Runbook, state: RunState, nowMs: number): RunState {
  const current = currentStep(book, state);
  const done = changeStep(state, state.position, { state: 'done', endedAtMs: nowMs });
  const told = note(done, nowMs, { text: `${current.title}: done`, stepId: current.id });
  return enterStep(book, told, state.position + 1, nowMs);
}

function failStep(book: Runbook, state: RunState, reason: string, nowMs: number): RunState {
  const current = currentStep(book, state);
  const failed = changeStep({ ...state, pendingKey: null }, state.position, {
    state: 'failed',
    endedAtMs: nowMs,
    reason,
  });
  const told = note(failed, nowMs, { text: `${current.title}: failed: ${reason}`, stepId: current.id });
  if (current.onFailure === 'continue') return enterStep(book, told, state.position + 1, nowMs);
  const stopped: RunState = { ...told, failure: `${current.title}: ${reason}` };
  const undo = current.onFailure === 'rollback' ? undoOf(book, stopped) : [];
  if (undo.length === 0) return end(stopped, 'failed', nowMs);
  return beginUndo(book, { ...stopped, undo, endsAs: 'rolled_back' }, nowMs);
}

/** What undoes everything that was or may have been done, the newest first. */
function undoOf(book: Runbook, state: RunState): RunState['undo'] {
  return state.steps
    .map((record, index) => ({ record, index }))
    .filter(({ record }) => record.isActed && !record.isRolledBack)
    .reverse()
    .flatMap(({ index }) =>
      (book.steps[index]?.rollback ?? []).map((_, action) => ({ step: index, action })),
    );
}

function beginUndo(book: Runbook, state: RunState, nowMs: number): RunState {
  const told = note({ ...state, status: 'rolling_back' }, nowMs, { text: 'Undoing what was done' });
  return nextUndo(book, told, nowMs);
}

function nextUndo(book: Runbook, state: RunState, nowMs: number): RunState {
  const [first] = state.undo;
  if (first === undefined) return end({ ...state, pendingKey: null }, state.endsAs, nowMs);
  const { id } = defined(book.steps[first.step], 'a step to undo');
  return { ...state, pendingKey: `${id}~${first.action}` };
}

function onTick(book: Runbook, state: RunState, nowMs: number): RunState {
  const { timeoutMs, kind } = currentStep(book, state);
  const isWaiting = state.stage === 'after' || (state.stage === 'work' && kind !== 'action');
  if (state.status !== 'running' || state.pausedAtMs !== null || !isWaiting) return state;
  // While conditions are looked at, the look tells what was missing.
  if (isLooking(book, state) || nowMs - state.workSinceMs < timeoutMs) return state;
  return failStep(book, state, `nobody answered within ${seconds(timeoutMs)}`, nowMs);
}

function onObserved(
  book: Runbook,
  state: RunState,
  observations: readonly Observation[],
  nowMs: number,
): RunState {
  const current = currentStep(book, state);
  const { needed, all } = conditionsOf(book, state);
  if (observations.length !== all.length) return state;
  const seen = changeStep(state, state.position, { observations });
  const isMet = (index: number): boolean => observations[index]?.isMet ?? all[index]?.withoutData === 'met';
  const texts = (from: number, to: number): string[] =>
    observations.slice(from, to).flatMap(({ text }, offset) => (isMet(from + offset) ? [] : [text]));

  const broken = texts(needed.length, all.length);
  if (broken.length > 0)
    return failStep(book, seen, `the health gate is broken: ${broken.join('; ')}`, nowMs);
  const missing = texts(0, needed.length);
  if (state.stage === 'before' || current.kind === 'check') {
    if (missing.length > 0 && state.stage !== 'after') return failStep(book, seen, missing.join('; '), nowMs);
    if (state.stage === 'before') return enterStage(book, seen, 'work', nowMs);
  }
  const metSinceMs = needed.map((_, index) => (isMet(index) ? (state.metSinceMs[index] ?? nowMs) : null));
  const areHeld = needed.every(({ holdMs }, index) => {
    const sinceMs = metSinceMs[index] ?? null;
    return sinceMs !== null && nowMs - sinceMs >= holdMs;
  });
  const held = { ...seen, metSinceMs };
  const isAnswered = state.stage === 'after' || current.kind !== 'approval';
  if (areHeld && isAnswered)
    return state.stage === 'after' ? completeStep(book, held, nowMs) : enterStage(book, held, 'after', nowMs);
  if (nowMs - state.workSinceMs < current.timeoutMs) return held;
  const why = missing.length > 0 ? missing.join('; ') : 'it did not hold long enough';
  const reason = isAnswered ? why : 'nobody answered';
  return failStep(book, held, `${reason} within ${seconds(current.timeoutMs)}`, nowMs);
}

function onActed(
  book: Runbook,
  state: RunState,
  { isChange, leftRegionId, text }: Extract<RunEvent, { kind: 'acted' }>,
  nowMs: number,
): RunState {
  const isUndo = state.status === 'rolling_back';
  const [first, ...rest] = state.undo;
  const stepId = isUndo && first !== undefined ? book.steps[first.step]?.id : currentStep(book, state).id;
  const told = note({ ...state, pendingKey: null }, nowMs, { text, stepId: stepId ?? null, isChange });
  if (!isUndo || first === undefined) {
    const known = leftRegionId === undefined ? told : changeStep(told, state.position, { leftRegionId });
    return enterStage(book, known, 'after', nowMs);
  }
  const isLast = rest.every(({ step: other }) => other !== first.step);
  const undone = isLast ? changeStep(told, first.step, { isRolledBack: true }) : told;
  return nextUndo(book, { ...undone, undo: rest }, nowMs);
}

function onRefused(book: Runbook, state: RunState, reason: string, nowMs: number): RunState {
  if (state.status === 'running') {
    // What was refused did not happen, so there is nothing to undo in it.
    return failStep(book, changeStep(state, state.position, { isActed: false }), reason, nowMs);
  }
  const stopped = {
    ...state,
    pendingKey: null,
    failure: `${state.failure ?? 'Cancelled'}; undoing: ${reason}`,
  };
  return end(stopped, 'failed', nowMs);
}

function onDecision(
  book: Runbook,
  state: RunState,
  { kind, stepId, actor, note: why = '' }: Extract<RunEvent, { kind: 'approve' | 'reject' }>,
  nowMs: number,
): RunState {
  const current = currentStep(book, state);
  const isAsked =
    state.status === 'running' &&
    state.pausedAtMs === null &&
    state.stage === 'work' &&
    current.kind === 'approval' &&
    current.id === stepId;
  if (!isAsked) return state;
  const because = why === '' ? '' : `: ${why}`;
  if (kind === 'reject') {
    const told = note(state, nowMs, { text: `${current.title}: rejected${because}`, stepId, actor });
    return failStep(book, told, `${actor} rejected it${because}`, nowMs);
  }
  const approved = changeStep(state, state.position, { approvedBy: actor });
  const told = note(approved, nowMs, { text: `${current.title}: approved${because}`, stepId, actor });
  return enterStage(book, told, 'after', nowMs);
}

/** Time stood still while the run was paused; what has to hold without a break begins anew. */
function onResume(state: RunState, actor: string, nowMs: number): RunState {
  if (state.pausedAtMs === null) return state;
  const resumed: RunState = {
    ...state,
    pausedAtMs: null,
    workSinceMs: state.workSinceMs + (nowMs - state.pausedAtMs),
    metSinceMs: state.metSinceMs.map(() => null),
  };
  return note(resumed, nowMs, { text: 'Resumed', actor });
}

function onCancel(
  book: Runbook,
  state: RunState,
  { actor, isUndone }: Extract<RunEvent, { kind: 'cancel' }>,
  nowMs: number,
): RunState {
  if (state.status === 'rolling_back' && isUndone) return state;
  const told = note({ ...state, pausedAtMs: null, pendingKey: null }, nowMs, { text: 'Cancelled', actor });
  const ended = changeRunning(told, nowMs, `${actor} cancelled the run`);
  const undo = isUndone ? undoOf(book, ended) : [];
  if (undo.length === 0) return end({ ...ended, undo: [] }, 'cancelled', nowMs);
  return beginUndo(book, { ...ended, undo, endsAs: 'cancelled' }, nowMs);
}

function changeRunning(state: RunState, nowMs: number, reason: string): RunState {
  return state.steps[state.position]?.state === 'running'
    ? changeStep(state, state.position, { state: 'failed', endedAtMs: nowMs, reason })
    : state;
}

function onStuck(
  state: RunState,
  { stepId, limitMs }: Extract<RunEvent, { kind: 'stuck' }>,
  nowMs: number,
): RunState {
  const index = state.position;
  const record = state.steps[index];
  if (record?.id !== stepId || record.state !== 'running' || record.stuckSinceMs !== null) return state;
  const text = `The step ${stepId} takes longer than the ${seconds(limitMs)} that are usual for it`;
  return note(changeStep(state, index, { stuckSinceMs: nowMs }), nowMs, { text, stepId });
}

const ENDS: Readonly<Record<Exclude<RunStatus, 'running' | 'rolling_back'>, string>> = {
  succeeded: 'The run has succeeded',
  failed: 'The run has failed',
  rolled_back: 'The run has failed; everything is undone',
  cancelled: 'The run has ended',
};

function end(state: RunState, status: keyof typeof ENDS, nowMs: number): RunState {
  const why = status === 'failed' && state.failure !== null ? `: ${state.failure}` : '';
  return note({ ...state, status, pendingKey: null }, nowMs, { text: `${ENDS[status]}${why}` });
}

function changeStep(state: RunState, index: number, changes: Partial<StepRecord>): RunState {
  return {
    ...state,
    steps: state.steps.map((record, at) => (at === index ? { ...record, ...changes } : record)),
  };
}

function note(
  state: RunState,
  atMs: number,
  { text, stepId = null, actor = null, isChange = false }: Partial<JournalEntry> & { readonly text: string },
): RunState {
  const number = (state.journal.at(-1)?.number ?? 0) + 1;
  const journal = [...state.journal, { number, atMs, stepId, text, actor, isChange }];
  return { ...state, journal: journal.slice(-JOURNAL_MAX) };
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 1_000)} s`;
}
