// One delivery: every attempt with what the receiver answered, and the body that is sent.

import { useState } from 'react';
import type { AttemptView, WebhookView } from '../../../src/contract/api/events.ts';
import { type ApiResult, call } from '../api.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Dialog, ErrorNotice } from '../ui/dialog.tsx';
import { formatClock, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { SkeletonRows } from '../ui/states.tsx';
import { tellFailure } from '../ui/toast.tsx';
import { usePolled } from '../ui/use-polled.ts';
import { deliveryLook, deliveryNote, prettyJson } from './describe-webhook.ts';

/** A test ends within moments; whoever looks wants to see it end. */
const REFRESH_MS = 700;

interface DeliveryDialogProps {
  readonly webhook: WebhookView;
  readonly deliveryId: number;
  readonly onClose: () => void;
  readonly onQueued: () => void;
}

/** The dialog, open while rendered. */
export function DeliveryDialog({ webhook, deliveryId, onClose, onQueued }: DeliveryDialogProps) {
  const params = { webhookId: webhook.id, deliveryId };
  const found = usePolled(
    `${webhook.id} ${deliveryId}`,
    (signal) => call('GET /v1/webhooks/{webhookId}/deliveries/{deliveryId}', { params }, signal),
    REFRESH_MS,
  );
  const [isBusy, setIsBusy] = useState(false);
  const state = found.data?.delivery.state;
  const hasEnded = state === 'delivered' || state === 'dead';
  const replay = async (): Promise<void> => {
    setIsBusy(true);
    try {
      await call('POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay', { params });
      await found.refresh();
      onQueued();
    } catch (error) {
      tellFailure('It could not be replayed', error);
    } finally {
      setIsBusy(false);
    }
  };
  return (
    <Dialog
      title={found.data?.delivery.type ?? 'Delivery'}
      onClose={onClose}
      isWide
      footer={
        <>
          <button
            type="button"
            className="button"
            disabled={!hasEnded || isBusy}
            onClick={() => void replay()}
          >
            <Icon name="retry" />
            Deliver once more
          </button>
          <button type="button" className="button primary" data-first-focus onClick={onClose}>
            Close
          </button>
        </>
      }
    >
      {found.data === undefined ? (
        found.error === undefined ? (
          <SkeletonRows count={4} />
        ) : (
          <ErrorNotice error={found.error} />
        )
      ) : (
        <Details webhook={webhook} found={found.data} />
      )}
    </Dialog>
  );
}

interface DetailsProps {
  readonly webhook: WebhookView;
  readonly found: ApiResult<'GET /v1/webhooks/{webhookId}/deliveries/{deliveryId}'>;
}

function Details({ webhook, found }: DetailsProps) {
  return (
    <>
      <div className="stack">
        <div className="row wrap">
          <span className={`pill ${deliveryLook(found.delivery).tone}`}>
            {deliveryLook(found.delivery).label}
          </span>
          <span className="soft">{formatDateTime(found.delivery.eventAtMs)}</span>
        </div>
        <div className="soft">{deliveryNote(found.delivery, webhook.state === 'paused', Date.now())}</div>
        <div className="row small faint">
          <span className="mono truncate">{found.delivery.eventId}</span>
          <CopyButton text={found.delivery.eventId} what="webhook-id" />
        </div>
      </div>
      <Attempts attempts={found.attempts} />
      <div className="stack">
        <div className="row spread">
          <h3>Body</h3>
          <CopyButton text={found.body} what="body" />
        </div>
        <pre className="webhook-body">{prettyJson(found.body)}</pre>
      </div>
    </>
  );
}

function Attempts({ attempts }: { readonly attempts: readonly AttemptView[] }) {
  if (attempts.length === 0) return <p className="faint">No attempt has ended yet.</p>;
  return (
    <div className="stack">
      <h3>Attempts</h3>
      <ol className="attempts">
        {attempts.toReversed().map((attempt) => (
          <li key={attempt.number}>
            <div className="row">
              <span className={attempt.problem === null ? 'pill good' : 'pill bad'}>
                {attempt.status ?? 'No answer'}
              </span>
              <span className="soft nowrap" title={formatDateTime(attempt.atMs)}>
                {formatClock(attempt.atMs)}
              </span>
              <span className="faint nowrap">{Math.round(attempt.durationMs)} ms</span>
              <span className="faint grow number">attempt {attempt.number}</span>
            </div>
            {attempt.problem !== null && <div className="small soft">{attempt.problem}</div>}
            {attempt.answer !== '' && <pre className="webhook-body small">{attempt.answer}</pre>}
          </li>
        ))}
      </ol>
    </div>
  );
}
