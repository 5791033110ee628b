// Every webhook at a glance.

import { useState } from 'react';
import type { WebhookView } from '../../../src/contract/api/events.ts';
import { SecretDialog } from '../access/secret-dialog.tsx';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { href, navigate } from '../shell/router.ts';
import { formatAgo, formatCount, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { usePolled } from '../ui/use-polled.ts';
import { eventsText, webhookLook } from './describe-webhook.ts';
import { CreateWebhookDialog } from './webhook-form.tsx';

const REFRESH_MS = 5_000;
/** Counts end here. */
const COUNT_MAX = 10_000;

/** The list. */
export function WebhookList() {
  const webhooks = usePolled('webhooks', (signal) => call('GET /v1/webhooks', {}, signal), REFRESH_MS);
  const [isCreating, setIsCreating] = useState(false);
  const [made, setMade] = useState<{ id: string; secret: string }>();
  const newButton = may('admin') && (
    <button type="button" className="button primary" onClick={() => setIsCreating(true)}>
      <Icon name="plus" />
      New webhook
    </button>
  );
  const list = webhooks.data?.webhooks;
  return (
    <div className="page-inner">
      <div className="page-head">
        <div>
          <h1>Webhooks</h1>
          <p>Other systems that are told what happens</p>
        </div>
        {list !== undefined && list.length > 0 && newButton}
      </div>
      <section className="card" aria-label="Webhooks">
        {list === undefined ? (
          webhooks.error === undefined ? (
            <SkeletonRows count={3} height={57} />
          ) : (
            <LoadFailed what="The webhooks" error={webhooks.error} onRetry={() => void webhooks.refresh()} />
          )
        ) : list.length === 0 ? (
          <Empty icon="send" title="Nobody is told yet" actions={newButton}>
            A webhook is an address to which Meridian posts what happens: a video is ready, processing has
            failed, a region is being drained.
          </Empty>
        ) : (
          <WebhookTable webhooks={list} />
        )}
      </section>
      {isCreating && (
        <CreateWebhookDialog
          onClose={() => setIsCreating(false)}
          onCreated={({ webhook, secret }) => {
            setIsCreating(false);
            setMade({ id: webhook.id, secret });
            void webhooks.refresh();
          }}
        />
      )}
      {made !== undefined && (
        <SecretDialog
          title="New webhook"
          secret={made.secret}
          what="signing secret"
          note="The receiver checks with it that requests come from here."
          onClose={() => navigate('webhooks', made.id)}
        />
      )}
    </div>
  );
}

function countText(count: number): string {
  return count >= COUNT_MAX ? `${formatCount(COUNT_MAX)}+` : formatCount(count);
}

function WebhookTable({ webhooks }: { readonly webhooks: readonly WebhookView[] }) {
  const nowMs = Date.now();
  return (
    <div className="table-scroll">
      <table className="table webhooks">
        <thead>
          <tr>
            <th>Address</th>
            <th>State</th>
            <th className="wide-only">Events</th>
            <th className="wide-only">Project</th>
            <th className="wide-only number">Waiting</th>
            <th className="wide-only number">Given up</th>
            <th className="wide-only">Last delivered</th>
          </tr>
        </thead>
        <tbody>
          {webhooks.map((webhook) => {
            const look = webhookLook(webhook);
            return (
              <tr key={webhook.id}>
                <td>
                  <a
                    className="webhook-name truncate"
                    href={href('webhooks', webhook.id)}
                    title={webhook.url}
                  >
                    {webhook.description === '' ? webhook.url : webhook.description}
                  </a>
                  <div className="faint small webhook-url truncate" title={webhook.url}>
                    {webhook.description === '' ? webhook.id : webhook.url}
                  </div>
                </td>
                <td title={webhook.pausedReason ?? undefined}>
                  <span className={`pill ${look.tone}`}>{look.label}</span>
                </td>
                <td className="soft wide-only nowrap" title={webhook.eventTypes.join(', ')}>
                  {eventsText(webhook.eventTypes)}
                </td>
                <td className="soft wide-only">{webhook.projectId ?? 'all'}</td>
                <td className="wide-only number">{countText(webhook.waitingCount)}</td>
                <td className={webhook.deadCount > 0 ? 'wide-only number webhook-bad' : 'wide-only number'}>
                  {countText(webhook.deadCount)}
                </td>
                <td
                  className="soft nowrap wide-only"
                  title={
                    webhook.lastSuccessAtMs === null ? undefined : formatDateTime(webhook.lastSuccessAtMs)
                  }
                >
                  {webhook.lastSuccessAtMs === null ? 'never' : formatAgo(webhook.lastSuccessAtMs, nowMs)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
