// What every domain of control is given.

import type { Config } from '#contract/config.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import type { Metrics } from '#platform/metrics.ts';
import type { ControlDatabase } from './database/schema.ts';

/** Random bytes from a cryptographic source; tests may seed it. */
export type RandomBytes = (bytes: number) => Uint8Array;

export interface ControlContext {
  readonly config: Config;
  /** Keys, the admin token, join tokens. */
  readonly dataDirectory: string;
  readonly database: ControlDatabase;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly random: RandomBytes;
}

/** Told when something changed that the next snapshot must carry. */
export type OnWorldChange = () => void;
