// What a node has counted and not yet reported: increments by slice of five seconds, name and label set. An increment for
// a slice that was already taken simply makes another entry for it; whoever adds them up gets the right sum.
// Bounded: label sets per name, and slices. What is past a limit is folded into the label set "other", or dropped, and
// counted either way.

import { addBuckets, bucketOf } from '../../base/log-buckets.ts';
import { type Labels, labelKey, otherLabels, SERIES, type SeriesName, sliceOf } from './series.ts';

/** Label sets of one name in one slice: regions × sites × kinds × outcomes of a large world. */
export const LABEL_SETS_MAX = 500;
/** Slices that are open at once: five minutes, more than a player keeps its events back. */
export const OPEN_SLICES_MAX = 60;

export interface SeriesIncrement {
  readonly name: SeriesName;
  readonly labels: Labels;
  /** Of a histogram: the number of samples. */
  readonly count: number;
  readonly sum?: number;
  readonly buckets?: Readonly<Record<number, number>>;
}

export interface Slice {
  readonly atMs: number;
  readonly series: readonly SeriesIncrement[];
}

interface Entry {
  readonly name: SeriesName;
  readonly labels: Labels;
  count: number;
  sum: number;
  readonly buckets: Record<number, number> | undefined;
}

type SeriesOfSlice = Map<SeriesName, Map<string, Entry>>;

/** Increments that wait to be reported. */
export class SliceBook {
  readonly #slices = new Map<number, SeriesOfSlice>();
  #folded = 0;
  #dropped = 0;

  /** Counts `by` more at a time. */
  count(name: SeriesName, labels: Labels, by: number, atMs: number): void {
    const entry = this.#entryOf(name, labels, atMs);
    if (entry !== undefined) entry.count += by;
  }

  /** Adds a sample to a histogram. */
  observe(name: SeriesName, labels: Labels, value: number, atMs: number): void {
    const entry = this.#entryOf(name, labels, atMs);
    if (entry?.buckets === undefined) return;
    entry.count += 1;
    entry.sum += value;
    addBuckets(entry.buckets, { [bucketOf(value)]: 1 });
  }

  #entryOf(name: SeriesName, labels: Labels, atMs: number): Entry | undefined {
    const at = sliceOf(atMs);
    let slice = this.#slices.get(at);
    if (slice === undefined) {
      if (this.#slices.size >= OPEN_SLICES_MAX) {
        this.#dropped += 1;
        return undefined;
      }
      slice = new Map();
      this.#slices.set(at, slice);
    }
    let sets = slice.get(name);
    if (sets === undefined) {
      sets = new Map();
      slice.set(name, sets);
    }
    const known = sets.get(labelKey(name, labels));
    if (known !== undefined) return known;
    if (sets.size < LABEL_SETS_MAX) return addEntry(sets, name, labels);
    this.#folded += 1;
    const other = otherLabels(name);
    return sets.get(labelKey(name, other)) ?? addEntry(sets, name, other);
  }

  /** Takes out what was counted in slices that ended before `nowMs`, oldest first. */
  take(nowMs: number): Slice[] {
    const open = sliceOf(nowMs);
    const taken: Slice[] = [];
    for (const at of [...this.#slices.keys()].sort((one, other) => one - other)) {
      const slice = this.#slices.get(at);
      if (at >= open || slice === undefined) continue;
      this.#slices.delete(at);
      const entries = [...slice.values()].flatMap((sets) => [...sets.values()]);
      taken.push({ atMs: at, series: entries.map(incrementOf) });
    }
    return taken;
  }

  /** Increments folded into "other" and increments dropped since the last call. */
  takeLosses(): { readonly folded: number; readonly dropped: number } {
    const losses = { folded: this.#folded, dropped: this.#dropped };
    this.#folded = 0;
    this.#dropped = 0;
    return losses;
  }
}

function addEntry(sets: Map<string, Entry>, name: SeriesName, labels: Labels): Entry {
  const buckets = SERIES[name].isHistogram ? {} : undefined;
  const entry = { name, labels, count: 0, sum: 0, buckets };
  sets.set(labelKey(name, labels), entry);
  return entry;
}

function incrementOf({ name, labels, count, sum, buckets }: Entry): SeriesIncrement {
  return buckets === undefined ? { name, labels, count } : { name, labels, count, sum, buckets };
}
