// Who watches a broadcast that is on the air: how many, where, and how far behind the newest part.

import type { BroadcastView } from '../../../src/contract/api/live.ts';
import { call } from '../api.ts';
import { formatCount, plural } from '../ui/format.ts';
import { Sparkline } from '../ui/sparkline.tsx';
import { Total, Totals } from '../ui/totals.tsx';
import { usePolled } from '../ui/use-polled.ts';
import { isRunning, seconds } from './describe-broadcast.ts';
import { formatMoment } from './figure-lines.ts';

/** Players tell every ten seconds. */
const REFRESH_MS = 5_000;
/** A viewer this much farther behind than intended has gone back, or was stopped by a poor line. */
const BEHIND_MS = 4_000;

interface ViewersSectionProps {
  readonly broadcast: BroadcastView;
  /** Names of regions by identifier. */
  readonly names: ReadonlyMap<string, string>;
}

/** The numbers; nothing before it begins and once it has ended. */
export function ViewersSection({ broadcast, names }: ViewersSectionProps) {
  if (!isRunning(broadcast)) return null;
  return <Viewers broadcast={broadcast} names={names} />;
}

function Viewers({ broadcast, names }: ViewersSectionProps) {
  const { id, settings } = broadcast;
  const { data, error } = usePolled(
    id,
    (signal) => call('GET /v1/broadcasts/{broadcastId}/viewers', { params: { broadcastId: id } }, signal),
    REFRESH_MS,
  );
  if (data === undefined) {
    if (error === undefined) return null;
    return <p className="card card-body soft">Who watches is not known: {error.message}</p>;
  }
  const { viewers, points, regions, latencyP50Ms, latencyP95Ms } = data;
  const most = Math.max(0, ...points.map((point) => point.viewers));
  const goal = `${seconds(settings.holdBackMs)} is intended`;
  return (
    <section className="card live-viewers" aria-label="Viewers">
      <Totals label="Viewers and latency">
        <Total
          label="Viewers"
          value={formatCount(viewers)}
          note={most > viewers ? `${formatCount(most)} at most in ten minutes` : 'as players tell'}
        />
        <Total label="Behind the newest part" value={latencyText(latencyP50Ms)} note={goal} />
        <Total
          label="19 of 20 viewers within"
          value={latencyText(latencyP95Ms)}
          note={isBehind(latencyP95Ms, settings) ? 'some are far behind' : 'of the newest part'}
          isBad={isBehind(latencyP95Ms, settings)}
        />
      </Totals>
      <div className="live-viewers-line hue-0">
        <Sparkline
          samples={points.map((point) => ({ atMs: point.atMs, value: point.viewers }))}
          maximum={Math.max(most, 4)}
          label="Viewers over the last ten minutes"
          format={(count) => plural(Math.round(count), 'viewer')}
          formatTime={formatMoment}
        />
      </div>
      {regions.length > 0 && (
        <RegionTable regions={regions} viewers={viewers} names={names} settings={settings} />
      )}
    </section>
  );
}

type Region = Awaited<ReturnType<typeof call<'GET /v1/broadcasts/{broadcastId}/viewers'>>>['regions'][number];

interface RegionTableProps extends Pick<ViewersSectionProps, 'names'> {
  readonly regions: readonly Region[];
  readonly viewers: number;
  readonly settings: BroadcastView['settings'];
}

function RegionTable({ regions, viewers, names, settings }: RegionTableProps) {
  return (
    <table className="table live-regions" aria-label="Viewers by region">
      <thead>
        <tr>
          <th>Region</th>
          <th className="number">Viewers</th>
          <th className="wide-only">
            <span className="visually-hidden">Share</span>
          </th>
          <th className="number">Behind</th>
          <th className="number">19 of 20</th>
          <th className="number wide-only">Had a stall</th>
        </tr>
      </thead>
      <tbody>
        {regions.map((region) => (
          <tr key={region.regionId}>
            <td className="truncate">{names.get(region.regionId) ?? region.regionId}</td>
            <td className="number">{formatCount(region.viewers)}</td>
            <td className="wide-only live-region-share">
              <span style={{ width: `${(100 * region.viewers) / Math.max(1, viewers)}%` }} />
            </td>
            <td className="number">{latencyText(region.latencyP50Ms)}</td>
            <td className={isBehind(region.latencyP95Ms, settings) ? 'number is-bad' : 'number'}>
              {latencyText(region.latencyP95Ms)}
            </td>
            <td className="number wide-only">{formatCount(region.stalledViewers)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** "2.2 s"; a dash while no player has told. */
function latencyText(latencyMs: number | null): string {
  return latencyMs === null ? '–' : `${(latencyMs / 1_000).toFixed(1)} s`;
}

function isBehind(latencyMs: number | null, { holdBackMs }: BroadcastView['settings']): boolean {
  return latencyMs !== null && latencyMs > holdBackMs + BEHIND_MS;
}
