// Limits of live broadcasts in control, each with its reason.

/** Open broadcasts: the list that every node keeps holds a thousand records of about 1.5 kB. */
export const BROADCASTS_OPEN_MAX = 900;
/** An ended broadcast stays in the list this long, so that players read the end of their playlists. */
export const ENDED_KEPT_MS = 3_600_000;
/** Ended ones in the list: what is left of the thousand. */
export const ENDED_KEPT_MAX = 100;
/** A planned broadcast may be published to from so long before its start: crews test their line. */
export const READY_BEFORE_MS = 900_000;
/** A broadcast that is ready and that nobody publishes to ends after a day, and gives its room back. */
export const READY_MS_MAX = 86_400_000;
/** Stream keys outlive any broadcast that is planned within a week; then a new one is asked for. */
export const STREAM_KEY_MS = 7 * 86_400_000;
/** Grace of a key beyond the planned end: broadcasts run late. */
export const STREAM_KEY_SLACK_MS = 86_400_000;
/** Steps of what nodes report, and how many are kept: ten minutes are what somebody on call looks back at. */
export const FIGURES_STEP_MS = 5_000;
export const FIGURES_KEPT = 120;
/** Ingests and channels with a history: 600 broadcasts on air, some 25 MB; who was silent longest goes. */
export const FIGURE_HISTORIES_MAX = 2_000;
/** Players tell how they are every ten seconds, by way of a report every five; three of them missed, and they have left. */
export const VIEWER_SILENCE_MS = 45_000;
/** Steps of the number of viewers, and how far back. */
export const VIEWERS_STEP_MS = 15_000;
export const VIEWERS_BACK_MS = 600_000;
/** 192 bits as 32 characters: SRT takes 79 at most, and makes 128 bits of key of them. */
export const SRT_PASSPHRASE_BYTES = 24;
