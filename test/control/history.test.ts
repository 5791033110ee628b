// The history of viewings: written as Parquet when they have ended, asked in SQL that reaches nothing else.

import assert from 'node:assert/strict';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { configSchema } from '#contract/config.ts';
import type { Viewing, ViewingUpdate } from '#contract/telemetry.ts';
import { createHistory } from '#control/history/history.ts';
import { storeViewings } from '#control/telemetry/viewings.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { codeOf, onEveryDatabase, type TestControl } from './support.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function viewing(sid: string, updatedAtMs: number, changes: Partial<Viewing> = {}): ViewingUpdate {
  return {
    sid,
    contentId: 'default/ast_1',
    kind: 'vod',
    regionId: 'dublin',
    siteId: 'dublin-1',
    client: 'hls cmcd2',
    state: 'ended',
    startedAtMs: updatedAtMs - 60_000,
    updatedAtMs,
    endedAtMs: updatedAtMs,
    startupMs: 300,
    playMs: 60_000,
    stallMs: 0,
    stalls: 0,
    errors: 0,
    requests: 10,
    badRequests: 0,
    pathwayChanges: 0,
    bitrateKbps: 3_000,
    latencyMs: null,
    ...changes,
    steps: [],
  };
}

/** A history of its own, whose time the test turns. */
function historyOf(world: TestControl, queryMsMax?: number) {
  let nowMs = world.clock.nowMs();
  const history = createHistory(
    {
      config: configSchema.parse({}),
      dataDirectory: world.dataDirectory,
      database: world.database,
      clock: { ...world.clock, nowMs: () => nowMs },
      log: silentLog,
      metrics: createMetrics(),
      random: () => new Uint8Array(16),
    },
    queryMsMax,
  );
  return {
    history,
    advance: (milliseconds: number) => {
      nowMs += milliseconds;
    },
    nowMs: () => nowMs,
    files: () => globSync(join(world.dataDirectory, 'history/**/*.parquet')),
  };
}

onEveryDatabase('the history of viewings', (suite) => {
  test('ended viewings are written by day and region, again when they went on, and removed when they are old', async () => {
    const world = await suite.start();
    const { history, advance, files, nowMs } = historyOf(world);
    const atMs = nowMs();
    await storeViewings(world.database, [
      viewing('one', atMs),
      viewing('two', atMs - 1, { regionId: 'singapore', siteId: 'singapore-1', contentId: 'other/ast_2' }),
    ]);
    await history.tick();
    assert.deepEqual(files(), [], 'they may go on');
    advance(2 * HOUR_MS);
    await history.tick();
    assert.equal(files().length, 2);
    assert.ok(files().some((path) => path.includes(`${new Date(atMs).toISOString().slice(0, 10)}/dublin/`)));
    await history.tick();
    assert.equal(files().length, 2, 'once');
    await storeViewings(world.database, [
      viewing('one', atMs + HOUR_MS / 2, { playMs: 120_000, requests: 20 }),
    ]);
    await history.tick();
    assert.equal(files().length, 3);
    const question = { fromMs: atMs - DAY_MS, toMs: nowMs(), projectId: null };
    const sql = 'select sid, regionId, playMs, projectId from sessions order by sid';
    assert.deepEqual((await history.ask({ ...question, sql })).rows, [
      ['one', 'dublin', 120_000, 'default'],
      ['two', 'singapore', 60_000, 'other'],
    ]);
    assert.deepEqual((await history.ask({ ...question, projectId: 'other', sql })).rows, [
      ['two', 'singapore', 60_000, 'other'],
    ]);
    assert.deepEqual((await history.ask({ ...question, fromMs: 0, toMs: 0, sql })).rows, []);
    const answered = await world.admin.call('GET /v1/viewer-sessions/history', {
      query: { sql: 'select count(*) as n from sessions' },
    });
    assert.deepEqual([answered.rows, answered.isCut], [[['2']], false]);
    advance(401 * DAY_MS);
    await history.tidy();
    assert.deepEqual(files(), []);
  });
});

test('a question reaches no file, no setting and no other statement, and is limited in rows and time', async () => {
  // A history that holds nothing needs no database.
  const dataDirectory = mkdtempSync(join(tmpdir(), 'meridian-history-test-'));
  after(() => rmSync(dataDirectory, { recursive: true, force: true }));
  const nowhere = { dataDirectory, clock: systemClock } as unknown as TestControl;
  const { history, nowMs } = historyOf(nowhere);
  const ask = (sql: string, of = history) => of.ask({ sql, fromMs: nowMs(), toMs: nowMs(), projectId: null });
  for (const sql of [
    "select * from read_text('/etc/hostname')",
    "select * from read_csv('/etc/passwd')",
    "select * from '/etc/passwd'",
    "select * from glob('/*')",
    "copy (select 1) to '/tmp/meridian-history-copy'",
    "attach '/tmp/meridian-history-attach.db'",
    'set enable_external_access = true',
    'select 1; select 2',
    'drop table sessions',
    'install httpfs',
    'select from where',
    '',
  ])
    assert.equal(await codeOf(ask(sql)), 'invalid_request', sql);
  const many = await ask('select range from range(20000)');
  assert.deepEqual(
    [many.rows.length, many.isCut, many.columns],
    [10_000, true, [{ name: 'range', type: 'BIGINT' }]],
  );
  const { history: hasty } = historyOf(nowhere, 2_000);
  const slow = ask('select count(*) from range(10000000000000) a, range(1000) b', hasty);
  await assert.rejects(slow, /took longer than 2 s/);
  const [first, second] = await Promise.allSettled([ask('select 1'), ask('select 2')]);
  assert.deepEqual([first.status, second.status], ['fulfilled', 'rejected']);
});
