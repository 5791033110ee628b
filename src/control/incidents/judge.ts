// Severity from what is known of the harm: the numbers of the alerts, and the users that telemetry counts.

import { DEFAULT_SEVERITY_POLICY, impactOf, judgeSeverity, worseOf } from '#core/incident/judge-severity.ts';
import { reasonText } from '#core/incident/reason-text.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { alertFacts, appendEntry, type IncidentRow, readAlerts, reviseIncident } from './store.ts';

/** Judges a locked incident; what is new stands on its timeline. It never becomes better by itself. */
export async function judgeIncident(
  transaction: ControlTransaction,
  row: IncidentRow,
  nowMs: number,
): Promise<IncidentRow> {
  const alerts = (await readAlerts(transaction, [row.id])).map(alertFacts);
  const judged = judgeSeverity(impactOf(alerts, row.users_hurt), DEFAULT_SEVERITY_POLICY);
  const severity = row.is_severity_set ? row.severity : worseOf(row.severity, judged.severity);
  const isWorse = severity !== row.severity;
  if (isWorse)
    await appendEntry(transaction, row.id, {
      atMs: nowMs,
      kind: 'state',
      text: `Severity ${severity}: ${reasonText(judged.reasons)}`,
      actor: null,
      details: { severity, severityBefore: row.severity, reasons: judged.reasons },
    });
  const isAgreed = !row.is_severity_set && severity === judged.severity;
  return reviseIncident(
    transaction,
    row,
    { severity, ...(isAgreed ? { severity_reasons: JSON.stringify(judged.reasons) } : {}) },
    nowMs,
  );
}
