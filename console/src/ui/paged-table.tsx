// A page that is one long list, and the list in it: loading, failed, empty, or as many rows as there are.

import { type ReactNode, useRef } from 'react';
import { LongTable } from './long-table.tsx';
import type { Listed } from './paged-list.ts';
import { useRowKeys } from './row-keys.ts';
import { LoadFailed, SkeletonRows } from './states.tsx';
import type { Paged } from './use-paged-list.ts';

/** Head above, list below to the end of the window. */
export function ListPage({ head, children }: { readonly head: ReactNode; readonly children: ReactNode }) {
  return (
    <div className="list-page">
      {head}
      <div className="card list-card">{children}</div>
    </div>
  );
}

interface PagedTableProps<T extends Listed> {
  /** "The jobs". */
  readonly what: string;
  readonly paged: Paged<T>;
  /** Shown when there is nothing. */
  readonly empty: ReactNode;
  readonly className: string;
  readonly rowPx: number;
  readonly head: ReactNode;
  readonly columnCount: number;
  readonly row: (item: T, rowIndex: number) => ReactNode;
}

const SKELETON_ROWS = 8;

/** The list. */
export function PagedTable<T extends Listed>(props: PagedTableProps<T>) {
  const { paged, what, rowPx } = props;
  const container = useRef<HTMLDivElement>(null);
  useRowKeys();
  const { list } = paged;
  return (
    <div ref={container} className="list-scroll">
      {list === undefined ? (
        paged.error === undefined ? (
          <div aria-busy="true">
            <SkeletonRows count={SKELETON_ROWS} height={rowPx} />
            <span className="visually-hidden">Loading</span>
          </div>
        ) : (
          <LoadFailed what={what} error={paged.error} onRetry={() => void paged.refresh()} />
        )
      ) : list.items.length === 0 ? (
        props.empty
      ) : (
        <LongTable
          className={`table long-table ${props.className}`}
          container={container}
          items={list.items}
          rowPx={rowPx}
          hasMore={list.nextBefore !== null}
          onNearEnd={paged.loadMore}
          onWindow={paged.noteWindow}
          head={props.head}
          columnCount={props.columnCount}
          row={props.row}
        />
      )}
    </div>
  );
}
