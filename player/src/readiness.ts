// Waits until an asset can be played: asks status.json beside its playlist, often at first, through the router, so
// that a dead own region is noticed here already and costs the start nothing later.

import type { RoutedRequest } from './router.ts';

export type AssetStatus = {
  readonly state:
    | 'unknown'
    | 'processing'
    | 'growing'
    | 'complete'
    | 'failed'
    | 'deleted'
    // Of broadcasts:
    | 'waiting'
    | 'on_air'
    | 'interrupted'
    | 'ended';
  readonly isPlayable: boolean;
  /** Why processing failed, as a sentence. */
  readonly failure: string | undefined;
};

const STATES: readonly AssetStatus['state'][] = [
  'unknown',
  'processing',
  'growing',
  'complete',
  'failed',
  'deleted',
  'waiting',
  'on_air',
  'interrupted',
  'ended',
];

/** Reads status.json; undefined when it is not one. */
export function readStatus(text: string): AssetStatus | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('state' in value)) return undefined;
  const state = STATES.find((known) => known === value.state);
  if (state === undefined) return undefined;
  const failure = 'failure' in value && typeof value.failure === 'string' ? value.failure : undefined;
  return { state, isPlayable: 'isPlayable' in value && value.isPlayable === true, failure };
}

/**
 * A clip is usually playable within seconds of its upload, so it is asked closely after each change of state; then it
 * may take long. Edges answer from memory, and ask their origin once however many viewers wait.
 */
export function pollDelayMs(waitedMs: number): number {
  if (waitedMs < 10_000) return 100;
  if (waitedMs < 30_000) return 250;
  return waitedMs < 300_000 ? 1_000 : 5_000;
}

/** People open the address while the upload still runs; a longer wait would only hide a wrong one. */
const APPEARS_WITHIN_MS = 20_000;

/** What an edge answers once a video is deleted. */
const GONE = 410;
const DELETED: AssetStatus = { state: 'deleted', isPlayable: false, failure: undefined };

export type ReadinessOptions = {
  readonly url: string;
  readonly request: (request: RoutedRequest) => () => void;
  readonly onStatus: (status: AssetStatus) => void;
  readonly onPlayable: () => void;
};

/** Starts asking; the function returned ends it. */
export function waitUntilPlayable(options: ReadinessOptions): () => void {
  const startedAtMs = performance.now();
  let changedAtMs = startedAtMs;
  let known: AssetStatus['state'] = 'unknown';
  let timer: ReturnType<typeof setTimeout> | undefined;
  let abort: (() => void) | undefined;

  /**
   * A refusal is final; so is an absence, but the record of an upload that has just ended may be on its way. Anything
   * else passes: an edge that cannot reach an origin now will.
   */
  const isFinal = (status: number): boolean =>
    [401, 403].includes(status) || (status === 404 && performance.now() - startedAtMs >= APPEARS_WITHIN_MS);
  const again = (): void => {
    timer = setTimeout(ask, pollDelayMs(performance.now() - changedAtMs));
  };
  const ask = (): void => {
    abort = options.request({
      url: options.url,
      kind: 'manifest',
      headers: {},
      onFailed: (reason) => {
        // An edge that serves the playlist but no status is fine; one that refuses will refuse the playlist too.
        if (reason.code === 'status' && reason.status === GONE) options.onStatus(DELETED);
        else if (reason.code === 'status' && isFinal(reason.status)) options.onPlayable();
        else again();
      },
      onDone: (result) => {
        const status = readStatus(new TextDecoder().decode(result.bytes));
        if (status !== undefined && status.state !== known) {
          known = status.state;
          changedAtMs = performance.now();
        }
        if (status !== undefined) options.onStatus(status);
        if (status === undefined || status.isPlayable) options.onPlayable();
        else if (status.state !== 'failed' && status.state !== 'deleted') again();
      },
    });
  };
  ask();
  return () => {
    clearTimeout(timer);
    abort?.();
  };
}
