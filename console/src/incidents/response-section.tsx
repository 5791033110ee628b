// Who was paged and how far that is, and what was started by itself: pages, runbooks, their runs.

import { ApiError, type ApiResult, call } from '../api.ts';
import { lengthText, pageState } from '../oncall/describe-oncall.ts';
import { href } from '../shell/router.ts';
import { formatClock, formatDateTime } from '../ui/format.ts';
import { useLive } from '../ui/use-live.ts';
import { type ResponseTask, taskText } from './describe-incident.ts';
import type { IncidentScene } from './incident-room.tsx';

const REFRESH_MS = 2_000;
const NAMES_MS = 60_000;
const RUNS_MAX = 20;

type Page = ApiResult<'GET /v1/oncall/escalations/{incidentId}'>;
type Run = ApiResult<'GET /v1/runbook-runs'>['runs'][number];

/** The card. */
export function ResponseSection({ scene }: { readonly scene: IncidentScene }) {
  const { incident, nowMs } = scene;
  const page = useLive(
    'oncall',
    `page ${incident.id}`,
    (signal) => readPage(incident.id, signal),
    REFRESH_MS,
  );
  const rota = useLive('oncall', 'rota', (signal) => call('GET /v1/oncall', {}, signal), NAMES_MS);
  const runs = useLive(
    'runs',
    `runs ${incident.id}`,
    (signal) => call('GET /v1/runbook-runs', { query: { incidentId: incident.id, limit: RUNS_MAX } }, signal),
    REFRESH_MS,
  );
  const names = new Map(rota.data?.users.map(({ id, name }) => [id, name]));
  // What was done needs no line of its own: the page and the run say more.
  const tasks = incident.tasks.filter(({ state, kind }) => state !== 'done' && kind !== 'acknowledge');
  return (
    <section className="card" aria-label="Response">
      <div className="card-head">
        <h2>Response</h2>
        <a className="small" href={href('oncall')}>
          On-call
        </a>
      </div>
      <div className="card-body stack">
        <PageState page={page.data ?? null} names={names} nowMs={nowMs} />
        {(runs.data?.runs ?? []).map((run) => (
          <RunLine key={run.id} run={run} />
        ))}
        {tasks.map((task) => (
          <TaskLine key={`${task.kind} ${task.subject} ${task.createdAtMs}`} task={task} />
        ))}
      </div>
    </section>
  );
}

/** The page of an incident; null: nobody was paged for it. */
async function readPage(incidentId: string, signal: AbortSignal): Promise<Page | null> {
  try {
    return await call('GET /v1/oncall/escalations/{incidentId}', { params: { incidentId } }, signal);
  } catch (error) {
    if (error instanceof ApiError && error.code === 'not_found') return null;
    throw error;
  }
}

interface PageStateProps {
  readonly page: Page | null;
  readonly names: ReadonlyMap<string, string>;
  readonly nowMs: number;
}

function PageState({ page, names, nowMs }: PageStateProps) {
  if (page === null) return <p className="soft">Nobody was paged for it.</p>;
  const state = pageState(page, names);
  return (
    <div className="stack">
      <div className="row wrap">
        <span className={`pill ${state.tone}`}>{state.text}</span>
        <span className="soft small">
          {page.policyId === null ? 'the default policy' : `policy ${page.policyId}`}
          {page.status === 'paging' &&
            page.nextAtMs !== null &&
            `, the next is told in ${lengthText(Math.max(0, page.nextAtMs - nowMs))}`}
        </span>
      </div>
      {page.entries.length > 0 && (
        <ul className="paged">
          {page.entries.map((entry) => (
            <li key={entry.key}>
              <span className="mono faint small" title={formatDateTime(entry.atMs)}>
                {formatClock(entry.atMs)}
              </span>
              <span>
                {entry.text}
                {entry.state === 'waiting' && <span className="faint small"> waits</span>}
                {entry.state === 'void' && <span className="faint small"> not sent</span>}
                {entry.problem !== null && <span className="is-bad small"> {entry.problem}</span>}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const RUN_TONES: Readonly<Record<Run['status'], string>> = {
  running: 'busy',
  rolling_back: 'warn',
  succeeded: 'good',
  failed: 'bad',
  rolled_back: 'warn',
  cancelled: '',
};

function RunLine({ run }: { readonly run: Run }) {
  return (
    <div className="row wrap">
      <span className={`pill ${RUN_TONES[run.status]}`}>{run.status.replace('_', ' ')}</span>
      <a href={`#/runs/${encodeURIComponent(run.id)}`}>{run.title}</a>
      <span className="soft small">
        step {Math.min(run.doneCount + 1, run.stepCount)} of {run.stepCount}
        {run.waitsFor === 'approval' && ', waits for an approval'}
        {run.isStuck && ', takes longer than ever'}
      </span>
    </div>
  );
}

function TaskLine({ task }: { readonly task: ResponseTask }) {
  return (
    <div className="row wrap">
      <span className={task.state === 'failed' ? 'pill bad' : 'pill busy'}>
        {task.state === 'failed' ? 'Failed' : 'To be done'}
      </span>
      <span>{taskText(task)}</span>
      {task.problem !== null && <span className="soft small">{task.problem}</span>}
    </div>
  );
}
