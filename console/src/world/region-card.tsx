// One region: how it is, what it carries, its sites and nodes, and the button that drains it.

import type { WorldView } from '../../../src/contract/api/world.ts';
import { may } from '../session.ts';
import { formatAgo, formatBps, formatClock, formatCount, formatShare } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import type { Sample } from '../ui/sample.ts';
import { Sparkline } from '../ui/sparkline.tsx';
import {
  hueOf,
  type NodeView,
  type RegionView,
  regionState,
  type SiteView,
  STATE_LABELS,
  STATE_TONES,
  siteState,
  snapshotsBehind,
  totalsOf,
} from './derive.ts';
import type { DrainTarget } from './drain-dialog.tsx';

/** Past this, steering starts to send viewers elsewhere. */
const BUSY_SHARE = 0.8;
/** Offsets above this are shown as a warning; past 500 ms a node is not ready. */
const CLOCK_OFFSET_WARN_MS = 100;
/** A node that is this many snapshots behind has missed more than one beat. */
const BEHIND_WARN = 2;

interface RegionCardProps {
  readonly world: WorldView;
  readonly region: RegionView;
  readonly samples: readonly Sample[];
  readonly scaleBps: number;
  readonly onDrain: (target: DrainTarget) => void;
}

/** The card of a region. */
export function RegionCard({ world, region, samples, scaleBps, onDrain }: RegionCardProps) {
  const state = regionState(region);
  const totals = totalsOf([region]);
  const use = totals.capacityBps === 0 ? 0 : totals.egressBps / totals.capacityBps;
  const isSingle = region.sites.length === 1;
  return (
    <article
      className={`card region ${hueOf(world, region.id)}`}
      id={`region-${region.id}`}
      aria-label={region.name}
    >
      <div className="region-head">
        <span className="swatch" />
        <h3>{region.name}</h3>
        <span className={`pill ${STATE_TONES[state]}`}>{STATE_LABELS[state]}</span>
        <span className="grow" />
        <DrainButton id={region.id} name={region.name} sites={region.sites} onDrain={onDrain} />
      </div>
      <div className="region-traffic">
        <div>
          <div className="region-egress">{formatBps(totals.egressBps)}</div>
          <div className="faint small">
            {formatShare(use, use < 0.1 ? 1 : 0)} of {formatBps(totals.capacityBps)}
          </div>
        </div>
        <Sparkline
          samples={samples}
          maximum={scaleBps}
          label={`Egress of ${region.name} over the last minutes`}
          format={formatBps}
          formatTime={formatClock}
        />
      </div>
      <div className={use > BUSY_SHARE ? 'region-use is-busy' : 'region-use'}>
        <span className="region-use-bar" style={{ width: `${Math.min(100, use * 100)}%` }} />
      </div>
      <dl className="region-facts">
        <Fact label="Requests" value={`${formatCount(totals.requestsPerSecond)} /s`} />
        <Fact label="Hit ratio" value={formatShare(totals.hitRatio)} />
        <Fact label="Cost per GB" value={region.costPerGb.toFixed(3)} />
        <Fact label="Cost now" value={`${totals.costPerHour.toFixed(2)} /h`} />
      </dl>
      {region.sites.map((site) => (
        <Site key={site.id} world={world} site={site} isSingle={isSingle} onDrain={onDrain} />
      ))}
    </article>
  );
}

function Fact({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  );
}

interface DrainButtonProps {
  readonly id: string;
  readonly name: string;
  readonly sites: readonly SiteView[];
  readonly onDrain: (target: DrainTarget) => void;
}

function DrainButton({ id, name, sites, onDrain }: DrainButtonProps) {
  if (!may('operator')) return null;
  const isRestore = sites.every((site) => site.state === 'draining');
  const siteIds = sites.map((site) => site.id);
  return (
    <button
      type="button"
      className="button compact"
      aria-label={`${isRestore ? 'Restore' : 'Drain'} ${name}`}
      onClick={() => onDrain({ id, name, siteIds, isRestore })}
    >
      <Icon name={isRestore ? 'restore' : 'drain'} />
      {isRestore ? 'Restore' : 'Drain'}
    </button>
  );
}

interface SiteProps {
  readonly world: WorldView;
  readonly site: SiteView;
  readonly isSingle: boolean;
  readonly onDrain: (target: DrainTarget) => void;
}

function Site({ world, site, isSingle, onDrain }: SiteProps) {
  const state = siteState(site);
  return (
    <section className="site" aria-label={`Site ${site.id}`}>
      <div className="site-head">
        <a
          className="strong mono truncate"
          href={site.edgeUrl}
          target="_blank"
          rel="noreferrer"
          title={site.edgeUrl}
        >
          {site.id}
        </a>
        {!isSingle && (
          <>
            <span className={`pill ${STATE_TONES[state]}`}>{STATE_LABELS[state]}</span>
            <span className="faint small nowrap">{formatBps(site.egressBps)}</span>
            <span className="grow" />
            <DrainButton id={site.id} name={site.id} sites={[site]} onDrain={onDrain} />
          </>
        )}
      </div>
      {site.nodes.length === 0 ? (
        <p className="faint small">No node has joined this site yet.</p>
      ) : (
        <ul>
          {site.nodes.map((node) => (
            <NodeLine key={node.id} world={world} node={node} />
          ))}
        </ul>
      )}
    </section>
  );
}

function NodeLine({ world, node }: { readonly world: WorldView; readonly node: NodeView }) {
  const behind = snapshotsBehind(world, node);
  const tone = node.isAlive ? 'warn' : 'bad';
  const word = !node.isAlive ? 'No beat' : node.isReady ? 'Ready' : 'Not ready';
  const reason = node.isAlive ? node.notReadyReason : lastSeen(node, world.nowMs);
  return (
    <li className="node">
      <div className="row wrap">
        <span className="mono">{node.id}</span>
        <span className={node.isReady && node.isAlive ? 'node-ready' : `pill ${tone}`}>{word}</span>
        <span className="node-roles">
          {node.roles.map((role) => (
            <span key={role} className="tag">
              {role}
            </span>
          ))}
        </span>
      </div>
      {reason !== null && <p className={`small node-reason ${tone}`}>{reason}</p>}
      {node.refusal !== null && <p className="small node-reason bad">Refuses the snapshot: {node.refusal}</p>}
      <dl className="node-facts">
        <div className={Math.abs(node.clockOffsetMs ?? 0) > CLOCK_OFFSET_WARN_MS ? 'is-warn' : undefined}>
          <dt>Clock</dt>
          <dd>{node.clockOffsetMs === null ? '–' : formatOffset(node.clockOffsetMs)}</dd>
        </div>
        <div className={(behind ?? 0) >= BEHIND_WARN ? 'is-warn' : undefined}>
          <dt>Snapshot</dt>
          <dd>
            {node.adopted === null ? '–' : `${node.adopted.term}.${node.adopted.sequence}`}
            {behind !== null && behind >= BEHIND_WARN && <span> {behindText(behind)}</span>}
          </dd>
        </div>
        <div>
          <dt>Version</dt>
          <dd>{node.version ?? '–'}</dd>
        </div>
      </dl>
    </li>
  );
}

function lastSeen(node: NodeView, nowMs: number): string {
  return node.lastBeatAtMs === null
    ? 'Never heard of.'
    : `Last heard of ${formatAgo(node.lastBeatAtMs, nowMs)}.`;
}

function behindText(behind: number): string {
  return Number.isFinite(behind) ? `(${behind} behind)` : '(another term)';
}

function formatOffset(offsetMs: number): string {
  const sign = offsetMs > 0 ? '+' : offsetMs < 0 ? '−' : '';
  const size = Math.abs(offsetMs);
  return `${sign}${size < 10 ? size.toFixed(1) : Math.round(size)} ms`;
}
