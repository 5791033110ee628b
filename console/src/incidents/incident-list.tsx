// All incidents: those that are open first, then those that ended. Open ones are few and all here; ended ones come page
// by page as one scrolls, or all of them when they are to be sorted by something else than their time.

import { memo, useEffect, useMemo, useState } from 'react';
import type { IncidentView } from '../../../src/contract/api/incidents.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { href } from '../shell/router.ts';
import { Filter, type FilterOption } from '../ui/filter.tsx';
import { formatAgo, formatDateTime, plural } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { ListPage, PagedTable } from '../ui/paged-table.tsx';
import { SearchBox, useSettled } from '../ui/search-box.tsx';
import { Empty } from '../ui/states.tsx';
import { useLive } from '../ui/use-live.ts';
import { ageNowMs } from '../ui/use-now.ts';
import { type Paged, usePagedList } from '../ui/use-paged-list.ts';
import {
  budgetText,
  type IncidentSort,
  isOpen,
  placeText,
  SEVERITIES,
  SEVERITY_WORDS,
  type Severity,
  shortPlace,
  sortIncidents,
  usersText,
} from './describe-incident.ts';
import { IncidentPill, SeverityMark } from './incident-marks.tsx';
import { OpenIncidentDialog } from './open-incident-dialog.tsx';

type StateFilter = 'all' | 'live' | 'ended';

/** Height of a row; the style sheet says the same. */
const ROW_PX = 60;
const COLUMN_COUNT = 8;
const REFRESH_MS = 2_000;
/** More than can be open at once. */
const OPEN_MAX = 200;

const STATES: readonly FilterOption<StateFilter>[] = [
  { value: 'all', label: 'All' },
  { value: 'live', label: 'Open' },
  { value: 'ended', label: 'Ended' },
];

interface Wanted {
  readonly state: StateFilter;
  readonly severity: Severity | '';
  readonly text: string;
  readonly sort: IncidentSort;
}

/** The list, as a page. */
export function IncidentList() {
  const [state, setState] = useState<StateFilter>('all');
  const [severity, setSeverity] = useState<Severity | ''>('');
  const [typed, setTyped] = useState('');
  const [sort, setSort] = useState<IncidentSort>('newest');
  const [isOpening, setIsOpening] = useState(false);
  const text = useSettled(typed.trim());
  const incidents = useIncidents({ state, severity, text, sort });
  const nowMs = ageNowMs();
  const openCount = incidents.list?.items.filter(isOpen).length;
  return (
    <ListPage
      head={
        <PageHead
          title="Incidents"
          note={openCount === undefined ? ' ' : openCount === 0 ? 'None is open' : `${openCount} open`}
        >
          <SearchBox label="Search incidents" value={typed} onChange={setTyped} />
          <Filter label="Show incidents that are" options={STATES} value={state} onChange={setState} />
          <SeverityFilter value={severity} onChange={setSeverity} />
          {may('operator') && (
            <button type="button" className="button" onClick={() => setIsOpening(true)}>
              <Icon name="plus" />
              Open one
            </button>
          )}
        </PageHead>
      }
    >
      <PagedTable
        what="The incidents"
        paged={incidents}
        empty={<NoIncidents isFiltered={text !== '' || state !== 'all' || severity !== ''} />}
        className="incidents"
        rowPx={ROW_PX}
        columnCount={COLUMN_COUNT}
        head={<Head sort={sort} onSort={setSort} />}
        row={(incident, rowIndex) => (
          <IncidentRow key={incident.id} incident={incident} rowIndex={rowIndex} nowMs={nowMs} />
        )}
      />
      {isOpening && <OpenIncidentDialog onClose={() => setIsOpening(false)} />}
    </ListPage>
  );
}

/** Both parts of the list as one. */
function useIncidents({ state, severity, text, sort }: Wanted): Paged<IncidentView> {
  const own = {
    ...(severity === '' ? {} : { severity }),
    ...(text === '' ? {} : { text }),
  };
  const key = `${state} ${severity} ${text}`;
  const open = useLive(
    'incidents',
    key,
    async (signal) => {
      if (state === 'ended') return [];
      const query = { state: 'live', limit: OPEN_MAX, ...own } as const;
      return (await call('GET /v1/incidents', { query }, signal)).incidents;
    },
    REFRESH_MS,
  );
  const ended = usePagedList<IncidentView>(
    key,
    async (before, limit, signal) => {
      if (state === 'live') return { items: [], nextBefore: null };
      const query = { state: 'ended', limit, ...own, ...(before === null ? {} : { before }) } as const;
      const { incidents } = await call('GET /v1/incidents', { query }, signal);
      const last = incidents.at(-1)?.id ?? null;
      return { items: incidents, nextBefore: incidents.length < limit ? null : last };
    },
    { topics: ['incidents'] },
  );
  const { list, loadMore } = ended;
  const hasMore = list !== undefined && list.nextBefore !== null;
  useEffect(() => {
    // What is not here cannot be sorted by its severity.
    if (sort !== 'newest' && hasMore && list !== undefined) loadMore();
  }, [sort, hasMore, list, loadMore]);
  const merged = useMemo(
    () =>
      open.data === undefined || list === undefined
        ? undefined
        : { items: sortIncidents(open.data, list.items, sort), nextBefore: list.nextBefore },
    [open.data, list, sort],
  );
  return {
    ...ended,
    list: merged,
    error: open.error ?? ended.error,
    // Rows on screen are not those of one of the lists; ended incidents seldom change.
    noteWindow: ignoreWindow,
  };
}

function ignoreWindow(): void {}

function SeverityFilter({
  value,
  onChange,
}: {
  readonly value: Severity | '';
  readonly onChange: (severity: Severity | '') => void;
}) {
  return (
    <select
      className="input severity-filter"
      aria-label="Severity"
      value={value}
      onChange={(event) => onChange(SEVERITIES.find((one) => one === event.target.value) ?? '')}
    >
      <option value="">Every severity</option>
      {SEVERITIES.map((severity) => (
        <option key={severity} value={severity}>
          {SEVERITY_WORDS[severity]}
        </option>
      ))}
    </select>
  );
}

interface HeadProps {
  readonly sort: IncidentSort;
  readonly onSort: (sort: IncidentSort) => void;
}

function Head({ sort, onSort }: HeadProps) {
  const sorter = (by: IncidentSort, label: string) => (
    <button type="button" className="sort-button" onClick={() => onSort(by)}>
      {label}
      {sort === by && <Icon name="down" />}
    </button>
  );
  const order = (...by: readonly IncidentSort[]) => (by.includes(sort) ? 'descending' : 'none');
  return (
    <>
      <th className="incident-head-severity" aria-sort={order('severity')}>
        {sorter('severity', 'Severity')}
      </th>
      <th>Incident</th>
      <th className="incident-head-state">State</th>
      <th className="wide-only incident-head-place">Where</th>
      <th className="wide-only number incident-head-number" aria-sort={order('users')}>
        {sorter('users', 'Users hurt')}
      </th>
      <th className="wide-only number incident-head-number" aria-sort={order('budget')}>
        {sorter('budget', 'Budget burnt')}
      </th>
      <th className="wide-only incident-head-commander">Commander</th>
      <th
        className="incident-head-time"
        aria-sort={sort === 'oldest' ? 'ascending' : sort === 'newest' ? 'descending' : 'none'}
      >
        <button
          type="button"
          className="sort-button"
          onClick={() => onSort(sort === 'newest' ? 'oldest' : 'newest')}
        >
          Since
          {(sort === 'newest' || sort === 'oldest') && (
            <span className={sort === 'oldest' ? 'is-up' : undefined}>
              <Icon name="down" />
            </span>
          )}
        </button>
      </th>
    </>
  );
}

function NoIncidents({ isFiltered }: { readonly isFiltered: boolean }) {
  return (
    <Empty icon="check" title={isFiltered ? 'None of these' : 'No incident so far'}>
      {isFiltered
        ? 'No incident fits what was asked for.'
        : 'Alerts that hang together open one by themselves, and page whoever has duty.'}
    </Empty>
  );
}

interface IncidentRowProps {
  readonly incident: IncidentView;
  readonly rowIndex: number;
  readonly nowMs: number;
}

const IncidentRow = memo(function IncidentRow({ incident, rowIndex, nowMs }: IncidentRowProps) {
  const { id, title, severity, state, labels, impact, roles, firingCount, alertCount } = incident;
  const place = placeText(labels);
  const alerts = isOpen(incident)
    ? `${firingCount} of ${plural(alertCount, 'alert')} firing`
    : plural(alertCount, 'alert');
  return (
    <tr
      className={isOpen(incident) ? 'long-row incident' : 'long-row incident is-over'}
      aria-rowindex={rowIndex}
    >
      <td className="incident-severity">
        <SeverityMark severity={severity} />
      </td>
      <td className="incident-title">
        <a className="truncate" data-row-link href={href('incidents', id)} title={title}>
          {title}
        </a>
        <div className="faint row-sub truncate">{alerts}</div>
      </td>
      <td className="incident-state">
        <IncidentPill state={state} />
      </td>
      <td className="wide-only soft">
        <div className="truncate" title={place}>
          {shortPlace(labels)}
        </div>
      </td>
      <td className="wide-only number">{usersText(impact.users)}</td>
      <td className="wide-only number">{budgetText(impact.budgetShare)}</td>
      <td className="wide-only">
        <div className={roles.commander === null ? 'faint truncate' : 'truncate'}>
          {roles.commander ?? 'nobody'}
        </div>
      </td>
      <td className="incident-time nowrap soft" title={formatDateTime(incident.openedAtMs)}>
        {formatAgo(incident.openedAtMs, nowMs)}
      </td>
    </tr>
  );
});
