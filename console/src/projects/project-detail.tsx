// One project: what it uses and what that costs, its quotas, its settings, its signing keys.

import { useState } from 'react';
import { SecretDialog } from '../access/secret-dialog.tsx';
import { type ApiResult, call } from '../api.ts';
import { may } from '../session.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { formatBytes, formatClock, formatCount, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { MenuButton } from '../ui/menu.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { PartsBar, PartsLegend } from '../ui/parts-bar.tsx';
import { SkeletonRows } from '../ui/states.tsx';
import { tellFailure } from '../ui/toast.tsx';
import { Total, Totals } from '../ui/totals.tsx';
import { costOf, egressOf, formatCost, storedParts, toneOf, type Usage } from './describe-project.ts';
import { ProjectSettings } from './project-settings.tsx';
import { QuotasDialog } from './quotas-dialog.tsx';

export type Project = ApiResult<'GET /v1/projects'>['projects'][number];
type SigningKey = ApiResult<'POST /v1/projects/{projectId}/keys'>;

interface ProjectDetailProps {
  readonly project: Project;
  /** Names of regions by identifier. */
  readonly names: ReadonlyMap<string, string>;
  /** undefined: not known yet. */
  readonly usage: Usage | undefined;
  readonly onChanged: () => void;
}

/** The page of one project. */
export function ProjectDetail({ project, names, usage, onChanged }: ProjectDetailProps) {
  const [isEditing, setIsEditing] = useState(false);
  return (
    <div className="page-inner">
      <PageHead
        back={{ page: 'projects', label: 'Projects' }}
        title={project.name}
        note={
          <span className="row">
            <span className="mono">{project.id}</span>
            <CopyButton text={project.id} what="project id" />
            <span>made {formatDateTime(project.createdAtMs)}</span>
          </span>
        }
      >
        {may('admin') && <KeyMenu project={project} />}
      </PageHead>
      {usage === undefined ? (
        <div className="card">
          <SkeletonRows count={5} />
        </div>
      ) : (
        <>
          <ProjectTotals usage={usage} />
          <div className="columns">
            <Regions usage={usage} names={names} />
            <div className="stack">
              <QuotaCard usage={usage} onEdit={() => setIsEditing(true)} />
              <ProjectSettings project={project} onChanged={onChanged} />
            </div>
          </div>
          {isEditing && (
            <QuotasDialog
              projectId={project.id}
              quotas={usage.quotas}
              onClose={() => setIsEditing(false)}
              onChanged={() => {
                setIsEditing(false);
                onChanged();
              }}
            />
          )}
        </>
      )}
    </div>
  );
}

/** Keys with which the project's own backend signs tokens offline. */
function KeyMenu({ project }: { readonly project: Project }) {
  const [key, setKey] = useState<SigningKey>();
  const make = async (use: 'playback' | 'upload'): Promise<void> => {
    try {
      const params = { projectId: project.id };
      setKey(await call('POST /v1/projects/{projectId}/keys', { params, body: { use } }));
    } catch (error) {
      tellFailure('The key could not be made', error);
    }
  };
  return (
    <>
      <MenuButton
        label={`Actions for ${project.name}`}
        items={[
          { label: 'New playback key', icon: 'key', onSelect: () => void make('playback') },
          { label: 'New upload key', icon: 'upload', onSelect: () => void make('upload') },
        ]}
      />
      {key !== undefined && (
        <SecretDialog
          title={`Signing key ${key.keyId}`}
          secret={key.privateKeyPem}
          what="private key"
          note={`Every region accepts it from ${formatClock(key.usableFromMs)} on.`}
          onClose={() => setKey(undefined)}
        />
      )}
    </>
  );
}

function ProjectTotals({ usage }: { readonly usage: Usage }) {
  const egress = egressOf(usage);
  return (
    <Totals label="Usage">
      <Total label="Stored" value={formatBytes(usage.storedBytes)} note="in all regions, all copies" />
      <Total label="Storage" value={formatCost(usage.storedCostPerMonth)} note="a month, at this size" />
      <Total label="Sent" value={formatBytes(egress.bytes)} note="by edges in 30 days" />
      <Total label="Egress" value={formatCost(egress.cost)} note="for these 30 days" />
      <Total label="Cost" value={formatCost(costOf(usage))} note="both together" />
    </Totals>
  );
}

interface RegionsProps {
  readonly usage: Usage;
  readonly names: ReadonlyMap<string, string>;
}

function Regions({ usage, names }: RegionsProps) {
  const regionIds = [...new Set([...usage.egress, ...usage.stored].map(({ regionId }) => regionId))];
  return (
    <section className="card" aria-label="By region">
      <div className="card-head">
        <h2>By region</h2>
        <PartsLegend parts={storedParts(usage)} />
      </div>
      <div className="table-scroll">
        <table className="table">
          <thead>
            <tr>
              <th>Region</th>
              <th>Stored</th>
              <th className="number">Sent in 30 days</th>
              <th className="number">Egress cost</th>
            </tr>
          </thead>
          <tbody>
            {regionIds.map((regionId) => {
              const parts = storedParts(usage, regionId);
              const egress = usage.egress.find((each) => each.regionId === regionId);
              return (
                <tr key={regionId}>
                  <td className="strong">{names.get(regionId) ?? regionId}</td>
                  <td className="project-stored">
                    <span className="nowrap">
                      {formatBytes(parts.reduce((sum, { value }) => sum + value, 0))}
                    </span>
                    <PartsBar label={`Stored in ${regionId}`} parts={parts} />
                  </td>
                  <td className="number nowrap">{formatBytes(egress?.bytesLast30Days ?? 0)}</td>
                  <td className="number nowrap">{formatCost(egress?.cost ?? 0)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function QuotaCard({ usage, onEdit }: { readonly usage: Usage; readonly onEdit: () => void }) {
  const { quotas } = usage;
  return (
    <section className="card" aria-label="Quotas">
      <div className="card-head">
        <h2>Quotas</h2>
        {may('admin') && (
          <button type="button" className="button compact" onClick={onEdit}>
            <Icon name="pencil" />
            Change…
          </button>
        )}
      </div>
      <div className="card-body quotas">
        <Quota label="Stored" used={usage.storedBytes} max={quotas.storedBytesMax} format={formatBytes} />
        <Quota label="Assets" used={usage.assets} max={quotas.assetsMax} format={formatCount} />
        <Quota
          label="Uploaded within a day"
          used={usage.uploadedBytesLastDay}
          max={quotas.uploadBytesPerDayMax}
          format={formatBytes}
        />
        <div className="spread row">
          <span>Kept for</span>
          <span className="soft">
            {quotas.retentionDays === null
              ? 'as long as nobody deletes'
              : `${formatCount(quotas.retentionDays)} days`}
          </span>
        </div>
      </div>
    </section>
  );
}

interface QuotaProps {
  readonly label: string;
  readonly used: number;
  readonly max: number | null;
  readonly format: (value: number) => string;
}

function Quota({ label, used, max, format }: QuotaProps) {
  const share = max === null ? 0 : used / max;
  return (
    <div>
      <div className="spread row">
        <span>{label}</span>
        <span className="soft">
          {max === null ? `${format(used)}, no limit` : `${format(used)} of ${format(max)}`}
        </span>
      </div>
      {max !== null && (
        <span className={`meter wide ${toneOf(share)}`} aria-hidden="true">
          <span style={{ width: `${Math.min(1, share) * 100}%` }} />
        </span>
      )}
    </div>
  );
}
