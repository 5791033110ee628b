// How the edge reads HTTP/1.1 from a socket: split, joined, slow, hostile; and that it takes nothing that node's own
// parser would not take.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { createPrng } from '#base/prng.ts';
import { HEADERS_TIMEOUT_MS } from '#region/edge/limits.ts';
import { waitFor } from '../support/wait-for.ts';
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
let port = 0;

before(async () => {
  world = await startWorld();
  await publishAsset(world, recordOf(), documentOf());
  port = portOf(world, 'dublin');
  // In memory from here on.
  assert.match(
    await exchange(`GET ${SEGMENT} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
    /^HTTP\/1.1 200/,
  );
});
after(() => world.stop());

interface Client {
  readonly socket: Socket;
  text(): string;
  readonly closed: Promise<void>;
}

function open(toPort = port): Client {
  const socket = connect({ port: toPort, host: '127.0.0.1', allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve());
  });
  return { socket, text: () => Buffer.concat(chunks).toString('latin1'), closed };
}

/** Sends bytes and nothing more, and reads until the server closes. */
async function exchange(bytes: string, toPort = port): Promise<string> {
  const client = open(toPort);
  client.socket.end(bytes, 'latin1');
  await client.closed;
  return client.text();
}

const statuses = (text: string): string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, code]) => code ?? '');
const ask = (path: string, ...headers: string[]): string =>
  `${[`GET ${path} HTTP/1.1`, 'Host: x', ...headers].join('\r\n')}\r\n\r\n`;

test('requests in one packet are answered in their order, whatever each of them needs', async () => {
  const text = await exchange(
    ask('/probe') +
      ask(SEGMENT) +
      ask(`${BASE}/a1/v720/9.m4s`) +
      ask('/nothing') +
      ask(SEGMENT, 'Range: bytes=0-9') +
      ask(`${BASE}/v720/index.m3u8`) +
      ask(SEGMENT, 'Connection: close'),
  );
  assert.deepEqual(statuses(text), ['204', '200', '200', '404', '206', '200', '200']);
});

test('a request that comes byte by byte is answered', async () => {
  const client = open();
  client.socket.setNoDelay(true);
  for (const letter of ask('/probe', 'Connection: close')) {
    client.socket.write(letter);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await client.closed;
  assert.deepEqual(statuses(client.text()), ['204']);
});

test('a client that half-closes still gets what it asked for', async () => {
  const client = open();
  client.socket.end(ask(`${BASE}/a1/v720/8.m4s`) + ask('/probe'));
  await client.closed;
  assert.deepEqual(statuses(client.text()), ['200', '204']);
});

test('HTTP/1.0 and HEAD get their answers, and a refusal leaves the connection usable', async () => {
  assert.match(await exchange(`GET ${SEGMENT} HTTP/1.0\r\n\r\n`), /^HTTP\/1\.1 200[\s\S]*connection: close/i);
  const head = await exchange(`HEAD ${SEGMENT} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  assert.match(head, /^HTTP\/1\.1 200[\s\S]*content-length: 300000\r\n/i);
  assert.ok(head.endsWith('\r\n\r\n'), 'no body');
  const text = await exchange(
    `${ask('/t/forged/m/x')}DELETE / HTTP/1.1\r\nHost: x\r\n\r\n${ask('/probe', 'Connection: close')}`,
  );
  assert.deepEqual(statuses(text), ['404', '400', '204']);
});

test('a hit has the same headers as an answer that node writes, but for its age', async () => {
  const lines = (text: string): string[] =>
    (text.split('\r\n\r\n')[0] ?? '')
      .toLowerCase()
      .split('\r\n')
      .filter((line) => !/^(?:age|date|connection|keep-alive):/.test(line))
      .sort();
  const hit = open();
  hit.socket.write(ask(SEGMENT));
  await waitFor('the hit', () => hit.text().length > 300_000);
  hit.socket.destroy();
  assert.deepEqual(lines(hit.text()), lines(await exchange(ask(SEGMENT, 'Connection: close'))));
  assert.match(hit.text(), /\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/);
});

test('bodies, folded lines and second hosts end the connection with a reason', async () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    [`POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody`, /^HTTP\/1\.1 400[\s\S]*takes a body/],
    [`GET ${SEGMENT} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, /^HTTP\/1\.1 400/],
    [`GET ${SEGMENT} HTTP/1.1\r\nHost: x\r\nX: 1\r\n 2\r\n\r\n`, /^HTTP\/1\.1 400[\s\S]*folded/],
    [`GET ${SEGMENT} HTTP/1.1\r\n\r\n`, /^HTTP\/1\.1 400[\s\S]*one host/],
    [`GET /${'x'.repeat(9_000)} HTTP/1.1\r\nHost: x\r\n`, /^HTTP\/1\.1 431/],
    ['\x16\x03\x01\x02\x00\x01\r\n\r\n', /^HTTP\/1\.1 400/],
  ];
  for (const [bytes, expected] of rows) {
    const text = await exchange(bytes);
    assert.match(text, expected);
    assert.equal(statuses(text).length, 1, 'nothing after a refusal is read');
  }
});

test('a header block that does not end is cut with 408', async () => {
  const client = open();
  client.socket.write('GET /probe HTTP/1.1\r\nHost: x\r\n');
  await waitFor('the request to arrive', () => client.socket.bytesWritten > 0);
  const turning = setInterval(() => world.clock.advance(HEADERS_TIMEOUT_MS + 1), 50);
  await client.closed;
  clearInterval(turning);
  assert.match(client.text(), /^HTTP\/1\.1 408/);
});

test('a client that asks a thousand times and reads nothing is not read from either', async () => {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.pause();
  const block = ask(SEGMENT).repeat(200);
  let accepted = 0;
  const push = (): void => {
    // Far more than the kernel keeps for both sides.
    if (accepted > 100_000_000) return;
    accepted += block.length;
    socket.write(block, push);
  };
  push();
  const connections = () => world.region('dublin').metrics.gauges().edge_connections ?? 0;
  let known = -1;
  await waitFor('the socket to fill up', () => {
    const isStuck = accepted === known && socket.writableLength > 0;
    known = accepted;
    return isStuck;
  });
  assert.ok(connections() >= 1);
  const sent = world.region('dublin').metrics.counters().edge_bytes_sent_total ?? 0;
  assert.ok(sent < 100 * 300_000, `${sent} bytes for a reader that reads nothing`);
  socket.destroy();
});

test('nothing is taken that the parser of node would refuse', async () => {
  const reference = createServer((_, response) => response.writeHead(204).end());
  await new Promise<void>((resolve) => reference.listen(0, '127.0.0.1', resolve));
  const referencePort = (reference.address() as AddressInfo).port;
  const random = createPrng(7);
  const base = ask('/probe', 'Accept: */*', 'User-Agent: fuzz', 'Connection: close');
  const pieces = [
    '\r',
    '\n',
    '\r\n',
    ' ',
    '\t',
    ':',
    '\0',
    '\x7f',
    'é',
    ',',
    'Host: y\r\n',
    'Content-Length: 3\r\n',
    '/',
  ];
  let refused = 0;
  for (let round = 0; round < 300; round += 1) {
    const at = Math.floor(random() * (base.length - 4));
    const cut = Math.floor(random() * 3);
    const piece = pieces[Math.floor(random() * pieces.length)] ?? '';
    const mutated = base.slice(0, at) + piece + base.slice(at + cut);
    // A second request tells whether the first was read to its end and no further.
    const bytes = `${mutated}${mutated.endsWith('\r\n\r\n') ? '' : '\r\n\r\n'}`;
    const ours = await exchange(bytes);
    const isTaken = /^HTTP\/1\.1 (?!400|408|431)/.test(ours);
    if (!isTaken) {
      refused += 1;
      continue;
    }
    const theirs = await exchange(bytes, referencePort);
    assert.match(theirs, /^HTTP\/1\.1 204/, JSON.stringify(bytes));
  }
  reference.close();
  assert.ok(refused > 50 && refused < 290, `${refused} of 300 refused`);
});
