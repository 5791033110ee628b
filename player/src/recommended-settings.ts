// Settings with which other players survive the loss of a Meridian region without a visible stall.
//
// Both know several addresses for one segment (HLS pathways, DASH service locations) but wait 10 to 20 s before they
// use the second with their defaults. Verified in Chromium against a killed, a stopped and a drained region
// (test/player/third-party-players.test.ts). Plain data: copy it, or pass it on as it is.

/** One retry per further pathway and one more; each asks the next address at once. */
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
    // The whole load, for slow links; the next one judges silence.
    fragmentRequestTimeout: 10_000,
    fragmentRequestProgressTimeout: 1_000,
    manifestRequestTimeout: 3_000,
    // dash.js repeats a request at the same address and blacklists it only afterwards: no repeats, then.
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
