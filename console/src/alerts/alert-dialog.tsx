// One alert in full: the numbers that were compared, why it is quiet, where to read on, its incident, and what can be done.

import { useState } from 'react';
import type { IncidentView } from '../../../src/contract/api/incidents.ts';
import { call } from '../api.ts';
import { isOpen, spanText } from '../incidents/describe-incident.ts';
import { IncidentPill, SeverityMark } from '../incidents/incident-marks.tsx';
import { href, navigate } from '../shell/router.ts';
import { labelText, matchersOf, runbookLink } from '../signal/evidence.ts';
import { EvidenceList } from '../signal/evidence-list.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Dialog, ErrorNotice } from '../ui/dialog.tsx';
import { formatClock, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { SkeletonRows } from '../ui/states.tsx';
import { tell } from '../ui/toast.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { useLive } from '../ui/use-live.ts';
import { type AlertView, ruleOf, STANDING_TONES, STANDING_WORDS, standingOf } from './describe-alert.ts';
import { SilenceDialog } from './silence-dialog.tsx';

interface AlertDialogProps {
  readonly alertId: string;
  readonly mayChange: boolean;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

/** The dialog, open while rendered. */
export function AlertDialog({ alertId, mayChange, onChanged, onClose }: AlertDialogProps) {
  const [isSilencing, setIsSilencing] = useState(false);
  const alert = useLive('alerts', alertId, (signal) =>
    call('GET /v1/alerts/{alertId}', { params: { alertId } }, signal),
  );
  const incidents = useLive('incidents', `of ${alertId}`, (signal) =>
    call('GET /v1/incidents', { query: { alertId, limit: 5 } }, signal),
  );
  const incident = incidents.data?.incidents.find(isOpen) ?? incidents.data?.incidents[0];
  const { data } = alert;
  const take = useAsked(async () => {
    if (data === undefined) return;
    const incidentId = await takeAlert(data, incident);
    tell('It is yours; nobody else is paged');
    navigate('incidents', incidentId);
  });
  if (isSilencing && data !== undefined)
    return (
      <SilenceDialog
        matchers={matchersOf(data.labels)}
        canEndWithAlert
        onDone={() => {
          onChanged();
          void alert.refresh();
        }}
        onClose={() => setIsSilencing(false)}
      />
    );
  const isLive = data !== undefined && data.state !== 'resolved';
  const canTake =
    isLive && incidents.data !== undefined && (incident === undefined || incident.state !== 'acknowledged');
  return (
    <Dialog
      title={data?.annotations.summary ?? (data === undefined ? 'Alert' : ruleOf(data))}
      isWide
      onClose={onClose}
      footer={
        mayChange &&
        isLive && (
          <>
            <button type="button" className="button" onClick={() => setIsSilencing(true)}>
              <Icon name="mute" />
              Silence…
            </button>
            {canTake && (
              <button type="button" className="button primary" disabled={take.isBusy} onClick={take.ask}>
                <Icon name="check" />
                {incident !== undefined && isOpen(incident)
                  ? 'Acknowledge its incident'
                  : 'Acknowledge as an incident'}
              </button>
            )}
          </>
        )
      }
    >
      {data === undefined ? (
        alert.error === undefined ? (
          <SkeletonRows count={4} />
        ) : (
          <ErrorNotice error={alert.error} />
        )
      ) : (
        <AlertFacts alert={data} />
      )}
      {incident !== undefined && (
        <div className="row wrap">
          <SeverityMark severity={incident.severity} />
          <a href={href('incidents', incident.id)}>{incident.title}</a>
          <IncidentPill state={incident.state} />
        </div>
      )}
      {take.error !== undefined && <ErrorNotice error={take.error} />}
    </Dialog>
  );
}

/** Takes the incident that holds the alert; one that stands alone gets an incident first. Returns the incident. */
async function takeAlert(alert: AlertView, incident: IncidentView | undefined): Promise<string> {
  let id = incident !== undefined && isOpen(incident) ? incident.id : undefined;
  if (id === undefined) {
    const places = ['region', 'site', 'node', 'project'].flatMap((name) => {
      const value = alert.labels[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    const made = await call('POST /v1/incidents', {
      body: {
        title: (alert.annotations.summary ?? ruleOf(alert)).slice(0, 200),
        severity: alert.severity === 'page' ? 'sev3' : 'sev4',
        labels: Object.fromEntries(places),
        note: `From alert ${alert.id}`,
      },
    });
    id = made.id;
  }
  await call('POST /v1/incidents/{incidentId}/acknowledge', { params: { incidentId: id } });
  return id;
}

function AlertFacts({ alert }: { readonly alert: AlertView }) {
  const standing = standingOf(alert);
  const { runbook, description } = alert.annotations;
  const link = runbookLink(alert.annotations);
  const { slo } = alert.labels;
  return (
    <>
      <div className="row wrap">
        <span className={`pill ${STANDING_TONES[standing]}`}>{STANDING_WORDS[standing]}</span>
        <span className={`tag alert-${alert.severity}`}>{alert.severity}</span>
        <span className="soft">{labelText(alert.labels)}</span>
      </div>
      {description !== undefined && <p>{description}</p>}
      {alert.quietReason !== null && (
        <div className="notice warn">
          <Icon name="mute" />
          <div>
            <strong>Kept quiet</strong>
            <div className="soft">{alert.quietReason}</div>
          </div>
        </div>
      )}
      {alert.evidence.length > 0 && (
        <section className="alert-evidence">
          <h3>Why it fires</h3>
          <EvidenceList evidence={alert.evidence} />
        </section>
      )}
      <p className="soft small">
        Held from{' '}
        <span title={formatDateTime(alert.pendingSinceMs)}>{formatClock(alert.pendingSinceMs)}</span>, fired
        at <span title={formatDateTime(alert.startsAtMs)}>{formatClock(alert.startsAtMs)}</span>
        {alert.endsAtMs !== null &&
          `, over at ${formatClock(alert.endsAtMs)} after ${spanText(alert.endsAtMs - alert.startsAtMs)}`}
        . From {alert.source === 'slo' ? 'an objective' : alert.source === 'rules' ? 'a rule' : alert.source}.
      </p>
      <div className="row wrap">
        {runbook !== undefined &&
          (link === null ? (
            <span className="row">
              <code>{runbook}</code>
              <CopyButton text={runbook} what="path of the runbook" />
            </span>
          ) : (
            <a className="button compact" href={link} target="_blank" rel="noreferrer">
              <Icon name="external" />
              What to do
            </a>
          ))}
        {slo !== undefined && (
          <a className="button compact" href={href('slos', slo)}>
            Objective {slo}
          </a>
        )}
        <a className="button compact" href={href('changes', String(alert.startsAtMs))}>
          <Icon name="clock" />
          Changes then
        </a>
      </div>
    </>
  );
}
