// The domains of control and how they hang together: who tells whom that something changed.

import type { SigningKey } from '#platform/identity.ts';
import { createFrames } from './catalog/frames.ts';
import type { ControlContext } from './context.ts';
import { createDispatcher, type Dispatcher } from './events/dispatcher.ts';
import { createSender } from './events/send.ts';
import { createFleet, type Fleet } from './fleet/fleet.ts';
import { createJoin, type Join } from './fleet/join.ts';
import { createJoinTokens, type JoinTokens } from './fleet/join-tokens.ts';
import { createImports, type Imports } from './imports/imports.ts';
import { createLeases, type Leases } from './jobs/leases.ts';
import { createScheduler, type Scheduler } from './jobs/scheduler.ts';
import { createKeys, type Keys } from './keys/keys.ts';
import { DEAD_AFTER_MS } from './limits.ts';
import { buildSnapshot } from './snapshot/build.ts';
import { createPublisher, type Publisher } from './snapshot/publisher.ts';
import { createSteering, type Steering } from './steering/steering.ts';
import { createStorage, type Storage } from './storage/storage.ts';

/** The domains, wired. */
interface Parts {
  readonly context: ControlContext;
  readonly fleet: Fleet;
  readonly join: Join;
  readonly joinTokens: JoinTokens;
  readonly keys: Keys;
  readonly steering: Steering;
  readonly publisher: Publisher;
  readonly scheduler: Scheduler;
  readonly leases: Leases;
  readonly dispatcher: Dispatcher;
  readonly imports: Imports;
  readonly storage: Storage;
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
  const steering = createSteering(context, fleet);
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
      }),
  });
  const joinTokens = createJoinTokens(context, fleet);
  const scheduler = createScheduler(context, fleet);
  const storage = createStorage(context, fleet, () => scheduler.wake());
  return {
    context,
    fleet,
    keys,
    steering,
    publisher,
    joinTokens,
    join: createJoin(context, fleet, joinTokens, wiring.onWorldChange),
    scheduler,
    leases: createLeases(context, () => scheduler.wake(), storage.changed),
    dispatcher: createDispatcher({ context, send: createSender(config.webhooks), mayWork, term }),
    frames: createFrames(context),
    imports: createImports(context),
    storage,
    rootPublicKey: rootKey.publicKey,
  };
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
      const last = await publisher.load();
      if (last !== null) steering.resume(last.steering);
      await keys.reload();
    },
    begin(url) {
      controlUrl = url;
      isLoaded = true;
      tick();
    },
    async reload() {
      await fleet.reload();
      await keys.reload();
      if (clock.monotonicMs() - startedMonotonicMs > DEAD_AFTER_MS) await joinTokens.keepLocal(false);
    },
    tick,
    async reap() {
      const nodeIds = [...rebooted];
      rebooted.clear();
      await leases.reap(nodeIds);
      await parts.imports.reap();
      scheduler.wake();
    },
    onReboot(nodeId) {
      rebooted.add(nodeId);
    },
    onWork: () => scheduler.wake(),
  };
}
