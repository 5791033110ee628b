// Links between regions under a real transport: delay, identity of the request, faults of drills.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { afterEach, test } from 'node:test';
import { configSchema } from '#contract/config.ts';
import { createLinks, type Links } from '#platform/fault/links.ts';
import { createTransport, readBody } from '#platform/http/node-transport.ts';
import { closeServer, listen } from '#platform/http/server.ts';
import { TransportError } from '#platform/http/transport.ts';
import { silentLog } from '#platform/log.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface World {
  readonly links: Links;
  /** Region → authority of its edge. */
  readonly authorities: Record<string, string>;
  get(regionId: string): Promise<{ host: string; tookMs: number }>;
}

/** Three regions whose edges tell the Host header that they saw; the asking node lies in Dublin. */
async function startWorld(wan: { enabled: boolean }): Promise<World> {
  const places = [
    { id: 'singapore', latitude: 1.35, longitude: 103.82 },
    { id: 'dublin', latitude: 53.35, longitude: -6.26 },
    { id: 'los-angeles', latitude: 34.05, longitude: -118.24 },
  ];
  const authorities: Record<string, string> = {};
  const regions = [];
  for (const place of places) {
    const server = createServer((request, response) => response.end(request.headers.host));
    const port = await listen(server, '127.0.0.1', 0, 'a fake edge');
    cleanups.push(() => closeServer(server, 0));
    authorities[place.id] = `127.0.0.1:${port}`;
    const sites = [{ id: `${place.id}-1`, ports: { edge: port, ingest: 0, node: 0 } }];
    regions.push({ ...place, name: place.id, sites });
  }
  const config = configSchema.parse({
    regions,
    wan: { ...wan, delayMsMin: 30, delayMsMax: 60, jitterMs: 0 },
  });
  const links = createLinks({ config, ownRegionId: 'dublin', log: silentLog });
  const transport = createTransport({ resolve: links.resolve });
  cleanups.push(() => links.close());
  cleanups.push(() => transport.close());
  return {
    links,
    authorities,
    async get(regionId) {
      const startedAt = performance.now();
      const url = `http://${authorities[regionId]}/`;
      const response = await transport.request({ method: 'GET', url, headersTimeoutMs: 2_000 });
      const host = (await readBody(response.body, 1_000)).toString();
      return { host, tookMs: performance.now() - startedAt };
    },
  };
}

test('requests to another region take the delay of the distance and keep their Host header', async () => {
  const { get, authorities } = await startWorld({ enabled: true });
  await get('los-angeles');
  const near = await get('los-angeles');
  assert.equal(near.host, authorities['los-angeles']);
  assert.ok(near.tookMs >= 58, `a warm round trip to Los Angeles took ${near.tookMs} ms`);
  await get('singapore');
  const far = await get('singapore');
  assert.ok(far.tookMs >= 85, `a warm round trip to Singapore took ${far.tookMs} ms`);
});

test('requests within the region and to unknown addresses go direct', async () => {
  const { links, authorities } = await startWorld({ enabled: true });
  const own = new URL(`http://${authorities.dublin}/`);
  assert.equal((await links.resolve(own)).href, own.href);
  const unknown = new URL('http://127.0.0.1:9/');
  assert.equal((await links.resolve(unknown)).href, unknown.href);
  const other = new URL(`http://${authorities.singapore}/path?query=1`);
  const through = await links.resolve(other);
  assert.notEqual(through.port, other.port);
  assert.equal(through.pathname + through.search, '/path?query=1');
  assert.equal((await links.resolve(other)).port, through.port, 'the proxy is made once');
});

test('without the wide area, nothing goes through a proxy until a drill wants it', async () => {
  const { get, links, authorities } = await startWorld({ enabled: false });
  const url = new URL(`http://${authorities.singapore}/`);
  assert.equal((await links.resolve(url)).href, url.href);
  await links.setFaults('singapore', [{ kind: 'latency', direction: 'both', delayMs: 50 }]);
  assert.ok((await get('singapore')).tookMs >= 98);
});

test('a drill breaks one link and heals it, and the others never notice', async () => {
  const { get, links } = await startWorld({ enabled: true });
  await get('singapore');
  await links.setFaults('singapore', [{ kind: 'reset' }]);
  await assert.rejects(
    get('singapore'),
    (error) => error instanceof TransportError && error.kind === 'reset',
  );
  await get('los-angeles');
  await links.setFaults('singapore', []);
  assert.equal((await get('singapore')).host.length > 0, true);
});

test('a dead region is told as such through a link', async () => {
  const { get } = await startWorld({ enabled: true });
  // The first cleanup stops the server of Singapore.
  await cleanups.shift()?.();
  await assert.rejects(
    get('singapore'),
    (error) => error instanceof TransportError && error.kind === 'reset',
  );
});
