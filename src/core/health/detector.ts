// Failure detector for one target, fed with what happened to requests: a circuit that opens after some failures in
// a row, lets single trials through after a growing pause, and closes with the first that succeeds. It also keeps
// the recent latency (EWMA), for choosing among targets that work.
//
// Consecutive failures rather than a rate: a dead site fails every request, so two in a row tell soonest, and what
// loses single requests goes on being used. Pauses double up to a limit; their owner adds jitter by when it asks.
// Source: Nygard, "Release It!", circuit breaker.

export interface HealthPolicy {
  /** Failures in a row that open the circuit. */
  readonly failuresToOpen: number;
  /** First pause before a trial; doubles with each failed trial. */
  readonly pauseMsMin: number;
  readonly pauseMsMax: number;
  /** A trial without an outcome after this long counts for nothing, so that a lost one cannot block the circuit. */
  readonly trialMsMax: number;
  /** Weight of the newest latency in the average. */
  readonly latencyWeight: number;
}

/** Two failures: one may be a closed keep-alive connection. Pauses end at 5 s, so that a healed target is used soon. */
export const DEFAULT_HEALTH_POLICY: HealthPolicy = {
  failuresToOpen: 2,
  pauseMsMin: 250,
  pauseMsMax: 5_000,
  trialMsMax: 5_000,
  latencyWeight: 0.3,
};

export interface HealthState {
  readonly circuit: 'closed' | 'open' | 'half_open';
  /** Failures in a row; 0 when the last outcome was a success. */
  readonly failures: number;
  /** Recent latency, or null before the first success. */
  readonly latencyMs: number | null;
  /** Failed trials since the circuit opened. */
  readonly trials: number;
  /** When an open circuit lets a trial through, or a half-open one gives its trial up. */
  readonly wakeAtMs: number;
  readonly changedAtMs: number;
}

export type HealthEvent =
  | { readonly kind: 'success'; readonly latencyMs: number }
  | { readonly kind: 'failure' }
  /** A request is about to be sent because `mayTry` allowed it. */
  | { readonly kind: 'attempt' };

export interface HealthStep {
  readonly state: HealthState;
  readonly change: 'opened' | 'closed' | null;
}

/** The state of a target of which nothing is known: it is tried. */
export const UNKNOWN_HEALTH: HealthState = {
  circuit: 'closed',
  failures: 0,
  latencyMs: null,
  trials: 0,
  wakeAtMs: 0,
  changedAtMs: 0,
};

/** Whether a request may be sent now. */
export function mayTry(state: HealthState, nowMs: number): boolean {
  return state.circuit === 'closed' || nowMs >= state.wakeAtMs;
}

/** Takes in one event. */
export function step(
  state: HealthState,
  event: HealthEvent,
  nowMs: number,
  policy: HealthPolicy = DEFAULT_HEALTH_POLICY,
): HealthStep {
  switch (event.kind) {
    case 'attempt':
      if (state.circuit === 'closed' || !mayTry(state, nowMs)) return { state, change: null };
      return {
        state: { ...state, circuit: 'half_open', wakeAtMs: nowMs + policy.trialMsMax },
        change: null,
      };
    case 'success':
      return succeed(state, event.latencyMs, nowMs, policy);
    case 'failure':
      return fail(state, nowMs, policy);
  }
}

function succeed(state: HealthState, latencyMs: number, nowMs: number, policy: HealthPolicy): HealthStep {
  const isChange = state.circuit !== 'closed';
  // After a failure the old latency describes another state of the target.
  const average =
    state.latencyMs === null || isChange
      ? latencyMs
      : state.latencyMs + (latencyMs - state.latencyMs) * policy.latencyWeight;
  return {
    state: {
      circuit: 'closed',
      failures: 0,
      latencyMs: average,
      trials: 0,
      wakeAtMs: 0,
      changedAtMs: isChange ? nowMs : state.changedAtMs,
    },
    change: isChange ? 'closed' : null,
  };
}

function fail(state: HealthState, nowMs: number, policy: HealthPolicy): HealthStep {
  const failures = state.failures + 1;
  if (state.circuit === 'closed' && failures < policy.failuresToOpen)
    return { state: { ...state, failures }, change: null };
  // Requests sent before the circuit opened fail late; only a trial's failure lengthens the pause.
  if (state.circuit === 'open') return { state: { ...state, failures }, change: null };
  const trials = state.circuit === 'half_open' ? state.trials + 1 : 0;
  const pauseMs = Math.min(policy.pauseMsMax, policy.pauseMsMin * 2 ** Math.min(trials, 30));
  const isChange = state.circuit === 'closed';
  return {
    state: {
      ...state,
      circuit: 'open',
      failures,
      trials,
      wakeAtMs: nowMs + pauseMs,
      changedAtMs: isChange ? nowMs : state.changedAtMs,
    },
    change: isChange ? 'opened' : null,
  };
}
