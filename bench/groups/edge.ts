// CPU per request of an edge against nginx and Varnish: from memory, from disk, over TLS.

import { type EdgeRow, type EdgeRowSet, measureRows } from '../edge/edge-rows.ts';
import { SIZES } from '../edge/setup.ts';
import type { Group } from '../row.ts';

/** We read through our own memory what nginx lets the kernel send: once more copied, and checked from time to time. */
const DISK_GOAL = 1.3;
const TLS_GOAL = 0.8;

const groupOf = (set: EdgeRowSet, budgetMs: number): Group => ({
  names: set.rows.map(({ name }) => name),
  budgetMs,
  run: () => measureRows(set),
});

const rowsOf = (prefix: string, goalOf: (goal: number) => number): EdgeRow[] =>
  SIZES.map(({ name, goal }, size) => ({ name: `${prefix}-${name}`, size, goal: goalOf(goal) }));

const same = (goal: number): number => goal;

export const edgeGroup = groupOf(
  { mode: 'memory', protocol: 'http1', peer: 'nginx', rows: rowsOf('edge-cpu', same) },
  90_000,
);

/** Nothing fits into memory: every answer is read from disk. */
export const edgeDiskGroup = groupOf(
  {
    mode: 'disk',
    protocol: 'http1',
    peer: 'nginx',
    rows: rowsOf('edge-disk-cpu', () => DISK_GOAL).slice(1),
  },
  120_000,
);

/** Four times as much as fits into memory, asked for by Zipf's law: hits in memory and on disk as they come. */
export const edgeZipfGroup = groupOf(
  {
    mode: 'zipf',
    protocol: 'http1',
    peer: 'nginx',
    rows: [{ name: 'edge-zipf-cpu-150kB', size: 1, goal: DISK_GOAL }],
  },
  90_000,
);

export const edgeTlsGroups: readonly Group[] = (['tls-http1', 'tls-http2'] as const).map((protocol) =>
  groupOf(
    { mode: 'memory', protocol, peer: 'nginx', rows: rowsOf(`edge-${protocol}-cpu`, () => TLS_GOAL) },
    120_000,
  ),
);

export const edgeVarnishGroup = groupOf(
  { mode: 'memory', protocol: 'http1', peer: 'varnish', rows: rowsOf('edge-varnish-cpu', same) },
  90_000,
);
