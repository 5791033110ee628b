// One asset in full, beside the list: it plays, says how far it is, and gives its addresses.

import { useEffect, useRef } from 'react';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import { ApiError, call } from '../api.ts';
import { Addresses, Facts, Failure, Player, Renditions } from '../asset/asset-parts.tsx';
import { href } from '../shell/router.ts';
import { Icon } from '../ui/icon.tsx';
import { MenuButton } from '../ui/menu.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { useLive } from '../ui/use-live.ts';
import { type AssetActions, assetMenu } from './asset-dialogs.tsx';
import { AssetTimeline } from './asset-timeline.tsx';
import { CaptionsSection } from './captions-section.tsx';
import { PosterSection } from './poster-section.tsx';

const REFRESH_MS = 2_000;

interface AssetPanelProps {
  readonly assetId: string;
  /** What the list knows already, shown at once. */
  readonly known: AssetView | undefined;
  readonly actions: AssetActions;
  readonly onClose: () => void;
}

/** The panel. */
export function AssetPanel({ assetId, known, actions, onClose }: AssetPanelProps) {
  const asked = useLive(
    'assets',
    assetId,
    (signal) => call('GET /v1/assets/{assetId}', { params: { assetId } }, signal),
    REFRESH_MS,
  );
  const { data, error } = asked;
  const { replace } = actions;
  useEffect(() => {
    if (data !== undefined) replace(data);
  }, [data, replace]);
  const asset = data ?? known;
  // What was changed in here shows at once, not with the next notice.
  const ownActions: AssetActions = {
    ...actions,
    replace(changed) {
      replace(changed);
      void asked.refresh();
    },
  };
  const isGone = error instanceof ApiError && (error.code === 'gone' || error.code === 'not_found');
  return (
    <aside className="panel" aria-label={asset?.name ?? 'Asset'}>
      <PanelHead asset={isGone ? undefined : asset} actions={actions} onClose={onClose} />
      <div className="panel-body">
        {isGone ? (
          <Empty icon="trash" title="This asset is gone">
            It was deleted, or never existed.
          </Empty>
        ) : asset !== undefined ? (
          <Details asset={asset} actions={ownActions} />
        ) : error !== undefined ? (
          <LoadFailed what="The asset" error={error} onRetry={() => void asked.refresh()} />
        ) : (
          <SkeletonRows count={6} />
        )}
      </div>
    </aside>
  );
}

interface PanelHeadProps {
  readonly asset: AssetView | undefined;
  readonly actions: AssetActions;
  readonly onClose: () => void;
}

function PanelHead({ asset, actions, onClose }: PanelHeadProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <div className="panel-head">
      <h2 ref={heading} tabIndex={-1} className="truncate grow" title={asset?.name}>
        {asset?.name ?? 'Asset'}
      </h2>
      {asset !== undefined && (
        <MenuButton label={`Actions for ${asset.name}`} items={assetMenu(asset, actions)} />
      )}
      <button type="button" className="icon-button" aria-label="Close" title="Close (Esc)" onClick={onClose}>
        <Icon name="close" />
      </button>
    </div>
  );
}

function Details({ asset, actions }: { readonly asset: AssetView; readonly actions: AssetActions }) {
  return (
    <>
      <Player key={`${asset.id} ${asset.visibility}`} asset={asset} />
      <a className="button compact panel-open" href={href('assets', asset.id)}>
        <Icon name="external" />
        Open its page: copies, versions, what happened
      </a>
      {asset.failure !== null && <Failure asset={asset} actions={actions} />}
      <AssetTimeline asset={asset} />
      <Facts asset={asset} />
      <CaptionsSection asset={asset} actions={actions} />
      <PosterSection asset={asset} actions={actions} />
      <section className="panel-section">
        <h3>Renditions</h3>
        <Renditions asset={asset} />
      </section>
      <Addresses asset={asset} />
    </>
  );
}
