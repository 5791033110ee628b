// Topics of live updates, and where they are listened to. A file of its own, so that a page that only listens does not
// load what checks schemas.

export const UPDATES_PATH = '/v1/live-updates';

export const UPDATE_TOPICS = [
  'incidents',
  'alerts',
  'runs',
  'changes',
  'slos',
  'oncall',
  'broadcasts',
  'jobs',
  'assets',
  'traffic',
  'audit',
] as const;
export type UpdateTopic = (typeof UPDATE_TOPICS)[number];

/** What principals of a single project may hear of: the other topics are of the whole installation. */
export const PROJECT_TOPICS: ReadonlySet<UpdateTopic> = new Set(['broadcasts', 'jobs', 'assets', 'audit']);
