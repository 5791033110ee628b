// Settings with which other players survive the loss of a Meridian region without a visible stall.
//
// Both know several addresses for one segment (HLS pathways, DASH service locations) but wait 10 to 20 s before they
// use the second with their defaults. Verified in Chromium against a killed, a stopped and a drained region
// (test/player/third-party-players.test.ts). The settings are plain data; Shaka needs the small filter below as well,
// since it bans a failed location by host name without its port, and retries each new request at the dead one first.

/** One try per further region and one more; each asks the next region at once. */
const SHAKA_RETRY = {
  maxAttempts: 4,
  // A retry goes to another region, so there is nobody to be gentle to.
  baseDelay: 20,
  backoffFactor: 1,
  fuzzFactor: 0,
  // A slow link may need long for a segment; silence is judged by the next two.
  timeout: 20_000,
  connectionTimeout: 1_000,
  stallTimeout: 1_000,
} as const;

/** For shaka-player 5.2: `player.configure(shakaSettings)`. */
export const shakaSettings = {
  manifest: { retryParameters: SHAKA_RETRY },
  streaming: {
    retryParameters: SHAKA_RETRY,
    bufferingGoal: 30,
    bufferBehind: 30,
    rebufferingGoal: 0.01,
  },
} as const;

/** For dash.js 5.2: `player.updateSettings(dashSettings)`. */
export const dashSettings = {
  streaming: {
    applyContentSteering: true,
    // dash.js has no limit for the first byte, only for a whole load: Meridian's segments hold two seconds, and one
    // that takes longer to load could not be played anyway.
    fragmentRequestTimeout: 2_000,
    manifestRequestTimeout: 3_000,
    // It repeats a request at the same address and leaves the location only afterwards: no repeats, then.
    retryAttempts: {
      MPD: 3,
      MediaSegment: 0,
      InitializationSegment: 0,
      BitstreamSwitchingSegment: 0,
      IndexSegment: 0,
    },
    retryIntervals: { MPD: 300, MediaSegment: 100, InitializationSegment: 100 },
    buffer: { bufferTimeDefault: 30, bufferTimeAtTopQuality: 30, bufferToKeep: 30 },
  },
} as const;

/** What the filter reads and writes of a Shaka request. */
export type ShakaRequest = { uris: string[]; readonly attempt: number };

/** How long a failed region is asked last. */
const AVOID_MS = 30_000;

/**
 * A request filter for Shaka that sends each try to the best region:
 * `player.getNetworkingEngine().registerRequestFilter(shakaFailover(edges, () => performance.now()))`, where `edges`
 * are the base addresses of `/player/edges.json`. Shaka's own (steered) choice holds unless that region has failed.
 */
export function shakaFailover(
  edgeBaseUrls: readonly string[],
  nowMs: () => number,
): (type: number, request: ShakaRequest) => void {
  const prefixes = edgeBaseUrls.map((base) => `${base.replace(/\/+$/, '')}/`);
  const avoidUntilMs = new Map<string, number>();
  const usedBy = new WeakMap<ShakaRequest, string>();
  return (_type, request) => {
    const wanted = request.uris[request.attempt % request.uris.length] ?? '';
    const prefix = prefixes.find((candidate) => wanted.startsWith(candidate));
    if (prefix === undefined) return;
    const failed = usedBy.get(request);
    if (request.attempt > 0 && failed !== undefined) avoidUntilMs.set(failed, nowMs() + AVOID_MS);
    const avoided = (candidate: string): number => Math.max(0, (avoidUntilMs.get(candidate) ?? 0) - nowMs());
    // The sort is stable: among regions that have not failed, the one that Shaka wants comes first.
    const others = prefixes.filter((candidate) => candidate !== prefix);
    const best = [prefix, ...others].sort((a, b) => avoided(a) - avoided(b))[0] ?? prefix;
    usedBy.set(request, best);
    const address = best + wanted.slice(prefix.length);
    request.uris = request.uris.map(() => address);
  };
}
