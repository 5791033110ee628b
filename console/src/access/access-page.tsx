// Who may do what: tokens. What was changed has a page of its own.

import { may, session } from '../session.ts';
import { href } from '../shell/router.ts';
import { Empty } from '../ui/states.tsx';
import { useStore } from '../ui/store.ts';
import { EmergencySection } from './emergency-section.tsx';
import { TokensSection } from './tokens-section.tsx';

const TABS = [
  { id: 'tokens', label: 'API tokens' },
  { id: 'emergency', label: 'Emergency' },
] as const;

/** The page; `tab` names what is shown. */
export function AccessPage({ tab }: { readonly tab: string | null }) {
  // Followed, since broken glass changes what one may do.
  useStore(session);
  const isAdmin = may('admin');
  const current = TABS.find(({ id }) => id === tab)?.id ?? 'tokens';
  return (
    <div className="page-inner">
      <div className="page-head">
        <div>
          <h1>Access</h1>
          <p>Who may use this</p>
        </div>
      </div>
      <nav className="tabs" aria-label="Access">
        {TABS.map(({ id, label }) => (
          <a key={id} href={href('access', id)} aria-current={id === current ? 'page' : undefined}>
            {label}
          </a>
        ))}
        <a href={href('audit')}>Audit</a>
      </nav>
      {current === 'emergency' ? (
        <EmergencySection />
      ) : !isAdmin ? (
        <div className="card">
          <Empty icon="lock" title="This needs the role admin">
            Log in with a token of that role to see it.
          </Empty>
        </div>
      ) : (
        <TokensSection />
      )}
    </div>
  );
}
