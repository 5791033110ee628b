// Decides when the edges are asked which pathway to use: a sans-I/O machine. Every round tries the edge that steering
// named and then all others; an error never ends it. What is asked, and how answers are read, is in steering.ts.

import { type SteeringAnswer, TTL_DEFAULT_MS } from './steering.ts';

/** An edge that has not answered within a second is dead for this purpose; there are others. */
export const ASK_MAX_MS = 1_000;
/** A round that nobody answered is repeated sooner than a TTL. */
export const ROUND_RETRY_MS = 3_000;
/** Rounds asked for out of turn, after a failure, come no closer together than this. */
export const HURRY_MIN_MS = 1_000;

export type SteeringRounds = {
  /** Where the next round begins; undefined until steering is announced. */
  readonly url: string | undefined;
  readonly ttlMs: number;
  readonly askedAtMs: number;
  /** When the next round begins; infinity while one is under way that will decide it. */
  readonly dueAtMs: number;
  readonly asking: readonly string[];
  readonly askUntilMs: number;
};

export type RoundsEvent =
  | { readonly type: 'start'; readonly url: string }
  /** Ask again soon, since a pathway has just failed. */
  | { readonly type: 'hurry' }
  /** Addresses of the round that the effect `round` asked for, in order. */
  | { readonly type: 'addresses'; readonly addresses: readonly string[] }
  /** The answer to the last `ask`; undefined when it failed or was no steering manifest. */
  | { readonly type: 'answered'; readonly answer: SteeringAnswer | undefined }
  | { readonly type: 'wake' }
  | { readonly type: 'stop' };

export type RoundsEffect =
  /** Answer with `addresses` for this steering address at once. */
  | { readonly type: 'round'; readonly url: string }
  | { readonly type: 'ask'; readonly address: string }
  /** Forget the last `ask`. */
  | { readonly type: 'cancel' }
  | { readonly type: 'steered'; readonly answer: SteeringAnswer };

export type RoundsStep = {
  readonly state: SteeringRounds;
  readonly effects: readonly RoundsEffect[];
  readonly wakeAtMs: number;
};

/** The machine at rest. */
export function initialRounds(): SteeringRounds {
  return {
    url: undefined,
    ttlMs: TTL_DEFAULT_MS,
    askedAtMs: Number.NEGATIVE_INFINITY,
    dueAtMs: Number.POSITIVE_INFINITY,
    asking: [],
    askUntilMs: Number.POSITIVE_INFINITY,
  };
}

/** One step: the next state, what the shell must do, and when to wake the machine. */
export function stepRounds(state: SteeringRounds, event: RoundsEvent, nowMs: number): RoundsStep {
  switch (event.type) {
    case 'start':
      return close({ ...state, url: event.url, dueAtMs: nowMs });
    case 'hurry':
      if (state.url === undefined) return close(state);
      return close({ ...state, dueAtMs: Math.max(nowMs, state.askedAtMs + HURRY_MIN_MS) });
    case 'addresses':
      return ask({ ...state, asking: event.addresses }, nowMs, []);
    case 'answered':
      return answered(state, event.answer, nowMs);
    case 'wake':
      return wake(state, nowMs);
    case 'stop':
      return close(initialRounds(), cancelOf(state));
  }
}

function close(state: SteeringRounds, effects: readonly RoundsEffect[] = []): RoundsStep {
  return { state, effects, wakeAtMs: Math.min(state.dueAtMs, state.askUntilMs) };
}

function cancelOf(state: SteeringRounds): readonly RoundsEffect[] {
  return state.asking.length > 0 ? [{ type: 'cancel' }] : [];
}

function wake(state: SteeringRounds, nowMs: number): RoundsStep {
  if (state.url !== undefined && nowMs >= state.dueAtMs) {
    const begun = {
      ...state,
      askedAtMs: nowMs,
      dueAtMs: Number.POSITIVE_INFINITY,
      asking: [],
      askUntilMs: Number.POSITIVE_INFINITY,
    };
    return close(begun, [...cancelOf(state), { type: 'round', url: state.url }]);
  }
  if (nowMs < state.askUntilMs) return close(state);
  return ask({ ...state, asking: state.asking.slice(1) }, nowMs, [{ type: 'cancel' }]);
}

function answered(state: SteeringRounds, answer: SteeringAnswer | undefined, nowMs: number): RoundsStep {
  if (state.asking.length === 0) return close(state);
  if (answer === undefined) return ask({ ...state, asking: state.asking.slice(1) }, nowMs, []);
  const next = {
    ...state,
    url: answer.reloadUrl ?? state.url,
    ttlMs: answer.ttlMs,
    asking: [],
    askUntilMs: Number.POSITIVE_INFINITY,
    dueAtMs: nowMs + answer.ttlMs,
  };
  return close(next, [{ type: 'steered', answer }]);
}

/** Asks the first address that is left; without any the round has failed. */
function ask(state: SteeringRounds, nowMs: number, before: readonly RoundsEffect[]): RoundsStep {
  const address = state.asking[0];
  if (address === undefined) {
    const dueAtMs = Math.min(state.dueAtMs, nowMs + Math.min(state.ttlMs, ROUND_RETRY_MS));
    return close({ ...state, askUntilMs: Number.POSITIVE_INFINITY, dueAtMs }, before);
  }
  return close({ ...state, askUntilMs: nowMs + ASK_MAX_MS }, [...before, { type: 'ask', address }]);
}
