// The trail: who changed what, newest first.

import { useState } from 'react';
import { type ApiResult, call } from '../api.ts';
import { formatAgo, formatDateTime } from '../ui/format.ts';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { tellFailure } from '../ui/toast.tsx';
import { usePolled } from '../ui/use-polled.ts';

type Entry = ApiResult<'GET /v1/audit'>['entries'][number];

const REFRESH_MS = 5_000;
const PAGE_SIZE = 100;

/** The section. */
export function AuditSection() {
  const newest = usePolled(
    'audit',
    (signal) => call('GET /v1/audit', { query: { limit: PAGE_SIZE } }, signal),
    REFRESH_MS,
  );
  const [older, setOlder] = useState<readonly Entry[]>([]);
  const [hasMore, setHasMore] = useState(true);
  const first = newest.data?.entries ?? [];
  const entries = [...first, ...older.filter(({ id }) => id < (first[first.length - 1]?.id ?? Infinity))];
  const loadMore = async (): Promise<void> => {
    const before = entries[entries.length - 1]?.id;
    if (before === undefined) return;
    try {
      const page = await call('GET /v1/audit', { query: { limit: PAGE_SIZE, before } });
      setOlder([...older, ...page.entries]);
      setHasMore(page.entries.length === PAGE_SIZE);
    } catch (error) {
      tellFailure('Older entries could not be loaded', error);
    }
  };
  if (newest.data === undefined)
    return (
      <section className="card" aria-label="Audit">
        {newest.error === undefined ? (
          <SkeletonRows count={6} />
        ) : (
          <LoadFailed what="The audit trail" error={newest.error} onRetry={() => void newest.refresh()} />
        )}
      </section>
    );
  return (
    <section className="card" aria-label="Audit">
      {entries.length === 0 ? (
        <Empty icon="jobs" title="Nothing was changed yet">
          Every change that a person or a token makes is written down here.
        </Empty>
      ) : (
        <AuditTable entries={entries} />
      )}
      {hasMore && first.length === PAGE_SIZE && (
        <div className="card-body">
          <button type="button" className="button" onClick={() => void loadMore()}>
            Show older
          </button>
        </div>
      )}
    </section>
  );
}

function AuditTable({ entries }: { readonly entries: readonly Entry[] }) {
  const nowMs = Date.now();
  return (
    <div className="table-scroll">
      <table className="table">
        <thead>
          <tr>
            <th>When</th>
            <th>Who</th>
            <th>What</th>
            <th>Subject</th>
            <th className="wide-only">Details</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr key={entry.id}>
              <td className="soft nowrap" title={formatDateTime(entry.atMs)}>
                {formatAgo(entry.atMs, nowMs)}
              </td>
              <td className="strong nowrap" title={entry.actor}>
                {actorName(entry.actor)}
              </td>
              <td className="mono nowrap">{entry.action}</td>
              <td className="mono audit-subject truncate" title={entry.subject}>
                {entry.subject}
              </td>
              <td className="faint small audit-details wide-only">{detailsText(entry)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** "token:first admin (tok_…)" is "first admin" to people; the rest stands in the title. */
function actorName(actor: string): string {
  return /^(?:token|session):(.+?)(?: \(\S+\))?$/.exec(actor)?.[1] ?? actor;
}

function detailText(name: string, value: unknown): string {
  if (name.endsWith('AtMs') && typeof value === 'number')
    return `${name.slice(0, -'AtMs'.length)}: ${formatDateTime(value)}`;
  return `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`;
}

function detailsText({ details, projectId }: Entry): string {
  const parts = Object.entries(details).map(([name, value]) => detailText(name, value));
  if (projectId !== null) parts.unshift(`project: ${projectId}`);
  return parts.join(', ');
}
