// Projects: what each stores and sends and what that costs, against what it may.

import { useState } from 'react';
import type { WorldView } from '../../../src/contract/api/world.ts';
import { type ApiResult, call } from '../api.ts';
import { may } from '../session.ts';
import { href, navigate } from '../shell/router.ts';
import { formatBytes, formatCount, plural } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { PartsBar, PartsLegend } from '../ui/parts-bar.tsx';
import { useRowKeys } from '../ui/row-keys.ts';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { Total, Totals } from '../ui/totals.tsx';
import { usePolled } from '../ui/use-polled.ts';
import { CreateProjectDialog } from './create-project-dialog.tsx';
import { costOf, egressOf, formatCost, storedParts, toneOf, type Usage } from './describe-project.ts';
import { ProjectDetail } from './project-detail.tsx';

type Project = ApiResult<'GET /v1/projects'>['projects'][number];

const REFRESH_MS = 5_000;

interface ProjectsPageProps {
  readonly projectId: string | null;
  readonly world: WorldView | undefined;
}

/** The page; with `projectId`, one project. */
export function ProjectsPage({ projectId, world }: ProjectsPageProps) {
  const projects = usePolled('projects', (signal) => call('GET /v1/projects', {}, signal), REFRESH_MS);
  const usage = usePolled(
    'usage',
    (signal) => call('GET /v1/storage/usage', { query: {} }, signal),
    REFRESH_MS,
  );
  const [isCreating, setIsCreating] = useState(false);
  const known = projects.data?.projects.find(({ id }) => id === projectId);
  if (projectId !== null && known !== undefined)
    return (
      <ProjectDetail
        key={projectId}
        project={known}
        names={new Map(world?.regions.map(({ id, name }) => [id, name]))}
        usage={usage.data?.projects.find((each) => each.projectId === projectId)}
        onChanged={() => void Promise.all([projects.refresh(), usage.refresh()])}
      />
    );
  const list = projects.data?.projects;
  return (
    <div className="page-inner">
      <PageHead title="Projects" note="Each keeps its assets, tokens and keys apart from the others">
        {may('admin') && (
          <button type="button" className="button primary" onClick={() => setIsCreating(true)}>
            <Icon name="plus" />
            New project
          </button>
        )}
      </PageHead>
      {usage.data !== undefined && <UsageTotals usage={usage.data} />}
      <section className="card" aria-label="Projects">
        {list === undefined ? (
          projects.error === undefined ? (
            <SkeletonRows count={3} height={57} />
          ) : (
            <LoadFailed what="The projects" error={projects.error} onRetry={() => void projects.refresh()} />
          )
        ) : list.length === 0 ? (
          <Empty icon="folder" title="No projects">
            The first one is made at the first start.
          </Empty>
        ) : (
          <ProjectTable projects={list} usage={usage.data?.projects ?? []} />
        )}
      </section>
      {isCreating && (
        <CreateProjectDialog
          onClose={() => setIsCreating(false)}
          onCreated={(id) => {
            setIsCreating(false);
            void projects.refresh().then(() => navigate('projects', id));
          }}
        />
      )}
    </div>
  );
}

function UsageTotals({ usage }: { readonly usage: ApiResult<'GET /v1/storage/usage'> }) {
  const { projects } = usage;
  const sum = (pick: (usage: Usage) => number): number =>
    projects.reduce((total, each) => total + pick(each), 0);
  const egress = sum((each) => egressOf(each).bytes);
  const regional = usage.egress.reduce((total, { bytesLast30Days }) => total + bytesLast30Days, 0);
  return (
    <Totals label="All projects together">
      <Total
        label="Stored"
        value={formatBytes(sum(({ storedBytes }) => storedBytes))}
        note="in all regions, all copies"
      />
      <Total label="Sent" value={formatBytes(egress)} note="by edges in 30 days" />
      <Total label="Cost" value={formatCost(sum(costOf))} note="storage of a month, egress of 30 days" />
      <Total
        label="Uploaded"
        value={formatBytes(sum(({ uploadedBytesLastDay }) => uploadedBytesLastDay))}
        note="within a day"
      />
      <Total
        label="Assets"
        value={formatCount(sum(({ assets }) => assets))}
        note={
          regional > egress * 1.02
            ? `${formatBytes(regional - egress)} sent besides, of no project`
            : plural(projects.length, 'project')
        }
      />
    </Totals>
  );
}

interface ProjectTableProps {
  readonly projects: readonly Project[];
  readonly usage: readonly Usage[];
}

function ProjectTable({ projects, usage }: ProjectTableProps) {
  useRowKeys();
  const byId = new Map(usage.map((each) => [each.projectId, each]));
  const first = usage[0];
  return (
    <>
      {first !== undefined && (
        <div className="card-head">
          <span />
          <PartsLegend parts={storedParts(first)} />
        </div>
      )}
      <div className="table-scroll">
        <table className="table projects">
          <thead>
            <tr>
              <th>Project</th>
              <th className="number">Assets</th>
              <th>Stored</th>
              <th className="number wide-only">Sent in 30 days</th>
              <th className="number">Cost</th>
              <th className="wide-only">Quota</th>
            </tr>
          </thead>
          <tbody>
            {projects.map((project) => (
              <ProjectRow key={project.id} project={project} usage={byId.get(project.id)} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function ProjectRow({ project, usage }: { readonly project: Project; readonly usage: Usage | undefined }) {
  return (
    <tr>
      <td>
        <a className="strong project-name" data-row-link href={href('projects', project.id)}>
          {project.name}
        </a>
        <div className="faint mono small">{project.id}</div>
      </td>
      <td className="number">{formatCount(project.assetCount)}</td>
      <td className="project-stored">
        {usage === undefined ? (
          '–'
        ) : (
          <>
            <span className="nowrap">{formatBytes(usage.storedBytes)}</span>
            <PartsBar label={`Stored of ${project.name}`} parts={storedParts(usage)} />
          </>
        )}
      </td>
      <td className="number nowrap wide-only">
        {usage === undefined ? '–' : formatBytes(egressOf(usage).bytes)}
      </td>
      <td className="number nowrap">{usage === undefined ? '–' : formatCost(costOf(usage))}</td>
      <td className="wide-only">{usage === undefined ? '–' : <NearestQuota usage={usage} />}</td>
    </tr>
  );
}

/** The quota that is used up most. */
function NearestQuota({ usage }: { readonly usage: Usage }) {
  const { quotas } = usage;
  const used: (readonly [string, number, number | null])[] = [
    ['storage', usage.storedBytes, quotas.storedBytesMax],
    ['assets', usage.assets, quotas.assetsMax],
    ['uploads a day', usage.uploadedBytesLastDay, quotas.uploadBytesPerDayMax],
  ];
  const shares = used
    .flatMap(([name, value, max]) => (max === null ? [] : [{ name, share: value / max }]))
    .sort((one, other) => other.share - one.share);
  const nearest = shares[0];
  if (nearest === undefined) return <span className="faint">none</span>;
  return (
    <span className="nowrap">
      <span className={`meter ${toneOf(nearest.share)}`} aria-hidden="true">
        <span style={{ width: `${Math.min(1, nearest.share) * 100}%` }} />
      </span>
      {Math.round(nearest.share * 100)} % of {nearest.name}
    </span>
  );
}
