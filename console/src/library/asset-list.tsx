// The list of assets. Only the rows on screen exist, so that ten thousand assets scroll like ten.

import { memo, type RefObject, useEffect, useRef } from 'react';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import { formatAgo, formatBytes, formatDateTime, formatLength } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { LongTable } from '../ui/long-table.tsx';
import { MenuButton } from '../ui/menu.tsx';
import type { ListWindow } from '../ui/use-window.ts';
import { type AssetActions, assetMenu } from './asset-dialogs.tsx';
import { Poster } from './poster.tsx';
import { StageCell } from './stage-cell.tsx';

/** Height of a row; the style sheet says the same. */
export const ROW_PX = 66;
const COLUMN_COUNT = 7;

/** The row that the keyboard is at; each turn asks it to take the focus. */
export interface ActiveRow {
  readonly id: string | null;
  readonly turn: number;
}

interface AssetListProps {
  readonly container: RefObject<HTMLDivElement | null>;
  readonly assets: readonly AssetView[];
  readonly hasMore: boolean;
  readonly nowMs: number;
  /** Names of regions by identifier; the same object as long as they are the same. */
  readonly regionNames: ReadonlyMap<string, string>;
  readonly active: ActiveRow;
  readonly openId: string | null;
  readonly actions: AssetActions;
  readonly onNearEnd: () => void;
  readonly onWindow: (window: ListWindow) => void;
  readonly onFocusRow: (assetId: string) => void;
}

/** The table. */
export function AssetList(props: AssetListProps) {
  const { active, actions, onFocusRow, openId, regionNames } = props;
  const lastTurn = useRef(active.turn);
  // Ages count in minutes here, so that rows are not drawn again each second.
  const minute = Math.floor(props.nowMs / 60_000) * 60_000;
  return (
    <LongTable
      className="assets"
      container={props.container}
      items={props.assets}
      rowPx={ROW_PX}
      hasMore={props.hasMore}
      onNearEnd={props.onNearEnd}
      onWindow={props.onWindow}
      columnCount={COLUMN_COUNT}
      head={
        <>
          <th className="head-name">Name</th>
          <th className="head-stage">Stage</th>
          <th className="head-length number">Duration</th>
          <th className="head-size number">Source</th>
          <th className="head-regions">Regions</th>
          <th className="head-created">Created</th>
          <th className="head-menu">
            <span className="visually-hidden">Actions</span>
          </th>
        </>
      }
      row={(asset, rowIndex) => (
        <AssetRow
          key={asset.id}
          asset={asset}
          rowIndex={rowIndex}
          nowMs={minute}
          regionNames={regionNames}
          focusTurn={asset.id === active.id ? active.turn : 0}
          lastTurn={lastTurn}
          isOpen={asset.id === openId}
          actions={actions}
          onFocusRow={onFocusRow}
        />
      )}
    />
  );
}

interface AssetRowProps {
  readonly asset: AssetView;
  readonly rowIndex: number;
  readonly nowMs: number;
  readonly regionNames: ReadonlyMap<string, string>;
  /** Takes the focus when this is above the last turn that was served. */
  readonly focusTurn: number;
  readonly lastTurn: RefObject<number>;
  readonly isOpen: boolean;
  readonly actions: AssetActions;
  readonly onFocusRow: (assetId: string) => void;
}

const AssetRow = memo(function AssetRow(props: AssetRowProps) {
  const { asset, rowIndex, nowMs, focusTurn, lastTurn, isOpen, actions, onFocusRow } = props;
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // Once per turn: a row that scrolls out and in again must not take the focus from where it is by then.
    if (focusTurn <= lastTurn.current) return;
    lastTurn.current = focusTurn;
    button.current?.focus({ preventScroll: true });
  }, [focusTurn, lastTurn]);
  const size = formatBytes(asset.sourceBytes);
  return (
    <tr className={isOpen ? 'asset-row is-open' : 'asset-row'} aria-rowindex={rowIndex}>
      <td className="cell-name">
        <div className="asset-name">
          <Poster asset={asset} />
          <div className="grow">
            <button
              ref={button}
              type="button"
              className="row-link truncate"
              title={asset.name}
              onFocus={() => onFocusRow(asset.id)}
              onClick={() => actions.open(asset.id)}
            >
              {asset.name}
            </button>
            <div className="asset-meta faint small truncate">
              {asset.visibility === 'private' && (
                <span className="asset-private">
                  <Icon name="lock" />
                  <span className="asset-private-word">Private</span>
                </span>
              )}
              <span className="asset-meta-wide">{asset.id}</span>
              <span className="asset-meta-narrow">
                {asset.durationMs === null ? size : `${formatLength(asset.durationMs)}, ${size}`}
              </span>
            </div>
          </div>
        </div>
      </td>
      <td className="cell-stage">
        <StageCell asset={asset} />
      </td>
      <td className="cell-length number">{formatLength(asset.durationMs)}</td>
      <td className="cell-size number">{size}</td>
      <td className="cell-regions">
        <Regions asset={asset} names={props.regionNames} />
      </td>
      <td className="cell-created nowrap soft" title={formatDateTime(asset.createdAtMs)}>
        {formatAgo(asset.createdAtMs, nowMs)}
      </td>
      <td className="cell-menu">
        <MenuButton label={`Actions for ${asset.name}`} items={assetMenu(asset, actions)} />
      </td>
    </tr>
  );
});

interface RegionsProps {
  readonly asset: AssetView;
  readonly names: ReadonlyMap<string, string>;
}

/** Two names, or one and how many more. */
function Regions({ asset, names }: RegionsProps) {
  const ids = asset.mediaRegionIds.length > 0 ? asset.mediaRegionIds : asset.sourceRegionIds;
  if (ids.length === 0) return <span className="faint">–</span>;
  const all = ids.map((id) => names.get(id) ?? id);
  const lines = all.length <= 2 ? all : [all[0], `and ${all.length - 1} more`];
  return (
    <span className="soft asset-regions" title={all.join(', ')}>
      {lines.map((line) => (
        <span key={line} className="truncate">
          {line}
        </span>
      ))}
    </span>
  );
}
