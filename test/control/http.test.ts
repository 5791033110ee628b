// The HTTP side: problems that name what is wrong, limits, headers, the console's files, health, and the committed
// documents that are made from the tables.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { apiRoutes } from '#contract/api/routes.ts';
import { ERRORS } from '#contract/errors.ts';
import { nodeRoutes } from '#contract/node-api.ts';
import { openApiDocument } from '#control/http/describe.ts';
import { errorsPage } from '#control/http/errors-page.ts';
import { onEveryDatabase, writeConsole } from './support.ts';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));

interface OpenApi {
  readonly paths: Record<string, Record<string, { responses: Record<string, { description: string }> }>>;
}

test('docs/openapi.json is what `npm run openapi` writes', () => {
  const committed = readFileSync(`${docs}openapi.json`, 'utf8');
  assert.equal(committed, `${JSON.stringify(openApiDocument(), null, 2)}\n`, 'run `npm run openapi`');
});

test('docs/errors.md is what `npm run openapi` writes, and names every error', () => {
  const committed = readFileSync(`${docs}errors.md`, 'utf8');
  assert.equal(committed, errorsPage(), 'run `npm run openapi`');
  for (const [code, { status }] of Object.entries(ERRORS))
    assert.ok(committed.includes(`| \`${code}\` | ${status} |`), code);
});

test('the OpenAPI document has every route, and each of its errors under its status', () => {
  const { paths } = openApiDocument() as OpenApi;
  for (const [key, route] of Object.entries({ ...apiRoutes, ...nodeRoutes })) {
    const [method = '', path = ''] = key.split(' ');
    const operation = paths[path]?.[method.toLowerCase()];
    assert.ok(operation, key);
    const own: readonly (keyof typeof ERRORS)[] = 'errors' in route ? route.errors : [];
    for (const code of own)
      assert.ok(
        operation.responses[ERRORS[code].status]?.description.includes(`\`${code}\``),
        `${key} ${code}`,
      );
  }
});

onEveryDatabase('requests', (suite) => {
  test('what is wrong is named: the field, the route, the size', async () => {
    const world = await suite.start();
    const token = readFileSync(`${world.dataDirectory}/admin-token`, 'utf8').trim();
    const ask = async (method: string, path: string, body?: string | ReadableStream, headers = {}) => {
      const response = await fetch(world.url + path, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body, duplex: 'half' }),
      } as RequestInit);
      assert.equal(response.headers.get('content-type'), 'application/problem+json');
      assert.match(response.headers.get('x-request-id') ?? '', /^req_[0-9a-f]{18}$/);
      const problem = (await response.json()) as { code: string; title: string; action: string };
      assert.notEqual(problem.action, '');
      return [response.status, problem.code, problem.title];
    };
    assert.deepEqual(await ask('POST', '/v1/projects', '{"id":"Bad Id","name":"x"}'), [
      400,
      'invalid_request',
      'The request is not valid: body.id: Invalid string: must match pattern /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.',
    ]);
    assert.match(String((await ask('GET', '/v1/assets?limit=1000'))[2]), /query\.limit: Too big/);
    assert.match(String((await ask('GET', '/v1/assets/ast_no'))[2]), /path\.assetId: /);
    const assetId = `ast_${'0'.repeat(26)}`;
    assert.match(
      String((await ask('PATCH', `/v1/assets/${assetId}`, '{"colour":"red"}'))[2]),
      /body: Unrecognized key.*colour/,
    );
    assert.deepEqual((await ask('POST', '/v1/projects', '{"id":')).slice(0, 2), [400, 'invalid_request']);
    assert.deepEqual(
      (await ask('POST', '/v1/projects', 'id=x', { 'content-type': 'text/plain' })).slice(0, 2),
      [400, 'invalid_request'],
    );
    assert.deepEqual((await ask('GET', '/v1/nothing')).slice(0, 2), [404, 'not_found']);
    assert.deepEqual((await ask('PUT', '/v1/assets')).slice(0, 2), [404, 'not_found']);
    assert.deepEqual((await ask('POST', '/node/v1/nothing', '{}')).slice(0, 2), [404, 'not_found']);

    const large = JSON.stringify({ id: 'x', name: 'y'.repeat(1 << 20) });
    assert.deepEqual((await ask('POST', '/v1/projects', large)).slice(0, 2), [413, 'request_too_large']);
    const chunks = new ReadableStream({
      start(controller) {
        for (let index = 0; index < 40; index += 1)
          controller.enqueue(new TextEncoder().encode('z'.repeat(32_768)));
        controller.close();
      },
    });
    assert.deepEqual((await ask('POST', '/v1/projects', chunks)).slice(0, 2), [413, 'request_too_large']);
  });

  test('answers carry security headers, and those of the API are never cached', async () => {
    const world = await suite.start();
    const { headers } = await fetch(`${world.url}/v1/session`);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('x-frame-options'), 'DENY');
    assert.equal(headers.get('cache-control'), 'no-store');
    const policy = headers.get('content-security-policy') ?? '';
    assert.match(policy, /script-src 'self';/);
    assert.match(policy, /media-src 'self' blob: http: https:/);
    assert.equal(headers.get('access-control-allow-origin'), null);
  });

  test('the console is served: hashed files for ever, every other address is its page', async () => {
    const world = await suite.start();
    assert.equal((await fetch(`${world.url}/`)).status, 404);
    writeConsole(world.dataDirectory, {
      'index.html': '<title>Meridian</title>',
      'assets/index-abc123.js': 'export {};',
      '../secret.txt': 'secret',
    });
    const get = async (path: string) => {
      const response = await fetch(world.url + path);
      return [response.status, response.headers.get('content-type'), response.headers.get('cache-control')];
    };
    const page = [200, 'text/html; charset=utf-8', 'no-cache'];
    assert.deepEqual(await get('/'), page);
    assert.deepEqual(await get('/library/some-asset'), page);
    assert.deepEqual(await get('/assets/index-abc123.js'), [
      200,
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
    ]);
    assert.equal((await get('/assets/gone.js'))[0], 404);
    for (const path of ['/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets/..%2f..%2fsecret.txt'])
      assert.equal((await get(path))[0], 404, path);
  });

  test('health, metrics and the API document are there for anyone', async () => {
    const world = await suite.start();
    assert.deepEqual(await (await fetch(`${world.url}/healthz`)).json(), { isAlive: true, reasons: [] });
    assert.equal((await fetch(`${world.url}/readyz`)).status, 200);
    const metrics = await (await fetch(`${world.url}/metrics`)).text();
    assert.match(metrics, /^control_database_up 1$/m);
    assert.match(metrics, /^control_requests_total\{class="2xx"\} \d+$/m);
    const document = (await (await fetch(`${world.url}/v1/openapi.json`)).json()) as OpenApi;
    assert.ok(document.paths['/v1/assets']);
  });
});
