// The client by itself: errors, repetitions, pages; and that the generated part is current.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createClient, eachAsset, MeridianApiError } from '../../sdk/src/client.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
  readonly token: string | null;
}

/** A fetch that gives these answers in turn; a number is a status with a problem, null no answer at all. */
function answering(...answers: (object | number | null)[]): { fetch: typeof fetch; seen: Seen[] } {
  const seen: Seen[] = [];
  return {
    seen,
    fetch: async (input, init = {}) => {
      seen.push({
        method: init.method ?? 'GET',
        url: String(input),
        body: init.body === undefined ? undefined : JSON.parse(String(init.body)),
        token: new Headers(init.headers).get('authorization'),
      });
      const answer = answers[seen.length - 1];
      if (answer === null || answer === undefined) throw new TypeError('fetch failed');
      if (typeof answer !== 'number') return Response.json(answer);
      const problem = { code: 'conflict', title: 'No.', action: 'Look.', details: { a: 1 } };
      return Response.json(problem, { status: answer, headers: { 'x-request-id': 'req_1' } });
    },
  };
}

function clientOf(fake: { fetch: typeof fetch }) {
  return createClient({ url: 'http://control.test/', token: 'mrd_x', fetch: fake.fetch });
}

test('the generated methods are those of the contract', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, ['tools/sdk.ts', '--check'], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
});

test('parameters, queries and bodies go where the route wants them', async () => {
  const fake = answering({}, {}, {});
  const client = clientOf(fake);
  await client.getAsset('ast_a/b');
  await client.listAssets({ search: 'a b', limit: 3 });
  await client.updateAsset('ast_1', { name: 'New' });
  assert.deepEqual(
    fake.seen.map(({ body, method, url }) => [method, url.replace('http://control.test', ''), body]),
    [
      ['GET', '/v1/assets/ast_a%2Fb', undefined],
      ['GET', '/v1/assets?search=a+b&limit=3', undefined],
      ['PATCH', '/v1/assets/ast_1', { name: 'New' }],
    ],
  );
  assert.equal(fake.seen[0]?.token, 'Bearer mrd_x');
});

test('a refusal is an error with its code, what to do, and the request', async () => {
  await assert.rejects(clientOf(answering(409)).retryAsset('ast_1'), (error: unknown) => {
    assert.ok(error instanceof MeridianApiError);
    assert.deepEqual(
      [error.code, error.status, error.message, error.action, error.details, error.requestId],
      ['conflict', 409, 'No.', 'Look.', { a: 1 }, 'req_1'],
    );
    return true;
  });
});

test('what may be repeated is repeated, and nothing else', async () => {
  const passing = answering(503, null, { assets: [], nextBefore: null });
  await clientOf(passing).listAssets();
  assert.equal(passing.seen.length, 3);
  const once = answering(null, {});
  await assert.rejects(clientOf(once).createUploadGrant(), { code: 'unavailable', status: 0 });
  assert.equal(once.seen.length, 1);
  const refused = answering(404, {});
  await assert.rejects(clientOf(refused).getAsset('ast_1'), { status: 404 });
  assert.equal(refused.seen.length, 1);
});

test('pages are read as they are needed', async () => {
  const page = (ids: string[], nextBefore: string | null) => ({
    assets: ids.map((id) => ({ id })),
    nextBefore,
  });
  const fake = answering(page(['c', 'b'], 'b'), page(['a'], null));
  const ids: string[] = [];
  for await (const { id } of eachAsset(clientOf(fake), { limit: 2 })) ids.push(id);
  assert.deepEqual(ids, ['c', 'b', 'a']);
  assert.equal(fake.seen[1]?.url, 'http://control.test/v1/assets?limit=2&before=b');
});

test('an abort ends a pause between repetitions', async () => {
  const stop = new AbortController();
  const fake = answering(503);
  const reading = clientOf({
    fetch: async (...given) => {
      const response = await fake.fetch(...given);
      stop.abort(new Error('enough'));
      return response;
    },
  }).getWorld({ signal: stop.signal });
  await assert.rejects(reading, { message: 'enough' });
  assert.equal(fake.seen.length, 1);
});
