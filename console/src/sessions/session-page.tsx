// One viewing, second by second, beside what changed and what fired at that time and place: why did this person stall?

import { useCallback, useMemo, useState } from 'react';
import type { WorldView } from '../../../src/contract/api/world.ts';
import type { Viewing, ViewingStep } from '../../../src/contract/telemetry.ts';
import { ApiError, call } from '../api.ts';
import { href } from '../shell/router.ts';
import { filteredHref } from '../ui/address-filters.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { durationText } from '../ui/duration-text.ts';
import { formatBps, formatClock, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { Total, Totals } from '../ui/totals.tsx';
import { usePolled } from '../ui/use-polled.ts';
import { clientText, itemOf, stateOf } from './describe-session.ts';
import { explainStalls, type PlaceMark, type Standstill } from './explain-stall.ts';
import { MARKS_AFTER_MS, MARKS_BEFORE_MS, marksOf } from './session-marks.ts';
import { SessionSteps } from './session-steps.tsx';
import { momentText, SessionStrip, type View } from './session-strip.tsx';
import { type Track, trackOf } from './session-track.ts';

const REFRESH_MS = 5_000;
const ENDED_REFRESH_MS = 60_000;
const MARKS_MAX = 200;
/** People begin to leave a start that takes longer. */
const SLOW_START_MS = 4_000;
/** Time shown around a standstill that is chosen. */
const AROUND_MS = 15_000;
const BACK = { page: 'sessions', label: 'Sessions' } as const;

interface SessionPageProps {
  readonly sid: string;
  readonly world: WorldView | undefined;
}

/** The page of one. */
export function SessionPage({ sid, world }: SessionPageProps) {
  const [isEnded, setIsEnded] = useState(false);
  const viewing = usePolled(
    sid,
    async (signal) => {
      const answer = await call('GET /v1/viewer-sessions/{sid}', { params: { sid } }, signal);
      setIsEnded(answer.session.endedAtMs !== null);
      return answer;
    },
    isEnded ? ENDED_REFRESH_MS : REFRESH_MS,
  );
  const { data, error } = viewing;
  if (data !== undefined) return <OneSession session={data.session} steps={data.steps} world={world} />;
  return (
    <div className="page-inner">
      <PageHead back={BACK} title="Session" />
      <div className="card">
        {error instanceof ApiError && error.status < 500 ? (
          <Empty icon="viewers" title="There is no such viewing">
            It was never heard of, is no longer kept, or belongs to a project that you may not see.
          </Empty>
        ) : error === undefined ? (
          <SkeletonRows count={8} />
        ) : (
          <LoadFailed what="The viewing" error={error} onRetry={() => void viewing.refresh()} />
        )}
      </div>
    </div>
  );
}

interface OneSessionProps {
  readonly session: Viewing;
  readonly steps: readonly ViewingStep[];
  readonly world: WorldView | undefined;
}

/** Changes and alerts of the time; null where one may not see them. */
function useMarks(session: Viewing, track: Track, world: WorldView | undefined): readonly PlaceMark[] | null {
  const fromMs = Math.floor(track.fromMs - MARKS_BEFORE_MS);
  const toMs = Math.ceil(track.toMs + MARKS_AFTER_MS);
  const answer = usePolled(
    `marks ${session.sid} ${fromMs}`,
    async (signal) => {
      const [{ changes }, { alerts }] = await Promise.all([
        call('GET /v1/changes', { query: { fromMs, toMs, limit: MARKS_MAX } }, signal),
        call('GET /v1/alerts', { query: { fromMs, toMs, limit: MARKS_MAX } }, signal),
      ]);
      return { changes, alerts };
    },
    session.endedAtMs === null ? REFRESH_MS : ENDED_REFRESH_MS,
  );
  const { data, error } = answer;
  return useMemo(() => {
    if (data !== undefined) return marksOf(session, track, data.changes, data.alerts, world);
    return error === undefined ? [] : null;
  }, [data, error, session, track, world]);
}

function OneSession({ session, steps, world }: OneSessionProps) {
  const track = useMemo(() => trackOf(session, steps), [session, steps]);
  const marks = useMarks(session, track, world);
  const standstills = useMemo(() => explainStalls(track, marks ?? [], SLOW_START_MS), [track, marks]);
  const [chosenView, setView] = useState<View | null>(null);
  const [atMs, setMoment] = useState<number | null>(null);
  const view = chosenView ?? track;
  const siteIds = useMemo(() => [...new Set(track.places.map(({ text }) => text))], [track]);
  const show = useCallback(
    ({ fromMs, toMs }: View) => {
      setView({
        fromMs: Math.max(track.fromMs, fromMs - AROUND_MS),
        toMs: Math.min(track.toMs, toMs + AROUND_MS),
      });
      setMoment(fromMs);
    },
    [track],
  );
  return (
    <div className="page-inner">
      <SessionHead session={session} />
      <Verdict session={session} standstills={standstills} hasSteps={steps.length > 0} onShow={show} />
      <section className="card strip-card" aria-label="Second by second">
        <div className="card-head">
          <h2>Second by second</h2>
          <div className="row">
            <span className="faint small wide-only">drag to zoom, arrow keys move</span>
            {chosenView !== null && (
              <button type="button" className="button compact" onClick={() => setView(null)}>
                Whole viewing
              </button>
            )}
          </div>
        </div>
        {steps.length === 0 ? (
          <p className="soft card-body">
            No step of it is known: its player marks requests alone, or the node that heard of it had no room.
          </p>
        ) : (
          <>
            <SessionStrip
              track={track}
              marks={marks ?? []}
              siteIds={siteIds}
              view={view}
              onView={setView}
              atMs={atMs}
              onMoment={setMoment}
            />
            <p className="strip-readout" aria-live="off">
              <span className="mono faint">{formatClock(atMs ?? track.fromMs)}</span>{' '}
              {momentText(track, atMs ?? track.fromMs)}
            </p>
          </>
        )}
      </section>
      <div className="columns">
        <SessionSteps steps={steps} atMs={atMs} onMoment={setMoment} />
        <MarksSection marks={marks} track={track} onShow={show} />
      </div>
    </div>
  );
}

function SessionHead({ session }: { readonly session: Viewing }) {
  const { text, tone } = stateOf(session);
  const item = itemOf(session.contentId);
  const { startupMs, playMs, stallMs, stalls, requests, badRequests, bitrateKbps, latencyMs } = session;
  return (
    <>
      <PageHead
        back={BACK}
        title={
          <div className="row">
            <h1 className="session-title truncate">{session.sid}</h1>
            <span className={`pill ${tone}`}>{text}</span>
            <CopyButton text={session.sid} what="session id" />
          </div>
        }
        note={
          <span className="row wrap run-note">
            {item !== null && <ContentLink kind={session.kind} itemId={item.itemId} />}
            {item !== null && item.projectId !== '' && <span>project {item.projectId}</span>}
            <span>{clientText(session.client)}</span>
            <span>from {session.siteId}</span>
            <span>began {formatDateTime(session.startedAtMs)}</span>
          </span>
        }
      >
        {session.contentId !== null && (
          <a className="button compact" href={filteredHref('sessions', { content: session.contentId })}>
            Others who watched it
          </a>
        )}
      </PageHead>
      <Totals label="The viewing">
        <Total
          label="Start"
          value={startupMs === null ? '–' : durationText(startupMs)}
          note={startupMs === null ? 'not known' : 'from the click to the first picture'}
          isBad={(startupMs ?? 0) >= SLOW_START_MS}
        />
        <Total
          label="Played"
          value={durationText(playMs)}
          note={session.kind === 'live' ? 'live' : 'video'}
        />
        <Total
          label="Stood still"
          value={stalls === 0 ? 'never' : durationText(stallMs)}
          note={stalls === 0 ? 'no stall' : stalls === 1 ? 'one stall' : `${stalls} stalls`}
          isBad={stalls > 0}
        />
        <Total
          label="Requests"
          value={String(requests)}
          note={badRequests === 0 ? 'none failed or late' : `${badRequests} failed or late`}
          isBad={badRequests > 0}
        />
        <Total
          label={latencyMs === null ? 'Bitrate' : 'Behind live'}
          value={
            latencyMs !== null
              ? durationText(latencyMs)
              : bitrateKbps === null
                ? '–'
                : formatBps(bitrateKbps * 1_000)
          }
          note="the last one told"
        />
      </Totals>
    </>
  );
}

const NAME_REFRESH_MS = 60_000;
const ITEM_PATTERN = /^(ast|brd)_[0-9a-z]{26}$/;

/** What was watched, by its name where it still has one. */
function ContentLink({ kind, itemId }: { readonly kind: Viewing['kind']; readonly itemId: string }) {
  const named = usePolled(
    `name ${itemId}`,
    async (signal) => {
      if (!ITEM_PATTERN.test(itemId)) return itemId;
      const found = itemId.startsWith('brd_')
        ? await call('GET /v1/broadcasts/{broadcastId}', { params: { broadcastId: itemId } }, signal)
        : await call('GET /v1/assets/{assetId}', { params: { assetId: itemId } }, signal);
      return found.name;
    },
    NAME_REFRESH_MS,
  );
  return (
    <a href={href(kind === 'live' ? 'live' : 'assets', itemId)} title={itemId}>
      {named.data ?? itemId}
    </a>
  );
}

interface VerdictProps {
  readonly session: Viewing;
  readonly standstills: readonly Standstill[];
  readonly hasSteps: boolean;
  readonly onShow: (view: View) => void;
}

const STANDSTILLS_SHOWN = 5;

/** The answer at one look. */
function Verdict({ session, standstills, hasSteps, onShow }: VerdictProps) {
  if (standstills.length === 0)
    return session.stalls + session.errors + session.badRequests === 0 ? (
      <div className="notice good-news">
        <Icon name="check" />
        <div>
          <strong>It went well</strong>
          <div className="soft">
            No stall, no error, no bad request{hasSteps ? '' : ', as far as is known'}.
          </div>
        </div>
      </div>
    ) : (
      <div className="notice info">
        <Icon name="help" />
        <div>
          <strong>
            {session.stalls === 0 ? 'It never stood still' : 'Its stalls are not among the steps kept'}
          </strong>
          <div className="soft">
            {session.badRequests} of {session.requests} requests were bad, {session.errors} errors were told.
            {session.stalls === 0 && ' The player made up for them in time.'}
          </div>
        </div>
      </div>
    );
  return (
    <section className="notice bad verdict" aria-label="Why it stood still">
      <Icon name="warning" />
      <ol className="verdict-list">
        {standstills.slice(0, STANDSTILLS_SHOWN).map((standstill) => (
          <li key={standstill.fromMs}>
            <div className="row wrap spread">
              <strong>
                {standstill.headline} at {formatClock(standstill.fromMs)}
              </strong>
              <button type="button" className="button compact" onClick={() => onShow(standstill)}>
                Show
              </button>
            </div>
            <ul className="bullets">
              {standstill.findings.map(({ text }) => (
                <li key={text}>{text}</li>
              ))}
            </ul>
            <div className="soft">{standstill.ending}</div>
          </li>
        ))}
        {standstills.length > STANDSTILLS_SHOWN && (
          <li className="soft">and {standstills.length - STANDSTILLS_SHOWN} more, marked red in the strip</li>
        )}
      </ol>
    </section>
  );
}

interface MarksSectionProps {
  readonly marks: readonly PlaceMark[] | null;
  readonly track: Track;
  readonly onShow: (view: View) => void;
}

function MarksSection({ marks, track, onShow }: MarksSectionProps) {
  return (
    <section className="card" aria-label="Changes and alerts">
      <div className="card-head">
        <h2>Changes and alerts there</h2>
      </div>
      {marks === null ? (
        <p className="soft card-body">They belong to the whole installation, which this token may not see.</p>
      ) : marks.length === 0 ? (
        <p className="soft card-body">
          Nothing was changed and no alert fired at its places, from three minutes before it to a minute
          after.
        </p>
      ) : (
        <ol className="mark-list">
          {marks.map((mark) => (
            <li key={mark.id}>
              <button
                type="button"
                onClick={() => {
                  const inside = Math.min(track.toMs, Math.max(track.fromMs, mark.atMs));
                  onShow({ fromMs: inside, toMs: inside });
                }}
              >
                <span className={`mark-sign is-${mark.kind}`} aria-hidden="true" />
                <span>
                  <span className="faint small">
                    {mark.kind === 'alert' ? 'Alert' : 'Change'}, {formatClock(mark.atMs)}
                    {mark.places.length > 0 && `, ${mark.places.join(', ')}`}
                  </span>
                  <span className="mark-text">{mark.text}</span>
                </span>
              </button>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
