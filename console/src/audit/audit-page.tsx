// The audit trail: who changed what, when; by person, action, subject and time, with a way to what was changed.

import { memo, useEffect, useState } from 'react';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { filteredHref, setFilters } from '../ui/address-filters.ts';
import { formatAgo, formatCount, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { ListPage, PagedTable } from '../ui/paged-table.tsx';
import { RangeField } from '../ui/range-field.tsx';
import { type Filters, readFilters } from '../ui/read-filters.ts';
import { Empty } from '../ui/states.tsx';
import { spanOf } from '../ui/time-range.ts';
import { TypedField } from '../ui/typed-field.tsx';
import { ageNowMs } from '../ui/use-now.ts';
import { usePagedList } from '../ui/use-paged-list.ts';
import { type ChainState, checkChain } from './chain-state.ts';
import { type AuditEntry, actorName, detailsText, subjectHref } from './describe-audit.ts';

const NAMES = ['actor', 'action', 'subject', 'range', 'from', 'to'] as const;
type AuditFilters = Filters<(typeof NAMES)[number]>;

/** Height of a row; the style sheet says the same. */
const ROW_PX = 52;
const COLUMN_COUNT = 5;
const ACTION_PATTERN = /^[a-z0-9_.-]{1,64}$/;

/** The page; the detail holds the filters. */
export function AuditPage({ detail }: { readonly detail: string | null }) {
  if (!may('admin'))
    return (
      <div className="page-inner">
        <PageHead title="Audit" note="Who changed what" />
        <div className="card">
          <Empty icon="lock" title="This needs the role admin">
            Log in with a token of that role to see it.
          </Empty>
        </div>
      </div>
    );
  return <AuditList filters={readFilters(detail, NAMES) ?? {}} />;
}

function useTrail(filters: AuditFilters) {
  const { range, from, to } = filters;
  const actor = filters.actor?.trim().slice(0, 100);
  const action = filters.action?.trim().toLowerCase();
  const subject = filters.subject?.trim().slice(0, 200);
  const span = spanOf(range, from, to, Date.now());
  const query = {
    ...(actor === undefined || actor === '' ? {} : { actor }),
    ...(action !== undefined && ACTION_PATTERN.test(action) ? { action } : {}),
    ...(subject === undefined || subject === '' ? {} : { subject }),
    ...span,
  };
  return usePagedList<AuditEntry>(
    JSON.stringify([actor, action, subject, range, from, to]),
    async (before, limit, signal) => {
      const page = await call(
        'GET /v1/audit',
        { query: { ...query, limit, ...(before === null ? {} : { before: Number(before) }) } },
        signal,
      );
      return { items: page.entries, nextBefore: page.nextBefore };
    },
    { topics: ['audit'] },
  );
}

function AuditList({ filters }: { readonly filters: AuditFilters }) {
  const trail = useTrail(filters);
  const nowMs = ageNowMs();
  const isFiltered = Object.keys(filters).length > 0;
  return (
    <ListPage
      head={
        <>
          <PageHead title="Audit" note="Who changed what, newest first">
            <ChainNote />
          </PageHead>
          <FilterBar filters={filters} />
        </>
      }
    >
      <PagedTable
        what="The audit trail"
        paged={trail}
        empty={
          <Empty icon="trail" title={isFiltered ? 'Nothing of this kind' : 'Nothing was changed yet'}>
            {isFiltered
              ? 'No entry fits all of what is asked for.'
              : 'Every change that a person or a token makes is written down here.'}
          </Empty>
        }
        className="audit"
        rowPx={ROW_PX}
        columnCount={COLUMN_COUNT}
        head={
          <>
            <th className="audit-head-time">When</th>
            <th className="audit-head-actor">Who</th>
            <th className="audit-head-action">What</th>
            <th className="audit-head-subject">Subject</th>
            <th className="wide-only">Details</th>
          </>
        }
        row={(entry, rowIndex) => <AuditRow key={entry.id} entry={entry} rowIndex={rowIndex} nowMs={nowMs} />}
      />
    </ListPage>
  );
}

function FilterBar({ filters }: { readonly filters: AuditFilters }) {
  const change = (changes: AuditFilters): void => setFilters('audit', { ...filters, ...changes });
  const action = filters.action ?? '';
  return (
    <search className="filter-bar" aria-label="Filter the trail">
      <TypedField
        label="Who"
        placeholder="Who, e.g. first admin"
        value={filters.actor ?? ''}
        onChange={(actor) => change({ actor })}
      />
      <TypedField
        label="What"
        placeholder="What, e.g. runbook."
        isInvalid={action !== '' && !ACTION_PATTERN.test(action.trim().toLowerCase())}
        value={action}
        onChange={(text) => change({ action: text })}
      />
      <TypedField
        label="Subject"
        placeholder="Subject, in full"
        value={filters.subject ?? ''}
        onChange={(subject) => change({ subject })}
      />
      <RangeField filters={filters} onChange={change} />
      {Object.keys(filters).length > 0 && (
        <button type="button" className="button quiet" onClick={() => setFilters('audit', {})}>
          Clear
        </button>
      )}
    </search>
  );
}

interface AuditRowProps {
  readonly entry: AuditEntry;
  readonly rowIndex: number;
  readonly nowMs: number;
}

const AuditRow = memo(function AuditRow({ entry, rowIndex, nowMs }: AuditRowProps) {
  const to = subjectHref(entry);
  const details = detailsText(entry);
  return (
    <tr className="long-row audit-row" aria-rowindex={rowIndex}>
      <td className="audit-time soft nowrap" title={formatDateTime(entry.atMs)}>
        {formatAgo(entry.atMs, nowMs)}
      </td>
      <td className="audit-actor truncate" title={entry.actor}>
        <a className="audit-filter strong" href={filteredHref('audit', { actor: actorName(entry.actor) })}>
          {actorName(entry.actor)}
        </a>
      </td>
      <td className="audit-action mono truncate">
        <a className="audit-filter" href={filteredHref('audit', { action: entry.action })}>
          {entry.action}
        </a>
      </td>
      <td className="audit-subject mono truncate" title={entry.subject}>
        {to === null ? (
          <a className="audit-filter" data-row-link href={filteredHref('audit', { subject: entry.subject })}>
            {entry.subject}
          </a>
        ) : (
          <a className="audit-link" data-row-link href={to}>
            {entry.subject}
          </a>
        )}
      </td>
      <td className="wide-only faint small">
        <div className="audit-details" title={details}>
          {details}
        </div>
      </td>
    </tr>
  );
});

/** How far the chain of the trail was found to be right; nothing where control keeps none. */
function ChainNote() {
  const [state, setState] = useState<ChainState | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    // A check that breaks off says nothing about the trail; the next visit asks anew.
    checkChain(controller.signal).then(setState, () => setState(null));
    return () => controller.abort();
  }, []);
  if (state === null || (state.problem === null && state.verifiedUntil === 0)) return null;
  return state.problem === null ? (
    <span className="pill good">Chain verified up to entry {formatCount(state.verifiedUntil)}</span>
  ) : (
    <span className="chain-broken" role="alert" title={state.problem}>
      <Icon name="warning" />
      Chain broken after entry {formatCount(state.verifiedUntil)}: {state.problem}
    </span>
  );
}
