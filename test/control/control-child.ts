// A control plane in a process of its own, for tests that kill it: `node control-child.ts JSON`, prints its address.

import { randomBytes } from 'node:crypto';
import { configSchema } from '#contract/config.ts';
import { createControl } from '#control/control.ts';
import type { ControlTables } from '#control/database/schema.ts';
import { systemClock } from '#platform/clock.ts';
import { type DatabaseAddress, openDatabase } from '#platform/database/database.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';

export interface ChildOptions {
  readonly address: DatabaseAddress;
  readonly dataDirectory: string;
  readonly config: object;
}

const options = JSON.parse(process.argv[2] ?? '{}') as ChildOptions;
const database = await openDatabase<ControlTables>(options.address, { log: silentLog });
const control = createControl({
  config: configSchema.parse({ control: { port: 0 }, ...options.config }),
  dataDirectory: options.dataDirectory,
  database: database.kysely,
  clock: systemClock,
  log: silentLog,
  metrics: createMetrics(),
  random: randomBytes,
  consoleDirectory: options.dataDirectory,
});
const { url } = await control.start();
process.stdout.write(`${url}\n`);
