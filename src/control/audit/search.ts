// What the trail is searched by. People are found by the name of their token, whatever its case. The indexes lie on expressions
// of what is stored anyway, so that no row is written anew and an older control keeps them as well.

import { type RawBuilder, sql } from 'kysely';

/** "token:first admin (tok_…)" is "first admin". */
const ACTOR_NAME_SQL =
  "lower(regexp_replace(regexp_replace(actor, '^(token|session|sender|node):', ''), ' [(][^ ]+[)]$', ''))";

export const AUDIT_SEARCH_MIGRATION: readonly string[] = [
  `create index audit_entries_by_actor on audit_entries ((${ACTOR_NAME_SQL}) text_pattern_ops, id)`,
  'create index audit_entries_by_action on audit_entries (action text_pattern_ops, id)',
  'create index audit_entries_by_time on audit_entries (at_ms, id)',
];

/** A pattern for what begins with a text, whatever signs are in it. */
export function beginning(text: string): string {
  return `${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
}

/** Entries by whoever has a name that begins so; a whole actor, as entries tell it, is cut to its name. */
export function byActor(text: string): RawBuilder<boolean> {
  const name = text
    .toLowerCase()
    .replace(/^(?:token|session|sender|node):/, '')
    .replace(/ \([^ ]+\)$/, '');
  return sql<boolean>`${sql.raw(ACTOR_NAME_SQL)} like ${beginning(name)}`;
}
