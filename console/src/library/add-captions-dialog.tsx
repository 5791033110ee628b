// Asks for a caption file, its language and what kind of captions it holds.

import { useRef, useState } from 'react';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import type { CaptionKind } from '../../../src/contract/media.ts';
import { CAPTION_BYTES_MAX } from '../../../src/media/captions/limits.ts';
import { call } from '../api.ts';
import { FormDialog } from '../ui/form-dialog.tsx';
import { tell } from '../ui/toast.tsx';

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

/** The language that a file name tells, e.g. talk.pt-BR.vtt. */
export function languageOfFile(name: string): string | undefined {
  const tag = /[._-]([a-z]{2,3}(?:-[A-Za-z]{2,4})?)\.(?:vtt|srt)$/i.exec(name)?.[1];
  return tag !== undefined && nameOf(tag) !== undefined ? tag : undefined;
}

interface AddProps {
  readonly asset: AssetView;
  readonly onClose: () => void;
  readonly onAdded: (asset: AssetView) => void;
}

/** The dialog, open while rendered. */
export function AddCaptionsDialog({ asset, onClose, onAdded }: AddProps) {
  const [file, setFile] = useState<File>();
  const [language, setLanguage] = useState('');
  const [kind, setKind] = useState<CaptionKind>('subtitles');
  const [isDefault, setIsDefault] = useState(false);
  const languageName = nameOf(language);
  const id = `${kind}-${language.trim().toLowerCase()}`;
  const isReplaced = asset.captions.some((track) => track.id === id);

  const pick = (picked: File): void => {
    setFile(picked);
    const told = languageOfFile(picked.name);
    if (language === '' && told !== undefined) setLanguage(told);
  };
  const add = async (): Promise<void> => {
    if (file === undefined || languageName === undefined) return;
    if (file.size > CAPTION_BYTES_MAX) throw new Error('A caption file has at most 1 MiB.');
    const body = { text: await file.text(), kind, isDefault };
    const params = { assetId: asset.id, language: language.trim() };
    onAdded(await call('PUT /v1/assets/{assetId}/captions/{language}', { params, body }));
    tell(`${languageName} ${kind} ${isReplaced ? 'replaced' : 'added'}`);
  };
  return (
    <FormDialog
      title="Add captions"
      action={isReplaced ? 'Replace' : 'Add'}
      busy="Adding…"
      isComplete={file !== undefined && languageName !== undefined}
      onSubmit={add}
      onClose={onClose}
    >
      <FileField file={file} onPick={pick} />
      <LanguageField value={language} languageName={languageName} onChange={setLanguage} />
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
    </FormDialog>
  );
}

function FileField({
  file,
  onPick,
}: {
  readonly file: File | undefined;
  readonly onPick: (file: File) => void;
}) {
  const picker = useRef<HTMLInputElement>(null);
  return (
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
            const picked = event.target.files?.[0];
            event.target.value = '';
            if (picked !== undefined) onPick(picked);
          }}
        />
      </div>
    </div>
  );
}

interface LanguageFieldProps {
  readonly value: string;
  readonly languageName: string | undefined;
  readonly onChange: (language: string) => void;
}

function LanguageField({ value, languageName, onChange }: LanguageFieldProps) {
  return (
    <div className="field">
      <label htmlFor="captions-language">Language</label>
      <input
        id="captions-language"
        className="input"
        list="captions-languages"
        maxLength={35}
        placeholder="en, pt-BR, zh-Hant …"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      <datalist id="captions-languages">
        {LANGUAGES.map((tag) => (
          <option key={tag} value={tag}>
            {nameOf(tag)}
          </option>
        ))}
      </datalist>
      <span className="small soft">
        {value.trim() === ''
          ? 'A language tag (BCP 47)'
          : (languageName ?? 'That is no language tag that we know')}
      </span>
    </div>
  );
}
