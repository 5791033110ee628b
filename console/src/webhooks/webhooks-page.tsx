// Webhooks: who is told of what happens, whether it arrives, and once more.

import { may } from '../session.ts';
import { Empty } from '../ui/states.tsx';
import { WebhookDetail } from './webhook-detail.tsx';
import { WebhookList } from './webhook-list.tsx';

/** The page; `detail` is the webhook that is open. */
export function WebhooksPage({ detail }: { readonly detail: string | null }) {
  if (!may('operator'))
    return (
      <div className="page-inner">
        <div className="page-head">
          <h1>Webhooks</h1>
        </div>
        <div className="card">
          <Empty icon="lock" title="This needs the role operator">
            Log in with a token of that role to see it.
          </Empty>
        </div>
      </div>
    );
  return detail === null ? <WebhookList /> : <WebhookDetail key={detail} webhookId={detail} />;
}
