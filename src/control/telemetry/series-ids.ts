// Numbers of label sets: each is written once, then known from memory. Past the limit of a name all further sets of it
// share one, whose labels say "other".

import type { Kysely } from 'kysely';
import {
  type Labels,
  labelKey,
  OTHER_LABEL,
  otherLabels,
  SERIES,
  type SeriesName,
} from '#core/telemetry/series.ts';
import type { ControlTables } from '../database/schema.ts';
import { SERIES_PER_NAME_MAX } from './limits.ts';

export interface NumberedSeries {
  readonly id: number;
  readonly name: SeriesName;
  readonly labels: Labels;
}

export interface SeriesIds {
  /** Reads what other processes may have added. */
  load(database: Kysely<ControlTables>): Promise<void>;
  /** The labels under which an increment is kept: its own (those of the table alone), or "other". */
  fit(name: SeriesName, labels: Labels): { readonly labels: Labels; readonly isFolded: boolean };
  /** Gives numbers to label sets that have none; they hold when the transaction commits. */
  number(
    database: Kysely<ControlTables>,
    wanted: readonly { readonly name: SeriesName; readonly labels: Labels }[],
  ): Promise<ReadonlyMap<string, NumberedSeries>>;
  byId(id: number): NumberedSeries | undefined;
  /** Series of a name whose labels match. */
  matching(name: SeriesName, labels: Labels): NumberedSeries[];
  countOf(name: SeriesName): number;
}

/** A name and its labels as one text. */
export function seriesKey(name: SeriesName, labels: Labels): string {
  return `${name}\n${labelKey(name, labels)}`;
}

/** Creates an empty book; `load` fills it. */
export function createSeriesIds(): SeriesIds {
  const byKey = new Map<string, NumberedSeries>();
  const byId = new Map<number, NumberedSeries>();
  const byName = new Map<string, Set<NumberedSeries>>();

  function note(series: NumberedSeries): void {
    const key = seriesKey(series.name, series.labels);
    if (byKey.has(key)) return;
    byKey.set(key, series);
    byId.set(series.id, series);
    const named = byName.get(series.name) ?? new Set();
    byName.set(series.name, named.add(series));
  }

  async function read(database: Kysely<ControlTables>, keys?: readonly string[]): Promise<void> {
    let query = database.selectFrom('telemetry_series').select(['id', 'name', 'labels']);
    if (keys !== undefined) query = query.where('key', 'in', keys);
    for (const row of await query.execute())
      if (Object.hasOwn(SERIES, row.name))
        note({ id: row.id, name: row.name as SeriesName, labels: row.labels });
  }

  return {
    load: (database) => read(database),
    fit(name, labels) {
      const own: Record<string, string> = {};
      for (const label of SERIES[name].labels) own[label] = labels[label] ?? '';
      if (byKey.has(seriesKey(name, own)) || (byName.get(name)?.size ?? 0) < SERIES_PER_NAME_MAX)
        return { labels: own, isFolded: Object.values(own).every((value) => value === OTHER_LABEL) };
      return { labels: otherLabels(name), isFolded: true };
    },
    async number(database, wanted) {
      const missing = new Map<string, { name: SeriesName; labels: Labels }>();
      for (const { name, labels } of wanted) {
        const key = seriesKey(name, labels);
        if (!byKey.has(key)) missing.set(key, { name, labels });
      }
      if (missing.size > 0) {
        // Outside the transaction of the points, so that a number that was given is never taken back.
        await database
          .insertInto('telemetry_series')
          .values(
            [...missing].map(([key, { name, labels }]) => ({ name, key, labels: JSON.stringify(labels) })),
          )
          .onConflict((conflict) => conflict.column('key').doNothing())
          .execute();
        await read(database, [...missing.keys()]);
      }
      return byKey;
    },
    byId: (id) => byId.get(id),
    matching: (name, labels) =>
      [...(byName.get(name) ?? [])].filter((series) =>
        Object.entries(labels).every(([label, value]) => series.labels[label] === value),
      ),
    countOf: (name) => byName.get(name)?.size ?? 0,
  };
}
