// The library: every asset, found, uploaded, watched, changed.

import { type DragEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import type { WorldView } from '../../../src/contract/api/world.ts';
import type { Visibility } from '../../../src/contract/media.ts';
import { may } from '../session.ts';
import { useKeys } from '../shell/keyboard.ts';
import { navigate } from '../shell/router.ts';
import { formatCount } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import type { ListWindow } from '../ui/use-window.ts';
import { type AssetActions, DeleteDialog, RenameDialog } from './asset-dialogs.tsx';
import { type ActiveRow, AssetList, ROW_PX } from './asset-list.tsx';
import { AssetPanel } from './asset-panel.tsx';
import { addUploads, setUploadFinishedHandler } from './uploads.ts';
import { useAssets } from './use-assets.ts';

/** Typing pauses this long before control is asked. */
const SEARCH_PAUSE_MS = 180;
/** The sticky heading of the table hides this much of the rows. */
const HEAD_PX = 37;

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
  const shown = useRef<ListWindow>({ first: 0, end: 50 });
  const assets = useAssets(search, () => shown.current);
  const [active, setActive] = useState<ActiveRow>({ id: null, turn: 0 });
  const [dialog, setDialog] = useState<{ kind: 'rename' | 'delete'; asset: AssetView }>();
  const [visibility, setVisibility] = useState<Visibility>('public');
  const list = assets.list?.assets;
  const regionNames = useRegionNames(world);
  const { replace, remove, refresh } = assets;

  const actions = useMemo(
    (): AssetActions => ({
      open: (assetId) => navigate('library', assetId),
      replace,
      askRename: (asset) => setDialog({ kind: 'rename', asset }),
      askDelete: (asset) => setDialog({ kind: 'delete', asset }),
    }),
    [replace],
  );
  const close = useCallback(() => {
    navigate('library');
    setActive(({ turn }) => ({ id: openId, turn: turn + 1 }));
  }, [openId]);
  const noteFocus = useCallback(
    (id: string) => setActive((old) => (old.id === id ? old : { ...old, id })),
    [],
  );
  const upload = useCallback((files: readonly File[]) => addUploads(files, visibility), [visibility]);
  useEffect(() => setUploadFinishedHandler(() => void refresh()), [refresh]);
  useEffect(() => {
    if (detail !== 'search') return;
    navigate('library');
    searchField.current?.focus();
  }, [detail]);
  useListKeys({ list, active, setActive, container, openId, close, searchField, picker });

  return (
    <DropZone onFiles={upload}>
      <div className={openId === null ? 'library' : 'library has-panel'}>
        <div className="library-main">
          <div className="page-head library-head">
            <div>
              <h1>Library</h1>
              <p>{countText(world, search, assets.list)}</p>
            </div>
            <div className="library-tools">
              <SearchField field={searchField} value={typed} onChange={setTyped} />
              {may('operator') && (
                <>
                  <select
                    className="input library-visibility"
                    aria-label="New uploads are"
                    value={visibility}
                    onChange={(event) =>
                      setVisibility(event.target.value === 'private' ? 'private' : 'public')
                    }
                  >
                    <option value="public">Upload as public</option>
                    <option value="private">Upload as private</option>
                  </select>
                  <UploadButton picker={picker} onFiles={upload} />
                </>
              )}
            </div>
          </div>
          <div className="card list-card">
            <div ref={container} className="list-scroll">
              {list === undefined ? (
                assets.error === undefined ? (
                  <div aria-busy="true">
                    <SkeletonRows count={9} height={ROW_PX} />
                    <span className="visually-hidden">Loading the library</span>
                  </div>
                ) : (
                  <LoadFailed what="The library" error={assets.error} onRetry={() => void refresh()} />
                )
              ) : list.length === 0 ? (
                <EmptyLibrary search={search} onClear={() => setTyped('')} picker={picker} />
              ) : (
                <AssetList
                  container={container}
                  assets={list}
                  hasMore={assets.list?.nextBefore !== null}
                  nowMs={world?.nowMs ?? Date.now()}
                  regionNames={regionNames}
                  active={active}
                  openId={openId}
                  actions={actions}
                  onNearEnd={assets.loadMore}
                  onWindow={(window) => {
                    shown.current = window;
                  }}
                  onFocusRow={noteFocus}
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
            onClose={close}
          />
        )}
      </div>
      {dialog?.kind === 'rename' && (
        <RenameDialog
          asset={dialog.asset}
          onClose={() => setDialog(undefined)}
          onRenamed={(asset) => {
            replace(asset);
            setDialog(undefined);
          }}
        />
      )}
      {dialog?.kind === 'delete' && (
        <DeleteDialog
          asset={dialog.asset}
          onClose={() => setDialog(undefined)}
          onDeleted={() => {
            remove(dialog.asset.id);
            setDialog(undefined);
            if (openId === dialog.asset.id) navigate('library');
          }}
        />
      )}
    </DropZone>
  );
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
  list: { readonly assets: readonly AssetView[]; readonly nextBefore: string | null } | undefined,
): string {
  if (list === undefined) return 'Loading…';
  if (search !== '') return `${formatCount(list.assets.length)}${list.nextBefore === null ? '' : '+'} found`;
  const total = Math.max(world?.assets.total ?? 0, list.assets.length);
  return total === 1 ? '1 asset' : `${formatCount(total)} assets`;
}

interface ListKeysOptions {
  readonly list: readonly AssetView[] | undefined;
  readonly active: ActiveRow;
  readonly setActive: (active: ActiveRow) => void;
  readonly container: React.RefObject<HTMLDivElement | null>;
  readonly openId: string | null;
  readonly close: () => void;
  readonly searchField: React.RefObject<HTMLInputElement | null>;
  readonly picker: React.RefObject<HTMLInputElement | null>;
}

/** j, k and arrows move, / searches, u uploads, Escape closes. */
function useListKeys(options: ListKeysOptions): void {
  const { list, active, setActive, container, openId, close, searchField, picker } = options;
  const move = (step: number): void => {
    if (list === undefined || list.length === 0) return;
    const at = list.findIndex(({ id }) => id === active.id);
    const next = at < 0 ? 0 : Math.min(list.length - 1, Math.max(0, at + step));
    const target = list[next];
    if (target === undefined) return;
    setActive({ id: target.id, turn: active.turn + 1 });
    scrollToRow(container.current, next);
    if (openId !== null) navigate('library', target.id);
  };
  useKeys({
    '/': () => searchField.current?.focus(),
    j: () => move(1),
    ArrowDown: () => move(1),
    k: () => move(-1),
    ArrowUp: () => move(-1),
    u: () => picker.current?.click(),
    Escape: () => {
      if (openId !== null) close();
    },
  });
}

function scrollToRow(element: HTMLDivElement | null, row: number): void {
  if (element === null) return;
  const top = row * ROW_PX;
  const bottom = top + ROW_PX + HEAD_PX;
  if (top < element.scrollTop) element.scrollTop = top;
  else if (bottom > element.scrollTop + element.clientHeight)
    element.scrollTop = bottom - element.clientHeight;
}

interface SearchFieldProps {
  readonly field: React.RefObject<HTMLInputElement | null>;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function SearchField({ field, value, onChange }: SearchFieldProps) {
  return (
    <search className="search">
      <Icon name="search" />
      <input
        ref={field}
        className="input"
        type="text"
        inputMode="search"
        maxLength={100}
        aria-label="Search the library"
        placeholder="Search"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.preventDefault();
          if (value === '') event.currentTarget.blur();
          else onChange('');
        }}
      />
      {value === '' ? (
        <kbd className="keycap">/</kbd>
      ) : (
        <button
          type="button"
          className="icon-button small"
          aria-label="Clear the search"
          onClick={() => onChange('')}
        >
          <Icon name="close" />
        </button>
      )}
    </search>
  );
}

interface UploadButtonProps {
  readonly picker: React.RefObject<HTMLInputElement | null>;
  readonly onFiles: (files: readonly File[]) => void;
}

function UploadButton({ picker, onFiles }: UploadButtonProps) {
  return (
    <>
      <button type="button" className="button primary" onClick={() => picker.current?.click()}>
        <Icon name="upload" />
        Upload
      </button>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        aria-label="Files to upload"
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
    </>
  );
}

interface EmptyLibraryProps {
  readonly search: string;
  readonly onClear: () => void;
  readonly picker: React.RefObject<HTMLInputElement | null>;
}

function EmptyLibrary({ search, onClear, picker }: EmptyLibraryProps) {
  if (search !== '')
    return (
      <Empty
        icon="search"
        title="Nothing found"
        actions={
          <button type="button" className="button" onClick={onClear}>
            Clear the search
          </button>
        }
      >
        No asset is called “{search}”.
      </Empty>
    );
  return (
    <Empty
      icon="film"
      title="No videos yet"
      actions={
        may('operator') && (
          <button type="button" className="button primary" onClick={() => picker.current?.click()}>
            <Icon name="upload" />
            Upload the first one
          </button>
        )
      }
    >
      Drop files anywhere on this page. They can be watched from every region seconds after they arrive.
    </Empty>
  );
}

interface DropZoneProps {
  readonly onFiles: (files: readonly File[]) => void;
  readonly children: React.ReactNode;
}

/** Files may be dropped anywhere on the page. */
function DropZone({ onFiles, children }: DropZoneProps) {
  const [depth, setDepth] = useState(0);
  const hasFiles = (event: DragEvent): boolean =>
    may('operator') && event.dataTransfer.types.includes('Files');
  return (
    <section
      className="drop-zone"
      aria-label="Library"
      onDragEnter={(event) => {
        if (hasFiles(event)) setDepth(depth + 1);
      }}
      onDragOver={(event) => {
        if (hasFiles(event)) event.preventDefault();
      }}
      onDragLeave={(event) => {
        if (hasFiles(event)) setDepth(Math.max(0, depth - 1));
      }}
      onDrop={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setDepth(0);
        onFiles([...event.dataTransfer.files]);
      }}
    >
      {children}
      {depth > 0 && (
        <div className="drop-veil">
          <div>
            <Icon name="upload" />
            <strong>Drop to upload</strong>
          </div>
        </div>
      )}
    </section>
  );
}
