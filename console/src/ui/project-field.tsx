// Which project: a list of those that the person may see.

import { call } from '../api.ts';
import { usePolled } from './use-polled.ts';

const REFRESH_MS = 10_000;

interface ProjectFieldProps {
  readonly id: string;
  /** What choosing no project means; absent: one must be chosen. */
  readonly none?: string;
  /** Empty: none. */
  readonly value: string;
  readonly onChange: (projectId: string) => void;
}

/** The field. */
export function ProjectField({ id, none, value, onChange }: ProjectFieldProps) {
  const projects = usePolled('projects', (signal) => call('GET /v1/projects', {}, signal), REFRESH_MS);
  return (
    <div className="field">
      <label htmlFor={id}>Project</label>
      <select id={id} className="input" value={value} onChange={(event) => onChange(event.target.value)}>
        {none !== undefined && <option value="">{none}</option>}
        {projects.data?.projects.map((project) => (
          <option key={project.id} value={project.id}>
            {project.name}
          </option>
        ))}
      </select>
    </div>
  );
}
