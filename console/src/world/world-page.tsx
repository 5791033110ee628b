// The world: a picture of all regions, what they carry, where viewers are sent and why.

import { useMemo, useState } from 'react';
import type { WorldView } from '../../../src/contract/api/world.ts';
import { call } from '../api.ts';
import { isOfInstallation } from '../session.ts';
import { formatAgo, formatBps, formatCount, formatShare, listWords, plural } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import type { Sample } from '../ui/sample.ts';
import { Empty, LoadFailed } from '../ui/states.tsx';
import { Total, Totals } from '../ui/totals.tsx';
import { type Polled, usePolled } from '../ui/use-polled.ts';
import { marksOf, type RegionMark } from './attention.ts';
import { AttentionStrip } from './attention-strip.tsx';
import { nodesOf, refusalsOf, regionState, totalsOf } from './derive.ts';
import { DrainDialog, type DrainTarget } from './drain-dialog.tsx';
import { RegionCard } from './region-card.tsx';
import { type Findings, SteeringPanel } from './steering-panel.tsx';
import type { SiteWatched } from './traffic.ts';
import { TrafficPanel, ViewerChart } from './traffic-panel.tsx';
import { useWorldLive } from './use-world-live.ts';
import { EmptyMap, WorldMap } from './world-map.tsx';

/** The plan changes seldom; its checker is asked less often than the world. */
const FINDINGS_INTERVAL_MS = 6_000;
const NO_FINDINGS: Findings = [];

/** The page. */
export function WorldPage({ world }: { readonly world: Polled<WorldView> }) {
  const steering = usePolled(
    'steering',
    (signal) => call('GET /v1/steering', {}, signal),
    FINDINGS_INTERVAL_MS,
  );
  const [drain, setDrain] = useState<DrainTarget>();
  const { data, error } = world;
  if (data === undefined) {
    if (error !== undefined)
      return <LoadFailed what="The world" error={error} onRetry={() => void world.refresh()} />;
    return <WorldSkeleton />;
  }
  return (
    <div className="page-inner">
      <WorldHead world={data} />
      <Alarms world={data} />
      {data.regions.length === 0 ? (
        <Empty icon="world" title="No region yet">
          Regions come from <code>meridian.yaml</code>. Name at least one there and start its node; it appears
          here with its first beat.
        </Empty>
      ) : (
        <>
          {isOfInstallation() ? <LiveWorld world={data} /> : <PlainWorld world={data} />}
          <Regions world={data} onDrain={setDrain} />
          <SteeringPanel world={data} findings={steering.data?.findings ?? NO_FINDINGS} />
        </>
      )}
      {drain !== undefined && (
        <DrainDialog
          world={data}
          target={drain}
          onClose={() => setDrain(undefined)}
          onDone={() => void world.refresh()}
        />
      )}
    </div>
  );
}

const NO_WATCHED: readonly SiteWatched[] = [];
const NO_MARKS: ReadonlyMap<string, RegionMark> = new Map();

/** The map alone, for those who may not see the traffic of all. */
function PlainWorld({ world }: { readonly world: WorldView }) {
  return (
    <>
      <WorldTotals world={world} />
      <section className="card map-card" aria-label="Map">
        <WorldMap world={world} watched={NO_WATCHED} marks={NO_MARKS} />
      </section>
    </>
  );
}

/** The map with what viewers get now, and what needs a person. */
function LiveWorld({ world }: { readonly world: WorldView }) {
  const { watched = NO_WATCHED, history, generations = [], ...attention } = useWorldLive();
  const { incidents, burning } = attention;
  const marks = useMemo(() => marksOf(incidents ?? [], burning ?? []), [incidents, burning]);
  return (
    <>
      <AttentionStrip {...attention} />
      <WorldTotals world={world} />
      <div className="world-live">
        <section className="card map-card" aria-label="Map">
          <WorldMap world={world} watched={watched} marks={marks} />
        </section>
        <TrafficPanel world={world} watched={watched} marks={marks} />
      </div>
      {history !== undefined && <ViewerChart world={world} history={history} generations={generations} />}
    </>
  );
}

function WorldHead({ world }: { readonly world: WorldView }) {
  const sites = world.regions.flatMap((region) => region.sites);
  const nodes = nodesOf(world);
  const ready = nodes.filter((node) => node.isReady).length;
  return (
    <div className="page-head">
      <div>
        <h1>World</h1>
        <p>
          {plural(world.regions.length, 'region')}, {plural(sites.length, 'site')}, {ready} of{' '}
          {plural(nodes.length, 'node')} ready
        </p>
      </div>
      <div className="snapshot" title="Term and sequence of the newest world snapshot">
        <span className="faint small">Snapshot</span>
        <strong className="mono">
          {world.term}.{world.sequence}
        </strong>
        <span className="faint small">
          {world.publishedAtMs === null ? 'not published yet' : formatAgo(world.publishedAtMs, world.nowMs)}
        </span>
      </div>
    </div>
  );
}

function Alarms({ world }: { readonly world: WorldView }) {
  const refusals = refusalsOf(world);
  const down = world.regions.filter((region) => regionState(region) === 'down');
  if (refusals.length === 0 && down.length === 0) return null;
  return (
    <div className="stack">
      {refusals.length > 0 && (
        <div className="notice bad" role="alert">
          <Icon name="warning" />
          <div>
            <strong>
              {plural(refusals.length, 'node')} refuse{refusals.length === 1 ? 's' : ''} the world snapshot
            </strong>
            <ul>
              {refusals.map(({ nodeId, reason }) => (
                <li key={nodeId}>
                  <span className="mono">{nodeId}</span>: {reason}
                </li>
              ))}
            </ul>
            <div className="soft">
              They go on with the last one they accepted. Look at the control plane that published this one.
            </div>
          </div>
        </div>
      )}
      {down.length > 0 && (
        <DownAlarm names={down.map(({ name }) => name)} isAll={down.length === world.regions.length} />
      )}
    </div>
  );
}

interface DownAlarmProps {
  readonly names: readonly string[];
  readonly isAll: boolean;
}

function DownAlarm({ names, isAll }: DownAlarmProps) {
  return (
    <div className="notice bad" role="alert">
      <Icon name="warning" />
      <div>
        <strong>
          {listWords(names)} {names.length === 1 ? 'is' : 'are'} down.
        </strong>{' '}
        {isAll
          ? 'No healthy region is left. Viewers are sent to the nearest one all the same, since it may still answer.'
          : 'Viewers are steered to the other regions, which serve the copies of what it held.'}
      </div>
    </div>
  );
}

function WorldTotals({ world }: { readonly world: WorldView }) {
  const totals = totalsOf(world.regions);
  return (
    <Totals label="All regions together">
      <Total
        label="Egress"
        value={formatBps(totals.egressBps)}
        note={`of ${formatBps(totals.capacityBps)}`}
      />
      <Total label="Requests" value={`${formatCount(totals.requestsPerSecond)} /s`} note="all regions" />
      <Total label="Hit ratio" value={formatShare(totals.hitRatio)} note="answered from memory" />
      <Total label="Cost now" value={`${totals.costPerHour.toFixed(2)} /h`} note="egress at this rate" />
      <Total
        label="Assets"
        value={formatCount(world.assets.total)}
        note={assetsNote(world.assets)}
        isBad={world.assets.failed > 0}
      />
    </Totals>
  );
}

function assetsNote({ processing, failed }: WorldView['assets']): string {
  const parts = [];
  if (processing > 0) parts.push(`${formatCount(processing)} in processing`);
  if (failed > 0) parts.push(`${formatCount(failed)} failed`);
  return parts.length === 0 ? 'all processed' : parts.join(', ');
}

interface RegionsProps {
  readonly world: WorldView;
  readonly onDrain: (target: DrainTarget) => void;
}

function Regions({ world, onDrain }: RegionsProps) {
  const { traffic, regions } = world;
  const samples = useMemo(
    () =>
      new Map(
        regions.map(({ id }): [string, Sample[]] => [
          id,
          traffic.map(({ atMs, egressBpsByRegion }) => ({ atMs, value: egressBpsByRegion[id] ?? 0 })),
        ]),
      ),
    [traffic, regions],
  );
  const scaleBps = Math.max(
    0,
    ...traffic.flatMap(({ egressBpsByRegion }) => Object.values(egressBpsByRegion)),
  );
  return (
    <section className="regions" aria-label="Regions">
      {regions.map((region) => (
        <RegionCard
          key={region.id}
          world={world}
          region={region}
          samples={samples.get(region.id) ?? []}
          scaleBps={scaleBps}
          onDrain={onDrain}
        />
      ))}
    </section>
  );
}

const SKELETON_LINES = ['70%', '45%', '90%', '60%', '75%'] as const;

function WorldSkeleton() {
  return (
    <div className="page-inner" aria-busy="true">
      <div className="page-head">
        <div>
          <h1>World</h1>
          <span className="skeleton" style={{ width: 200, height: 14, marginTop: 7 }} />
        </div>
      </div>
      <div className="totals card" aria-hidden="true">
        {SKELETON_LINES.map((width) => (
          <div key={width} className="skeleton-lines">
            <span className="skeleton" style={{ width: '40%', height: 10 }} />
            <span className="skeleton" style={{ width, height: 18 }} />
            <span className="skeleton" style={{ width: '55%', height: 10 }} />
          </div>
        ))}
      </div>
      <section className="card map-card" aria-hidden="true">
        <EmptyMap />
      </section>
      <div className="regions" aria-hidden="true">
        {['first', 'second', 'third'].map((name) => (
          <div key={name} className="card card-body skeleton-lines">
            {SKELETON_LINES.map((width) => (
              <span key={width} className="skeleton" style={{ width, height: 14 }} />
            ))}
          </div>
        ))}
      </div>
      <span className="visually-hidden">Loading the world</span>
    </div>
  );
}
