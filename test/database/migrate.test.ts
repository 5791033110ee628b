// Migrations: each once, in order, whole or not at all, whoever starts first, on both kinds of server.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Kysely, sql } from 'kysely';
import { type DatabaseAddress, openDatabase } from '#platform/database/database.ts';
import { type Migration, migrate } from '#platform/database/migrate.ts';
import { type Log, silentLog } from '#platform/log.ts';
import { startBroughtServer, startSystemServer, type TestServer } from './servers.ts';

const root = mkdtempSync(join(tmpdir(), 'meridian-migrate-'));
const servers = new Map<string, TestServer>();
before(async () => {
  servers.set('brought', await startBroughtServer(join(root, 'brought')));
  servers.set('system', await startSystemServer(join(root, 'system')));
});
after(async () => {
  for (const server of servers.values()) await server.stop();
  rmSync(root, { recursive: true, force: true });
});

function step(id: string, statement: string): Migration {
  return {
    id,
    async up(database: Kysely<unknown>) {
      await sql.raw(statement).execute(database);
    },
  };
}

async function read(address: DatabaseAddress, statement: string): Promise<unknown[]> {
  const database = await openDatabase(address, { log: silentLog });
  try {
    return (await sql.raw(statement).execute(database.kysely)).rows;
  } finally {
    await database.close();
  }
}

const first = step('0001_make_thing', 'create table thing (n int)');
const second = step('0002_fill_thing', 'insert into thing values (1)');

for (const name of ['brought', 'system']) {
  test(`migrations run once, together or alone, and one that fails leaves nothing (${name} server)`, async () => {
    const address = servers.get(name)?.address;
    assert.ok(address);
    const options = { log: silentLog };
    const together = await Promise.all([1, 2, 3].map(() => migrate(address, [first, second], options)));
    assert.deepEqual(together.flat().sort(), [first.id, second.id]);
    assert.deepEqual(await migrate(address, [first, second], options), []);

    const broken = step('0003_break', 'insert into thing values (2); select absent');
    await assert.rejects(
      migrate(address, [first, second, broken], options),
      /column "absent" does not exist/,
    );
    assert.deepEqual(await read(address, 'select n from thing'), [{ n: 1 }]);
    const mended = step('0003_break', 'insert into thing values (3)');
    assert.deepEqual(await migrate(address, [first, second, mended], options), ['0003_break']);
    assert.deepEqual(await read(address, 'select n from thing order by n'), [{ n: 1 }, { n: 3 }]);

    const told: object[] = [];
    const log: Log = { ...silentLog, info: (fields) => void told.push(fields) };
    assert.deepEqual(await migrate(address, [first, second], { log }), [], 'an older version still starts');
    assert.deepEqual(told, [{ migrations: ['0003_break'] }]);
  });
}

test('migrations out of order or named badly are a bug that shows before anything is written', async () => {
  const address = { url: 'postgres://127.0.0.1:1/never' };
  await assert.rejects(migrate(address, [second, first], { log: silentLog }), /comes in order and only once/);
  await assert.rejects(migrate(address, [first, first], { log: silentLog }), /comes in order and only once/);
  const unnamed = step('make', 'select 1');
  await assert.rejects(migrate(address, [unnamed], { log: silentLog }), /has the form 0001_what_it_does/);
});
