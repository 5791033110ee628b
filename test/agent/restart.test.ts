// An order to restart, as the agent of a node carries it out.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import { silentLog } from '#platform/log.ts';
import { createRestartKeeper } from '#region/agent/restart-keeper.ts';
import { waitFor } from '../support/wait-for.ts';

const ORDER = `ord_${'1'.repeat(26)}`;

function snapshotWith(orderId: string, nodeId: string, drainStartedAtMs: number | null): WorldSnapshot {
  return {
    steering: { ttlMs: 5_000 },
    sites: [{ id: 'dublin-1', drainStartedAtMs }],
    orders: { purges: [], throttles: [], restarts: [{ id: orderId, nodeId }] },
  } as unknown as WorldSnapshot;
}

test('a node restarts once for an order of its own, after its viewers had the time to leave', async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'meridian-restart-'));
  const stopping = new AbortController();
  const slept: number[] = [];
  let restarts = 0;
  let current: WorldSnapshot | undefined;
  const listeners = new Set<(snapshot: WorldSnapshot) => void>();
  const keeper = () =>
    createRestartKeeper({
      dataDirectory,
      nodeId: 'dublin-1-a',
      siteId: 'dublin-1',
      world: {
        current: () => current,
        onChange(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      },
      clock: {
        nowMs: () => 100_000,
        monotonicMs: () => 0,
        async sleep(milliseconds) {
          slept.push(milliseconds);
        },
      },
      log: silentLog,
      restart: () => {
        restarts += 1;
      },
    });
  const publish = (snapshot: WorldSnapshot): void => {
    current = snapshot;
    for (const listener of [...listeners]) listener(snapshot);
  };
  try {
    const first = keeper();
    await first.load();
    const running = first.run(stopping.signal);
    publish(snapshotWith(ORDER, 'singapore-1-a', null));
    assert.deepEqual([first.notReadyReason(), first.report(), listeners.size], [null, [], 1]);
    publish(snapshotWith(ORDER, 'dublin-1-a', null));
    await running;
    assert.deepEqual([restarts, slept, listeners.size], [1, [14_000], 0]);
    assert.equal(first.notReadyReason(), `it restarts by order ${ORDER}`);
    assert.deepEqual(first.report(), [], 'only the next process knows that it has restarted');

    const second = keeper();
    await second.load();
    assert.deepEqual([second.notReadyReason(), second.report()], [null, [{ id: ORDER, count: 0, bytes: 0 }]]);
    const waiting = second.run(stopping.signal);
    await waitFor('it to listen', () => listeners.size === 1);
    assert.equal(restarts, 1);
    // A site that has drained for long has no viewers to wait for.
    publish(snapshotWith(`ord_${'2'.repeat(26)}`, 'dublin-1-a', 80_000));
    await waiting;
    assert.deepEqual([restarts, slept], [2, [14_000, 0]]);

    const third = keeper();
    await third.load();
    const idle = third.run(stopping.signal);
    stopping.abort();
    await idle;
    assert.deepEqual([restarts, listeners.size], [2, 0]);
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true });
  }
});
