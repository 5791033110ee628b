// What the keeper of a region has found out: when each holding was last verified, what of it is damaged, what happened
// to objects. In memory: a restart forgets it, control does not.

import type { Finding, Holding, ScrubState } from '#contract/storage.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import type { Metrics } from '#platform/metrics.ts';
import { type ObjectPlace, placeName, type SeenHolding } from './describe-asset.ts';
import { FINDINGS_KEPT, FINDINGS_PER_PAGE, VERIFIED_KEPT } from './limits.ts';

export interface Ledger {
  /** Adds what is known to a holding. */
  complete(place: string, seen: SeenHolding): Holding;
  verified(place: string, holding: ObjectPlace, damagedKeys: readonly string[]): void;
  /** Keys of a holding that were found damaged. */
  damagedKeys(place: string, holding: ObjectPlace): readonly string[];
  note(kind: Finding['kind'], key: string, detail: string): void;
  /** Takes out a page of the findings that wait to be reported, so that two reports never tell the same. */
  takeFindings(): readonly Finding[];
  /** Puts back what could not be reported. */
  giveBack(findings: readonly Finding[]): void;
  readBytes(bytes: number): void;
  counts(): Pick<ScrubState, 'bytesRead' | 'damagedObjects' | 'repairedObjects'>;
}

/** Creates an empty ledger. */
export function createLedger({ clock, log, metrics }: { clock: Clock; log: Log; metrics: Metrics }): Ledger {
  const entries = new Map<string, { atMs: number; damaged: readonly string[] }>();
  const waiting: Finding[] = [];
  const bytesRead = metrics.counter('origin_scrub_bytes_total', 'Bytes that the scrubber has read');
  const damaged = metrics.counter('origin_objects_damaged_total', 'Objects that the scrubber found damaged');
  const repaired = metrics.counter('origin_objects_repaired_total', 'Damaged objects that were replaced');

  const entryOf = (place: string, holding: ObjectPlace) => entries.get(`${place}/${placeName(holding)}`);

  return {
    complete(place, seen) {
      const entry = entryOf(place, seen);
      const damagedObjects = entry?.damaged.length ?? 0;
      const verifiedAtMs = entry === undefined || damagedObjects > 0 || !seen.isComplete ? null : entry.atMs;
      return { ...seen, damagedObjects, verifiedAtMs };
    },
    verified(place, holding, damagedKeys) {
      const name = `${place}/${placeName(holding)}`;
      entries.delete(name);
      entries.set(name, { atMs: clock.nowMs(), damaged: damagedKeys });
      const oldest = entries.keys().next();
      if (entries.size > VERIFIED_KEPT && oldest.done !== true) entries.delete(oldest.value);
    },
    damagedKeys: (place, holding) => entryOf(place, holding)?.damaged ?? [],
    note(kind, key, detail) {
      if (kind === 'damaged') damaged.value += 1;
      if (kind === 'repaired') repaired.value += 1;
      const text = detail.slice(0, 500);
      if (kind === 'unrepairable')
        log.warn({ key, detail: text }, 'an object is damaged and no copy was found');
      else log.info({ key, kind, detail: text }, 'the keeper changed or judged an object');
      waiting.push({ atMs: clock.nowMs(), kind, key, detail: text });
      if (waiting.length > FINDINGS_KEPT) waiting.shift();
    },
    takeFindings: () => waiting.splice(0, FINDINGS_PER_PAGE),
    giveBack(findings) {
      waiting.unshift(...findings.slice(0, FINDINGS_KEPT - waiting.length));
    },
    readBytes(bytes) {
      bytesRead.value += bytes;
    },
    counts: () => ({
      bytesRead: bytesRead.value,
      damagedObjects: damaged.value,
      repairedObjects: repaired.value,
    }),
  };
}
