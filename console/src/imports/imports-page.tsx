// Imports: media that Meridian fetches itself, from an address or a whole bucket; how far they are, and why one failed.

import { memo, useState } from 'react';
import type { ImportView } from '../../../src/contract/api/imports.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { href } from '../shell/router.ts';
import { Filter, type FilterOption } from '../ui/filter.tsx';
import { QuestionDialog } from '../ui/form-dialog.tsx';
import { formatAgo, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { ListPage, PagedTable } from '../ui/paged-table.tsx';
import { Progress } from '../ui/progress.tsx';
import { Empty } from '../ui/states.tsx';
import { tell } from '../ui/toast.tsx';
import { useLive } from '../ui/use-live.ts';
import { ageNowMs } from '../ui/use-now.ts';
import { type Paged, usePagedList } from '../ui/use-paged-list.ts';
import {
  amountText,
  IMPORT_LABELS,
  IMPORT_TONES,
  isOpen,
  nameOf,
  noteOf,
  shareOf,
} from './describe-import.ts';
import { NewImportDialog } from './new-import-dialog.tsx';

type ImportFilter = ImportView['state'] | 'all';

/** Height of a row; the style sheet says the same. */
const ROW_PX = 60;
const COLUMN_COUNT = 6;
const BUCKET_REFRESH_MS = 2_000;

const FILTERS: readonly FilterOption<ImportFilter>[] = [
  { value: 'all', label: 'All' },
  { value: 'running', label: 'Running' },
  { value: 'waiting', label: 'Waiting' },
  { value: 'done', label: 'Done' },
  { value: 'failed', label: 'Failed' },
];

function useImports(filter: ImportFilter, parentId: string | null): Paged<ImportView> {
  return usePagedList<ImportView>(
    `${parentId} ${filter}`,
    async (before, limit, signal) => {
      const query = {
        limit,
        ...(filter === 'all' ? {} : { state: filter }),
        ...(parentId === null ? {} : { parentId }),
        ...(before === null ? {} : { before }),
      };
      const { imports, nextBefore } = await call('GET /v1/imports', { query }, signal);
      return { items: imports, nextBefore };
    },
    { topics: ['jobs'] },
  );
}

/** The page; `detail` is a bucket whose objects are shown. */
export function ImportsPage({ detail }: { readonly detail: string | null }) {
  const [filter, setFilter] = useState<ImportFilter>('all');
  const [isAdding, setIsAdding] = useState(false);
  const [doomed, setDoomed] = useState<ImportView>();
  const imports = useImports(filter, detail);
  const { refresh } = imports;
  const add = may('operator') && (
    <button type="button" className="button primary" onClick={() => setIsAdding(true)}>
      <Icon name="plus" />
      New import
    </button>
  );
  const filters = (
    <Filter label="Show imports that are" options={FILTERS} value={filter} onChange={setFilter} />
  );
  return (
    <ListPage
      head={
        detail === null ? (
          <PageHead title="Imports" note="Fetched from an address or a bucket, newest first">
            {filters}
            {add}
          </PageHead>
        ) : (
          <BucketHead importId={detail} onCancel={setDoomed}>
            {filters}
          </BucketHead>
        )
      }
    >
      <ImportTable
        imports={imports}
        empty={<NoImports filter={filter} isBucket={detail !== null} add={add} />}
        onCancel={setDoomed}
      />
      {isAdding && (
        <NewImportDialog
          onClose={() => setIsAdding(false)}
          onAdded={() => {
            setIsAdding(false);
            void refresh();
          }}
        />
      )}
      {doomed !== undefined && (
        <CancelDialog
          item={doomed}
          onClose={() => setDoomed(undefined)}
          onCancelled={() => {
            setDoomed(undefined);
            void refresh();
          }}
        />
      )}
    </ListPage>
  );
}

interface ImportTableProps {
  readonly imports: Paged<ImportView>;
  readonly empty: React.ReactNode;
  readonly onCancel: (item: ImportView) => void;
}

function ImportTable({ imports, empty, onCancel }: ImportTableProps) {
  const nowMs = ageNowMs();
  return (
    <PagedTable
      what="The imports"
      paged={imports}
      empty={empty}
      className="imports"
      rowPx={ROW_PX}
      columnCount={COLUMN_COUNT}
      head={
        <>
          <th className="import-head-state">State</th>
          <th>What</th>
          <th className="import-head-progress">Progress</th>
          <th className="wide-only import-head-node">Node</th>
          <th className="import-head-time">Updated</th>
          <th className="head-menu">
            <span className="visually-hidden">Actions</span>
          </th>
        </>
      }
      row={(item, rowIndex) => (
        <ImportRow key={item.id} item={item} rowIndex={rowIndex} nowMs={nowMs} onCancel={onCancel} />
      )}
    />
  );
}

interface BucketHeadProps {
  readonly importId: string;
  readonly onCancel: (item: ImportView) => void;
  readonly children: React.ReactNode;
}

function BucketHead({ importId, onCancel, children }: BucketHeadProps) {
  const bucket = useLive(
    'jobs',
    importId,
    (signal) => call('GET /v1/imports/{importId}', { params: { importId } }, signal),
    BUCKET_REFRESH_MS,
  );
  const { data } = bucket;
  return (
    <PageHead
      back={{ page: 'imports', label: 'Imports' }}
      title={
        <div className="row">
          <h1 className="truncate">{data === undefined ? 'Bucket' : nameOf(data)}</h1>
          {data !== undefined && (
            <span className={`pill ${IMPORT_TONES[data.state]}`}>{IMPORT_LABELS[data.state]}</span>
          )}
        </div>
      }
      note={
        data === undefined ? (bucket.error?.message ?? 'Loading…') : `${amountText(data)}; ${noteOf(data)}`
      }
    >
      {children}
      {data !== undefined && isOpen(data) && may('operator') && (
        <button type="button" className="button" onClick={() => onCancel(data)}>
          Cancel all…
        </button>
      )}
    </PageHead>
  );
}

interface NoImportsProps {
  readonly filter: ImportFilter;
  readonly isBucket: boolean;
  readonly add: React.ReactNode;
}

function NoImports({ filter, isBucket, add }: NoImportsProps) {
  if (filter !== 'all')
    return (
      <Empty icon="download" title="None of these">
        No import is in this state now.
      </Empty>
    );
  if (isBucket)
    return (
      <Empty icon="download" title="Nothing found yet">
        Objects appear here as the bucket is listed.
      </Empty>
    );
  return (
    <Empty icon="download" title="Nothing was imported yet" actions={add}>
      Give an address or a bucket, and Meridian fetches the media itself: resumed when a connection breaks,
      kept like an upload.
    </Empty>
  );
}

interface ImportRowProps {
  readonly item: ImportView;
  readonly rowIndex: number;
  readonly nowMs: number;
  readonly onCancel: (item: ImportView) => void;
}

const ImportRow = memo(function ImportRow({ item, rowIndex, nowMs, onCancel }: ImportRowProps) {
  const name = nameOf(item);
  return (
    <tr className="long-row import" aria-rowindex={rowIndex}>
      <td className="import-state">
        <span className={`pill ${IMPORT_TONES[item.state]}`}>{IMPORT_LABELS[item.state]}</span>
      </td>
      <td className="import-name">
        <ImportLink item={item} name={name} />
        <div className="faint row-sub truncate" title={item.location}>
          {noteOf(item)}
        </div>
      </td>
      <td className="import-progress">
        <ImportProgress item={item} name={name} />
      </td>
      <td className="wide-only mono soft truncate" title={item.nodeId ?? undefined}>
        {item.nodeId ?? '–'}
      </td>
      <td className="import-time nowrap soft" title={formatDateTime(item.updatedAtMs)}>
        {formatAgo(item.updatedAtMs, nowMs)}
      </td>
      <td className="cell-menu number">
        {isOpen(item) && may('operator') && (
          <button
            type="button"
            className="icon-button small"
            aria-label={`Cancel ${name}`}
            title="Cancel"
            onClick={() => onCancel(item)}
          >
            <Icon name="close" />
          </button>
        )}
      </td>
    </tr>
  );
});

function ImportLink({ item, name }: { readonly item: ImportView; readonly name: string }) {
  const to =
    item.kind === 'bucket'
      ? href('imports', item.id)
      : item.assetId !== null && item.state === 'done'
        ? href('assets', item.assetId)
        : undefined;
  if (to === undefined) return <span className="strong truncate import-plain">{name}</span>;
  return (
    <a className="truncate" data-row-link href={to} title={name}>
      {name}
    </a>
  );
}

function ImportProgress({ item, name }: { readonly item: ImportView; readonly name: string }) {
  if (item.failure !== null && item.state !== 'running')
    return (
      <div className={item.state === 'failed' ? 'job-failure' : 'job-why soft'} title={item.failure.message}>
        {item.failure.message}
      </div>
    );
  if (item.state !== 'running') return <span className="soft">{amountText(item)}</span>;
  return <Progress label={name} share={shareOf(item)} words={amountText(item)} />;
}

interface CancelDialogProps {
  readonly item: ImportView;
  readonly onClose: () => void;
  readonly onCancelled: () => void;
}

function CancelDialog({ item, onClose, onCancelled }: CancelDialogProps) {
  const cancel = async (): Promise<void> => {
    await call('POST /v1/imports/{importId}/cancel', { params: { importId: item.id } });
    tell('The import was cancelled');
    onCancelled();
  };
  return (
    <QuestionDialog
      title="Cancel this import?"
      action="Cancel the import"
      isDanger
      onConfirm={cancel}
      onClose={onClose}
    >
      <p>
        <strong className="dialog-name">{nameOf(item)}</strong> is not fetched any further.{' '}
        {item.kind === 'bucket' ? 'What was brought already stays.' : 'What has arrived of it is removed.'}
      </p>
    </QuestionDialog>
  );
}
