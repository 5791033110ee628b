// The inbox of alerts: what fires or is kept quiet, grouped by place; what is over, newest first.

import { memo, type ReactNode, useMemo, useState } from 'react';
import { call } from '../api.ts';
import { href, navigate } from '../shell/router.ts';
import { labelText } from '../signal/evidence.ts';
import { Filter, type FilterOption } from '../ui/filter.tsx';
import { formatAgo, formatDateTime } from '../ui/format.ts';
import { PageHead } from '../ui/page-head.tsx';
import { ListPage, PagedTable } from '../ui/paged-table.tsx';
import { SearchBox } from '../ui/search-box.tsx';
import { Empty } from '../ui/states.tsx';
import { useLive } from '../ui/use-live.ts';
import { ageNowMs } from '../ui/use-now.ts';
import { type Paged, usePagedList } from '../ui/use-paged-list.ts';
import { AlertDialog } from './alert-dialog.tsx';
import {
  type AlertGroup,
  type AlertView,
  groupAlerts,
  type InboxRow,
  ruleOf,
  STANDING_TONES,
  STANDING_WORDS,
  type Standing,
  standingOf,
  whyText,
} from './describe-alert.ts';

/** Height of a row; the style sheet says the same. */
const ROW_PX = 56;
const COLUMN_COUNT = 5;
/** What control gives at once, and pages of it that the inbox looks at. */
const PAGE_SIZE = 200;
const PAGES_MAX = 10;

const STANDINGS: readonly FilterOption<Standing | 'all'>[] = [
  { value: 'all', label: 'All that fire' },
  { value: 'firing', label: 'Firing' },
  { value: 'silenced', label: 'Silenced' },
  { value: 'inhibited', label: 'Inhibited' },
  { value: 'resolved', label: 'Over' },
];

interface AlertInboxProps {
  readonly tabs: ReactNode;
  /** The alert that is shown in full. */
  readonly alertId: string | null;
  readonly mayChange: boolean;
}

/** The tab. */
export function AlertInbox({ tabs, alertId, mayChange }: AlertInboxProps) {
  const [standing, setStanding] = useState<Standing | 'all'>('all');
  const [text, setText] = useState('');
  const live = useLive('alerts', 'live', readLive);
  const over = useResolved(standing === 'resolved');
  const rows = useRows(live.data, standing, text.trim().toLowerCase());
  const firing = live.data?.filter(({ state }) => state === 'firing').length;
  const paged: Paged<InboxRow> =
    standing === 'resolved'
      ? over
      : {
          list: rows === undefined ? undefined : { items: rows, nextBefore: null },
          error: live.error,
          isLoadingMore: false,
          loadMore: nothing,
          refresh: live.refresh,
          replace: nothing,
          remove: nothing,
          noteWindow: nothing,
        };
  const nowMs = ageNowMs();
  return (
    <ListPage
      head={
        <>
          <PageHead
            title="Alerts"
            note={firing === undefined ? ' ' : firing === 0 ? 'Nothing fires' : `${firing} firing`}
          >
            <SearchBox label="Search alerts" value={text} onChange={setText} />
            <Filter
              label="Show alerts that are"
              options={STANDINGS}
              value={standing}
              onChange={setStanding}
            />
          </PageHead>
          {tabs}
        </>
      }
    >
      <PagedTable
        what="The alerts"
        paged={paged}
        empty={<NoAlerts isFiltered={standing !== 'all' || text !== ''} />}
        className="alerts"
        rowPx={ROW_PX}
        columnCount={COLUMN_COUNT}
        head={
          <>
            <th className="alert-head-state">State</th>
            <th>Alert</th>
            <th className="wide-only alert-head-why">Why</th>
            <th className="wide-only alert-head-severity">Severity</th>
            <th className="alert-head-time">Since</th>
          </>
        }
        row={(row, rowIndex) =>
          row.kind === 'group' ? (
            <GroupRow key={row.id} group={row} rowIndex={rowIndex} />
          ) : (
            <AlertRow key={row.id} alert={row} rowIndex={rowIndex} nowMs={nowMs} />
          )
        }
      />
      {alertId !== null && (
        <AlertDialog
          key={alertId}
          alertId={alertId}
          mayChange={mayChange}
          onChanged={() => void live.refresh()}
          onClose={() => navigate('alerts')}
        />
      )}
    </ListPage>
  );
}

function nothing(): void {}

/** All alerts that are not over; beyond two thousand nobody reads on. */
async function readLive(signal: AbortSignal): Promise<readonly AlertView[]> {
  const all: AlertView[] = [];
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const before = all.at(-1)?.id;
    const query = { state: 'live', limit: PAGE_SIZE, ...(before === undefined ? {} : { before }) } as const;
    const { alerts } = await call('GET /v1/alerts', { query }, signal);
    all.push(...alerts);
    if (alerts.length < PAGE_SIZE) break;
  }
  return all;
}

function useRows(
  alerts: readonly AlertView[] | undefined,
  standing: Standing | 'all',
  text: string,
): readonly InboxRow[] | undefined {
  return useMemo(() => {
    const wanted = alerts
      ?.filter((alert) => standing === 'all' || standingOf(alert) === standing)
      .filter((alert) => text === '' || searchText(alert).includes(text));
    return wanted === undefined ? undefined : groupAlerts(wanted);
  }, [alerts, standing, text]);
}

function searchText({ annotations, labels, source }: AlertView): string {
  return [annotations.summary ?? '', source, ...Object.values(labels)].join(' ').toLowerCase();
}

/** Alerts that are over; asked for only while they are shown. */
function useResolved(isShown: boolean): Paged<InboxRow> {
  return usePagedList<InboxRow>(
    `resolved ${isShown}`,
    async (before, limit, signal) => {
      if (!isShown) return { items: [], nextBefore: null };
      const query = {
        state: 'resolved',
        limit,
        ...(before === null ? {} : { before: String(before) }),
      } as const;
      const { alerts } = await call('GET /v1/alerts', { query }, signal);
      const items = alerts.map((alert) => ({ ...alert, kind: 'alert' as const }));
      return { items, nextBefore: alerts.length < limit ? null : (alerts.at(-1)?.id ?? null) };
    },
    { topics: ['alerts'] },
  );
}

function NoAlerts({ isFiltered }: { readonly isFiltered: boolean }) {
  return (
    <Empty icon="check" title={isFiltered ? 'None of these' : 'Nothing fires'}>
      {isFiltered
        ? 'No alert fits what was asked for.'
        : 'Objectives and rules are watched every five seconds. What fires appears here by itself.'}
    </Empty>
  );
}

function GroupRow({ group, rowIndex }: { readonly group: AlertGroup; readonly rowIndex: number }) {
  return (
    <tr className="long-row alert-group" aria-rowindex={rowIndex}>
      <th colSpan={COLUMN_COUNT} scope="rowgroup">
        <span className="strong">{group.place}</span>
        <span className="soft small">
          {' '}
          {group.firing} firing{group.quiet > 0 && `, ${group.quiet} kept quiet`}
        </span>
      </th>
    </tr>
  );
}

/** Its labels but for the rule, which stands before them. */
function placeLabels({ labels }: AlertView): string {
  const { slo: _, service: __, tier: ___, ...rest } = labels;
  return labelText(rest);
}

interface AlertRowProps {
  readonly alert: AlertView;
  readonly rowIndex: number;
  readonly nowMs: number;
}

const AlertRow = memo(function AlertRow({ alert, rowIndex, nowMs }: AlertRowProps) {
  const standing = standingOf(alert);
  const why = alert.quietReason ?? whyText(alert);
  const title = alert.annotations.summary ?? ruleOf(alert);
  return (
    <tr className="long-row alert-row" aria-rowindex={rowIndex}>
      <td className="alert-state">
        <span className={`pill ${STANDING_TONES[standing]}`}>{STANDING_WORDS[standing]}</span>
      </td>
      <td className="alert-name">
        <a className="truncate" data-row-link href={href('alerts', alert.id)} title={title}>
          {title}
        </a>
        <div className="faint row-sub truncate">
          {[ruleOf(alert), placeLabels(alert)].filter((part) => part !== '').join(' · ')}
        </div>
      </td>
      <td className="wide-only soft">
        <div className="truncate" title={why}>
          {why}
        </div>
      </td>
      <td className="wide-only">
        <span className={`tag alert-${alert.severity}`}>{alert.severity}</span>
      </td>
      <td className="alert-time soft nowrap" title={formatDateTime(alert.startsAtMs)}>
        {formatAgo(alert.startsAtMs, nowMs)}
      </td>
    </tr>
  );
});
