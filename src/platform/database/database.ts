// The control plane's PostgreSQL through Kysely: a bounded pool, time limits on everything, and errors that say
// "the database cannot be reached" within seconds. It heals by itself: a broken connection is thrown away and the
// next query opens a new one.
// Limits: SQL must be valid for PostgreSQL 15 to 18; eight-byte integers arrive as numbers.

import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { MeridianError } from '#contract/errors.ts';
import { systemClock } from '../clock.ts';
import type { Log } from '../log.ts';
import { isConnectionLost, isWrongSettings, mapDatabaseError } from './database-errors.ts';

/** A connection string, or the socket of a server that Meridian started itself. */
export type DatabaseAddress =
  | { readonly url: string }
  | { readonly socketDirectory: string; readonly database: string; readonly user: string };

export interface DatabaseOptions {
  readonly log: Log;
  /** Default 10: the managed server allows 40, and three control processes may share it. */
  readonly connectionsMax?: number;
  /** Longest statement; the server cancels it. Default 10 s: no page of the API may take longer. */
  readonly statementMsMax?: number;
  /** Longest wait for a connection, new or free. Default 3 s. */
  readonly connectMsMax?: number;
  /** How long opening goes on trying while the server is away. Default 10 s. */
  readonly openMsMax?: number;
}

export interface Database<T> {
  readonly kysely: Kysely<T>;
  /** Such as 150018. */
  readonly serverVersion: number;
  /** Asks the server for an answer; rejects with MeridianError('unavailable') when it gives none. */
  ping(): Promise<void>;
  /** Ends all connections; idempotent. */
  close(): Promise<void>;
}

/** Below this the SQL that we write is not understood. */
const SERVER_VERSION_MIN = 150_000;
/** What a reply may take beyond the statement's own limit before the connection counts as dead. */
const REPLY_MARGIN_MS = 2_000;
const RETRY_MS = 100;

/** Opens the database and checks that it can be used. */
export async function openDatabase<T>(
  address: DatabaseAddress,
  options: DatabaseOptions,
): Promise<Database<T>> {
  const pool = createPool(address, options);
  try {
    const serverVersion = await awaitServer(pool, options.openMsMax ?? 10_000);
    if (serverVersion < SERVER_VERSION_MIN) {
      const reason = `the database is PostgreSQL ${Math.floor(serverVersion / 10_000)}, but at least 15 is needed`;
      throw new MeridianError('invalid_config', { reason });
    }
    const kysely = new Kysely<T>({ dialect: new PostgresDialect({ pool: guardPool(pool) }) });
    let closing: Promise<void> | undefined;
    return {
      kysely,
      serverVersion,
      async ping() {
        await pool.query('select 1').catch((error: unknown) => {
          throw mapDatabaseError(error);
        });
      },
      close() {
        closing ??= pool.end();
        return closing;
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

function createPool(address: DatabaseAddress, options: DatabaseOptions): pg.Pool {
  const statementMsMax = options.statementMsMax ?? 10_000;
  const pool = new pg.Pool({
    ...('url' in address
      ? { connectionString: checkUrl(address.url) }
      : { host: address.socketDirectory, database: address.database, user: address.user }),
    application_name: 'meridian',
    max: options.connectionsMax ?? 10,
    connectionTimeoutMillis: options.connectMsMax ?? 3_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: statementMsMax,
    // The server cancels a slow statement; only one whose reply never comes (a cut link) reaches this.
    query_timeout: statementMsMax + REPLY_MARGIN_MS,
    // A transaction whose owner hangs would hold its locks for ever.
    idle_in_transaction_session_timeout: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: numberTypes(),
  });
  // Without a listener, an idle connection that the server closes would end the process.
  pool.on('error', (error) =>
    options.log.info({ error: error.message }, 'an idle database connection was closed'),
  );
  return pool;
}

/** Eight-byte integers as numbers: byte counts and milliseconds stay far below 2^53. */
function numberTypes(): pg.CustomTypesConfig {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value)) throw new RangeError(`the integer ${text} does not fit in a number`);
    return value;
  });
  return types;
}

/** Refuses what is not an address of PostgreSQL, without repeating its password. */
function checkUrl(url: string): string {
  const isSocket = /^postgres(?:ql)?:\/\/(?:[^@/]*@)?\/|^socket:/.test(url);
  if (isSocket || (/^postgres(?:ql)?:\/\//.test(url) && URL.canParse(url))) return url;
  throw new MeridianError('invalid_config', {
    reason: 'the database address must look like postgres://user:password@host:5432/database',
  });
}

/** Asks for the server's version until it answers or the time is over. */
async function awaitServer(pool: pg.Pool, openMsMax: number): Promise<number> {
  const deadlineMs = systemClock.monotonicMs() + openMsMax;
  for (;;) {
    try {
      const { rows } = await pool.query<{ version: number }>(
        "select current_setting('server_version_num')::int as version",
      );
      return rows[0]?.version ?? 0;
    } catch (error) {
      if (isWrongSettings(error)) {
        const reason = `the database refuses the connection: ${error instanceof Error ? error.message : ''}`;
        throw new MeridianError('invalid_config', { reason }, { cause: error });
      }
      if (!isConnectionLost(error) || systemClock.monotonicMs() > deadlineMs) throw mapDatabaseError(error);
      await systemClock.sleep(RETRY_MS);
    }
  }
}

/** The pool as Kysely sees it: errors are mapped, and a connection that broke is not handed out again. */
function guardPool(pool: pg.Pool): PostgresPool {
  const guarded = new WeakMap<pg.PoolClient, GuardedClient>();
  return {
    options: pool.options,
    async connect() {
      let client: pg.PoolClient;
      try {
        client = await pool.connect();
      } catch (error) {
        throw mapDatabaseError(error);
      }
      let guard = guarded.get(client);
      if (guard === undefined) {
        guard = new GuardedClient(client);
        guarded.set(client, guard);
      }
      return guard as unknown as PostgresPoolClient;
    },
    end: () => pool.end(),
  };
}

/** One connection; Kysely keeps it by identity, so it lives as long as the connection. */
class GuardedClient {
  readonly #client: pg.PoolClient;
  #isBroken = false;

  constructor(client: pg.PoolClient) {
    this.#client = client;
    // Between queries, while it is checked out, a closed connection is an event of the client and not of the pool.
    client.on('error', () => {
      this.#isBroken = true;
    });
  }

  get processID(): number | undefined {
    return (this.#client as { processID?: number }).processID;
  }

  async query(text: string, parameters: readonly unknown[]): Promise<pg.QueryResult> {
    // A rollback after the break would only wait for its own time limit.
    if (this.#isBroken) throw new MeridianError('unavailable', { what: 'The database' });
    try {
      return await this.#client.query(text, [...parameters]);
    } catch (error) {
      if (isConnectionLost(error)) this.#isBroken = true;
      throw mapDatabaseError(error);
    }
  }

  release(isDiscarded?: boolean): void {
    this.#client.release(this.#isBroken || isDiscarded === true);
  }
}
