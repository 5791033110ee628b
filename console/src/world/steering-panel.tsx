// Who goes where and why: per viewer group the order of pathways, the shares in which sessions start, and the
// reasons of the planner in words.

import type { WorldView } from '../../../src/contract/api/world.ts';
import type { ApiResult } from '../api.ts';
import { formatAgo, formatShare } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { hueOf, type PlanGroup, regionOfPathway } from './derive.ts';
import { explainReason } from './reasons.ts';

export type Findings = ApiResult<'GET /v1/steering'>['findings'];

interface SteeringPanelProps {
  readonly world: WorldView;
  readonly findings: Findings;
}

/** The steering table. */
export function SteeringPanel({ world, findings }: SteeringPanelProps) {
  const { steering } = world;
  return (
    <section className="card" aria-labelledby="steering-title">
      <div className="card-head">
        <h2 id="steering-title">Steering</h2>
        <span className="soft small">
          Plan {steering.generation}, made {formatAgo(steering.createdAtMs, world.nowMs)}. The lowest score
          comes first; players ask again every {steering.ttlMs / 1_000} s.
        </span>
      </div>
      {findings.length > 0 && (
        <div className="steering-findings" role="alert">
          {findings.map((finding) => (
            <div key={`${finding.code} ${finding.message}`} className="notice bad">
              <Icon name="warning" />
              <div>
                <strong>The checker of the plan objects</strong>
                <div>{finding.message}</div>
              </div>
            </div>
          ))}
        </div>
      )}
      {steering.groups.length === 0 ? (
        <p className="card-body soft">No plan yet. It is made as soon as the first site is up.</p>
      ) : (
        <div className="steering">
          {steering.groups.map((group) => (
            <Group key={group.id} world={world} group={group} />
          ))}
        </div>
      )}
    </section>
  );
}

function Group({ world, group }: { readonly world: WorldView; readonly group: PlanGroup }) {
  const name = world.regions.find(({ id }) => id === group.id)?.name ?? group.id;
  const shares = new Map(group.shares.map(({ pathwayId, share }) => [pathwayId, share]));
  const reasons = group.reasons.map(explainReason);
  return (
    <div className="steering-group">
      <div className="steering-who">
        <span className="faint small">Viewers near</span>
        <h3>{name}</h3>
      </div>
      <div className="steering-where">
        <ShareBar world={world} group={group} />
        <ol className="steering-order" aria-label={`Order of pathways near ${name}`}>
          {group.order.map((pathwayId, index) => {
            const share = shares.get(pathwayId) ?? 0;
            return (
              <li key={pathwayId} className={share > 0 ? undefined : 'is-unused'}>
                <span className="steering-rank">{index + 1}</span>
                <span className={`swatch ${hueOf(world, regionOfPathway(world, pathwayId)?.id)}`} />
                <span className="mono">{pathwayId}</span>
                <b className="steering-share">{share > 0 ? formatShare(share, 0) : ''}</b>
              </li>
            );
          })}
        </ol>
      </div>
      <ul className="steering-why" aria-label="Reasons">
        {reasons.map((reason) => (
          <li key={reason.text} className={reason.isAlarming ? 'is-alarming' : undefined}>
            {reason.isRaw ? <code>{reason.text}</code> : reason.text}
          </li>
        ))}
        {reasons.length === 0 && <li>No reasons were given.</li>}
      </ul>
    </div>
  );
}

function ShareBar({ world, group }: { readonly world: WorldView; readonly group: PlanGroup }) {
  const text = group.shares.map(({ pathwayId, share }) => `${pathwayId} ${formatShare(share, 0)}`).join(', ');
  return (
    <div className="share-bar" role="img" aria-label={`Shares: ${text === '' ? 'none' : text}`} title={text}>
      {group.shares.map(({ pathwayId, share }) => (
        <span
          key={pathwayId}
          className={`share-part ${hueOf(world, regionOfPathway(world, pathwayId)?.id)}`}
          style={{ flexGrow: share }}
        />
      ))}
    </div>
  );
}
