import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { after, test } from 'node:test';
import type { ResolvedAddress } from '#platform/http/guarded-lookup.ts';
import { createSender } from './send.ts';

const closers: (() => void)[] = [];
after(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<{ port: number; connections: () => number }> {
  let connections = 0;
  const server = createServer(listener);
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

const signal = new AbortController().signal;
const post = (url: string) => ({ url, headers: { 'webhook-id': 'evt_1' }, body: '{}' });
const open = createSender({ allowPrivateAddresses: true });
/** For endpoints that never answer. */
const hasty = createSender({ allowPrivateAddresses: true, answerMsMax: 300 });

test('a name that leads to a private address is refused where the connection would be made', async () => {
  const { port, connections } = await serve((_, response) => response.end());
  const asked: string[] = [];
  const resolve = async (name: string): Promise<ResolvedAddress[]> => {
    asked.push(name);
    return [{ address: '127.0.0.1', family: 4 }];
  };
  const guarded = createSender({ allowPrivateAddresses: false, resolve });
  const named = await guarded(post(`http://hooks.example:${port}/`), signal);
  assert.equal(
    named.problem,
    'Not sent: hooks.example has no public address (127.0.0.1, loopback); `webhooks.allowPrivateAddresses` would allow it.',
  );
  const literal = await guarded(post(`http://127.0.0.1:${port}/`), signal);
  assert.match(literal.problem ?? '', /^Not sent: 127\.0\.0\.1 is not a public address/);
  assert.deepEqual(asked, ['hooks.example']);
  assert.equal(connections(), 0);
});

test('a name is resolved once per attempt, and the socket goes to what was judged', async () => {
  const answers = ['203.0.113.1', '127.0.0.1'];
  let asked = 0;
  // Documentation addresses are refused; a second question would have got a loopback address.
  const resolve = async (): Promise<ResolvedAddress[]> => {
    asked += 1;
    return [{ address: answers[asked - 1] ?? '', family: 4 }];
  };
  const guarded = createSender({ allowPrivateAddresses: false, resolve });
  const result = await guarded(post('http://rebind.example/'), signal);
  assert.match(result.problem ?? '', /203\.0\.113\.1, documentation/);
  assert.equal(asked, 1);
});

test('the answer’s status, first bytes and Retry-After are kept; bytes that no database takes are not', async () => {
  const { port } = await serve((request, response) => {
    if (request.url === '/long') response.end('x'.repeat(100_000));
    else response.writeHead(429, { 'retry-after': '7' }).end('no\u0000w\u001b[31m\n');
  });
  const refused = await open(post(`http://127.0.0.1:${port}/`), signal);
  assert.deepEqual(refused, {
    status: 429,
    problem: 'The endpoint answered with status 429.',
    answer: 'no·w·[31m\n',
    retryAfterMs: 7_000,
  });
  const long = await open(post(`http://127.0.0.1:${port}/long`), signal);
  assert.deepEqual([long.status, long.problem, long.answer.length], [200, null, 512]);
});

test('silence, refusal, hang-ups and nonsense are each told in a sentence, and none of them throws', async () => {
  const silent = await serve(() => {});
  const endless = await serve((_, response) => {
    response.writeHead(200).write('begun');
  });
  const raw = createTcpServer((socket) => socket.end('not http at all\r\n\r\n'));
  await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
  closers.push(() => raw.close());
  const problemOf = async (port: number, scheme = 'http') =>
    (await open(post(`${scheme}://127.0.0.1:${port}/`), signal)).problem;
  const unanswered = await hasty(post(`http://127.0.0.1:${silent.port}/`), signal);
  assert.equal(unanswered.problem, 'No answer within 0.3 s.');
  assert.equal(await problemOf(9), 'Nobody listens at 127.0.0.1:9: the connection was refused.');
  assert.match((await problemOf((raw.address() as AddressInfo).port)) ?? '', /^The request failed: /);
  assert.match((await problemOf(endless.port, 'https')) ?? '', /TLS|request failed/);
  const begun = await open(post(`http://127.0.0.1:${endless.port}/`), signal);
  assert.deepEqual([begun.status, begun.problem, begun.answer], [200, null, 'begun']);
});

test('an attempt that is cut off says so', async () => {
  const { port } = await serve(() => cut.abort());
  const cut = new AbortController();
  const result = await open(post(`http://127.0.0.1:${port}/`), cut.signal);
  assert.equal(result.problem, 'The request failed: control stopped.');
});
