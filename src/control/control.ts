// The control plane as a library: everything from outside comes in through ControlDependencies, and it lives between
// `start` and `stop`. The database must be open and migrated (database/migrations.ts) before the start; afterwards it
// may go away and come back without a restart.

import { join } from 'node:path';
import { makeId } from '#base/ids.ts';
import { runEvery } from '#platform/clock.ts';
import { makeDirectoryDurably } from '#platform/disk.ts';
import { loadOrCreateSigningKey } from '#platform/identity.ts';
import { createLifecycle, type Lifecycle } from '#platform/lifecycle.ts';
import { ensureAdminToken } from './access/admin-token.ts';
import { createAuthenticator } from './access/authenticate.ts';
import { createSignIn, type SignIn } from './access/sign-in.ts';
import { sealAudit } from './audit/seal.ts';
import type { ControlContext } from './context.ts';
import { createDatabaseGate, type DatabaseGate } from './database/gate.ts';
import { createLeadership, type Leadership } from './database/leadership.ts';
import { createDomains, type Domains } from './domains.ts';
import { createApiHandlers, createNodeApiHandlers } from './handlers.ts';
import { removeExpired } from './housekeeping.ts';
import { type ControlServer, createControlServer } from './http/server.ts';
import { DATABASE_PING_EVERY_MS, LEASE_MS, LOCAL_JOIN_TOKEN_MS } from './limits.ts';
import { readFeed } from './oncall/feeds.ts';
import { ONCALL_TICK_MS } from './oncall/limits.ts';
import { STORAGE_TICK_MS } from './storage/limits.ts';
import { FOLD_EVERY_MS } from './telemetry/limits.ts';
import { UPDATES_TICK_MS } from './updates/limits.ts';

export interface ControlDependencies extends ControlContext {
  /** Built console (console/dist). */
  readonly consoleDirectory: string;
}

export interface Control {
  /** Takes the lead and serves; the address is that of this machine, whatever `control.url` says. */
  start(): Promise<{ url: string }>;
  /** Idempotent. */
  stop(): Promise<void>;
  /** Makes a one-time token for a node of a site. */
  issueJoinToken(siteId: string): Promise<string>;
}

/** Second by second: plan, publish, take back lost leases. */
const TICK_MS = 1_000;
/** Ended viewings wait up to an hour to be written; a minute more is none. */
const HISTORY_EVERY_MS = 60_000;
/** Changes that another process made (a second control, an operator's psql) are seen within this time. */
const RELOAD_MS = 5_000;
const HOUSEKEEPING_MS = 600_000;
/** Answered from memory, so that nodes live on while the database is away. */
const FROM_MEMORY: ReadonlySet<string> = new Set(['POST /node/v1/beat']);

/** Creates the control plane; nothing runs until `start`. */
export function createControl(dependencies: ControlDependencies): Control {
  const { clock, config, dataDirectory, database, log, random } = dependencies;
  const lifecycle = createLifecycle(log);
  const gate = createDatabaseGate(database, clock, log);
  const holder = makeId('ctl', clock.nowMs(), random(10));
  const leadership = createLeadership(database, holder, clock, log);
  let domains: Domains | undefined;

  const notReadyReasons = (): string[] => reasonsOf(gate, leadership, domains);

  async function start(): Promise<{ url: string }> {
    await makeDirectoryDurably(dataDirectory);
    await leadership.start();
    lifecycle.run('leadership', (signal) => leadership.watch(signal));
    await ensureAdminToken(dependencies);
    const isHttps = config.control.url?.startsWith('https:') ?? false;
    const signIn = await createSignIn(dependencies, isHttps);
    const own = createDomains({
      context: dependencies,
      rootKey: await loadOrCreateSigningKey(join(dataDirectory, 'root-key.pem')),
      controlKey: await loadOrCreateSigningKey(join(dataDirectory, 'control-key.pem')),
      term: leadership.term,
      mayWork: () => leadership.isHeld() && gate.outage() === null,
    });
    domains = own;
    await own.load();
    const server = createServer(dependencies, own, gate, { isHttps, signIn, notReadyReasons });
    const port = await server.start(config.host, config.control.port);
    lifecycle.add('http server', () => server.stop());
    lifecycle.add('live updates', () => own.updates.stop());
    lifecycle.add('claims', () => own.scheduler.stop());
    lifecycle.add('import claims', () => own.imports.stop());
    lifecycle.add('broadcast lists', () => own.broadcasts.stop());
    lifecycle.add('alerts for incidents', () => own.incidents.stop());
    lifecycle.add('objectives', () => own.slos.stop());
    lifecycle.add('alerts', () => own.alerts.stop());
    const host = config.host.includes(':') ? `[${config.host}]` : config.host;
    const url = `http://${host}:${port}`;
    own.begin(config.control.url ?? url);
    await own.joinTokens.keepLocal(true);
    runLoops(dependencies, lifecycle, gate, own);
    lifecycle.run('webhooks', (signal) => own.dispatcher.run(signal));
    lifecycle.run('notifications', (signal) => own.notifier.outbox.run(signal));
    registerGauges(dependencies, gate, own);
    log.info({ url, term: leadership.term() }, 'control serves');
    return { url };
  }

  let stopped: Promise<void> | undefined;
  return {
    async start() {
      try {
        return await start();
      } catch (error) {
        await lifecycle.stop();
        throw error;
      }
    },
    stop() {
      stopped ??= lifecycle.stop();
      return stopped;
    },
    async issueJoinToken(siteId) {
      if (domains === undefined) throw new Error('control has not started');
      const { joinToken } = await domains.joinTokens.issue(siteId, LOCAL_JOIN_TOKEN_MS, { kind: 'anyone' });
      return joinToken;
    },
  };
}

function createServer(
  dependencies: ControlDependencies,
  own: Domains,
  gate: DatabaseGate,
  {
    isHttps,
    signIn,
    notReadyReasons,
  }: { isHttps: boolean; signIn: SignIn | null; notReadyReasons: () => string[] },
): ControlServer {
  const { log, metrics, random, consoleDirectory } = dependencies;
  return createControlServer({
    log,
    metrics,
    random,
    isHttps,
    consoleDirectory,
    apiHandlers: createApiHandlers(own, isHttps, signIn),
    nodeHandlers: createNodeApiHandlers(own),
    gate: {
      authenticate: createAuthenticator(dependencies, isHttps, (nodeId) => own.fleet.publicKeyOf(nodeId)),
      guard: gate.guard,
      fromMemory: FROM_MEMORY,
    },
    notReadyReasons,
    signIn,
    readFeed: (token) => gate.guard(() => readFeed(dependencies, own.oncall, token)),
    openUpdates: (principal, topics) => gate.guard(() => own.updates.open(principal, topics)),
  });
}

/** Why control cannot do its work now. */
function reasonsOf(gate: DatabaseGate, leadership: Leadership, own: Domains | undefined): string[] {
  const outage = gate.outage();
  const problem = own?.publisher.problem() ?? null;
  return [
    ...(outage === null ? [] : [`the database cannot be reached: ${outage}`]),
    ...(leadership.isHeld() ? [] : ['this control does not hold the lead']),
    ...(problem === null ? [] : [problem]),
  ];
}

/** One loop per concern. A run that fails is logged, once per outage of the database, and the loop goes on. */
function runLoops(context: ControlContext, lifecycle: Lifecycle, gate: DatabaseGate, own: Domains): void {
  const { clock, log } = context;
  const run = (name: string, intervalMs: number, task: () => Promise<void> | void): void =>
    lifecycle.run(name, (signal) =>
      runEvery(clock, intervalMs, signal, async () => {
        try {
          await task();
        } catch (error) {
          if (signal.aborted || gate.outage() !== null) return;
          log.warn({ loop: name, error: String(error) }, 'a run of a loop failed; the next one tries again');
        }
      }),
    );
  const whileDatabase = (task: () => Promise<void>) => async () => {
    if (gate.outage() === null) await gate.guard(task);
  };
  run('database', DATABASE_PING_EVERY_MS, gate.ping);
  run('world', TICK_MS, own.tick);
  run(
    'leases',
    TICK_MS,
    whileDatabase(async () => {
      // Leases ran out while nobody could prolong them; their holders first get the time to say that they live.
      if (gate.backForMs() >= LEASE_MS) await own.reap();
    }),
  );
  run(
    'published',
    TICK_MS,
    whileDatabase(() => own.publisher.save()),
  );
  run(
    'storage',
    STORAGE_TICK_MS,
    whileDatabase(() => own.storage.tick()),
  );
  run(
    'history',
    HISTORY_EVERY_MS,
    whileDatabase(() => own.history.tick()),
  );
  run(
    'orders',
    TICK_MS,
    whileDatabase(() => own.orders.tick()),
  );
  run(
    'broadcasts',
    TICK_MS,
    whileDatabase(() => own.broadcasts.tick()),
  );
  run(
    'telemetry',
    FOLD_EVERY_MS,
    whileDatabase(() => own.telemetry.fold()),
  );
  run(
    'changes',
    TICK_MS,
    whileDatabase(() => own.changeWatch.tick()),
  );
  run(
    'incidents',
    TICK_MS,
    whileDatabase(() => own.incidents.tick()),
  );
  run(
    'oncall',
    ONCALL_TICK_MS,
    whileDatabase(() => own.oncall.tick()),
  );
  run(
    'runbooks',
    TICK_MS,
    whileDatabase(() => own.runbooks.tick()),
  );
  run(
    'alerts',
    TICK_MS,
    whileDatabase(async () => {
      await own.alerts.round();
      await own.slos.save();
    }),
  );
  run(
    'live updates',
    UPDATES_TICK_MS,
    whileDatabase(() => own.updates.tick()),
  );
  run(
    'break-glass',
    TICK_MS,
    whileDatabase(() => own.breakGlass.tick()),
  );
  run(
    'audit',
    TICK_MS,
    whileDatabase(() => sealAudit(context.database)),
  );
  run('reload', RELOAD_MS, whileDatabase(own.reload));
  run(
    'housekeeping',
    HOUSEKEEPING_MS,
    whileDatabase(async () => {
      await removeExpired(context);
      await own.telemetry.tidy();
      await own.history.tidy();
    }),
  );
}

function registerGauges({ metrics }: ControlContext, gate: DatabaseGate, own: Domains): void {
  metrics.gauge('control_database_up', '1 while the database answers', () =>
    gate.outage() === null ? 1 : 0,
  );
  metrics.gauge(
    'control_nodes_alive',
    'Nodes whose beats arrive',
    () => own.fleet.nodes().filter(({ isAlive }) => isAlive).length,
  );
  metrics.gauge(
    'control_sites_healthy',
    'Sites that can serve viewers',
    () => own.fleet.sites().filter(({ isHealthy }) => isHealthy).length,
  );
  metrics.gauge(
    'control_snapshot_term',
    'Term of the newest snapshot',
    () => own.publisher.newest()?.term ?? 0,
  );
  metrics.gauge(
    'control_snapshot_sequence',
    'Sequence of the newest snapshot',
    () => own.publisher.newest()?.sequence ?? 0,
  );
  metrics.gauge(
    'control_runbook_runs',
    'Runs of runbooks that have not ended',
    () => own.runbooks.counts().openCount,
  );
  metrics.gauge(
    'control_runbook_runs_stuck',
    'Runs whose step takes longer than it ever did',
    () => own.runbooks.counts().stuckCount,
  );
  metrics.gauge('control_webhook_attempts_in_flight', 'Attempts at webhooks that wait for an answer', () =>
    own.dispatcher.inFlight(),
  );
  metrics.gauge(
    'control_notification_attempts_in_flight',
    'Attempts at channels that wait for an answer',
    () => own.notifier.outbox.inFlight(),
  );
  metrics.gauge(
    'control_alerts_firing',
    'Alerts that fire, quiet ones included',
    () => own.alerts.firing().length,
  );
  metrics.gauge('control_update_streams', 'Open streams of live updates', () => own.updates.streamCount());
  metrics.gauge('control_wave_stopped', '1 while a refused snapshot waits for a better one', () =>
    own.publisher.waves().stopped === null ? 0 : 1,
  );
  metrics.gauge(
    'control_steering_findings',
    'What the checker holds against the newest plan',
    () => own.steering.findings().length,
  );
}
