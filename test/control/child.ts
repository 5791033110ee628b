// Controls in processes of their own, on a database of the suite, for tests that kill them.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defined } from '#base/assert.ts';
import { createApiClient } from '#contract/client.ts';
import type { ChildOptions } from './control-child.ts';
import type { Suite } from './support.ts';

const CHILD = fileURLToPath(new URL('control-child.ts', import.meta.url));
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** Starts one; it is killed at the end of the file at the latest. */
export async function startChild(options: ChildOptions): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = (await once(defined(child.stdout, 'its output'), 'data')) as [Buffer];
  return { child, url: String(line).trim() };
}

/** Where a process of its own reaches a database of the suite. */
export function addressOf(suite: Suite, database: string): ChildOptions['address'] {
  const socketPath = suite.socketPath();
  if (socketPath !== null) return { socketDirectory: dirname(socketPath), database, user: 'meridian' };
  const url = new URL(defined(process.env.MERIDIAN_TEST_DATABASE_URL, 'an address'));
  url.pathname = `/${database}`;
  return { url: url.href };
}

/** A client with the admin token of a data directory. */
export function adminOf(url: string, dataDirectory: string) {
  const token = readFileSync(join(dataDirectory, 'admin-token'), 'utf8').trim();
  return createApiClient({ baseUrl: url, token, fetch });
}
