// Who may do what: tokens, projects, and the trail of what was changed.

import { may } from '../session.ts';
import { href } from '../shell/router.ts';
import { Empty } from '../ui/states.tsx';
import { AuditSection } from './audit-section.tsx';
import { ProjectsSection } from './projects-section.tsx';
import { TokensSection } from './tokens-section.tsx';

const TABS = [
  { id: 'tokens', label: 'API tokens' },
  { id: 'projects', label: 'Projects' },
  { id: 'audit', label: 'Audit' },
] as const;

/** The page; `tab` names what is shown. */
export function AccessPage({ tab }: { readonly tab: string | null }) {
  const isAdmin = may('admin');
  const current = TABS.find(({ id }) => id === tab)?.id ?? (isAdmin ? 'tokens' : 'projects');
  const needsAdmin = !isAdmin && current !== 'projects';
  return (
    <div className="page-inner">
      <div className="page-head">
        <div>
          <h1>Access</h1>
          <p>Projects, who may use them, and who changed what</p>
        </div>
      </div>
      <nav className="tabs" aria-label="Access">
        {TABS.map(({ id, label }) => (
          <a key={id} href={href('access', id)} aria-current={id === current ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      {needsAdmin ? (
        <div className="card">
          <Empty icon="lock" title="This needs the role admin">
            Log in with a token of that role to see it.
          </Empty>
        </div>
      ) : (
        <>
          {current === 'tokens' && <TokensSection />}
          {current === 'projects' && <ProjectsSection />}
          {current === 'audit' && <AuditSection />}
        </>
      )}
    </div>
  );
}
