// The strip at the top of the world: what needs a person now, and who that is.

import type { ReactNode } from 'react';
import { href } from '../shell/router.ts';
import { formatBurn } from '../slos/describe-slo.ts';
import { formatAge, plural } from '../ui/format.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { ageNowMs } from '../ui/use-now.ts';
import type { Attention } from './attention.ts';

/** Named in the strip; the rest is a number. */
const NAMED_MAX = 2;

/** undefined: still being asked for. */
type AttentionStripProps = { readonly [P in keyof Attention]: Attention[P] | undefined };

/** Four cells. */
export function AttentionStrip({ incidents, burning, waitingRuns, duties }: AttentionStripProps) {
  const nowMs = ageNowMs();
  const free = (duties ?? []).filter(({ person }) => person === null);
  return (
    <section className="attention card" aria-label="What needs a person now">
      <Cell
        icon="warning"
        label="Incidents"
        count={incidents?.length}
        calm="None open"
        tone="bad"
        to="#/incidents"
      >
        {incidents?.slice(0, NAMED_MAX).map(({ id, title, severity, acknowledgedBy, openedAtMs }) => (
          <a key={id} className="truncate" href={`#/incidents/${id}`} title={title}>
            <b>{severity}</b> {title}{' '}
            <span className="faint">
              {formatAge(nowMs - openedAtMs)}, {acknowledgedBy ?? 'nobody has it'}
            </span>
          </a>
        ))}
      </Cell>
      <Cell
        icon="target"
        label="Budgets burning"
        count={burning?.length}
        calm="None burns"
        tone="warn"
        to={href('slos')}
      >
        {burning?.slice(0, NAMED_MAX).map(({ slo, objective, number, worst }) => (
          <a key={`${slo.name} ${number}`} className="truncate" href={href('slos', slo.name)}>
            {objective.displayName || slo.displayName}{' '}
            <span className="faint">
              {formatBurn(Math.max(0, ...(worst?.tiers ?? []).map(({ shortBurn }) => shortBurn)))}
            </span>
          </a>
        ))}
      </Cell>
      <Cell
        icon="play"
        label="Runs waiting"
        count={waitingRuns?.length}
        calm="None waits"
        tone="warn"
        to="#/runs"
      >
        {waitingRuns?.slice(0, NAMED_MAX).map(({ id, title, waitsFor }) => (
          <a key={id} className="truncate" href={`#/runs/${id}`}>
            {title}{' '}
            <span className="faint">{waitsFor === 'approval' ? 'asks for approval' : 'is paused'}</span>
          </a>
        ))}
      </Cell>
      <Cell
        icon="bell"
        label="On call"
        count={duties === undefined ? undefined : free.length}
        calm={duties?.length === 0 ? 'No rota yet' : ''}
        tone="bad"
        to={href('oncall')}
        countWords={`${plural(free.length, 'schedule')} without anybody`}
      >
        {duties?.slice(0, NAMED_MAX + 1).map(({ schedule, person }) => (
          <span key={schedule} className={person === null ? 'truncate attention-nobody' : 'truncate'}>
            <b>{person ?? 'Nobody'}</b> <span className="faint">{schedule}</span>
          </span>
        ))}
      </Cell>
    </section>
  );
}

interface CellProps {
  readonly icon: IconName;
  readonly label: string;
  readonly count: number | undefined;
  /** Said when there is nothing. */
  readonly calm: string;
  readonly tone: 'warn' | 'bad';
  readonly to: string;
  readonly countWords?: string;
  readonly children: ReactNode;
}

function Cell({ icon, label, count, calm, tone, to, countWords, children }: CellProps) {
  const isCalm = count === 0;
  return (
    <div className={count === undefined || isCalm ? 'attention-cell' : `attention-cell is-${tone}`}>
      <a className="attention-head" href={to}>
        <Icon name={icon} />
        {label}
        {count !== undefined && count > 0 && (
          <span className="attention-count" title={countWords}>
            {count}
          </span>
        )}
      </a>
      <div className="attention-list small">
        {isCalm && calm !== '' && <span className="faint">{calm}</span>}
        {count === undefined && <span className="skeleton" style={{ width: '60%', height: 12 }} />}
        {children}
      </div>
    </div>
  );
}
