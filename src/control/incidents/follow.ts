// Puts changes on the timelines of open incidents: what happened shortly before the opening and is close enough to have
// caused it, and whatever happens to the same place meanwhile. A change is put there once, however often it is looked at.

import type { Selectable } from 'kysely';
import type { IncidentEntry } from '#contract/api/incidents.ts';
import type { Topology } from '#core/changes/place.ts';
import { type ChangeKind, concerns, rankChanges } from '#core/changes/rank-changes.ts';
import type { ChangesTable } from '../changes/tables.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { CHANGE_LOOKBACK_MS, CHANGE_SCORE_MIN, CHANGES_BEFORE_MS, CHANGES_PER_ROUND_MAX } from './limits.ts';
import { appendEntry, type IncidentRow, isOpen, lockIncident, reviseIncident, toldKey } from './store.ts';

type ChangeRow = Selectable<ChangesTable>;

const KINDS: Readonly<Record<ChangeKind, IncidentEntry['kind']>> = {
  deploy: 'change',
  config: 'change',
  drill: 'change',
  experiment: 'change',
  incident: 'change',
  drain: 'drain',
  restore: 'drain',
  runbook: 'action',
  generation: 'steering',
};

export interface Follower {
  /** One round over all open incidents. */
  follow(): Promise<void>;
}

/** Creates the follower. */
export function createFollower(context: ControlContext, topology: () => Topology): Follower {
  const { clock, database } = context;
  /** Recorded changes up to here were looked at; null: this process has just begun, and looks back far. */
  let seenMs: number | null = null;

  async function readRecorded(sinceMs: number): Promise<ChangeRow[]> {
    return (
      database
        .selectFrom('changes')
        .selectAll()
        .where('recorded_at_ms', '>=', sinceMs)
        // A step of a runbook tells its incident by itself, and an incident is not news to another one.
        .where('kind', 'not in', ['incident'])
        .orderBy('id')
        .limit(CHANGES_PER_ROUND_MAX)
        .execute()
    );
  }

  /** Incidents whose own past was read. */
  const begun = new Set<string>();
  return {
    async follow() {
      const incidents = await database
        .selectFrom('incidents')
        .selectAll()
        .where('state', 'in', ['open', 'acknowledged'])
        .execute();
      const nowMs = clock.nowMs();
      for (const id of begun) if (!incidents.some((row) => row.id === id)) begun.delete(id);
      const recent =
        incidents.length === 0 || seenMs === null ? [] : await readRecorded(seenMs - CHANGE_LOOKBACK_MS);
      for (const row of incidents) {
        const isNew = !begun.has(row.id);
        const changes = isNew ? await readRecorded(row.opened_at_ms - CHANGES_BEFORE_MS) : recent;
        const related = relatedTo(row, changes, topology());
        if (related.length > 0)
          await database.transaction().execute((transaction) => put(transaction, row.id, related, nowMs));
        begun.add(row.id);
      }
      seenMs = nowMs;
    },
  };
}

function relatedTo(row: IncidentRow, changes: readonly ChangeRow[], topology: Topology): ChangeRow[] {
  const startMs = row.impact_started_at_ms ?? row.harm_started_at_ms ?? row.opened_at_ms;
  const own = changes.filter((change) => concerns(change, row.labels, topology));
  const before = own
    .filter(({ at_ms }) => at_ms < startMs)
    .map((change) => ({ kind: change.kind, labels: change.labels, atMs: change.at_ms, change }));
  const suspects = rankChanges(before, { atMs: startMs, labels: row.labels }, topology)
    .filter(({ score }) => score >= CHANGE_SCORE_MIN)
    .map(({ change }) => change.change);
  const meanwhile = own.filter(({ at_ms }) => at_ms >= startMs);
  return [...suspects, ...meanwhile].sort((one, other) => one.id - other.id);
}

/** A step of a runbook that this incident started tells it by itself, with the same key. */
function keyOf({ id, details }: ChangeRow): string {
  return toldKey(details) ?? `change:${id}`;
}

async function put(
  transaction: ControlTransaction,
  incidentId: string,
  changes: readonly ChangeRow[],
  nowMs: number,
): Promise<void> {
  const known = await transaction
    .selectFrom('incident_entries')
    .select('dedupe_key')
    .where('incident_id', '=', incidentId)
    .where('dedupe_key', 'in', changes.map(keyOf))
    .execute();
  const keys = new Set(known.map(({ dedupe_key }) => dedupe_key));
  const fresh = changes.filter((change) => !keys.has(keyOf(change)));
  if (fresh.length === 0) return;
  const row = await lockIncident(transaction, incidentId);
  if (!isOpen(row)) return;
  for (const change of fresh)
    await appendEntry(
      transaction,
      incidentId,
      {
        atMs: change.at_ms,
        kind: KINDS[change.kind],
        text: change.summary,
        actor: change.actor,
        details: { ...change.details, changeId: change.id, changeKind: change.kind, labels: change.labels },
      },
      keyOf(change),
    );
  await reviseIncident(transaction, row, {}, nowMs);
}
