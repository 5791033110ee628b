// Limits of a swarm, with their reasons: a load tool that overloads its own machine measures nothing.

/** One process carries some hundreds of viewers on part of a core; past this the process itself would be the limit. */
export const VIEWERS_MAX = 2_000;
/** As browsers do over HTTP/1.1; two are usual, and hedged requests need one more. */
export const SOCKETS_PER_EDGE_MAX = 6;
/** Idle connections that a viewer keeps to one edge: video and audio. */
export const IDLE_SOCKETS_PER_EDGE_MAX = 2;
/** No honest playlist is larger: 20 h of 2 s segments with long names. */
export const TEXT_BYTES_MAX = 4 * 2 ** 20;
/** Distinct playlists kept parsed: some assets, their renditions, a few versions of growing ones. */
export const PARSED_MAX = 256;
/** Past this resident size nobody new arrives: the swarm must not push its machine into swapping. */
export const MEMORY_BYTES_MAX = 1.5 * 2 ** 30;
/** Start-up times kept for the quantiles; a longer run is judged by these. */
export const STARTUPS_MAX = 100_000;
/** The longest stalls, kept whole for whoever looks for their cause. */
export const WORST_STALLS_MAX = 20;
/** Longest run: a soak of a day. */
export const DURATION_MS_MAX = 86_400_000;
/** Edges that a viewer knows, as in the player: a start races a few, not a fleet. */
export const EDGES_MAX = 16;
/** An edge that does not take events within this is passed over for the next one. */
export const POST_MS_MAX = 3_000;
/** A viewer who leaves tells its last events for so long at most. */
export const LAST_WORDS_MS_MAX = 1_000;
