// Changes that may have caused an incident, the likeliest first, each with why.

import type { IncidentDetail } from '../../../src/contract/api/incidents.ts';
import { call } from '../api.ts';
import { changeLink, KIND_ICONS, KIND_NAMES } from '../changes/describe-change.ts';
import { href } from '../shell/router.ts';
import { explainReason } from '../signal/signal-reasons.ts';
import { formatClock, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { useLive } from '../ui/use-live.ts';

const REFRESH_MS = 10_000;
const SHOWN_MAX = 8;

/** The card. */
export function SuspectsSection({ incident }: { readonly incident: IncidentDetail }) {
  const params = { incidentId: incident.id };
  const suspects = useLive(
    'changes',
    `${incident.id} ${incident.impactStartedAtMs}`,
    (signal) =>
      call('GET /v1/incidents/{incidentId}/changes', { params, query: { limit: SHOWN_MAX } }, signal),
    REFRESH_MS,
  );
  const changes = suspects.data?.changes;
  return (
    <section className="card" aria-label="What may have caused it">
      <div className="card-head">
        <h2>What may have caused it</h2>
        <a className="small" href={href('changes', String(incident.impactStartedAtMs))}>
          All changes then
        </a>
      </div>
      {changes === undefined ? (
        suspects.error === undefined ? (
          <SkeletonRows count={3} />
        ) : (
          <LoadFailed what="The changes" error={suspects.error} onRetry={() => void suspects.refresh()} />
        )
      ) : changes.length === 0 ? (
        <p className="card-body soft">No change was recorded in the two hours before it.</p>
      ) : (
        <ol className="suspects">
          {changes.map((change) => {
            const link = changeLink(change);
            return (
              <li key={change.id}>
                <span className="suspect-score" title="Closeness in time, place and kind">
                  {Math.round(change.score * 100)} %
                </span>
                <div>
                  <div>
                    <span className="suspect-kind" title={KIND_NAMES[change.kind]}>
                      <Icon name={KIND_ICONS[change.kind]} />
                    </span>{' '}
                    {link === null ? change.summary : <a href={link}>{change.summary}</a>}
                  </div>
                  <div className="faint small">
                    <span title={formatDateTime(change.atMs)}>{formatClock(change.atMs)}</span> by{' '}
                    {change.actor}
                    {' · '}
                    {change.reasons.map((reason) => explainReason(reason).text).join(' × ')}
                  </div>
                </div>
              </li>
            );
          })}
        </ol>
      )}
    </section>
  );
}
