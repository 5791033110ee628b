// The chain of the audit trail on a real database: rows are sealed soon after their changes, and whatever somebody
// does to them by SQL is found, whether through the API, in pages, or from an export.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { defined } from '#base/assert.ts';
import { verifyExport } from '#cli/commands/audit.ts';
import type { ApiClient } from '#contract/client.ts';
import { sealAudit, sha256Hex } from '#control/audit/seal.ts';
import { migrations } from '#control/database/migrations.ts';
import { hashOfRow, headText, type SealedAuditRow } from '#core/audit/chain.ts';
import { waitFor } from '../support/wait-for.ts';
import { codeOf, onEveryDatabase, type TestControl } from './support.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** A control with at least eight sealed rows. */
async function sealedWorld(start: () => Promise<TestControl>): Promise<TestControl> {
  const world = await start();
  for (let count = 0; count < 8; count += 1)
    await world.admin.call('POST /v1/tokens', { body: { name: `token ${count}`, role: 'viewer' } });
  await waitFor('every row to be sealed', async () => {
    const { openCount, head } = await verify(world.admin);
    return openCount === 0 && head.position >= 8;
  });
  return world;
}

const verify = (admin: ApiClient, query: { after?: number; limit?: number } = {}) =>
  admin.call('GET /v1/audit/verify', { query });

async function exportOf(admin: ApiClient): Promise<string> {
  const { rows, legacyPosition } = await admin.call('GET /v1/audit/chain', { query: {} });
  return [{ form: 'meridian-audit-export-1', legacyPosition }, ...rows]
    .map((line) => JSON.stringify(line))
    .join('\n');
}

/** `meridian audit verify --json` against this control. */
function runCommand(world: TestControl, ...args: string[]): Promise<{ code: unknown; output: string }> {
  const token = readFileSync(join(world.dataDirectory, 'admin-token'), 'utf8').trim();
  const all = [MAIN, 'audit', 'verify', '--json', '--control', world.url, ...args];
  const options = { cwd: world.dataDirectory, env: { ...process.env, MERIDIAN_TOKEN: token } };
  return new Promise((resolve) => {
    execFile(process.execPath, all, options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, output: stdout === '' ? stderr : stdout }),
    );
  });
}

/** What somebody with SQL does to row 4, and what must be found. */
const TAMPERING: readonly {
  readonly what: string;
  readonly statements: readonly string[];
  readonly kind: string;
  readonly position: number;
}[] = [
  {
    what: 'who did it is changed',
    statements: ["update audit_entries set actor = 'token:nobody' where position = 4"],
    kind: 'changed',
    position: 4,
  },
  {
    what: 'a detail is changed',
    statements: [`update audit_entries set details = details || '{"role":"admin"}' where position = 4`],
    kind: 'changed',
    position: 4,
  },
  {
    what: 'a row is deleted',
    statements: ['delete from audit_entries where position = 4'],
    kind: 'removed',
    position: 4,
  },
  {
    what: 'a row is deleted and the rest moved up',
    statements: [
      'drop index audit_entries_chain',
      'delete from audit_entries where position = 4',
      'update audit_entries set position = position - 1 where position > 4',
      'update audit_head set position = position - 1',
    ],
    kind: 'changed',
    position: 4,
  },
  {
    what: 'a row is inserted and the rest moved down',
    statements: [
      'drop index audit_entries_chain',
      'update audit_entries set position = position + 1 where position >= 4',
      `insert into audit_entries (at_ms, actor, action, subject, details, position, previous_hash, hash)
         select at_ms, actor, 'token.create', 'tok_x', '{}', 4, previous_hash, repeat('a', 64)
         from audit_entries where position = 5`,
    ],
    kind: 'inserted',
    position: 4,
  },
  {
    what: 'a row is inserted beside another',
    statements: [
      'drop index audit_entries_chain',
      `insert into audit_entries (at_ms, actor, action, subject, details, position, previous_hash, hash)
         select at_ms, actor, action, 'tok_x', '{}', 4, previous_hash, hash from audit_entries where position = 4`,
    ],
    kind: 'inserted',
    position: 4,
  },
  {
    what: 'the end is cut off',
    statements: ['delete from audit_entries where position > 6'],
    kind: 'truncated',
    position: 7,
  },
];

onEveryDatabase('the chain of the audit trail', (suite) => {
  test('rows are sealed after their changes and checked in pages; whatever SQL does to them is found', async () => {
    const world = await sealedWorld(() => suite.start());
    const { database, admin } = world;
    const whole = await verify(admin);
    assert.deepEqual([whole.problem, whole.nextAfter], [null, null]);
    assert.equal(whole.checkedCount, whole.head.position);
    const page = await verify(admin, { limit: 3 });
    assert.deepEqual([page.checkedCount, page.nextAfter, page.problem], [3, 3, null]);
    const rest = await verify(admin, { after: 3 });
    assert.deepEqual([rest.checkedCount, rest.problem], [whole.head.position - 3, null]);
    assert.equal(await codeOf(verify(admin, { after: 9_999 })), 'not_found');
    const good = await exportOf(admin);
    assert.equal(verifyExport(good, whole.head).isIntact, true);

    await database.schema
      .createTable('kept')
      .as(sql`select * from audit_entries` as never)
      .execute();
    for (const { what, statements, kind, position } of TAMPERING) {
      for (const statement of statements) await sql.raw(statement).execute(database);
      const found = defined((await verify(admin)).problem ?? undefined, `a problem when ${what}`);
      assert.deepEqual([found.kind, found.position], [kind, position], `${what}: ${found.message}`);
      // An export knows no head of the database: only a noted one shows that its end is missing.
      const { problem } = verifyExport(await exportOf(admin), whole.head);
      assert.deepEqual([problem?.kind, problem?.position], [kind, position], `${what}, exported`);
      for (const statement of [
        'truncate audit_entries',
        `insert into audit_entries (id, at_ms, actor, action, subject, project_id, details, position, previous_hash, hash)
           overriding system value
           select id, at_ms, actor, action, subject, project_id, details, position, previous_hash, hash from kept`,
        'create unique index if not exists audit_entries_chain on audit_entries (position)',
        `update audit_head set position = ${whole.head.position}`,
      ])
        await sql.raw(statement).execute(database);
      assert.equal((await verify(admin)).problem, null, `mended after ${what}`);
    }
  });

  test('a chain that was computed anew does not hold a head that was noted before', async () => {
    const world = await sealedWorld(() => suite.start());
    const { database, admin } = world;
    const { head: noted } = await verify(admin);
    await sql`update audit_entries set actor = 'token:nobody' where position = 4`.execute(database);
    const { rows } = await admin.call('GET /v1/audit/chain', { query: { after: 3 } });
    let previousHash = defined(rows[0], 'row 4').previousHash;
    for (const row of rows as SealedAuditRow[]) {
      const hash = hashOfRow(row, row.position, previousHash, sha256Hex);
      await sql`update audit_entries set previous_hash = ${previousHash}, hash = ${hash}
        where position = ${row.position}`.execute(database);
      previousHash = hash;
    }
    await sql`update audit_head set hash = ${previousHash}`.execute(database);
    assert.equal((await verify(admin)).problem, null, 'by itself it is consistent');
    const { problem } = verifyExport(await exportOf(admin), noted);
    assert.deepEqual([problem?.kind, problem?.position], ['changed', noted.position]);
    // So says the command line, by its exit code too.
    const command = await runCommand(world, '--head', headText(noted));
    assert.equal(command.code, 1, command.output);
    assert.equal(JSON.parse(command.output).problem.kind, 'changed');
  });

  test('a row that is added with an old date is found; one that control itself adds late is not', async () => {
    const world = await sealedWorld(() => suite.start());
    const { database, admin } = world;
    await sql`insert into audit_entries (at_ms, actor, action, subject, details)
      values (${world.clock.nowMs() - 86_400_000}, 'token:nobody', 'token.create', 'tok_x', '{}')`.execute(
      database,
    );
    const problem = await waitFor(
      'the row to be sealed and found',
      async () => (await verify(admin)).problem,
    );
    assert.equal(problem.kind, 'inserted');
    assert.match(problem.message, /1440 min before/);
  });

  test('rows from before the chain are sealed by its migration, and their times are as they are', async () => {
    const world = await suite.start();
    const { database } = world;
    await world.control.stop();
    for (const statement of [
      'drop table audit_head',
      'drop index audit_entries_chain',
      'alter table audit_entries drop column position, drop column previous_hash, drop column hash',
      `insert into audit_entries (at_ms, actor, action, subject, details)
         select 2000000000000 - n * 86400000::bigint, 'token:old', 'asset.change', 'ast_' || n, jsonb_build_object('n', n / 7.0)
         from generate_series(1, 2500) as n`,
    ])
      await sql.raw(statement).execute(database);
    const migration = defined(
      migrations.find(({ id }) => id === '0036_audit_chain'),
      'the migration',
    );
    await database.transaction().execute((transaction) => migration.up(transaction as never));
    await sealAudit(database);
    const next = await world.restart();
    try {
      // Rows of now follow those of the test's far future: only what came after the chain is held to its order.
      await next.admin.call('POST /v1/tokens', { body: { name: 'of now', role: 'viewer' } });
      await waitFor('the new row to be sealed', async () => (await verify(next.admin)).openCount === 0);
      const { head, problem, checkedCount } = await verify(next.admin);
      assert.equal(problem, null);
      assert.ok(checkedCount > 2_500 && head.position >= checkedCount);
      const { legacyPosition } = await next.admin.call('GET /v1/audit/chain', { query: { limit: 1 } });
      assert.ok(legacyPosition >= 2_500);
    } finally {
      await next.stop();
    }
  });
});
