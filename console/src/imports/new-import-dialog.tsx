// Asks what to import: an address, or a bucket by the name that the configuration gives it.

import { useState } from 'react';
import type { Visibility } from '../../../src/contract/media.ts';
import { call } from '../api.ts';
import { ownProject } from '../session.ts';
import { TextField, VisibilityField } from '../ui/fields.tsx';
import { Filter, type FilterOption } from '../ui/filter.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { ProjectField } from '../ui/project-field.tsx';
import { tell } from '../ui/toast.tsx';

type Kind = 'url' | 'bucket';

const KINDS: readonly FilterOption<Kind>[] = [
  { value: 'url', label: 'An address' },
  { value: 'bucket', label: 'A bucket' },
];

interface NewImportDialogProps {
  readonly onClose: () => void;
  readonly onAdded: () => void;
}

interface Draft {
  readonly kind: Kind;
  readonly url: string;
  readonly name: string;
  readonly source: string;
  readonly prefix: string;
  readonly projectId: string;
  readonly visibility: Visibility;
}

function bodyOf({ kind, url, name, source, prefix, projectId, visibility }: Draft) {
  const what =
    kind === 'url'
      ? { url: url.trim(), ...(name.trim() === '' ? {} : { name: name.trim() }) }
      : { s3: { source: source.trim(), prefix: prefix.trim() } };
  return { ...what, projectId, visibility };
}

/** The dialog, open while rendered. */
export function NewImportDialog({ onClose, onAdded }: NewImportDialogProps) {
  const [draft, setDraft] = useState<Draft>(() => ({
    kind: 'url',
    url: '',
    name: '',
    source: '',
    prefix: '',
    projectId: ownProject(),
    visibility: 'public',
  }));
  const change = (changes: Partial<Draft>): void => setDraft({ ...draft, ...changes });
  const add = async (): Promise<void> => {
    await call('POST /v1/imports', { body: bodyOf(draft) });
    tell(draft.kind === 'url' ? 'The import was added' : 'The bucket is being listed');
    onAdded();
  };
  return (
    <FormDialog
      title="New import"
      action="Import"
      busy="Adding…"
      isComplete={(draft.kind === 'url' ? draft.url : draft.source).trim() !== ''}
      onSubmit={add}
      onClose={onClose}
    >
      <Filter label="Import from" options={KINDS} value={draft.kind} onChange={(kind) => change({ kind })} />
      {draft.kind === 'url' ? (
        <AddressFields draft={draft} onChange={change} />
      ) : (
        <BucketFields draft={draft} onChange={change} />
      )}
      <div className="field-pair">
        <ProjectField
          id="import-project"
          value={draft.projectId}
          onChange={(projectId) => change({ projectId })}
        />
        <VisibilityField
          id="import-visibility"
          value={draft.visibility}
          onChange={(visibility) => change({ visibility })}
        />
      </div>
    </FormDialog>
  );
}

interface FieldsProps {
  readonly draft: Draft;
  readonly onChange: (changes: Partial<Draft>) => void;
}

function AddressFields({ draft, onChange }: FieldsProps) {
  return (
    <>
      <TextField
        id="import-url"
        label="Address"
        type="url"
        placeholder="https://media.example.com/film.mp4"
        value={draft.url}
        onChange={(url) => onChange({ url })}
      />
      <TextField
        id="import-name"
        label="Name"
        placeholder="As the last part of the address"
        value={draft.name}
        onChange={(name) => onChange({ name })}
      />
    </>
  );
}

function BucketFields({ draft, onChange }: FieldsProps) {
  return (
    <>
      <TextField
        id="import-source"
        label="Source"
        placeholder="archive"
        hint="A name under imports.sources in the configuration of the nodes, which holds the keys."
        value={draft.source}
        onChange={(source) => onChange({ source })}
      />
      <TextField
        id="import-prefix"
        label="Prefix"
        placeholder="talks/2026/"
        hint="Only objects whose keys begin so. Empty: all media of the bucket."
        value={draft.prefix}
        onChange={(prefix) => onChange({ prefix })}
      />
    </>
  );
}
