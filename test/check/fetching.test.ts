// Fetching from real servers: redirects, compression, limits, hostile answers; and the command with its exit codes.

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { systemClock } from '#platform/clock.ts';
import { createTransport } from '#platform/http/node-transport.ts';
import { CheckImpossible, gather } from '#viewer/check/gather.ts';
import type { CheckReport } from '#viewer/check/report.ts';
import { runCheck } from '#viewer/check/run-check.ts';
import { runMeridian } from '../support/world.ts';
import { LIMITS } from './case.ts';
import { A, B, goodSite, MAIN, STEER } from './good-site.ts';
import type { Site } from './site.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Serves what the site has under a.example; `first` may answer before. */
async function serve(t: TestContext, site: Site, first: Handler = () => false): Promise<string> {
  const transport = site.transport();
  const server: Server = createServer((request, response) => {
    if (first(request, response)) return;
    const headers = request.headers.range === undefined ? {} : { range: request.headers.range };
    const url = `${A}${request.url}`;
    transport
      .request({ method: 'GET', url, headers, headersTimeoutMs: 1_000 })
      .then(({ status, headers: own, body }) => {
        response.writeHead(status, own);
        body.pipe(response);
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function check(
  t: TestContext,
  url: string,
  limits: Partial<typeof LIMITS> = {},
  segments: 'all' | 'sample' = 'sample',
): Promise<CheckReport> {
  const transport = createTransport();
  t.after(() => transport.close());
  const options = { segments, limits: { ...LIMITS, ...limits }, watchMs: 0 };
  return runCheck({ transport, clock: systemClock }, url, options);
}

test('a playlist is fetched over HTTP, compressed and behind redirects', async (t) => {
  const site = goodSite();
  const base = await serve(t, site, (request, response) => {
    if (request.url === '/start') response.writeHead(302, { location: '/next' }).end();
    else if (request.url === '/next') response.writeHead(307, { location: 'v720/index.m3u8' }).end();
    else if (request.url === '/v720/index.m3u8' && request.headers['accept-encoding'] === 'gzip') {
      const headers = { ...site.file(`${A}/v720/index.m3u8`).headers, 'content-encoding': 'gzip' };
      response.writeHead(200, headers).end(gzipSync(site.text(`${A}/v720/index.m3u8`)));
    } else return false;
    return true;
  });
  const report = await check(t, `${base}/start`, {}, 'all');
  assert.deepEqual(report.findings, []);
  assert.equal(report.verdict, 'clean');
  assert.deepEqual(report.tracks[0]?.segmentsFetched, 6);
  assert.equal(report.requests, 3 + 1 + 6 + 1, 'two redirects and the playlist, init, segments, range');
});

test('a limit ends the check, and its verdict says so', async (t) => {
  const base = await serve(t, goodSite());
  for (const limits of [{ requestsMax: 4 }, { bytesMax: 1_000 }]) {
    const report = await check(t, `${base}/v720/index.m3u8`, limits, 'all');
    assert.equal(report.verdict, 'incomplete');
    assert.equal(report.errors, 0);
    assert.match(report.notChecked.join(), /after the limit of/);
    assert.ok(report.requests <= 10, `${report.requests} requests`);
  }
});

test('a server that falls silent costs no more than the time allowed', async (t) => {
  const base = await serve(t, goodSite(), (request) => request.url?.endsWith('.m4s') === true);
  const beforeMs = performance.now();
  const report = await check(t, `${base}/v720/index.m3u8`, { timeMsMax: 400 });
  assert.ok(performance.now() - beforeMs < 5_000);
  assert.equal(report.verdict, 'incomplete');
  await assert.rejects(
    check(t, `${base}/v720/0.m4s`, { timeMsMax: 200 }),
    (error) => error instanceof CheckImpossible,
  );
});

test('endless redirects, other protocols and bombs are failures, not traps', async (t) => {
  const bomb = gzipSync(Buffer.alloc(64 << 20));
  const base = await serve(t, goodSite(), (request, response) => {
    if (request.url === '/loop.m3u8') response.writeHead(302, { location: '/loop.m3u8' }).end();
    else if (request.url === '/file.m3u8') response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    else if (request.url === '/bomb.m3u8') response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    else return false;
    return true;
  });
  const cases: [string, RegExp][] = [
    ['/loop.m3u8', /more than 5 redirects/],
    ['/file.m3u8', /redirected to "file:/],
    ['/bomb.m3u8', /larger than/],
    ['/nothing.m3u8', /status 404/],
  ];
  for (const [path, expected] of cases) await assert.rejects(check(t, `${base}${path}`), expected);
});

test('what is no presentation is said to be none', async (t) => {
  const site = goodSite();
  site.put(`${A}/page`, '<html></html>', { 'content-type': 'text/html' });
  const base = await serve(t, site);
  await assert.rejects(
    check(t, `${base}/page`),
    /neither an HLS playlist, a DASH manifest nor a steering manifest/,
  );
  await assert.rejects(check(t, 'ftp://127.0.0.1/main.m3u8'), /not an address of http/);
});

test('no more requests are under way at once than allowed, over all tracks', async (t) => {
  let open = 0;
  let most = 0;
  const held: (() => void)[] = [];
  const site = goodSite();
  const transport = createTransport();
  t.after(() => transport.close());
  const segments = site.transport();
  const base = await serve(t, site, (request, response) => {
    open += 1;
    most = Math.max(most, open);
    response.on('close', () => {
      open -= 1;
    });
    if (request.url?.endsWith('.m4s') !== true || request.headers.range !== undefined) return false;
    // Three tracks of six segments: each answer waits until as many are asked for as may be.
    held.push(() => {
      const call = { method: 'GET', url: `${A}${request.url}`, headersTimeoutMs: 1_000 };
      segments.request(call).then(({ status, headers, body }) => {
        response.writeHead(status, headers);
        body.pipe(response);
      }, assert.fail);
    });
    if (held.length === 6) for (const answer of held.splice(0)) answer();
    return true;
  });
  for (const origin of [A, B, STEER]) site.write(MAIN, site.text(MAIN).replaceAll(origin, base));
  const options = { segments: 'all' as const, limits: LIMITS, watchMs: 0 };
  const { facts } = await gather({ transport, clock: systemClock }, `${base}/main.m3u8`, options);
  assert.equal(
    facts.resources.filter(({ role, failure }) => role === 'segment' && failure === null).length,
    18,
  );
  assert.equal(most, 6);
});

test('the command prints a report and ends with 0, 1 or 2', async (t) => {
  const site = goodSite();
  const base = await serve(t, site);
  const url = `${base}/v720/index.m3u8`;

  const clean = await runMeridian(['check', url]);
  assert.equal(clean.code, 0, clean.stderr);
  assert.match(clean.stdout, /4 of 6/);
  assert.match(clean.stdout, /0 errors, 0 warnings by \d+ rules/);

  site.header(/v720\/1\.m4s/, 'content-type', 'text/html');
  const warned = await runMeridian(['check', url]);
  assert.equal(warned.code, 0);
  assert.match(warned.stdout, /! http\.segment-type: .*\n\s+RFC 4337/);

  site.edit(`${A}/v720/index.m3u8`, 'TARGETDURATION:2', 'TARGETDURATION:1');
  const broken = await runMeridian(['check', url, '--json']);
  assert.equal(broken.code, 1);
  const report = JSON.parse(broken.stdout) as CheckReport;
  assert.equal(report.verdict, 'errors');
  const finding = report.findings.find(({ severity }) => severity === 'error');
  assert.equal(finding?.ruleId, 'hls.target-duration');
  assert.equal(finding?.clause, 'draft-pantos-hls-rfc8216bis-22, 4.4.3.1');
  assert.equal(finding?.where, url);
  assert.equal(finding?.line, 9);

  for (const args of [[`${base}/nothing.m3u8`], [url, '--segments', 'some'], [url, '--timeout', 'soon']]) {
    const impossible = await runMeridian(['check', ...args]);
    assert.equal(impossible.code, 2, args.join(' '));
    assert.equal(impossible.stdout, '');
    assert.match(impossible.stderr, /^meridian: .+\n$/);
  }
});
