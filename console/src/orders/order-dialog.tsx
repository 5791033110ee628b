// One order: how it stands, which nodes have done it and what each dropped, and its end where there can be one.

import { type ReactNode, useState } from 'react';
import type { OrderView } from '../../../src/contract/api/orders.ts';
import { call } from '../api.ts';
import { actorName } from '../audit/describe-audit.ts';
import { may } from '../session.ts';
import { href } from '../shell/router.ts';
import { filteredHref } from '../ui/address-filters.ts';
import { Dialog } from '../ui/dialog.tsx';
import { QuestionDialog } from '../ui/form-dialog.tsx';
import { formatAgo, formatBytes, formatClock, formatCount, formatDateTime, plural } from '../ui/format.ts';
import { Progress } from '../ui/progress.tsx';
import { LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { tell } from '../ui/toast.tsx';
import { useLive } from '../ui/use-live.ts';
import { endingOf, isMoving, KIND_NAMES, progressOf, stateOf } from './describe-order.ts';

/** Nodes tell with their beats, of which nobody is given notice. */
const REFRESH_MS = 2_000;

interface OrderDialogProps {
  readonly orderId: string;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

/** The dialog, open while rendered. */
export function OrderDialog({ orderId, onChanged, onClose }: OrderDialogProps) {
  const [isEnding, setIsEnding] = useState(false);
  const asked = useLive(
    'audit',
    orderId,
    (signal) => call('GET /v1/orders/{orderId}', { params: { orderId } }, signal),
    REFRESH_MS,
    isMoving,
  );
  const { data: order, error } = asked;
  const ending = order === undefined ? null : endingOf(order);
  const end = async (): Promise<void> => {
    await call('DELETE /v1/orders/{orderId}', { params: { orderId } });
    tell('It ended');
    onChanged();
    await asked.refresh();
    setIsEnding(false);
  };
  return (
    <Dialog
      title={order === undefined ? 'Order' : KIND_NAMES[order.kind]}
      isWide
      onClose={onClose}
      footer={
        ending !== null &&
        may('operator') && (
          <button type="button" className="button" onClick={() => setIsEnding(true)}>
            {ending.word}…
          </button>
        )
      }
    >
      {order !== undefined ? (
        <OrderFacts order={order} />
      ) : error === undefined ? (
        <SkeletonRows count={4} />
      ) : (
        <LoadFailed what="The order" error={error} onRetry={() => void asked.refresh()} />
      )}
      {isEnding && order !== undefined && ending !== null && (
        <QuestionDialog
          title={`${ending.word}?`}
          action={ending.word}
          onConfirm={end}
          onClose={() => setIsEnding(false)}
        >
          <p>{order.text}.</p>
          <p className="soft">{ending.does}</p>
        </QuestionDialog>
      )}
    </Dialog>
  );
}

function OrderFacts({ order }: { readonly order: OrderView }) {
  const { text, tone } = stateOf(order);
  const progress = progressOf(order);
  return (
    <>
      <div className="row wrap">
        <span className={`pill ${tone}`}>{text}</span>
        <strong className="order-text">{order.text}</strong>
      </div>
      <dl className="run-facts">
        <Fact name="Given by">{actorName(order.actor)}</Fact>
        <Fact name="Given">
          <span title={formatDateTime(order.createdAtMs)}>{formatAgo(order.createdAtMs, Date.now())}</span>
        </Fact>
        {order.endedAtMs !== null && (
          <Fact name="Over">
            <span title={formatDateTime(order.endedAtMs)}>{formatAgo(order.endedAtMs, Date.now())}</span>
          </Fact>
        )}
        <Fact name="Written down">
          <a href={filteredHref('audit', { subject: order.subject })}>Audit trail</a>
          {' · '}
          <a href={href('changes', String(order.createdAtMs))}>Changes of that time</a>
        </Fact>
      </dl>
      {progress !== null && (
        <>
          <Progress
            label="Nodes that have done it"
            share={progress.done / progress.of}
            words={`${progress.done} of ${plural(progress.of, 'node')}`}
            note={order.kind === 'purge' ? droppedText(order) : undefined}
          />
          <NodeList order={order} />
        </>
      )}
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function droppedText({ reports }: OrderView): string {
  const count = reports.reduce((sum, report) => sum + report.count, 0);
  const bytes = reports.reduce((sum, report) => sum + report.bytes, 0);
  return `${formatCount(count)} objects, ${formatBytes(bytes)} dropped`;
}

/** Those that are missing stand first: they are what one waits for. */
function NodeList({ order }: { readonly order: OrderView }) {
  return (
    <ul className="order-nodes" aria-label="Nodes">
      {order.missingNodeIds.map((nodeId) => (
        <li key={nodeId}>
          <span className="state-dot warn" />
          <span className="mono truncate">{nodeId}</span>
          <span className="faint small">not yet</span>
        </li>
      ))}
      {order.reports.map(({ nodeId, atMs, count, bytes }) => (
        <li key={nodeId}>
          <span className="state-dot good" />
          <span className="mono truncate">{nodeId}</span>
          <span className="soft small nowrap">
            {order.kind === 'purge' && `${formatCount(count)} objects, ${formatBytes(bytes)} · `}
            <span title={formatDateTime(atMs)}>{formatClock(atMs)}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
