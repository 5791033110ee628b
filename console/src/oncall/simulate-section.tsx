// "Who is paged at that time, and why?", answered by the rules themselves.

import { useState } from 'react';
import { type ApiResult, call } from '../api.ts';
import { may } from '../session.ts';
import { ErrorNotice } from '../ui/dialog.tsx';
import { SelectField, TextField } from '../ui/fields.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { fromInput, lengthText, momentText, reasonText, toInput } from './describe-oncall.ts';
import { type OncallScene, scheduleName } from './oncall-data.ts';

type Simulation = ApiResult<'POST /v1/oncall/simulate'>;

/** The question and its answer. */
export function SimulateSection({ scene }: { scene: OncallScene }) {
  const [at, setAt] = useState(() => toInput(scene.nowMs, scene.zone));
  const [policyId, setPolicyId] = useState(scene.rota.defaultPolicyId ?? '');
  const [answer, setAnswer] = useState<Simulation>();
  const atMs = fromInput(at, scene.zone);
  const { isBusy, error, ask } = useAsked(async () => {
    if (atMs === undefined) return;
    setAnswer(await call('POST /v1/oncall/simulate', { body: { atMs, policyId } }));
  }, true);
  if (!may('operator')) return null;
  return (
    <section className="card" aria-label="Who would be paged">
      <div className="card-head">
        <h2>Who would be paged</h2>
      </div>
      <form
        className="card-body stack"
        onSubmit={(event) => {
          event.preventDefault();
          ask();
        }}
      >
        <div className="field-pair">
          <TextField
            id="simulate-at"
            label="If something broke at"
            type="datetime-local"
            hint={`Time of ${scene.zone}`}
            isInvalid={atMs === undefined}
            value={at}
            onChange={setAt}
          />
          <SelectField
            id="simulate-policy"
            label="In the order of"
            options={scene.rota.policies.map(({ id, name }) => ({ value: id, label: name }))}
            value={policyId}
            onChange={setPolicyId}
          />
        </div>
        <div className="row">
          <button type="submit" className="button" disabled={atMs === undefined || isBusy}>
            Show
          </button>
        </div>
        {error !== undefined && <ErrorNotice error={error} />}
        {answer !== undefined && <Answer answer={answer} scene={scene} />}
      </form>
    </section>
  );
}

/** Whom a page reaches and when, and who has duty. */
export function Answer({ answer, scene }: { answer: Simulation; scene: OncallScene }) {
  const { names, zone } = scene;
  const rounds = Map.groupBy(answer.pages, roundOf);
  const first = rounds.get(1) ?? [];
  const last = rounds.get(null) ?? [];
  const later = new Map([...rounds].filter(([round]) => round !== null && round > 1));
  return (
    <div className="simulation stack" role="status">
      <p className="soft small">On {momentText(answer.atMs, zone)}, when nobody acknowledges:</p>
      <Planned pages={first} startMs={answer.atMs} scene={scene} />
      {[...later].map(([round, pages]) => (
        <details key={round}>
          <summary className="soft small">
            Round {round}, from +{lengthText((pages[0]?.atMs ?? 0) - answer.atMs)} on
          </summary>
          <Planned pages={pages} startMs={answer.atMs} scene={scene} />
        </details>
      ))}
      <Planned pages={last} startMs={answer.atMs} scene={scene} />
      <p className="faint small">
        {answer.duties
          .map(
            (duty) =>
              `${scheduleName(scene, duty.scheduleId)}: ${duty.userId === null ? 'nobody' : (names.get(duty.userId) ?? duty.userId)}`,
          )
          .join(' · ')}
      </p>
    </div>
  );
}

type PlannedPage = Simulation['pages'][number];

/** The round that a page belongs to; null: the last resort. */
function roundOf({ reasons }: PlannedPage): number | null {
  const step = reasons.find(({ code }) => code === 'step');
  return step === undefined ? null : Number(step.values.round);
}

interface PlannedProps {
  readonly pages: readonly PlannedPage[];
  readonly startMs: number;
  readonly scene: OncallScene;
}

function Planned({ pages, startMs, scene }: PlannedProps) {
  const { names, zone } = scene;
  return (
    <ol>
      {pages.map((page) => (
        <li
          className="simulation-page"
          key={`${page.atMs} ${page.userId} ${page.channelId} ${page.reasons.at(-1)?.subject}`}
        >
          <span className="mono faint">+{lengthText(page.atMs - startMs)}</span>
          <div>
            <strong className={page.kind === 'nobody' ? 'is-bad' : ''}>{whomText(page, names)}</strong>
            <div className="soft small">
              {page.reasons.map((reason) => reasonText(reason, zone, names)).join('. ')}
            </div>
          </div>
        </li>
      ))}
    </ol>
  );
}

function whomText({ kind, userId, channelId }: PlannedPage, names: OncallScene['names']): string {
  if (kind === 'nobody') return 'Nobody';
  return userId === null ? `Channel ${channelId}` : (names.get(userId) ?? userId);
}
