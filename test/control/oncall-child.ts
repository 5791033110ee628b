// On-call in a process of its own, for tests that kill it: `node oncall-child.ts JSON`. It takes escalations forward in
// a loop, with a clock that is ahead, and posts pages to a receiver.

import { randomBytes } from 'node:crypto';
import { configSchema } from '#contract/config.ts';
import type { ControlTables } from '#control/database/schema.ts';
import { createOncall } from '#control/oncall/oncall.ts';
import { runEvery, systemClock } from '#platform/clock.ts';
import { type DatabaseAddress, openDatabase } from '#platform/database/database.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';

export interface OncallChildOptions {
  readonly address: DatabaseAddress;
  readonly receiverUrl: string;
  readonly aheadMs: number;
}

const options = JSON.parse(process.argv[2] ?? '{}') as OncallChildOptions;
const database = await openDatabase<ControlTables>(options.address, { log: silentLog });
const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + options.aheadMs };
const oncall = createOncall({
  context: {
    config: configSchema.parse({}),
    dataDirectory: '',
    database: database.kysely,
    clock,
    log: silentLog,
    metrics: createMetrics(),
    random: randomBytes,
  },
  ports: {
    notifier: {
      async send(message) {
        const response = await fetch(options.receiverUrl, {
          method: 'POST',
          body: JSON.stringify(message),
        });
        if (!response.ok) throw new Error(`the receiver answered with ${response.status}`);
      },
    },
    timeline: null,
  },
  mayWork: () => true,
});
await runEvery(systemClock, 50, new AbortController().signal, oncall.tick);
