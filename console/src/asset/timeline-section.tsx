// What happened to an asset, newest first, by day.

import { useState } from 'react';
import type { TimelineEntry } from '../../../src/contract/api/timeline.ts';
import { call } from '../api.ts';
import { formatClock, formatDateTime, formatDay } from '../ui/format.ts';
import { LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { usePolled } from '../ui/use-polled.ts';
import { describeEntry, placeOf } from './describe-timeline.ts';

const REFRESH_MS = 4_000;
const SHOWN_AT_FIRST = 25;
/** The most that control gives at once. */
const ASKED = 200;

/** The card. */
export function TimelineSection({ assetId }: { readonly assetId: string }) {
  const [isWhole, setIsWhole] = useState(false);
  const timeline = usePolled(
    assetId,
    (signal) =>
      call('GET /v1/assets/{assetId}/timeline', { params: { assetId }, query: { limit: ASKED } }, signal),
    REFRESH_MS,
  );
  const entries = timeline.data?.entries;
  return (
    <section className="card" aria-label="What happened">
      <div className="card-head">
        <h2>What happened</h2>
      </div>
      {entries === undefined ? (
        timeline.error === undefined ? (
          <SkeletonRows count={4} />
        ) : (
          <LoadFailed what="The timeline" error={timeline.error} onRetry={() => void timeline.refresh()} />
        )
      ) : (
        <div className="card-body stack">
          {entries.length === 0 && <p className="soft">Nothing is remembered of it.</p>}
          <Days entries={isWhole ? entries : entries.slice(0, SHOWN_AT_FIRST)} />
          {!isWhole && entries.length > SHOWN_AT_FIRST && (
            <button type="button" className="button compact happened-more" onClick={() => setIsWhole(true)}>
              Show all {entries.length}
            </button>
          )}
        </div>
      )}
    </section>
  );
}

function Days({ entries }: { readonly entries: readonly TimelineEntry[] }) {
  const days = [...Map.groupBy(entries, ({ atMs }) => formatDay(atMs))];
  return (
    <>
      {days.map(([day, own]) => (
        <div key={day}>
          <h3 className="happened-day">{day}</h3>
          <ol className="happened">
            {keyed(own).map(([key, entry]) => (
              <Entry key={key} entry={entry} />
            ))}
          </ol>
        </div>
      ))}
    </>
  );
}

/** Two entries may be alike in everything: then they are counted. */
function keyed(entries: readonly TimelineEntry[]): readonly (readonly [string, TimelineEntry])[] {
  const seen = new Map<string, number>();
  return entries
    .toReversed()
    .map((entry) => {
      const text = [entry.atMs, entry.code, entry.nodeId, entry.regionId, entry.detail].join(' ');
      const count = seen.get(text) ?? 0;
      seen.set(text, count + 1);
      return [`${text} ${count}`, entry] as const;
    })
    .toReversed();
}

function Entry({ entry }: { readonly entry: TimelineEntry }) {
  const { text, tone } = describeEntry(entry);
  const place = placeOf(entry);
  return (
    <li>
      <time className="faint small" title={formatDateTime(entry.atMs)}>
        {formatClock(entry.atMs)}
      </time>
      <span className={`state-dot ${tone}`} />
      <span className="happened-words">
        <span className="strong">{text}</span>
        {entry.detail !== null && <span className="soft happened-detail"> {entry.detail}</span>}
        {place !== '' && <span className="faint small"> {place}</span>}
      </span>
    </li>
  );
}
