// Steering answers by table, and how a drain unfolds.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { get, verdict } from './client.ts';
import {
  BASE,
  documentOf,
  portOf,
  publishAsset,
  recordOf,
  SEGMENT,
  startWorld,
  type TestWorld,
} from './world.ts';

let world: TestWorld;

beforeEach(async () => {
  world = await startWorld({
    config: {
      trustedGroupHeader: 'X-Viewer-Region',
      viewerGroups: [{ regionId: 'los-angeles', cidrs: ['10.0.0.0/8'] }],
    },
  });
});
afterEach(() => world.stop());

const baseOf = (id: string): string => `http://127.0.0.1:${portOf(world, id)}`;

async function steer(at: string, query: string, form = 'hls', headers: Record<string, string> = {}) {
  const answer = await get(portOf(world, at), `/steering/${form}.json?${query}`, { headers });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'application/json');
  assert.equal(answer.headers['cache-control'], 'no-store');
  const json = answer.json();
  assert.equal(json.VERSION, 1);
  assert.equal(json.TTL, 5);
  return json;
}

function fail(siteId: string): void {
  world.probes.set(siteId, { siteId, failures: 2, roundTripMs: null, probedAtMs: world.clock.nowMs() });
}

test('answers follow the group, told by query, header or region', async () => {
  const table: readonly (readonly [string, string, Record<string, string>, string])[] = [
    ['dublin', 's=1', {}, 'dublin-1'],
    ['dublin', 's=1&g=singapore', {}, 'singapore-1'],
    ['dublin', 's=1', { 'x-viewer-region': 'los-angeles' }, 'los-angeles-1'],
    ['dublin', 's=1&g=singapore', { 'x-viewer-region': 'los-angeles' }, 'singapore-1'],
    ['dublin', 's=1&g=nowhere', {}, 'dublin-1'],
    ['dublin', 's=1', { 'x-viewer-region': 'nowhere' }, 'dublin-1'],
  ];
  for (const [at, query, headers, first] of table) {
    const priority = (await steer(at, query, 'hls', headers))['PATHWAY-PRIORITY'] as string[];
    assert.equal(priority[0], first, `${query} ${JSON.stringify(headers)}`);
    assert.deepEqual([...priority].sort(), ['dublin-1', 'los-angeles-1', 'singapore-1']);
  }
});

test('the next answer comes from an edge outside the pathway, with session and group', async () => {
  const json = await steer('dublin', 's=abc&g=dublin&_HLS_pathway=dublin-1&_HLS_throughput=5000000');
  const reload = String(json['RELOAD-URI']);
  assert.ok(!reload.startsWith(baseOf('dublin')), reload);
  assert.match(reload, /\/steering\/hls\.json\?g=dublin&s=abc$/);
  assert.equal(
    (await get(Number(new URL(reload).port), `/steering/hls.json${new URL(reload).search}`)).status,
    200,
  );
});

test('DASH gets its own form', async () => {
  const json = await steer('dublin', 's=abc&_DASH_pathway="dublin-1,singapore-1"', 'dash');
  assert.deepEqual(json['PATHWAY-PRIORITY'], json['SERVICE-LOCATION-PRIORITY']);
  assert.match(String(json['RELOAD-URI']), /\/steering\/dash\.json\?/);
});

test('a site that probes find dead is neither named nor asked for the next answer', async () => {
  fail('dublin-1');
  for (let session = 0; session < 20; session += 1) {
    const json = await steer('singapore', `s=${session}&g=dublin&_HLS_pathway=dublin-1`);
    const priority = json['PATHWAY-PRIORITY'] as string[];
    assert.deepEqual([...priority].sort(), ['los-angeles-1', 'singapore-1']);
    assert.ok(!String(json['RELOAD-URI']).startsWith(baseOf('dublin')));
  }
});

test('an edge that sees nobody else still names the others, last', async () => {
  fail('dublin-1');
  fail('los-angeles-1');
  const json = await steer('singapore', 's=1&g=dublin');
  assert.equal((json['PATHWAY-PRIORITY'] as string[])[0], 'singapore-1');
  assert.equal((json['PATHWAY-PRIORITY'] as string[]).length, 3);
  assert.ok(String(json['RELOAD-URI']).startsWith(baseOf('singapore')));
});

test('reasons are given on demand', async () => {
  fail('dublin-1');
  const plain = await steer('singapore', 's=1&g=dublin');
  assert.equal(plain.EXPLANATION, undefined);
  const explained = (await steer('singapore', 's=1&g=dublin&explain=1')).EXPLANATION as {
    group: string;
    reasons: { code: string; subject: string; values: Record<string, number> }[];
  };
  assert.equal(explained.group, 'dublin');
  const dead = explained.reasons.find(({ code }) => code === 'probe_dead');
  assert.equal(dead?.subject, 'dublin-1');
  assert.equal(dead?.values.failures, 2);
});

test('odd queries never break steering', async () => {
  for (const query of [
    '',
    's=%00',
    `s=${'x'.repeat(500)}`,
    'g=%E0%A4%A',
    '_HLS_pathway=',
    '&&&=',
    's=<script>',
  ])
    await steer('dublin', query);
});

test('a drain deprioritises at once and refuses media after one TTL and one segment', async () => {
  await publishAsset(world, recordOf(), documentOf());
  const port = portOf(world, 'dublin');
  assert.equal((await get(port, SEGMENT)).status, 200);
  const drainStartedAtMs = world.clock.nowMs();
  world.update(({ sites }) => ({
    sites: sites.map((site) =>
      site.id === 'dublin-1' ? { ...site, state: 'draining', drainStartedAtMs } : site,
    ),
  }));
  const priority = (await steer('dublin', 's=1&g=dublin&_HLS_pathway=dublin-1'))[
    'PATHWAY-PRIORITY'
  ] as string[];
  assert.equal(priority.at(-1), 'dublin-1');
  const playlist = (await get(port, `${BASE}/main.m3u8`)).body.toString();
  assert.match(playlist, /PATHWAY-ID="(singapore|los-angeles)-1"\n/);
  world.clock.advance(8_999);
  assert.equal((await get(port, SEGMENT)).status, 200);
  world.clock.advance(1);
  for (const rest of ['a1/v720/5.m4s', 'a1/v720/6.m4s', 'v720/index.m3u8', 'main.m3u8'])
    assert.equal(verdict(await get(port, `${BASE}/${rest}`)), '421 draining');
  await steer('dublin', 's=1&g=dublin&_HLS_pathway=dublin-1');
  assert.equal((await get(port, '/probe')).status, 204);
  world.update(({ sites }) => ({
    sites: sites.map((site) => ({ ...site, state: 'up' as const, drainStartedAtMs: null })),
  }));
  assert.equal((await get(port, SEGMENT)).status, 200);
});
