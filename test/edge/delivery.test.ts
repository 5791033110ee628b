// What viewers get: addresses, content types, classes, ranges, validators, cross-origin access.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { get, verdict } from './client.ts';
import {
  ASSET,
  BASE,
  documentOf,
  portOf,
  publishAsset,
  recordOf,
  SEGMENT,
  segmentBytes,
  startWorld,
  type TestWorld,
} from './world.ts';

let world: TestWorld;
let port: number;

before(async () => {
  world = await startWorld();
  await publishAsset(world, recordOf(), documentOf());
  port = portOf(world, 'singapore');
});

after(() => world.stop());

test('every address of an asset is served with its type and class', async () => {
  const table: readonly (readonly [string, string, string])[] = [
    ['main.m3u8', 'application/vnd.apple.mpegurl', 'private, no-store'],
    ['manifest.mpd', 'application/dash+xml', 'private, no-store'],
    ['v720/index.m3u8', 'application/vnd.apple.mpegurl', 'public, max-age=5, stale-if-error=86400'],
    ['a1/v720/init.mp4', 'video/mp4', 'public, max-age=31536000, immutable'],
    ['a1/v720/5.m4s', 'video/iso.segment', 'public, max-age=31536000, immutable'],
    ['a1/a-und/10.m4s', 'video/iso.segment', 'public, max-age=31536000, immutable'],
    ['poster.jpg', 'image/jpeg', 'public, max-age=5, stale-if-error=86400'],
    ['status.json', 'application/json', 'private, no-store'],
  ];
  for (const [rest, type, caching] of table) {
    const answer = await get(port, `${BASE}/${rest}`);
    assert.equal(answer.status, 200, rest);
    assert.equal(answer.headers['content-type'], type, rest);
    assert.equal(answer.headers['cache-control'], caching, rest);
    assert.equal(answer.headers['access-control-allow-origin'], '*', rest);
    assert.equal(answer.headers['timing-allow-origin'], '*', rest);
    assert.equal(Number(answer.headers['content-length']), answer.body.length, rest);
  }
  assert.deepEqual((await get(port, SEGMENT)).body, segmentBytes(5));
});

test('the multivariant playlist names every pathway, the own one first, and steering at this edge', async () => {
  const text = (await get(port, `${BASE}/main.m3u8?s=abc&g=dublin&CMCD=bl%3D100`)).body.toString();
  const addresses = [...text.matchAll(/^http:\/\/127\.0\.0\.1:(\d+)(\/m\/.*)$/gm)].map(([, at, path]) => [
    Number(at),
    path,
  ]);
  assert.deepEqual(
    addresses,
    ['singapore', 'dublin', 'los-angeles'].map((id) => [portOf(world, id), `${BASE}/v720/index.m3u8`]),
  );
  assert.match(
    text,
    new RegExp(
      `SERVER-URI="http://127\\.0\\.0\\.1:${port}/steering/hls\\.json\\?g=dublin&s=abc",PATHWAY-ID="singapore-1"`,
    ),
  );
});

test('sessions without a name get one of their own', async () => {
  const sessionOf = async (): Promise<string | undefined> =>
    /[?&]s=([A-Za-z0-9_-]{12})"/.exec((await get(port, `${BASE}/main.m3u8`)).body.toString())?.[1];
  const [first, second] = [await sessionOf(), await sessionOf()];
  assert.ok(first !== undefined && second !== undefined && first !== second);
});

test('media playlists name segments relative to themselves, so that a token is inherited', async () => {
  const text = (await get(port, `${BASE}/v720/index.m3u8`)).body.toString();
  assert.match(text, /#EXT-X-MAP:URI="\.\.\/a1\/v720\/init\.mp4"/);
  assert.match(text, /^\.\.\/a1\/v720\/5\.m4s$/m);
  assert.match(text, /#EXT-X-ENDLIST/);
});

test('the DASH manifest names every pathway and its steering', async () => {
  const text = (await get(port, `${BASE}/manifest.mpd?s=abc`)).body.toString();
  assert.equal([...text.matchAll(/<BaseURL serviceLocation="/g)].length, 3);
  assert.match(text, new RegExp(`:${port}/steering/dash\\.json\\?g=singapore&amp;s=abc<`));
});

test('queries such as CMCD do not make an object another one', async () => {
  await get(port, SEGMENT);
  const before = world.region('dublin').asked.length;
  const answer = await get(port, `${SEGMENT}?CMCD=br%3D3000%2Csid%3D%22x%22`);
  assert.equal(answer.headers['x-cache'], 'HIT');
  assert.equal(world.region('dublin').asked.length, before);
});

test('ranges are answered as RFC 9110 asks', async () => {
  const whole = segmentBytes(5);
  const table: readonly (readonly [string, number, string | undefined, Buffer | undefined])[] = [
    ['bytes=0-99', 206, 'bytes 0-99/300000', whole.subarray(0, 100)],
    ['bytes=299999-', 206, 'bytes 299999-299999/300000', whole.subarray(299_999)],
    ['bytes=-10', 206, 'bytes 299990-299999/300000', whole.subarray(299_990)],
    ['bytes=100-999999', 206, 'bytes 100-299999/300000', whole.subarray(100)],
    ['bytes=-999999', 206, 'bytes 0-299999/300000', whole],
    ['bytes=300000-', 416, 'bytes */300000', undefined],
    ['bytes=-0', 416, 'bytes */300000', undefined],
    ['bytes=9-1', 200, undefined, whole],
    ['bytes=0-1,5-6', 200, undefined, whole],
    ['items=0-1', 200, undefined, whole],
    ['bytes=-', 200, undefined, whole],
  ];
  for (const [range, status, contentRange, body] of table) {
    const answer = await get(port, SEGMENT, { headers: { range } });
    assert.equal(answer.status, status, range);
    assert.equal(answer.headers['content-range'], contentRange, range);
    if (body !== undefined) assert.ok(answer.body.equals(body), range);
    assert.equal(answer.headers['access-control-allow-origin'], '*', range);
  }
});

test('a range of an object that is not in memory yet is answered too', async () => {
  const answer = await get(port, `${BASE}/a1/v720/9.m4s`, { headers: { range: 'bytes=10-19' } });
  assert.equal(answer.status, 206);
  assert.ok(answer.body.equals(segmentBytes(9).subarray(10, 20)));
});

test('a known ETag is answered with 304, another If-Range with the whole', async () => {
  const etag = String((await get(port, SEGMENT)).headers.etag);
  assert.match(etag, /^"[0-9a-f]{32}"$/);
  const table: readonly (readonly [Record<string, string>, number])[] = [
    [{ 'if-none-match': etag }, 304],
    [{ 'if-none-match': `W/${etag}` }, 304],
    [{ 'if-none-match': `"x", ${etag}` }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"x"' }, 200],
    [{ 'if-range': etag, range: 'bytes=0-0' }, 206],
    [{ 'if-range': '"x"', range: 'bytes=0-0' }, 200],
  ];
  for (const [headers, status] of table) {
    const answer = await get(port, SEGMENT, { headers });
    assert.equal(answer.status, status, JSON.stringify(headers));
    if (status === 304) assert.equal(answer.body.length, 0);
    assert.equal(answer.headers.etag, etag);
  }
});

test('HEAD gives the headers of GET without a body', async () => {
  for (const rest of ['main.m3u8', 'a1/v720/5.m4s', 'a1/v720/8.m4s']) {
    const answer = await get(port, `${BASE}/${rest}`, { method: 'HEAD' });
    assert.equal(answer.status, 200, rest);
    assert.equal(answer.body.length, 0, rest);
    assert.ok(Number(answer.headers['content-length']) > 100, rest);
  }
});

test('Age tells how long an object has been here', async () => {
  await get(port, `${BASE}/a1/v720/7.m4s`);
  world.clock.advance(3_400);
  assert.equal((await get(port, `${BASE}/a1/v720/7.m4s`)).headers.age, '3');
});

test('OPTIONS allows what players send and may be kept for a day', async () => {
  const answer = await get(port, SEGMENT, { method: 'OPTIONS', headers: { origin: 'https://a.example' } });
  assert.equal(answer.status, 204);
  assert.equal(answer.headers['access-control-allow-methods'], 'GET, HEAD, POST, OPTIONS');
  assert.equal(answer.headers['access-control-allow-headers'], '*');
  assert.equal(answer.headers['access-control-max-age'], '86400');
});

test('what is not an address of ours is refused', async () => {
  const table: readonly (readonly [string, string])[] = [
    ['/', '404 not_found'],
    ['/nothing', '404 not_found'],
    ['/m/default', '404 not_found'],
    [`/m/default/${ASSET}/v1/`, '404 not_found'],
    [`/m/default/${ASSET}/v0/main.m3u8`, '404 not_found'],
    [`/m/default/${ASSET}/v1/a1/v720/05.m4s`, '404 not_found'],
    [`/m/default/${ASSET}/v1/a1/v720/99.m4s`, '404 not_found'],
    [`/m/default/${ASSET}/v1/source`, '404 not_found'],
    [`/m/default/ast_${'9'.repeat(26)}/v1/main.m3u8`, '404 not_found'],
    ['/m/../../etc/passwd', '400 invalid_request'],
    ['/m/default/../x', '400 invalid_request'],
    ['/m/%2e%2e/%2e%2e/etc/passwd', '400 invalid_request'],
    ['/m/default%2f..%2fx', '400 invalid_request'],
    ['/m/default/%00', '400 invalid_request'],
    ['/m//default', '400 invalid_request'],
    ['/m/default/./x', '400 invalid_request'],
    ['/player/..%2f..%2fpackage.json', '400 invalid_request'],
    ['/player/../package.json', '400 invalid_request'],
    ['/player/.hidden', '404 not_found'],
    ['/m/\\..\\x', '400 invalid_request'],
    ['/t/abc', '404 not_found'],
    ['/t//m/default/x', '404 not_found'],
    [`/t/${'x'.repeat(1_100)}${SEGMENT}`, '404 not_found'],
    [`/m/${'x'.repeat(2_100)}`, '400 invalid_request'],
    ['/origin/v1/default/x', '404 not_found'],
    ['/__proto__', '404 not_found'],
  ];
  for (const [path, expected] of table) assert.equal(verdict(await get(port, path)), expected, path);
  assert.equal(verdict(await get(port, SEGMENT, { method: 'POST' })), '400 invalid_request');
});

test('a header block that is too large ends the connection with 431', async () => {
  const answer = await get(port, SEGMENT, { headers: { 'x-long': 'x'.repeat(9_000) } });
  assert.equal(answer.status, 431);
});

test('the probe is empty and the status tells what can be played', async () => {
  assert.equal((await get(port, '/probe')).status, 204);
  assert.deepEqual((await get(port, `${BASE}/status.json`)).json(), {
    state: 'complete',
    failure: null,
    isPlayable: true,
    durationMs: 12_000,
    name: 'A clip',
    hasPoster: true,
    hasStoryboard: false,
    hasPreview: false,
  });
});

test('whoever waits for a video that failed is told why', async () => {
  const assetId = `ast_${'0'.repeat(25)}2`;
  const failure = { code: 'media_truncated', message: 'The file ends early.' };
  await publishAsset(world, recordOf({ assetId, failure }), undefined);
  const status = (await get(port, `/m/default/${assetId}/v1/status.json`)).json();
  assert.deepEqual(status, {
    state: 'failed',
    failure: 'The file ends early.',
    isPlayable: false,
    durationMs: null,
    name: 'A clip',
    hasPoster: false,
    hasStoryboard: false,
    hasPreview: false,
  });
});

test('the player learns of all edges, its own first, also from the page itself', async () => {
  const list = (await get(port, '/player/edges.json?g=dublin')).json() as {
    edges: { pathwayId: string; baseUrl: string; name: string }[];
    group?: string;
  };
  assert.deepEqual(
    list.edges.map(({ pathwayId }) => pathwayId),
    ['singapore-1', 'dublin-1', 'los-angeles-1'],
  );
  assert.equal(list.edges[1]?.baseUrl, `http://127.0.0.1:${portOf(world, 'dublin')}`);
  assert.equal(list.group, 'dublin');
  assert.equal((await get(port, '/player/edges.json')).json().group, undefined);
});

test('the status page shows what the snapshot tells the public, as text whatever was written, and as of when', async () => {
  const empty = await get(port, '/status');
  assert.equal(empty.headers['content-type'], 'text/html; charset=utf-8');
  assert.equal(empty.headers['cache-control'], 'max-age=10');
  assert.match(empty.body.toString(), /Everything works\. As of <time datetime="/);
  assert.doesNotMatch(empty.body.toString(), /<script|<article/);
  const updates = [
    {
      atMs: Date.UTC(2027, 0, 31, 20, 5),
      state: 'identified' as const,
      text: 'It is <script>alert(1)</script>',
    },
    { atMs: Date.UTC(2027, 0, 31, 20), state: 'investigating' as const, text: 'We are looking into it.' },
  ];
  const notice = { title: 'Videos & pictures', impact: 'outage' as const, regionIds: ['dublin'], updates };
  world.update(() => ({ status: { title: 'Status of Acme', notices: [notice] } }));
  const page = (await get(port, '/status')).body.toString();
  assert.match(page, /<h1>Status of Acme<\/h1>\n<p>There are problems\./);
  assert.match(page, /<span>dublin<\/span><span class="outage">Does not work</);
  assert.match(page, /<span>singapore<\/span><span class="none">Works</);
  assert.match(page, /<h2 class="outage">Videos &amp; pictures<\/h2>/);
  assert.match(
    page,
    /<strong>identified<\/strong> It is &lt;script&gt;alert\(1\)&lt;\/script&gt; <time[^>]*>2027-01-31 20:05 UTC/,
  );
  const json = (await get(port, '/status.json')).json();
  assert.deepEqual(json.notices, [notice]);
  const over = {
    ...notice,
    updates: [{ ...updates[0], state: 'resolved' as const, text: 'Over.', atMs: 1 }],
  };
  world.update(() => ({ status: { title: 'Status of Acme', notices: [over] } }));
  assert.match(
    (await get(port, '/status')).body.toString(),
    /Everything works[\s\S]*<h2 class="none">Videos/,
  );
});

test('pages and scripts are served with a content security policy, or say that they are not built', async () => {
  const page = await get(port, `/watch/default/${ASSET}`);
  const script = await get(port, '/player/meridian-player.js', { headers: { 'accept-encoding': 'gzip' } });
  if (page.status === 503) {
    assert.match(String(page.json().title), /has not been built/);
    return;
  }
  assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
  assert.match(String(page.headers['content-security-policy']), /script-src 'self';.*frame-ancestors 'self'/);
  assert.match(page.body.toString(), /<script type="application\/json" id="meridian-edges">\{"edges":\[\{/);
  const embedded = await get(port, `/embed/default/${ASSET}?token=x`);
  assert.match(String(embedded.headers['content-security-policy']), /frame-ancestors \*$/);
  assert.equal(script.headers['content-encoding'], 'gzip');
  assert.equal(script.headers['content-type'], 'text/javascript; charset=utf-8');
  const again = await get(port, '/player/meridian-player.js', {
    headers: { 'if-none-match': String(script.headers.etag) },
  });
  assert.equal(again.status, 304);
});
