// What players tell an edge: events over a real socket to series and viewings, for the site that was asked; whatever is
// malformed, repeated, old or too much is refused or counted, and costs no more than its bound.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { ViewingUpdate } from '#contract/telemetry.ts';
import { NETWORKS } from '#viewer/swarm/profiles.ts';
import { startSwarm } from '#viewer/swarm/swarm.ts';
import { findMetricProblems } from '../support/prometheus.ts';
import { waitFor } from '../support/wait-for.ts';
import { get } from './client.ts';
import {
  ASSET,
  BASE,
  documentOf,
  portOf,
  publishAsset,
  recordOf,
  SEGMENT,
  START_MS,
  startWorld,
  type TestRegion,
  type TestWorld,
} from './world.ts';

let world: TestWorld;
let dublin: TestRegion;

before(async () => {
  world = await startWorld();
  await publishAsset(world, recordOf(), documentOf());
  dublin = world.region('dublin');
});
after(() => world.stop());

/** Sums by the labels that are asked for, of everything that was counted since the last look. */
function counted(region: TestRegion, name: string, by: readonly string[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { series } of region.book.take(world.clock.nowMs() + 3_600_000))
    for (const one of series.filter((candidate) => candidate.name === name)) {
      const key = by.map((label) => one.labels[label]).join(' ');
      sums[key] = (sums[key] ?? 0) + one.count;
    }
  return sums;
}

beforeEach(() => {
  for (const region of world.regions) {
    region.book.take(world.clock.nowMs() + 3_600_000);
    region.viewings();
  }
});

const post = (body: string, query = '', headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${portOf(world, 'dublin')}/cmcd${query}`, { method: 'POST', body, headers });

const edgeUrl = (id: string): string => `http://127.0.0.1:${portOf(world, id)}`;

test('responses count for the site that was asked, by the clock of the edge', async () => {
  // A viewer whose clock is a year behind.
  const viewerMs = START_MS - 365 * 86_400_000;
  const event = (sn: number, url: string, rest: string): string =>
    `v=2,e=rr,sid="far",sn=${sn},ts=${viewerMs - 1_000},url="${url}",${rest}`;
  const lines = [
    event(0, `${edgeUrl('singapore')}${SEGMENT}`, 'rc=200,ttfb=20,ttlb=90'),
    event(1, `${edgeUrl('singapore')}${SEGMENT}`, 'rc=0,meridian-verdict=late,meridian-waited=900'),
    event(2, `${edgeUrl('dublin')}${BASE}/main.m3u8`, 'rc=503,ttlb=4'),
    event(3, `${edgeUrl('dublin')}/l/default/brd_1/v0/1.m4s`, 'rc=200,ttlb=4'),
    event(4, `${edgeUrl('dublin')}/steering/hls.json?g=x`, 'rc=200,ttlb=4'),
    event(5, 'https://elsewhere.example/x.m4s', 'rc=200,ttlb=4'),
  ];
  const answer = await post(`${lines.join('\n')}\n`, `?t=${viewerMs}`, {
    'content-type': 'application/cmcd',
  });
  assert.equal(answer.status, 204);
  assert.equal(answer.headers.get('access-control-allow-origin'), '*');
  const slices = dublin.book.take(START_MS + 5_000);
  assert.deepEqual([...new Set(slices.map(({ atMs }) => atMs))], [START_MS - 5_000]);
  const found = slices.flatMap(({ series }) =>
    series.map(({ labels }) => `${labels.site} ${labels.kind} ${labels.object} ${labels.outcome}`),
  );
  assert.deepEqual(found.sort(), [
    'dublin-1 live media ok',
    'dublin-1 live steering ok',
    'dublin-1 vod manifest failed',
    'other live media ok',
    'singapore-1 vod media late',
    'singapore-1 vod media ok',
  ]);
});

test('a viewing is told from its start to its end, and repeated events count once', async () => {
  const atMs = START_MS;
  const lines = [
    `cid="default/${ASSET}",e=ps,meridian-pathway="dublin-1",sid="one",sn=0,st=v,sta=s,ts=${atMs - 9_000},v=2`,
    `e=ps,meridian-pathway="dublin-1",msd=350,sid="one",sn=1,sta=p,ts=${atMs - 8_000},v=2`,
    `bl=(400),br=(3000),e=t,meridian-pathway="dublin-1",sid="one",sn=2,sta=p,ts=${atMs - 6_000},v=2`,
    `e=ce,cen="meridian-pathway",meridian-pathway="singapore-1",sid="one",sn=3,sta=p,ts=${atMs - 5_000},v=2`,
    `e=ps,meridian-pathway="singapore-1",sid="one",sn=4,sta=r,ts=${atMs - 4_000},v=2`,
    `e=ps,meridian-pathway="singapore-1",sid="one",sn=5,sta=p,ts=${atMs - 3_000},v=2`,
    `e=e,ec=("decoder"),meridian-pathway="singapore-1",sid="one",sn=6,ts=${atMs - 2_000},v=2`,
    `e=ps,meridian-pathway="singapore-1",sid="one",sn=7,sta=q,ts=${atMs - 1_000},v=2`,
  ].join('\n');
  for (let times = 0; times < 3; times += 1) assert.equal((await post(lines, `?t=${atMs}`)).status, 204);
  const { viewings } = dublin.viewings();
  const [viewing] = viewings;
  assert.ok(viewing);
  assert.deepEqual(
    [viewing.startupMs, viewing.playMs, viewing.stallMs, viewing.stalls, viewing.errors, viewing.state],
    [350, 6_000, 1_000, 1, 1, 'left'],
  );
  assert.deepEqual(
    [viewing.siteId, viewing.pathwayChanges, viewing.contentId],
    ['singapore-1', 1, `default/${ASSET}`],
  );
  assert.deepEqual(
    viewing.steps.map(({ kind, text }) => `${kind} ${text}`),
    [
      'state starting',
      'state playing',
      'interval playing',
      'pathway singapore-1',
      'state rebuffering',
      'state playing',
      'error decoder',
      'state left',
    ],
  );
  const slices = dublin.book.take(START_MS + 5_000).flatMap(({ series }) => series);
  const sumOf = (name: string): number =>
    slices.filter((one) => one.name === name).reduce((sum, { count }) => sum + count, 0);
  assert.deepEqual(
    ['session_starts', 'session_stalls', 'session_errors', 'session_pathway_changes', 'session_play_ms'].map(
      sumOf,
    ),
    [1, 1, 1, 1, 6_000],
  );
  assert.equal(dublin.metrics.counters().edge_cmcd_repeated_total, 16);
  assert.equal(dublin.viewings().viewings.length, 0, 'nothing new to tell');
});

test('JSON is taken as well, one event or a list', async () => {
  const event = {
    sid: 'json',
    e: 'rr',
    v: 2,
    url: `${edgeUrl('dublin')}${SEGMENT}`,
    rc: 200,
    br: [3_000],
    ts: 1,
  };
  const headers = { 'content-type': 'application/json' };
  assert.equal((await post(JSON.stringify([event, { ...event, sn: 1 }]), '', headers)).status, 204);
  assert.equal((await post(JSON.stringify(event), '', headers)).status, 204);
  assert.deepEqual(counted(dublin, 'viewer_requests', ['site', 'outcome']), { 'dublin-1 ok': 3 });
});

test('what cannot be read is refused with what is wrong, and the connection goes on', async () => {
  for (const [body, reason] of [
    ['nonsense here', /event 1: "nonsense here" is no key/],
    ['sid="x",e=t\nsid="y,e=t', /event 2: the value of sid cannot be read/],
    ['e=t', /event 1: it has no sid/],
    [`sid="${'x'.repeat(65)}"`, /no sid of 1 to 64/],
    ['{"sid":', /not valid JSON/],
    ['[1]', /event 1: an event is no JSON object/],
    ['\n\n', /it holds no event/],
    ['sid="x"\n'.repeat(501), /more than 500 events/],
  ] as const) {
    const answer = await post(body);
    assert.equal(answer.status, 400, body.slice(0, 20));
    assert.match(((await answer.json()) as { title: string }).title, reason);
  }
  const tooLarge = await post('x'.repeat(300_000)).catch(() => undefined);
  assert.equal(tooLarge?.status ?? 413, 413);
  assert.equal((await get(portOf(world, 'dublin'), '/cmcd')).status, 404);
  const options = await get(portOf(world, 'dublin'), '/cmcd', { method: 'OPTIONS' });
  assert.match(String(options.headers['access-control-allow-methods']), /POST/);
  assert.equal((await post('sid="x",e=t')).status, 204);
});

test('players that tell of themselves in headers are known too, of either version, over a connection that is kept', async () => {
  const ask = async (headers: Record<string, string>): Promise<void> => {
    const answer = await fetch(`${edgeUrl('dublin')}${SEGMENT}`, { headers });
    assert.equal(answer.status, 200, JSON.stringify(headers));
    await answer.arrayBuffer();
  };
  const rubbish = [
    { 'CMCD-Session': 'sid="open' },
    { 'cmcd-session': '=,=' },
    { 'CMCD-Status': 'bs' },
    { 'CMCD-Request': '' },
    { 'CMCD-Session': `sid="${'x'.repeat(65)}"` },
    { 'CMCD-Object': `br=${'1'.repeat(5_000)}`, 'CMCD-Session': 'sid="long"' },
    { 'CMCD-Nothing': 'sid="nobody"' },
  ];
  for (const headers of rubbish) await ask(headers);
  await ask({
    'CMCD-Object': 'br=3000,d=2000,ot=v,tb=6000',
    'CMCD-Request': 'bl=2000,mtp=12000',
    'CMCD-Session': 'cid="default/film",sf=d,sid="first",st=v',
    'CMCD-Status': 'bs,rtp=9000',
  });
  await ask({
    'cmcd-object': 'br=(1500),ot=v',
    'cmcd-session': 'sf=h,sid="second",st=ll,v=2',
    'cmcd-status': 'ltc=2100,sta=p',
  });
  const seen = new Map<string, ViewingUpdate>();
  const found = await waitFor('both viewings', () => {
    for (const viewing of dublin.viewings().viewings) seen.set(viewing.sid, viewing);
    return seen.size >= 2 ? [...seen.values()] : undefined;
  });
  assert.deepEqual(
    found
      .map(({ sid, client, bitrateKbps, stalls, kind, state, latencyMs }) =>
        [sid, client, bitrateKbps, stalls, kind, state, latencyMs].join(' '),
      )
      .sort(),
    ['first dash cmcd 1 3000 1 vod unknown ', 'second hls cmcd 2 1500 0 live playing 2100'],
  );
});

test('events that are too old are counted and left out, and a flood of viewings keeps its bound', async () => {
  const old = `e=ps,sid="old",sta=s,ts=${START_MS - 3_600_000},v=2`;
  assert.equal((await post(old, `?t=${START_MS}`)).status, 204);
  assert.equal(dublin.viewings().droppedEvents, 1);
  for (let batch = 0; batch < 22; batch += 1) {
    const lines = Array.from({ length: 500 }, (_, index) => `e=t,sid="v${batch * 500 + index}",sta=p`);
    assert.equal((await post(lines.join('\n'))).status, 204);
  }
  assert.equal(dublin.metrics.gauges().edge_viewings, 10_000);
  const { viewings, droppedViewings } = dublin.viewings();
  assert.deepEqual([viewings.length, droppedViewings >= 1_000], [500, true]);
});

test('players that only mark their requests are known too, by a sample', async () => {
  const query = `CMCD=${encodeURIComponent('br=3000,ot=v,sf=h,sid="marks",st=v,bs')}`;
  // Over a connection that is kept, as players do.
  await (await fetch(`${edgeUrl('dublin')}${SEGMENT}?${query}`)).arrayBuffer();
  const found = await waitFor('the viewing', () =>
    dublin.viewings().viewings.find(({ sid }) => sid === 'marks'),
  );
  assert.deepEqual([found.client, found.bitrateKbps, found.stalls], ['hls cmcd 1', 3_000, 1]);
});

test('the swarm tells what its viewers see: answers, starts, and requests to a site that came too late', async () => {
  const edges = world.regions.map(({ id }) => ({ pathwayId: `${id}-1`, regionId: id, baseUrl: edgeUrl(id) }));
  const swarm = startSwarm({
    viewers: 3,
    edges,
    homeRegionIds: ['dublin'],
    paths: [`${BASE}/main.m3u8`],
    arrival: { kind: 'at-once' },
    network: NETWORKS.none ?? [],
    viewing: { kind: 'full' },
    seed: 1,
  });
  const sums = new Map<string, number>();
  await waitFor('starts and answers of three viewers', () => {
    for (const region of world.regions)
      for (const { series } of region.book.take(world.clock.nowMs() + 3_600_000))
        for (const { name, labels, count } of series) {
          const key = name === 'viewer_requests' ? `${labels.site} ${labels.object} ${labels.outcome}` : name;
          sums.set(key, (sums.get(key) ?? 0) + count);
        }
    return (sums.get('session_starts') ?? 0) >= 3 && (sums.get('dublin-1 media ok') ?? 0) >= 6
      ? true
      : undefined;
  });
  swarm.stop();
  await swarm.ended;
  assert.deepEqual(findMetricProblems(await dublin.metrics.text()), []);
});
