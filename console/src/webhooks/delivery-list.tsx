// Deliveries of one webhook, newest first: where each stands, why, and once more.

import { useEffect, useRef, useState } from 'react';
import type { DeliveryView, WebhookView } from '../../../src/contract/api/events.ts';
import { call } from '../api.ts';
import { href } from '../shell/router.ts';
import { formatAgo, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { tell, tellFailure } from '../ui/toast.tsx';
import { usePolled } from '../ui/use-polled.ts';
import { deliveryLook, deliveryNote, EVENT_NAMES } from './describe-webhook.ts';

const REFRESH_MS = 2_000;
const PAGE_SIZE = 50;

type Filter = DeliveryView['state'] | 'all';

const FILTERS: readonly { readonly filter: Filter; readonly label: string }[] = [
  { filter: 'all', label: 'All' },
  { filter: 'waiting', label: 'Waiting' },
  { filter: 'held', label: 'Held back' },
  { filter: 'delivered', label: 'Delivered' },
  { filter: 'dead', label: 'Given up' },
];

interface DeliveryListProps {
  readonly webhook: WebhookView;
  /** Changes when something was queued elsewhere on the page. */
  readonly queued: number;
  readonly onOpen: (deliveryId: number) => void;
  readonly onQueued: () => void;
  readonly onReplaySpan: () => void;
}

/** The list with its filter. */
export function DeliveryList({ webhook, queued, onOpen, onQueued, onReplaySpan }: DeliveryListProps) {
  const [filter, setFilter] = useState<Filter>('all');
  return (
    <section className="card" aria-label="Deliveries">
      <div className="card-head">
        <div className="row wrap">
          <h2>Deliveries</h2>
          <fieldset className="segmented delivery-filter" aria-label="Show deliveries that are">
            {FILTERS.map((entry) => (
              <button
                key={entry.filter}
                type="button"
                aria-pressed={filter === entry.filter}
                onClick={() => setFilter(entry.filter)}
              >
                {entry.label}
              </button>
            ))}
          </fieldset>
        </div>
        <button type="button" className="button compact" onClick={onReplaySpan}>
          <Icon name="retry" />
          Replay a span…
        </button>
      </div>
      <Deliveries
        key={filter}
        webhook={webhook}
        filter={filter}
        queued={queued}
        onOpen={onOpen}
        onQueued={onQueued}
      />
    </section>
  );
}

interface DeliveriesProps extends Omit<DeliveryListProps, 'onReplaySpan'> {
  readonly filter: Filter;
}

function useDeliveries(webhookId: string, filter: Filter) {
  const ask = (before: number | undefined, signal?: AbortSignal) =>
    call(
      'GET /v1/webhooks/{webhookId}/deliveries',
      {
        params: { webhookId },
        query: {
          limit: PAGE_SIZE,
          ...(filter === 'all' ? {} : { state: filter }),
          ...(before === undefined ? {} : { before }),
        },
      },
      signal,
    );
  const newest = usePolled(`${webhookId} ${filter}`, (signal) => ask(undefined, signal), REFRESH_MS);
  const [older, setOlder] = useState<readonly DeliveryView[]>([]);
  const [hasMore, setHasMore] = useState(true);
  const first = newest.data?.deliveries ?? [];
  const oldestId = first[first.length - 1]?.id ?? Number.POSITIVE_INFINITY;
  const all = [...first, ...older.filter(({ id }) => id < oldestId)];
  const loadMore = async (): Promise<void> => {
    try {
      const { deliveries } = await ask(all[all.length - 1]?.id);
      setOlder([...older, ...deliveries]);
      setHasMore(deliveries.length === PAGE_SIZE);
    } catch (error) {
      tellFailure('Older deliveries could not be loaded', error);
    }
  };
  return { newest, all, hasMore: hasMore && first.length === PAGE_SIZE, loadMore };
}

function Deliveries({ webhook, filter, queued, onOpen, onQueued }: DeliveriesProps) {
  const { newest, all, hasMore, loadMore } = useDeliveries(webhook.id, filter);
  const { refresh } = newest;
  const seen = useRef(queued);
  useEffect(() => {
    if (seen.current === queued) return;
    seen.current = queued;
    void refresh();
  }, [queued, refresh]);
  const replay = async (delivery: DeliveryView): Promise<void> => {
    try {
      const params = { webhookId: webhook.id, deliveryId: delivery.id };
      await call('POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay', { params });
      tell(`${delivery.type} is delivered once more`);
      onQueued();
    } catch (error) {
      tellFailure('It could not be replayed', error);
    }
  };
  if (newest.data === undefined)
    return newest.error === undefined ? (
      <SkeletonRows count={6} />
    ) : (
      <LoadFailed what="The deliveries" error={newest.error} onRetry={() => void newest.refresh()} />
    );
  if (all.length === 0)
    return (
      <Empty icon="send" title={filter === 'all' ? 'Nothing was sent yet' : 'None of these'}>
        {filter === 'all'
          ? 'The next event appears here. Send a test to see whether the receiver understands it.'
          : 'No delivery is in this state now.'}
      </Empty>
    );
  return (
    <>
      <DeliveryTable
        deliveries={all}
        isPaused={webhook.state === 'paused'}
        onOpen={onOpen}
        onReplay={(delivery) => void replay(delivery)}
      />
      {hasMore && (
        <div className="card-body">
          <button type="button" className="button" onClick={() => void loadMore()}>
            Show older
          </button>
        </div>
      )}
    </>
  );
}

interface DeliveryTableProps {
  readonly deliveries: readonly DeliveryView[];
  readonly isPaused: boolean;
  readonly onOpen: (deliveryId: number) => void;
  readonly onReplay: (delivery: DeliveryView) => void;
}

function DeliveryTable({ deliveries, isPaused, onOpen, onReplay }: DeliveryTableProps) {
  const nowMs = Date.now();
  return (
    <div className="table-scroll">
      <table className="table deliveries">
        <thead>
          <tr>
            <th>State</th>
            <th>Event</th>
            <th className="wide-only">About</th>
            <th className="wide-only number">Attempts</th>
            <th className="wide-only">Remarks</th>
            <th>When</th>
            <th>
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {deliveries.map((delivery) => {
            const look = deliveryLook(delivery);
            const hasEnded = delivery.state === 'delivered' || delivery.state === 'dead';
            return (
              <tr key={delivery.id}>
                <td>
                  <span className={`pill ${look.tone}`}>{look.label}</span>
                </td>
                <td>
                  <button type="button" className="link-button" onClick={() => onOpen(delivery.id)}>
                    {EVENT_NAMES[delivery.type] ?? delivery.type}
                  </button>
                  <div className="faint mono delivery-type">{delivery.type}</div>
                </td>
                <td className="wide-only delivery-subject truncate">
                  <Subject subject={delivery.subject} />
                </td>
                <td className="wide-only number">{delivery.attempts}</td>
                <td className="wide-only soft small delivery-note">
                  {deliveryNote(delivery, isPaused, nowMs)}
                </td>
                <td className="soft nowrap" title={formatDateTime(delivery.eventAtMs)}>
                  {formatAgo(delivery.eventAtMs, nowMs)}
                </td>
                <td className="number">
                  <button
                    type="button"
                    className="icon-button small"
                    aria-label={`Replay ${delivery.type} ${delivery.id}`}
                    title={hasEnded ? 'Deliver once more' : 'It will be delivered anyway'}
                    disabled={!hasEnded}
                    onClick={() => onReplay(delivery)}
                  >
                    <Icon name="retry" />
                  </button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Subject({ subject }: { readonly subject: string }) {
  if (!subject.startsWith('ast_')) return <span className="mono soft">{subject}</span>;
  return (
    <a className="mono" href={href('library', subject)} title={subject}>
      {subject}
    </a>
  );
}
