// A node's reports while control is away: the real reporter and spool against the real control. Nothing is missing
// afterwards and nothing counts twice; what did not fit into the spool is told.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { NODE_SIGNATURE_HEADER } from '#contract/peer-api.ts';
import type { ViewingUpdate } from '#contract/telemetry.ts';
import { sliceOf } from '#core/telemetry/series.ts';
import { createTransport } from '#platform/http/node-transport.ts';
import { signNodeRequest } from '#platform/identity.ts';
import { silentLog } from '#platform/log.ts';
import { type Counter, createMetrics } from '#platform/metrics.ts';
import { createTelemetryReporter, type TelemetryReporter } from '#region/agent/telemetry/reporter.ts';
import { createTelemetrySpool, type TelemetrySpool } from '#region/agent/telemetry/spool.ts';
import { waitFor } from '../support/wait-for.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import { type FakeNode, onEveryDatabase, type TestControl } from './support.ts';

interface Reporting {
  readonly reporter: TelemetryReporter;
  readonly spool: TelemetrySpool;
  readonly requests: Counter;
  /** Reports made so far. */
  made(): number;
  stop(): Promise<void>;
}

interface Place {
  readonly world: TestControl;
  readonly node: FakeNode;
  readonly clock: ManualClock;
  readonly directory: string;
  readonly bytesMax: number;
  isControlAway: boolean;
}

async function startReporting(place: Place, bootId: string): Promise<Reporting> {
  const { world, node, clock } = place;
  const metrics = createMetrics();
  const transport = createTransport({
    sign: (parts) => ({
      [NODE_SIGNATURE_HEADER]: signNodeRequest(node.id, node.key, parts, world.clock.nowMs()),
    }),
  });
  const disk = createTelemetrySpool(place.directory, place.bytesMax, silentLog);
  let made = 0;
  const spool: TelemetrySpool = {
    ...disk,
    async add(report) {
      await disk.add(report);
      made += 1;
    },
  };
  await spool.load();
  const reporter = createTelemetryReporter({
    nodeId: node.id,
    regionId: 'dublin',
    siteId: 'dublin-1',
    bootId,
    clock,
    log: silentLog,
    metrics,
    transport,
    spool,
    controlUrl: () => (place.isControlAway ? 'http://127.0.0.1:9' : world.url),
    clockOffsetMs: () => 0,
  });
  const stopping = new AbortController();
  const loops = [reporter.roll(stopping.signal), reporter.send(stopping.signal)];
  return {
    reporter,
    spool,
    made: () => made,
    requests: metrics.counter('edge_requests_total', 'x', { class: 'immutable', outcome: 'hit' }),
    async stop() {
      stopping.abort();
      await Promise.all(loops);
      transport.close();
    },
  };
}

async function emptied(clock: ManualClock, { spool }: Reporting): Promise<void> {
  await waitFor(
    'every report to be sent',
    async () => {
      // Pauses between attempts go by.
      if (spool.count() > 0) await clock.advance(20);
      return spool.count() === 0;
    },
    60_000,
  );
}

async function withPlace(world: TestControl, bytesMax: number, run: (place: Place) => Promise<void>) {
  const [node] = await world.settledNodes('dublin-1');
  assert.ok(node);
  const directory = mkdtempSync(join(tmpdir(), 'meridian-telemetry-'));
  const clock = createManualClock(sliceOf(world.clock.nowMs()) - 900_000);
  try {
    await run({ world, node, clock, directory, bytesMax, isControlAway: false });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A viewing of a player that tells long stories. */
function longViewing(sid: string, atMs: number): ViewingUpdate {
  const step = {
    atMs,
    kind: 'error' as const,
    text: 'x'.repeat(120),
    siteId: 's'.repeat(80),
    bufferedMs: 1,
    bitrateKbps: 1,
    latencyMs: 1,
  };
  return {
    sid,
    contentId: 'c'.repeat(128),
    kind: 'vod',
    regionId: 'dublin',
    siteId: 'dublin-1',
    client: 'hls cmcd 2',
    state: 'playing',
    startedAtMs: atMs,
    updatedAtMs: atMs,
    endedAtMs: null,
    startupMs: 1,
    playMs: 1,
    stallMs: 0,
    stalls: 0,
    errors: 40,
    requests: 0,
    badRequests: 0,
    pathwayChanges: 0,
    bitrateKbps: null,
    latencyMs: null,
    steps: Array.from({ length: 40 }, () => step),
  };
}

/** Goes through a slice: something is counted in it, then it ends and is kept. */
async function passSlice(place: Place, reporting: Reporting, count: number): Promise<void> {
  reporting.requests.value += count;
  const before = reporting.made();
  await place.clock.advance(5_000);
  await waitFor('the report to be made', () => reporting.made() > before);
}

onEveryDatabase('telemetry while control is away', (suite) => {
  test('after ten minutes without control and a restart of the node every slice is there, once', async () => {
    const world = await suite.start();
    await withPlace(world, 10_000_000, async (place) => {
      const { clock } = place;
      const firstMs = sliceOf(clock.nowMs());
      let reporting = await startReporting(place, 'boot-1');
      await clock.advance(2_000);
      for (let slice = 0; slice < 5; slice += 1) await passSlice(place, reporting, 1);
      await emptied(clock, reporting);
      place.isControlAway = true;
      for (let slice = 0; slice < 60; slice += 1) await passSlice(place, reporting, 1);
      await reporting.stop();
      reporting = await startReporting(place, 'boot-2');
      for (let slice = 0; slice < 60; slice += 1) await passSlice(place, reporting, 1);
      assert.ok(reporting.spool.count() >= 120);
      place.isControlAway = false;
      await emptied(clock, reporting);
      const toMs = sliceOf(clock.nowMs());
      const read = async (name: string): Promise<Map<number, number>> => {
        const query = { name, fromMs: firstMs, toMs, stepMs: 5_000 };
        const { points } = await world.admin.call('GET /v1/telemetry/series', { query });
        return new Map(points.map(({ atMs, count }) => [atMs, count]));
      };
      const requests = await read('edge_requests');
      assert.equal(
        [...requests.values()].reduce((sum, count) => sum + count, 0),
        125,
      );
      const lives = await read('node_up');
      for (let atMs = firstMs; atMs < firstMs + 125 * 5_000; atMs += 5_000)
        assert.equal(lives.get(atMs), 1, `the node lived at ${atMs - firstMs} ms`);
      await reporting.stop();
    });
  });

  test('players who tell more than a report holds do not keep the series from arriving', async () => {
    const world = await suite.start();
    await withPlace(world, 50_000_000, async (place) => {
      const reporting = await startReporting(place, 'boot-1');
      const firstMs = sliceOf(place.clock.nowMs());
      let isTold = false;
      reporting.reporter.telemetry.viewingsFrom(() => {
        const viewings = isTold
          ? []
          : Array.from({ length: 500 }, (_, index) => longViewing(`v${index}`, firstMs));
        isTold = true;
        return { viewings, droppedViewings: 0, droppedEvents: 0 };
      });
      await place.clock.advance(2_000);
      await passSlice(place, reporting, 7);
      await emptied(place.clock, reporting);
      const query = { name: 'edge_requests', fromMs: firstMs, toMs: firstMs + 5_000, stepMs: 5_000 };
      const { points } = await world.admin.call('GET /v1/telemetry/series', { query });
      assert.deepEqual(
        points.map(({ count }) => count),
        [7],
      );
      const { sessions } = await world.admin.call('GET /v1/viewer-sessions', { query: { limit: 200 } });
      const metrics = await (await fetch(`${world.url}/metrics`)).text();
      const told = /^control_telemetry_lost_total\{what="viewings"\} (\d+)$/m.exec(metrics)?.[1];
      assert.ok(Number(told) > 100, `${told} viewings had no room`);
      assert.equal(sessions.length + Number(told), 500);
      await reporting.stop();
    });
  });

  test('what the spool has no room for goes oldest first, and control is told how much', async () => {
    const world = await suite.start();
    await withPlace(world, 4_000, async (place) => {
      const reporting = await startReporting(place, 'boot-1');
      const firstMs = sliceOf(place.clock.nowMs());
      place.isControlAway = true;
      await place.clock.advance(2_000);
      for (let slice = 0; slice < 20; slice += 1) {
        await passSlice(place, reporting, 1);
        assert.ok(reporting.spool.bytes() <= 4_000, 'the spool is within its bound');
      }
      const kept = reporting.spool.count();
      assert.ok(kept > 2 && kept < 15, `${kept} reports are kept`);
      place.isControlAway = false;
      await emptied(place.clock, reporting);
      await passSlice(place, reporting, 1);
      await emptied(place.clock, reporting);
      const metrics = await (await fetch(`${world.url}/metrics`)).text();
      const told = /^control_telemetry_lost_total\{what="reports"\} (\d+)$/m.exec(metrics)?.[1];
      const span = { fromMs: firstMs, toMs: place.clock.nowMs(), stepMs: 5_000 };
      const query = { name: 'node_up', ...span };
      const { points } = await world.admin.call('GET /v1/telemetry/series', { query });
      const missing = reporting.made() - points.length;
      // One that was under way when it had to go may have arrived all the same.
      assert.ok(
        Number(told) - missing === 0 || Number(told) - missing === 1,
        `${told} told, ${missing} missing`,
      );
      assert.ok(missing >= 5, `${missing} are missing`);
      await reporting.stop();
    });
  });
});
