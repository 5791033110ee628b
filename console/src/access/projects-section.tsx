// Projects, and the signing keys with which a project's own backend makes tokens offline.

import { useState } from 'react';
import { type ApiResult, call } from '../api.ts';
import { may } from '../session.ts';
import { Dialog, ErrorNotice } from '../ui/dialog.tsx';
import { formatClock, formatCount, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { MenuButton } from '../ui/menu.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { tell, tellFailure } from '../ui/toast.tsx';
import { usePolled } from '../ui/use-polled.ts';
import { SecretDialog } from './secret-dialog.tsx';

type Project = ApiResult<'GET /v1/projects'>['projects'][number];
type SigningKey = ApiResult<'POST /v1/projects/{projectId}/keys'>;

const REFRESH_MS = 10_000;

/** The section. */
export function ProjectsSection() {
  const projects = usePolled('projects', (signal) => call('GET /v1/projects', {}, signal), REFRESH_MS);
  const [isCreating, setIsCreating] = useState(false);
  const [key, setKey] = useState<SigningKey>();
  const makeKey = async (project: Project, use: 'playback' | 'upload'): Promise<void> => {
    try {
      setKey(
        await call('POST /v1/projects/{projectId}/keys', {
          params: { projectId: project.id },
          body: { use },
        }),
      );
    } catch (error) {
      tellFailure('The key could not be made', error);
    }
  };
  return (
    <section className="card" aria-label="Projects">
      <div className="card-head">
        <span className="soft">A project keeps its assets, tokens and keys apart from the others.</span>
        {may('admin') && (
          <button type="button" className="button primary compact" onClick={() => setIsCreating(true)}>
            <Icon name="plus" />
            New project
          </button>
        )}
      </div>
      {projects.data === undefined ? (
        projects.error === undefined ? (
          <SkeletonRows count={3} />
        ) : (
          <LoadFailed what="The projects" error={projects.error} onRetry={() => void projects.refresh()} />
        )
      ) : projects.data.projects.length === 0 ? (
        <Empty icon="access" title="No projects">
          The first one is made at the first start.
        </Empty>
      ) : (
        <ProjectTable
          projects={projects.data.projects}
          onMakeKey={(project, use) => void makeKey(project, use)}
        />
      )}
      {isCreating && (
        <CreateProjectDialog
          onClose={() => setIsCreating(false)}
          onCreated={() => {
            setIsCreating(false);
            void projects.refresh();
          }}
        />
      )}
      {key !== undefined && (
        <SecretDialog
          title={`Signing key ${key.keyId}`}
          secret={key.privateKeyPem}
          what="private key"
          note={`Every region accepts it from ${formatClock(key.usableFromMs)} on.`}
          onClose={() => setKey(undefined)}
        />
      )}
    </section>
  );
}

interface ProjectTableProps {
  readonly projects: readonly Project[];
  readonly onMakeKey: (project: Project, use: 'playback' | 'upload') => void;
}

function ProjectTable({ projects, onMakeKey }: ProjectTableProps) {
  return (
    <div className="table-scroll">
      <table className="table">
        <thead>
          <tr>
            <th>Name</th>
            <th>Id</th>
            <th className="number">Assets</th>
            <th className="wide-only">Created</th>
            <th>
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {projects.map((project) => (
            <tr key={project.id}>
              <td className="strong">{project.name}</td>
              <td className="mono soft">{project.id}</td>
              <td className="number">{formatCount(project.assetCount)}</td>
              <td className="soft nowrap wide-only">{formatDateTime(project.createdAtMs)}</td>
              <td className="number">
                {may('admin') && (
                  <MenuButton
                    label={`Actions for ${project.name}`}
                    items={[
                      {
                        label: 'New playback key',
                        icon: 'key',
                        onSelect: () => onMakeKey(project, 'playback'),
                      },
                      {
                        label: 'New upload key',
                        icon: 'upload',
                        onSelect: () => onMakeKey(project, 'upload'),
                      },
                    ]}
                  />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

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
  readonly onCreated: () => void;
}

function CreateProjectDialog({ onClose, onCreated }: CreateProjectDialogProps) {
  const [name, setName] = useState('');
  const [ownId, setOwnId] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const id = ownId ?? toProjectId(name);
  const submit = async (): Promise<void> => {
    setIsBusy(true);
    setError(undefined);
    try {
      await call('POST /v1/projects', { body: { id, name: name.trim() } });
      tell(`${name.trim()} was made`);
      onCreated();
    } catch (reason) {
      setError(reason instanceof Error ? reason : new Error(String(reason)));
      setIsBusy(false);
    }
  };
  return (
    <Dialog
      title="New project"
      onClose={onClose}
      onSubmit={() => void submit()}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            className="button primary"
            disabled={isBusy || name.trim() === '' || id === ''}
          >
            {isBusy ? 'Making…' : 'Make project'}
          </button>
        </>
      }
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
      {error !== undefined && <ErrorNotice error={error} />}
    </Dialog>
  );
}
