// Limits of live updates, each with its reason.

import type { UpdateTopic } from '#contract/update-topics.ts';

/** Rhythm of asking the database for revisions while anyone listens: people notice no second. */
export const UPDATES_TICK_MS = 1_000;
/** Streams at once: each holds a connection and some kilobytes; a large team has a few screens per head. */
export const STREAMS_MAX = 1_000;
/** Of one token: a whole team may share one, a loop that never closes its streams may not take all. */
export const STREAMS_PER_TOKEN_MAX = 64;
/** Proxies cut connections that are silent for a minute. */
export const HEARTBEAT_MS = 15_000;
/** Whoever takes nothing for so long is gone or hangs; it asks for everything when it comes back. */
export const SLOW_MS_MAX = 30_000;
/** A stream ends after this and is opened again, so that a token that was taken away hears no longer. */
export const STREAM_MS_MAX = 300_000;
/** What a browser waits before it opens the stream again. */
export const RETRY_MS = 2_000;
/** Least time between two notices of topics that change all the time: their readers ask for much. */
export const TOPIC_GAPS_MS: Readonly<Partial<Record<UpdateTopic, number>>> = {
  jobs: 2_000,
  assets: 2_000,
  slos: 5_000,
  traffic: 5_000,
};
