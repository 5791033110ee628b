// Revisions of topics: a sequence each, raised by triggers on the tables that belong to the topic. Whoever changes the
// tables raises them: this control, another one, psql. Sequences take no lock until the end of a transaction, so writers
// never wait for each other because of them; that a revision rises before its change is committed is allowed for by
// whoever reads it (core/updates/due-topics.ts).

import { UPDATE_TOPICS, type UpdateTopic } from '#contract/update-topics.ts';

/** Tables of each topic. */
const TABLES: Readonly<Record<UpdateTopic, readonly string[]>> = {
  incidents: [
    'incidents',
    'incident_alerts',
    'incident_entries',
    'incident_tasks',
    'incident_action_items',
    'incident_status_updates',
  ],
  alerts: ['alerts', 'silences', 'alert_rules'],
  runs: ['runbook_runs', 'runbook_actions', 'runbook_policies', 'runbooks'],
  changes: ['changes'],
  slos: ['slos', 'slo_ledgers'],
  oncall: ['oncall_versions', 'oncall_overrides', 'oncall_escalations', 'oncall_entries'],
  broadcasts: ['broadcasts'],
  jobs: ['jobs', 'job_chunks', 'imports'],
  assets: ['assets', 'asset_copies', 'asset_versions'],
  traffic: ['telemetry_points_5s'],
  audit: ['audit_entries'],
};

/** Thousands of points come in one statement: one look per statement is enough there. */
const BY_STATEMENT: ReadonlySet<string> = new Set(['telemetry_points_5s']);

/** The sequence of a topic. */
export function sequenceOf(topic: UpdateTopic): string {
  return `update_revision_${topic}`;
}

/** Elsewhere each row counts: statements that find nothing to change, and rows written as they were, raise nothing. */
function triggersOf(topic: UpdateTopic, table: string): string[] {
  const execute = `execute function raise_update_revision('${sequenceOf(topic)}')`;
  if (BY_STATEMENT.has(table))
    return [`create trigger tell_${topic} after insert on ${table} for each statement ${execute}`];
  return [
    `create trigger tell_${topic} after insert or delete on ${table} for each row ${execute}`,
    `create trigger tell_${topic}_change after update on ${table} for each row
      when (old.* is distinct from new.*) ${execute}`,
  ];
}

export const UPDATES_MIGRATION = [
  `create function raise_update_revision() returns trigger language plpgsql as $$
    begin
      perform nextval(tg_argv[0]::regclass);
      return null;
    end
  $$`,
  ...UPDATE_TOPICS.flatMap((topic) => [
    `create sequence ${sequenceOf(topic)}`,
    // A sequence that was never raised reads as 1, like one that was raised once.
    `select nextval('${sequenceOf(topic)}')`,
    ...TABLES[topic].flatMap((table) => triggersOf(topic, table)),
  ]),
];
