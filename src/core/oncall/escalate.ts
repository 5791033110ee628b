// Paging until somebody takes it: a sans-I/O machine. The steps of a policy one after another, each left when nobody
// acknowledged in time; then all of them again; then the last resort, again and again. A step that reaches nobody is
// left at once, so that an uncovered hour costs no minute. Who has duty is asked anew at each step: a handover while a
// page is open pages the next person.
//
// Every page has a key made of where in the policy it arose, for whom and by which channel. The same transition always
// yields the same keys, so that a transition that is repeated after a crash pages nobody twice.

import type { DutyReason } from './resolve.ts';
import { resolveDuty } from './resolve.ts';
import type { Policy, RotaView, Target } from './rota.ts';

/** Times the last resort is tried; at the usual half hour that is four days, and somebody must be dead by then. */
export const LAST_RESORTS_MAX = 200;

/** A page that waits because its contact comes later. */
export interface PendingPage {
  readonly key: string;
  readonly dueAtMs: number;
  readonly userId: string;
  readonly channelId: string;
  readonly reasons: readonly PageReason[];
}

export interface EscalationState {
  readonly status: 'paging' | 'acknowledged' | 'stopped' | 'exhausted';
  /** Rounds through the policy so far, from 1; grows when an acknowledgement expires. */
  readonly round: number;
  /** Rounds since the start or the last expiry. */
  readonly roundsDone: number;
  /** Index of the step; the number of steps for the last resort. */
  readonly step: number;
  /** Times the last resort was tried in this round. */
  readonly lastResorts: number;
  readonly enteredAtMs: number;
  readonly pending: readonly PendingPage[];
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAtMs: number | null;
}

export type EscalationEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'tick' }
  | { readonly kind: 'acknowledge'; readonly userId: string }
  /** Somebody wants the next step now. */
  | { readonly kind: 'escalate'; readonly actor: string }
  | { readonly kind: 'stop'; readonly reason: string };

export type PageReason =
  | DutyReason
  | {
      readonly code: 'step' | 'last_resort' | 'contact' | 'named' | 'unknown_target' | 'no_contact';
      readonly subject: string;
      readonly values: Readonly<Record<string, number | string>>;
    };

export type EscalationEffect =
  | {
      readonly kind: 'page';
      readonly key: string;
      /** null: the channel itself is the target. */
      readonly userId: string | null;
      readonly channelId: string;
      readonly reasons: readonly PageReason[];
    }
  /** A target that led to nobody. */
  | { readonly kind: 'nobody'; readonly key: string; readonly reasons: readonly PageReason[] }
  | { readonly kind: 'acknowledged'; readonly userId: string }
  | { readonly kind: 'acknowledgement_expired'; readonly userId: string; readonly afterMs: number }
  | { readonly kind: 'stopped'; readonly reason: string }
  | { readonly kind: 'exhausted'; readonly lastResorts: number };

export interface EscalationStep {
  readonly state: EscalationState;
  readonly effects: readonly EscalationEffect[];
  /** When a tick has something to do; null: never. */
  readonly wakeAtMs: number | null;
}

export const NEW_ESCALATION: EscalationState = {
  status: 'paging',
  round: 0,
  roundsDone: 0,
  step: 0,
  lastResorts: 0,
  enteredAtMs: 0,
  pending: [],
  acknowledgedBy: null,
  acknowledgedAtMs: null,
};

/** What follows an event. The policy is that of the escalation's start; people are those of the view. */
export function stepEscalation(
  state: EscalationState,
  event: EscalationEvent,
  nowMs: number,
  policy: Policy,
  view: RotaView,
): EscalationStep {
  const effects: EscalationEffect[] = [];
  const next = transition(state, event, { nowMs, policy, view, effects });
  return { state: next, effects, wakeAtMs: wakeAt(next, policy) };
}

interface Scene {
  readonly nowMs: number;
  readonly policy: Policy;
  readonly view: RotaView;
  readonly effects: EscalationEffect[];
}

function transition(state: EscalationState, event: EscalationEvent, scene: Scene): EscalationState {
  switch (event.kind) {
    case 'start':
      return state.round === 0 ? enter({ ...state, round: 1, roundsDone: 1 }, 0, scene) : state;
    case 'stop':
      if (state.status === 'stopped') return state;
      scene.effects.push({ kind: 'stopped', reason: event.reason });
      return { ...state, status: 'stopped', pending: [] };
    case 'acknowledge':
      if (state.status === 'stopped' || state.status === 'acknowledged') return state;
      scene.effects.push({ kind: 'acknowledged', userId: event.userId });
      return {
        ...state,
        status: 'acknowledged',
        pending: [],
        acknowledgedBy: event.userId,
        acknowledgedAtMs: scene.nowMs,
      };
    case 'escalate':
      if (state.status === 'stopped' || state.status === 'exhausted') return state;
      return leave({ ...state, status: 'paging', acknowledgedBy: null, acknowledgedAtMs: null }, scene);
    case 'tick':
      return tick(state, scene);
  }
}

function tick(state: EscalationState, scene: Scene): EscalationState {
  const { nowMs, policy, effects } = scene;
  if (state.status === 'acknowledged') return expire(state, scene);
  if (state.status !== 'paging') return state;
  const due = state.pending.filter(({ dueAtMs }) => dueAtMs <= nowMs);
  for (const { key, userId, channelId, reasons } of due)
    effects.push({ kind: 'page', key, userId, channelId, reasons });
  const rest = { ...state, pending: state.pending.filter(({ dueAtMs }) => dueAtMs > nowMs) };
  return nowMs >= state.enteredAtMs + waitMs(state, policy) ? leave(rest, scene) : rest;
}

/** An acknowledgement that led to nothing in time is none: everything begins anew. */
function expire(state: EscalationState, scene: Scene): EscalationState {
  const { acknowledgementExpiresMs } = scene.policy;
  const { acknowledgedAtMs, acknowledgedBy } = state;
  if (acknowledgementExpiresMs === null || acknowledgedAtMs === null || acknowledgedBy === null) return state;
  if (scene.nowMs < acknowledgedAtMs + acknowledgementExpiresMs) return state;
  scene.effects.push({
    kind: 'acknowledgement_expired',
    userId: acknowledgedBy,
    afterMs: acknowledgementExpiresMs,
  });
  const anew = { ...state, status: 'paging' as const, acknowledgedBy: null, acknowledgedAtMs: null };
  return enter({ ...anew, round: state.round + 1, roundsDone: 1 }, 0, scene);
}

function waitMs({ step }: EscalationState, { steps, lastResort }: Policy): number {
  return steps[step]?.acknowledgeWithinMs ?? lastResort.everyMs;
}

function wakeAt(state: EscalationState, policy: Policy): number | null {
  if (state.status === 'acknowledged')
    return policy.acknowledgementExpiresMs === null || state.acknowledgedAtMs === null
      ? null
      : state.acknowledgedAtMs + policy.acknowledgementExpiresMs;
  if (state.status !== 'paging') return null;
  return Math.min(state.enteredAtMs + waitMs(state, policy), ...state.pending.map(({ dueAtMs }) => dueAtMs));
}

/** Goes on to what comes after the present step. */
function leave(state: EscalationState, scene: Scene): EscalationState {
  const { steps, repeats } = scene.policy;
  if (state.step + 1 < steps.length) return enter(state, state.step + 1, scene);
  if (state.step < steps.length && state.roundsDone <= repeats)
    return enter({ ...state, round: state.round + 1, roundsDone: state.roundsDone + 1 }, 0, scene);
  return resort(state, scene);
}

/** Begins a step; one that reaches nobody is left at once. */
function enter(state: EscalationState, step: number, scene: Scene): EscalationState {
  const { policy, nowMs } = scene;
  const place = `${state.round}.${step + 1}`;
  const reason: PageReason = {
    code: 'step',
    subject: policy.id,
    values: { round: state.round, step: step + 1, steps: policy.steps.length },
  };
  const entered = { ...state, step, lastResorts: 0, enteredAtMs: nowMs };
  const reached = reach(policy.steps[step]?.targets ?? [], place, reason, scene);
  const next = { ...entered, pending: [...state.pending, ...reached.pending] };
  return reached.count > 0 ? next : leave(next, scene);
}

function resort(state: EscalationState, scene: Scene): EscalationState {
  const { policy, nowMs, effects } = scene;
  if (state.lastResorts >= LAST_RESORTS_MAX) {
    effects.push({ kind: 'exhausted', lastResorts: state.lastResorts });
    return { ...state, status: 'exhausted', pending: [] };
  }
  const lastResorts = state.lastResorts + 1;
  const reason: PageReason = { code: 'last_resort', subject: policy.id, values: { times: lastResorts } };
  const reached = reach(policy.lastResort.targets, `${state.round}.last.${lastResorts}`, reason, scene);
  const pending = [...state.pending, ...reached.pending];
  return { ...state, step: policy.steps.length, lastResorts, enteredAtMs: nowMs, pending };
}

/** Pages whom the targets lead to, each person once; returns how many there were and what comes later. */
function reach(
  targets: readonly Target[],
  place: string,
  because: PageReason,
  scene: Scene,
): { count: number; pending: readonly PendingPage[] } {
  const people = new Map<string, PageReason[]>();
  const pending: PendingPage[] = [];
  let count = 0;
  for (const target of targets) {
    const found = whomOf(target, scene);
    const reasons = [because, ...found.reasons];
    if (found.kind === 'channel') {
      count += 1;
      const key = `${place}/-/${found.channelId}`;
      scene.effects.push({ kind: 'page', key, userId: null, channelId: found.channelId, reasons });
    } else if (found.kind === 'nobody')
      scene.effects.push({ kind: 'nobody', key: `${place}/${found.name}`, reasons });
    else people.set(found.userId, people.get(found.userId) ?? reasons);
  }
  for (const [userId, reasons] of people) {
    count += 1;
    for (const { channelId, afterMs } of scene.view.rota.users.get(userId)?.contacts ?? []) {
      const key = `${place}/${userId}/${channelId}`;
      const own: PageReason = { code: 'contact', subject: channelId, values: { userId, afterMs } };
      const page = { key, userId, channelId, reasons: [...reasons, own] };
      if (afterMs === 0) scene.effects.push({ kind: 'page', ...page });
      else pending.push({ ...page, dueAtMs: scene.nowMs + afterMs });
    }
  }
  return { count, pending };
}

type Found =
  | { readonly kind: 'user'; readonly userId: string; readonly reasons: readonly PageReason[] }
  | { readonly kind: 'channel'; readonly channelId: string; readonly reasons: readonly PageReason[] }
  | { readonly kind: 'nobody'; readonly name: string; readonly reasons: readonly PageReason[] };

/** Whom a target means now. */
function whomOf(target: Target, { view, nowMs }: Scene): Found {
  const { rota } = view;
  const unknown = (name: string): Found => ({
    kind: 'nobody',
    name,
    reasons: [{ code: 'unknown_target', subject: name, values: {} }],
  });
  if (target.kind === 'channel') {
    const { channelId } = target;
    return { kind: 'channel', channelId, reasons: [{ code: 'named', subject: channelId, values: {} }] };
  }
  if (target.kind === 'user')
    return withContact(view, target.userId, [{ code: 'named', subject: target.userId, values: {} }]);
  const schedule = rota.schedules.get(target.scheduleId);
  if (schedule === undefined) return unknown(target.scheduleId);
  const { userId, reasons } = resolveDuty(view, schedule, nowMs);
  return userId === null
    ? { kind: 'nobody', name: schedule.id, reasons }
    : withContact(view, userId, reasons);
}

/** Somebody who cannot be reached is nobody. */
function withContact({ rota }: RotaView, userId: string, reasons: readonly PageReason[]): Found {
  const user = rota.users.get(userId);
  if (user === undefined)
    return {
      kind: 'nobody',
      name: userId,
      reasons: [...reasons, { code: 'unknown_target', subject: userId, values: {} }],
    };
  if (user.contacts.length === 0)
    return {
      kind: 'nobody',
      name: userId,
      reasons: [...reasons, { code: 'no_contact', subject: userId, values: {} }],
    };
  return { kind: 'user', userId, reasons };
}
