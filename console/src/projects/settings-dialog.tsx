// Asks how future uploads of a project are processed.

import { useState } from 'react';
import type { EncodingSettings, PresetName, VideoCodecName } from '../../../src/contract/encoding.ts';
import { call } from '../api.ts';
import { FormDialog } from '../ui/form-dialog.tsx';
import { tell } from '../ui/toast.tsx';
import { usePolled } from '../ui/use-polled.ts';

/** Presets come with the version of control. */
const REFRESH_MS = 60_000;

interface SettingsDialogProps {
  readonly projectId: string;
  readonly encoding: EncodingSettings;
  readonly targetLufs: number | null;
  readonly onClose: () => void;
  readonly onChanged: () => void;
}

/** The dialog, open while rendered. */
export function SettingsDialog(props: SettingsDialogProps) {
  const { projectId, onClose, onChanged } = props;
  const [encoding, setEncoding] = useState(props.encoding);
  const [targetLufs, setTargetLufs] = useState(props.targetLufs);
  const save = async (): Promise<void> => {
    const params = { projectId };
    await call('PUT /v1/projects/{projectId}/encoding', { params, body: encoding });
    if (targetLufs !== props.targetLufs)
      await call('PUT /v1/projects/{projectId}/loudness', { params, body: { targetLufs } });
    tell('Future uploads are processed so');
    onChanged();
  };
  return (
    <FormDialog title="Processing" action="Save" onSubmit={save} onClose={onClose}>
      <PresetField value={encoding.preset} onChange={(preset) => setEncoding({ ...encoding, preset })} />
      <div className="field">
        <label htmlFor="settings-per-title">Rungs and bit rates</label>
        <select
          id="settings-per-title"
          className="input"
          value={String(encoding.isPerTitle)}
          onChange={(event) =>
            setEncoding({
              ...encoding,
              isPerTitle: event.target.value === 'null' ? null : event.target.value === 'true',
            })
          }
        >
          <option value="null">As the preset has it</option>
          <option value="true">Fitted to each video by a quick probe</option>
          <option value="false">The same for all videos</option>
        </select>
      </div>
      <CodecChoice value={encoding.codecs} onChange={(codecs) => setEncoding({ ...encoding, codecs })} />
      <LoudnessField known={props.targetLufs} value={targetLufs} onChange={setTargetLufs} />
      <p className="soft small">What is there already stays as it is.</p>
    </FormDialog>
  );
}

interface PresetFieldProps {
  readonly value: PresetName;
  readonly onChange: (preset: PresetName) => void;
}

function PresetField({ value, onChange }: PresetFieldProps) {
  const presets = usePolled('presets', (signal) => call('GET /v1/presets', {}, signal), REFRESH_MS);
  const list = presets.data?.presets ?? [];
  const chosen = list.find(({ name }) => name === value);
  return (
    <div className="field">
      <label htmlFor="settings-preset">Preset</label>
      <select
        id="settings-preset"
        className="input"
        value={value}
        onChange={(event) => {
          const picked = list.find(({ name }) => name === event.target.value);
          if (picked !== undefined) onChange(picked.name);
        }}
      >
        {chosen === undefined && <option value={value}>{value}</option>}
        {list.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      {chosen !== undefined && <span className="field-hint">{chosen.summary}</span>}
    </div>
  );
}

const FURTHER_CODECS: readonly {
  readonly codec: VideoCodecName;
  readonly label: string;
  readonly note: string;
}[] = [
  { codec: 'av1', label: 'AV1', note: 'fewest bits; slow to encode' },
  { codec: 'hevc', label: 'HEVC', note: 'fewer bits; Apple devices and televisions' },
];

interface CodecChoiceProps {
  readonly value: EncodingSettings['codecs'];
  readonly onChange: (codecs: EncodingSettings['codecs']) => void;
}

function CodecChoice({ value, onChange }: CodecChoiceProps) {
  return (
    <fieldset className="choices">
      <legend className="field-label">
        Besides H.264 <span className="faint">a family of renditions for each</span>
      </legend>
      {FURTHER_CODECS.map(({ codec, label, note }) => (
        <label key={codec} className="checkbox">
          <input
            type="checkbox"
            checked={value.includes(codec)}
            onChange={(event) => {
              const others = value.filter((each) => each !== codec);
              onChange(event.target.checked ? [...others, codec] : others);
            }}
          />
          <span>
            {label} <span className="faint">{note}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** What broadcasters and players ask for. */
const LOUDNESS_CHOICES: readonly { readonly value: number | null; readonly label: string }[] = [
  { value: null, label: 'As uploaded' },
  { value: -14, label: '−14 LUFS: as music services play' },
  { value: -16, label: '−16 LUFS: as podcasts and phones like it' },
  { value: -23, label: '−23 LUFS: EBU R 128, European broadcasters' },
  { value: -24, label: '−24 LUFS: ATSC A/85, American broadcasters' },
];

interface LoudnessFieldProps {
  /** What is set, also when it is none of the usual ones. */
  readonly known: number | null;
  readonly value: number | null;
  readonly onChange: (targetLufs: number | null) => void;
}

function LoudnessField({ known, value, onChange }: LoudnessFieldProps) {
  const isUsual = LOUDNESS_CHOICES.some((choice) => choice.value === known);
  const choices = isUsual
    ? LOUDNESS_CHOICES
    : [...LOUDNESS_CHOICES, { value: known, label: `${known} LUFS` }];
  return (
    <div className="field">
      <label htmlFor="settings-loudness">Loudness</label>
      <select
        id="settings-loudness"
        className="input"
        value={String(value)}
        onChange={(event) => onChange(event.target.value === 'null' ? null : Number(event.target.value))}
      >
        {choices.map((choice) => (
          <option key={choice.label} value={String(choice.value)}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}
