// Limits of live ingest, each with its reason (laws 8 and 9).

/** From the connection to the wish to publish: two round trips around the world and a slow laptop take two seconds. */
export const HANDSHAKE_MS_MAX = 10_000;
/** Answers that a publisher has not read: honest ones take some hundred bytes, a flood of pings has them pile up. */
export const OUTGOING_BYTES_MAX = 64 << 10;
/** No media for so long: the publisher is gone, though its connection may not know it yet. */
export const IDLE_MS_MAX = 15_000;
/** Silent for so long, a publisher gives way to another one even where a second one is refused: it is that one, come back. */
export const SILENT_MS_MAX = 3_000;
/** Contribution of 2160p60 needs about 40 Mbit/s; more is a mistake that would crowd out others. */
export const BITRATE_BPS_MAX = 50_000_000;
/** Over which the bit rate counts: a key frame and the burst after a stall fit in. */
export const BITRATE_WINDOW_MS = 5_000;
/** A publisher that sends a file as fast as it can is no live publisher; its media would lie in the future. */
export const AHEAD_MS_MAX = 10_000;
/** Connections of one address: a studio behind one address has some encoders. */
export const CONNECTIONS_PER_ADDRESS_MAX = 16;
/** Connections of one node, those that have not shown a key included; each may hold 10 MiB of unfinished messages. */
export const CONNECTIONS_MAX = 128;
/** Publishers of one node, times BUFFER_BYTES_MAX: a gigabyte at the very worst, a tenth of it with usual feeds. */
export const PUBLISHERS_MAX = 32;
/** What is kept for readers that break off: more than eight seconds at 30 Mbit/s. */
export const BUFFER_BYTES_MAX = 32 << 20;
/** A channel that reconnects is back within a second or two, one that is made anew within five. */
export const BUFFER_MS = 8_000;
/** Whatever key frames there are, what is older is of no use to live media. */
export const BUFFER_MS_MAX = 60_000;
/** Packets kept until a timeline is found or minted: three seconds at BITRATE_BPS_MAX. */
export const OPENING_BYTES_MAX = 20 << 20;
/** Readers of one broadcast: its channels, four at most, each with an old and a new connection, and some to look. */
export const READERS_MAX = 16;
/** Silence of a link that is longer than this means that it is gone; readers wait for a few of them. */
export const HEARTBEAT_MS = 500;
/**
 * How long other ingests may take to tell of a timeline, or to keep one: a connection and a request at 180 ms round trip,
 * with some room. It delays the beginning of a broadcast only, and only when one of them is away.
 */
export const PEER_ANSWER_MS_MAX = 600;
/** How often a timeline is offered again to an ingest that was away. */
export const PUSH_AGAIN_MS = 2_000;
/** Offers to one ingest; one that is away for longer asks itself when a publisher comes. */
export const PUSHES_MAX = 150;
/** A list of broadcasts is a beat old at worst, two when control was busy. */
export const UNKNOWN_BROADCAST_WAIT_MS = 5_000;
/**
 * Delay of SRT: lost packets have so long to come again. Twice the usual 120 ms, as publishers at 100 ms need it; one that
 * is farther away asks for more itself.
 */
export const SRT_LATENCY_MS = 240;
/** A listener that ended without a publisher is begun again after so long, and twice as long each time up to the second. */
export const SRT_PAUSE_MS = 250;
export const SRT_PAUSE_MS_MAX = 5_000;
/** Callers of one port whose datagrams are handed on: one publishes, one takes over, the rest tries. */
export const SRT_CALLERS_MAX = 64;
/** A quarter of a second of 30 Mbit/s, so that a pause of this process loses nothing; the kernel may allow less. */
export const SRT_RECEIVE_BYTES = 1_048_576;
/** Time to read the refusal before the connection is cut. */
export const REFUSAL_MS_MAX = 1_000;
/** How often figures are reported and silence is looked for. */
export const TICK_MS = 1_000;
/** A timeline in JSON is below 3 kB. */
export const TIMELINE_BYTES_MAX = 32_768;
/** Broadcasts last two days at most; timelines of older ones are of no use to anybody. */
export const TIMELINE_AGE_MS_MAX = 4 * 86_400_000;
/** Timelines kept in memory and on disk: twice the longest list of broadcasts. */
export const TIMELINES_MAX = 2_000;
