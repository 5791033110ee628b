// The last resort, decided purely: when hls.js gives up or nothing progresses, start the presentation again from
// another edge at the same position. Bounded, with growing pauses, and a sentence for people at the end.

/** Reloads within one bad spell: five, over about 15 s, outlast a fleet's restart. */
export const RELOADS_MAX = 5;
/** First pause between reloads; doubles each time, since hammering helps nobody. */
export const RELOAD_PAUSE_MS = 500;
/** With less buffer than this and no progress the picture is about to stop. */
export const BUFFER_LOW_MS = 1_000;
/** Silence with a low buffer after which a reload is due: longer than all tries of one request take. */
export const STUCK_AFTER_MS = 8_000;
/** Undisturbed playing after which the count starts again. */
export const WELL_AFTER_MS = 30_000;

export type RecoveryState = {
  readonly reloads: number;
  readonly progressAtMs: number;
  readonly reloadedAtMs: number;
  readonly hasGivenUp: boolean;
};

export type RecoveryEvent =
  | { readonly type: 'fatal'; readonly isMediaError: boolean; readonly details: string }
  /** Sampled a few times a second. */
  | {
      readonly type: 'sample';
      readonly bufferedMs: number;
      readonly hasProgressed: boolean;
      readonly isWaiting: boolean;
    }
  | { readonly type: 'retry' };

export type RecoveryEffect =
  | { readonly type: 'reload'; readonly afterMs: number; readonly why: string }
  | { readonly type: 'recover-media' }
  | { readonly type: 'give-up'; readonly message: string };

export type RecoveryStep = { readonly state: RecoveryState; readonly effects: readonly RecoveryEffect[] };

/** A player that has just started. */
export function initialRecovery(nowMs: number): RecoveryState {
  return { reloads: 0, progressAtMs: nowMs, reloadedAtMs: Number.NEGATIVE_INFINITY, hasGivenUp: false };
}

/** One step of the last resort. */
export function stepRecovery(state: RecoveryState, event: RecoveryEvent, nowMs: number): RecoveryStep {
  switch (event.type) {
    case 'retry':
      return reload({ ...state, reloads: 0, hasGivenUp: false }, 'the viewer asked', nowMs);
    case 'fatal':
      if (state.hasGivenUp) return { state, effects: [] };
      // The first media error is repaired in place; that keeps what is buffered on the network side.
      if (event.isMediaError && state.reloads === 0)
        return { state: { ...state, reloads: 1, progressAtMs: nowMs }, effects: [{ type: 'recover-media' }] };
      return reload(state, event.details, nowMs);
    case 'sample':
      return sample(state, event, nowMs);
  }
}

function sample(
  state: RecoveryState,
  event: Extract<RecoveryEvent, { type: 'sample' }>,
  nowMs: number,
): RecoveryStep {
  if (state.hasGivenUp) return { state, effects: [] };
  if (event.hasProgressed || !event.isWaiting || event.bufferedMs >= BUFFER_LOW_MS) {
    const isWell = event.hasProgressed && nowMs - state.reloadedAtMs > WELL_AFTER_MS;
    return { state: { ...state, progressAtMs: nowMs, reloads: isWell ? 0 : state.reloads }, effects: [] };
  }
  if (nowMs - state.progressAtMs < STUCK_AFTER_MS) return { state, effects: [] };
  return reload(state, 'nothing arrived', nowMs);
}

function reload(state: RecoveryState, why: string, nowMs: number): RecoveryStep {
  if (state.reloads >= RELOADS_MAX) {
    const message = 'The video cannot be reached from any region right now.';
    return { state: { ...state, hasGivenUp: true }, effects: [{ type: 'give-up', message }] };
  }
  const afterMs = state.reloads === 0 ? 0 : RELOAD_PAUSE_MS * 2 ** (state.reloads - 1);
  return {
    state: { ...state, reloads: state.reloads + 1, progressAtMs: nowMs + afterMs, reloadedAtMs: nowMs },
    effects: [{ type: 'reload', afterMs, why }],
  };
}
