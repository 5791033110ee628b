// Composition root of the control plane: its database (managed, or by URL), its schema, itself.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '#contract/config.ts';
import { createControl } from '#control/control.ts';
import { migrations } from '#control/database/migrations.ts';
import type { ControlTables } from '#control/database/schema.ts';
import { systemClock } from '#platform/clock.ts';
import { type DatabaseAddress, openDatabase } from '#platform/database/database.ts';
import { startManagedPostgres } from '#platform/database/managed-postgres.ts';
import { migrate } from '#platform/database/migrate.ts';
import type { Lifecycle } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { CONSOLE_DIRECTORY } from '../web.ts';
import { exportMetrics } from './export-metrics.ts';

export interface ControlProcessOptions {
  readonly config: Config;
  readonly dataDirectory: string;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
}

/** Starts control; resolves when it serves. */
export async function startControl(options: ControlProcessOptions): Promise<readonly string[]> {
  const { config, dataDirectory, log, lifecycle } = options;
  const address = await databaseAddress(options);
  await migrate(address, migrations, { log });
  const database = await openDatabase<ControlTables>(address, { log });
  lifecycle.add('database connections', () => database.close());
  const metrics = createMetrics();
  exportMetrics(options, metrics, { service: 'meridian-control' });
  const control = createControl({
    config,
    dataDirectory,
    database: database.kysely,
    clock: systemClock,
    log,
    metrics,
    random: (bytes) => randomBytes(bytes),
    consoleDirectory: CONSOLE_DIRECTORY,
  });
  lifecycle.add('control', () => control.stop());
  await control.start();
  return [];
}

async function databaseAddress(options: ControlProcessOptions): Promise<DatabaseAddress> {
  const { config, dataDirectory, log, lifecycle } = options;
  if (config.control.databaseUrl !== undefined) return { url: config.control.databaseUrl };
  const postgres = await startManagedPostgres({ directory: join(dataDirectory, 'postgres'), log });
  lifecycle.add('postgres', () => postgres.stop());
  // Without its database control can only wait; started again, it brings both back.
  void postgres.exited.then((lastLines) => {
    if (lifecycle.signal.aborted) return;
    log.error({ lastLines }, 'PostgreSQL ended; control starts again');
    process.exit(1);
  });
  return postgres;
}
