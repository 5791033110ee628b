// Alerts: what fires and why, what is kept quiet, the rules behind it, and what was said to whom.

import { may } from '../session.ts';
import { href } from '../shell/router.ts';
import { AlertInbox } from './alert-inbox.tsx';
import { NotificationsTab } from './notifications-tab.tsx';
import { RulesTab } from './rules-tab.tsx';
import { SilencesTab } from './silences-tab.tsx';

const TABS = [
  { id: null, label: 'Inbox' },
  { id: 'silences', label: 'Silences' },
  { id: 'rules', label: 'Rules' },
  { id: 'notifications', label: 'Notifications' },
] as const;

/** The page; `detail` is a tab, or an alert to show. */
export function AlertsPage({ detail }: { readonly detail: string | null }) {
  const alertId = detail?.startsWith('alt_') === true ? detail : null;
  const current = alertId === null ? (TABS.find(({ id }) => id === detail)?.id ?? null) : null;
  const tabs = (
    <nav className="tabs" aria-label="Alerts">
      {TABS.map(({ id, label }) => (
        <a key={label} href={href('alerts', id)} aria-current={id === current ? 'page' : undefined}>
          {label}
        </a>
      ))}
    </nav>
  );
  const mayChange = may('operator');
  switch (current) {
    case 'silences':
      return <SilencesTab tabs={tabs} mayChange={mayChange} />;
    case 'rules':
      return <RulesTab tabs={tabs} mayChange={mayChange} />;
    case 'notifications':
      return <NotificationsTab tabs={tabs} mayChange={mayChange} />;
    default:
      return <AlertInbox tabs={tabs} alertId={alertId} mayChange={mayChange} />;
  }
}
