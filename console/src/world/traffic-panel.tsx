// The numbers beside the map: what viewers get by region or pathway, sortable; and through the last hour, with the
// generations of the steering plan marked.

import { type ReactNode, useMemo, useState } from 'react';
import type { WorldView } from '../../../src/contract/api/world.ts';
import type { ApiResult } from '../api.ts';
import { Chart } from '../ui/chart.tsx';
import type { ChartLine, ChartMark } from '../ui/chart-types.ts';
import { Filter } from '../ui/filter.tsx';
import { formatAgo, formatBps, formatCount, formatShare } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { markText, type RegionMark } from './attention.ts';
import { hueOf } from './derive.ts';
import {
  type SiteWatched,
  type TrafficRow,
  type TrafficScope,
  type TrafficSort,
  trafficRows,
  type ViewerHistory,
} from './traffic.ts';

/** From these shares on a number is drawn to the eye. */
const BAD_SHARE_WARN = 0.001;
const STALL_SHARE_WARN = 0.005;

interface TrafficPanelProps {
  readonly world: WorldView;
  readonly watched: readonly SiteWatched[];
  readonly marks: ReadonlyMap<string, RegionMark>;
}

/** The list. */
export function TrafficPanel({ world, watched, marks }: TrafficPanelProps) {
  const [scope, setScope] = useState<TrafficScope>('regions');
  const [sort, setSort] = useState<TrafficSort>('viewers');
  const rows = useMemo(() => trafficRows(world, watched, scope, sort), [world, watched, scope, sort]);
  const head = (by: TrafficSort, label: ReactNode, isNumber = true) => (
    <th
      className={isNumber ? 'number' : ''}
      aria-sort={sort === by ? (by === 'name' ? 'ascending' : 'descending') : 'none'}
    >
      <button type="button" className="sort-button" onClick={() => setSort(by)}>
        {label}
        {sort === by && <Icon name="down" />}
      </button>
    </th>
  );
  return (
    <section className="card traffic" aria-label="Traffic">
      <div className="card-head">
        <h2>Viewers now</h2>
        <Filter
          label="Traffic by"
          options={[
            { value: 'regions', label: 'Regions' },
            { value: 'pathways', label: 'Pathways' },
          ]}
          value={scope}
          onChange={setScope}
        />
      </div>
      <div className="traffic-scroll">
        <table className="table traffic-table">
          <thead>
            <tr>
              {head('name', scope === 'regions' ? 'Region' : 'Pathway', false)}
              {head('viewers', 'Viewers')}
              {head('egress', 'Egress')}
              {head(
                'bad',
                <abbr title="Requests that failed or came too late, as players saw them">Bad</abbr>,
              )}
              {head('stall', <abbr title="Time that viewers waited, of all their time">Stalled</abbr>)}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.id} world={world} row={row} mark={marks.get(row.regionId)} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface RowProps {
  readonly world: WorldView;
  readonly row: TrafficRow;
  readonly mark: RegionMark | undefined;
}

function Row({ world, row, mark }: RowProps) {
  const share = (value: number | null, warn: number): ReactNode => (
    <td className={value !== null && value >= warn ? 'number nowrap traffic-warn' : 'number nowrap'}>
      {value === null ? '–' : formatShare(value, value < 0.01 && value > 0 ? 2 : 1)}
    </td>
  );
  return (
    <tr className={hueOf(world, row.regionId)}>
      <td>
        <span className="row traffic-name">
          <span className="swatch" />
          <span className="truncate">{row.name}</span>
          {mark !== undefined && (
            <span
              className={mark.incidents > 0 ? 'traffic-mark bad' : 'traffic-mark warn'}
              title={markText(mark)}
            >
              <Icon name="warning" />
              <span className="visually-hidden">{markText(mark)}</span>
            </span>
          )}
        </span>
      </td>
      <td className="number nowrap">{formatCount(row.viewers)}</td>
      <td className="number nowrap">{formatBps(row.egressBps)}</td>
      {share(row.badShare, BAD_SHARE_WARN)}
      {share(row.stallShare, STALL_SHARE_WARN)}
    </tr>
  );
}

type Changes = ApiResult<'GET /v1/changes'>['changes'];

interface ViewerChartProps {
  readonly world: WorldView;
  readonly history: ViewerHistory;
  /** Generations of the steering plan, newest first. */
  readonly generations: Changes;
}

const HUE_COUNT = 6;

/** Viewers through the last hour, and what steering did meanwhile. */
export function ViewerChart({ world, history, generations }: ViewerChartProps) {
  const lines = useMemo(
    () =>
      world.regions.slice(0, HUE_COUNT).map(
        ({ id, name }, index): ChartLine => ({
          label: name,
          values: history.byRegion.get(id) ?? history.timesMs.map(() => null),
          tone: `hue-${index as 0 | 1 | 2 | 3 | 4 | 5}`,
        }),
      ),
    [world.regions, history],
  );
  const marks = generations.map(
    ({ atMs, summary }): ChartMark => ({ atMs, kind: 'change', label: summary, href: '#/changes' }),
  );
  const newest = generations[0];
  return (
    <section className="card" aria-label="Viewers through the last hour">
      <div className="card-body">
        <Chart
          title="Viewers by region"
          lines={lines}
          timesMs={history.byRegion.size === 0 ? [] : history.timesMs}
          fromMs={history.fromMs}
          toMs={history.toMs}
          marks={marks}
          format={formatCount}
          topMin={5}
          heightPx={170}
        />
        {newest !== undefined && (
          <p className="traffic-steering small">
            <Icon name="drain" />
            <span className="soft">{newest.summary}</span>
            <span className="faint nowrap">{formatAgo(newest.atMs, world.nowMs)}</span>
          </p>
        )}
      </div>
    </section>
  );
}
