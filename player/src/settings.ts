// hls.js settings of Meridian's player, with the reason beside each number.

import type { HlsConfig, LoaderResponse, LoadPolicy, RetryConfig } from 'hls.js';
import { STALL_SETS_BACK_MS } from '../../src/core/playback/catch-up.ts';

/** Bytes asked again after every pathway failed: a train tunnel lasts longer than a region's failover. */
const RETRIES_MAX = 8;
/** Statuses that another try will not change, once every pathway has said the same. */
const FINAL_STATUSES: readonly (number | undefined)[] = [400, 401, 403, 410, 451];

function shouldRetry(
  policy: RetryConfig | null | undefined,
  retryCount: number,
  _isTimeout: boolean,
  response: LoaderResponse | undefined,
): boolean {
  return (
    policy !== null &&
    policy !== undefined &&
    retryCount < policy.maxNumRetry &&
    !FINAL_STATUSES.includes(response?.code)
  );
}

/**
 * One policy for everything: the loader below hls.js judges silence and tries every pathway itself, so that an error
 * up here means that all of them failed, and hls.js's own timers (which know one pathway) must stay out of the way.
 */
function policy(retries: number): LoadPolicy {
  const retry: RetryConfig = { maxNumRetry: retries, retryDelayMs: 250, maxRetryDelayMs: 4_000, shouldRetry };
  return {
    default: { maxTimeToFirstByteMs: 60_000, maxLoadTimeMs: 60_000, timeoutRetry: retry, errorRetry: retry },
  };
}

export type SettingsInput = {
  /** A broadcast: it starts at its live edge, whatever `startPositionSeconds` says. */
  readonly isLive: boolean;
  readonly startPositionSeconds: number;
  readonly throughputBps: number;
  readonly sessionId: string;
  readonly contentId: string | undefined;
  readonly hasCmcd: boolean;
  /** Where CMCD events are posted; none by default. */
  readonly cmcdEventUrl: string | undefined;
};

/** Settings for one hls.js instance, without its loader. */
export function hlsSettings(input: SettingsInput): Partial<HlsConfig> {
  return {
    startPosition: input.isLive ? -1 : input.startPositionSeconds,
    // keep-latency.ts sets the rate.
    ...(input.isLive
      ? {
          lowLatencyMode: true,
          maxLiveSyncPlaybackRate: 1,
          liveSyncOnStallIncrease: STALL_SETS_BACK_MS / 1_000,
        }
      : {}),
    // The first segment is asked for before the media element is attached.
    startFragPrefetch: true,
    // A bitrate test would load one segment twice; the estimate below starts well enough.
    testBandwidth: false,
    abrEwmaDefaultEstimate: input.throughputBps,
    abrEwmaDefaultEstimateMax: 20_000_000,
    capLevelToPlayerSize: true,
    // 30 s outlast any failover and stay cheap for a viewer who leaves; both ends bound memory.
    maxBufferLength: 30,
    maxMaxBufferLength: 60,
    backBufferLength: 30,
    // A level that failed on all pathways may be tried again after ten seconds.
    errorPenaltyExpireMs: 10_000,
    manifestLoadPolicy: policy(2),
    playlistLoadPolicy: policy(RETRIES_MAX),
    fragLoadPolicy: policy(RETRIES_MAX),
    keyLoadPolicy: policy(RETRIES_MAX),
    ...(input.hasCmcd ? { cmcd: cmcdSettings(input) } : {}),
  };
}

function cmcdSettings(input: SettingsInput): NonNullable<HlsConfig['cmcd']> {
  return {
    version: 2,
    sessionId: input.sessionId,
    ...(input.contentId === undefined ? {} : { contentId: input.contentId }),
    // Headers would cost a CORS preflight per segment.
    useHeaders: false,
    ...(input.cmcdEventUrl === undefined
      ? {}
      : {
          eventTargets: [
            { url: input.cmcdEventUrl, events: ['ps', 't', 'e', 'bc'], interval: 10, batchSize: 5 },
          ],
        }),
  };
}

const THROUGHPUT_KEY = 'meridian-throughput';
/** A start below what most connections carry looks bad; one above it stalls. */
const THROUGHPUT_DEFAULT_BPS = 3_000_000;
const THROUGHPUT_MIN_BPS = 400_000;
/** Above this no rung needs more, and a wrong memory costs a second try. */
const THROUGHPUT_MAX_BPS = 12_000_000;

/** What this viewer's connection carried last time, else what the browser thinks, else a middling guess. */
export function rememberedThroughput(): number {
  try {
    const stored = Number(localStorage.getItem(THROUGHPUT_KEY));
    if (stored > 0) return clampThroughput(stored * 0.8);
  } catch {
    // Storage may be forbidden in an iframe.
  }
  const connection: unknown = Reflect.get(navigator, 'connection');
  if (typeof connection === 'object' && connection !== null && 'downlink' in connection) {
    const megabits = Number(connection.downlink);
    if (megabits > 0) return clampThroughput(megabits * 700_000);
  }
  return THROUGHPUT_DEFAULT_BPS;
}

/** Keeps what was measured for the next start. */
export function rememberThroughput(bitsPerSecond: number): void {
  try {
    localStorage.setItem(THROUGHPUT_KEY, String(Math.round(bitsPerSecond)));
  } catch {
    // See above.
  }
}

function clampThroughput(bitsPerSecond: number): number {
  return Math.min(THROUGHPUT_MAX_BPS, Math.max(THROUGHPUT_MIN_BPS, bitsPerSecond));
}
