// The room of one incident: how it stands, what happened and happens, what may have caused it, who is on it, and what
// can be done about it.

import type { ReactNode } from 'react';
import type { IncidentDetail } from '../../../src/contract/api/incidents.ts';
import { ApiError, call } from '../api.ts';
import { href } from '../shell/router.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { formatAgo } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { useLive } from '../ui/use-live.ts';
import { useNow } from '../ui/use-now.ts';
import { ActionItemsSection } from './action-items-section.tsx';
import { AlertsSection } from './alerts-section.tsx';
import { severityWhy } from './describe-incident.ts';
import { IncidentActions } from './incident-actions.tsx';
import { Clocks, Impact, Roles } from './incident-facts.tsx';
import { IncidentPill, SeverityMark } from './incident-marks.tsx';
import { ResponseSection } from './response-section.tsx';
import { StatusSection } from './status-section.tsx';
import { SuspectsSection } from './suspects-section.tsx';
import { TimelineSection } from './timeline-section.tsx';

const REFRESH_MS = 2_000;
const NOW_MS = 1_000;
export const BACK = { page: 'incidents', label: 'Incidents' } as const;

/** What every part of the room is given. */
export interface IncidentScene {
  readonly incident: IncidentDetail;
  readonly nowMs: number;
  /** Asks anew, after a change. */
  readonly refresh: () => void;
}

/** One incident, followed; what stands in its place while it is not there. */
export function useIncident(incidentId: string): IncidentScene | { readonly missing: ReactNode } {
  const incident = useLive(
    'incidents',
    incidentId,
    (signal) => call('GET /v1/incidents/{incidentId}', { params: { incidentId } }, signal),
    REFRESH_MS,
  );
  const nowMs = useNow(NOW_MS);
  const { data, error } = incident;
  const refresh = (): void => void incident.refresh();
  if (data !== undefined) return { incident: data, nowMs, refresh };
  const isUnknown = error instanceof ApiError && ['not_found', 'bad_request'].includes(error.code);
  return {
    missing: (
      <div className="page-inner">
        <PageHead back={BACK} title="Incident" />
        <div className="card">
          {isUnknown ? (
            <Empty icon="fire" title="There is no such incident">
              It never existed, or it was forgotten two years after its end.
            </Empty>
          ) : error === undefined ? (
            <SkeletonRows count={8} />
          ) : (
            <LoadFailed what="The incident" error={error} onRetry={refresh} />
          )}
        </div>
      </div>
    ),
  };
}

/** The page. */
export function IncidentRoom({ incidentId }: { readonly incidentId: string }) {
  const scene = useIncident(incidentId);
  return 'missing' in scene ? scene.missing : <Room scene={scene} />;
}

function Room({ scene }: { readonly scene: IncidentScene }) {
  const { incident } = scene;
  return (
    <div className="page-inner incident-room">
      <RoomHead scene={scene} />
      {incident.mergedInto !== null && <MergedNotice into={incident.mergedInto} />}
      <Clocks scene={scene} />
      <div className="room-columns">
        <div className="stack">
          <TimelineSection scene={scene} />
          <AlertsSection scene={scene} />
        </div>
        <div className="stack">
          <Impact scene={scene} />
          <Roles scene={scene} />
          <ResponseSection scene={scene} />
          <SuspectsSection incident={incident} />
          <StatusSection scene={scene} />
          <ActionItemsSection scene={scene} />
        </div>
      </div>
    </div>
  );
}

function RoomHead({ scene }: { readonly scene: IncidentScene }) {
  const { incident, nowMs } = scene;
  const { id, title, severity, state } = incident;
  return (
    <PageHead
      back={BACK}
      title={
        <div className="row wrap room-title">
          <SeverityMark severity={severity} />
          <h1>{title}</h1>
          <IncidentPill state={state} />
        </div>
      }
      note={
        <span className="row wrap">
          <span>{severityWhy(incident.severityReasons)}</span>
          <span className="faint">
            opened {formatAgo(incident.openedAtMs, nowMs)} by {incident.openedBy}
            {incident.reopenedCount > 0 && `, reopened ${incident.reopenedCount} ×`}
          </span>
          <span className="row">
            <span className="mono faint">{id}</span>
            <CopyButton text={id} what="incident id" />
          </span>
        </span>
      }
    >
      <a className="button compact" href={href('incidents', id, 'postmortem')}>
        <Icon name="note" />
        Postmortem
      </a>
      <IncidentActions scene={scene} />
    </PageHead>
  );
}

function MergedNotice({ into }: { readonly into: string }) {
  return (
    <div className="notice info">
      <Icon name="merge" />
      <div>
        <strong>It was merged into another incident</strong>
        <div className="soft">
          Its alerts and its timeline went there: <a href={href('incidents', into)}>{into}</a>
        </div>
      </div>
    </div>
  );
}
