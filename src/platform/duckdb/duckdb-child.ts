// The process in which DuckDB runs: a native crash, or memory that it takes, ends this process and nothing else. It gets
// one job by IPC, answers it and ends. A query of somebody else's sees tables that were made before, and no file, no
// network and no setting: external access is off and the settings are locked before its text is even parsed.

import type { DuckDBConnection } from '@duckdb/node-api';
import type { DuckdbAnswer, DuckdbJob, DuckdbValue } from './duckdb-job.ts';

/** Of the buffers of DuckDB; what does not fit is spilled below the working directory, up to the second limit. */
const MEMORY_LIMIT = '512MB';
const SPILL_LIMIT = '2GB';
const THREADS = 2;

process.once('message', (job: DuckdbJob) => {
  void answer(job)
    .catch((error: unknown): DuckdbAnswer => ({ kind: 'refused', reason: textOf(error) }))
    .then((result) => process.send?.(result, undefined, {}, () => process.exit(0)));
});
process.once('disconnect', () => process.exit(0));

async function answer(job: DuckdbJob): Promise<DuckdbAnswer> {
  let duckdb: typeof import('@duckdb/node-api');
  try {
    duckdb = await import('@duckdb/node-api');
  } catch (error) {
    return { kind: 'missing', reason: textOf(error) };
  }
  const instance = await duckdb.DuckDBInstance.create(`${job.work}/work.duckdb`, {
    memory_limit: MEMORY_LIMIT,
    threads: String(THREADS),
    temp_directory: `${job.work}/spill`,
    max_temp_directory_size: SPILL_LIMIT,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  for (const statement of job.statements) await connection.run(statement);
  if (job.kind === 'run') return { kind: 'done' };
  await connection.run('set enable_external_access = false');
  await connection.run('set lock_configuration = true');
  return select(connection, job, duckdb.StatementType.SELECT);
}

async function select(
  connection: DuckDBConnection,
  { bytesMax, rowsMax, sql }: Extract<DuckdbJob, { kind: 'query' }>,
  selectType: number,
): Promise<DuckdbAnswer> {
  const statements = await connection.extractStatements(sql);
  if (statements.count !== 1)
    return { kind: 'refused', reason: `That is ${statements.count} statements; one SELECT is answered` };
  const prepared = await statements.prepare(0);
  if (prepared.statementType !== selectType)
    return { kind: 'refused', reason: 'Only a SELECT is answered: the history is read, never changed' };
  const reader = await prepared.streamAndReadUntil(rowsMax + 1);
  const all = reader.getRowsJson() as unknown as DuckdbValue[][];
  const rows: DuckdbValue[][] = [];
  let bytes = 0;
  for (const row of all.slice(0, rowsMax)) {
    bytes += Buffer.byteLength(JSON.stringify(row));
    if (bytes > bytesMax) break;
    rows.push(row);
  }
  const types = reader.columnTypes();
  return {
    kind: 'rows',
    columns: reader.columnNames().map((name, index) => ({ name, type: String(types[index] ?? '') })),
    rows,
    isCut: all.length > rows.length,
  };
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 1_000);
}
