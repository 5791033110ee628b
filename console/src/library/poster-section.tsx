// The poster of an asset: the frame at a time, found with the storyboard, a picture of one's own, or the automatic one.

import { useEffect, useRef, useState } from 'react';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import { POSTER_UPLOAD_BYTES_MAX } from '../../../src/contract/limits.ts';
import { readThumbnailTrack, type Tile, tileAt } from '../../../src/core/playback/thumbnail-track.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { Dialog, ErrorNotice } from '../ui/dialog.tsx';
import { formatLength } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { tell } from '../ui/toast.tsx';
import type { AssetActions } from './asset-dialogs.tsx';
import { mediaFolder } from './describe-asset.ts';

/** A picture is brought to this size before it is sent: pages show it no larger. */
const LONG_SIDE_PX = 1_920;
const JPEG_QUALITY = 0.88;

interface SectionProps {
  readonly asset: AssetView;
  readonly actions: AssetActions;
}

/** The section of the panel. */
export function PosterSection({ asset, actions }: SectionProps) {
  const [isChoosing, setIsChoosing] = useState(false);
  if (!asset.isPlayable || asset.stage !== 'ready' || !may('operator')) return null;
  return (
    <section className="panel-section" aria-label="Poster">
      <div className="section-head">
        <h3>Poster</h3>
        <button type="button" className="button compact" onClick={() => setIsChoosing(true)}>
          Choose…
        </button>
      </div>
      <p className="small soft">
        {asset.posterKind === 'chosen' ? 'Chosen by hand.' : 'The frame that processing found best.'}
      </p>
      {isChoosing && (
        <PosterDialog
          asset={asset}
          onClose={() => setIsChoosing(false)}
          onChosen={(changed) => {
            actions.replace(changed);
            setIsChoosing(false);
          }}
        />
      )}
    </section>
  );
}

/** Folder of the media at the first edge; a private asset's holds a token. */
async function folderOf(asset: AssetView): Promise<string | undefined> {
  if (asset.visibility === 'public') return asset.playlists[0] && mediaFolder(asset.playlists[0].hls);
  const params = { assetId: asset.id };
  const made = await call('POST /v1/assets/{assetId}/playback-tokens', { params, body: {} });
  return made.playlists[0] && mediaFolder(made.playlists[0].hls);
}

/** The pictures of the storyboard; none until they are there, or when there is no storyboard. */
function useTiles(asset: AssetView): readonly Tile[] {
  const [tiles, setTiles] = useState<readonly Tile[]>([]);
  const assetRef = useRef(asset);
  useEffect(() => {
    if (!assetRef.current.hasStoryboard) return;
    const ended = new AbortController();
    const load = async (): Promise<void> => {
      const folder = await folderOf(assetRef.current);
      if (folder === undefined) return;
      const url = `${folder}storyboard.vtt`;
      const response = await fetch(url, { signal: ended.signal });
      if (response.ok) setTiles(readThumbnailTrack(await response.text(), url));
    };
    // Without pictures the time alone must do.
    load().catch(() => undefined);
    return () => ended.abort();
  }, []);
  return tiles;
}

/** Any picture that the browser can show, as a JPEG of a sensible size, in base64. */
async function toJpegBase64(file: File): Promise<string> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error('The browser cannot read this picture.');
  });
  const scale = Math.min(1, LONG_SIDE_PX / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const address = canvas.toDataURL('image/jpeg', JPEG_QUALITY);
  const base64 = address.slice(address.indexOf(',') + 1);
  if (base64.length * 0.75 > POSTER_UPLOAD_BYTES_MAX) throw new Error('The picture is larger than 2 MiB.');
  return base64;
}

interface DialogProps {
  readonly asset: AssetView;
  readonly onClose: () => void;
  readonly onChosen: (asset: AssetView) => void;
}

type PosterAct = 'frame' | 'picture' | 'automatic';

/** The three ways to another poster, one at a time. */
function usePosterActs(assetId: string, onChosen: (asset: AssetView) => void) {
  const [busyWith, setBusyWith] = useState<PosterAct>();
  const [error, setError] = useState<Error>();
  const params = { assetId };
  const act = async (what: PosterAct, run: () => Promise<AssetView>): Promise<void> => {
    if (busyWith !== undefined) return;
    setBusyWith(what);
    setError(undefined);
    try {
      onChosen(await run());
      tell(what === 'automatic' ? 'The automatic poster is back' : 'The poster was changed');
    } catch (reason) {
      setError(reason instanceof Error ? reason : new Error(String(reason)));
      setBusyWith(undefined);
    }
  };
  return {
    busyWith,
    error,
    takeFrame: (atMs: number) =>
      void act('frame', () => call('PUT /v1/assets/{assetId}/poster', { params, body: { atMs } })),
    sendPicture: (file: File) =>
      void act('picture', async () => {
        const body = { imageBase64: await toJpegBase64(file) };
        return call('PUT /v1/assets/{assetId}/poster', { params, body });
      }),
    goBack: () => void act('automatic', () => call('DELETE /v1/assets/{assetId}/poster', { params })),
  };
}

function PosterDialog({ asset, onClose, onChosen }: DialogProps) {
  const tiles = useTiles(asset);
  const hasPicture = asset.renditions.some(({ kind }) => kind === 'video');
  const durationMs = asset.durationMs ?? 0;
  const [atMs, setAtMs] = useState(Math.floor(durationMs / 10));
  const acts = usePosterActs(asset.id, onChosen);
  const isBusy = acts.busyWith !== undefined;
  return (
    <Dialog
      title="Choose the poster"
      onClose={onClose}
      footer={
        <>
          {asset.posterKind === 'chosen' && (
            <button type="button" className="button" disabled={isBusy} onClick={acts.goBack}>
              Use the automatic one
            </button>
          )}
          <span className="grow" />
          <PictureButton
            isSending={acts.busyWith === 'picture'}
            isBusy={isBusy}
            onPicked={acts.sendPicture}
          />
          {hasPicture && (
            <button
              type="button"
              className="button primary"
              disabled={isBusy}
              onClick={() => acts.takeFrame(atMs)}
            >
              {acts.busyWith === 'frame' ? 'Taking the frame…' : 'Use this frame'}
            </button>
          )}
        </>
      }
    >
      {hasPicture ? (
        <FramePicker tiles={tiles} durationMs={durationMs} atMs={atMs} onChange={setAtMs} />
      ) : (
        <p>This asset has no picture of its own. Upload one, and players show it while the sound plays.</p>
      )}
      {acts.error !== undefined && <ErrorNotice error={acts.error} />}
    </Dialog>
  );
}

interface PictureButtonProps {
  readonly isSending: boolean;
  readonly isBusy: boolean;
  readonly onPicked: (file: File) => void;
}

function PictureButton({ isSending, isBusy, onPicked }: PictureButtonProps) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" className="button" disabled={isBusy} onClick={() => picker.current?.click()}>
        <Icon name="upload" />
        {isSending ? 'Sending…' : 'Upload a picture…'}
      </button>
      <input
        ref={picker}
        type="file"
        hidden
        accept="image/*"
        aria-label="Picture"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = '';
          if (file !== undefined) onPicked(file);
        }}
      />
    </>
  );
}

interface PickerProps {
  readonly tiles: readonly Tile[];
  readonly durationMs: number;
  readonly atMs: number;
  readonly onChange: (atMs: number) => void;
}

/** How large a picture is shown, whatever its size on the sheet. */
const SHOWN_HEIGHT_PX = 216;

function FramePicker({ tiles, durationMs, atMs, onChange }: PickerProps) {
  const tile = tileAt(tiles, atMs / 1_000);
  const scale = tile === undefined ? 1 : SHOWN_HEIGHT_PX / tile.height;
  return (
    <div className="frame-picker">
      <div className="frame-stage">
        {tile === undefined ? (
          <span className="soft">
            <Icon name="film" />
          </span>
        ) : (
          <span className="frame-window" style={{ width: tile.width * scale, height: SHOWN_HEIGHT_PX }}>
            <span
              className="frame-tile"
              style={{
                width: tile.width,
                height: tile.height,
                backgroundImage: `url("${tile.url}")`,
                backgroundPosition: `-${tile.x}px -${tile.y}px`,
                transform: `scale(${scale})`,
              }}
            />
          </span>
        )}
      </div>
      <input
        type="range"
        data-first-focus
        aria-label="Time of the frame"
        aria-valuetext={formatLength(atMs)}
        min={0}
        max={Math.max(0, durationMs - 100)}
        step={100}
        value={atMs}
        onChange={(event) => onChange(Number(event.target.value))}
      />
      <div className="frame-times small soft">
        <span>{(atMs / 1_000).toFixed(1)} s</span>
        <span>{formatLength(durationMs)}</span>
      </div>
      <p className="small soft">A rough picture; the poster is taken from the best rendition.</p>
    </div>
  );
}
