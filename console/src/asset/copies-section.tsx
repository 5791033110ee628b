// Where an asset is kept: source and renditions by region, verified when, and the repairs under way.

import type { RepairView } from '../../../src/contract/api/storage.ts';
import { formatAge, formatAgo, formatBytes, formatDateTime, listWords } from '../ui/format.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import {
  type Copies,
  type CopyState,
  type CopyView,
  copyIn,
  copyState,
  explainRepair,
  isUnderWay,
  otherBytes,
  wholeCount,
} from './describe-copies.ts';

interface CopiesSectionProps {
  readonly copies: Copies;
  /** Names of regions by identifier, in the order of the world. */
  readonly names: ReadonlyMap<string, string>;
}

/** The card. */
export function CopiesSection({ copies, names }: CopiesSectionProps) {
  const regionIds = [...new Set([...names.keys(), ...copies.copies.map(({ regionId }) => regionId)])];
  const repairs = copies.repairs.filter(isUnderWay);
  return (
    <section className="card" aria-label="Copies">
      <div className="card-head">
        <h2>Copies</h2>
        {copies.deletion === null && (
          <div className="row wrap">
            <Wanted
              label="source"
              have={wholeCount(copies, regionIds, 'source')}
              want={copies.wanted.source}
            />
            <Wanted
              label="renditions"
              have={wholeCount(copies, regionIds, 'renditions')}
              want={copies.wanted.renditions}
            />
          </div>
        )}
      </div>
      <div className="table-scroll">
        <table className="table copies">
          <thead>
            <tr>
              <th>Region</th>
              <th>Source</th>
              <th>Renditions</th>
              <th className="number wide-only">Besides</th>
            </tr>
          </thead>
          <tbody>
            {regionIds.map((regionId) => {
              const besides = otherBytes(copies, regionId);
              return (
                <tr key={regionId}>
                  <td className="strong">{names.get(regionId) ?? regionId}</td>
                  <td>
                    <Copy copy={copyIn(copies, regionId, 'source')} />
                  </td>
                  <td>
                    <Copy copy={copyIn(copies, regionId, 'renditions')} />
                  </td>
                  <td className="number soft nowrap wide-only" title="Other versions, captions, posters">
                    {besides === 0 ? '–' : formatBytes(besides)}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {repairs.length > 0 && <Repairs repairs={repairs} names={names} />}
    </section>
  );
}

function Wanted({
  label,
  have,
  want,
}: {
  readonly label: string;
  readonly have: number;
  readonly want: number;
}) {
  return (
    <span className={have >= want ? 'pill good' : have === 0 ? 'pill bad' : 'pill warn'}>
      {have} of {want} {label}
    </span>
  );
}

const LOOKS: Readonly<
  Record<CopyState, { readonly icon: IconName; readonly tone: string; readonly label: string }>
> = {
  whole: { icon: 'check', tone: 'good', label: 'whole' },
  partial: { icon: 'clock', tone: 'warn', label: 'in part' },
  damaged: { icon: 'warning', tone: 'bad', label: 'damaged' },
  lost: { icon: 'close', tone: 'bad', label: 'lost' },
  none: { icon: 'close', tone: 'none', label: 'none' },
};

function Copy({ copy }: { readonly copy: CopyView | undefined }) {
  const state = copyState(copy);
  if (copy === undefined) return <span className="faint">–</span>;
  const { icon, tone, label } = LOOKS[state];
  const nowMs = Date.now();
  const note =
    copy.lostAtMs !== null
      ? formatAgo(copy.lostAtMs, nowMs)
      : copy.damagedObjects > 0
        ? `${copy.damagedObjects} objects`
        : copy.verifiedAtMs !== null
          ? `verified ${formatAgo(copy.verifiedAtMs, nowMs)}`
          : copy.reportedAtMs === null
            ? 'not reported yet'
            : 'not verified yet';
  return (
    <span
      className={`copy ${tone}`}
      title={copy.verifiedAtMs === null ? undefined : formatDateTime(copy.verifiedAtMs)}
    >
      <Icon name={icon} />
      <span>
        <span className="nowrap">
          {label}
          {copy.lostAtMs === null && <span className="copy-bytes">, {formatBytes(copy.bytes)}</span>}
        </span>
        <span className="faint small">{note}</span>
      </span>
    </span>
  );
}

interface RepairsProps {
  readonly repairs: readonly RepairView[];
  readonly names: ReadonlyMap<string, string>;
}

function Repairs({ repairs, names }: RepairsProps) {
  const nowMs = Date.now();
  const nameOf = (id: string): string => names.get(id) ?? id;
  return (
    <ul className="repairs" aria-label="Repairs under way">
      {repairs.map((repair) => (
        <li key={repair.id}>
          <span className={repair.state === 'leased' ? 'pill busy' : 'pill'}>
            {repair.state === 'leased' ? 'Repairing' : 'Planned'}
          </span>
          <div className="grow">
            {repair.kind === 'encode' || repair.regionId === null
              ? 'Renditions are encoded again'
              : `${repair.class === 'source' ? 'Source' : 'Renditions'} to ${nameOf(repair.regionId)}`}
            {repair.fromRegionIds.length > 0 && (
              <span className="soft"> from {listWords(repair.fromRegionIds.map(nameOf))}</span>
            )}
            <div className="soft small">
              {explainRepair(repair).text}
              {repair.failure !== null && ` Last attempt: ${repair.failure.message}`}
            </div>
          </div>
          <span className="soft small nowrap">
            {repair.state === 'leased'
              ? `${formatBytes(repair.bytesDone)} copied`
              : repair.dueAtMs > nowMs
                ? `in ${formatAge(repair.dueAtMs - nowMs)}`
                : 'due'}
          </span>
        </li>
      ))}
    </ul>
  );
}
