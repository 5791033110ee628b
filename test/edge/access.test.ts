// Private assets: who is let in, by table.

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
  START_MS,
  startWorld,
  type TestWorld,
} from './world.ts';

let world: TestWorld;
let port: number;
const PUBLIC_ASSET = `ast_${'2'.repeat(26)}`;

before(async () => {
  world = await startWorld();
  port = portOf(world, 'dublin');
  await publishAsset(world, recordOf({ visibility: 'private' }), documentOf());
  await publishAsset(world, recordOf({ assetId: PUBLIC_ASSET }), documentOf({ assetId: PUBLIC_ASSET }));
});

after(() => world.stop());

test('tokens are checked by claim, cold and warm', async () => {
  const good = await world.token();
  const [head = '', payload = '', signature = ''] = good.split('.');
  const other = `ast_${'3'.repeat(26)}`;
  const forged = `${head}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
  const none = `${Buffer.from('{"alg":"none","kid":"key-1"}').toString('base64url')}.${payload}.${signature}`;
  const table: readonly (readonly [string, string, string])[] = [
    ['a token for the asset', good, '200'],
    ['a token for the whole project', await world.token({ asset: '*', jti: 'token-star' }), '200'],
    [
      'a token for another asset',
      await world.token({ asset: other, jti: 'token-othr' }),
      '403 token_wrong_scope',
    ],
    [
      'a token of another project',
      await world.token({ project: 'acme', jti: 'token-acme' }),
      '403 wrong_project',
    ],
    [
      'an expired token',
      await world.token({ exp: START_MS / 1_000, jti: 'token-old1' }),
      '403 token_expired',
    ],
    ['a forged signature', forged, '403 token_forged'],
    ['an unsigned token', none, '403 token_forged'],
    ['noise', 'noise', '403 token_forged'],
    [
      'another payload',
      `${head}.${Buffer.from('{}').toString('base64url')}.${signature}`,
      '403 token_forged',
    ],
  ];
  for (const round of ['cold', 'warm'])
    for (const [what, token, expected] of table)
      for (const rest of ['main.m3u8', 'v720/index.m3u8', 'a1/v720/5.m4s', 'status.json']) {
        const answer = await get(port, `/t/${token}${BASE}/${rest}`);
        assert.equal(verdict(answer), expected, `${what}, ${round}, ${rest}`);
        if (expected !== '200') assert.equal(answer.headers['cache-control'], 'no-store');
        else assert.match(String(answer.headers['cache-control']), /^private, /);
      }
  assert.equal(verdict(await get(port, SEGMENT)), '403 token_required');
});

test('a token expires while its object is in memory', async () => {
  const token = await world.token({ exp: START_MS / 1_000 + 60, jti: 'token-short' });
  assert.equal(verdict(await get(port, `/t/${token}${SEGMENT}`)), '200');
  world.clock.advance(60_000);
  assert.equal(verdict(await get(port, `/t/${token}${SEGMENT}`)), '403 token_expired');
});

test('a revocation in the snapshot takes effect at once', async () => {
  const token = await world.token({ jti: 'token-to-revoke' });
  assert.equal(verdict(await get(port, `/t/${token}${SEGMENT}`)), '200');
  world.update(() => ({ revocations: [{ tokenId: 'token-to-revoke', expiresAtMs: START_MS * 2 }] }));
  assert.equal(verdict(await get(port, `/t/${token}${SEGMENT}`)), '403 token_revoked');
  world.update(() => ({ revocations: [] }));
});

test('manifests repeat the token in every address', async () => {
  const token = await world.token();
  const playlist = (await get(port, `/t/${token}${BASE}/main.m3u8`)).body.toString();
  const addresses = playlist.match(/http:\/\/[^"\n]+/g) ?? [];
  const media = addresses.filter((address) => address.includes('/m/'));
  assert.equal(media.length, 6, 'a video and an audio rendition on three pathways');
  assert.ok(
    media.every((address) => new URL(address).pathname.startsWith(`/t/${token}/m/default/${ASSET}/v1/`)),
  );
  assert.ok(!addresses.some((address) => address.includes('/steering/') && address.includes(token)));
  const mpd = (await get(port, `/t/${token}${BASE}/manifest.mpd`)).body.toString();
  assert.equal([...mpd.matchAll(new RegExp(`/t/${token}/m/`, 'g'))].length, 3);
});

test('a public asset plays with any token and without', async () => {
  const path = SEGMENT.replace(ASSET, PUBLIC_ASSET);
  for (const prefix of ['', '/t/noise', `/t/${await world.token()}`])
    assert.equal((await get(port, `${prefix}${path}`)).status, 200, prefix);
});

test('an object fetched with a token is not given to whoever has none', async () => {
  const path = `${BASE}/a1/v720/9.m4s`;
  assert.equal(verdict(await get(port, `/t/${await world.token()}${path}`)), '200');
  assert.equal(verdict(await get(port, path)), '403 token_required');
  assert.equal(verdict(await get(port, path, { headers: { range: 'bytes=0-1' } })), '403 token_required');
});
