// Limits of incidents, each with its reason.

/** Open at once: beyond this nobody looks at single incidents, and alerts wait for the next free place. */
export const INCIDENTS_OPEN_MAX = 200;
/** Alerts of one incident: the alerts of a lost region of a large fleet. */
export const INCIDENT_ALERTS_MAX = 500;
/** Entries of one timeline; a day of steering at one plan each ten seconds is 8,640. */
export const INCIDENT_ENTRIES_MAX = 20_000;
/** Action items of one incident that people may still do. */
export const ACTION_ITEMS_MAX = 100;
/** How often alerts are compared with the feed, for news that a crash has swallowed. */
export const RECONCILE_MS = 5_000;
/** Changes are looked at once more for so long after they were recorded: their transactions end in any order. */
export const CHANGE_LOOKBACK_MS = 60_000;
/** Changes of so long before the opening belong on the timeline. */
export const CHANGES_BEFORE_MS = 1_800_000;
/** Changes that one round puts on a timeline. */
export const CHANGES_PER_ROUND_MAX = 500;
/** Closeness from which a change is put on the timeline: one of the same region half an hour ago. */
export const CHANGE_SCORE_MIN = 0.05;
/** Tasks that one round does; the next one comes a second later. */
export const TASKS_PER_ROUND_MAX = 50;
/** A page or a runbook that cannot be started is tried for about an hour. */
export const TASK_ATTEMPTS_MAX = 20;
/** Pauses between attempts grow to this. */
export const TASK_PAUSE_MS_MAX = 300_000;
/** Incidents and all that belongs to them are kept for so long after their end: two years of postmortems. */
export const INCIDENTS_KEPT_MS = 730 * 86_400_000;
/** Text of one entry; longer ones are cut. */
export const ENTRY_TEXT_MAX = 4_000;
/** Public updates of one incident. */
export const STATUS_UPDATES_MAX = 50;
/** A notice stays on the status page for a day after its last update. */
export const STATUS_KEPT_MS = 86_400_000;
/** Updates that are read for the page: far more than it has room for. */
export const STATUS_UPDATES_READ_MAX = 500;
/** Harm of an incident is measured anew so often: severity follows within half a minute, at the cost of one query. */
export const HARM_EVERY_MS = 30_000;
/** Users hurt at once: those whose viewing had trouble within so long. */
export const HARM_USERS_WITHIN_MS = 300_000;
/** Viewings with trouble that are looked at, the newest: beyond these the worst severity is reached anyway. */
export const HARM_VIEWINGS_MAX = 20_000;
/** Alerts of an incident before which the first harm is looked for, the earliest ones. */
export const HARM_ALERTS_MAX = 10;
/** Incidents measured in one round; the others wait for the next second. */
export const INCIDENTS_MEASURED_MAX = 5;
