// The two sides of runbooks: what there is, and what ran.

import { href } from '../shell/router.ts';

/** The tabs. */
export function RunTabs({ current }: { readonly current: 'runbooks' | 'runs' }) {
  return (
    <nav className="tabs" aria-label="Runbooks">
      <a href={href('runbooks')} aria-current={current === 'runbooks' ? 'page' : undefined}>
        In force
      </a>
      <a href={href('runs')} aria-current={current === 'runs' ? 'page' : undefined}>
        Runs
      </a>
    </nav>
  );
}
