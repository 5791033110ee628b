// Edges: what each answers and from where, what it owns of its site's cache, what it turns away, and what is hot.

import type { EdgeView } from '../../../src/contract/api/edges.ts';
import type { WorldView } from '../../../src/contract/api/world.ts';
import { call } from '../api.ts';
import { href } from '../shell/router.ts';
import { formatBps, formatBytes, formatCount, formatRate, formatShare, plural } from '../ui/format.ts';
import { PageHead } from '../ui/page-head.tsx';
import { PartsBar, PartsLegend } from '../ui/parts-bar.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { Total, Totals } from '../ui/totals.tsx';
import { usePolled } from '../ui/use-polled.ts';
import { hitRatioOf, hottestOf, sourcesOf } from './edge-sums.ts';

/** Edges report every two seconds. */
const REFRESH_MS = 2_000;
const HOT_SHOWN = 12;

/** The page. */
export function EdgesPage({ world }: { readonly world: WorldView | undefined }) {
  const edges = usePolled('edges', (signal) => call('GET /v1/edges', {}, signal), REFRESH_MS);
  const list = edges.data?.edges;
  return (
    <div className="page-inner">
      <PageHead
        title="Edges"
        note={
          list === undefined ? 'Loading…' : `${plural(list.length, 'edge')}, rates of the last ten seconds`
        }
      />
      {list === undefined ? (
        <div className="card">
          {edges.error === undefined ? (
            <SkeletonRows count={6} height={57} />
          ) : (
            <LoadFailed what="The edges" error={edges.error} onRetry={() => void edges.refresh()} />
          )}
        </div>
      ) : list.length === 0 ? (
        <div className="card">
          <Empty icon="edges" title="No edge has joined yet">
            An edge appears here with its first beat, some seconds after its node has started.
          </Empty>
        </div>
      ) : (
        <>
          <EdgeTotals edges={list} />
          <EdgeTable edges={list} names={new Map(world?.regions.map(({ id, name }) => [id, name]))} />
          <HotObjects edges={list} />
        </>
      )}
    </div>
  );
}

function EdgeTotals({ edges }: { readonly edges: readonly EdgeView[] }) {
  const alive = edges.filter(({ isAlive }) => isAlive);
  const sum = (pick: (edge: EdgeView) => number): number =>
    alive.reduce((total, edge) => total + pick(edge), 0);
  const shed = sum(({ shedPerSecond }) => shedPerSecond);
  const cut = sum(({ cutPerSecond }) => cutPerSecond);
  return (
    <Totals label="All edges together">
      <Total label="Requests" value={formatRate(sum((edge) => edge.requestsPerSecond))} note="all answers" />
      <Total label="Egress" value={formatBps(sum((edge) => edge.egressBps))} note="to viewers" />
      <Total label="Hit ratio" value={formatShare(hitRatioOf(alive))} note="from memory or disk" />
      <Total
        label="Connections"
        value={formatCount(sum((edge) => edge.connections ?? 0))}
        note={`${plural(alive.length, 'edge')} alive`}
      />
      <Total
        label="Shed"
        value={formatRate(shed)}
        note={cut > 0 ? `and ${formatRate(cut)} slow viewers cut` : 'fetches turned away'}
        isBad={shed > 0 || cut > 0}
      />
    </Totals>
  );
}

interface EdgeTableProps {
  readonly edges: readonly EdgeView[];
  /** Names of regions by identifier. */
  readonly names: ReadonlyMap<string, string>;
}

function EdgeTable({ edges, names }: EdgeTableProps) {
  const sites = [...Map.groupBy(edges, ({ siteId }) => siteId)];
  return (
    <section className="card" aria-label="Edges">
      <div className="card-head">
        <h2>By site</h2>
        <PartsLegend parts={sourcesOf(edges)} />
      </div>
      <div className="table-scroll">
        <table className="table edges">
          <thead>
            <tr>
              <th>Edge</th>
              <th className="number">Requests</th>
              <th className="number">Egress</th>
              <th>Answered from</th>
              <th className="number">Hit ratio</th>
              <th className="number wide-only">Connections</th>
              <th className="number wide-only">Memory</th>
              <th className="number wide-only">Disk</th>
              <th
                className="wide-only"
                title="Share of the site’s objects that it owns, by consistent hashing"
              >
                Owns
              </th>
              <th className="number">Shed</th>
            </tr>
          </thead>
          {sites.map(([siteId, own]) => (
            <tbody key={siteId}>
              <tr className="edge-site">
                <th colSpan={10} scope="rowgroup">
                  {names.get(own[0]?.regionId ?? '') ?? own[0]?.regionId}
                  <span className="faint mono"> {siteId}</span>
                </th>
              </tr>
              {own.map((edge) => (
                <EdgeRow key={edge.nodeId} edge={edge} />
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </section>
  );
}

function EdgeRow({ edge }: { readonly edge: EdgeView }) {
  const bytes = (value: number | null): string => (value === null ? '–' : formatBytes(value));
  return (
    <tr className={edge.isAlive ? undefined : 'is-away'}>
      <td>
        <span className="row">
          <EdgeState edge={edge} />
          <span className="mono nowrap">{edge.nodeId}</span>
        </span>
      </td>
      <td className="number nowrap">{formatRate(edge.requestsPerSecond)}</td>
      <td className="number nowrap">{formatBps(edge.egressBps)}</td>
      <td className="edge-sources">
        <PartsBar label={`${edge.nodeId} answered from`} parts={sourcesOf([edge])} />
      </td>
      <td className="number nowrap">{formatShare(hitRatioOf([edge]))}</td>
      <td className="number wide-only">{edge.connections === null ? '–' : formatCount(edge.connections)}</td>
      <td className="number nowrap wide-only">{bytes(edge.cacheBytes)}</td>
      <td className="number nowrap wide-only">
        {edge.isDiskFailing ? <span className="edge-bad">failing</span> : bytes(edge.diskBytes)}
      </td>
      <td className="wide-only edge-owned">
        {edge.ownedShare === null ? (
          <span className="faint">–</span>
        ) : (
          <>
            <span className="meter" aria-hidden="true">
              <span style={{ width: `${edge.ownedShare * 100}%` }} />
            </span>
            {formatShare(edge.ownedShare, 0)}
          </>
        )}
      </td>
      <td className={edge.shedPerSecond > 0 ? 'number nowrap edge-bad' : 'number nowrap'}>
        {formatRate(edge.shedPerSecond)}
      </td>
    </tr>
  );
}

function EdgeState({ edge }: { readonly edge: EdgeView }) {
  const [tone, words] = edge.isReady
    ? ['good', 'ready']
    : edge.isAlive
      ? ['warn', 'alive, not ready']
      : ['bad', 'not alive'];
  return <span className={`state-dot ${tone}`} role="img" aria-label={words} title={words} />;
}

function HotObjects({ edges }: { readonly edges: readonly EdgeView[] }) {
  const hottest = hottestOf(edges, HOT_SHOWN);
  const most = hottest[0]?.requestsPerSecond ?? 1;
  return (
    <section className="card" aria-label="Hot objects">
      <div className="card-head">
        <h2>Hot objects</h2>
        <span className="soft small">asked for most in about the last minute</span>
      </div>
      {hottest.length === 0 ? (
        <div className="card-body soft">Nothing was asked for lately.</div>
      ) : (
        <ol className="hot">
          {hottest.map((object) => (
            <li key={object.path}>
              <span className="hot-bar" style={{ width: `${(object.requestsPerSecond / most) * 100}%` }} />
              <span className="hot-name truncate">
                {object.assetId === null ? (
                  <span className="mono">{object.name}</span>
                ) : (
                  <>
                    <a className="mono" href={href('assets', object.assetId)} title={object.path}>
                      {object.assetId}
                    </a>
                    <span className="mono soft"> {object.name}</span>
                  </>
                )}
              </span>
              <span className="faint small nowrap hot-edges">{plural(object.edges, 'edge')}</span>
              <span className="number nowrap">{formatRate(object.requestsPerSecond)}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
