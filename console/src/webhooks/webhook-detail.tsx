// One webhook: how it is doing and why, what can be done with it, and its deliveries.

import { useCallback, useState } from 'react';
import type { WebhookView } from '../../../src/contract/api/events.ts';
import { DELIVERY_POLICY } from '../../../src/core/webhook/delivery.ts';
import { SecretDialog } from '../access/secret-dialog.tsx';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { href } from '../shell/router.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { formatAge, formatAgo, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { MenuButton } from '../ui/menu.tsx';
import { LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { tell, tellFailure } from '../ui/toast.tsx';
import { type Polled, usePolled } from '../ui/use-polled.ts';
import { DeliveryDialog } from './delivery-dialog.tsx';
import { DeliveryList } from './delivery-list.tsx';
import { webhookLook } from './describe-webhook.ts';
import { RemoveDialog, ReplayDialog, RotateDialog } from './webhook-dialogs.tsx';
import { EditWebhookDialog } from './webhook-form.tsx';

const REFRESH_MS = 3_000;

type OpenDialog =
  | { readonly kind: 'edit' | 'replay' | 'rotate' | 'remove' }
  | { readonly kind: 'secret'; readonly secret: string; readonly untilMs: number | null }
  | { readonly kind: 'delivery'; readonly deliveryId: number };

/** The page of one webhook. */
export function WebhookDetail({ webhookId }: { readonly webhookId: string }) {
  const webhook = usePolled(
    webhookId,
    (signal) => call('GET /v1/webhooks/{webhookId}', { params: { webhookId } }, signal),
    REFRESH_MS,
  );
  const [dialog, setDialog] = useState<OpenDialog>();
  /** Rises when something was queued, so that the list asks at once. */
  const [queued, setQueued] = useState(0);
  const { refresh } = webhook;
  const onQueued = useCallback((): void => {
    setQueued((count) => count + 1);
    void refresh();
  }, [refresh]);
  const openDelivery = useCallback(
    (deliveryId: number): void => setDialog({ kind: 'delivery', deliveryId }),
    [],
  );
  if (webhook.data === undefined)
    return (
      <div className="page-inner">
        <BackLink />
        <div className="card">
          {webhook.error === undefined ? (
            <SkeletonRows count={6} />
          ) : (
            <LoadFailed what="The webhook" error={webhook.error} onRetry={() => void webhook.refresh()} />
          )}
        </div>
      </div>
    );
  return (
    <div className="list-page webhook-page">
      <div>
        <BackLink />
        <WebhookHead webhook={webhook} data={webhook.data} onDialog={setDialog} onTest={openDelivery} />
      </div>
      <Trouble webhook={webhook.data} />
      <Facts webhook={webhook.data} />
      <DeliveryList
        webhook={webhook.data}
        queued={queued}
        onOpen={openDelivery}
        onQueued={onQueued}
        onReplaySpan={() => setDialog({ kind: 'replay' })}
      />
      {dialog !== undefined && (
        <WebhookDialog
          webhook={webhook.data}
          dialog={dialog}
          onDialog={setDialog}
          onQueued={onQueued}
          onChanged={() => void webhook.refresh()}
        />
      )}
    </div>
  );
}

function BackLink() {
  return (
    <a className="back-link small" href={href('webhooks')}>
      <Icon name="chevron" />
      Webhooks
    </a>
  );
}

interface HeadProps {
  readonly webhook: Polled<WebhookView>;
  readonly data: WebhookView;
  readonly onDialog: (dialog: OpenDialog) => void;
  readonly onTest: (deliveryId: number) => void;
}

function WebhookHead({ webhook, data, onDialog, onTest }: HeadProps) {
  const [isBusy, setIsBusy] = useState(false);
  const look = webhookLook(data);
  const params = { webhookId: data.id };
  const isPaused = data.state === 'paused';
  const act = async (failure: string, run: () => Promise<void>): Promise<void> => {
    setIsBusy(true);
    try {
      await run();
    } catch (error) {
      tellFailure(failure, error);
    } finally {
      setIsBusy(false);
    }
  };
  const test = () =>
    act('The test could not be sent', async () => {
      onTest((await call('POST /v1/webhooks/{webhookId}/test', { params })).deliveryId);
    });
  const toggle = () =>
    act(isPaused ? 'It stays paused' : 'It stays active', async () => {
      const key = isPaused ? 'POST /v1/webhooks/{webhookId}/resume' : 'POST /v1/webhooks/{webhookId}/pause';
      await call(key, { params });
      tell(isPaused ? 'Resumed: what waited is sent now' : 'Paused: events are kept for a week');
      await webhook.refresh();
    });
  return (
    <div className="page-head">
      <div className="webhook-title">
        <div className="row">
          <h1 className="truncate">{data.description === '' ? new URL(data.url).host : data.description}</h1>
          <span className={`pill ${look.tone}`}>{look.label}</span>
        </div>
        <p className="row webhook-address">
          <span className="mono truncate" title={data.url}>
            {data.url}
          </span>
          <CopyButton text={data.url} what="address" />
        </p>
      </div>
      <div className="row">
        <button type="button" className="button" disabled={isBusy} onClick={() => void test()}>
          <Icon name="send" />
          Send test
        </button>
        <button
          type="button"
          className={isPaused ? 'button primary' : 'button'}
          disabled={isBusy}
          onClick={() => void toggle()}
        >
          <Icon name={isPaused ? 'play' : 'pause'} />
          {isPaused ? 'Resume' : 'Pause'}
        </button>
        {may('admin') && (
          <MenuButton
            label="More actions"
            items={[
              { label: 'Change…', icon: 'pencil', onSelect: () => onDialog({ kind: 'edit' }) },
              { label: 'New secret…', icon: 'key', onSelect: () => onDialog({ kind: 'rotate' }) },
              {
                label: 'Remove…',
                icon: 'trash',
                isDanger: true,
                startsGroup: true,
                onSelect: () => onDialog({ kind: 'remove' }),
              },
            ]}
          />
        )}
      </div>
    </div>
  );
}

/** Why nothing arrives, in full. */
function Trouble({ webhook }: { readonly webhook: WebhookView }) {
  const { state, pausedReason, failingSinceMs } = webhook;
  if (state === 'paused')
    return (
      <div className="notice bad" role="status">
        <Icon name="pause" />
        <div>
          <strong>Paused</strong>
          <div>{pausedReason}</div>
          <div className="soft">
            What happens meanwhile is kept for a week. Repair the receiver, send a test, then resume.
          </div>
        </div>
      </div>
    );
  if (failingSinceMs === null) return null;
  return (
    <div className="notice warn" role="status">
      <Icon name="warning" />
      <div>
        <strong>Nothing was delivered since {formatDateTime(failingSinceMs)}</strong>
        <div className="soft">
          It is tried again by itself. After {formatAge(DELIVERY_POLICY.pauseAfterMs)} without a success it is
          paused.
        </div>
      </div>
    </div>
  );
}

function Facts({ webhook }: { readonly webhook: WebhookView }) {
  const nowMs = Date.now();
  const { eventTypes, previousSecretUntilMs: untilMs } = webhook;
  const facts: readonly (readonly [string, string])[] = [
    ['Events', eventTypes.length === 0 ? 'all' : eventTypes.join(', ')],
    ['Project', webhook.projectId ?? 'all, regions and incidents'],
    ['Form', webhook.format],
    [
      'Last delivered',
      webhook.lastSuccessAtMs === null ? 'never' : formatAgo(webhook.lastSuccessAtMs, nowMs),
    ],
    ['Added', formatDateTime(webhook.createdAtMs)],
    ...(untilMs !== null && untilMs > nowMs
      ? [['Old secret', `signs as well until ${formatDateTime(untilMs)}`] as const]
      : []),
  ];
  return (
    <dl className="card webhook-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt className="faint small">{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface WebhookDialogProps {
  readonly webhook: WebhookView;
  readonly dialog: OpenDialog;
  readonly onDialog: (dialog: OpenDialog | undefined) => void;
  readonly onQueued: () => void;
  readonly onChanged: () => void;
}

function WebhookDialog({ webhook, dialog, onDialog, onQueued, onChanged }: WebhookDialogProps) {
  const close = (): void => onDialog(undefined);
  const closeAnd = (then: () => void) => () => {
    close();
    then();
  };
  switch (dialog.kind) {
    case 'edit':
      return <EditWebhookDialog webhook={webhook} onClose={close} onChanged={closeAnd(onChanged)} />;
    case 'replay':
      return <ReplayDialog webhook={webhook} onClose={close} onQueued={closeAnd(onQueued)} />;
    case 'rotate':
      return (
        <RotateDialog
          webhook={webhook}
          onClose={close}
          onRotated={(secret, untilMs) => {
            onDialog({ kind: 'secret', secret, untilMs });
            onChanged();
          }}
        />
      );
    case 'secret':
      return (
        <SecretDialog
          title="New signing secret"
          secret={dialog.secret}
          what="signing secret"
          note={
            dialog.untilMs === null
              ? 'The old one signs nothing any more.'
              : `The old one signs as well until ${formatDateTime(dialog.untilMs)}.`
          }
          onClose={close}
        />
      );
    case 'remove':
      return <RemoveDialog webhook={webhook} onClose={close} />;
    case 'delivery':
      return (
        <DeliveryDialog
          webhook={webhook}
          deliveryId={dialog.deliveryId}
          onClose={closeAnd(onQueued)}
          onQueued={onQueued}
        />
      );
  }
}
