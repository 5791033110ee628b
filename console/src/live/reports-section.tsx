// What nodes say of a broadcast: the ingest that has the publisher, and both channels, side by side.

import type { BroadcastView, FigureHistory } from '../../../src/contract/api/live.ts';
import { call } from '../api.ts';
import { formatAge, formatDateTime } from '../ui/format.ts';
import { Sparkline } from '../ui/sparkline.tsx';
import { usePolled } from '../ui/use-polled.ts';
import { isOpen } from './describe-broadcast.ts';
import {
  ageText,
  type Figure,
  figuresOf,
  isStale,
  REPORT_LABELS,
  REPORT_TONES,
  type Report,
  type Worker,
  workersOf,
} from './describe-report.ts';
import { formatMoment, historyOf, lineOf } from './figure-lines.ts';

/** Control keeps a step of five seconds. */
const HISTORY_REFRESH_MS = 5_000;
const NO_HISTORIES: readonly FigureHistory[] = [];

interface ReportsSectionProps {
  readonly broadcast: BroadcastView;
  /** Names of regions by identifier. */
  readonly names: ReadonlyMap<string, string>;
}

/** The cards; nothing once nobody says anything of what has ended. */
export function ReportsSection({ broadcast, names }: ReportsSectionProps) {
  const workers = workersOf(broadcast);
  const { id } = broadcast;
  const { data } = usePolled(
    id,
    (signal) => call('GET /v1/broadcasts/{broadcastId}/figures', { params: { broadcastId: id } }, signal),
    HISTORY_REFRESH_MS,
  );
  const hasIngest = workers.some(({ title }) => title === 'Ingest');
  if (workers.length === 0 && !isOpen(broadcast)) return null;
  return (
    <section className="workers" aria-label="What nodes report">
      {isOpen(broadcast) && !hasIngest && <NoPublisher />}
      {workers.map((worker) => (
        <WorkerCard
          key={`${worker.title} ${worker.nodeId} ${worker.channel}`}
          worker={worker}
          history={historyOf(data?.workers ?? NO_HISTORIES, worker)}
          region={names.get(worker.regionId) ?? worker.regionId}
        />
      ))}
    </section>
  );
}

function NoPublisher() {
  return (
    <article className="card worker" aria-label="Ingest">
      <div className="worker-head">
        <h2>Ingest</h2>
        <span className="pill">Waiting</span>
      </div>
      <p className="soft">Nobody publishes. Its figures appear here with the first frames.</p>
    </article>
  );
}

interface WorkerCardProps {
  readonly worker: Worker;
  readonly history: FigureHistory | undefined;
  readonly region: string;
}

function WorkerCard({ worker, history, region }: WorkerCardProps) {
  const { title, nodeId, channel, report } = worker;
  return (
    <article className="card worker" aria-label={`${title} in ${region}`}>
      <div className="worker-head">
        <h2>
          {title} <span className="soft worker-region">{region}</span>
        </h2>
        {report !== null && (
          <span className={`pill ${REPORT_TONES[report.state]}`}>{REPORT_LABELS[report.state]}</span>
        )}
      </div>
      <div className="faint small">
        <span className="mono">{nodeId}</span>
        {channel !== null && `, channel ${channel}`}
        {report !== null && report.protocol !== null && `, by ${report.protocol.toUpperCase()}`}
      </div>
      {report === null ? (
        <p className="soft">It has not reported of this broadcast yet.</p>
      ) : (
        <ReportBody report={report} history={history} />
      )}
    </article>
  );
}

interface ReportBodyProps {
  readonly report: Report;
  readonly history: FigureHistory | undefined;
}

function ReportBody({ report, history }: ReportBodyProps) {
  const figures = figuresOf(report);
  return (
    <>
      {report.reason !== null && (
        <p className={report.state === 'failed' ? 'edge-bad' : 'soft'}>{report.reason}</p>
      )}
      {figures.length > 0 && (
        <dl className="worker-figures">
          {figures.map((figure) => (
            <FigureRow key={figure.label} figure={figure} role={report.role} history={history} />
          ))}
        </dl>
      )}
      <div className="worker-foot faint small">
        <span title={formatDateTime(report.sinceMs)}>
          {REPORT_LABELS[report.state].toLowerCase()} for {formatAge(Date.now() - report.sinceMs)}
        </span>
        <span className={isStale(report) ? 'worker-stale' : undefined}>{ageText(report)}</span>
      </div>
    </>
  );
}

interface FigureRowProps extends Pick<ReportBodyProps, 'history'> {
  readonly figure: Figure;
  readonly role: Report['role'];
}

/** What it is, how it went, what it is now. */
function FigureRow({ figure, role, history }: FigureRowProps) {
  const { name, label, value, isBad } = figure;
  const line = lineOf(history, name);
  return (
    <div className={isBad ? 'worker-figure is-bad' : 'worker-figure'}>
      <dt>{label}</dt>
      {line !== null && (
        <dd className="worker-line">
          <Sparkline
            samples={line.samples}
            minimum={line.minimum}
            maximum={line.maximum}
            label={`${label} over the last ten minutes`}
            format={(number) => textOf(role, name, number)}
            formatTime={formatMoment}
          />
        </dd>
      )}
      <dd className="worker-value">{value}</dd>
    </div>
  );
}

/** A number of the past, as the newest is written. */
function textOf(role: Report['role'], name: string | undefined, value: number): string {
  const [figure] = figuresOf({ role, figures: { [name ?? '']: value } });
  return figure?.value ?? String(value);
}
