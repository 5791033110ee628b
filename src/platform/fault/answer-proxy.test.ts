import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type AnswerProxy, createAnswerProxy } from './answer-proxy.ts';

const BODY = 'x'.repeat(300_000);

async function behindProxy(scope: TestContext): Promise<{ proxy: AnswerProxy; url: string }> {
  const server = createServer((_request, response) => response.end(BODY));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const proxy = await createAnswerProxy({ target: { host: '127.0.0.1', port }, seed: 1 });
  scope.after(async () => {
    await proxy.close();
    server.closeAllConnections();
    server.close();
  });
  return { proxy, url: `http://127.0.0.1:${proxy.port}` };
}

test('media is late while everything else is at once', async (scope) => {
  const { proxy, url } = await behindProxy(scope);
  proxy.setFaults([{ kind: 'late_answer', pathPrefix: '/m/', probability: 1, delayMs: 200 }]);
  const order: string[] = [];
  const ask = async (path: string): Promise<void> => {
    assert.equal(await (await fetch(`${url}${path}`)).text(), BODY);
    order.push(path);
  };
  const startedAtMs = performance.now();
  await Promise.all([ask('/m/1.m4s'), ask('/probe')]);
  assert.deepEqual(order, ['/probe', '/m/1.m4s']);
  assert.ok(performance.now() - startedAtMs >= 199);
});

test('answers fail or are cut short', async (scope) => {
  const { proxy, url } = await behindProxy(scope);
  proxy.setFaults([{ kind: 'failed_answer', pathPrefix: '/m/', probability: 1, status: 503 }]);
  assert.equal((await fetch(`${url}/m/1.m4s`)).status, 503);
  proxy.setFaults([{ kind: 'cut_answer', pathPrefix: '/m/', probability: 1, bytes: 1_000 }]);
  await assert.rejects(fetch(`${url}/m/1.m4s`).then((response) => response.text()));
  proxy.setFaults([]);
  assert.equal(await (await fetch(`${url}/m/1.m4s`)).text(), BODY);
});

test('garbled answers have the right length and nothing else', async (scope) => {
  const { proxy, url } = await behindProxy(scope);
  proxy.setFaults([{ kind: 'garbled_answer', pathPrefix: '/m/', probability: 1 }]);
  const bytes = new Uint8Array(await (await fetch(`${url}/m/1.m4s`)).arrayBuffer());
  assert.equal(bytes.length, BODY.length);
  assert.ok(bytes.every((byte) => byte === ('x'.charCodeAt(0) ^ 0xff)));
  assert.equal(await (await fetch(`${url}/probe`)).text(), BODY);
});

test('a share of the answers, the same for one seed', async (scope) => {
  const { proxy, url } = await behindProxy(scope);
  proxy.setFaults([{ kind: 'failed_answer', pathPrefix: '/', probability: 0.5, status: 500 }]);
  const statuses: number[] = [];
  for (let index = 0; index < 20; index += 1) {
    const response = await fetch(`${url}/${index}`);
    await response.arrayBuffer();
    statuses.push(response.status);
  }
  const failed = statuses.filter((status) => status === 500).length;
  assert.ok(failed >= 5 && failed <= 15, `${failed} of 20`);
});
