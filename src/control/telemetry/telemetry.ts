// Telemetry as a whole: reports in, rollups and viewings kept, the feed and the questions answered.

import { bucketOf } from '#base/log-buckets.ts';
import { MeridianError } from '#contract/errors.ts';
import type { TelemetryReport } from '#contract/telemetry.ts';
import { OTHER_LABEL, type SeriesName, shapeOf } from '#core/telemetry/series.ts';
import type { ControlContext } from '../context.ts';
import { type Acceptance, createAcceptor, type OwnPoint } from './accept.ts';
import type { RollupFeed, RollupPoint, RollupQuery } from './feed.ts';
import { foldDue, readRows, sumBy } from './fold.ts';
import { BOOTS_KEPT_MS, POINTS_MAX } from './limits.ts';
import { createPartitions } from './partitions.ts';
import { floorTo, HOURS, MINUTES, SLICES } from './resolutions.ts';
import { createSeriesIds } from './series-ids.ts';
import { removeViewings } from './viewings.ts';

export interface Telemetry extends RollupFeed {
  /** Reads what was kept; before anything else. */
  load(): Promise<void>;
  /** Takes a node's report in; see accept.ts. */
  accept(report: TelemetryReport): Promise<Acceptance>;
  /** An upload to a region can be played, so long after it was registered. */
  notePlayable(regionId: string | undefined, tookMs: number): void;
  /** Computes minutes and hours that are due. For the leader. */
  fold(): Promise<void>;
  /** Drops what is older than the configuration says. For the leader. */
  tidy(): Promise<void>;
  /** Label sets of a name that were seen. */
  labelSets(name: SeriesName): number;
}

/** Creates the telemetry of control. */
export function createTelemetry(context: ControlContext): Telemetry {
  const { clock, config, database, log } = context;
  const listeners = new Set<(points: readonly RollupPoint[]) => void>();
  const partitions = createPartitions(database);
  const series = createSeriesIds();

  function publish(points: readonly RollupPoint[]): void {
    for (const listener of listeners) {
      try {
        listener(points);
      } catch (error) {
        log.error({ error: String(error) }, 'a listener of telemetry failed');
      }
    }
  }
  const acceptor = createAcceptor({ context, partitions, series, publish });

  async function read({ name, labels, fromMs, toMs, stepMs }: RollupQuery): Promise<RollupPoint[]> {
    if (shapeOf(name) === undefined) throw new MeridianError('not_found', { what: `series ${name}` });
    if (stepMs % SLICES.stepMs !== 0)
      throw new MeridianError('invalid_request', {
        reason: `the step is no multiple of ${SLICES.stepMs} ms`,
      });
    const ids = series.matching(name as SeriesName, labels).map(({ id }) => id);
    if (ids.length === 0) return [];
    const steps = Math.ceil((toMs - fromMs) / stepMs);
    if (steps * ids.length > POINTS_MAX * 10)
      throw new MeridianError('invalid_request', {
        reason: `that is up to ${steps * ids.length} points; ask for a longer step or a shorter time`,
      });
    const rows = await readRows(database, ids, { fromMs, toMs, stepMs });
    return sumBy(rows, (atMs) => floorTo(atMs, stepMs))
      .sort((one, other) => one.at_ms - other.at_ms || one.series_id - other.series_id)
      .map(({ at_ms: atMs, series_id: id, count, sum, buckets }) => ({
        atMs,
        name,
        labels: series.byId(id)?.labels ?? {},
        count,
        ...(sum === null ? {} : { sum }),
        ...(buckets === null ? {} : { buckets }),
      }));
  }

  return {
    load: () => series.load(database),
    accept: acceptor.accept,
    notePlayable(regionId, tookMs) {
      const point: OwnPoint = {
        atMs: floorTo(clock.nowMs(), SLICES.stepMs),
        name: 'time_to_playable_ms',
        labels: { region: regionId ?? OTHER_LABEL },
        count: 1,
        sum: tookMs,
        buckets: { [bucketOf(tookMs)]: 1 },
      };
      // The job goes on without it.
      acceptor
        .add([point])
        .catch((error: unknown) => log.warn({ error: String(error) }, 'a measurement is lost'));
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    read,
    async fold() {
      await foldDue(database, partitions, clock.nowMs());
    },
    async tidy() {
      const nowMs = clock.nowMs();
      const { keptSliceMs, keptMinuteMs, keptHourMs, keptSessionMs } = config.telemetry;
      await partitions.dropBefore(SLICES, nowMs - keptSliceMs);
      await partitions.dropBefore(MINUTES, nowMs - keptMinuteMs);
      await partitions.dropBefore(HOURS, nowMs - keptHourMs);
      await removeViewings(database, nowMs - keptSessionMs);
      await database
        .deleteFrom('telemetry_nodes')
        .where('heard_at_ms', '<', nowMs - BOOTS_KEPT_MS)
        .execute();
    },
    labelSets: (name) => series.countOf(name),
  };
}
