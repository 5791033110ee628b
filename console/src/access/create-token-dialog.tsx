// Asks what a new API token is for, what it may do and how long.

import { useState } from 'react';
import type { ApiRole } from '../../../src/contract/route.ts';
import { call } from '../api.ts';
import { Dialog, ErrorNotice } from '../ui/dialog.tsx';
import { usePolled } from '../ui/use-polled.ts';

const REFRESH_MS = 10_000;
const DAY_MS = 86_400_000;

const ROLE_NOTES: Readonly<Record<ApiRole, string>> = {
  viewer: 'sees everything, changes nothing',
  operator: 'uploads, edits, drains',
  admin: 'also makes tokens and projects',
};
const ROLES: readonly ApiRole[] = ['viewer', 'operator', 'admin'];

const LIFETIMES = [
  { label: 'Never expires', ttlMs: null },
  { label: 'A day', ttlMs: DAY_MS },
  { label: '30 days', ttlMs: 30 * DAY_MS },
  { label: 'A year', ttlMs: 365 * DAY_MS },
] as const;

interface CreateTokenDialogProps {
  readonly onClose: () => void;
  readonly onCreated: (token: string) => void;
}

/** The dialog, open while rendered. */
export function CreateTokenDialog({ onClose, onCreated }: CreateTokenDialogProps) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<ApiRole>('operator');
  const [projectId, setProjectId] = useState('');
  const [lifetime, setLifetime] = useState(0);
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const submit = async (): Promise<void> => {
    setIsBusy(true);
    setError(undefined);
    try {
      const made = await call('POST /v1/tokens', {
        body: {
          name: name.trim(),
          role,
          projectId: projectId === '' ? null : projectId,
          ttlMs: LIFETIMES[lifetime]?.ttlMs ?? null,
        },
      });
      onCreated(made.token);
    } catch (reason) {
      setError(reason instanceof Error ? reason : new Error(String(reason)));
      setIsBusy(false);
    }
  };
  return (
    <Dialog
      title="New API token"
      onClose={onClose}
      onSubmit={() => void submit()}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={isBusy || name.trim() === ''}>
            {isBusy ? 'Making…' : 'Make token'}
          </button>
        </>
      }
    >
      <div className="field">
        <label htmlFor="token-name">Name</label>
        <input
          id="token-name"
          className="input"
          data-first-focus
          maxLength={100}
          placeholder="Who or what uses it"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      </div>
      <RoleChoice role={role} onChange={setRole} />
      <div className="field-pair">
        <ProjectChoice value={projectId} onChange={setProjectId} />
        <div className="field">
          <label htmlFor="token-lifetime">Lifetime</label>
          <select
            id="token-lifetime"
            className="input"
            value={lifetime}
            onChange={(event) => setLifetime(Number(event.target.value))}
          >
            {LIFETIMES.map((option, index) => (
              <option key={option.label} value={index}>
                {option.label}
              </option>
            ))}
          </select>
        </div>
      </div>
      {error !== undefined && <ErrorNotice error={error} />}
    </Dialog>
  );
}

interface RoleChoiceProps {
  readonly role: ApiRole;
  readonly onChange: (role: ApiRole) => void;
}

function RoleChoice({ role, onChange }: RoleChoiceProps) {
  return (
    <fieldset className="choices">
      <legend className="field-label">Role</legend>
      {ROLES.map((option) => (
        <label key={option} className="checkbox">
          <input type="radio" name="role" checked={role === option} onChange={() => onChange(option)} />
          <span>
            {option} <span className="faint">{ROLE_NOTES[option]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

interface ProjectChoiceProps {
  /** Empty: all projects. */
  readonly value: string;
  readonly onChange: (projectId: string) => void;
}

function ProjectChoice({ value, onChange }: ProjectChoiceProps) {
  const projects = usePolled('projects', (signal) => call('GET /v1/projects', {}, signal), REFRESH_MS);
  return (
    <div className="field">
      <label htmlFor="token-project">Project</label>
      <select
        id="token-project"
        className="input"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      >
        <option value="">All projects</option>
        {projects.data?.projects.map((project) => (
          <option key={project.id} value={project.id}>
            {project.name}
          </option>
        ))}
      </select>
    </div>
  );
}
