// The postmortem of an incident: what was written down when it happened, drawn and in figures, and what only people know,
// written here. All of it goes out as one Markdown file with its pictures in it.

import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Postmortem } from '../../../src/contract/api/incidents.ts';
import { call } from '../api.ts';
import { changeLink, KIND_NAMES } from '../changes/describe-change.ts';
import { may } from '../session.ts';
import { explainReason } from '../signal/signal-reasons.ts';
import { ErrorNotice } from '../ui/dialog.tsx';
import { formatAgo, formatClock, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { tell } from '../ui/toast.tsx';
import { Total, Totals } from '../ui/totals.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { type Polled, usePolled } from '../ui/use-polled.ts';
import { ActionItemsSection } from './action-items-section.tsx';
import { spanText } from './describe-incident.ts';
import { Impact } from './incident-facts.tsx';
import { IncidentPill, SeverityMark } from './incident-marks.tsx';
import { type IncidentScene, useIncident } from './incident-room.tsx';

/** What it is drawn from changes slowly, and costs a look at telemetry. */
const REFRESH_MS = 30_000;
const TEXT_MAX = 40_000;

/** The page. */
export function PostmortemPage({ incidentId }: { readonly incidentId: string }) {
  const scene = useIncident(incidentId);
  return 'missing' in scene ? scene.missing : <Written scene={scene} />;
}

function Written({ scene }: { readonly scene: IncidentScene }) {
  const { incident } = scene;
  const params = { incidentId: incident.id };
  const polled = usePolled(
    incident.id,
    (signal) => call('GET /v1/incidents/{incidentId}/postmortem', { params }, signal),
    REFRESH_MS,
  );
  const { data, error } = polled;
  return (
    <div className="page-inner">
      <PageHead
        back={{ page: 'incidents', label: 'Incident', detail: incident.id }}
        title={
          <div className="row wrap room-title">
            <SeverityMark severity={incident.severity} />
            <h1>Postmortem: {incident.title}</h1>
            <IncidentPill state={incident.state} />
          </div>
        }
        note={
          data === undefined || data.editedAtMs === null
            ? 'A draft from the timeline; nobody wrote into it yet'
            : `Version ${data.version}, by ${data.editedBy} ${formatAgo(data.editedAtMs, scene.nowMs)}`
        }
      >
        {data !== undefined && <DownloadButton postmortem={data} incidentId={incident.id} />}
      </PageHead>
      {data === undefined ? (
        <div className="card">
          {error === undefined ? (
            <SkeletonRows count={8} />
          ) : (
            <LoadFailed what="The postmortem" error={error} onRetry={() => void polled.refresh()} />
          )}
        </div>
      ) : (
        <>
          <Times postmortem={data} scene={scene} />
          <div className="room-columns">
            <div className="stack">
              <PeoplesPart incidentId={incident.id} postmortem={data} polled={polled} />
              <Pictures postmortem={data} />
            </div>
            <div className="stack">
              <Impact scene={scene} />
              <Contributing postmortem={data} />
              <Automation postmortem={data} />
              <ActionItemsSection scene={scene} />
            </div>
          </div>
        </>
      )}
    </div>
  );
}

interface PartProps {
  readonly postmortem: Postmortem;
}

function DownloadButton({ postmortem, incidentId }: PartProps & { readonly incidentId: string }) {
  const download = (): void => {
    const url = URL.createObjectURL(new Blob([postmortem.markdown], { type: 'text/markdown' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `postmortem-${incidentId}.md`;
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <button type="button" className="button" onClick={download}>
      <Icon name="download" />
      Markdown
    </button>
  );
}

function Times({
  postmortem: { times },
  scene: { incident },
}: PartProps & { readonly scene: IncidentScene }) {
  const text = (value: number | null): string => (value === null ? '–' : spanText(value));
  const why =
    incident.impactReasons.length === 0
      ? 'a person said when it began'
      : incident.impactReasons.map((reason) => explainReason(reason).text).join('; ');
  return (
    <>
      <Totals label="Times">
        <Total label="Detect" value={text(times.detectMs)} note="from the first harm to the opening" />
        <Total
          label="Respond"
          value={text(times.respondMs)}
          note={times.respondedBy === null ? 'nobody yet' : `first: ${times.respondedBy}`}
        />
        <Total label="Recover" value={text(times.recoverMs)} note="until all alerts were quiet" />
        <Total label="Resolve" value={text(times.resolveMs)} note="until it was closed" />
        <Total
          label="First harm"
          value={formatClock(incident.impactStartedAtMs)}
          note={formatDateTime(incident.impactStartedAtMs).split(',')[0] ?? ''}
        />
      </Totals>
      <p className="soft small first-harm">First harm: {why}.</p>
    </>
  );
}

interface PeoplesPartProps extends PartProps {
  readonly incidentId: string;
  readonly polled: Polled<Postmortem>;
}

/** What only people know. A draft stays while one writes; when somebody else was faster, one chooses. */
function PeoplesPart({ incidentId, postmortem, polled }: PeoplesPartProps) {
  const [base, setBase] = useState(postmortem);
  const [summary, setSummary] = useState(base.summary);
  const [lessons, setLessons] = useState(base.lessons);
  const isChanged = summary !== base.summary || lessons !== base.lessons;
  const isOvertaken = postmortem.version > base.version;
  const take = (version: Postmortem): void => {
    setBase(version);
    setSummary(version.summary);
    setLessons(version.lessons);
  };
  // Without a draft there is nothing to choose.
  if (isOvertaken && !isChanged) take(postmortem);
  const save = useAsked(async () => {
    try {
      const body = { summary: summary.trim(), lessons: lessons.trim(), basedOn: base.version };
      take(await call('PUT /v1/incidents/{incidentId}/postmortem', { params: { incidentId }, body }));
      tell('Saved');
    } finally {
      await polled.refresh();
    }
  }, true);
  const canWrite = may('operator');
  return (
    <Section
      title="What people know"
      action={
        canWrite && (
          <button
            type="button"
            className="button compact primary"
            disabled={!isChanged || save.isBusy}
            onClick={save.ask}
          >
            {save.isBusy ? 'Saving…' : 'Save'}
          </button>
        )
      }
    >
      <div className="card-body stack">
        <TextArea
          id="postmortem-summary"
          label="Summary"
          placeholder="What happened, in a few sentences that anybody understands"
          rows={4}
          canWrite={canWrite}
          value={summary}
          onChange={setSummary}
        />
        <TextArea
          id="postmortem-lessons"
          label="Causes and lessons"
          placeholder="What caused it, what made it worse or better, where luck had a part"
          rows={10}
          canWrite={canWrite}
          value={lessons}
          onChange={setLessons}
        />
        {isOvertaken && isChanged ? (
          <Overtaken
            by={postmortem}
            onTake={() => {
              take(postmortem);
              save.forget();
            }}
            onKeep={() => {
              setBase(postmortem);
              save.forget();
            }}
          />
        ) : (
          save.error !== undefined && <ErrorNotice error={save.error} />
        )}
      </div>
    </Section>
  );
}

interface OvertakenProps {
  readonly by: Postmortem;
  readonly onTake: () => void;
  readonly onKeep: () => void;
}

function Overtaken({ by, onTake, onKeep }: OvertakenProps) {
  return (
    <div className="notice warn" role="alert">
      <Icon name="warning" />
      <div className="stack">
        <strong>
          {by.editedBy} saved version {by.version} while you were writing. Yours is not saved yet.
        </strong>
        <div className="row wrap">
          <button type="button" className="button compact" onClick={onTake}>
            Take that version
          </button>
          <button type="button" className="button compact" onClick={onKeep}>
            Keep mine, to replace it
          </button>
        </div>
      </div>
    </div>
  );
}

interface TextAreaProps {
  readonly id: string;
  readonly label: string;
  readonly placeholder: string;
  readonly rows: number;
  readonly canWrite: boolean;
  readonly value: string;
  readonly onChange: (text: string) => void;
}

function TextArea({ id, label, placeholder, rows, canWrite, value, onChange }: TextAreaProps) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        className="input text-area"
        rows={rows}
        maxLength={TEXT_MAX}
        placeholder={canWrite ? placeholder : 'Nothing yet'}
        readOnly={!canWrite}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}

interface SectionProps {
  readonly title: string;
  readonly action?: ReactNode;
  readonly children: ReactNode;
}

function Section({ title, action, children }: SectionProps) {
  return (
    <section className="card" aria-label={title}>
      <div className="card-head">
        <h2>{title}</h2>
        {action}
      </div>
      {children}
    </section>
  );
}

function Pictures({ postmortem: { pictures } }: PartProps) {
  return (
    <Section title="Graphs">
      <div className="card-body stack">
        {pictures.map(({ title, svg }) => (
          <Picture key={title} title={title} svg={svg} />
        ))}
      </div>
    </Section>
  );
}

/** A picture as control drew it. It is parsed as an image document, so that nothing in it runs. */
function Picture({ title, svg }: { readonly title: string; readonly svg: string }) {
  const frame = useRef<HTMLElement>(null);
  useEffect(() => {
    const root = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
    if (root.tagName !== 'svg') return;
    // It fits the card, whatever its own size.
    root.removeAttribute('width');
    root.removeAttribute('height');
    frame.current?.replaceChildren(document.importNode(root, true));
  }, [svg]);
  return <figure ref={frame} className="picture" aria-label={title} />;
}

function Contributing({ postmortem: { changes } }: PartProps) {
  return (
    <Section title="Contributing changes">
      {changes.length === 0 ? (
        <p className="card-body soft">None was recorded in the two hours before it.</p>
      ) : (
        <ol className="suspects">
          {changes.map((change) => {
            const link = changeLink(change);
            return (
              <li key={change.id}>
                <span className="suspect-score">{Math.round(change.score * 100)} %</span>
                <div>
                  <div>{link === null ? change.summary : <a href={link}>{change.summary}</a>}</div>
                  <div className="faint small">
                    {KIND_NAMES[change.kind]} by {change.actor} at {formatClock(change.atMs)}
                  </div>
                </div>
              </li>
            );
          })}
        </ol>
      )}
    </Section>
  );
}

function Automation({ postmortem: { automation } }: PartProps) {
  return (
    <Section title="What automation did">
      {automation.length === 0 ? (
        <p className="card-body soft">Nothing.</p>
      ) : (
        <ul className="paged card-body">
          {automation.map(({ id, atMs, text }) => (
            <li key={id}>
              <span className="mono faint small" title={formatDateTime(atMs)}>
                {formatClock(atMs)}
              </span>
              <span>{text}</span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
