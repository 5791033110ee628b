// The history of viewings: ended ones are written as Parquet, by day and region, where they cost little and any tool
// that knows Parquet can read them. The days of before stay askable in SQL after PostgreSQL has forgotten them.
//
// A batch is written at least once: what a crash repeats, and viewings that went on after they were written, are there
// twice, and the newest row of each session counts. Regions own their stores and control has no way into them, so that
// the history has a store of its own: a folder of the data directory, or a bucket by the configuration.
// Without DuckDB (an optional dependency) nothing is written and questions are refused, both with that reason.

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeridianError } from '#contract/errors.ts';
import type { Viewing } from '#contract/telemetry.ts';
import type { DuckdbAnswer } from '#platform/duckdb/duckdb-job.ts';
import { runDuckdb } from '#platform/duckdb/run-duckdb.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import type { ControlContext } from '../context.ts';
import { inTurn } from '../serial.ts';
import { COLUMNS } from './columns.ts';
import {
  BATCH_MAX,
  ENDED_AFTER_MS,
  QUERY_BYTES_MAX,
  QUERY_MS_MAX,
  QUERY_PARQUET_BYTES_MAX,
  QUERY_ROWS_MAX,
  REMOVE_MAX,
  WAIT_MS_MAX,
  WRITE_MS_MAX,
} from './limits.ts';
import { openHistoryStore } from './store.ts';

export interface HistoryQuestion {
  readonly sql: string;
  /** Days of UTC, both included. */
  readonly fromMs: number;
  readonly toMs: number;
  /** null: viewings of all projects. */
  readonly projectId: string | null;
}

export type HistoryRows = Extract<DuckdbAnswer, { kind: 'rows' }>;

export interface History {
  /** Writes what is due; runs one after another. */
  tick(): Promise<void>;
  /** Removes days that are too old. */
  tidy(): Promise<void>;
  /** Answers a SELECT over the table `sessions`. */
  ask(question: HistoryQuestion, signal?: AbortSignal): Promise<HistoryRows>;
}

const PREFIX = 'viewer-sessions/';
const DAY_MS = 86_400_000;
const NEVER = new AbortController().signal;
const MISSING =
  'DuckDB is not installed on control: `npm install @duckdb/node-api` brings it (docs/telemetry.md, History)';

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

/** Creates the history; its store is opened when it is first needed. */
export function createHistory(context: ControlContext, queryMsMax = QUERY_MS_MAX): History {
  const { clock, config, database, log } = context;
  let opening: Promise<ObjectStore> | undefined;
  let isAsked = false;
  let isMissingSaid = false;

  function store(): Promise<ObjectStore> {
    opening ??= openHistoryStore(config, context.dataDirectory).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  async function write(viewings: readonly Viewing[]): Promise<boolean> {
    return inFolder(async (work) => {
      const rows = viewings.map((viewing) =>
        JSON.stringify({
          ...viewing,
          projectId: viewing.contentId?.split('/')[0] ?? null,
          date: dayOf(viewing.updatedAtMs),
          region: /^[a-z0-9-]{1,63}$/.test(viewing.regionId) ? viewing.regionId : 'other',
        }),
      );
      const json = join(work, 'batch.ndjson');
      await writeFile(json, rows.join('\n'));
      const types = Object.entries({ ...COLUMNS, date: 'VARCHAR', region: 'VARCHAR' })
        .map(([name, type]) => `${name}: '${type}'`)
        .join(', ');
      const out = join(work, 'out');
      const answer = await runDuckdb(
        {
          kind: 'run',
          work,
          statements: [
            `copy (select * from read_json(${quoted(json)}, format = 'newline_delimited', columns = {${types}}) order by updatedAtMs)
             to ${quoted(out)} (format parquet, compression zstd, partition_by (date, region))`,
          ],
        },
        { msMax: WRITE_MS_MAX, signal: NEVER },
      );
      if (answer.kind === 'missing') {
        if (!isMissingSaid) log.info({ reason: answer.reason }, `viewings leave no history: ${MISSING}`);
        isMissingSaid = true;
        return false;
      }
      if (answer.kind === 'refused')
        throw new Error(`viewings could not be written as Parquet: ${answer.reason}`);
      const name = createHash('sha256').update(rows.join('\n')).digest('hex').slice(0, 24);
      const objects = await store();
      for (const file of await readdir(out, { recursive: true }))
        if (file.endsWith('.parquet')) {
          // Keys hold no equals signs: date=2027-01-31/region=dublin becomes 2027-01-31/dublin.
          const folder = file.slice(0, file.lastIndexOf('/')).replace(/(?:date|region)=/g, '');
          await objects.put(`${PREFIX}${folder}/${name}.parquet`, await readFile(join(out, file)));
        }
      return true;
    });
  }

  async function writeDue(): Promise<void> {
    const endedMs = clock.nowMs() - ENDED_AFTER_MS;
    const rows = await database
      .selectFrom('viewings')
      .select(['sid', 'summary', 'updated_at_ms'])
      .where('exported_at_ms', 'is', null)
      .where('updated_at_ms', '<', endedMs)
      .orderBy('updated_at_ms')
      .limit(BATCH_MAX)
      .execute();
    const [oldest] = rows;
    if (oldest === undefined) return;
    if (rows.length < BATCH_MAX && endedMs - oldest.updated_at_ms < WAIT_MS_MAX) return;
    if (!(await write(rows.map(({ summary }) => summary)))) return;
    const newestMs = Math.max(...rows.map(({ updated_at_ms }) => updated_at_ms));
    // What has been heard of since is written again.
    await database
      .updateTable('viewings')
      .set({ exported_at_ms: clock.nowMs() })
      .where('exported_at_ms', 'is', null)
      .where('updated_at_ms', '<=', newestMs)
      .where(
        'sid',
        'in',
        rows.map(({ sid }) => sid),
      )
      .execute();
  }

  /** Brings the days that a question is about into a folder, whole. */
  async function fetchDays(work: string, fromMs: number, toMs: number): Promise<string[]> {
    const objects = await store();
    const files: string[] = [];
    let bytes = 0;
    await mkdir(join(work, 'days'));
    for (let dayMs = Math.floor(fromMs / DAY_MS) * DAY_MS; dayMs <= toMs; dayMs += DAY_MS)
      for await (const object of objects.list(`${PREFIX}${dayOf(dayMs)}/`)) {
        bytes += object.bytes;
        if (bytes > QUERY_PARQUET_BYTES_MAX)
          throw new MeridianError('invalid_request', {
            reason: `these days hold more than ${QUERY_PARQUET_BYTES_MAX >> 20} MB of history; ask about fewer`,
          });
        const body = await objects.get(object.key);
        if (body === undefined) continue;
        const path = join(work, 'days', `${files.length}.parquet`);
        await writeFile(path, body);
        files.push(path);
      }
    return files;
  }

  async function ask(question: HistoryQuestion, signal: AbortSignal): Promise<HistoryRows> {
    return inFolder(async (work) => {
      const files = await fetchDays(work, question.fromMs, question.toMs);
      const columns = Object.entries(COLUMNS);
      const list = columns.map(([name]) => name).join(', ');
      const statements = [
        `create table sessions (${columns.map(([name, type]) => `${name} ${type}`).join(', ')})`,
        ...(files.length === 0
          ? []
          : [
              `insert into sessions select ${list} from read_parquet([${files.map(quoted).join(', ')}], union_by_name = true)
               where ${question.projectId === null ? 'true' : `projectId = ${quoted(question.projectId)}`}
               qualify row_number() over (partition by sid order by updatedAtMs desc) = 1`,
            ]),
      ];
      const limits = { rowsMax: QUERY_ROWS_MAX, bytesMax: QUERY_BYTES_MAX };
      const answer = await runDuckdb(
        { kind: 'query', work, statements, sql: question.sql, ...limits },
        { msMax: queryMsMax, signal },
      );
      if (answer.kind === 'rows') return answer;
      if (answer.kind === 'missing') throw new MeridianError('conflict', { reason: MISSING });
      const reason = answer.kind === 'refused' ? answer.reason : 'no answer';
      throw new MeridianError('invalid_request', { reason: `query.sql: ${reason.replace(/\.$/, '')}` });
    });
  }

  return {
    tick: inTurn(writeDue),
    async tidy() {
      const objects = await store();
      const firstDay = dayOf(clock.nowMs() - config.telemetry.history.keptMs);
      let count = 0;
      for await (const { key } of objects.list(PREFIX)) {
        const day = /^viewer-sessions\/(\d{4}-\d\d-\d\d)\//.exec(key)?.[1];
        // Keys come in order: what follows is younger still.
        if (day === undefined || day >= firstDay || count >= REMOVE_MAX) return;
        await objects.delete(key);
        count += 1;
      }
    },
    async ask(question, signal = NEVER) {
      // Two cores, and half a gigabyte each: the next one asks again.
      if (isAsked)
        throw new MeridianError('overloaded', {
          reason: 'another question to the history is being answered',
        });
      isAsked = true;
      try {
        return await ask(question, signal);
      } finally {
        isAsked = false;
      }
    },
  };
}

/** Runs with a folder of its own, which is gone afterwards. */
async function inFolder<Value>(run: (work: string) => Promise<Value>): Promise<Value> {
  const work = await mkdtemp(join(tmpdir(), 'meridian-history-'));
  try {
    return await run(work);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
