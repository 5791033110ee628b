// Readiness: a card for each service with what it has for the day on which something goes wrong, what it lacks, and how
// to add that.

import { type ApiResult, call } from '../api.ts';
import { plural } from '../ui/format.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { usePolled } from '../ui/use-polled.ts';

type Service = ApiResult<'GET /v1/readiness'>['services'][number];
type Finding = Service['findings'][number];

/** It changes when somebody applies something, not by itself. */
const REFRESH_MS = 15_000;

const NAMES: Readonly<Record<Finding['check'], string>> = {
  slo: 'Objective',
  owner: 'Owner',
  oncall: 'On call',
  runbook: 'Runbook',
  dashboards: 'Dashboards',
  backup: 'Backup',
  drill: 'Drill',
};
const ICONS: Readonly<Record<Finding['state'], IconName>> = {
  met: 'check',
  missing: 'warning',
  unavailable: 'clock',
};
const STATES: Readonly<Record<Finding['state'], string>> = {
  met: 'there',
  missing: 'missing',
  unavailable: 'not counted',
};

/** The page. */
export function ReadinessPage() {
  const readiness = usePolled('readiness', (signal) => call('GET /v1/readiness', {}, signal), REFRESH_MS);
  const services = readiness.data?.services;
  const ready = services?.filter(({ isReady }) => isReady).length ?? 0;
  return (
    <div className="page-inner">
      <PageHead
        title="Readiness"
        note={
          services === undefined
            ? 'Loading…'
            : `${ready} of ${plural(services.length, 'service')} lack nothing for the day on which something goes wrong`
        }
      />
      {services === undefined ? (
        <div className="card">
          {readiness.error === undefined ? (
            <SkeletonRows count={6} height={57} />
          ) : (
            <LoadFailed what="Readiness" error={readiness.error} onRetry={() => void readiness.refresh()} />
          )}
        </div>
      ) : services.length === 0 ? (
        <div className="card">
          <Empty icon="check" title="No service is known">
            A service appears here once an objective names it, or <code>services</code> in meridian.yaml does.
          </Empty>
        </div>
      ) : (
        <div className="readiness">
          {services.map((service) => (
            <ServiceCard key={service.name} service={service} />
          ))}
        </div>
      )}
    </div>
  );
}

function ServiceCard({ service }: { readonly service: Service }) {
  const { name, isReady, metCount, countedCount, findings } = service;
  return (
    <section className="card readiness-card" aria-label={name}>
      <div className="readiness-head">
        <h2>{name}</h2>
        <span className={isReady ? 'readiness-score is-ready' : 'readiness-score'}>
          {isReady ? 'Ready' : `${metCount} of ${countedCount}`}
        </span>
      </div>
      <ul className="readiness-list">
        {findings.map((finding) => (
          <li key={finding.check} className={`is-${finding.state}`}>
            <Icon name={ICONS[finding.state]} />
            <div className="readiness-finding">
              <strong>
                {NAMES[finding.check]} <span className="visually-hidden">({STATES[finding.state]})</span>
              </strong>
              <div className="soft">
                {finding.text}
                {finding.action !== null && (
                  <p className="small">
                    <WithCode text={finding.action} />
                  </p>
                )}
              </div>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A sentence in which backquotes stand around what is typed. */
function WithCode({ text }: { readonly text: string }) {
  const parts = text
    .split('`')
    .map((part, index) => ({ part, isCode: index % 2 === 1, place: text.indexOf(part) }));
  return parts.map(({ part, isCode, place }) =>
    isCode ? (
      <code key={`code ${place} ${part}`}>{part}</code>
    ) : (
      <span key={`text ${place} ${part}`}>{part}</span>
    ),
  );
}
