// The columns of the history: those of a viewing, and its project.

import type { Viewing } from '#contract/telemetry.ts';

/** By their types in DuckDB. Columns are added, never renamed: files of before stay as they are. */
export const COLUMNS: Readonly<Record<keyof Viewing | 'projectId', string>> = {
  sid: 'VARCHAR',
  projectId: 'VARCHAR',
  contentId: 'VARCHAR',
  kind: 'VARCHAR',
  regionId: 'VARCHAR',
  siteId: 'VARCHAR',
  client: 'VARCHAR',
  state: 'VARCHAR',
  startedAtMs: 'BIGINT',
  updatedAtMs: 'BIGINT',
  endedAtMs: 'BIGINT',
  startupMs: 'DOUBLE',
  playMs: 'DOUBLE',
  stallMs: 'DOUBLE',
  stalls: 'INTEGER',
  errors: 'INTEGER',
  requests: 'INTEGER',
  badRequests: 'INTEGER',
  pathwayChanges: 'INTEGER',
  bitrateKbps: 'DOUBLE',
  latencyMs: 'DOUBLE',
};
