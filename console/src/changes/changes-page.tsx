// Every change in one list, newest first: what was shipped, set, drained, steered, repaired. It can begin at any moment,
// such as the one when something broke.

import { memo, useMemo, useState } from 'react';
import type { ChangeView } from '../../../src/contract/api/changes.ts';
import { call } from '../api.ts';
import { fromInput, toInput } from '../oncall/describe-oncall.ts';
import { isOfInstallation, may } from '../session.ts';
import { navigate } from '../shell/router.ts';
import { labelText } from '../signal/evidence.ts';
import { formatAgo, formatClock, formatDateTime, formatDay } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { ListPage, PagedTable } from '../ui/paged-table.tsx';
import { SearchBox, useSettled } from '../ui/search-box.tsx';
import { Empty } from '../ui/states.tsx';
import { useLive } from '../ui/use-live.ts';
import { ageNowMs } from '../ui/use-now.ts';
import { usePagedList } from '../ui/use-paged-list.ts';
import { type ChangeKind, changeLink, KIND_ICONS, KIND_NAMES, readMoment } from './describe-change.ts';
import { TakeBackDialog } from './take-back-dialog.tsx';

/** Height of a row; the style sheet says the same. */
const ROW_PX = 56;
const COLUMN_COUNT = 5;
const WORLD_MS = 30_000;
/** What was written down so shortly after a moment may still be about it. */
const AFTER_MS = 120_000;
const HOUR_MS = 3_600_000;
const LOCAL_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const KINDS = Object.keys(KIND_NAMES) as readonly ChangeKind[];

interface ChangesPageProps {
  /** The moment to begin at, in milliseconds; null: now. */
  readonly moment: string | null;
}

/** The page. */
export function ChangesPage({ moment }: ChangesPageProps) {
  const atMs = readMoment(moment);
  const [kind, setKind] = useState<ChangeKind | ''>('');
  const [place, setPlace] = useState('');
  const [typed, setTyped] = useState('');
  const text = useSettled(typed.trim());
  const [chosen, setChosen] = useState<ChangeView>();
  const changes = useChanges(atMs, kind, place, text);
  const places = usePlaces();
  const nowMs = ageNowMs();
  const isFiltered = kind !== '' || place !== '' || text !== '';
  return (
    <ListPage
      head={
        <>
          <PageHead
            title="Changes"
            note={
              atMs === null
                ? 'What was shipped, set, drained, steered and repaired, newest first'
                : `Up to ${formatDateTime(atMs)}`
            }
          >
            <SearchBox label="Search changes by text or person" value={typed} onChange={setTyped} />
            <select
              className="input change-filter"
              aria-label="Kind"
              value={kind}
              onChange={(event) => setKind(KINDS.find((one) => one === event.target.value) ?? '')}
            >
              <option value="">Every kind</option>
              {KINDS.map((one) => (
                <option key={one} value={one}>
                  {KIND_NAMES[one]}
                </option>
              ))}
            </select>
            <select
              className="input change-filter"
              aria-label="Place"
              value={place}
              onChange={(event) => setPlace(event.target.value)}
            >
              <option value="">Every place</option>
              {places.map(({ value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </PageHead>
          <TimeJump atMs={atMs} />
        </>
      }
    >
      <PagedTable
        what="The changes"
        paged={changes}
        empty={
          <Empty icon="clock" title={isFiltered ? 'None of these' : 'Nothing changed'}>
            {isFiltered
              ? 'No change fits what was asked for.'
              : 'Deploys, settings, drains, plans and repairs appear here by themselves; pipelines tell of theirs.'}
          </Empty>
        }
        className="changes"
        rowPx={ROW_PX}
        columnCount={COLUMN_COUNT}
        head={
          <>
            <th className="change-head-time">When</th>
            <th>What</th>
            <th className="wide-only change-head-kind">Kind</th>
            <th className="wide-only change-head-actor">Who</th>
            <th className="change-head-back">
              <span className="visually-hidden">Actions</span>
            </th>
          </>
        }
        row={(change, rowIndex) => (
          <ChangeRow
            key={change.id}
            change={change}
            rowIndex={rowIndex}
            nowMs={nowMs}
            isAfter={atMs !== null && change.atMs > atMs}
            onTakeBack={setChosen}
          />
        )}
      />
      {chosen !== undefined && (
        <TakeBackDialog
          change={chosen}
          onClose={() => setChosen(undefined)}
          onTakenBack={() => {
            setChosen(undefined);
            void changes.refresh();
          }}
        />
      )}
    </ListPage>
  );
}

function useChanges(atMs: number | null, kind: ChangeKind | '', place: string, text: string) {
  return usePagedList<ChangeView>(
    `${atMs} ${kind} ${place} ${text}`,
    async (before, limit, signal) => {
      const query = {
        limit,
        ...(atMs === null ? {} : { toMs: atMs + AFTER_MS }),
        ...(kind === '' ? {} : { kind }),
        ...(place === '' ? {} : { labels: place }),
        ...(text === '' ? {} : { text }),
        ...(before === null ? {} : { before: Number(before) }),
      };
      const { changes, nextBefore } = await call('GET /v1/changes', { query }, signal);
      return { items: changes, nextBefore };
    },
    { topics: ['changes'] },
  );
}

/** Regions and their sites, as labels. */
function usePlaces(): readonly { readonly value: string; readonly label: string }[] {
  const world = useLive('traffic', 'world', (signal) => call('GET /v1/world', {}, signal), WORLD_MS);
  const { data } = world;
  return useMemo(
    () =>
      (data?.regions ?? []).flatMap(({ id, name, sites }) => [
        { value: `region=${id}`, label: name },
        ...sites.map((site) => ({ value: `site=${site.id}`, label: `${name}: ${site.id}` })),
      ]),
    [data],
  );
}

/** Goes to another moment; the address names it, so that it can be sent to somebody. */
function TimeJump({ atMs }: { readonly atMs: number | null }) {
  const go = (toMs: number | null): void => navigate('changes', toMs === null ? null : String(toMs));
  const fromMs = atMs ?? Date.now();
  return (
    <fieldset className="time-jump" aria-label="Moment">
      <button type="button" className="button compact" onClick={() => go(fromMs - 24 * HOUR_MS)}>
        1 day earlier
      </button>
      <button type="button" className="button compact" onClick={() => go(fromMs - HOUR_MS)}>
        1 hour earlier
      </button>
      <input
        className="input"
        type="datetime-local"
        step={1}
        aria-label="Changes up to"
        value={toInput(fromMs, LOCAL_ZONE)}
        onChange={(event) => {
          const chosenMs = fromInput(event.target.value, LOCAL_ZONE);
          if (chosenMs !== undefined && chosenMs >= 0) go(chosenMs);
        }}
      />
      <button
        type="button"
        className="button compact"
        disabled={atMs === null}
        onClick={() => go(fromMs + HOUR_MS >= Date.now() ? null : fromMs + HOUR_MS)}
      >
        1 hour later
      </button>
      <button type="button" className="button compact" disabled={atMs === null} onClick={() => go(null)}>
        Now
      </button>
    </fieldset>
  );
}

interface ChangeRowProps {
  readonly change: ChangeView;
  readonly rowIndex: number;
  readonly nowMs: number;
  /** Whether it came after the moment that is looked at. */
  readonly isAfter: boolean;
  readonly onTakeBack: (change: ChangeView) => void;
}

const ChangeRow = memo(function ChangeRow({ change, rowIndex, nowMs, isAfter, onTakeBack }: ChangeRowProps) {
  const { kind, summary, actor, labels, atMs, movement } = change;
  const link = changeLink(change);
  return (
    <tr className={isAfter ? 'long-row change is-after' : 'long-row change'} aria-rowindex={rowIndex}>
      <td className="change-time nowrap" title={formatDateTime(atMs)}>
        <div>{formatClock(atMs)}</div>
        <div className="faint row-sub">
          {nowMs - atMs < 24 * HOUR_MS ? formatAgo(atMs, nowMs) : formatDay(atMs)}
        </div>
      </td>
      <td className="change-what">
        <div className="row">
          <span className={`change-icon kind-${kind}`} title={KIND_NAMES[kind]}>
            <Icon name={KIND_ICONS[kind]} />
          </span>
          {link === null ? (
            <span className="truncate" title={summary}>
              {summary}
            </span>
          ) : (
            <a className="truncate" data-row-link href={link} title={summary}>
              {summary}
            </a>
          )}
        </div>
        <div className="faint row-sub truncate change-labels">
          {labelText(labels) || 'everywhere'}
          {movement !== null &&
            ` · the last of ${movement.count} plans since ${formatClock(movement.firstAtMs)}`}
        </div>
      </td>
      <td className="wide-only soft">{KIND_NAMES[kind]}</td>
      <td className="wide-only">
        <div className="truncate" title={actor}>
          {actor}
        </div>
      </td>
      <td className="change-back number">
        {change.isRevertible && may('admin') && isOfInstallation() && (
          <button
            type="button"
            className="button compact"
            aria-label={`Take back: ${summary}`}
            onClick={() => onTakeBack(change)}
          >
            Take back…
          </button>
        )}
      </td>
    </tr>
  );
});
