// The alerts of an incident: what each measured, why it belongs here.

import type { z } from 'zod';
import type { incidentAlertSchema } from '../../../src/contract/api/incidents.ts';
import { href } from '../shell/router.ts';
import { labelText } from '../signal/evidence.ts';
import { EvidenceList } from '../signal/evidence-list.tsx';
import { explainReason } from '../signal/signal-reasons.ts';
import { formatAgo, formatDateTime } from '../ui/format.ts';
import { spanText } from './describe-incident.ts';
import type { IncidentScene } from './incident-room.tsx';

type IncidentAlert = z.infer<typeof incidentAlertSchema>;

const STATES: Readonly<Record<IncidentAlert['state'], { readonly word: string; readonly tone: string }>> = {
  firing: { word: 'Fires', tone: 'bad' },
  suppressed: { word: 'Kept quiet', tone: 'warn' },
  resolved: { word: 'Over', tone: 'good' },
};

/** The card. */
export function AlertsSection({ scene: { incident, nowMs } }: { readonly scene: IncidentScene }) {
  const { alerts } = incident;
  return (
    <section className="card" aria-label="Alerts in it">
      <div className="card-head">
        <h2>Alerts in it</h2>
        <span className="soft small">
          {incident.firingCount} of {alerts.length} firing
        </span>
      </div>
      {alerts.length === 0 ? (
        <p className="card-body soft">None. A person opened it; alerts of the same place join it.</p>
      ) : (
        <ul className="alert-rows">
          {alerts.map((alert) => (
            <AlertRow key={alert.id} alert={alert} nowMs={nowMs} />
          ))}
        </ul>
      )}
    </section>
  );
}

function AlertRow({ alert, nowMs }: { readonly alert: IncidentAlert; readonly nowMs: number }) {
  const state = STATES[alert.state];
  return (
    <li>
      <div className="row wrap spread">
        <div className="row wrap">
          <span className={`pill ${state.tone}`}>{state.word}</span>
          <a className="strong" href={href('alerts', alert.id)}>
            {alert.annotations.summary ?? alert.labels.alertname ?? 'Alert'}
          </a>
          <span className="tag">{alert.severity}</span>
        </div>
        <span className="soft small nowrap" title={formatDateTime(alert.startsAtMs)}>
          {alert.endsAtMs === null
            ? `since ${formatAgo(alert.startsAtMs, nowMs)}`
            : `for ${spanText(alert.endsAtMs - alert.startsAtMs)}`}
        </span>
      </div>
      <div className="soft small">{labelText(alert.labels)}</div>
      <EvidenceList evidence={alert.evidence} />
      {alert.reasons.length > 0 && (
        <div className="faint small">
          Here because: {alert.reasons.map((reason) => explainReason(reason).text).join('; ')}
        </div>
      )}
    </li>
  );
}
