// Carries out an order to restart this node: first it says that it is not ready, so that steering sends viewers
// elsewhere, waits until players have heard of it and finished a segment, then lets its process end; whoever supervises
// it starts it again. The order is written down before the end, so that the next process knows it as done and does not
// restart for it a second time, whatever it was killed by.

import { join } from 'node:path';
import { z } from 'zod';
import { type OrderReport, orderIdSchema } from '#contract/orders.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import type { Clock } from '#platform/clock.ts';
import { readJsonFile, writeFileDurably } from '#platform/disk.ts';
import type { Log } from '#platform/log.ts';
import type { World } from '../shared/node-context.ts';
import { RESTART_SEGMENT_MS, RESTART_TOLD_MS } from './limits.ts';

export interface RestartKeeper {
  /** Reads which order was done last. */
  load(): Promise<void>;
  /** Waits for an order and carries it out; ends with the signal. */
  run(signal: AbortSignal): Promise<void>;
  notReadyReason(): string | null;
  report(): readonly OrderReport[];
}

export interface RestartKeeperDependencies {
  readonly dataDirectory: string;
  readonly nodeId: string;
  readonly siteId: string;
  readonly world: World;
  readonly clock: Clock;
  readonly log: Log;
  /** Lets the process end in good order, to be started again. */
  restart(): void;
}

const doneSchema = z.object({ orderId: orderIdSchema });

/** Creates the keeper; it does nothing before `run`. */
export function createRestartKeeper(dependencies: RestartKeeperDependencies): RestartKeeper {
  const { clock, dataDirectory, log, nodeId, siteId, world } = dependencies;
  const path = join(dataDirectory, 'restart-order.json');
  let doneId: string | null = null;
  let pendingId: string | null = null;

  const orderIn = (snapshot: WorldSnapshot | undefined): string | null =>
    snapshot?.orders?.restarts.find((order) => order.nodeId === nodeId && order.id !== doneId)?.id ?? null;

  /** Resolves with the order once there is one. */
  function nextOrder(signal: AbortSignal): Promise<string | null> {
    return new Promise((resolve) => {
      const end = (orderId: string | null): void => {
        stopListening();
        signal.removeEventListener('abort', onAbort);
        resolve(orderId);
      };
      const onAbort = (): void => end(null);
      const look = (snapshot: WorldSnapshot | undefined): void => {
        const orderId = orderIn(snapshot);
        if (orderId !== null) end(orderId);
      };
      const stopListening = world.onChange(look);
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
      else look(world.current());
    });
  }

  return {
    async load() {
      const done = doneSchema.safeParse(await readJsonFile(path));
      doneId = done.success ? done.data.orderId : null;
    },
    async run(signal) {
      const orderId = await nextOrder(signal);
      if (orderId === null) return;
      pendingId = orderId;
      const graceMs = graceOf(world.current(), siteId, clock.nowMs());
      log.info({ order: orderId, graceMs }, 'this node was told to restart; it lets its viewers leave first');
      await clock.sleep(graceMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      await writeFileDurably(path, JSON.stringify({ orderId }));
      dependencies.restart();
    },
    notReadyReason: () => (pendingId === null ? null : `it restarts by order ${pendingId}`),
    report: () => (doneId === null ? [] : [{ id: doneId, count: 0, bytes: 0 }]),
  };
}

/** How long viewers get to leave; a site that has drained for that long has none. */
function graceOf(snapshot: WorldSnapshot | undefined, siteId: string, nowMs: number): number {
  const ttlMs = snapshot?.steering.ttlMs ?? 0;
  const neededMs = ttlMs + RESTART_SEGMENT_MS;
  const drainedAtMs = snapshot?.sites.find(({ id }) => id === siteId)?.drainStartedAtMs ?? null;
  const passedMs = drainedAtMs === null ? 0 : nowMs - drainedAtMs;
  return Math.min(RESTART_TOLD_MS + neededMs, Math.max(0, RESTART_TOLD_MS + neededMs - passedMs));
}
