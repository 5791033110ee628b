// Limits and rhythms of the agent, each with its reason.

import { SNAPSHOT_BYTES_MAX, TELEMETRY_REPORT_BYTES_MAX } from '#contract/limits.ts';

/** Rhythm while the node has no snapshot at all: it serves nobody yet, and its first start should be quick. */
export const FIRST_BEAT_MS = 250;
/** A beat crosses the world once and is answered from memory; what takes longer counts as away. */
export const BEAT_TIMEOUT_MS = 4_000;
/** A join writes to the database. */
export const JOIN_TIMEOUT_MS = 10_000;
/** A signed snapshot travels inside JSON, whose escapes can double it. */
export const SIGNED_SNAPSHOT_BYTES_MAX = 2 * SNAPSHOT_BYTES_MAX + 65_536;
/** One lost beat happens; after two in a row peers are asked. */
export const BEATS_FAILED_UNTIL_AWAY = 2;
/** Peers asked per beat while control is away: constant work, and news spreads in a few beats anyway. */
export const PEERS_ASKED_PER_BEAT = 2;
export const PEER_TIMEOUT_MS = 3_000;
/** Two failed probes tell of a dead site within 2.5 s, below the buffer of a player. */
export const PROBE_INTERVAL_MS = 500;
/** Four times the longest round trip between regions, with the handshake. */
export const PROBE_TIMEOUT_MS = 1_000;
/** Probes in flight; with a timeout of 1 s this keeps 64 sites at the full rhythm even when half are silent. */
export const PROBES_AT_ONCE = 64;
/** As many as a beat may report. */
export const PROBED_SITES_MAX = 256;
/** A probe's answer has no body; this is what is read of one that has, to keep its connection. */
export const PROBE_BODY_BYTES_MAX = 4_096;

/** A request for the list of broadcasts is held open this long; below common idle timeouts of proxies. */
export const BROADCASTS_WAIT_MS = 20_000;
/** Beyond the wait: control reads one table when it has just started. */
export const BROADCASTS_TIMEOUT_MS = 5_000;
/** A thousand records of about 1.5 kB, with room to spare. */
export const BROADCASTS_BYTES_MAX = 8 << 20;
/** Control is asked again a beat after it did not answer. */
export const BROADCASTS_RETRY_MS = 2_000;
/** As many as control takes in one body; a node has a few channels. */
export const LIVE_REPORTS_MAX = 1_000;
/** A slice is reported so long after its end, when the events of its last moment are in. */
export const TELEMETRY_SETTLE_MS = 150;
/** A report is one transaction at control. */
export const TELEMETRY_ANSWER_MS_MAX = 5_000;
/** First and longest pause between attempts to tell control. */
export const TELEMETRY_RETRY_MS_MIN = 250;
export const TELEMETRY_RETRY_MS_MAX = 4_000;
/** Reports kept while control is away: some hours of a busy edge, days of a quiet node. */
export const TELEMETRY_BYTES_MAX_DEFAULT = 64_000_000;
/** Viewings in one report: half of what control takes, so that there is always room for the series. */
export const TELEMETRY_VIEWINGS_BYTES_MAX = TELEMETRY_REPORT_BYTES_MAX / 2;
/** A node that is to restart stays so long after players were told to leave: the segment that they are in. */
export const RESTART_SEGMENT_MS = 4_000;
/** Until control has heard that it is not ready and edges have the plan without it: a beat, a plan and a wave. */
export const RESTART_TOLD_MS = 5_000;
