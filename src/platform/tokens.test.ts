import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MeridianError } from '#contract/errors.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import { generateSigningKey, type SigningKey } from './identity.ts';
import { createPlaybackVerifier, createUploadVerifier, signToken } from './tokens.ts';

const NOW_MS = 1_800_000_000_000;
const key = generateSigningKey();
const projectKey = generateSigningKey();
const asset = `ast_${'0'.repeat(26)}`;

function world(changes: Partial<WorldSnapshot> = {}): WorldSnapshot {
  const common = { notBeforeMs: NOW_MS - 1_000, notAfterMs: NOW_MS + 1_000_000 };
  return {
    keys: [
      { id: 'k1', use: 'playback', projectId: null, publicKey: key.publicKey, ...common },
      { id: 'k2', use: 'playback', projectId: 'shop', publicKey: projectKey.publicKey, ...common },
      {
        id: 'k3',
        use: 'playback',
        projectId: null,
        publicKey: key.publicKey,
        notBeforeMs: NOW_MS + 1,
        notAfterMs: NOW_MS + 2,
      },
    ],
    revocations: [],
    ...changes,
  } as unknown as WorldSnapshot;
}

const claims = {
  jti: 'token-0001',
  iat: NOW_MS / 1_000,
  exp: NOW_MS / 1_000 + 60,
  project: 'default',
  aud: 'playback' as const,
  asset,
};

function codeOf(action: () => unknown): string {
  try {
    action();
    return 'accepted';
  } catch (error) {
    assert.ok(error instanceof MeridianError);
    return error.code;
  }
}

test('tokens are accepted or refused for the right reason', async () => {
  const sign = (changes: object, keyId = 'k1', signing: SigningKey = key): Promise<string> =>
    signToken({ ...claims, ...changes } as typeof claims, keyId, signing);
  const valid = await sign({});
  const [header, payload, signature] = valid.split('.');
  const unsigned = `${Buffer.from('{"alg":"none","kid":"k1"}').toString('base64url')}.${payload}.`;
  const cases: [string, string, string][] = [
    ['a valid one', valid, 'accepted'],
    ['one of the project’s own key', await sign({ project: 'shop' }, 'k2', projectKey), 'accepted'],
    ['expired', await sign({ exp: NOW_MS / 1_000 - 1 }), 'token_expired'],
    ['another key', await sign({}, 'k1', generateSigningKey()), 'token_forged'],
    ['an unknown key', await sign({}, 'k9'), 'token_forged'],
    ['a key that is not valid yet', await sign({}, 'k3'), 'token_forged'],
    [
      'a project key for another project',
      await sign({ project: 'default' }, 'k2', projectKey),
      'wrong_project',
    ],
    [
      'a changed payload',
      `${header}.${Buffer.from(JSON.stringify({ ...claims, asset: '*' })).toString('base64url')}.${signature}`,
      'token_forged',
    ],
    ['no signature', unsigned, 'token_forged'],
    ['claims of another kind', await sign({ aud: 'upload' }), 'token_forged'],
    ['garbage', 'abc', 'token_forged'],
    ['a huge one', `${'a'.repeat(2_000)}.b.c`, 'token_forged'],
  ];
  const verifier = createPlaybackVerifier(() => world());
  for (const [name, token, expected] of cases)
    assert.equal(
      codeOf(() => verifier.check(token, NOW_MS)),
      expected,
      name,
    );
});

test('a remembered token still expires and can be revoked by the next snapshot', async () => {
  let snapshot = world();
  const verifier = createPlaybackVerifier(() => snapshot);
  const token = await signToken(claims, 'k1', key);
  assert.equal(verifier.check(token, NOW_MS).asset, asset);
  assert.equal(
    codeOf(() => verifier.check(token, NOW_MS + 61_000)),
    'token_expired',
  );
  snapshot = world({ revocations: [{ tokenId: 'token-0001', expiresAtMs: NOW_MS + 100_000 }] });
  assert.equal(
    codeOf(() => verifier.check(token, NOW_MS)),
    'token_revoked',
  );
});

test('a playback token is no upload grant', async () => {
  const verifier = createUploadVerifier(() => world());
  const token = await signToken(claims, 'k1', key);
  assert.equal(
    codeOf(() => verifier.check(token, NOW_MS)),
    'token_forged',
  );
});
