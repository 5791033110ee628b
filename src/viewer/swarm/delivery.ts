// One viewer's requests: which pathway each goes to, when a second one is tried, when steering is asked. A sans-I/O
// machine that joins the decisions of the real player (core/playback) as its router does; it decides nothing itself.

import { type AttemptVerdict, verdictOf } from '#core/playback/attempt-verdict.ts';
import {
  type FailoverState,
  type FailureReason,
  initialFailover,
  orderOf,
  stepFailover,
} from '#core/playback/failover.ts';
import { heldLimits, type RequestKind, requestLimits, withFirstByte } from '#core/playback/request-limits.ts';
import { type RaceEvent, type RaceStep, startRace, stepRace } from '#core/playback/request-race.ts';
import { readSteering } from '#core/playback/steering.ts';
import { initialRounds, type SteeringRounds, stepRounds } from '#core/playback/steering-rounds.ts';
import type { AnsweredRequest } from '#core/playback/viewing-events.ts';
import type { Addresses, Content } from './presentation.ts';

/** What one attempt of a flight has brought so far. */
type AttemptProgress = {
  readonly startedAtMs: number;
  readonly firstByteAtMs: number | undefined;
  readonly loadedBytes: number;
  readonly totalBytes: number;
  readonly content: Content;
};

export type Flight = {
  readonly id: number;
  readonly kind: RequestKind;
  readonly addresses: Addresses;
  readonly bufferedMs: number;
  readonly startedAtMs: number;
  readonly race: RaceStep;
  readonly attempts: readonly AttemptProgress[];
  readonly isSettled: boolean;
};

export type DeliveryState = {
  readonly failover: FailoverState;
  readonly flights: readonly Flight[];
  readonly usualFirstByteMs: number;
  readonly rounds: SteeringRounds;
  /** Number of the steering question under way; answers to older ones are ignored. */
  readonly question: number;
};

export type DeliveryEffect =
  | {
      readonly type: 'open';
      readonly id: number;
      readonly attempt: number;
      readonly pathwayId: string;
      readonly url: string;
      readonly kind: RequestKind;
    }
  | { readonly type: 'cancel'; readonly id: number; readonly attempt: number }
  | { readonly type: 'loaded'; readonly id: number; readonly result: Loaded }
  | { readonly type: 'gave-up'; readonly id: number; readonly reason: FailureReason }
  /** The shell answers with `round` and the addresses. */
  | { readonly type: 'round'; readonly url: string }
  | { readonly type: 'ask'; readonly question: number; readonly address: string }
  | { readonly type: 'cancel-ask'; readonly question: number }
  /** What the viewer tells of an attempt: it was answered as a whole, */
  | { readonly type: 'told-answer'; readonly request: AnsweredRequest }
  /** or it failed, or came too late. */
  | {
      readonly type: 'told-verdict';
      readonly url: string;
      readonly startedAtMs: number;
      readonly verdict: AttemptVerdict;
    }
  /** An attempt went wrong; what a request made of it comes apart. */
  | { readonly type: 'error'; readonly pathwayId: string; readonly reason: FailureReason };

export type Loaded = {
  readonly pathwayId: string;
  readonly url: string;
  readonly bytes: number;
  readonly startedAtMs: number;
  readonly firstByteAtMs: number;
  readonly content: Content;
};

export type DeliveryEvent =
  | {
      readonly type: 'request';
      readonly id: number;
      readonly kind: RequestKind;
      readonly addresses: Addresses;
      readonly bufferedMs: number;
      /** How long the server is expected to hold it: silence until then says nothing. */
      readonly heldMs?: number;
    }
  | { readonly type: 'abort'; readonly id: number }
  | {
      readonly type: 'heard';
      readonly id: number;
      readonly attempt: number;
      readonly loadedBytes: number;
      readonly totalBytes: number;
    }
  | {
      readonly type: 'done';
      readonly id: number;
      readonly attempt: number;
      readonly bytes: number;
      readonly content: Content;
    }
  | { readonly type: 'failed'; readonly id: number; readonly attempt: number; readonly reason: FailureReason }
  | { readonly type: 'known'; readonly pathwayIds: readonly string[]; readonly preferred: string }
  | { readonly type: 'steering'; readonly url: string }
  | { readonly type: 'round'; readonly addresses: readonly string[] }
  /** The answer to a steering question as JSON; undefined when there was none. */
  | { readonly type: 'answered'; readonly question: number; readonly url: string; readonly value: unknown }
  | { readonly type: 'wake' }
  | { readonly type: 'stop' };

type Draft = { state: DeliveryState; effects: DeliveryEffect[] };

export type DeliveryStep = {
  readonly state: DeliveryState;
  readonly effects: readonly DeliveryEffect[];
  readonly wakeAtMs: number;
};

/** A viewer who knows the pathways of a start. */
export function initialDelivery(
  pathwayIds: readonly string[],
  preferred: string,
  nowMs: number,
): DeliveryState {
  const { state: failover } = stepFailover(
    initialFailover(),
    { type: 'known', pathwayIds, preferred },
    nowMs,
  );
  return { failover, flights: [], usualFirstByteMs: 0, rounds: initialRounds(), question: 0 };
}

/** One step: the next state, what the shell must do, and when to wake the machine. */
export function stepDelivery(state: DeliveryState, event: DeliveryEvent, nowMs: number): DeliveryStep {
  const draft: Draft = { state, effects: [] };
  switch (event.type) {
    case 'request':
      request(draft, event, nowMs);
      break;
    case 'abort':
      race(draft, event.id, { type: 'abort' }, nowMs);
      break;
    case 'heard':
      hear(draft, event, nowMs);
      break;
    case 'done':
      note(draft, event.id, event.attempt, { loadedBytes: event.bytes, content: event.content });
      race(draft, event.id, { type: 'done', attempt: event.attempt }, nowMs);
      break;
    case 'failed':
      fail(draft, event, nowMs);
      break;
    case 'known':
      failover(draft, event, nowMs);
      break;
    case 'wake':
      for (const {
        id,
        race: { wakeAtMs },
      } of state.flights)
        if (nowMs >= wakeAtMs) race(draft, id, { type: 'wake' }, nowMs);
      rounds(draft, { type: 'wake' }, nowMs);
      break;
    case 'stop':
      for (const { id } of state.flights) race(draft, id, { type: 'abort' }, nowMs);
      rounds(draft, { type: 'stop' }, nowMs);
      break;
    default:
      steer(draft, event, nowMs);
  }
  return close(draft);
}

function close({ state, effects }: Draft): DeliveryStep {
  // A settled race lives on only while it watches a silent attempt.
  const flights = state.flights.filter((flight) => Number.isFinite(flight.race.wakeAtMs));
  const next = flights.length === state.flights.length ? state : { ...state, flights };
  const due = Math.min(state.rounds.dueAtMs, state.rounds.askUntilMs);
  const wakeAtMs = flights.reduce((soonest, flight) => Math.min(soonest, flight.race.wakeAtMs), due);
  return { state: next, effects, wakeAtMs };
}

function request(draft: Draft, event: Extract<DeliveryEvent, { type: 'request' }>, nowMs: number): void {
  const { id, kind, addresses } = event;
  const order = orderOf(draft.state.failover, nowMs).filter((pathwayId) => addresses.has(pathwayId));
  const candidates = [...new Set([...order, ...addresses.keys()])];
  const limits = heldLimits(
    requestLimits(kind, event.bufferedMs, draft.state.usualFirstByteMs),
    event.heldMs ?? 0,
  );
  const step = startRace(candidates, limits, nowMs);
  const { bufferedMs } = event;
  const flight = {
    id,
    kind,
    addresses,
    bufferedMs,
    startedAtMs: nowMs,
    race: step,
    attempts: [],
    isSettled: false,
  };
  draft.state = { ...draft.state, flights: [...draft.state.flights, flight] };
  perform(draft, id, step, 'wake', nowMs);
}

function flightOf(draft: Draft, id: number): Flight | undefined {
  return draft.state.flights.find((flight) => flight.id === id);
}

function change(draft: Draft, id: number, update: (flight: Flight) => Flight): void {
  const flights = draft.state.flights.map((flight) => (flight.id === id ? update(flight) : flight));
  draft.state = { ...draft.state, flights };
}

function note(draft: Draft, id: number, attempt: number, progress: Partial<AttemptProgress>): void {
  change(draft, id, (flight) => ({
    ...flight,
    attempts: flight.attempts.map((known, index) => (index === attempt ? { ...known, ...progress } : known)),
  }));
}

function race(draft: Draft, id: number, event: RaceEvent, nowMs: number): void {
  const flight = flightOf(draft, id);
  if (flight !== undefined) perform(draft, id, stepRace(flight.race.state, event, nowMs), event.type, nowMs);
}

/** Turns a race's effects into requests and reports. */
function perform(draft: Draft, id: number, step: RaceStep, cause: RaceEvent['type'], nowMs: number): void {
  change(draft, id, (flight) => ({ ...flight, race: step }));
  for (const effect of step.effects) {
    const flight = flightOf(draft, id);
    if (flight === undefined) return;
    judge(draft, flight, verdictOf(effect, step.state, cause, nowMs));
    if (effect.type === 'open') open(draft, flight, effect.candidate, nowMs);
    else if (effect.type === 'cancel') draft.effects.push({ type: 'cancel', id, attempt: effect.attempt });
    else if (effect.type === 'report-late')
      failover(draft, { type: 'late', pathwayId: effect.candidate }, nowMs);
    else if (effect.type === 'report-answered') {
      if (flight.kind === 'media') {
        const usualFirstByteMs = withFirstByte(draft.state.usualFirstByteMs, effect.firstByteMs);
        draft.state = { ...draft.state, usualFirstByteMs };
      }
      failover(draft, { type: 'answered', pathwayId: effect.candidate }, nowMs);
    } else if (effect.type === 'report-failed') {
      draft.effects.push({ type: 'error', pathwayId: effect.candidate, reason: effect.reason });
      failover(draft, { type: 'failed', pathwayId: effect.candidate, reason: effect.reason }, nowMs);
    } else if (effect.type === 'fail') {
      change(draft, id, (settled) => ({ ...settled, isSettled: true }));
      draft.effects.push({ type: 'gave-up', id, reason: effect.reason });
    } else succeed(draft, flight, effect.attempt, nowMs);
  }
}

function judge(draft: Draft, flight: Flight, verdict: AttemptVerdict | undefined): void {
  const attempt = verdict === undefined ? undefined : flight.race.state.attempts[verdict.attempt];
  if (verdict === undefined || attempt === undefined) return;
  const url = flight.addresses.get(attempt.candidate) ?? '';
  draft.effects.push({ type: 'told-verdict', url, startedAtMs: attempt.startedAtMs, verdict });
}

function open(draft: Draft, { id, kind, addresses }: Flight, pathwayId: string, nowMs: number): void {
  const begun = {
    startedAtMs: nowMs,
    firstByteAtMs: undefined,
    loadedBytes: 0,
    totalBytes: 0,
    content: undefined,
  };
  const attempt = flightOf(draft, id)?.attempts.length ?? 0;
  change(draft, id, (flight) => ({ ...flight, attempts: [...flight.attempts, begun] }));
  const url = addresses.get(pathwayId) ?? '';
  draft.effects.push({ type: 'open', id, attempt, pathwayId, url, kind });
}

function succeed(draft: Draft, flight: Flight, attempt: number, nowMs: number): void {
  const progress = flight.attempts[attempt];
  const pathwayId = flight.race.state.attempts[attempt]?.candidate ?? '';
  change(draft, flight.id, (settled) => ({ ...settled, isSettled: true }));
  if (progress === undefined) return;
  draft.effects.push({
    type: 'told-answer',
    request: {
      url: flight.addresses.get(pathwayId) ?? '',
      startedAtMs: progress.startedAtMs,
      firstByteMs: (progress.firstByteAtMs ?? nowMs) - progress.startedAtMs,
      lastByteMs: nowMs - progress.startedAtMs,
      deadlineMs: flight.kind === 'media' ? flight.bufferedMs : undefined,
    },
  });
  draft.effects.push({
    type: 'loaded',
    id: flight.id,
    result: {
      pathwayId,
      url: flight.addresses.get(pathwayId) ?? '',
      bytes: progress.loadedBytes,
      startedAtMs: progress.startedAtMs,
      firstByteAtMs: progress.firstByteAtMs ?? nowMs,
      content: progress.content,
    },
  });
}

function hear(draft: Draft, event: Extract<DeliveryEvent, { type: 'heard' }>, nowMs: number): void {
  const progress = flightOf(draft, event.id)?.attempts[event.attempt];
  if (progress === undefined) return;
  note(draft, event.id, event.attempt, {
    firstByteAtMs: progress.firstByteAtMs ?? nowMs,
    loadedBytes: event.loadedBytes,
    totalBytes: event.totalBytes,
  });
  race(draft, event.id, { type: 'heard', attempt: event.attempt }, nowMs);
}

function fail(draft: Draft, event: Extract<DeliveryEvent, { type: 'failed' }>, nowMs: number): void {
  const { id, attempt, reason } = event;
  race(draft, id, { type: 'failed', attempt, reason }, nowMs);
}

/** Tells the failover machine; races in flight learn of a lost pathway, and steering is asked sooner. */
function failover(draft: Draft, event: Parameters<typeof stepFailover>[1], nowMs: number): void {
  const step = stepFailover(draft.state.failover, event, nowMs);
  draft.state = { ...draft.state, failover: step.state };
  for (const effect of step.effects) {
    if (effect.type === 'lost') {
      for (const { id } of draft.state.flights)
        race(draft, id, { type: 'lost', candidate: effect.pathwayId }, nowMs);
    } else if (effect.switch.reason.code !== 'steering' && effect.switch.reason.code !== 'start')
      rounds(draft, { type: 'hurry' }, nowMs);
  }
}

function steer(
  draft: Draft,
  event: Extract<DeliveryEvent, { type: 'steering' | 'round' | 'answered' }>,
  nowMs: number,
): void {
  if (event.type === 'steering') rounds(draft, { type: 'start', url: event.url }, nowMs);
  else if (event.type === 'round') rounds(draft, { type: 'addresses', addresses: event.addresses }, nowMs);
  else if (event.question === draft.state.question)
    rounds(draft, { type: 'answered', answer: readSteering(event.value, event.url) }, nowMs);
}

function rounds(draft: Draft, event: Parameters<typeof stepRounds>[1], nowMs: number): void {
  const step = stepRounds(draft.state.rounds, event, nowMs);
  draft.state = { ...draft.state, rounds: step.state };
  for (const effect of step.effects) {
    const { question } = draft.state;
    if (effect.type === 'cancel') draft.effects.push({ type: 'cancel-ask', question });
    else if (effect.type === 'round') draft.effects.push(effect);
    else if (effect.type === 'ask') {
      draft.state = { ...draft.state, question: question + 1 };
      draft.effects.push({ type: 'ask', question: question + 1, address: effect.address });
    } else failover(draft, { type: 'steered', priority: effect.answer.priority }, nowMs);
  }
}
