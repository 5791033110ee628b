// Runbooks: the list of those in force with what earlier runs came to, or one of them.

import type { WorldView } from '../../../src/contract/api/world.ts';
import { call } from '../api.ts';
import { RUN_LABELS, RUN_TONES } from '../runs/describe-run.ts';
import { RunTabs } from '../runs/run-tabs.tsx';
import { href } from '../shell/router.ts';
import { durationText } from '../ui/duration-text.ts';
import { formatAgo, formatDateTime } from '../ui/format.ts';
import { PageHead } from '../ui/page-head.tsx';
import { useRowKeys } from '../ui/row-keys.ts';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { useLive } from '../ui/use-live.ts';
import { ageNowMs } from '../ui/use-now.ts';
import { type ListedRunbook, successText } from './describe-runbook.ts';
import { RunbookDetail } from './runbook-detail.tsx';
import { Services } from './services.tsx';

const REFRESH_MS = 5_000;

interface RunbooksPageProps {
  readonly runbookId: string | null;
  readonly world: WorldView | undefined;
}

/** The page; with `runbookId`, one runbook. */
export function RunbooksPage({ runbookId, world }: RunbooksPageProps) {
  return runbookId === null ? (
    <RunbookList />
  ) : (
    <RunbookDetail key={runbookId} runbookId={runbookId} world={world} />
  );
}

function RunbookList() {
  const list = useLive('runs', 'runbooks', (signal) => call('GET /v1/runbooks', {}, signal), REFRESH_MS);
  useRowKeys();
  const runbooks = list.data?.runbooks;
  return (
    <div className="page-inner">
      <PageHead title="Runbooks" note="Procedures that Meridian carries out, with guards and an undo" />
      <RunTabs current="runbooks" />
      <section className="card" aria-label="Runbooks">
        {runbooks === undefined ? (
          list.error === undefined ? (
            <SkeletonRows count={6} height={58} />
          ) : (
            <LoadFailed what="The runbooks" error={list.error} onRetry={() => void list.refresh()} />
          )
        ) : runbooks.length === 0 ? (
          <Empty icon="book" title="No runbooks">
            Write one and put it in force: <code className="nowrap">meridian runbook save FILE</code>
          </Empty>
        ) : (
          <RunbookTable runbooks={runbooks} />
        )}
      </section>
    </div>
  );
}

function RunbookTable({ runbooks }: { readonly runbooks: readonly ListedRunbook[] }) {
  const nowMs = ageNowMs();
  return (
    <div className="table-scroll">
      <table className="table runbooks">
        <thead>
          <tr>
            <th>Runbook</th>
            <th className="wide-only number">Version</th>
            <th className="wide-only">Changes</th>
            <th>Last run</th>
            <th className="wide-only number">Succeeded</th>
            <th className="wide-only number">Takes</th>
            <th className="wide-only">Started by</th>
          </tr>
        </thead>
        <tbody>
          {runbooks.map((book) => (
            <RunbookRow key={book.id} book={book} nowMs={nowMs} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RunbookRow({ book, nowMs }: { readonly book: ListedRunbook; readonly nowMs: number }) {
  const { stats } = book;
  const { lastRun } = stats;
  return (
    <tr>
      <td>
        <a className="runbook-name" data-row-link href={href('runbooks', book.id)}>
          {book.title}
        </a>
        <div className="faint mono row-sub">{book.id}</div>
      </td>
      <td className="wide-only number">
        {book.version}
        {!book.isShipped && <span className="tag runbook-own">own</span>}
      </td>
      <td className="wide-only">
        <Services services={book.services} />
      </td>
      <td className="nowrap">
        {lastRun === null ? (
          <span className="faint">never</span>
        ) : (
          <a className="run-link" href={href('runs', lastRun.id)}>
            <span className={`pill ${RUN_TONES[lastRun.status]}`}>{RUN_LABELS[lastRun.status]}</span>
            <span className="soft small" title={formatDateTime(lastRun.createdAtMs)}>
              {formatAgo(lastRun.createdAtMs, nowMs)}
            </span>
          </a>
        )}
      </td>
      <td className="wide-only number nowrap">{successText(stats)}</td>
      <td className="wide-only number nowrap">
        {stats.durationMsTypical === null ? '–' : durationText(stats.durationMsTypical)}
      </td>
      <td className="wide-only nowrap soft">
        {book.policy.isAutomatic ? 'People and incidents' : 'People alone'}
      </td>
    </tr>
  );
}
