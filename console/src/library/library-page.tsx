// The library: every asset, found, uploaded, watched, changed.

import { type ReactNode, type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import type { WorldView } from '../../../src/contract/api/world.ts';
import type { Visibility } from '../../../src/contract/media.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { navigate } from '../shell/router.ts';
import { formatCount } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import type { PagedList } from '../ui/paged-list.ts';
import { LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { type Paged, usePagedList } from '../ui/use-paged-list.ts';
import { type AssetActions, DeleteDialog, RenameDialog } from './asset-dialogs.tsx';
import { type ActiveRow, AssetList, ROW_PX } from './asset-list.tsx';
import { AssetPanel } from './asset-panel.tsx';
import { DeletedDialog } from './deleted-dialog.tsx';
import { useListKeys } from './library-keys.ts';
import { DropZone, EmptyLibrary, SearchField, UploadTools } from './library-parts.tsx';
import { addUploads, setUploadFinishedHandler } from './uploads.ts';

/** Typing pauses this long before control is asked. */
const SEARCH_PAUSE_MS = 180;

interface LibraryPageProps {
  /** An asset to show, or "search" to put the cursor into the search field. */
  readonly detail: string | null;
  readonly world: WorldView | undefined;
}

/** The page. */
export function LibraryPage({ detail, world }: LibraryPageProps) {
  const openId = detail?.startsWith('ast_') === true ? detail : null;
  const [typed, setTyped] = useState('');
  const search = useSettled(typed.trim(), SEARCH_PAUSE_MS);
  const container = useRef<HTMLDivElement>(null);
  const searchField = useRef<HTMLInputElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const assets = useAssets(search);
  const [dialog, setDialog] = useState<OpenDialog>();
  const [visibility, setVisibility] = useState<Visibility>('public');
  const list = assets.list?.items;
  const regionNames = useRegionNames(world);
  const { replace, refresh } = assets;

  const actions = useActions(replace, setDialog);
  const rows = useActiveRow(openId);
  const upload = useCallback((files: readonly File[]) => addUploads(files, visibility), [visibility]);
  useEffect(() => setUploadFinishedHandler(() => void refresh()), [refresh]);
  useSearchAddress(detail, searchField);
  useListKeys({ list, ...rows, container, openId, searchField, picker });

  return (
    <DropZone onFiles={upload}>
      <div className={openId === null ? 'asset-library' : 'asset-library has-panel'}>
        <div className="asset-library-main">
          <LibraryHead count={countText(world, search, assets.list)} onChanged={() => void refresh()}>
            <SearchField field={searchField} value={typed} onChange={setTyped} />
            {may('operator') && (
              <UploadTools
                picker={picker}
                visibility={visibility}
                onVisibility={setVisibility}
                onFiles={upload}
              />
            )}
          </LibraryHead>
          <div className="card list-card">
            <div ref={container} className="list-scroll">
              {list === undefined ? (
                <ListPending error={assets.error} onRetry={() => void refresh()} />
              ) : list.length === 0 ? (
                <EmptyLibrary search={search} onClear={() => setTyped('')} picker={picker} />
              ) : (
                <AssetList
                  container={container}
                  assets={list}
                  hasMore={assets.list?.nextBefore !== null}
                  nowMs={world?.nowMs ?? Date.now()}
                  regionNames={regionNames}
                  active={rows.active}
                  openId={openId}
                  actions={actions}
                  onNearEnd={assets.loadMore}
                  onWindow={assets.noteWindow}
                  onFocusRow={rows.noteFocus}
                />
              )}
            </div>
          </div>
        </div>
        {openId !== null && (
          <AssetPanel
            key={openId}
            assetId={openId}
            known={list?.find(({ id }) => id === openId)}
            actions={actions}
            onClose={rows.close}
          />
        )}
      </div>
      {dialog !== undefined && (
        <AssetDialog dialog={dialog} assets={assets} openId={openId} onClose={() => setDialog(undefined)} />
      )}
    </DropZone>
  );
}

interface LibraryHeadProps {
  readonly count: string;
  readonly onChanged: () => void;
  readonly children: ReactNode;
}

function LibraryHead({ count, onChanged, children }: LibraryHeadProps) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <div className="page-head asset-library-head">
      <div>
        <h1>Library</h1>
        <p>{count}</p>
      </div>
      <div className="asset-library-tools">
        <button
          type="button"
          className="icon-button"
          aria-label="Recently deleted"
          title="Recently deleted"
          onClick={() => setIsOpen(true)}
        >
          <Icon name="trash" />
        </button>
        {children}
      </div>
      {isOpen && <DeletedDialog onClose={() => setIsOpen(false)} onRestored={onChanged} />}
    </div>
  );
}

/** The assets that match a search. */
function useAssets(search: string): Paged<AssetView> {
  return usePagedList<AssetView>(
    search,
    async (before, limit, signal) => {
      const query = { limit, ...(search === '' ? {} : { search }), ...(before === null ? {} : { before }) };
      const { assets, nextBefore } = await call('GET /v1/assets', { query }, signal);
      return { items: assets, nextBefore };
    },
    { topics: ['assets'] },
  );
}

/** "#/library/search" puts the cursor into the search field. */
function useSearchAddress(detail: string | null, field: RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    if (detail !== 'search') return;
    navigate('library');
    field.current?.focus();
  }, [detail, field]);
}

/** What rows and menus do; the same object as long as it does the same. */
function useActions(replace: AssetActions['replace'], setDialog: (dialog: OpenDialog) => void): AssetActions {
  return useMemo(
    () => ({
      open: (assetId) => navigate('library', assetId),
      replace,
      askRename: (asset) => setDialog({ kind: 'rename', asset }),
      askDelete: (asset) => setDialog({ kind: 'delete', asset }),
    }),
    [replace, setDialog],
  );
}

/** The row that the keyboard is at; closing the panel gives the focus back to the row of what was open. */
function useActiveRow(openId: string | null) {
  const [active, setActive] = useState<ActiveRow>({ id: null, turn: 0 });
  const close = useCallback(() => {
    navigate('library');
    setActive(({ turn }) => ({ id: openId, turn: turn + 1 }));
  }, [openId]);
  const noteFocus = useCallback(
    (id: string) => setActive((old) => (old.id === id ? old : { ...old, id })),
    [],
  );
  return { active, setActive, close, noteFocus };
}

interface ListPendingProps {
  readonly error: Error | undefined;
  readonly onRetry: () => void;
}

/** In place of the list before the first answer. */
function ListPending({ error, onRetry }: ListPendingProps) {
  if (error !== undefined) return <LoadFailed what="The library" error={error} onRetry={onRetry} />;
  return (
    <div aria-busy="true">
      <SkeletonRows count={9} height={ROW_PX} />
      <span className="visually-hidden">Loading the library</span>
    </div>
  );
}

interface OpenDialog {
  readonly kind: 'rename' | 'delete';
  readonly asset: AssetView;
}

interface AssetDialogProps {
  readonly dialog: OpenDialog;
  readonly assets: Paged<AssetView>;
  readonly openId: string | null;
  readonly onClose: () => void;
}

function AssetDialog({ dialog, assets, openId, onClose }: AssetDialogProps) {
  const { kind, asset } = dialog;
  if (kind === 'rename') {
    const onRenamed = (renamed: AssetView): void => {
      assets.replace(renamed);
      onClose();
    };
    return <RenameDialog asset={asset} onClose={onClose} onRenamed={onRenamed} />;
  }
  const onDeleted = (): void => {
    assets.remove(asset.id);
    onClose();
    if (openId === asset.id) navigate('library');
  };
  return <DeleteDialog asset={asset} onClose={onClose} onDeleted={onDeleted} />;
}

/** Names of regions; another map only when they changed. */
function useRegionNames(world: WorldView | undefined): ReadonlyMap<string, string> {
  const text = JSON.stringify(world?.regions.map(({ id, name }) => [id, name]) ?? []);
  return useMemo(() => new Map<string, string>(JSON.parse(text)), [text]);
}

/** The value, once it has not changed for a while. */
function useSettled(value: string, pauseMs: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pauseMs);
    return () => clearTimeout(timer);
  }, [value, pauseMs]);
  return settled;
}

function countText(
  world: WorldView | undefined,
  search: string,
  list: PagedList<AssetView> | undefined,
): string {
  if (list === undefined) return 'Loading…';
  if (search !== '') return `${formatCount(list.items.length)}${list.nextBefore === null ? '' : '+'} found`;
  const total = Math.max(world?.assets.total ?? 0, list.items.length);
  return total === 1 ? '1 asset' : `${formatCount(total)} assets`;
}
