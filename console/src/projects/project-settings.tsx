// How future uploads of a project are processed: preset, codecs, ladders fitted to each video, loudness.

import { useState } from 'react';
import type { EncodingSettings, VideoCodecName } from '../../../src/contract/encoding.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { ErrorNotice } from '../ui/dialog.tsx';
import { listWords } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { SkeletonRows } from '../ui/states.tsx';
import { usePolled } from '../ui/use-polled.ts';
import type { Project } from './project-detail.tsx';
import { SettingsDialog } from './settings-dialog.tsx';

const REFRESH_MS = 10_000;

const CODEC_NAMES: Readonly<Record<VideoCodecName, string>> = { h264: 'H.264', av1: 'AV1', hevc: 'HEVC' };

interface SettingsProps {
  readonly project: Project;
  readonly onChanged: () => void;
}

/** The card. */
export function ProjectSettings({ project, onChanged }: SettingsProps) {
  const [isEditing, setIsEditing] = useState(false);
  const params = { projectId: project.id };
  const encoding = usePolled(
    project.id,
    (signal) => call('GET /v1/projects/{projectId}/encoding', { params }, signal),
    REFRESH_MS,
  );
  const { data } = encoding;
  return (
    <section className="card" aria-label="Processing">
      <div className="card-head">
        <h2>Processing</h2>
        {may('admin') && data !== undefined && (
          <button type="button" className="button compact" onClick={() => setIsEditing(true)}>
            <Icon name="pencil" />
            Change…
          </button>
        )}
      </div>
      {data !== undefined ? (
        <Settings encoding={data} targetLufs={project.targetLufs} />
      ) : encoding.error !== undefined ? (
        <div className="card-body">
          <ErrorNotice error={encoding.error} />
        </div>
      ) : (
        <SkeletonRows count={3} />
      )}
      {isEditing && data !== undefined && (
        <SettingsDialog
          projectId={project.id}
          encoding={data}
          targetLufs={project.targetLufs}
          onClose={() => setIsEditing(false)}
          onChanged={() => {
            setIsEditing(false);
            void encoding.refresh();
            onChanged();
          }}
        />
      )}
    </section>
  );
}

interface ShownProps {
  readonly encoding: EncodingSettings;
  readonly targetLufs: number | null;
}

function Settings({ encoding, targetLufs }: ShownProps) {
  const { codecs, isPerTitle, preset } = encoding;
  const rows: readonly (readonly [string, string])[] = [
    ['Preset', preset],
    ['Codecs', listWords(codecs.map((codec) => CODEC_NAMES[codec]))],
    ['Fitted to each video', isPerTitle === null ? 'as the preset has it' : isPerTitle ? 'yes' : 'no'],
    ['Loudness', targetLufs === null ? 'as uploaded' : `brought to ${targetLufs} LUFS`],
  ];
  return (
    <dl className="card-body quotas">
      {rows.map(([name, value]) => (
        <div key={name} className="spread row">
          <dt>{name}</dt>
          <dd className="soft">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
