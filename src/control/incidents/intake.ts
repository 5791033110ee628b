// From alerts to incidents. A round takes what changed and what fires, updates the incidents that hold those alerts, and
// lets core decide where the others belong. Each decision is one transaction that looks again at the incident it is
// about, so that a person's merge or resolution in between is respected.

import { makeId } from '#base/ids.ts';
import { type Topology, withPlace } from '#core/changes/place.ts';
import { commonLabels } from '#core/incident/choose-response.ts';
import { type Correlation, correlateAlerts } from '#core/incident/correlate-alerts.ts';
import { reasonText } from '#core/incident/reason-text.ts';
import type { IncidentPolicy, IncidentReason } from '#core/incident/types.ts';
import { recordChange } from '../changes/record.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { judgeIncident } from './judge.ts';
import { INCIDENT_ALERTS_MAX, INCIDENTS_OPEN_MAX } from './limits.ts';
import type { AlertView } from './ports.ts';
import type { Responder } from './respond.ts';
import {
  appendEntry,
  type IncidentAlertRow,
  type IncidentRow,
  incidentFacts,
  isOpen,
  lockIncident,
  readAlerts,
  reviseIncident,
  saveAlert,
} from './store.ts';
import { alertText } from './words.ts';

/** Incidents that ended, among which a returning alert is looked for: the newest of those that held it. */
const ENDED_MAX = 50;

export interface Intake {
  /** Takes in alerts that changed and those that fire. */
  take(alerts: readonly AlertView[]): Promise<void>;
}

export interface IntakeDependencies {
  readonly context: ControlContext;
  readonly responder: Responder;
  readonly policy: IncidentPolicy;
  topology(): Topology;
}

/** Creates the intake; rounds must not overlap. */
export function createIntake(dependencies: IntakeDependencies): Intake {
  return new AlertIntake(dependencies);
}

class AlertIntake implements Intake {
  readonly #context: ControlContext;
  readonly #responder: Responder;
  readonly #policy: IncidentPolicy;
  readonly #topology: () => Topology;

  constructor({ context, responder, policy, topology }: IntakeDependencies) {
    this.#context = context;
    this.#responder = responder;
    this.#policy = policy;
    this.#topology = topology;
  }

  async take(alerts: readonly AlertView[]): Promise<void> {
    const open = await this.#readOpen();
    const held = await this.#update(alerts, open);
    const strangers = alerts.filter(({ id }) => !held.has(id));
    if (strangers.length === 0) return;
    const { database, clock } = this.#context;
    const ended = await this.#readEnded(strangers);
    const incidents = [...open, ...ended];
    const members = await readAlerts(
      database,
      incidents.map(({ id }) => id),
    );
    const view = {
      alerts: strangers,
      incidents: incidents.map((row) => incidentFacts(row, members)),
      topology: this.#topology(),
    };
    const byId = new Map(strangers.map((alert) => [alert.id, alert]));
    let room = INCIDENTS_OPEN_MAX - open.length;
    for (const decision of correlateAlerts(view, this.#policy, clock.nowMs())) {
      if (decision.kind === 'join') await this.#join(decision, byId);
      if (decision.kind === 'open' && room > 0) {
        await this.#open(decision, byId);
        room -= 1;
      }
    }
  }

  #readOpen(): Promise<IncidentRow[]> {
    return this.#context.database
      .selectFrom('incidents')
      .selectAll()
      .where('state', 'in', ['open', 'acknowledged'])
      .orderBy('id')
      .execute();
  }

  #readEnded(alerts: readonly AlertView[]): Promise<IncidentRow[]> {
    return this.#context.database
      .selectFrom('incidents')
      .selectAll()
      .where('state', '=', 'resolved')
      .where('id', 'in', (from) =>
        from
          .selectFrom('incident_alerts')
          .select('incident_id')
          .where(
            'fingerprint',
            'in',
            alerts.map(({ fingerprint }) => fingerprint),
          ),
      )
      .orderBy('resolved_at_ms', 'desc')
      .limit(ENDED_MAX)
      .execute();
  }

  /** Writes what is new of alerts that incidents hold; returns those that an open incident holds, or that have ended. */
  async #update(alerts: readonly AlertView[], open: readonly IncidentRow[]): Promise<Set<string>> {
    const { database } = this.#context;
    const done = new Set(alerts.filter(({ state }) => state === 'resolved').map(({ id }) => id));
    if (alerts.length === 0) return done;
    const rows = await database
      .selectFrom('incident_alerts')
      .selectAll()
      .where(
        'alert_id',
        'in',
        alerts.map(({ id }) => id),
      )
      .execute();
    for (const alert of alerts)
      for (const row of rows.filter(({ alert_id }) => alert_id === alert.id)) {
        const isHeld = open.some(({ id }) => id === row.incident_id);
        if (isHeld) done.add(alert.id);
        // An ended incident keeps what it knew, but for the end of an alert that outlived it.
        if (isSame(row, alert) || (!isHeld && alert.state !== 'resolved')) continue;
        await this.#write(row.incident_id, [alert], row.reasons, null);
      }
    return done;
  }

  async #join(
    { alertId, incidentId, isReopening, reasons }: Extract<Correlation, { kind: 'join' }>,
    byId: ReadonlyMap<string, AlertView>,
  ): Promise<void> {
    const alert = byId.get(alertId);
    if (alert !== undefined) await this.#write(incidentId, [alert], reasons, isReopening ? 'reopen' : 'join');
  }

  /** Writes alerts into an incident and judges it anew. */
  async #write(
    incidentId: string,
    alerts: readonly AlertView[],
    reasons: readonly IncidentReason[],
    how: 'join' | 'reopen' | null,
  ): Promise<void> {
    const { clock, database } = this.#context;
    await database.transaction().execute(async (transaction) => {
      const nowMs = clock.nowMs();
      let row = await lockIncident(transaction, incidentId);
      if (how === 'join' && !isOpen(row)) return;
      if (how !== null && (await countAlerts(transaction, incidentId)) >= INCIDENT_ALERTS_MAX) return;
      if (how === 'reopen' && row.state === 'resolved')
        row = await this.#responder.reopen(
          transaction,
          row,
          `An alert came back: ${reasonText(reasons)}`,
          null,
        );
      for (const alert of alerts) await putAlert(transaction, incidentId, alert, reasons);
      if (!isOpen(row)) return void (await reviseIncident(transaction, row, {}, nowMs));
      const judged = await judgeIncident(transaction, row, nowMs);
      await this.#responder.tell(transaction, row, judged, null, nowMs);
      await this.#responder.startRunbooks(transaction, judged, nowMs);
    });
  }

  async #open(
    { alertIds, reasons }: Extract<Correlation, { kind: 'open' }>,
    byId: ReadonlyMap<string, AlertView>,
  ): Promise<void> {
    const { clock, database, log, random } = this.#context;
    const alerts = alertIds.flatMap((id) => byId.get(id) ?? []).slice(0, INCIDENT_ALERTS_MAX);
    const [first] = alerts;
    if (first === undefined) return;
    const nowMs = clock.nowMs();
    const id = makeId('inc', nowMs, random(10));
    const topology = this.#topology();
    const labels = commonLabels(alerts.map((alert) => withPlace(alert.labels, topology)));
    const title = titleOf(alerts);
    await database.transaction().execute(async (transaction) => {
      const row = await insertIncident(transaction, { id, title, labels, openedBy: 'alerts', nowMs });
      await appendEntry(transaction, id, {
        atMs: nowMs,
        kind: 'state',
        text: `Opened by ${alerts.length === 1 ? 'an alert' : `${alerts.length} alerts`}: ${reasonText(reasons)}`,
        actor: null,
        details: { reasons },
      });
      for (const alert of alerts) await putAlert(transaction, id, alert, reasons);
      await recordChange(transaction, {
        kind: 'incident',
        summary: `Incident opened: ${title}`,
        actor: 'control',
        labels,
        atMs: nowMs,
        details: { incidentId: id },
      });
      const judged = await judgeIncident(transaction, row, nowMs);
      await this.#responder.tell(transaction, null, judged, null, nowMs);
      await this.#responder.page(transaction, judged, nowMs);
      await this.#responder.startRunbooks(transaction, judged, nowMs);
    });
    log.warn({ incident: id, alerts: alertIds.length, title }, 'an incident was opened');
  }
}

function isSame(row: IncidentAlertRow, alert: AlertView): boolean {
  return (
    row.state === alert.state &&
    row.severity === alert.severity &&
    row.starts_at_ms === alert.startsAtMs &&
    row.ends_at_ms === alert.endsAtMs &&
    JSON.stringify(row.evidence) === JSON.stringify(alert.evidence)
  );
}

async function countAlerts(transaction: ControlTransaction, incidentId: string): Promise<number> {
  const { count } = await transaction
    .selectFrom('incident_alerts')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('incident_id', '=', incidentId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Writes an alert and what became of it. */
async function putAlert(
  transaction: ControlTransaction,
  incidentId: string,
  alert: AlertView,
  reasons: readonly IncidentReason[],
): Promise<void> {
  await saveAlert(transaction, incidentId, alert, reasons);
  const atMs = alert.state === 'resolved' ? (alert.endsAtMs ?? alert.startsAtMs) : alert.startsAtMs;
  await appendEntry(
    transaction,
    incidentId,
    {
      atMs,
      kind: 'alert',
      text: alertText(alert),
      actor: null,
      details: { alertId: alert.id, labels: alert.labels, evidence: alert.evidence, reasons },
    },
    `alert:${alert.id}:${alert.state}:${alert.startsAtMs}`,
  );
}

function titleOf(alerts: readonly AlertView[]): string {
  const [first] = alerts;
  const name = first?.annotations.summary ?? first?.labels.alertname ?? 'An alert fires';
  const rest = alerts.length - 1;
  return `${name.slice(0, 180)}${rest > 0 ? ` (and ${rest} more)` : ''}`;
}

export interface NewIncident {
  readonly id: string;
  readonly title: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly openedBy: string;
  readonly nowMs: number;
  readonly severity?: IncidentRow['severity'];
  readonly escalationPolicyId?: string | undefined;
}

/** Adds the row of an incident; one with a severity keeps it, the others are judged. */
export function insertIncident(
  transaction: ControlTransaction,
  { id, title, labels, openedBy, nowMs, severity, escalationPolicyId }: NewIncident,
): Promise<IncidentRow> {
  return transaction
    .insertInto('incidents')
    .values({
      id,
      title,
      state: 'open',
      severity: severity ?? 'sev4',
      severity_reasons: '[]',
      is_severity_set: severity !== undefined,
      labels: JSON.stringify(labels),
      opened_by: openedBy,
      opened_at_ms: nowMs,
      reopened_count: 0,
      escalation_policy_id: escalationPolicyId ?? null,
      revision: 1,
      updated_at_ms: nowMs,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}
