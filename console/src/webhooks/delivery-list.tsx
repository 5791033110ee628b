// Deliveries of one webhook, newest first: where each stands, why, and once more.

import { memo, useCallback, useEffect, useRef, useState } from 'react';
import type { DeliveryView, WebhookView } from '../../../src/contract/api/events.ts';
import { call } from '../api.ts';
import { href } from '../shell/router.ts';
import { Filter, type FilterOption } from '../ui/filter.tsx';
import { formatAgo, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { Empty } from '../ui/states.tsx';
import { tell, tellFailure } from '../ui/toast.tsx';
import { ageNowMs } from '../ui/use-now.ts';
import { usePagedList } from '../ui/use-paged-list.ts';
import { deliveryLook, deliveryNote, EVENT_NAMES } from './describe-webhook.ts';

type DeliveryFilter = DeliveryView['state'] | 'all';

const FILTERS: readonly FilterOption<DeliveryFilter>[] = [
  { value: 'all', label: 'All' },
  { value: 'waiting', label: 'Waiting' },
  { value: 'held', label: 'Held back' },
  { value: 'delivered', label: 'Delivered' },
  { value: 'dead', label: 'Given up' },
];

interface DeliveryListProps {
  readonly webhook: WebhookView;
  /** Changes when something was queued elsewhere on the page. */
  readonly queued: number;
  readonly onOpen: (deliveryId: number) => void;
  readonly onQueued: () => void;
  readonly onReplaySpan: () => void;
}

/** Height of a row; the style sheet says the same. */
const ROW_PX = 58;
const COLUMN_COUNT = 7;

/** The list with its filter. */
export function DeliveryList({ webhook, queued, onOpen, onQueued, onReplaySpan }: DeliveryListProps) {
  const [filter, setFilter] = useState<DeliveryFilter>('all');
  const deliveries = useDeliveries(webhook.id, filter);
  const { refresh } = deliveries;
  const seen = useRef(queued);
  useEffect(() => {
    if (seen.current === queued) return;
    seen.current = queued;
    void refresh();
  }, [queued, refresh]);
  const replay = useReplay(webhook.id, onQueued);
  const nowMs = ageNowMs();
  return (
    <section className="card list-card deliveries-card" aria-label="Deliveries">
      <div className="card-head">
        <div className="row wrap">
          <h2>Deliveries</h2>
          <Filter label="Show deliveries that are" options={FILTERS} value={filter} onChange={setFilter} />
        </div>
        <button type="button" className="button compact" onClick={onReplaySpan}>
          <Icon name="retry" />
          Replay a span…
        </button>
      </div>
      <PagedTable
        what="The deliveries"
        paged={deliveries}
        empty={<NoDeliveries filter={filter} />}
        className="deliveries"
        rowPx={ROW_PX}
        columnCount={COLUMN_COUNT}
        head={
          <>
            <th className="delivery-head-state">State</th>
            <th>Event</th>
            <th className="wide-only">About</th>
            <th className="wide-only number delivery-head-attempts">Attempts</th>
            <th className="wide-only delivery-head-note">Remarks</th>
            <th className="delivery-head-time">When</th>
            <th className="head-menu">
              <span className="visually-hidden">Actions</span>
            </th>
          </>
        }
        row={(delivery, rowIndex) => (
          <DeliveryRow
            key={delivery.id}
            delivery={delivery}
            rowIndex={rowIndex}
            isPaused={webhook.state === 'paused'}
            nowMs={nowMs}
            onOpen={onOpen}
            onReplay={replay}
          />
        )}
      />
    </section>
  );
}

/** Delivers one once more. */
function useReplay(webhookId: string, onQueued: () => void) {
  return useCallback(
    async (delivery: DeliveryView): Promise<void> => {
      try {
        const params = { webhookId, deliveryId: delivery.id };
        await call('POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay', { params });
        tell(`${delivery.type} is delivered once more`);
        onQueued();
      } catch (error) {
        tellFailure('It could not be replayed', error);
      }
    },
    [webhookId, onQueued],
  );
}

function useDeliveries(webhookId: string, filter: DeliveryFilter) {
  return usePagedList<DeliveryView>(`${webhookId} ${filter}`, async (before, limit, signal) => {
    const query = {
      limit,
      ...(filter === 'all' ? {} : { state: filter }),
      ...(before === null ? {} : { before }),
    };
    const given = { params: { webhookId }, query };
    const { deliveries } = await call('GET /v1/webhooks/{webhookId}/deliveries', given, signal);
    const last = deliveries.at(-1)?.id ?? null;
    return { items: deliveries, nextBefore: deliveries.length < limit ? null : last };
  });
}

function NoDeliveries({ filter }: { readonly filter: DeliveryFilter }) {
  return (
    <Empty icon="send" title={filter === 'all' ? 'Nothing was sent yet' : 'None of these'}>
      {filter === 'all'
        ? 'The next event appears here. Send a test to see whether the receiver understands it.'
        : 'No delivery is in this state now.'}
    </Empty>
  );
}

interface DeliveryRowProps {
  readonly delivery: DeliveryView;
  readonly rowIndex: number;
  readonly isPaused: boolean;
  readonly nowMs: number;
  readonly onOpen: (deliveryId: number) => void;
  readonly onReplay: (delivery: DeliveryView) => Promise<void>;
}

const DeliveryRow = memo(function DeliveryRow(props: DeliveryRowProps) {
  const { delivery, isPaused, nowMs, onOpen, onReplay } = props;
  const look = deliveryLook(delivery);
  const hasEnded = delivery.state === 'delivered' || delivery.state === 'dead';
  const note = deliveryNote(delivery, isPaused, nowMs);
  return (
    <tr className="long-row delivery" aria-rowindex={props.rowIndex}>
      <td className="delivery-state">
        <span className={`pill ${look.tone}`}>{look.label}</span>
      </td>
      <td className="delivery-event">
        <button type="button" className="link-button" data-row-link onClick={() => onOpen(delivery.id)}>
          {EVENT_NAMES[delivery.type] ?? delivery.type}
        </button>
        <div className="faint mono row-sub truncate">{delivery.type}</div>
      </td>
      <td className="wide-only truncate">
        <Subject subject={delivery.subject} />
      </td>
      <td className="wide-only number">{delivery.attempts}</td>
      <td className="wide-only soft small">
        <div className="delivery-note" title={note}>
          {note}
        </div>
      </td>
      <td className="soft nowrap delivery-time" title={formatDateTime(delivery.eventAtMs)}>
        {formatAgo(delivery.eventAtMs, nowMs)}
      </td>
      <td className="number wide-only">
        <button
          type="button"
          className="icon-button small"
          aria-label={`Replay ${delivery.type} ${delivery.id}`}
          title={hasEnded ? 'Deliver once more' : 'It will be delivered anyway'}
          disabled={!hasEnded}
          onClick={() => void onReplay(delivery)}
        >
          <Icon name="retry" />
        </button>
      </td>
    </tr>
  );
});

function Subject({ subject }: { readonly subject: string }) {
  if (!subject.startsWith('ast_')) return <span className="mono soft">{subject}</span>;
  return (
    <a className="mono" href={href('assets', subject)} title={subject}>
      {subject}
    </a>
  );
}
