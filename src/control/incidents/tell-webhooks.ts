// Events of incidents for webhooks: written in the transaction of the change, while the incident is locked, so that they
// stand in the order of its changes. An incident belongs to no project: only webhooks of all projects hear of it.

import type { IncidentEventData } from '#contract/api/events.ts';
import { eventsBetween } from '#core/incident/events-between.ts';
import type { RandomBytes } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { recordEvent } from '../events/record.ts';
import type { IncidentRow } from './store.ts';

/** Tells webhooks what became of an incident. */
export interface IncidentTeller {
  /** Adds the events of a change; `before` is null when it was opened, `actor` null when it changed by itself. */
  tell(
    transaction: ControlTransaction,
    before: IncidentRow | null,
    after: IncidentRow,
    actor: string | null,
    nowMs: number,
  ): Promise<void>;
}

/** Creates it; `urlOf` is where people look at an incident. */
export function createIncidentTeller(
  random: RandomBytes,
  urlOf: (incidentId: string) => string,
): IncidentTeller {
  return {
    async tell(transaction, before, after, actor, nowMs) {
      for (const type of eventsBetween(before, after)) {
        const isSeverity = type === 'incident.severity_changed' && before !== null;
        const data = {
          ...dataOf(after, actor, urlOf),
          ...(isSeverity ? { previousSeverity: before.severity } : {}),
        };
        await recordEvent(transaction, {
          type,
          subject: after.id,
          projectId: null,
          data,
          atMs: nowMs,
          random,
        });
      }
    },
  };
}

function dataOf(
  row: IncidentRow,
  actor: string | null,
  urlOf: (incidentId: string) => string,
): IncidentEventData {
  return {
    incidentId: row.id,
    title: row.title,
    state: row.state,
    severity: row.severity,
    labels: row.labels,
    url: urlOf(row.id),
    actor,
    openedBy: row.opened_by,
    openedAtMs: row.opened_at_ms,
    acknowledgedBy: row.acknowledged_by,
    acknowledgedAtMs: row.acknowledged_at_ms,
    resolvedAtMs: row.resolved_at_ms,
    resolution: row.resolution,
    mergedInto: row.merged_into,
    reopenedCount: row.reopened_count,
  };
}
