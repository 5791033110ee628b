// Asks what a new API token is for, what it may do and how long.

import { useState } from 'react';
import type { ApiRole } from '../../../src/contract/route.ts';
import { call } from '../api.ts';
import { CheckField } from '../ui/fields.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { ProjectField } from '../ui/project-field.tsx';
import { usePolled } from '../ui/use-polled.ts';

const DAY_MS = 86_400_000;
const WORLD_INTERVAL_MS = 2_000;

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
  const [regionIds, setRegionIds] = useState<readonly string[]>([]);
  const [lifetime, setLifetime] = useState(0);
  const mayLimit = role === 'operator' && projectId === '';
  const submit = async (): Promise<void> => {
    const made = await call('POST /v1/tokens', {
      body: {
        name: name.trim(),
        role,
        projectId: projectId === '' ? null : projectId,
        regionIds: mayLimit && regionIds.length > 0 ? [...regionIds] : null,
        ttlMs: LIFETIMES[lifetime]?.ttlMs ?? null,
      },
    });
    onCreated(made.token);
  };
  return (
    <FormDialog
      title="New API token"
      action="Make token"
      busy="Making…"
      isComplete={name.trim() !== ''}
      onSubmit={submit}
      onClose={onClose}
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
      {mayLimit && <RegionChoice regionIds={regionIds} onChange={setRegionIds} />}
      <div className="field-pair">
        <ProjectField id="token-project" none="All projects" value={projectId} onChange={setProjectId} />
        <LifetimeChoice value={lifetime} onChange={setLifetime} />
      </div>
    </FormDialog>
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

interface RegionChoiceProps {
  readonly regionIds: readonly string[];
  readonly onChange: (regionIds: readonly string[]) => void;
}

function RegionChoice({ regionIds, onChange }: RegionChoiceProps) {
  const world = usePolled('world', (signal) => call('GET /v1/world', {}, signal), WORLD_INTERVAL_MS);
  return (
    <fieldset className="choices">
      <legend className="field-label">Regions</legend>
      {world.data?.regions.map(({ id, name }) => (
        <CheckField
          key={id}
          isChecked={regionIds.includes(id)}
          onChange={(isChecked) =>
            onChange(isChecked ? [...regionIds, id] : regionIds.filter((other) => other !== id))
          }
        >
          {name}
        </CheckField>
      ))}
      <span className="field-hint">
        {regionIds.length === 0
          ? 'None chosen: it drains, restores, pauses and runs runbooks in all of them.'
          : 'It drains, restores, pauses and runs runbooks in these alone.'}
      </span>
    </fieldset>
  );
}

interface LifetimeChoiceProps {
  /** Index into LIFETIMES. */
  readonly value: number;
  readonly onChange: (lifetime: number) => void;
}

function LifetimeChoice({ value, onChange }: LifetimeChoiceProps) {
  return (
    <div className="field">
      <label htmlFor="token-lifetime">Lifetime</label>
      <select
        id="token-lifetime"
        className="input"
        value={value}
        onChange={(event) => onChange(Number(event.target.value))}
      >
        {LIFETIMES.map((option, index) => (
          <option key={option.label} value={index}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}
