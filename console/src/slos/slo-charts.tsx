// Graphs of one budget: how fast it burns against the limits of its tiers, what share is good against the target, and what
// was left of it through its period; alerts and changes marked in all of them.

import { useMemo, useState } from 'react';
import type { BudgetView, SloView } from '../../../src/contract/api/slos.ts';
import { call } from '../api.ts';
import { Chart } from '../ui/chart.tsx';
import type { ChartMark } from '../ui/chart-types.ts';
import { Filter } from '../ui/filter.tsx';
import { formatShare } from '../ui/format.ts';
import { useLive } from '../ui/use-live.ts';
import {
  budgetLeft,
  formatBurn,
  formatPeriod,
  formatTarget,
  type HistoryPoint,
  historyOf,
  labelsQuery,
  labelsText,
  type Objective,
  stepFor,
} from './describe-slo.ts';

const RANGES = [
  { value: '1', label: '1 h' },
  { value: '6', label: '6 h' },
  { value: '24', label: '1 day' },
  { value: '168', label: '7 days' },
] as const;
type Range = (typeof RANGES)[number]['value'];

const HOUR_MS = 3_600_000;
/** Burn and the share that is good change with every slice; the period moves slowly. */
const BEAT_MS = 15_000;
const PERIOD_BEAT_MS = 60_000;
const CHANGES_SHOWN = 100;
const ALERTS_SHOWN = 100;

interface SloChartsProps {
  readonly slo: SloView;
  readonly objective: Objective;
  readonly number: number;
  readonly budget: BudgetView;
}

interface Asked {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  readonly points: readonly HistoryPoint[];
}

/** Asks for the newest stretch of this length. */
function useHistory({ slo, number, budget }: SloChartsProps, rangeMs: number, beatMs: number) {
  const labels = labelsQuery(budget.labels);
  const stepMs = stepFor(rangeMs);
  const key = `${slo.name} ${number} ${labels} ${rangeMs}`;
  return useLive(
    'slos',
    key,
    async (signal): Promise<Asked> => {
      // The newest step is still being counted; it is drawn when it is whole.
      const toMs = Math.floor(Date.now() / stepMs) * stepMs;
      const fromMs = toMs - rangeMs;
      const { points } = await call(
        'GET /v1/slos/{name}/history',
        { params: { name: slo.name }, query: { objective: number, labels, fromMs, toMs, stepMs } },
        signal,
      );
      return { fromMs, toMs, stepMs, points };
    },
    beatMs,
  );
}

/** What happened in the stretch: alerts of this objective, and changes of any kind. */
function useMarks(name: string, fromMs: number | undefined): readonly ChartMark[] {
  const begin = fromMs ?? 0;
  const marks = useLive(['alerts', 'changes'], `${name} ${fromMs === undefined}`, async (signal) => {
    const [{ alerts }, { changes }] = await Promise.all([
      call('GET /v1/alerts', { query: { matcher: `slo=${name}`, limit: ALERTS_SHOWN } }, signal),
      call('GET /v1/changes', { query: { fromMs: begin, limit: CHANGES_SHOWN } }, signal),
    ]);
    return [
      ...alerts.map(
        ({ startsAtMs, labels, severity }): ChartMark => ({
          atMs: startsAtMs,
          kind: 'alert',
          label: `alert: ${labels.tier ?? ''} ${severity}, ${[labels.region, labels.site].filter(Boolean).join(' ')}`,
        }),
      ),
      ...changes.map(
        ({ atMs, kind, summary }): ChartMark => ({ atMs, kind: 'change', label: `${kind}: ${summary}` }),
      ),
    ];
  });
  return marks.data ?? NO_MARKS;
}

const NO_MARKS: readonly ChartMark[] = [];

/** The three graphs. */
export function SloCharts(props: SloChartsProps) {
  const { slo, objective, budget } = props;
  const [range, setRange] = useState<Range>('6');
  const recent = useHistory(props, Number(range) * HOUR_MS, BEAT_MS);
  const period = useHistory(props, objective.periodMs, PERIOD_BEAT_MS);
  const marks = useMarks(slo.name, recent.data?.fromMs);
  return (
    <section className="card" aria-label="Graphs">
      <div className="card-head">
        <h2>{labelsText(budget.labels)}</h2>
        <Filter label="Stretch" options={RANGES} value={range} onChange={setRange} />
      </div>
      <div className="card-body slo-charts">
        {recent.data === undefined ? (
          <p className="soft">{recent.error?.message ?? 'Loading…'}</p>
        ) : (
          <RecentCharts {...props} asked={recent.data} marks={marks} />
        )}
        {period.data !== undefined && <PeriodChart {...props} asked={period.data} marks={marks} />}
      </div>
    </section>
  );
}

interface GraphProps extends SloChartsProps {
  readonly asked: Asked;
  readonly marks: readonly ChartMark[];
}

function RecentCharts({ slo, objective, budget, asked, marks }: GraphProps) {
  const { fromMs, toMs, stepMs, points } = asked;
  const history = useMemo(() => historyOf(points, fromMs, toMs, stepMs), [points, fromMs, toMs, stepMs]);
  const burn = useMemo(() => [{ label: 'Burn', values: history.burn, isArea: true }], [history]);
  const good = useMemo(() => [{ label: 'Good', values: history.good, tone: 'good' as const }], [history]);
  const lowest = Math.min(objective.target, ...history.good.filter((share) => share !== null));
  // Twice the distance from the target to one, at least: what matters happens there.
  const bottom = Math.max(0, Math.min(1 - 2 * (1 - objective.target), lowest - (1 - lowest) * 0.15));
  const shared = { timesMs: history.timesMs, fromMs, toMs, marks, syncKey: slo.name };
  return (
    <>
      <Chart
        {...shared}
        title="Burn: 1× uses up the budget in exactly its period"
        lines={burn}
        format={formatBurn}
        limits={budget.tiers.map(({ limit, name, severity }) => ({
          value: limit,
          label: `${name}, ${severity}: ${formatBurn(limit)}`,
          tone: severity === 'page' ? 'bad' : 'warn',
        }))}
        topMin={2}
      />
      <Chart
        {...shared}
        title="Share that is good"
        lines={good}
        format={formatFine}
        limits={[{ value: objective.target, label: `target ${formatTarget(objective.target)}`, tone: 'bad' }]}
        bottom={bottom}
        topMax={1}
      />
    </>
  );
}

/** Shares close to one differ in their later digits. */
function formatFine(share: number): string {
  return formatShare(Number(share.toFixed(6)), share > 0.99 && share < 1 ? 3 : 1);
}

function PeriodChart({ objective, budget, asked, marks }: GraphProps) {
  const { fromMs, toMs, stepMs, points } = asked;
  const { timesMs, values } = useMemo(() => {
    const history = historyOf(points, fromMs, toMs, stepMs);
    return { timesMs: history.timesMs, values: budgetLeft(points, history.timesMs, objective, budget) };
  }, [points, fromMs, toMs, stepMs, objective, budget]);
  const lines = useMemo(() => [{ label: 'Left', values, isArea: true, tone: 'hue-3' as const }], [values]);
  return (
    <Chart
      title={`Budget left over ${formatPeriod(objective.periodMs)}`}
      lines={lines}
      timesMs={points.length === 0 ? NO_TIMES : timesMs}
      fromMs={fromMs}
      toMs={toMs}
      marks={marks.filter(({ kind }) => kind === 'alert')}
      format={(share) => formatShare(share, 1)}
      bottom={Math.min(0, ...values)}
      topMin={1}
    />
  );
}

const NO_TIMES: readonly number[] = [];
