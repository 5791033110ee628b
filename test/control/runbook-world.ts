// Runbooks without a control around them, on a real database with a fleet that is alive.

import { randomBytes } from 'node:crypto';
import { defined } from '#base/assert.ts';
import { configSchema } from '#contract/config.ts';
import type { ControlTables } from '#control/database/schema.ts';
import { createFleet } from '#control/fleet/fleet.ts';
import { createRunbooks, type Runbooks } from '#control/runbooks/runbooks.ts';
import { findRun, type RunRow } from '#control/runbooks/store.ts';
import { createSteering } from '#control/steering/steering.ts';
import { systemClock } from '#platform/clock.ts';
import { openDatabase } from '#platform/database/database.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { waitFor } from '../support/wait-for.ts';
import { addressOf } from './child.ts';
import type { ChildOptions } from './control-child.ts';
import type { Suite, TestControl } from './support.ts';

export interface RunbooksAlone {
  readonly runbooks: Runbooks;
  readonly database: TestControl['database'];
  readonly clock: { advance(milliseconds: number): void };
  /** What the timeline heard. */
  readonly lines: string[];
  readonly changes: { summary: string; labels: Record<string, string> }[];
  /** How often the timeline fails before it listens. */
  deafTimes: number;
  /** What telemetry says of every series. */
  outcomes: Readonly<Record<string, number>>;
  /** With which labels telemetry was asked last. */
  asked: Readonly<Record<string, string>>;
  /** Drives all runs, a second apart, until this one looks as it should. */
  reach(runId: string, is: (run: RunRow) => boolean): Promise<RunRow>;
  close(): Promise<void>;
}

/** The keeper of runbooks by itself: no control drives its runs, and what it hears and tells is the test's. */
export async function runbooksAlone(suite: Suite): Promise<RunbooksAlone> {
  let address: ChildOptions['address'] | undefined;
  const world = await suite.start({
    address: (database) => {
      address = addressOf(suite, database);
      return address;
    },
  });
  await world.settledNodes('dublin-1', 'singapore-1', 'los-angeles-1');
  await world.stop();
  const opened = await openDatabase<ControlTables>(defined(address, 'an address'), { log: silentLog });
  const database = opened.kysely;
  let nowMs = world.clock.nowMs();
  // The monotonic clock stands still, so that nodes that do not beat stay alive.
  const clock = {
    nowMs: () => nowMs,
    monotonicMs: () => 0,
    sleep: systemClock.sleep,
    advance(milliseconds: number) {
      nowMs += milliseconds;
    },
  };
  const context = {
    config: configSchema.parse({}),
    dataDirectory: world.dataDirectory,
    database,
    clock,
    log: silentLog,
    metrics: createMetrics(),
    random: randomBytes,
  };
  const fleet = createFleet(context);
  await fleet.reload();
  const steering = createSteering(context, fleet);
  steering.tick();
  const own: RunbooksAlone = {
    lines: [],
    changes: [],
    deafTimes: 0,
    outcomes: { ok: 1_000 },
    asked: {},
    clock,
    database,
    runbooks: createRunbooks({
      context,
      fleet,
      steering,
      mayWork: () => true,
      async onChange() {
        await fleet.reload();
        steering.tick();
      },
      ports: {
        alerts: { firing: () => [] },
        changes: { record: async ({ summary, labels }) => void own.changes.push({ summary, labels }) },
        rollups: {
          async read({ labels, fromMs }) {
            own.asked = labels;
            return Object.entries(own.outcomes).map(([outcome, count]) => ({
              atMs: fromMs,
              labels: { ...labels, outcome },
              count,
            }));
          },
        },
        timeline: {
          async append(incidentId, { kind, text }) {
            own.deafTimes -= 1;
            if (own.deafTimes >= 0) throw new Error('the timeline is away');
            own.lines.push(`${incidentId} ${kind} ${text}`);
          },
        },
      },
    }),
    reach: (runId, is) =>
      waitFor('the run to get there', async () => {
        await own.runbooks.tick();
        const run = defined(await findRun(database, runId), 'the run');
        if (is(run)) return run;
        clock.advance(1_000);
        return undefined;
      }),
    close: () => opened.close(),
  };
  return own;
}
