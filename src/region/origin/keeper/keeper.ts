// The keeper of a region's store, a part of the origin role: reports what is held, verifies it, copies what is missing.
// Of several origins of a region the first that lives keeps the store; with the snapshot stale two may do it for a
// while, which costs reads and nothing else. Serving never waits for any of this.

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runEvery } from '#platform/clock.ts';
import type { NodeContext } from '../../shared/node-context.ts';
import type { RecordBook } from '../record-book.ts';
import { createControlLink } from './control-link.ts';
import { createCopyWorker } from './copy-worker.ts';
import { createInventory } from './inventory.ts';
import { createLedger } from './ledger.ts';
import { createPacer } from './pacer.ts';
import { createPeerFetch } from './peer-fetch.ts';
import { createScrubber } from './scrubber.ts';

export interface Keeper {
  /** Runs until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** A reader has found an object damaged. */
  onCorruption(key: string): void;
  /** Something of an asset (`project/asset`) has changed. */
  touch(place: string): void;
}

/** Pause after a report that control did not take: it is away, and everybody asks. */
const RETRY_MS = 1_000;

/** Creates the keeper of a node. */
export function createKeeper(context: NodeContext, records: RecordBook): Keeper {
  const { clock, config, log, nodeId, region, store, world } = context;
  const { durability } = config;
  const directory = join(context.dataDirectory, 'keeper');
  const ledger = createLedger(context);
  const link = createControlLink(context);
  const peers = createPeerFetch(context, createPacer(clock, durability.repairBytesPerSecond));

  /** Whether this node is the first living origin of its region. */
  function isOnDuty(): boolean {
    const origins = (world.current()?.nodes ?? [])
      .filter((node) => node.regionId === region.id && node.roles.includes('origin'))
      .filter((node) => node.isAlive || node.id === nodeId)
      .map(({ id }) => id)
      .sort();
    return origins.length === 0 || origins[0] === nodeId;
  }

  const touch = (place: string): void => inventory.touch(place);
  const scrubber = createScrubber({
    context,
    ledger,
    pacer: createPacer(clock, Math.max(1, durability.scrubBytesPerSecond)),
    replace: { store, clock, records, peers, directory },
    isOnDuty,
    onChange: touch,
  });
  const inventory = createInventory({
    store,
    clock,
    log,
    nodeId,
    records,
    ledger,
    link,
    scrubState: () => scrubber.state(),
  });
  const worker = createCopyWorker({ context, records, ledger, link, peers, directory, onChange: touch });

  async function reportAll(signal: AbortSignal): Promise<void> {
    await runEvery(clock, durability.inventoryMs, signal, async () => {
      if (!isOnDuty() || world.current() === undefined) return;
      await inventory
        .reportAll(signal)
        .catch((error: unknown) => log.debug({ error: String(error) }, 'control did not take the inventory'));
    });
  }

  async function reportTouched(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    while (!signal.aborted) {
      await Promise.race([inventory.untilTouched(), aborted]);
      if (signal.aborted) return;
      try {
        await inventory.reportTouched(signal);
      } catch (error) {
        log.debug({ error: String(error) }, 'control did not take a report; it is sent again');
        await clock.sleep(RETRY_MS, signal).catch(() => undefined);
      }
    }
  }

  return {
    async run(signal) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await removeLeftovers(directory);
      await Promise.all([reportAll(signal), reportTouched(signal), scrubber.run(signal), worker.run(signal)]);
    },
    onCorruption: (key) => scrubber.hurry(key),
    touch,
  };
}

/** Files that were on their way to the store in an earlier life. */
async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory))
    if (/^(?:copy|scrub)-/.test(name)) await rm(join(directory, name), { force: true });
}
