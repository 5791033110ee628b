// Orders: what operators and runbooks told the world to do, newest first, with how far nodes are. One of them, or the
// form of a new one, opens over the list and has an address of its own.

import { memo } from 'react';
import type { OrderView } from '../../../src/contract/api/orders.ts';
import type { WorldView } from '../../../src/contract/api/world.ts';
import { call } from '../api.ts';
import { actorName } from '../audit/describe-audit.ts';
import { may } from '../session.ts';
import { useKeys } from '../shell/keyboard.ts';
import { href, navigate } from '../shell/router.ts';
import { setFilters } from '../ui/address-filters.ts';
import { formatAgo, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { ListPage, PagedTable } from '../ui/paged-table.tsx';
import { type Filters, readFilters } from '../ui/read-filters.ts';
import { Empty } from '../ui/states.tsx';
import { ageNowMs } from '../ui/use-now.ts';
import { usePagedList } from '../ui/use-paged-list.ts';
import { isMoving, KIND_NAMES, ORDER_KINDS, progressOf, stateOf } from './describe-order.ts';
import { NewOrderDialog } from './new-order-dialog.tsx';
import { OrderDialog } from './order-dialog.tsx';

const NAMES = ['kind', 'state'] as const;
type OrderFilters = Filters<(typeof NAMES)[number]>;

/** Height of a row; the style sheet says the same. */
const ROW_PX = 60;
const COLUMN_COUNT = 5;
const NEW = 'new';

interface OrdersPageProps {
  /** An order, `new`, or filters. */
  readonly detail: string | null;
  readonly world: WorldView | undefined;
}

/** The page. */
export function OrdersPage({ detail, world }: OrdersPageProps) {
  const filters = readFilters(detail, NAMES) ?? {};
  const isFiltered = Object.keys(filters).length > 0;
  const orders = useOrders(filters);
  const mayOrder = may('operator');
  const nowMs = ageNowMs();
  useKeys(mayOrder ? { n: () => navigate('orders', NEW) } : {});
  return (
    <ListPage
      head={
        <>
          <PageHead
            title="Orders"
            note="Purges, restarts, throttles, shifts and scales, by hand and by runbooks"
          >
            {mayOrder && (
              <a className="button primary" href={href('orders', NEW)}>
                <Icon name="plus" />
                Give an order…
              </a>
            )}
          </PageHead>
          <FilterBar filters={filters} />
        </>
      }
    >
      <PagedTable
        what="The orders"
        paged={orders}
        empty={
          <Empty icon="send" title={isFiltered ? 'None of these' : 'No orders yet'}>
            {isFiltered
              ? 'No order fits what is asked for.'
              : 'What people and runbooks tell nodes and steering to do stands here for 90 days.'}
          </Empty>
        }
        className="orders"
        rowPx={ROW_PX}
        columnCount={COLUMN_COUNT}
        head={
          <>
            <th className="order-head-state">State</th>
            <th>What</th>
            <th className="wide-only order-head-progress">Nodes</th>
            <th className="wide-only order-head-actor">Given by</th>
            <th className="order-head-time">When</th>
          </>
        }
        row={(order, rowIndex) => <OrderRow key={order.id} order={order} rowIndex={rowIndex} nowMs={nowMs} />}
      />
      {detail?.startsWith('ord_') === true && (
        <OrderDialog
          key={detail}
          orderId={detail}
          onChanged={() => void orders.refresh()}
          onClose={() => navigate('orders')}
        />
      )}
      {detail === NEW && mayOrder && (
        <NewOrderDialog
          world={world}
          onGiven={(order) => {
            void orders.refresh();
            navigate('orders', order?.id ?? null);
          }}
          onClose={() => navigate('orders')}
        />
      )}
    </ListPage>
  );
}

function useOrders(filters: OrderFilters) {
  const kind = ORDER_KINDS.find((one) => one === filters.kind);
  const isOpen = filters.state === 'open' ? 'true' : filters.state === 'ended' ? 'false' : undefined;
  return usePagedList<OrderView>(
    `${kind} ${isOpen}`,
    async (before, limit, signal) => {
      const query = {
        limit,
        ...(kind === undefined ? {} : { kind }),
        ...(isOpen === undefined ? {} : ({ isOpen } as const)),
        ...(before === null ? {} : { before }),
      };
      const page = await call('GET /v1/orders', { query }, signal);
      return { items: page.orders, nextBefore: page.nextBefore };
    },
    { topics: ['audit'], isMoving },
  );
}

function FilterBar({ filters }: { readonly filters: OrderFilters }) {
  const change = (changes: OrderFilters): void => setFilters('orders', { ...filters, ...changes });
  return (
    <search className="filter-bar" aria-label="Filter the orders">
      <select
        className="input"
        aria-label="Kind"
        value={filters.kind ?? ''}
        onChange={(event) => change({ kind: event.target.value })}
      >
        <option value="">Every kind</option>
        {ORDER_KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {KIND_NAMES[kind]}
          </option>
        ))}
      </select>
      <select
        className="input"
        aria-label="State"
        value={filters.state ?? ''}
        onChange={(event) => change({ state: event.target.value })}
      >
        <option value="">Every state</option>
        <option value="open">In force or under way</option>
        <option value="ended">Over</option>
      </select>
      {Object.keys(filters).length > 0 && (
        <button type="button" className="button quiet" onClick={() => setFilters('orders', {})}>
          Clear
        </button>
      )}
    </search>
  );
}

interface OrderRowProps {
  readonly order: OrderView;
  readonly rowIndex: number;
  readonly nowMs: number;
}

const OrderRow = memo(function OrderRow({ order, rowIndex, nowMs }: OrderRowProps) {
  const { text, tone } = stateOf(order);
  return (
    <tr className="long-row order" aria-rowindex={rowIndex}>
      <td className="order-state">
        <span className={`pill ${tone}`}>{text}</span>
      </td>
      <td className="order-what">
        <a className="truncate" data-row-link href={href('orders', order.id)} title={order.text}>
          {order.text}
        </a>
        <div className="faint row-sub truncate">{KIND_NAMES[order.kind]}</div>
      </td>
      <td className="wide-only">
        <NodesDone order={order} />
      </td>
      <td className="wide-only order-actor soft truncate" title={order.actor}>
        {actorName(order.actor)}
      </td>
      <td className="order-time nowrap soft" title={formatDateTime(order.createdAtMs)}>
        {formatAgo(order.createdAtMs, nowMs)}
      </td>
    </tr>
  );
});

/** How many nodes have done it; nothing where steering alone is concerned. */
function NodesDone({ order }: { readonly order: OrderView }) {
  const progress = progressOf(order);
  if (progress === null) return <span className="faint">–</span>;
  const { done, of } = progress;
  return (
    <span className="run-steps-done">
      <span className="progress" aria-hidden="true">
        <span style={{ width: `${(done / of) * 100}%` }} />
      </span>
      <span className="soft small nowrap">
        {done} of {of}
      </span>
    </span>
  );
}
