// The PostgreSQL that Meridian starts: it runs as whoever starts it, ends with its parent, and says what is wrong.

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { MeridianError } from '#contract/errors.ts';
import { type ManagedPostgres, startManagedPostgres } from '#platform/database/managed-postgres.ts';
import type { RunAs } from '#platform/database/postgres-binaries.ts';
import { silentLog } from '#platform/log.ts';
import { mountSmallDisk } from '../objects/small-disk.ts';
import { waitFor } from '../support/wait-for.ts';

const isRoot = process.getuid?.() === 0;
const root = mkdtempSync(join(tmpdir(), 'meridian-pg-'));
after(() => rmSync(root, { recursive: true, force: true }));

async function query(server: ManagedPostgres, sql: string): Promise<unknown[]> {
  const client = new pg.Client({
    host: server.socketDirectory,
    user: server.user,
    database: server.database,
  });
  // A server that dies is told twice, to the query and here; the query is enough.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Numbers of the living processes that were started on this directory. */
function processesOf(directory: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const isZombie = /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
        return !isZombie && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${directory}/data`);
      } catch {
        return false;
      }
    });
}

/** Starts a process that starts the server, and waits until it serves. */
async function startParent(directory: string): Promise<ChildProcess> {
  const parent = spawn(process.execPath, [fileURLToPath(new URL('parent.ts', import.meta.url)), directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  parent.stdout?.on('data', (data: Buffer) => {
    output += data.toString('utf8');
  });
  await waitFor('the server of another process', () => output.includes('ready'), 30_000);
  return parent;
}

const ways: readonly RunAs[] = isRoot ? ['user-namespace', 'ambient'] : ['self'];
for (const runAs of ways) {
  test(`the server starts (${runAs}), keeps what was committed over a restart, and stops`, async () => {
    const directory = join(root, `plain-${runAs}`);
    const first = await startManagedPostgres({ directory, log: silentLog, runAs });
    await query(first, 'create table kept (n int); insert into kept values (7)');
    const started = performance.now();
    await Promise.all([first.stop(), first.stop()]);
    assert.ok(performance.now() - started < 2_500, 'stopping is bounded');
    assert.deepEqual(processesOf(directory), []);

    const second = await startManagedPostgres({ directory, log: silentLog, runAs });
    try {
      assert.deepEqual(await query(second, 'select n from kept'), [{ n: 7 }]);
      assert.deepEqual(await query(second, 'show listen_addresses'), [{ listen_addresses: '' }]);
      assert.equal(statSync(second.socketDirectory).mode & 0o077, 0, 'only this user may reach the socket');
    } finally {
      await second.stop();
    }
  });
}

test('a root that changes its way of running the server finds its data again', async () => {
  if (!isRoot) return assert.equal(ways.length, 1, 'an ordinary user has one way only');
  const directory = join(root, 'changing');
  for (const runAs of ['ambient', 'user-namespace', 'ambient'] as const) {
    const server = await startManagedPostgres({ directory, log: silentLog, runAs });
    await query(server, 'create table if not exists kept (n int); insert into kept values (1)');
    await server.stop();
  }
  const server = await startManagedPostgres({ directory, log: silentLog });
  assert.deepEqual(await query(server, 'select count(*)::int as n from kept'), [{ n: 3 }]);
  await server.stop();
});

test('no server outlives a parent that gets SIGKILL, and the next one starts at once and has every committed row', async () => {
  const directory = join(root, 'killed');
  const parent = await startParent(directory);
  assert.ok(processesOf(directory).length >= 1);
  const writer = new pg.Client({ host: directory, user: 'meridian', database: 'postgres' });
  writer.on('error', () => undefined);
  await writer.connect();
  await writer.query('create table acknowledged (n int)');
  let acknowledged = 0;
  const writing = (async () => {
    for (;;) {
      await writer.query(`insert into acknowledged values (${acknowledged})`);
      acknowledged += 1;
    }
  })().catch(() => undefined);
  await waitFor('some rows', () => acknowledged > 20);

  parent.kill('SIGKILL');
  const server = await startManagedPostgres({ directory, log: silentLog });
  await writing;
  const [row] = (await query(server, 'select count(*)::int as n from acknowledged')) as { n: number }[];
  assert.ok((row?.n ?? 0) >= acknowledged, `${row?.n} rows of ${acknowledged} acknowledged ones`);
  await server.stop();
  await waitFor('the end of all servers', () => processesOf(directory).length === 0);
});

test('a server that was itself killed, with its backends in mid-work, recovers', async () => {
  const directory = join(root, 'crashed');
  const server = await startManagedPostgres({ directory, log: silentLog });
  await query(server, 'create table kept as select generate_series(1, 1000) as n');
  const postmaster = Number.parseInt(readFileSync(join(directory, 'data', 'postmaster.pid'), 'utf8'), 10);
  const busy = query(server, 'select pg_sleep(30)').catch((error: Error) => error.message);
  process.kill(postmaster, 'SIGKILL');
  await server.exited;
  assert.equal(typeof (await busy), 'string', 'the busy client was told');
  await server.stop();
  const next = await startManagedPostgres({ directory, log: silentLog });
  assert.deepEqual(await query(next, 'select count(*)::int as n from kept'), [{ n: 1000 }]);
  await next.stop();
});

test('when only the shell between the two is killed, the server still ends', async () => {
  const directory = join(root, 'shell');
  const server = await startManagedPostgres({ directory, log: silentLog });
  const postmaster = Number.parseInt(readFileSync(join(directory, 'data', 'postmaster.pid'), 'utf8'), 10);
  const shell = Number(/^\d+ \(.*\) \S (\d+)/.exec(readFileSync(`/proc/${postmaster}/stat`, 'utf8'))?.[1]);
  process.kill(shell, 'SIGKILL');
  await server.exited;
  await waitFor('the end of the server', () => processesOf(directory).length === 0);
});

test('a lock file that names a stranger does not block the start', async () => {
  const directory = join(root, 'stale');
  const first = await startManagedPostgres({ directory, log: silentLog });
  const lockFile = join(directory, 'data', 'postmaster.pid');
  const lines = readFileSync(lockFile, 'utf8').split('\n');
  await first.stop();
  const stranger = spawn('sleep', ['60']);
  writeFileSync(lockFile, [String(stranger.pid), ...lines.slice(1)].join('\n'));
  try {
    const second = await startManagedPostgres({ directory, log: silentLog });
    await second.stop();
    assert.equal(stranger.exitCode, null, 'the stranger was left alone');
  } finally {
    stranger.kill();
  }
});

test('a long path and a first start cut short are no obstacle', async () => {
  const directory = join(root, 'a'.repeat(100), 'postgres');
  mkdirSync(join(directory, 'data.new', 'base'), { recursive: true });
  writeFileSync(join(directory, 'data.new', 'PG_VERSION'), '18\n');
  const server = await startManagedPostgres({ directory, log: silentLog });
  try {
    assert.ok(server.socketDirectory.length < 90);
    assert.equal(statSync(server.socketDirectory).mode & 0o777, 0o700);
    assert.deepEqual(await query(server, 'select 1 as n'), [{ n: 1 }]);
  } finally {
    await server.stop();
    rmSync(server.socketDirectory, { recursive: true });
  }
});

test('a data directory of another version is refused in one sentence', async () => {
  const directory = join(root, 'version');
  mkdirSync(join(directory, 'data'), { recursive: true });
  writeFileSync(join(directory, 'data', 'PG_VERSION'), '15\n');
  await assert.rejects(startManagedPostgres({ directory, log: silentLog }), (error) => {
    assert.ok(error instanceof MeridianError);
    assert.equal(error.code, 'invalid_config');
    assert.match(error.message, /was made by PostgreSQL 15, but this Meridian brings PostgreSQL 18/);
    return true;
  });
});

test('a file in the place of the directory, and a broken data directory, are one sentence each', async () => {
  const file = join(root, 'file');
  writeFileSync(file, '');
  await assert.rejects(startManagedPostgres({ directory: file, log: silentLog }), {
    code: 'invalid_config',
    message: `The configuration is not valid: ${file} is a file, but must be a directory.`,
  });
  const broken = join(root, 'broken');
  mkdirSync(join(broken, 'data'), { recursive: true, mode: 0o700 });
  writeFileSync(join(broken, 'data', 'PG_VERSION'), '18\n');
  await assert.rejects(startManagedPostgres({ directory: broken, log: silentLog }), {
    code: 'invalid_config',
    message: /the database in .*broken cannot be started: /,
  });
});

test('a full disk at the first start is named, and nothing half-made is left', async () => {
  const disk = mountSmallDisk(4);
  if (disk === undefined) return assert.notEqual(process.env.CI, 'true', 'CI runs as a root that may mount');
  try {
    const starting = startManagedPostgres({ directory: disk.directory, log: silentLog });
    await assert.rejects(starting, { code: 'storage_full' });
    assert.deepEqual(
      readdirSync(disk.directory).filter((name) => name !== 'lib'),
      [],
    );
  } finally {
    disk.unmount();
  }
});

test('an ordinary user can run it, and is told when the directory is not theirs', async () => {
  if (!isRoot) return assert.deepEqual(ways, ['self']);
  const script = fileURLToPath(new URL('parent.ts', import.meta.url));
  const ours = mkdtempSync('/tmp/meridian-user-');
  execFileSync('chown', ['65534:65534', ours]);
  try {
    const asUser = { uid: 65_534, gid: 65_534, encoding: 'utf8' as const };
    const output = execFileSync(process.execPath, [script, join(ours, 'pg'), 'once'], asUser);
    assert.match(output, /ready/);
    assert.deepEqual(processesOf(join(ours, 'pg')), []);
    const refused = execFileSync(process.execPath, [script, join(root, 'forbidden'), 'once'], asUser);
    assert.match(refused, /^invalid_config: .* is not writable for this user/);
  } finally {
    rmSync(ours, { recursive: true });
  }
});
