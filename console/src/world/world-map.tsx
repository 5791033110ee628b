// The map: land in dots, regions as nodes with their health, lines where viewers are steered across regions.
// Names stand in HTML over the drawing, so that they keep their size on a phone.

import { type CSSProperties, memo } from 'react';
import type { WorldView } from '../../../src/contract/api/world.ts';
import { formatBps, formatShare, plural } from '../ui/format.ts';
import { markText, type RegionMark } from './attention.ts';
import {
  type Flow,
  flowsOf,
  hueOf,
  type RegionView,
  regionState,
  STATE_LABELS,
  STATE_TONES,
  totalsOf,
} from './derive.ts';
import { landPath } from './land.ts';
import { arcPaths, MAP_HEIGHT, MAP_WIDTH, type MapPoint, toMap } from './projection.ts';
import { type SiteWatched, together, type Watched } from './traffic.ts';

const LAND = landPath();

const Land = memo(function Land() {
  return <path className="map-land" d={LAND} />;
});

/** Names of neighbours would overlap within this many units; the lower one steps down. */
const LABEL_STEP_Y = 62;
const LABEL_NEAR_X = 190;
/** Further right a name has no room on its right. */
const LEFT_FROM = 0.66;

interface Placed {
  readonly region: RegionView;
  readonly at: MapPoint;
  readonly labelY: number;
  readonly isLeft: boolean;
}

function placeRegions(regions: readonly RegionView[]): Placed[] {
  const placed: Placed[] = [];
  const byLatitude = [...regions].sort((left, right) => right.latitude - left.latitude);
  for (const region of byLatitude) {
    const at = toMap(region);
    const above = placed.filter((other) => Math.abs(other.at.x - at.x) < LABEL_NEAR_X);
    const floor = Math.max(Number.NEGATIVE_INFINITY, ...above.map(({ labelY }) => labelY + LABEL_STEP_Y));
    placed.push({ region, at, labelY: Math.max(at.y, floor), isLeft: at.x > MAP_WIDTH * LEFT_FROM });
  }
  return placed;
}

interface WorldMapProps {
  readonly world: WorldView;
  /** What viewers get by each pathway; empty while nobody tells. */
  readonly watched: readonly SiteWatched[];
  /** Regions in which something is open or burns. */
  readonly marks: ReadonlyMap<string, RegionMark>;
}

/** The picture of the world. */
export function WorldMap({ world, watched, marks }: WorldMapProps) {
  const placed = placeRegions(world.regions);
  const points = new Map(placed.map(({ region, at }) => [region.id, at]));
  return (
    <figure className="map">
      <svg viewBox={`0 0 ${MAP_WIDTH} ${MAP_HEIGHT}`} role="img" aria-label={describe(world)}>
        <Land />
        {flowsOf(world).map((flow) => (
          <FlowLine key={flowKey(flow)} world={world} flow={flow} points={points} />
        ))}
        {placed.map(({ region, at }) => (
          <RegionNode key={region.id} world={world} region={region} at={at} mark={marks.get(region.id)} />
        ))}
      </svg>
      {placed.map((place) => (
        <RegionLabel
          key={place.region.id}
          world={world}
          place={place}
          watched={together(watched.filter(({ regionId }) => regionId === place.region.id))}
          mark={marks.get(place.region.id)}
        />
      ))}
      <figcaption className="map-legend">
        <span>
          <i className="legend-line" /> viewers of one region served by another
        </span>
        <span>
          <i className="legend-line is-fallback" /> where they go next if it fails
        </span>
      </figcaption>
    </figure>
  );
}

/** The land alone, while the rest is loading. */
export function EmptyMap() {
  return (
    <div className="map">
      <svg className="is-loading" viewBox={`0 0 ${MAP_WIDTH} ${MAP_HEIGHT}`} aria-hidden="true">
        <Land />
      </svg>
    </div>
  );
}

function flowKey(flow: Flow): string {
  return `${flow.fromRegionId}>${flow.toRegionId}${flow.isFallback ? '?' : ''}`;
}

interface FlowLineProps {
  readonly world: WorldView;
  readonly flow: Flow;
  readonly points: ReadonlyMap<string, MapPoint>;
}

function FlowLine({ world, flow, points }: FlowLineProps) {
  const from = points.get(flow.fromRegionId);
  const to = points.get(flow.toRegionId);
  if (from === undefined || to === undefined || flow.fromRegionId === flow.toRegionId) return null;
  const hue = hueOf(world, flow.toRegionId);
  if (flow.isFallback)
    return arcPaths(from, to).map((path) => <path key={path} className={`map-fallback ${hue}`} d={path} />);
  return (
    <g className={`map-flow ${hue}`}>
      <title>
        {`${formatShare(flow.share, 0)} of the viewers near ${flow.fromRegionId} start at ${flow.toRegionId}`}
      </title>
      {arcPaths(from, to).map((path) => (
        <g key={path}>
          <path className="map-flow-band" d={path} strokeWidth={2 + flow.share * 5} />
          <path className="map-flow-motion" d={path} strokeWidth={1.5 + flow.share * 2} />
        </g>
      ))}
    </g>
  );
}

interface RegionNodeProps {
  readonly world: WorldView;
  readonly region: RegionView;
  readonly at: MapPoint;
  readonly mark: RegionMark | undefined;
}

function RegionNode({ world, region, at, mark }: RegionNodeProps) {
  const state = regionState(region);
  const totals = totalsOf([region]);
  // Area, not radius, grows with use, so that twice the traffic looks like twice as much.
  const use = totals.capacityBps === 0 ? 0 : Math.min(1, totals.egressBps / totals.capacityBps);
  return (
    <g className={`map-node ${hueOf(world, region.id)} is-${state}`} transform={`translate(${at.x} ${at.y})`}>
      {mark !== undefined && (
        <circle className={mark.incidents > 0 ? 'map-node-mark is-bad' : 'map-node-mark'} r={17} />
      )}
      <circle className="map-node-halo" r={13 + 22 * Math.sqrt(use)} />
      {state === 'healthy' && totals.egressBps > 0 && <circle className="map-node-wave" r={13} />}
      <circle className="map-node-dot" r={7} />
      {state === 'down' && <path className="map-node-cross" d="M-3-3 3 3M3-3-3 3" />}
    </g>
  );
}

interface RegionLabelProps {
  readonly world: WorldView;
  readonly place: Placed;
  readonly watched: Watched;
  readonly mark: RegionMark | undefined;
}

/** Shares of bad requests below this are not worth a place on the map. */
const BAD_SHARE_SHOWN = 0.001;

function RegionLabel({ world, place, watched, mark }: RegionLabelProps) {
  const { region, at, labelY, isLeft } = place;
  const state = regionState(region);
  const egressBps = totalsOf([region]).egressBps;
  const position: CSSProperties & Record<`--${string}`, string> = {
    '--x': `${(at.x / MAP_WIDTH) * 100}%`,
    '--y': `${(labelY / MAP_HEIGHT) * 100}%`,
  };
  return (
    <a
      href={`#region-${region.id}`}
      className={`map-label ${hueOf(world, region.id)}${isLeft ? ' is-left' : ''}`}
      style={position}
      onClick={(event) => {
        event.preventDefault();
        document
          .getElementById(`region-${region.id}`)
          ?.scrollIntoView({ behavior: 'smooth', block: 'center' });
      }}
    >
      <span className="map-label-name">
        {region.name}
        {state !== 'healthy' && (
          <span className={`map-label-state ${STATE_TONES[state]}`}>{STATE_LABELS[state]}</span>
        )}
      </span>
      <span className="map-label-value">
        {watched.viewers >= 0.5 && <b>{plural(Math.round(watched.viewers), 'viewer')}</b>}{' '}
        {formatBps(egressBps)}
        {watched.badShare !== null && watched.badShare >= BAD_SHARE_SHOWN && (
          <span className="map-label-bad"> {formatShare(watched.badShare)} bad</span>
        )}
      </span>
      {mark !== undefined && (
        <span className={mark.incidents > 0 ? 'map-label-mark bad' : 'map-label-mark warn'}>
          {markText(mark)}
        </span>
      )}
    </a>
  );
}

function describe(world: WorldView): string {
  const states = world.regions.map(
    (region) => `${region.name} ${STATE_LABELS[regionState(region)].toLowerCase()}`,
  );
  return `World map with ${world.regions.length} regions: ${states.join(', ')}`;
}
