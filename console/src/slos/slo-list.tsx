// All objectives in one list: budget left, burn by window, state; the worst first.

import { type ReactNode, useMemo, useRef, useState } from 'react';
import { may } from '../session.ts';
import { href } from '../shell/router.ts';
import { Filter } from '../ui/filter.tsx';
import { formatShare, plural } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { LongTable } from '../ui/long-table.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { useRowKeys } from '../ui/row-keys.ts';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { useLive } from '../ui/use-live.ts';
import { askAllSlos } from './ask-slos.ts';
import {
  chooseRows,
  formatBurn,
  formatTarget,
  labelsText,
  rowsOf,
  type SloFilter,
  type SloRow,
  type SloSort,
  STATE_LABELS,
  STATE_TONES,
} from './describe-slo.ts';
import { ExportButton, SloTextDialog } from './slo-dialogs.tsx';

/** The same number stands in slos.css. */
const ROW_PX = 58;
const COLUMN_COUNT = 6;

const FILTERS = [
  { value: 'all', label: 'All' },
  { value: 'attention', label: 'Need attention' },
  { value: 'burning', label: 'Burning' },
] as const satisfies readonly { value: SloFilter; label: string }[];

/** The page of the list. */
export function SloList() {
  const [filter, setFilter] = useState<SloFilter>('all');
  const [sort, setSort] = useState<SloSort>('state');
  const [search, setSearch] = useState('');
  const [isImporting, setIsImporting] = useState(false);
  const slos = useLive('slos', 'slos', askAllSlos);
  const all = useMemo(() => rowsOf(slos.data ?? []), [slos.data]);
  const rows = useMemo(() => chooseRows(all, { filter, sort, search }), [all, filter, sort, search]);
  useRowKeys();
  const burning = all.filter(({ state }) => state === 'page' || state === 'ticket').length;
  return (
    <div className="list-page">
      <PageHead
        title="Objectives"
        note={
          slos.data === undefined
            ? 'Loading…'
            : `${plural(all.length, 'objective')}, ${burning === 0 ? 'none burns' : `${burning} burning`}`
        }
      >
        <input
          className="input slo-search"
          type="search"
          placeholder="Name or service"
          aria-label="Search objectives"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <Filter label="Show objectives that" options={FILTERS} value={filter} onChange={setFilter} />
        <ExportButton slos={slos.data ?? []} />
        {may('operator') && (
          <button type="button" className="button primary" onClick={() => setIsImporting(true)}>
            <Icon name="plus" />
            Add or import
          </button>
        )}
      </PageHead>
      <div className="card list-card">
        {slos.data !== undefined ? (
          <SloTable rows={rows} sort={sort} onSort={setSort} hasAny={all.length > 0} />
        ) : slos.error !== undefined ? (
          <LoadFailed what="The objectives" error={slos.error} onRetry={() => void slos.refresh()} />
        ) : (
          <SkeletonRows count={8} height={ROW_PX} />
        )}
      </div>
      {isImporting && (
        <SloTextDialog
          title="Add or import objectives"
          text=""
          onClose={() => setIsImporting(false)}
          onApplied={() => {
            setIsImporting(false);
            void slos.refresh();
          }}
        />
      )}
    </div>
  );
}

interface SloTableProps {
  readonly rows: readonly SloRow[];
  readonly sort: SloSort;
  readonly onSort: (sort: SloSort) => void;
  readonly hasAny: boolean;
}

const nothing = (): void => {};

function SloTable({ rows, sort, onSort, hasAny }: SloTableProps) {
  const container = useRef<HTMLDivElement>(null);
  const head = (by: SloSort, label: ReactNode, className = '') => (
    <th className={className} aria-sort={sort === by ? 'ascending' : 'none'}>
      <button type="button" className="sort-button" onClick={() => onSort(by)}>
        {label}
        {sort === by && <Icon name="down" />}
      </button>
    </th>
  );
  if (rows.length === 0)
    return hasAny ? (
      <Empty icon="check" title="None of these">
        No objective fits the filter and the search.
      </Empty>
    ) : (
      <Empty icon="target" title="No objective">
        Objectives say how much of what viewers see must be good. Add one as an OpenSLO document.
      </Empty>
    );
  return (
    <div className="list-scroll" ref={container}>
      <LongTable
        className="table long-table slos"
        container={container}
        items={rows}
        rowPx={ROW_PX}
        hasMore={false}
        onNearEnd={nothing}
        onWindow={nothing}
        columnCount={COLUMN_COUNT}
        head={
          <>
            {head('name', 'Objective')}
            {head('state', 'State', 'slo-head-state')}
            {head('budget', 'Budget left', 'slo-head-budget')}
            <th className="slo-head-burn wide-only">Burn, long window of each tier</th>
            {head('service', 'Service', 'slo-head-service wide-only')}
            <th className="slo-head-origin wide-only">From</th>
          </>
        }
        row={(row, rowIndex) => <Row key={`${row.slo.name} ${row.number}`} row={row} rowIndex={rowIndex} />}
      />
    </div>
  );
}

function Row({ row, rowIndex }: { readonly row: SloRow; readonly rowIndex: number }) {
  const { slo, objective, worst, state } = row;
  return (
    <tr className="long-row slo" aria-rowindex={rowIndex}>
      <td className="slo-name">
        <a className="truncate" data-row-link href={href('slos', slo.name)}>
          {objective.displayName || slo.displayName}
        </a>
        <div className="row-sub faint truncate">
          <span className="mono">{slo.name}</span> · {formatTarget(objective.target)}
        </div>
      </td>
      <td className="slo-state">
        <span className={`pill ${STATE_TONES[state]}`}>{STATE_LABELS[state]}</span>
      </td>
      <td className="slo-budget">
        <BudgetBar usedShare={worst?.usedShare ?? null} />
        <div className="row-sub faint truncate">
          {worst === null ? 'nothing counted yet' : `worst: ${labelsText(worst.labels)}`}
        </div>
      </td>
      <td className="wide-only">
        <span className="slo-burns">
          {worst?.tiers.map((tier) => (
            <span
              key={tier.name}
              className={tier.verdict === 'burning' ? `burn is-${tier.severity}` : 'burn'}
              title={`${tier.name}: burn ${formatBurn(tier.longBurn)} of ${formatBurn(tier.limit)}, ${tier.verdict}`}
            >
              <span className="faint">{tier.name}</span> {formatBurn(tier.longBurn)}
            </span>
          ))}
        </span>
      </td>
      <td className="wide-only truncate">{slo.service}</td>
      <td className="wide-only faint small truncate">
        {slo.origin === 'shipped' ? 'Meridian' : slo.updatedBy}
      </td>
    </tr>
  );
}

/** How much of a budget is left; none when it is overdrawn. */
export function BudgetBar({ usedShare }: { readonly usedShare: number | null }) {
  if (usedShare === null) return <span className="faint">–</span>;
  const left = 1 - usedShare;
  const tone = left <= 0 ? 'bad' : left < 0.25 ? 'warn' : 'good';
  return (
    <span className="budget">
      <span className={`budget-bar tone-${tone}`} aria-hidden="true">
        <span style={{ width: `${Math.max(0, Math.min(1, left)) * 100}%` }} />
      </span>
      <span className={left <= 0 ? 'budget-left is-bad' : 'budget-left'}>{formatShare(left)}</span>
    </span>
  );
}
