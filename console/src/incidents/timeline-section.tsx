// The timeline of an incident, which fills itself: entries that are new are asked for when its revision has grown. The
// newest stands at the bottom, as in a chat, and is followed until one scrolls up.

import { memo, useEffect, useRef, useState } from 'react';
import type { IncidentEntry } from '../../../src/contract/api/incidents.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { formatClock, formatDateTime, formatDay, plural } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { tellFailure } from '../ui/toast.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { ENTRY_ICONS, ENTRY_KINDS, ENTRY_WORDS, mergeEntries } from './describe-incident.ts';
import type { IncidentScene } from './incident-room.tsx';

/** What control gives at once. */
const PAGE_SIZE = 1_000;
/** Entries drawn at first, and added with each press: a timeline may have twenty thousand. */
const SHOWN_STEP = 200;
/** Nearer to the bottom than this counts as being there. */
const FOLLOW_PX = 40;
const RETRY_MS = 2_000;

type EntryKind = IncidentEntry['kind'];

/** The card. */
export function TimelineSection({ scene }: { readonly scene: IncidentScene }) {
  const { incident, refresh } = scene;
  const { entries, error, retry } = useTimeline(incident.id, incident.revision);
  const [hidden, setHidden] = useState<ReadonlySet<EntryKind>>(new Set());
  const [shownMax, setShownMax] = useState(SHOWN_STEP);
  const [isFollowing, setIsFollowing] = useState(true);
  const box = useRef<HTMLOListElement>(null);
  const wanted = entries?.filter(({ kind }) => !hidden.has(kind)) ?? [];
  const shown = wanted.slice(-shownMax);
  const newestId = shown.at(-1)?.id;
  useEffect(() => {
    if (isFollowing && box.current !== null && newestId !== undefined)
      box.current.scrollTop = box.current.scrollHeight;
  }, [isFollowing, newestId]);
  const toggle = (kind: EntryKind): void => {
    const next = new Set(hidden);
    if (!next.delete(kind)) next.add(kind);
    setHidden(next);
  };
  return (
    <section className="card timeline-card" aria-label="Timeline">
      <div className="card-head">
        <h2>Timeline</h2>
        <label className="checkbox small soft">
          <input
            type="checkbox"
            checked={isFollowing}
            onChange={(event) => setIsFollowing(event.target.checked)}
          />
          Follow the newest
        </label>
        <KindFilter entries={entries ?? []} hidden={hidden} onToggle={toggle} />
      </div>
      {entries === undefined ? (
        error === undefined ? (
          <SkeletonRows count={7} height={38} />
        ) : (
          <LoadFailed what="The timeline" error={error} onRetry={retry} />
        )
      ) : (
        <ol
          ref={box}
          className="timeline-entries"
          onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
            const isAtEnd = scrollHeight - scrollTop - clientHeight < FOLLOW_PX;
            if (isAtEnd !== isFollowing) setIsFollowing(isAtEnd);
          }}
        >
          {wanted.length > shown.length && (
            <li className="timeline-more">
              <button
                type="button"
                className="button compact quiet"
                onClick={() => {
                  setIsFollowing(false);
                  setShownMax(shownMax + SHOWN_STEP);
                }}
              >
                Show earlier (
                {plural(wanted.length - shown.length, 'more entry').replace('entrys', 'entries')})
              </button>
            </li>
          )}
          {shown.map((entry, index) => (
            <Entry key={entry.id} entry={entry} before={shown[index - 1]} />
          ))}
          {wanted.length === 0 && <li className="timeline-none soft">Nothing of these kinds so far.</li>}
        </ol>
      )}
      {may('operator') && <NoteField incidentId={incident.id} onAdded={refresh} />}
    </section>
  );
}

interface Timeline {
  readonly entries: readonly IncidentEntry[] | undefined;
  readonly error: Error | undefined;
  readonly retry: () => void;
}

/** All entries, kept up with the revision. After a merge older ones came over, so that all are read again. */
function useTimeline(incidentId: string, revision: number): Timeline {
  const [entries, setEntries] = useState<readonly IncidentEntry[]>();
  const [error, setError] = useState<Error>();
  const [attempt, setAttempt] = useState(0);
  const lastId = useRef(0);
  const readFor = useRef('');
  const wanted = `${revision} ${attempt}`;
  useEffect(() => {
    if (readFor.current === wanted) return;
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async (): Promise<void> => {
      const fresh = await readAfter(incidentId, lastId.current, controller.signal);
      const isMerge = lastId.current > 0 && fresh.some(({ details }) => details.mergedFrom !== undefined);
      const added = isMerge ? await readAfter(incidentId, 0, controller.signal) : fresh;
      lastId.current = added.reduce((largest, { id }) => Math.max(largest, id), lastId.current);
      readFor.current = wanted;
      setEntries((known) => mergeEntries(known ?? [], added));
      setError(undefined);
    };
    read().catch((reason: unknown) => {
      if (controller.signal.aborted) return;
      setError(reason instanceof Error ? reason : new Error(String(reason)));
      timer = setTimeout(() => setAttempt((count) => count + 1), RETRY_MS);
    });
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [incidentId, wanted]);
  return { entries, error, retry: () => setAttempt(attempt + 1) };
}

async function readAfter(incidentId: string, after: number, signal: AbortSignal): Promise<IncidentEntry[]> {
  const all: IncidentEntry[] = [];
  let lastId = after;
  for (;;) {
    const query = { after: lastId, limit: PAGE_SIZE };
    const given = { params: { incidentId }, query };
    const { entries } = await call('GET /v1/incidents/{incidentId}/timeline', given, signal);
    all.push(...entries);
    lastId = entries.reduce((largest, { id }) => Math.max(largest, id), lastId);
    if (entries.length < PAGE_SIZE) return all;
  }
}

interface KindFilterProps {
  readonly entries: readonly IncidentEntry[];
  readonly hidden: ReadonlySet<EntryKind>;
  readonly onToggle: (kind: EntryKind) => void;
}

function KindFilter({ entries, hidden, onToggle }: KindFilterProps) {
  const counts = new Map<EntryKind, number>();
  for (const { kind } of entries) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const kinds = ENTRY_KINDS.filter((kind) => counts.has(kind));
  if (kinds.length < 2) return null;
  return (
    <fieldset className="kind-filter" aria-label="Kinds of entries">
      {kinds.map((kind) => (
        <button
          key={kind}
          type="button"
          className={`kind-chip kind-${kind}`}
          aria-pressed={!hidden.has(kind)}
          onClick={() => onToggle(kind)}
        >
          <Icon name={ENTRY_ICONS[kind]} />
          {ENTRY_WORDS[kind]}
          <span className="faint">{counts.get(kind)}</span>
        </button>
      ))}
    </fieldset>
  );
}

interface EntryProps {
  readonly entry: IncidentEntry;
  /** The one above it. */
  readonly before: IncidentEntry | undefined;
}

const Entry = memo(function Entry({ entry, before }: EntryProps) {
  const isNewDay = before === undefined || formatDay(before.atMs) !== formatDay(entry.atMs);
  return (
    <>
      {isNewDay && <li className="timeline-day faint small">{formatDay(entry.atMs)}</li>}
      <li className={`timeline-entry kind-${entry.kind}`}>
        <time className="mono faint small" title={formatDateTime(entry.atMs)}>
          {formatClock(entry.atMs)}
        </time>
        <span className="entry-icon" title={ENTRY_WORDS[entry.kind]}>
          <Icon name={ENTRY_ICONS[entry.kind]} />
          <span className="visually-hidden">{ENTRY_WORDS[entry.kind]}: </span>
        </span>
        <span className="entry-text">
          {entry.text}
          {entry.actor !== null && <span className="faint small"> {entry.actor}</span>}
        </span>
      </li>
    </>
  );
});

function NoteField({ incidentId, onAdded }: { readonly incidentId: string; readonly onAdded: () => void }) {
  const [text, setText] = useState('');
  const add = useAsked(async () => {
    try {
      const body = { text: text.trim() };
      await call('POST /v1/incidents/{incidentId}/notes', { params: { incidentId }, body });
      setText('');
      onAdded();
    } catch (error) {
      tellFailure('The note could not be added', error);
    }
  }, true);
  return (
    <form
      className="note-field"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== '') add.ask();
      }}
    >
      <input
        className="input"
        aria-label="Note"
        placeholder="Add a note"
        maxLength={4_000}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" className="button" disabled={text.trim() === '' || add.isBusy}>
        Add
      </button>
    </form>
  );
}
