// The database as the control plane sees it: the same on both servers, quick to say that it is away, back by itself.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Kysely, sql } from 'kysely';
import { MeridianError } from '#contract/errors.ts';
import { type Database, type DatabaseOptions, openDatabase } from '#platform/database/database.ts';
import { isSerializationFailure, isUniqueViolation } from '#platform/database/database-errors.ts';
import { silentLog } from '#platform/log.ts';
import { waitFor } from '../support/wait-for.ts';
import { createLink, startBroughtServer, startSystemServer, type TestServer } from './servers.ts';

interface Tables {
  thing: { id: string; bytes: number; fields: { a: number }; made_at: Date };
}

const root = mkdtempSync(join(tmpdir(), 'meridian-db-'));
const servers: Record<string, TestServer> = {};
before(async () => {
  servers.brought = await startBroughtServer(join(root, 'brought'));
  servers.system = await startSystemServer(join(root, 'system'));
});
after(async () => {
  for (const server of Object.values(servers)) await server.stop();
  rmSync(root, { recursive: true, force: true });
});

function server(name: string): TestServer {
  const found = servers[name];
  assert.ok(found);
  return found;
}

async function withLink(
  options: Partial<DatabaseOptions>,
  use: (database: Database<Tables>, link: Awaited<ReturnType<typeof createLink>>) => Promise<void>,
): Promise<void> {
  const link = await createLink(server('brought').socketPath);
  const database = await openDatabase<Tables>({ url: link.url }, { log: silentLog, ...options });
  try {
    await use(database, link);
  } finally {
    await link.close();
    await database.close();
  }
}

const unavailable = { code: 'unavailable', message: 'The database cannot be reached.' };

for (const name of ['brought', 'system']) {
  test(`rows keep their types, and broken constraints can be told apart (${name} server)`, async () => {
    const database = await openDatabase<Tables>(server(name).address, { log: silentLog });
    const { kysely } = database;
    try {
      assert.ok(database.serverVersion >= 150_000);
      await database.ping();
      await sql`create table thing (id text primary key, bytes bigint not null, fields jsonb not null,
        made_at timestamptz not null default now())`.execute(kysely);
      const insert = (id: string): Promise<unknown> =>
        kysely
          .insertInto('thing')
          .values({ id, bytes: 2 ** 40, fields: { a: 1 }, made_at: new Date(5) })
          .execute();
      await insert('one');
      const row = await kysely.selectFrom('thing').selectAll().executeTakeFirstOrThrow();
      assert.deepEqual(row, { id: 'one', bytes: 2 ** 40, fields: { a: 1 }, made_at: new Date(5) });
      const counted = await kysely
        .selectFrom('thing')
        .select(kysely.fn.countAll().as('n'))
        .executeTakeFirst();
      assert.deepEqual(counted, { n: 1 });
      const error = await insert('one').then(
        () => assert.fail('it was not refused'),
        (thrown: unknown) => thrown,
      );
      assert.equal(isUniqueViolation(error), true);
      assert.equal(isUniqueViolation(error, 'thing_pkey'), true);
      assert.equal(isUniqueViolation(error, 'other'), false);
      assert.equal(isSerializationFailure(error), false);
    } finally {
      await database.close();
      await database.close();
    }
  });

  test(`a slow statement is cancelled with a clear error (${name} server)`, async () => {
    const database = await openDatabase(server(name).address, { log: silentLog, statementMsMax: 100 });
    try {
      await assert.rejects(sql`select pg_sleep(20)`.execute(database.kysely), {
        code: 'overloaded',
        message: 'Too much at once: the database took too long.',
      });
      await database.ping();
    } finally {
      await database.close();
    }
  });
}

test('a database that goes away is reported at once, and is used again when it is back', async () => {
  await withLink({}, async ({ kysely, ping }, link) => {
    const inTransaction = kysely.transaction().execute(async (transaction: Kysely<Tables>) => {
      await sql`select 1`.execute(transaction);
      await link.cut();
      await sql`select 2`.execute(transaction);
    });
    await assert.rejects(inTransaction, unavailable);
    const startedAt = performance.now();
    await assert.rejects(sql`select 1`.execute(kysely), unavailable);
    await assert.rejects(ping(), unavailable);
    assert.ok(performance.now() - startedAt < 1_000, 'no waiting for a server that refuses');
    await link.mend();
    assert.deepEqual((await sql`select 1 as n`.execute(kysely)).rows, [{ n: 1 }]);
  });
});

test('a link that swallows everything costs one time limit and no connection for ever', async () => {
  const options = { statementMsMax: 200, connectMsMax: 300, connectionsMax: 2 };
  await withLink(options, async ({ kysely }, link) => {
    await Promise.all([sql`select 1`.execute(kysely), sql`select 1`.execute(kysely)]);
    link.silence();
    const startedAt = performance.now();
    const asked = Array.from({ length: 8 }, () => sql`select 1`.execute(kysely));
    for (const outcome of await Promise.allSettled(asked)) {
      assert.equal(outcome.status, 'rejected');
      assert.equal(outcome.reason instanceof MeridianError && outcome.reason.code, 'unavailable');
    }
    assert.ok(performance.now() - startedAt < 4_000, 'statement limit and its margin, not minutes');
    await link.mend();
    await waitFor(
      'the pool to heal',
      async () => (await sql`select 1 as n`.execute(kysely)).rows.length === 1,
    );
  });
});

test('a managed server that restarts is found again without opening anew', async () => {
  const directory = join(root, 'restarting');
  const first = await startBroughtServer(directory);
  const database = await openDatabase(first.address, { log: silentLog });
  try {
    await database.ping();
    await first.stop();
    await assert.rejects(database.ping(), unavailable);
    const second = await startBroughtServer(directory);
    await database.ping();
    assert.deepEqual((await sql`select 1 as n`.execute(database.kysely)).rows, [{ n: 1 }]);
    await second.stop();
  } finally {
    await database.close();
  }
});

test('opening waits for a database that is still starting, but not for ever', async () => {
  const link = await createLink(server('brought').socketPath);
  await link.cut();
  const startedAt = performance.now();
  await assert.rejects(openDatabase({ url: link.url }, { log: silentLog, openMsMax: 300 }), unavailable);
  assert.ok(performance.now() - startedAt >= 300);
  const opening = openDatabase({ url: link.url }, { log: silentLog });
  await link.mend();
  const database = await opening;
  await database.ping();
  await link.close();
  await database.close();
});

test('wrong settings are refused at once and never show the password', async () => {
  const link = await createLink(server('brought').socketPath);
  const cases: readonly (readonly [string, RegExp])[] = [
    ['mysql://root:secret@localhost/x', /must look like postgres:/],
    ['nonsense', /must look like postgres:/],
    [link.url.replace(/postgres$/, 'absent'), /database "absent" does not exist/],
    [link.url.replace('meridian', 'stranger'), /role "stranger" does not exist/],
  ];
  for (const [url, message] of cases) {
    const error = await openDatabase({ url }, { log: silentLog }).then(
      () => assert.fail('it was accepted'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof MeridianError, String(error));
    assert.equal(error.code, 'invalid_config');
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /secret/);
  }
  await link.close();
});
