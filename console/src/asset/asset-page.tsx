// One asset in full, at an address of its own: it plays at any region's edge, says where it is kept, what is made of
// it, which versions there are and what happened, and can be brought back for a while after its deletion.

import { useMemo, useState } from 'react';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import type { WorldView } from '../../../src/contract/api/world.ts';
import { ApiError, call } from '../api.ts';
import { type AssetActions, assetChanges, DeleteDialog, RenameDialog } from '../library/asset-dialogs.tsx';
import { AssetTimeline } from '../library/asset-timeline.tsx';
import { CaptionsSection } from '../library/captions-section.tsx';
import { PosterSection } from '../library/poster-section.tsx';
import { StagePill } from '../library/stage-cell.tsx';
import { navigate } from '../shell/router.ts';
import { MenuButton } from '../ui/menu.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { PrivateTag } from '../ui/private-tag.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { useLive } from '../ui/use-live.ts';
import { Addresses, Facts, Failure, Renditions } from './asset-parts.tsx';
import { CopiesSection } from './copies-section.tsx';
import { DeletionNotice } from './deletion-notice.tsx';
import type { Copies } from './describe-copies.ts';
import { PlaybackSection } from './playback-section.tsx';
import { TimelineSection } from './timeline-section.tsx';
import { VersionsSection } from './versions-section.tsx';

const REFRESH_MS = 2_000;

interface AssetPageProps {
  readonly assetId: string | null;
  readonly world: WorldView | undefined;
}

/** The page. */
export function AssetPage({ assetId, world }: AssetPageProps) {
  if (assetId === null)
    return (
      <div className="page-inner">
        <Empty icon="film" title="No asset was named">
          Open one from the library.
        </Empty>
      </div>
    );
  return <OneAsset key={assetId} assetId={assetId} world={world} />;
}

function OneAsset({ assetId, world }: { readonly assetId: string; readonly world: WorldView | undefined }) {
  const params = { assetId };
  const asset = useLive(
    'assets',
    assetId,
    (signal) => call('GET /v1/assets/{assetId}', { params }, signal),
    REFRESH_MS,
  );
  const copies = useLive(
    'assets',
    assetId,
    (signal) => call('GET /v1/assets/{assetId}/copies', { params }, signal),
    REFRESH_MS,
  );
  const refresh = (): void => void Promise.all([asset.refresh(), copies.refresh()]);
  const isGone = asset.error instanceof ApiError && asset.error.code === 'gone';
  const isUnknown = asset.error instanceof ApiError && asset.error.code === 'not_found';
  const names = useMemo(() => new Map(world?.regions.map(({ id, name }) => [id, name])), [world?.regions]);
  if (isUnknown)
    return (
      <Frame>
        <Empty icon="film" title="There is no such asset">
          It never existed, or belongs to a project that you may not see.
        </Empty>
      </Frame>
    );
  if (isGone)
    return <DeletedAsset assetId={assetId} copies={copies.data} names={names} onRestored={refresh} />;
  if (asset.data === undefined)
    return (
      <Frame>
        {asset.error === undefined ? (
          <SkeletonRows count={8} />
        ) : (
          <LoadFailed what="The asset" error={asset.error} onRetry={refresh} />
        )}
      </Frame>
    );
  return <LivingAsset asset={asset.data} copies={copies.data} names={names} onChanged={refresh} />;
}

/** Around what stands in place of an asset. */
function Frame({ children }: { readonly children: React.ReactNode }) {
  return (
    <div className="page-inner">
      <PageHead back={{ page: 'library', label: 'Library' }} title="Asset" />
      <div className="card">{children}</div>
    </div>
  );
}

interface DeletedAssetProps {
  readonly assetId: string;
  readonly copies: Copies | undefined;
  readonly names: ReadonlyMap<string, string>;
  readonly onRestored: () => void;
}

function DeletedAsset({ assetId, copies, names, onRestored }: DeletedAssetProps) {
  const deletion = copies?.deletion ?? null;
  return (
    <div className="page-inner">
      <PageHead
        back={{ page: 'library', label: 'Library' }}
        title={deletion?.name ?? 'Asset'}
        note={<span className="mono">{assetId}</span>}
      />
      {deletion !== null && <DeletionNotice deletion={deletion} onRestored={onRestored} />}
      {copies !== undefined && <CopiesSection copies={copies} names={names} />}
      <TimelineSection assetId={assetId} />
    </div>
  );
}

interface LivingAssetProps {
  readonly asset: AssetView;
  readonly copies: Copies | undefined;
  readonly names: ReadonlyMap<string, string>;
  readonly onChanged: () => void;
}

function LivingAsset({ asset, copies, names, onChanged }: LivingAssetProps) {
  const [dialog, setDialog] = useState<'rename' | 'delete'>();
  const actions: AssetActions = {
    open: (assetId) => navigate('library', assetId),
    replace: onChanged,
    askRename: () => setDialog('rename'),
    askDelete: () => setDialog('delete'),
  };
  const close = (): void => setDialog(undefined);
  const closeChanged = (): void => {
    close();
    onChanged();
  };
  return (
    <div className="page-inner">
      <AssetHead asset={asset} actions={actions} />
      {asset.failure !== null && <Failure asset={asset} actions={actions} />}
      <div className="columns">
        <div className="stack">
          <PlaybackSection asset={asset} names={names} />
          {copies === undefined ? (
            <div className="card">
              <SkeletonRows count={4} />
            </div>
          ) : (
            <CopiesSection copies={copies} names={names} />
          )}
          <section className="card" aria-label="Renditions">
            <div className="card-head">
              <h2>Renditions</h2>
            </div>
            <div className="card-body table-scroll">
              <Renditions asset={asset} isWide />
            </div>
          </section>
          <TimelineSection assetId={asset.id} />
        </div>
        <div className="stack">
          {copies !== undefined && <VersionsSection asset={asset} versions={copies.versions} />}
          <div className="card card-body asset-side">
            {asset.stage !== 'ready' && <AssetTimeline asset={asset} />}
            <Facts asset={asset} />
            <CaptionsSection asset={asset} actions={actions} />
            <PosterSection asset={asset} actions={actions} />
            <Addresses asset={asset} />
          </div>
        </div>
      </div>
      {dialog === 'rename' && <RenameDialog asset={asset} onClose={close} onRenamed={closeChanged} />}
      {dialog === 'delete' && <DeleteDialog asset={asset} onClose={close} onDeleted={closeChanged} />}
    </div>
  );
}

function AssetHead({ asset, actions }: { readonly asset: AssetView; readonly actions: AssetActions }) {
  return (
    <PageHead
      back={{ page: 'library', label: 'Library' }}
      title={
        <div className="row">
          <h1 className="truncate" title={asset.name}>
            {asset.name}
          </h1>
          <StagePill asset={asset} />
          {asset.visibility === 'private' && <PrivateTag />}
        </div>
      }
      note={<span className="mono">{asset.id}</span>}
    >
      <MenuButton label={`Actions for ${asset.name}`} items={assetChanges(asset, actions)} />
    </PageHead>
  );
}
