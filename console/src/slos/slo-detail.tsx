// One objective: its budgets with every tier, graphs of burn, of what is good and of the budget over its period, the
// alerts that it raised, and its document.

import { useState } from 'react';
import type { BudgetView, SloView } from '../../../src/contract/api/slos.ts';
import { ApiError, call } from '../api.ts';
import { may } from '../session.ts';
import { href, navigate } from '../shell/router.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Filter } from '../ui/filter.tsx';
import { formatAgo, formatCount, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { useLive } from '../ui/use-live.ts';
import { ageNowMs } from '../ui/use-now.ts';
import {
  formatBurn,
  formatPeriod,
  formatTarget,
  labelsQuery,
  labelsText,
  type Objective,
  STATE_LABELS,
  STATE_TONES,
  stateOf,
  worstOf,
} from './describe-slo.ts';
import { SloCharts } from './slo-charts.tsx';
import { DeleteSloDialog, ExportButton, SloTextDialog } from './slo-dialogs.tsx';
import { BudgetBar } from './slo-list.tsx';

const ALERTS_SHOWN = 50;

/** The page of one objective. */
export function SloDetail({ name }: { readonly name: string }) {
  const [dialog, setDialog] = useState<'edit' | 'delete'>();
  const found = useLive('slos', name, (signal) => call('GET /v1/slos/{name}', { params: { name } }, signal));
  const { data, error } = found;
  if (data === undefined)
    return (
      <div className="page-inner">
        <PageHead back={{ page: 'slos', label: 'Objectives' }} title={name} />
        <div className="card">
          {error === undefined ? (
            <SkeletonRows count={6} />
          ) : error instanceof ApiError && error.status === 404 ? (
            <Empty icon="target" title="There is no such objective">
              It may have been removed. <a href={href('slos')}>All objectives</a>
            </Empty>
          ) : (
            <LoadFailed what="The objective" error={error} onRetry={() => void found.refresh()} />
          )}
        </div>
      </div>
    );
  const { slo, yaml } = data;
  const close = (): void => setDialog(undefined);
  return (
    <div className="page-inner">
      <PageHead
        back={{ page: 'slos', label: 'Objectives' }}
        title={slo.displayName}
        note={
          <>
            <span className="mono">{slo.name}</span> · {slo.service} ·{' '}
            {slo.origin === 'shipped' ? 'comes with Meridian' : `by ${slo.updatedBy}`}, changed{' '}
            {formatDateTime(slo.updatedAtMs)}
          </>
        }
      >
        <ExportButton slos={[slo]} />
        {may('operator') && (
          <>
            <button type="button" className="button" onClick={() => setDialog('edit')}>
              <Icon name="pencil" />
              Edit
            </button>
            <button type="button" className="button" onClick={() => setDialog('delete')}>
              <Icon name="trash" />
              Remove…
            </button>
          </>
        )}
      </PageHead>
      {slo.description !== '' && <p className="soft">{slo.description}</p>}
      {slo.objectives.map((objective, index) => (
        <ObjectiveSection key={objective.name} slo={slo} objective={objective} number={index + 1} />
      ))}
      <AlertsSection name={slo.name} />
      <section className="card" aria-label="Document">
        <div className="card-head">
          <h2>OpenSLO document</h2>
          <CopyButton text={yaml} what="document" />
        </div>
        <pre className="slo-yaml mono">{yaml}</pre>
      </section>
      {dialog === 'edit' && (
        <SloTextDialog
          title={`Edit ${slo.name}`}
          text={yaml}
          onClose={close}
          onApplied={() => {
            close();
            void found.refresh();
          }}
        />
      )}
      {dialog === 'delete' && (
        <DeleteSloDialog slo={slo} onClose={close} onDeleted={() => navigate('slos')} />
      )}
    </div>
  );
}

interface ObjectiveSectionProps {
  readonly slo: SloView;
  readonly objective: Objective;
  readonly number: number;
}

const keyOf = ({ labels, isWatched }: BudgetView): string => `${isWatched} ${labelsQuery(labels)}`;

function ObjectiveSection({ slo, objective, number }: ObjectiveSectionProps) {
  const [chosen, setChosen] = useState<string>();
  const budget = objective.budgets.find((each) => keyOf(each) === chosen) ?? worstOf(objective.budgets);
  return (
    <>
      <section className="card" aria-label="Budgets">
        <div className="card-head">
          <h2>
            {formatTarget(objective.target)} good in {formatPeriod(objective.periodMs)}
          </h2>
          <span className="soft small">
            {objective.method === 'Occurrences' ? 'by events' : 'by slices of time'}; a window with fewer than{' '}
            {formatCount(objective.eventsMin)} events says nothing
          </span>
        </div>
        {objective.budgets.length === 0 ? (
          <div className="card-body soft">
            Nothing was counted yet: no series of this objective was reported.
          </div>
        ) : (
          <BudgetTable objective={objective} chosen={budget} onChoose={(each) => setChosen(keyOf(each))} />
        )}
      </section>
      {budget !== null && (
        <SloCharts key={keyOf(budget)} slo={slo} objective={objective} number={number} budget={budget} />
      )}
    </>
  );
}

interface BudgetTableProps {
  readonly objective: Objective;
  readonly chosen: BudgetView | null;
  readonly onChoose: (budget: BudgetView) => void;
}

/** Budgets shown at once; a world of many sites has many. */
const BUDGETS_SHOWN = 100;

function BudgetTable({ objective, chosen, onChoose }: BudgetTableProps) {
  const [scope, setScope] = useState<'watched' | 'all'>('watched');
  const shown = objective.budgets
    .filter(({ isWatched }) => scope === 'all' || isWatched)
    .sort((left, right) => right.usedShare - left.usedShare);
  return (
    <>
      <div className="slo-scope">
        <Filter
          label="Show budgets"
          options={[
            { value: 'watched', label: 'That raise alerts' },
            { value: 'all', label: 'All' },
          ]}
          value={scope}
          onChange={setScope}
        />
      </div>
      <div className="table-scroll">
        <table className="table slo-budgets">
          <thead>
            <tr>
              <th>Where</th>
              <th>State</th>
              <th>Budget left</th>
              <th className="number wide-only">Bad of allowed</th>
              <th>Burn in long and short window, and limit</th>
            </tr>
          </thead>
          <tbody>
            {shown.slice(0, BUDGETS_SHOWN).map((budget) => (
              <tr key={keyOf(budget)} className={budget === chosen ? 'is-chosen' : undefined}>
                <td>
                  <button
                    type="button"
                    className="link-button"
                    aria-pressed={budget === chosen}
                    onClick={() => onChoose(budget)}
                  >
                    {labelsText(budget.labels)}
                  </button>
                </td>
                <td>
                  <span className={`pill ${STATE_TONES[stateOf(budget)]}`}>
                    {STATE_LABELS[stateOf(budget)]}
                  </span>
                </td>
                <td className="slo-budget">
                  <BudgetBar usedShare={budget.usedShare} />
                </td>
                <td className="number nowrap wide-only">
                  {formatCount(budget.bad)} of {formatCount(budget.allowed)}
                </td>
                <td>
                  <Tiers budget={budget} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length > BUDGETS_SHOWN && (
        <p className="slo-more soft small">
          The {BUDGETS_SHOWN} worst of {formatCount(shown.length)}; the command line lists all.
        </p>
      )}
    </>
  );
}

const VERDICTS: Readonly<Record<BudgetView['tiers'][number]['verdict'], string>> = {
  burning: 'burning',
  'held-back': 'a faster tier says so already',
  over: 'over: the newest stretch is well again',
  'too-few-events': 'too few events to say',
  calm: 'calm',
};

function Tiers({ budget }: { readonly budget: BudgetView }) {
  return (
    <span className="slo-burns">
      {budget.tiers.map((tier) => (
        <span
          key={tier.name}
          className={tier.verdict === 'burning' ? `burn is-${tier.severity}` : 'burn'}
          title={`${tier.severity}, ${formatPeriod(tier.longMs)} and ${formatPeriod(tier.shortMs)}: ${VERDICTS[tier.verdict]}`}
        >
          <span className="faint">{tier.name}</span> {formatBurn(tier.longBurn)} ·{' '}
          {formatBurn(tier.shortBurn)} <span className="faint">/ {formatBurn(tier.limit)}</span>
        </span>
      ))}
    </span>
  );
}

function AlertsSection({ name }: { readonly name: string }) {
  const alerts = useLive('alerts', name, (signal) =>
    call('GET /v1/alerts', { query: { matcher: `slo=${name}`, limit: ALERTS_SHOWN } }, signal),
  );
  const list = alerts.data?.alerts;
  const nowMs = ageNowMs();
  return (
    <section className="card" aria-label="Alerts">
      <div className="card-head">
        <h2>Alerts that it raised</h2>
        <span className="soft small">the newest {ALERTS_SHOWN}</span>
      </div>
      {list === undefined ? (
        <div className="card-body soft">{alerts.error?.message ?? 'Loading…'}</div>
      ) : list.length === 0 ? (
        <div className="card-body soft">None yet.</div>
      ) : (
        <div className="table-scroll">
          <table className="table">
            <thead>
              <tr>
                <th>State</th>
                <th>Where</th>
                <th>Window</th>
                <th>Began</th>
                <th>Ended</th>
              </tr>
            </thead>
            <tbody>
              {list.map((alert) => (
                <tr key={alert.id}>
                  <td>
                    <span
                      className={`pill ${alert.state === 'firing' ? (alert.severity === 'page' ? 'bad' : 'warn') : ''}`}
                    >
                      {alert.state}
                    </span>
                  </td>
                  <td>
                    {[alert.labels.region, alert.labels.site].filter(Boolean).join(' · ') || 'all together'}
                  </td>
                  <td>
                    {alert.labels.tier} <span className="faint">{alert.severity}</span>
                  </td>
                  <td className="nowrap" title={formatDateTime(alert.startsAtMs)}>
                    {formatAgo(alert.startsAtMs, nowMs)}
                  </td>
                  <td className="nowrap">{alert.endsAtMs === null ? '–' : formatDateTime(alert.endsAtMs)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
