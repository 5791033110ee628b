// A swarm of live viewers against two edges of a broadcast: how far behind they are, what the loss of an edge does to
// them, how a broadcast ends, and the command.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NETWORKS } from '#viewer/swarm/profiles.ts';
import { type SwarmOptions, startSwarm } from '#viewer/swarm/swarm.ts';
import type { SwarmReport } from '#viewer/swarm/swarm-report.ts';
import { waitFor } from '../support/wait-for.ts';
import { runMeridian } from '../support/world.ts';
import { LIVE_PATH, type LiveEdges, startLiveEdges } from './live-edges.ts';

function optionsFor({ edges }: LiveEdges, change: Partial<SwarmOptions> = {}): SwarmOptions {
  return {
    viewers: 8,
    edges,
    paths: [LIVE_PATH],
    arrival: { kind: 'at-once' },
    network: NETWORKS.none ?? [],
    viewing: { kind: 'full' },
    seed: 1,
    isLive: true,
    ...change,
  };
}

test('live viewers stay the hold-back behind the edge, without a stall', async () => {
  // Two seconds, so that a busy machine's own pauses are no stalls.
  const world = await startLiveEdges({
    rewrite: (text) => text.replace('PART-HOLD-BACK=0.600', 'PART-HOLD-BACK=2.000'),
  });
  const swarm = startSwarm(optionsFor(world));
  try {
    await waitFor('some seconds of everybody', () => (swarm.report().latency?.samples ?? 0) > 8 * 6);
    swarm.stop();
    await swarm.ended;
    const { latency, stalls, viewers, pathways, errors, jumps } = swarm.report();
    assert.ok(latency !== null);
    assert.ok(latency.p50Ms >= 1_900 && latency.p50Ms <= 2_800, JSON.stringify(latency));
    assert.deepEqual([stalls.count, viewers.lost, jumps], [0, 0, 0], JSON.stringify(stalls));
    assert.deepEqual(errors, {});
    assert.ok(
      pathways.every(({ bytes }) => bytes > 0),
      JSON.stringify(pathways),
    );
  } finally {
    swarm.stop();
    await world.stop();
  }
});

test('an edge gone in the middle of a broadcast loses nobody', async () => {
  const world = await startLiveEdges();
  const swarm = startSwarm(optionsFor(world));
  try {
    await waitFor('everybody to watch', () => swarm.report().startupMs.count === 8);
    await world.kill(0);
    await waitFor('everybody at the other edge', () =>
      swarm.viewersNow().every(({ report }) => report.pathwayId === 'b' && !report.isStalled),
    );
    const before = swarm.report().latency?.samples ?? 0;
    await waitFor('pictures that move', () => (swarm.report().latency?.samples ?? 0) > before + 8 * 4);
    const { viewers, switches, errors } = swarm.report();
    assert.equal(viewers.lost, 0);
    assert.ok(switches.pathway >= 4, JSON.stringify(switches));
    assert.ok(
      Object.keys(errors).every((key) => key.startsWith('a ')),
      JSON.stringify(errors),
    );
  } finally {
    swarm.stop();
    await swarm.ended;
    await world.stop();
  }
});

test('a broadcast that ends ends its viewers, and segments alone are played too', async () => {
  const world = await startLiveEdges({
    hasParts: false,
    partMs: 1_000,
    endsAtMs: Math.floor(Date.now() / 2_000) * 2_000 + 4_000,
  });
  const swarm = startSwarm(optionsFor(world, { viewers: 3 }));
  try {
    await swarm.ended;
    const report = swarm.report();
    assert.deepEqual(report.viewings, { begun: 3, finished: 3, left: 0, lost: 0 });
    assert.equal(report.startupMs.count, 3);
  } finally {
    await world.stop();
  }
});

test('meridian swarm --live prints the latency, as tables and as JSON', async () => {
  const world = await startLiveEdges();
  try {
    const url = `${world.edges[0]?.baseUrl}${LIVE_PATH}`;
    const common = ['swarm', '--live', '--url', url, '--viewers', '3', '--duration', '3s'];
    const [json, table] = await Promise.all([runMeridian([...common, '--json']), runMeridian(common)]);
    assert.equal(json.code, 0, json.stderr);
    const report = JSON.parse(json.stdout) as SwarmReport;
    assert.equal(report.viewers.arrived, 3);
    assert.ok((report.latency?.samples ?? 0) > 0);
    assert.equal(table.code, 0, table.stderr);
    assert.match(table.stdout, /latency +p50 .*p95 .*longest/);
  } finally {
    await world.stop();
  }
});
