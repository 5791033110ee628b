// Limits of caption files, each with its reason.

/** A feature film with dense subtitles is about 150 kB; 1 MiB holds a day of speech. */
export const CAPTION_BYTES_MAX = 1 << 20;
/** A cue every 1.2 seconds for eight hours; players search them in a list. */
export const CAPTION_CUES_MAX = 25_000;
/** Longest text of one cue: a screen holds about 300 characters, scripts with long lines some more. */
export const CUE_LENGTH_MAX = 2_000;
/** Longest line that is looked at: more is no caption file but a book or an attack. */
export const LINE_LENGTH_MAX = 4_000;
/** Times past this are typing errors: the longest video that is processed has twelve hours. */
export const CUE_TIME_MS_MAX = 100 * 3_600_000;
/** Tracks of one asset: every language of the United Nations ten times over; each costs a line per pathway. */
export const CAPTION_TRACKS_MAX = 64;
/** Open elements in a cue, one inside the other: people write two. */
export const CUE_NESTING_MAX = 8;
