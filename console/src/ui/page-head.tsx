// The head of a page: what it is, a line below, and what can be done.

import type { ReactNode } from 'react';
import { href, type Page } from '../shell/router.ts';
import { Icon } from './icon.tsx';

interface PageHeadProps {
  readonly title: ReactNode;
  readonly note?: ReactNode;
  /** Where one comes from. */
  readonly back?: { readonly page: Page; readonly label: string; readonly detail?: string };
  readonly children?: ReactNode;
}

/** The head; its children stand on the right. */
export function PageHead({ title, note, back, children }: PageHeadProps) {
  return (
    <div>
      {back !== undefined && (
        <a className="back-link small" href={href(back.page, back.detail ?? null)}>
          <Icon name="chevron" />
          {back.label}
        </a>
      )}
      <div className="page-head">
        <div className="page-title">
          {typeof title === 'string' ? <h1>{title}</h1> : title}
          {note !== undefined && <p>{note}</p>}
        </div>
        {children !== undefined && <div className="row wrap">{children}</div>}
      </div>
    </div>
  );
}
