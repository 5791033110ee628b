// The rota as it is written: read, changed, checked, tried out, put in force.

import { useState } from 'react';
import type { RotaFindingView } from '../../../src/contract/api/oncall.ts';
import { type ApiResult, call } from '../api.ts';
import { may } from '../session.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Dialog, ErrorNotice } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { tell } from '../ui/toast.tsx';
import { useAsked } from '../ui/use-asked.ts';
import type { OncallScene } from './oncall-data.ts';
import { Answer } from './simulate-section.tsx';

const EMPTY = `users:
  ann: { name: Ann, timeZone: Europe/Dublin, contacts: [CHANNEL] }
schedules:
  primary:
    layers:
      - { name: Everybody, timeZone: Europe/Dublin, users: [ann], rotation: weekly, handoff: mon 09:00 }
policies:
  default:
    steps:
      - { notify: [{ schedule: primary }], acknowledgeWithin: 5m }
    lastResort: { notify: [{ user: ann }], every: 15m }
`;

/** The dialog, open while rendered. */
export function RotaDialog({ scene, onClose }: { scene: OncallScene; onClose: () => void }) {
  const { current } = scene.rota;
  const [text, setText] = useState(current === null ? EMPTY : scene.rota.text);
  const [findings, setFindings] = useState<readonly RotaFindingView[]>();
  const [trial, setTrial] = useState<ApiResult<'POST /v1/oncall/simulate'>>();
  const isChanged = current === null || text !== scene.rota.text;
  const [startedWith] = useState(current?.version ?? 0);
  const check = useAsked(async () => {
    const answer = await call('POST /v1/oncall/lint', { body: { text } });
    setFindings(answer.findings);
    const canBeTried = answer.findings.every(({ code }) => code !== 'mistake');
    setTrial(
      canBeTried ? await call('POST /v1/oncall/simulate', { body: { text, atMs: scene.nowMs } }) : undefined,
    );
  }, true);
  const apply = useAsked(async () => {
    const answer = await call('PUT /v1/oncall', { body: { text, basedOn: startedWith } });
    tell(`Version ${answer.current.version} is in force`);
    scene.refresh();
    onClose();
  });
  return (
    <Dialog
      title="Rota"
      isWide
      onClose={onClose}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>
            Close
          </button>
          {may('operator') && (
            <button type="button" className="button" disabled={check.isBusy} onClick={check.ask}>
              <Icon name="check" />
              Check
            </button>
          )}
          {may('admin') && (
            <button
              type="button"
              className="button primary"
              disabled={!isChanged || apply.isBusy}
              onClick={apply.ask}
            >
              Put in force
            </button>
          )}
        </>
      }
    >
      <div className="row spread">
        <p className="soft small">
          People, schedules, policies. Times are those of each layer’s zone; see docs/oncall.md.
        </p>
        <CopyButton text={text} what="rota" />
      </div>
      <textarea
        className="input rota-text mono"
        aria-label="Rota as YAML"
        spellCheck={false}
        readOnly={!may('operator')}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setFindings(undefined);
          setTrial(undefined);
        }}
      />
      {findings !== undefined && <Findings findings={findings} />}
      {trial !== undefined && <Answer answer={trial} scene={scene} />}
      {[check.error, apply.error].map(
        (error) => error !== undefined && <ErrorNotice key={error.message} error={error} />,
      )}
    </Dialog>
  );
}

function Findings({ findings }: { findings: readonly RotaFindingView[] }) {
  if (findings.length === 0)
    return (
      <p className="rota-good" role="status">
        <Icon name="check" /> Every minute of the next 90 days is covered, and nobody is booked twice.
      </p>
    );
  return (
    <ul className="rota-findings small" role="status">
      {findings.map(({ line, severity, message }) => (
        <li key={`${line} ${message}`} className={severity === 'error' ? 'is-bad' : ''}>
          {line !== null && <span className="mono faint">line {line} </span>}
          {message}
        </li>
      ))}
    </ul>
  );
}
