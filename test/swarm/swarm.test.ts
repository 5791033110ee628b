// A swarm against small edges: the loss of a region, arrivals and departures, the command, and whom it refuses to load.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { NETWORKS, parseNetwork, parseViewing } from '#viewer/swarm/profiles.ts';
import { type SwarmOptions, startSwarm } from '#viewer/swarm/swarm.ts';
import type { SwarmReport } from '#viewer/swarm/swarm-report.ts';
import { type FakeWorld, startFakeWorld } from '../support/fake-edge.ts';
import { waitFor } from '../support/wait-for.ts';
import { runMeridian } from '../support/world.ts';

const PATH = '/m/default/ast_1/v1/main.m3u8';
const SECONDS = 14;
let world: FakeWorld;

before(async () => {
  world = await startFakeWorld(['dublin', 'singapore', 'oregon'], SECONDS, { delayMs: 10 });
});
after(async () => {
  await world?.stop();
});

function optionsFor(change: Partial<SwarmOptions>): SwarmOptions {
  return {
    viewers: 9,
    edges: world.edges.map(({ pathwayId, baseUrl }) => ({ pathwayId, baseUrl, regionId: pathwayId })),
    paths: [PATH],
    arrival: { kind: 'at-once' },
    network: NETWORKS.none ?? [],
    viewing: { kind: 'full' },
    seed: 1,
    ...change,
  };
}

test('viewers play to the end, and every byte is counted at its pathway', async () => {
  const swarm = startSwarm(optionsFor({}));
  await waitFor('everybody to watch', () => swarm.report().startupMs.count === 9);
  assert.equal(swarm.report().viewers.watching, 9);
  assert.equal(swarm.viewersNow().length, 9);
  await swarm.ended;
  const report = swarm.report();
  assert.deepEqual(report.viewings, { begun: 9, finished: 9, left: 0, lost: 0 });
  assert.equal(report.stalls.count, 0, JSON.stringify(report.stalls));
  assert.ok(report.elapsedMs > SECONDS * 1_000, `${report.elapsedMs}`);
  assert.ok(report.pathways.every(({ bytes }) => bytes > 0));
  assert.equal(
    report.bytes,
    report.pathways.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  // 700 + 64 kbit/s, within what the encoder makes of it.
  assert.ok(report.meanBitrateBps > 300_000 && report.meanBitrateBps < 1_000_000, `${report.meanBitrateBps}`);
});

for (const signal of ['SIGKILL', 'SIGSTOP'] as const)
  test(`a region gone (${signal}) in the middle loses nobody and stalls nobody with a buffer`, async () => {
    const edge = world.edges[0];
    assert.ok(edge);
    const swarm = startSwarm(optionsFor({ network: parseNetwork('1500kbps/20ms') ?? [] }));
    try {
      await waitFor('everybody to watch', () => swarm.report().startupMs.count === 9);
      await waitFor('a buffer', () => swarm.viewersNow().every(({ report }) => report.bufferedMs > 3_000));
      const hit = swarm.viewersNow().filter(({ report }) => report.pathwayId === 'dublin').length;
      assert.ok(hit >= 3, `${hit} viewers at dublin`);
      await edge.signal(signal);
      await swarm.ended;
      const report = swarm.report();
      assert.equal(report.viewings.finished, 9, JSON.stringify(report));
      assert.equal(report.viewers.lost, 0);
      assert.equal(report.stalls.count, 0, JSON.stringify(report.stalls));
      assert.ok(report.switches.pathway >= hit, JSON.stringify(report.switches));
      assert.ok(
        Object.keys(report.errors).every((key) => key.startsWith('dublin ')),
        JSON.stringify(report.errors),
      );
    } finally {
      swarm.stop();
      if (signal === 'SIGKILL') await edge.restart();
      else await edge.signal('SIGCONT');
    }
  });

test('swipers leave early and start again, and a stopped swarm closes every connection', async () => {
  const viewing = parseViewing('swipe:100ms-600ms');
  assert.ok(viewing);
  const swarm = startSwarm(optionsFor({ viewers: 6, viewing, arrival: { kind: 'ramp', durationMs: 300 } }));
  await waitFor('some swipes', () => swarm.report().viewings.begun > 20);
  swarm.stop();
  await swarm.ended;
  const report = swarm.report();
  assert.equal(report.viewers.watching, 0);
  assert.equal(report.viewings.begun, report.viewings.left);
  assert.equal(report.viewings.lost, 0);
});

test('a video that is nowhere loses every viewer at once, with the reason', async () => {
  const swarm = startSwarm(optionsFor({ viewers: 3, paths: ['/nowhere.m3u8'] }));
  await swarm.ended;
  assert.equal(swarm.report().viewers.lost, 3);
  assert.deepEqual(swarm.report().lostReasons, { 'status 404': 3 });
});

test('meridian swarm prints its figures, as tables and as JSON', async () => {
  const url = `${world.edges[0]?.baseUrl}${PATH}`;
  const common = ['swarm', '--url', url, '--viewers', '4', '--duration', '3s', '--arrival', 'poisson:20'];
  const [json, table] = await Promise.all([runMeridian([...common, '--json']), runMeridian(common)]);
  assert.equal(json.code, 0, json.stderr);
  const report = JSON.parse(json.stdout) as SwarmReport;
  assert.equal(report.viewers.arrived, 4);
  assert.equal(report.startupMs.count, 4);
  assert.equal(table.code, 0, table.stderr);
  assert.match(table.stdout, /start-up +p50 .*ms/);
  assert.match(table.stdout, /PATHWAY +REGION +BYTES/);
  assert.match(table.stdout, /dublin +dublin/);
});

test('meridian swarm loads nobody who does not say that they are a Meridian edge', async () => {
  let asked = 0;
  const stranger = createServer((_, response) => {
    asked += 1;
    response.end('{"edges":[]}');
  });
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = stranger.address() as AddressInfo;
    const result = await runMeridian(['swarm', '--url', `http://127.0.0.1:${port}/main.m3u8`]);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /There is no Meridian edge that answers/);
    assert.equal(asked, 1, 'one question and no load');
  } finally {
    stranger.closeAllConnections();
    await new Promise((resolve) => stranger.close(resolve));
  }
});

test('what the command line gets wrong is named', async () => {
  const table = [
    [['--viewers', '99999', '--url', 'http://x/'], /--viewers is a number from 1 to 2000/],
    [['--arrival', 'soon', '--url', 'http://x/'], /--arrival is at-once, ramp:30s or poisson:5/],
    [[], /one of --asset and --url is needed/],
    [['--url', 'ftp://x/'], /not an http address/],
  ] as const;
  for (const [args, message] of table) {
    const { code, stderr } = await runMeridian(['swarm', ...args]);
    assert.equal(code, 1);
    assert.match(stderr, message);
  }
});
