// Knows whether the database answers. A ping each second opens and closes the gate: while it is shut, requests are
// refused at once instead of queueing, and those already waiting on a silent database are let go. What they had
// begun may still commit; every change of ours can be repeated, so "unavailable" stays an honest answer.

import { sql } from 'kysely';
import { MeridianError } from '#contract/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import { DATABASE_PING_MS_MAX } from '../limits.ts';
import type { ControlDatabase } from './schema.ts';

export interface DatabaseGate {
  /** Why the database cannot be used now, or null. */
  outage(): string | null;
  /** How long the database has answered since its last outage, in milliseconds; infinite when there was none. */
  backForMs(): number;
  /** Runs what needs the database; fails with `unavailable` when it is away or goes away meanwhile. */
  guard<T>(run: () => Promise<T>): Promise<T>;
  /** Asks the database once and opens or shuts the gate. */
  ping(): Promise<void>;
}

function unavailable(): MeridianError {
  return new MeridianError('unavailable', { what: 'The database' });
}

/** Creates the gate; the owner calls `ping` in a loop. */
export function createDatabaseGate(database: ControlDatabase, clock: Clock, log: Log): DatabaseGate {
  let reason: string | null = null;
  let backAtMs = Number.NEGATIVE_INFINITY;
  const waiting = new Set<(error: MeridianError) => void>();

  function shut(why: string): void {
    if (reason === null)
      log.warn({ reason: why }, 'the database is away; requests are refused until it is back');
    reason = why;
    for (const reject of [...waiting]) reject(unavailable());
  }

  async function ask(): Promise<void> {
    const deadline = new AbortController();
    try {
      await Promise.race([
        sql`select 1`.execute(database),
        clock.sleep(DATABASE_PING_MS_MAX, deadline.signal).then(() => {
          throw new Error(`no answer for ${DATABASE_PING_MS_MAX} ms`);
        }),
      ]);
    } finally {
      deadline.abort();
    }
  }

  async function ping(): Promise<void> {
    try {
      await ask();
      if (reason !== null) {
        log.info({}, 'the database is back');
        backAtMs = clock.monotonicMs();
      }
      reason = null;
    } catch (error) {
      shut(error instanceof Error ? error.message : String(error));
    }
  }

  return {
    outage: () => reason,
    backForMs: () => clock.monotonicMs() - backAtMs,
    async guard(run) {
      if (reason !== null) throw unavailable();
      let stopWaiting = (): void => {};
      const outage = new Promise<never>((_, reject) => {
        waiting.add(reject);
        stopWaiting = () => waiting.delete(reject);
      });
      try {
        return await Promise.race([run(), outage]);
      } catch (error) {
        // Do not wait for the next ping to find out what this request has just found.
        if (error instanceof MeridianError && error.code === 'unavailable' && reason === null) await ping();
        throw error;
      } finally {
        stopWaiting();
      }
    },
    ping,
  };
}
