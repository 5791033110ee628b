// The domains of control and how they hang together: who tells whom that something changed.

import type { SigningKey } from '#platform/identity.ts';
import { createFrames } from './catalog/frames.ts';
import { type ChangeWatch, createChangeWatch } from './changes/watch.ts';
import type { ControlContext } from './context.ts';
import { createDispatcher, type Dispatcher } from './events/dispatcher.ts';
import { createFleet, type Fleet } from './fleet/fleet.ts';
import { createJoin, type Join } from './fleet/join.ts';
import { createJoinTokens, type JoinTokens } from './fleet/join-tokens.ts';
import { createHistory, type History } from './history/history.ts';
import { createImports, type Imports } from './imports/imports.ts';
import { type Chunks, createChunks } from './jobs/chunks.ts';
import { createLeases, type Leases } from './jobs/leases.ts';
import { createPaces, type Paces } from './jobs/paces.ts';
import { createScheduler, type Scheduler } from './jobs/scheduler.ts';
import { createKeys, type Keys } from './keys/keys.ts';
import { DEAD_AFTER_MS } from './limits.ts';
import { type Broadcasts, createBroadcasts } from './live/broadcasts.ts';
import { createOrders, type Orders } from './orders/orders.ts';
import { createSender } from './outbox/send.ts';
import { createSignal, type Signal } from './signal.ts';
import { buildSnapshot } from './snapshot/build.ts';
import { createPublisher, type Publisher } from './snapshot/publisher.ts';
import { createSteering, type Steering } from './steering/steering.ts';
import { createStorage, type Storage } from './storage/storage.ts';
import { createUpdates, type Updates } from './updates/updates.ts';

/** The domains, wired. */
interface Parts extends Signal {
  readonly context: ControlContext;
  readonly fleet: Fleet;
  readonly join: Join;
  readonly joinTokens: JoinTokens;
  readonly keys: Keys;
  readonly orders: Orders;
  readonly steering: Steering;
  readonly publisher: Publisher;
  readonly scheduler: Scheduler;
  readonly leases: Leases;
  readonly paces: Paces;
  readonly chunks: Chunks;
  readonly dispatcher: Dispatcher;
  readonly imports: Imports;
  readonly broadcasts: Broadcasts;
  readonly storage: Storage;
  readonly history: History;
  readonly changeWatch: ChangeWatch;
  readonly updates: Updates;
  readonly frames: ReturnType<typeof createFrames>;
  readonly rootPublicKey: string;
}

export interface Domains extends Parts {
  /** Of the leader. */
  term(): number;
  /** Reads everything from the database. */
  load(): Promise<void>;
  /** From now on snapshots are published, with this address of control. */
  begin(controlUrl: string): void;
  /** Reads again what others may have changed. */
  reload(): Promise<void>;
  /** Plans, and publishes what is due. */
  tick(): void;
  /** Takes back lost leases. */
  reap(): Promise<void>;
  onReboot(nodeId: string): void;
  onWork(): void;
  /** A setting, a pause or an order was taken back. */
  onReverted(): Promise<void>;
}

export interface DomainDependencies {
  readonly context: ControlContext;
  readonly rootKey: SigningKey;
  readonly controlKey: SigningKey;
  term(): number;
  /** Whether this process leads and its database answers. */
  mayWork(): boolean;
}

/** What the wiring tells the outside. */
interface Wiring {
  onWorldChange(): void;
  controlUrl(): string;
}

function createParts(
  { context, rootKey, controlKey, term, mayWork }: DomainDependencies,
  wiring: Wiring,
): Parts {
  const { config } = context;
  const fleet = createFleet(context);
  const keys = createKeys(context, wiring.onWorldChange);
  const orders = createOrders(context, fleet, wiring.onWorldChange);
  const steering = createSteering(context, fleet, orders.shares);
  const scheduler = createScheduler(context, fleet);
  const broadcasts = createBroadcasts(context, fleet, term);
  const signal = createSignal({
    context,
    fleet,
    steering,
    mayWork,
    term,
    controlUrl: wiring.controlUrl,
    async onAction({ kind }) {
      await fleet.reload();
      await orders.reload();
      wiring.onWorldChange();
      scheduler.wake();
      await broadcasts.tick();
      if (kind !== 'revert_change') return;
      // Not waited for: a run may have been started within a round of alerts, which then would wait for itself.
      rereadSettings(signal).catch((error: unknown) =>
        context.log.warn({ error: String(error) }, 'settings that were taken back are read again later'),
      );
    },
  });
  const publisher = createPublisher({
    context,
    rootKey,
    term,
    sites: () => fleet.sites(),
    content: () =>
      buildSnapshot({
        config,
        controlUrl: wiring.controlUrl(),
        controlPublicKey: controlKey.publicKey,
        sites: fleet.sites(),
        plan: steering.current(),
        ...keys.published(),
        orders: orders.published(),
        status: signal.incidents.board.current(),
      }),
  });
  const joinTokens = createJoinTokens(context, fleet);
  const paces = createPaces(context);
  const storage = createStorage(context, fleet, () => scheduler.wake());
  return {
    context,
    fleet,
    orders,
    keys,
    steering,
    publisher,
    joinTokens,
    join: createJoin(context, fleet, joinTokens, wiring.onWorldChange),
    scheduler,
    leases: createLeases(
      context,
      paces,
      () => scheduler.wake(),
      storage.changed,
      signal.telemetry.notePlayable,
    ),
    paces,
    chunks: createChunks(context, fleet, () => scheduler.wake()),
    dispatcher: createDispatcher({ context, send: createSender(config.webhooks), mayWork, term }),
    frames: createFrames(context),
    imports: createImports(context),
    broadcasts,
    storage,
    updates: createUpdates(context),
    history: createHistory(context),
    changeWatch: createChangeWatch(context, fleet, () => steering.current()),
    ...signal,
    rootPublicKey: rootKey.publicKey,
  };
}

/** Of settings that can be taken back, those that are kept in memory. */
async function rereadSettings({ alerts, slos }: Signal): Promise<void> {
  await slos.reload();
  await alerts.reload();
}

/** Creates all domains; `load` before anything else. */
export function createDomains(dependencies: DomainDependencies): Domains {
  const { clock, config } = dependencies.context;
  const startedMonotonicMs = clock.monotonicMs();
  const rebooted = new Set<string>();
  let controlUrl = config.control.url ?? '';
  let isLoaded = false;

  const tick = (): void => {
    if (!isLoaded) return;
    parts.steering.tick();
    parts.publisher.tick();
  };
  const parts = createParts(dependencies, { onWorldChange: () => tick(), controlUrl: () => controlUrl });
  const { fleet, joinTokens, keys, leases, publisher, scheduler, steering } = parts;

  return {
    ...parts,
    term: dependencies.term,
    async load() {
      await fleet.reload();
      await parts.orders.reload();
      const last = await publisher.load();
      if (last !== null) steering.resume(last.steering);
      await keys.reload();
      await parts.telemetry.load();
      await parts.changeWatch.load();
      // The first snapshot must not take back what the public was told.
      await parts.incidents.board.refresh();
      await parts.slos.load();
      await parts.alerts.load();
    },
    begin(url) {
      controlUrl = url;
      isLoaded = true;
      tick();
      parts.incidents.start();
    },
    async reload() {
      await fleet.reload();
      await parts.orders.reload();
      await keys.reload();
      if (clock.monotonicMs() - startedMonotonicMs > DEAD_AFTER_MS) await joinTokens.keepLocal(false);
    },
    tick,
    async reap() {
      const nodeIds = [...rebooted];
      rebooted.clear();
      // Helpers first: a leader that is lost with them takes its chunks back by itself.
      await parts.chunks.reap(nodeIds);
      await leases.reap(nodeIds);
      await parts.imports.reap();
      scheduler.wake();
    },
    onReboot(nodeId) {
      rebooted.add(nodeId);
    },
    onWork: () => scheduler.wake(),
    async onReverted() {
      await parts.orders.reload();
      await rereadSettings(parts);
      tick();
      scheduler.wake();
    },
  };
}
