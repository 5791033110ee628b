// Asks for the name and the identifier of a new project.

import { useState } from 'react';
import { call } from '../api.ts';
import { FormDialog } from '../ui/form-dialog.tsx';
import { tell } from '../ui/toast.tsx';

/** A name as an identifier: what control accepts in addresses. */
function toProjectId(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63);
}

interface CreateProjectDialogProps {
  readonly onClose: () => void;
  readonly onCreated: (projectId: string) => void;
}

/** The dialog, open while rendered. */
export function CreateProjectDialog({ onClose, onCreated }: CreateProjectDialogProps) {
  const [name, setName] = useState('');
  const [ownId, setOwnId] = useState<string>();
  const id = ownId ?? toProjectId(name);
  const create = async (): Promise<void> => {
    await call('POST /v1/projects', { body: { id, name: name.trim() } });
    tell(`${name.trim()} was made`);
    onCreated(id);
  };
  return (
    <FormDialog
      title="New project"
      action="Make project"
      busy="Making…"
      isComplete={name.trim() !== '' && id !== ''}
      onSubmit={create}
      onClose={onClose}
    >
      <div className="field">
        <label htmlFor="project-name">Name</label>
        <input
          id="project-name"
          className="input"
          data-first-focus
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </div>
      <div className="field">
        <label htmlFor="project-id">Id</label>
        <input
          id="project-id"
          className="input mono"
          maxLength={63}
          value={id}
          onChange={(event) => setOwnId(toProjectId(event.target.value))}
        />
        <span className="field-hint">Stands in every address of its assets and cannot be changed later.</span>
      </div>
    </FormDialog>
  );
}
