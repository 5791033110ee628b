import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import type { WhipConfig } from '#contract/config.ts';
import type { Problem } from '#contract/errors.ts';
import { systemClock } from '#platform/clock.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import { sendProblem } from '#platform/http/server.ts';
import { silentLog } from '#platform/log.ts';
import type { NodeContext } from '../../../shared/node-context.ts';
import type { Attached, Publisher } from '../hub.ts';
import { OFFER_BYTES_MAX, SESSIONS_PER_ADDRESS_MAX } from './limits.ts';
import { createWhipServer, type WhipServer } from './whip-server.ts';

const BROADCAST = `brd_${'0'.repeat(26)}`;
const ENDPOINT = `/whip/default/${BROADCAST}`;
/** As a browser writes it, with what is not needed left out. */
const OFFER = [
  'v=0',
  'o=- 9174557592825051494 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1',
  'a=msid-semantic: WMS stream',
  ...['audio', 'video'].flatMap((kind, mid) => [
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${102 + mid}`,
    'c=IN IP4 0.0.0.0',
    'a=ice-ufrag:McCV',
    'a=ice-pwd:KhacfZ/SULmblx5RDIghVAz8',
    `a=fingerprint:sha-256 ${Array(32).fill('3F').join(':')}`,
    'a=setup:actpass',
    `a=mid:${mid}`,
    'a=sendonly',
    `a=msid:stream ${kind}`,
    'a=rtcp-mux',
    `a=rtpmap:${102 + mid} ${kind === 'audio' ? 'opus/48000/2' : 'H264/90000'}`,
    ...(kind === 'audio'
      ? []
      : ['a=rtcp-fb:103 nack pli', 'a=fmtp:103 packetization-mode=1;profile-level-id=42e01f']),
    `a=ssrc:${mid + 1} cname:one`,
  ]),
  '',
].join('\r\n');

let directory: string;
let http: Server;
let origin: string;
let whip: WhipServer;
let settings: WhipConfig = {};
let refusal: Extract<Attached, { isAttached: false }> | null;
/** What the broadcast was told. */
let keys: string[];
let detached: string[];
let publishers: Omit<Publisher, 'problem'>[];

const attach = async (streamKey: string, publisher: Omit<Publisher, 'problem'>): Promise<Attached> => {
  keys.push(streamKey);
  if (refusal !== null) return refusal;
  publishers.push(publisher);
  return {
    isAttached: true,
    attachment: {
      take: () => undefined,
      announceFrameRate: () => undefined,
      detach: (why) => void detached.push(why),
    },
  };
};

function create(changes: WhipConfig = {}): void {
  settings = changes;
  const context = {
    clock: systemClock,
    log: silentLog,
    dataDirectory: directory,
    config: { host: '127.0.0.1' },
  } as unknown as NodeContext;
  whip = createWhipServer(context, { settings, attach, engine: { name: 'ffmpeg' } as Engine });
}

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'meridian-whip-'));
  http = createServer((request, response) => {
    whip.handle(request, response).catch((error: unknown) => sendProblem(response, error));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
beforeEach(async () => {
  await whip?.stop();
  [refusal, keys, detached, publishers] = [null, [], [], []];
  create();
});
after(async () => {
  await whip?.stop();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
  rmSync(directory, { recursive: true, force: true });
});

interface PostOptions {
  readonly key?: string | null;
  readonly type?: string;
  readonly body?: string;
  readonly path?: string;
}

function post({ key = 'KEY', type = 'application/sdp', body = OFFER, path = ENDPOINT }: PostOptions = {}) {
  const authorization = key === null ? {} : { authorization: `Bearer ${key}` };
  return fetch(origin + path, { method: 'POST', headers: { 'content-type': type, ...authorization }, body });
}

for (const [what, options, status, code] of [
  ['no key', { key: null }, 401, 'publish_key_missing'],
  ['something that is no key', { key: 'a b' }, 401, 'publish_key_missing'],
  ['another type', { type: 'text/plain' }, 415, 'media_type_unsupported'],
  ['no SDP', { body: 'hello' }, 400, 'invalid_request'],
  ['too much', { body: `v=0\r\n${'a'.repeat(OFFER_BYTES_MAX)}` }, 413, 'request_too_large'],
  ['no H.264', { body: OFFER.replace('H264', 'VP8') }, 422, 'offer_refused'],
  ['an address that is none', { path: '/whip/default/brd_x' }, 404, 'not_found'],
  ['too long an address', { path: `${ENDPOINT}/a/b` }, 404, 'not_found'],
] as const)
  test(`an offer with ${what} is refused before anybody is asked about its key`, async () => {
    const response = await post(options);
    assert.deepEqual([response.status, ((await response.json()) as Problem).code], [status, code]);
    assert.equal(response.headers.get('www-authenticate') !== null, status === 401);
    assert.deepEqual(keys, []);
  });

for (const [fault, status, code] of [
  ['key', 403, 'publish_refused'],
  ['busy', 409, 'conflict'],
  ['full', 503, 'overloaded'],
] as const)
  test(`a publisher that is refused (${fault}) is told why, and leaves nothing behind`, async () => {
    refusal = { isAttached: false, fault, reason: 'another one is on it' };
    const response = await post();
    const problem = (await response.json()) as Problem;
    assert.deepEqual([response.status, problem.code], [status, code]);
    assert.match(problem.title, /nother one is on it/);
    for (let again = 0; again < SESSIONS_PER_ADDRESS_MAX; again += 1)
      assert.equal((await post()).status, status, 'no place is lost');
  });

test('a good offer is answered with where to send to, and deleting what was made ends it', async () => {
  create({ publicIp: '198.51.100.7', udpPorts: { first: 42_517, count: 1 } });
  const response = await post();
  const answer = await response.text();
  assert.equal(response.status, 201, answer);
  assert.equal(response.headers.get('content-type'), 'application/sdp');
  assert.match(response.headers.get('access-control-expose-headers') ?? '', /Location/);
  const location = response.headers.get('location') ?? '';
  assert.match(location, new RegExp(`^${ENDPOINT}/[\\w-]{24}$`));
  assert.match(answer, /^a=ice-lite/m);
  assert.deepEqual([...new Set(answer.match(/198\.51\.100\.7 \d+/g))], ['198.51.100.7 42517']);
  assert.doesNotMatch(answer, /127\.0\.0\.1 \d/);
  assert.match(answer, /profile-level-id=42e034;x-google-start-bitrate=2500/);
  const second = await post();
  assert.equal(second.status, 503);
  assert.match(((await second.json()) as Problem).title, /UDP ports/);
  for (const method of ['GET', 'PATCH']) {
    const refused = await fetch(origin + location, { method });
    assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'DELETE, OPTIONS']);
  }
  assert.equal((await fetch(origin + location, { method: 'DELETE' })).status, 200);
  assert.deepEqual(detached, ['the publisher stopped']);
  assert.equal((await fetch(origin + location, { method: 'DELETE' })).status, 404);
  assert.deepEqual(readdirSync(join(directory, 'live', 'whip')), []);
  assert.equal((await post()).status, 201, 'its port is free again');
});

test('its broadcast ends a session without being told of it again; so does the end of this ingest', async () => {
  const made = await Promise.all([post(), post()]);
  assert.deepEqual(
    made.map(({ status }) => status),
    [201, 201],
  );
  publishers[0]?.close('the broadcast was ended');
  await whip.stop();
  assert.deepEqual(detached, ['this ingest stops']);
  assert.equal((await post()).status, 503);
});

test('datagrams of strangers do no harm', async () => {
  const response = await post();
  const port = Number(/ 127\.0\.0\.1 (\d+) typ host/.exec(await response.text())?.[1]);
  const socket = createSocket('udp4');
  // Noise, and what looks like STUN, DTLS and RTP.
  for (const head of [[], [0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42], [22, 254, 253], [0x80, 103]])
    for (let count = 0; count < 50; count += 1) {
      const datagram = Buffer.from([...head, ...randomBytes(count * 9)]);
      await new Promise((resolve) => socket.send(datagram, port, '127.0.0.1', resolve));
    }
  socket.close();
  const location = response.headers.get('location') ?? '';
  assert.equal(
    (await fetch(origin + location, { method: 'DELETE' })).status,
    200,
    'the session was still there',
  );
});

test('browsers of any origin are let in, and told what they may do', async () => {
  const response = await fetch(origin + ENDPOINT, { method: 'OPTIONS' });
  assert.equal(response.status, 204);
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  assert.equal(response.headers.get('accept-post'), 'application/sdp');
  const put = await fetch(origin + ENDPOINT, { method: 'PUT' });
  assert.deepEqual([put.status, put.headers.get('allow')], [405, 'POST, OPTIONS']);
});
