// Runs one job in a DuckDB child of its own, for a limited time (docs/adr/0021).

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DuckdbAnswer, DuckdbJob } from './duckdb-job.ts';

const CHILD = fileURLToPath(new URL('./duckdb-child.ts', import.meta.url));

/** Resolves to the child's answer; a child that is late, killed or crashed has refused. */
export function runDuckdb(
  job: DuckdbJob,
  { msMax, signal }: { readonly msMax: number; readonly signal: AbortSignal },
): Promise<DuckdbAnswer> {
  return new Promise((resolve) => {
    const child = fork(CHILD, [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: {} });
    let isSettled = false;
    const settle = (answer: DuckdbAnswer): void => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      if (child.exitCode === null) child.kill('SIGKILL');
      resolve(answer);
    };
    const onAbort = (): void => settle({ kind: 'refused', reason: 'Control stops' });
    const timer = setTimeout(
      () => settle({ kind: 'refused', reason: `It took longer than ${msMax / 1_000} s` }),
      msMax,
    );
    signal.addEventListener('abort', onAbort, { once: true });
    child.once('message', (answer: DuckdbAnswer) => settle(answer));
    child.once('error', (error) => settle({ kind: 'refused', reason: error.message }));
    child.once('exit', (code, killedBy) =>
      settle({ kind: 'refused', reason: `The process of DuckDB ended early (${killedBy ?? code})` }),
    );
    if (signal.aborted) onAbort();
    else child.send(job);
  });
}
