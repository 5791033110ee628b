// Takes the reports of nodes in, each exactly once. Reports queue up and are stored in batches, one transaction after
// another, by this process alone: that keeps the order of the feed, and the database's share of the work small. A node
// hears that its report is taken when the transaction has committed; one that does not hear it sends the report again,
// and its sequence tells that it is there already.

import type { Kysely } from 'kysely';
import { MeridianError } from '#contract/errors.ts';
import type { TelemetryLosses, TelemetryReport } from '#contract/telemetry.ts';
import { placeSlice } from '#core/telemetry/place-slices.ts';
import { type SeriesName, shapeOf } from '#core/telemetry/series.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTables } from '../database/schema.ts';
import type { RollupPoint } from './feed.ts';
import { FUTURE_MS_MAX, REPORTS_PER_BATCH_MAX, WAITING_REPORTS_MAX } from './limits.ts';
import type { Partitions } from './partitions.ts';
import { floorTo, HOURS, MINUTES, SLICES } from './resolutions.ts';
import { type SeriesIds, seriesKey } from './series-ids.ts';
import { storeViewings } from './viewings.ts';

export interface Acceptance {
  readonly isRepeated: boolean;
  readonly refused: readonly { readonly reason: string; readonly count: number }[];
}

export interface Acceptor {
  /** Resolves when the report is stored. Fails with `overloaded` when too many wait. */
  accept(report: TelemetryReport): Promise<Acceptance>;
  /** Points that control itself makes, not a node: stored with the next batch. */
  add(points: readonly OwnPoint[]): Promise<void>;
}

/** An increment that is ready to be stored. */
export interface OwnPoint {
  readonly atMs: number;
  readonly name: SeriesName;
  readonly labels: Readonly<Record<string, string>>;
  readonly count: number;
  readonly sum?: number;
  readonly buckets?: Readonly<Record<number, number>>;
}

interface Waiting {
  readonly report: TelemetryReport | undefined;
  readonly points: OwnPoint[];
  readonly refused: Map<string, number>;
  readonly settle: (acceptance: Acceptance) => void;
  readonly fail: (error: unknown) => void;
}

export interface AcceptorDependencies {
  readonly context: ControlContext;
  readonly partitions: Partitions;
  readonly series: SeriesIds;
  /** Told of what was stored, after the commit. */
  publish(points: readonly RollupPoint[]): void;
}

/** Creates the acceptor. */
export function createAcceptor(dependencies: AcceptorDependencies): Acceptor {
  const { context, series } = dependencies;
  const { clock, config, metrics } = context;
  const waiting: Waiting[] = [];
  const refusals = metrics.counter(
    'control_telemetry_refused_total',
    'Increments of reports that were left out: unknown series, absurd times, too many label sets',
  );
  const storeSeconds = metrics.histogram(
    'control_telemetry_store_seconds',
    'Time to store a batch of telemetry reports',
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  );
  let isRunning = false;

  function place(report: TelemetryReport, refused: Map<string, number>): OwnPoint[] {
    // A minute is computed from all of its slices, so none is taken whose neighbours may be gone.
    const { acceptLateMs, keptSliceMs } = config.telemetry;
    const pastMsMax = Math.min(acceptLateMs, keptSliceMs - MINUTES.stepMs);
    const policy = { futureMsMax: FUTURE_MS_MAX, pastMsMax };
    const refuse = (reason: string, count: number): void => {
      refused.set(reason, (refused.get(reason) ?? 0) + count);
    };
    return report.slices.flatMap(({ atMs, series: increments }) => {
      const placed = placeSlice(atMs, report.clockOffsetMs, clock.nowMs(), policy);
      if (placed.kind === 'refused') {
        refuse(`slices ${placed.reason}`, increments.length);
        return [];
      }
      return increments.flatMap(({ name, labels, count, sum, buckets }) => {
        const shape = shapeOf(name);
        if (shape === undefined || shape.isHistogram !== (buckets !== undefined)) {
          refuse(shape === undefined ? 'unknown series' : 'not the kind of series that the name is', 1);
          return [];
        }
        const fitted = series.fit(name as SeriesName, labels);
        if (fitted.isFolded) refuse('label sets past the limit, counted as "other"', 1);
        const values = buckets === undefined ? { count } : { count, sum: sum ?? 0, buckets };
        return [{ atMs: placed.atMs, name: name as SeriesName, labels: fitted.labels, ...values }];
      });
    });
  }

  function noteLosses(losses: TelemetryLosses): void {
    for (const [what, count] of Object.entries(losses))
      metrics.counter('control_telemetry_lost_total', 'What nodes said that they had to drop', {
        what,
      }).value += count;
  }

  async function run(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    try {
      while (waiting.length > 0) await storeBatch(waiting.splice(0, REPORTS_PER_BATCH_MAX));
    } finally {
      isRunning = false;
    }
  }

  async function storeBatch(batch: readonly Waiting[]): Promise<void> {
    const beganMs = clock.monotonicMs();
    try {
      const fresh = await store(dependencies, batch);
      storeSeconds.observe((clock.monotonicMs() - beganMs) / 1_000);
      for (const one of batch) {
        const refused = [...one.refused].map(([reason, count]) => ({ reason, count }));
        if (fresh.has(one) && one.report !== undefined) noteLosses(one.report.losses);
        if (fresh.has(one)) refusals.value += refused.reduce((sum, { count }) => sum + count, 0);
        one.settle({ isRepeated: !fresh.has(one), refused });
      }
    } catch (error) {
      for (const one of batch) one.fail(error);
    }
  }

  function enqueue(report: TelemetryReport | undefined, points: OwnPoint[], refused: Map<string, number>) {
    if (waiting.length >= WAITING_REPORTS_MAX)
      throw new MeridianError('overloaded', { reason: 'too many telemetry reports wait to be stored' });
    const { promise, resolve, reject } = Promise.withResolvers<Acceptance>();
    waiting.push({ report, points, refused, settle: resolve, fail: reject });
    void run();
    return promise;
  }

  return {
    async accept(report) {
      const refused = new Map<string, number>();
      return enqueue(report, place(report, refused), refused);
    },
    async add(points) {
      await enqueue(undefined, [...points], new Map());
    },
  };
}

/** Stores a batch; returns those of it that had not been stored before. */
async function store(
  { context, partitions, publish, series }: AcceptorDependencies,
  batch: readonly Waiting[],
): Promise<ReadonlySet<Waiting>> {
  const { clock, database } = context;
  const points = batch.flatMap((one) => one.points);
  const numbers = await series.number(database, points);
  await partitions.ensure(
    SLICES,
    points.map(({ atMs }) => atMs),
  );
  const { fresh, stored } = await database.transaction().execute(async (transaction) => {
    const news = await takeSequences(transaction, batch, clock.nowMs());
    const kept = [...news].flatMap((one) => one.points);
    const rows = kept.map(({ atMs, name, labels, count, sum, buckets }) => ({
      at_ms: atMs,
      series_id: numbers.get(seriesKey(name, labels))?.id ?? 0,
      count,
      sum: sum ?? null,
      buckets: buckets === undefined ? null : JSON.stringify(buckets),
    }));
    // As many parameters as one statement of PostgreSQL may have hold 13,000 rows.
    for (let at = 0; at < rows.length; at += 2_000)
      await transaction
        .insertInto(SLICES.table)
        .values(rows.slice(at, at + 2_000))
        .execute();
    for (const { stepMs } of [MINUTES, HOURS])
      await markDirty(
        transaction,
        stepMs,
        kept.map(({ atMs }) => floorTo(atMs, stepMs)),
      );
    await storeViewings(
      transaction,
      [...news].flatMap(({ report }) => report?.viewings ?? []),
    );
    return { fresh: news, stored: kept };
  });
  if (stored.length > 0) publish(stored);
  return fresh;
}

/** Raises the sequences of the nodes; whose report is not past its node's sequence was there before. */
async function takeSequences(
  transaction: Kysely<ControlTables>,
  batch: readonly Waiting[],
  nowMs: number,
): Promise<ReadonlySet<Waiting>> {
  const keyOf = ({ nodeId, bootId }: Pick<TelemetryReport, 'nodeId' | 'bootId'>): string =>
    `${nodeId}\n${bootId}`;
  const reports = batch.flatMap(({ report }) => (report === undefined ? [] : [report]));
  const nodeIds = [...new Set(reports.map(({ nodeId }) => nodeId))];
  const last = new Map<string, number>();
  if (nodeIds.length > 0) {
    const rows = await transaction
      .selectFrom('telemetry_nodes')
      .selectAll()
      .where('node_id', 'in', nodeIds)
      .forUpdate()
      .execute();
    for (const row of rows) last.set(keyOf({ nodeId: row.node_id, bootId: row.boot_id }), row.last_sequence);
  }
  const fresh = new Set<Waiting>();
  const raised = new Map<
    string,
    { node_id: string; boot_id: string; last_sequence: number; heard_at_ms: number }
  >();
  for (const one of batch) {
    const { report } = one;
    if (report === undefined) fresh.add(one);
    else if (report.sequence > (last.get(keyOf(report)) ?? 0)) {
      const { nodeId, bootId, sequence } = report;
      last.set(keyOf(report), sequence);
      raised.set(keyOf(report), {
        node_id: nodeId,
        boot_id: bootId,
        last_sequence: sequence,
        heard_at_ms: nowMs,
      });
      fresh.add(one);
    }
  }
  if (raised.size > 0)
    await transaction
      .insertInto('telemetry_nodes')
      .values([...raised.values()])
      .onConflict((conflict) =>
        conflict.columns(['node_id', 'boot_id']).doUpdateSet((excluded) => ({
          last_sequence: excluded.ref('excluded.last_sequence'),
          heard_at_ms: excluded.ref('excluded.heard_at_ms'),
        })),
      )
      .execute();
  return fresh;
}

/**
 * Marks steps to be computed. The mark's row is touched also when it is there: who computes deletes it first, and so waits
 * for whoever is about to add points to its step.
 */
async function markDirty(
  transaction: Kysely<ControlTables>,
  stepMs: number,
  timesMs: readonly number[],
): Promise<void> {
  const times = [...new Set(timesMs)].sort((one, other) => one - other);
  if (times.length === 0) return;
  await transaction
    .insertInto('telemetry_dirty')
    .values(times.map((atMs) => ({ step_ms: stepMs, at_ms: atMs })))
    .onConflict((conflict) =>
      conflict
        .columns(['step_ms', 'at_ms'])
        .doUpdateSet((excluded) => ({ at_ms: excluded.ref('excluded.at_ms') })),
    )
    .execute();
}
