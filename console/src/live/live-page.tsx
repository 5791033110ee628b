// Live: the broadcasts, the newest first, what state each is in and where it is made; and the page of one.

import { memo, useMemo, useState } from 'react';
import type { BroadcastView } from '../../../src/contract/api/live.ts';
import type { WorldView } from '../../../src/contract/api/world.ts';
import type { BroadcastState } from '../../../src/contract/live.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { href, navigate } from '../shell/router.ts';
import { Filter, type FilterOption } from '../ui/filter.tsx';
import { formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { ListPage, PagedTable } from '../ui/paged-table.tsx';
import { PrivateTag } from '../ui/private-tag.tsx';
import { Empty } from '../ui/states.tsx';
import { ageNowMs } from '../ui/use-now.ts';
import { usePagedList } from '../ui/use-paged-list.ts';
import { BroadcastPage } from './broadcast-page.tsx';
import { GoLiveLink, RecordingLink, StatePill, WatchLink } from './broadcast-parts.tsx';
import { type Channel, channelsOf, momentOf, momentText } from './describe-broadcast.ts';
import { NewBroadcastDialog } from './new-broadcast-dialog.tsx';

/** Height of a row; the style sheet says the same. */
const ROW_PX = 60;
const COLUMN_COUNT = 6;

type BroadcastFilter = BroadcastState | 'all';

const FILTERS: readonly FilterOption<BroadcastFilter>[] = [
  { value: 'all', label: 'All' },
  { value: 'on_air', label: 'On air' },
  { value: 'interrupted', label: 'Interrupted' },
  { value: 'ready', label: 'Ready' },
  { value: 'planned', label: 'Planned' },
  { value: 'ended', label: 'Ended' },
];

interface LivePageProps {
  readonly broadcastId: string | null;
  readonly world: WorldView | undefined;
}

/** The page; with `broadcastId`, one broadcast. */
export function LivePage({ broadcastId, world }: LivePageProps) {
  if (broadcastId === null) return <BroadcastsPage world={world} />;
  return <BroadcastPage key={broadcastId} broadcastId={broadcastId} world={world} />;
}

function useBroadcasts(filter: BroadcastFilter) {
  return usePagedList<BroadcastView>(
    filter,
    async (before, limit, signal) => {
      const state = filter === 'all' ? {} : { state: filter };
      const query = { limit, ...state, ...(before === null ? {} : { before }) };
      const { broadcasts, nextBefore } = await call('GET /v1/broadcasts', { query }, signal);
      return { items: broadcasts, nextBefore };
    },
    { topics: ['broadcasts'] },
  );
}

function BroadcastsPage({ world }: Pick<LivePageProps, 'world'>) {
  const [filter, setFilter] = useState<BroadcastFilter>('all');
  const [isCreating, setIsCreating] = useState(false);
  const broadcasts = useBroadcasts(filter);
  const names = useMemo(() => new Map(world?.regions.map(({ id, name }) => [id, name])), [world?.regions]);
  const nowMs = ageNowMs();
  const create = may('operator') && (
    <button type="button" className="button primary" onClick={() => setIsCreating(true)}>
      <Icon name="plus" />
      New broadcast
    </button>
  );
  return (
    <ListPage
      head={
        <PageHead title="Live" note="Broadcasts, newest first">
          <Filter label="Show broadcasts that are" options={FILTERS} value={filter} onChange={setFilter} />
          {create}
        </PageHead>
      }
    >
      <PagedTable
        what="The broadcasts"
        paged={broadcasts}
        empty={<NoBroadcasts filter={filter} create={create} />}
        className="broadcasts"
        rowPx={ROW_PX}
        columnCount={COLUMN_COUNT}
        head={
          <>
            <th className="broadcast-head-state">State</th>
            <th>Broadcast</th>
            <th className="wide-only broadcast-head-region">Primary</th>
            <th className="wide-only broadcast-head-region">Backup</th>
            <th className="wide-only broadcast-head-moment">When</th>
            <th className="wide-only broadcast-head-links">
              <span className="visually-hidden">Links</span>
            </th>
          </>
        }
        row={(broadcast, rowIndex) => (
          <BroadcastRow
            key={broadcast.id}
            broadcast={broadcast}
            rowIndex={rowIndex}
            names={names}
            nowMs={nowMs}
          />
        )}
      />
      {isCreating && (
        <NewBroadcastDialog
          regions={world?.regions ?? []}
          onClose={() => setIsCreating(false)}
          onCreated={(id) => navigate('live', id)}
        />
      )}
    </ListPage>
  );
}

function NoBroadcasts({ filter, create }: { filter: BroadcastFilter; create: React.ReactNode }) {
  if (filter !== 'all')
    return (
      <Empty icon="live" title="None of these">
        No broadcast is in this state now.
      </Empty>
    );
  return (
    <Empty icon="live" title="No broadcasts yet" actions={create}>
      Make one, put its address and stream key into OBS or ffmpeg, and people watch. On the command line:{' '}
      <code className="nowrap">meridian live create NAME</code>
    </Empty>
  );
}

interface BroadcastRowProps {
  readonly broadcast: BroadcastView;
  readonly rowIndex: number;
  /** Names of regions by identifier. */
  readonly names: ReadonlyMap<string, string>;
  readonly nowMs: number;
}

const BroadcastRow = memo(function BroadcastRow({ broadcast, rowIndex, names, nowMs }: BroadcastRowProps) {
  const { primary, backup } = channelsOf(broadcast);
  const { name, stateReason } = broadcast;
  return (
    <tr className="long-row broadcast" aria-rowindex={rowIndex}>
      <td className="broadcast-state">
        <StatePill broadcast={broadcast} />
      </td>
      <td className="broadcast-name">
        <span className="row">
          <a className="truncate" data-row-link href={href('live', broadcast.id)} title={name}>
            {name}
          </a>
          {broadcast.visibility === 'private' && <PrivateTag />}
        </span>
        <div className="faint row-sub truncate wide-only" title={stateReason ?? undefined}>
          {stateReason ?? <span className="mono">{broadcast.id}</span>}
        </div>
      </td>
      <td className="wide-only">
        <RegionName channel={primary} names={names} />
      </td>
      <td className="wide-only">
        <RegionName channel={backup} names={names} />
      </td>
      <td className="broadcast-moment nowrap soft" title={formatDateTime(momentOf(broadcast))}>
        {momentText(broadcast, nowMs)}
      </td>
      <td className="wide-only number">
        <span className="broadcast-links">
          <GoLiveLink broadcast={broadcast} />
          <WatchLink broadcast={broadcast} />
          <RecordingLink broadcast={broadcast} />
        </span>
      </td>
    </tr>
  );
});

function RegionName({ channel, names }: { channel: Channel | null; names: ReadonlyMap<string, string> }) {
  if (channel === null) return <span className="faint">–</span>;
  return (
    <span className="truncate" title={channel.nodeId}>
      {names.get(channel.regionId) ?? channel.regionId}
    </span>
  );
}
