// Limits and rhythms of the agent, each with its reason.

import { SNAPSHOT_BYTES_MAX } from '#contract/limits.ts';

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
