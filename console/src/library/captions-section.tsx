// The caption tracks of an asset: which there are, adding one from a file, taking one away.

import { type FormEvent, useRef, useState } from 'react';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import type { AssetCaptionTrack, CaptionKind } from '../../../src/contract/media.ts';
import { CAPTION_BYTES_MAX } from '../../../src/media/captions/limits.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { ConfirmDialog, Dialog, ErrorNotice } from '../ui/dialog.tsx';
import { formatCount } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { tell } from '../ui/toast.tsx';
import type { AssetActions } from './asset-dialogs.tsx';

/** Offered while typing; any other tag can be typed too. */
const LANGUAGES =
  'ar bn cs da de el en es fa fi fr he hi hu id it ja ko ms nl no pl pt pt-BR ro ru sv ta th tr uk ur vi zh zh-Hans zh-Hant'.split(
    ' ',
  );

const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/** The English name of a language, or undefined when the tag is none. */
function nameOf(tag: string): string | undefined {
  try {
    return names.of(tag.trim());
  } catch {
    return undefined;
  }
}

interface SectionProps {
  readonly asset: AssetView;
  readonly actions: AssetActions;
}

/** The section of the panel. */
export function CaptionsSection({ asset, actions }: SectionProps) {
  const [isAdding, setIsAdding] = useState(false);
  const [doomed, setDoomed] = useState<AssetCaptionTrack>();
  if (asset.stage === 'failed') return null;
  return (
    <section className="panel-section" aria-label="Captions">
      <div className="section-head">
        <h3>Captions</h3>
        {may('operator') && (
          <button type="button" className="button compact" onClick={() => setIsAdding(true)}>
            <Icon name="plus" />
            Add
          </button>
        )}
      </div>
      {asset.captions.length === 0 ? (
        <p className="small soft">None yet. WebVTT and SubRip files are taken.</p>
      ) : (
        <ul className="tracks">
          {asset.captions.map((track) => (
            <TrackRow key={track.id} track={track} onRemove={() => setDoomed(track)} />
          ))}
        </ul>
      )}
      {isAdding && (
        <AddDialog
          asset={asset}
          onClose={() => setIsAdding(false)}
          onAdded={(changed) => {
            actions.replace(changed);
            setIsAdding(false);
          }}
        />
      )}
      {doomed !== undefined && (
        <RemoveDialog
          asset={asset}
          track={doomed}
          onClose={() => setDoomed(undefined)}
          onRemoved={(changed) => {
            actions.replace(changed);
            setDoomed(undefined);
          }}
        />
      )}
    </section>
  );
}

function TrackRow({ track, onRemove }: { readonly track: AssetCaptionTrack; readonly onRemove: () => void }) {
  return (
    <li className="track">
      <span className="tag mono">{track.language}</span>
      <span className="grow truncate">
        <span className="strong">{track.label}</span>{' '}
        <span className="soft small">
          {track.kind === 'captions' ? 'captions' : 'subtitles'}, {formatCount(track.cueCount)}{' '}
          {track.cueCount === 1 ? 'cue' : 'cues'}
          {track.isDefault ? ', shown by default' : ''}
        </span>
      </span>
      {may('operator') && (
        <button
          type="button"
          className="icon-button small"
          aria-label={`Remove ${track.label}`}
          title="Remove"
          onClick={onRemove}
        >
          <Icon name="trash" />
        </button>
      )}
    </li>
  );
}

interface AddProps {
  readonly asset: AssetView;
  readonly onClose: () => void;
  readonly onAdded: (asset: AssetView) => void;
}

/** The language that a file name tells, e.g. talk.pt-BR.vtt. */
export function languageOfFile(name: string): string | undefined {
  const tag = /[._-]([a-z]{2,3}(?:-[A-Za-z]{2,4})?)\.(?:vtt|srt)$/i.exec(name)?.[1];
  return tag !== undefined && nameOf(tag) !== undefined ? tag : undefined;
}

function AddDialog({ asset, onClose, onAdded }: AddProps) {
  const picker = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File>();
  const [language, setLanguage] = useState('');
  const [kind, setKind] = useState<CaptionKind>('subtitles');
  const [isDefault, setIsDefault] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const languageName = nameOf(language);
  const id = `${kind}-${language.trim().toLowerCase()}`;
  const replaced = asset.captions.find((track) => track.id === id);

  const pick = (picked: File | undefined): void => {
    if (picked === undefined) return;
    setFile(picked);
    setError(undefined);
    const told = languageOfFile(picked.name);
    if (language === '' && told !== undefined) setLanguage(told);
  };
  const submit = async (event?: FormEvent): Promise<void> => {
    event?.preventDefault();
    if (file === undefined || languageName === undefined || isBusy) return;
    setIsBusy(true);
    setError(undefined);
    try {
      if (file.size > CAPTION_BYTES_MAX) throw new Error('A caption file has at most 1 MiB.');
      const body = { text: await file.text(), kind, isDefault };
      const params = { assetId: asset.id, language: language.trim() };
      onAdded(await call('PUT /v1/assets/{assetId}/captions/{language}', { params, body }));
      tell(`${languageName} ${kind} ${replaced === undefined ? 'added' : 'replaced'}`);
    } catch (reason) {
      setError(reason instanceof Error ? reason : new Error(String(reason)));
      setIsBusy(false);
    }
  };
  return (
    <Dialog
      title="Add captions"
      onClose={onClose}
      onSubmit={() => void submit()}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            className="button primary"
            disabled={isBusy || file === undefined || languageName === undefined}
          >
            {isBusy ? 'Adding…' : replaced === undefined ? 'Add' : 'Replace'}
          </button>
        </>
      }
    >
      <div className="field">
        <label htmlFor="captions-file">File</label>
        <div className="file-field">
          <button
            type="button"
            className="button"
            data-first-focus
            aria-describedby="captions-file-name"
            onClick={() => picker.current?.click()}
          >
            Choose…
          </button>
          <span id="captions-file-name" className={file === undefined ? 'soft truncate' : 'truncate'}>
            {file?.name ?? 'WebVTT or SubRip (.srt), UTF-8, at most 1 MiB'}
          </span>
          <input
            ref={picker}
            id="captions-file"
            type="file"
            hidden
            accept=".vtt,.srt,text/vtt,application/x-subrip"
            onChange={(event) => {
              pick(event.target.files?.[0]);
              event.target.value = '';
            }}
          />
        </div>
      </div>
      <div className="field">
        <label htmlFor="captions-language">Language</label>
        <input
          id="captions-language"
          className="input"
          list="captions-languages"
          maxLength={35}
          placeholder="en, pt-BR, zh-Hant …"
          value={language}
          onChange={(event) => setLanguage(event.target.value)}
        />
        <datalist id="captions-languages">
          {LANGUAGES.map((tag) => (
            <option key={tag} value={tag}>
              {nameOf(tag)}
            </option>
          ))}
        </datalist>
        <span className="small soft">
          {language.trim() === ''
            ? 'A language tag (BCP 47)'
            : (languageName ?? 'That is no language tag that we know')}
        </span>
      </div>
      <div className="field">
        <label htmlFor="captions-kind">Kind</label>
        <select
          id="captions-kind"
          className="input"
          value={kind}
          onChange={(event) => setKind(event.target.value === 'captions' ? 'captions' : 'subtitles')}
        >
          <option value="subtitles">Subtitles: what is said</option>
          <option value="captions">Captions: with sounds and speakers, for those who do not hear</option>
        </select>
      </div>
      <label className="checkbox">
        <input type="checkbox" checked={isDefault} onChange={(event) => setIsDefault(event.target.checked)} />
        Show them unless the viewer chooses otherwise
      </label>
      {error !== undefined && <ErrorNotice error={error} />}
    </Dialog>
  );
}

interface RemoveProps {
  readonly asset: AssetView;
  readonly track: AssetCaptionTrack;
  readonly onClose: () => void;
  readonly onRemoved: (asset: AssetView) => void;
}

function RemoveDialog({ asset, track, onClose, onRemoved }: RemoveProps) {
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const confirm = async (): Promise<void> => {
    setIsBusy(true);
    setError(undefined);
    try {
      const given = { params: { assetId: asset.id, language: track.language }, query: { kind: track.kind } };
      onRemoved(await call('DELETE /v1/assets/{assetId}/captions/{language}', given));
      tell(`${track.label} removed`);
    } catch (reason) {
      setError(reason instanceof Error ? reason : new Error(String(reason)));
      setIsBusy(false);
    }
  };
  return (
    <ConfirmDialog
      title="Remove these captions?"
      confirmLabel="Remove"
      isDanger
      isBusy={isBusy}
      error={error}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <p>
        <strong className="dialog-name">{track.label}</strong> will no longer be offered within seconds.
        Whoever reads them now keeps them until the video is loaded again.
      </p>
    </ConfirmDialog>
  );
}
