// Carries out purges: what the snapshot lists, each once per process, in memory, on disk and in what is known of assets.
// What was asked of an origin before a purge is still sent to whoever waits for it, and not kept. A process that starts
// anew carries all listed ones out again, since its disk may hold what was there before; that costs a fetch and no more.
// Live is not touched: its parts are gone within their window.

import { ORDERS_TOLD_MAX, type OrderReport, type Purge, purgePrefix } from '#contract/orders.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import type { DiskCache } from './disk/disk-cache.ts';
import type { ObjectCache } from './object-cache.ts';

export interface Purger {
  /** From now on purges are carried out: the disk is being read in. */
  begin(snapshot: WorldSnapshot | undefined): void;
  /** Begins what a snapshot lists and was not begun yet. */
  take(snapshot: WorldSnapshot | undefined): void;
  /** Counts up with each purge; what began under a lower number may be of before it. */
  epoch(): number;
  /** Whether a purge that came after this number is about the key. */
  isPurgedSince(key: string, epoch: number): boolean;
  /** Whether a purge of a moment ago is about the key. */
  isRecent(key: string): boolean;
  /** What was carried out, for the beat. */
  report(): readonly OrderReport[];
}

export interface PurgerDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly cache: ObjectCache;
  readonly disk: DiskCache;
  /** Forgets what is known of assets and documents below a project or an asset. */
  forget(place: Pick<Purge, 'projectId' | 'assetId'>): void;
}

interface Begun {
  readonly id: string;
  readonly prefix: string;
  readonly epoch: number;
  readonly atMs: number;
  report: OrderReport | null;
}

/** By then every edge of a site that is alive has a snapshot that all of them have. */
const RECENT_MS = 60_000;

/** Creates the purger of an edge. */
export function createPurger({ clock, log, cache, disk, forget }: PurgerDependencies): Purger {
  let begun: readonly Begun[] = [];
  let epoch = 0;
  const failed = new Set<Begun>();
  let isBegun = false;

  async function carryOut(purge: Begun): Promise<void> {
    const isMeant = (key: string): boolean => key.startsWith(purge.prefix);
    const inMemory = cache.purge(isMeant);
    try {
      const onDisk = await disk.purge(isMeant);
      purge.report = {
        id: purge.id,
        count: inMemory.count + onDisk.count,
        bytes: inMemory.bytes + onDisk.bytes,
      };
      log.info({ ...purge.report, prefix: purge.prefix }, 'a purge is carried out');
    } catch (error) {
      log.warn(
        { order: purge.id, error: String(error) },
        'a purge could not be carried out on disk; the next snapshot tries again',
      );
      failed.add(purge);
    }
  }

  function take(snapshot: WorldSnapshot | undefined): void {
    if (!isBegun) return;
    const listed = snapshot?.orders?.purges ?? [];
    const known = begun.filter(({ id }) => listed.some((purge) => purge.id === id));
    const fresh = listed
      .filter(({ id }) => !known.some((purge) => purge.id === id))
      .map((purge): Begun => {
        epoch += 1;
        forget(purge);
        return { id: purge.id, prefix: purgePrefix(purge), epoch, atMs: clock.monotonicMs(), report: null };
      });
    begun = [...known, ...fresh];
    const again = [...failed].filter((purge) => known.includes(purge));
    failed.clear();
    for (const purge of [...fresh, ...again]) void carryOut(purge);
  }

  return {
    begin(snapshot) {
      isBegun = true;
      take(snapshot);
    },
    take,
    epoch: () => epoch,
    isPurgedSince: (key, since) =>
      since < epoch && begun.some((purge) => purge.epoch > since && key.startsWith(purge.prefix)),
    isRecent: (key) =>
      begun.length > 0 &&
      begun.some(({ atMs, prefix }) => clock.monotonicMs() - atMs < RECENT_MS && key.startsWith(prefix)),
    report: () => begun.flatMap(({ report }) => (report === null ? [] : [report])).slice(0, ORDERS_TOLD_MAX),
  };
}
