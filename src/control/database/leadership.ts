// Which control plane leads: whoever holds an advisory lock of the database. Each leader raises the term, so that
// its snapshots outrank those of any other, also of one that comes back from a pause without knowing it lost.
// One control runs today; a second one would wait here.

import { type Kysely, sql } from 'kysely';
import { MeridianError } from '#contract/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import { DATABASE_PING_EVERY_MS, LEAD_WAIT_MS_MAX } from '../limits.ts';
import type { ControlDatabase, ControlTables } from './schema.ts';
import { databaseNowMs } from './time.ts';

/** Any constant: it only has to differ from the lock that migrations take. */
const LEAD_LOCK = 7_261_001;
/** The term is also a sign of life on the pinned connection; each second is as often as the gate asks. */
const WATCH_EVERY_MS = DATABASE_PING_EVERY_MS;

export interface Leadership {
  /** Waits for the lead and raises the term; fails when another control keeps it. */
  start(): Promise<void>;
  /** Holds on to the lock until the signal aborts, and takes it again after an outage. */
  watch(signal: AbortSignal): Promise<void>;
  term(): number;
  /** False while the connection that holds the lock is lost. */
  isHeld(): boolean;
}

/** Creates the leadership of this process; `holder` tells processes apart. */
export function createLeadership(
  database: ControlDatabase,
  holder: string,
  clock: Clock,
  log: Log,
): Leadership {
  let term = 0;
  let isHeld = false;
  let endHold: (() => void) | undefined;
  let held: Promise<void> = Promise.resolve();

  /** Takes the lock on a connection of its own and keeps that connection; resolves to whether it was free. */
  function hold(signal: AbortSignal): Promise<boolean> {
    const taken = Promise.withResolvers<boolean>();
    const released = Promise.withResolvers<void>();
    endHold = () => released.resolve();
    held = database
      .connection()
      .execute(async (connection) => {
        if (!(await tryLock(connection))) return taken.resolve(false);
        term = await raiseTerm(connection, holder);
        isHeld = true;
        taken.resolve(true);
        try {
          await keepAlive(connection, clock, AbortSignal.any([signal]), released.promise);
        } finally {
          isHeld = false;
          await sql`select pg_advisory_unlock(${LEAD_LOCK})`.execute(connection).catch(() => undefined);
        }
      })
      .catch((error: unknown) => {
        taken.reject(error);
        if (!signal.aborted)
          log.warn({ error: String(error) }, 'the connection that holds the lead was lost');
      });
    return taken.promise;
  }

  const stopping = new AbortController();
  return {
    async start() {
      const startedAtMs = clock.monotonicMs();
      while (!(await hold(stopping.signal))) {
        if (clock.monotonicMs() - startedAtMs > LEAD_WAIT_MS_MAX)
          throw new MeridianError('invalid_config', {
            reason: 'another control plane is using this database; stop it first',
          });
        await clock.sleep(250);
      }
    },
    async watch(signal) {
      const stop = (): void => {
        stopping.abort();
        endHold?.();
      };
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      while (!signal.aborted) {
        await held;
        if (signal.aborted) return;
        await clock.sleep(WATCH_EVERY_MS, signal).catch(() => undefined);
        if (!signal.aborted) await hold(stopping.signal).catch(() => undefined);
      }
      await held;
    },
    term: () => term,
    isHeld: () => isHeld,
  };
}

async function tryLock(connection: Kysely<ControlTables>): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`select pg_try_advisory_lock(${LEAD_LOCK}) as taken`.execute(
    connection,
  );
  return rows[0]?.taken === true;
}

/** Raises the term unless this very process holds the newest one already: then nobody led in between. */
async function raiseTerm(connection: Kysely<ControlTables>, holder: string): Promise<number> {
  const row = await connection
    .insertInto('leadership')
    .values({ id: 1, term: 1, holder, raised_at_ms: databaseNowMs() })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet({
        term: sql`case when leadership.holder = ${holder} then leadership.term else leadership.term + 1 end`,
        holder,
        raised_at_ms: databaseNowMs(),
      }),
    )
    .returning('term')
    .executeTakeFirstOrThrow();
  return row.term;
}

async function keepAlive(
  connection: Kysely<ControlTables>,
  clock: Clock,
  signal: AbortSignal,
  released: Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    const isReleased = await Promise.race([
      released.then(() => true),
      clock.sleep(WATCH_EVERY_MS, signal).then(
        () => false,
        () => true,
      ),
    ]);
    if (isReleased) return;
    await sql`select 1`.execute(connection);
  }
}
