// The session explorer: viewings by what was watched, from where, how, and what went wrong; or one of them.

import { memo } from 'react';
import type { WorldView } from '../../../src/contract/api/world.ts';
import type { Viewing } from '../../../src/contract/telemetry.ts';
import { call } from '../api.ts';
import { href } from '../shell/router.ts';
import { setFilters } from '../ui/address-filters.ts';
import { durationText } from '../ui/duration-text.ts';
import { formatAgo, formatBps, formatDateTime } from '../ui/format.ts';
import { PageHead } from '../ui/page-head.tsx';
import { ListPage, PagedTable } from '../ui/paged-table.tsx';
import { RangeField } from '../ui/range-field.tsx';
import { type Filters, readFilters } from '../ui/read-filters.ts';
import { Empty } from '../ui/states.tsx';
import { spanOf } from '../ui/time-range.ts';
import { TypedField } from '../ui/typed-field.tsx';
import { ageNowMs } from '../ui/use-now.ts';
import { usePagedList } from '../ui/use-paged-list.ts';
import { CLIENTS, clientText, itemOf, stateOf, troubleText } from './describe-session.ts';
import { SessionPage } from './session-page.tsx';

const NAMES = ['content', 'region', 'site', 'kind', 'client', 'trouble', 'range', 'from', 'to'] as const;
type SessionFilters = Filters<(typeof NAMES)[number]>;

/** Height of a row; the style sheet says the same. */
const ROW_PX = 56;
const COLUMN_COUNT = 7;

/** A viewing in a list: its id sorts by start, and tells where a page begins. */
interface ListedViewing {
  readonly id: string;
  readonly session: Viewing;
}

interface SessionsPageProps {
  readonly detail: string | null;
  readonly world: WorldView | undefined;
}

/** The page; the detail is one viewing, or holds the filters. */
export function SessionsPage({ detail, world }: SessionsPageProps) {
  const filters = readFilters(detail, NAMES);
  return filters === null ? (
    <SessionPage key={detail} sid={detail ?? ''} world={world} />
  ) : (
    <SessionList filters={filters} world={world} />
  );
}

/** Starts of this century have thirteen digits. */
const START_DIGITS = 13;

function listed(session: Viewing): ListedViewing {
  return { id: `${String(session.startedAtMs).padStart(START_DIGITS, '0')}~${session.sid}`, session };
}

function useSessions(filters: SessionFilters) {
  const { content, region, site, kind, client, trouble, range, from, to } = filters;
  const contentId = content?.trim();
  const query = {
    order: 'started' as const,
    ...(contentId === undefined || contentId === '' ? {} : { contentId: contentId.slice(0, 128) }),
    ...(region === undefined ? {} : { regionId: region }),
    ...(site === undefined ? {} : { siteId: site }),
    ...(kind === 'vod' || kind === 'live' ? { kind: kind as Viewing['kind'] } : {}),
    ...(client === undefined ? {} : { client: client.slice(0, 32) }),
    ...(trouble === 'any' ? { isTroubled: 'true' as const } : {}),
    ...(trouble === 'stall' || trouble === 'error' ? { trouble: trouble as 'stall' | 'error' } : {}),
    ...spanOf(range, from, to, Date.now()),
  };
  const key = JSON.stringify([contentId, region, site, kind, client, trouble, range, from, to]);
  return usePagedList<ListedViewing>(key, async (before, limit, signal) => {
    const page = await call(
      'GET /v1/viewer-sessions',
      { query: { ...query, limit, ...(before === null ? {} : { before: String(before) }) } },
      signal,
    );
    const items = page.sessions.map(listed);
    return { items, nextBefore: page.nextBefore === null ? null : (items.at(-1)?.id ?? null) };
  });
}

interface SessionListProps {
  readonly filters: SessionFilters;
  readonly world: WorldView | undefined;
}

function SessionList({ filters, world }: SessionListProps) {
  const sessions = useSessions(filters);
  const nowMs = ageNowMs();
  const isFiltered = Object.keys(filters).length > 0;
  return (
    <ListPage
      head={
        <>
          <PageHead title="Sessions" note="Viewings as players told of them, newest first" />
          <FilterBar filters={filters} world={world} />
        </>
      }
    >
      <PagedTable
        what="The viewings"
        paged={sessions}
        empty={
          <Empty icon="viewers" title={isFiltered ? 'No such viewing' : 'Nobody has watched yet'}>
            {isFiltered
              ? 'No viewing fits all of what is asked for.'
              : 'Players tell of themselves by CMCD; the first viewing shows here within seconds.'}
          </Empty>
        }
        className="sessions"
        rowPx={ROW_PX}
        columnCount={COLUMN_COUNT}
        head={
          <>
            <th className="session-head-state">State</th>
            <th>Watched</th>
            <th className="wide-only session-head-site">From</th>
            <th className="wide-only number session-head-number">Start</th>
            <th className="wide-only number session-head-number">Bitrate</th>
            <th className="session-head-trouble">Trouble</th>
            <th className="session-head-time">Began</th>
          </>
        }
        row={(item, rowIndex) => (
          <SessionRow key={item.id} session={item.session} rowIndex={rowIndex} nowMs={nowMs} />
        )}
      />
    </ListPage>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly any: string;
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly value: string | undefined;
  readonly onChange: (value: string) => void;
}

function Choice({ label, any, options, value = '', onChange }: ChoiceProps) {
  return (
    <select
      className="input"
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">{any}</option>
      {options.map(([name, text]) => (
        <option key={name} value={name}>
          {text}
        </option>
      ))}
    </select>
  );
}

function FilterBar({ filters, world }: SessionListProps) {
  const change = (changes: SessionFilters): void => setFilters('sessions', { ...filters, ...changes });
  const regions = world?.regions ?? [];
  const sites = regions.flatMap((region) =>
    filters.region === undefined || filters.region === region.id ? region.sites : [],
  );
  return (
    <search className="filter-bar" aria-label="Filter viewings">
      <TypedField
        label="Asset or broadcast"
        placeholder="Asset or broadcast id"
        value={filters.content ?? ''}
        onChange={(content) => change({ content })}
      />
      <Choice
        label="Trouble"
        any="Good and bad"
        options={[
          ['any', 'With any trouble'],
          ['stall', 'With stalls'],
          ['error', 'With errors or bad requests'],
        ]}
        value={filters.trouble}
        onChange={(trouble) => change({ trouble })}
      />
      <Choice
        label="Region"
        any="Every region"
        options={regions.map(({ id, name }) => [id, name])}
        value={filters.region}
        onChange={(region) => change({ region, site: '' })}
      />
      <Choice
        label="Pathway"
        any="Every pathway"
        options={sites.map(({ id }) => [id, id])}
        value={filters.site}
        onChange={(site) => change({ site })}
      />
      <Choice
        label="Kind"
        any="Video and live"
        options={[
          ['vod', 'Video'],
          ['live', 'Live'],
        ]}
        value={filters.kind}
        onChange={(kind) => change({ kind })}
      />
      <Choice
        label="Client"
        any="Every client"
        options={CLIENTS.map((client) => [client, clientText(client)])}
        value={filters.client}
        onChange={(client) => change({ client })}
      />
      <RangeField filters={filters} onChange={change} />
      {Object.keys(filters).length > 0 && (
        <button type="button" className="button quiet" onClick={() => setFilters('sessions', {})}>
          Clear
        </button>
      )}
    </search>
  );
}

interface SessionRowProps {
  readonly session: Viewing;
  readonly rowIndex: number;
  readonly nowMs: number;
}

const SessionRow = memo(function SessionRow({ session, rowIndex, nowMs }: SessionRowProps) {
  const { text, tone } = stateOf(session);
  const item = itemOf(session.contentId);
  const trouble = troubleText(session);
  return (
    <tr className="long-row session" aria-rowindex={rowIndex}>
      <td className="session-state">
        <span className={`pill ${tone}`}>{text}</span>
      </td>
      <td className="session-name">
        <a className="truncate mono" data-row-link href={href('sessions', session.sid)}>
          {item?.itemId ?? 'unknown'}
        </a>
        <div className="faint row-sub truncate">
          {session.kind === 'live' ? 'live' : 'video'}, {clientText(session.client)}, {session.sid}
        </div>
      </td>
      <td className="wide-only soft">
        <div className="truncate">{session.siteId}</div>
        {session.pathwayChanges > 0 && (
          <div className="faint row-sub">
            {session.pathwayChanges === 1 ? 'moved once' : `moved ${session.pathwayChanges} times`}
          </div>
        )}
      </td>
      <td className="wide-only number soft nowrap">
        {session.startupMs === null ? '–' : durationText(session.startupMs)}
      </td>
      <td className="wide-only number soft nowrap">
        {session.bitrateKbps === null ? '–' : formatBps(session.bitrateKbps * 1_000)}
      </td>
      <td className="session-trouble">
        {trouble === '' ? <span className="faint">none</span> : <span className="is-bad">{trouble}</span>}
      </td>
      <td className="session-time nowrap soft" title={formatDateTime(session.startedAtMs)}>
        {formatAgo(session.startedAtMs, nowMs)}
        <div className="faint row-sub">played {durationText(session.playMs)}</div>
      </td>
    </tr>
  );
});
