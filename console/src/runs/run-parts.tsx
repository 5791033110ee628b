// Parts that a run, its dry run and its list share: the blast radius, guards, what was observed.

import type { DryRunView, RunView } from '../../../src/contract/api/runbooks.ts';
import { formatBps, formatCount, formatShare } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';

/** What a guard found. */
type Verdict = Pick<RunView['guards'][number], 'isHeld' | 'text'>;
type Radius = DryRunView['radius'];

/** Whom it touches, in numbers. */
export function BlastRadius({ radius }: { readonly radius: Radius }) {
  const isNothing =
    radius.siteIds.length === 0 && radius.pausedRegionIds.length === 0 && radius.broadcastIds.length === 0;
  if (isNothing) return <p className="soft">It takes nothing away from viewers, encoders or broadcasts.</p>;
  return (
    <dl className="run-facts">
      {radius.siteIds.length > 0 && (
        <>
          <div>
            <dt>Pathways that stop taking viewers</dt>
            <dd>{radius.siteIds.join(', ')}</dd>
          </div>
          <div>
            <dt>Viewers there</dt>
            <dd>
              {formatCount(radius.viewerCount)} connections, {formatShare(radius.viewerShare)} of all
            </dd>
          </div>
          <div>
            <dt>Traffic there</dt>
            <dd>
              {formatBps(radius.egressBps)}, {formatShare(radius.egressShare)} of all
            </dd>
          </div>
          <div>
            <dt>Capacity taken away</dt>
            <dd>
              {formatBps(radius.capacityBps)}, {formatShare(radius.capacityShare)} of all
            </dd>
          </div>
        </>
      )}
      {radius.pausedRegionIds.length > 0 && (
        <div>
          <dt>Encoders that rest</dt>
          <dd>{radius.pausedRegionIds.join(', ')}</dd>
        </div>
      )}
      {radius.broadcastIds.length > 0 && (
        <div>
          <dt>Broadcasts that change over</dt>
          <dd>{radius.broadcastIds.join(', ')}</dd>
        </div>
      )}
    </dl>
  );
}

/** Each guard with its numbers. */
export function Guards({ guards }: { readonly guards: readonly Verdict[] }) {
  if (guards.length === 0) return <p className="soft">No guard concerns it.</p>;
  return (
    <ul className="verdicts">
      {guards.map((guard) => (
        <li key={guard.text} className={guard.isHeld ? 'is-met' : 'is-broken'}>
          <Icon name={guard.isHeld ? 'check' : 'close'} />
          <span>
            <span className="visually-hidden">{guard.isHeld ? 'Holds: ' : 'Does not hold: '}</span>
            {guard.text}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** What was seen of conditions. */
export function Observations({
  observations,
}: {
  readonly observations: RunView['steps'][number]['observations'];
}) {
  if (observations.length === 0) return null;
  return (
    <ul className="verdicts small">
      {observations.map(({ isMet, text }) => (
        <li key={text} className={isMet === null ? 'is-unknown' : isMet ? 'is-met' : 'is-broken'}>
          <Icon name={isMet === null ? 'help' : isMet ? 'check' : 'close'} />
          <span>
            <span className="visually-hidden">
              {isMet === null ? 'Not measured: ' : isMet ? 'Met: ' : 'Not met: '}
            </span>
            {text}
          </span>
        </li>
      ))}
    </ul>
  );
}
