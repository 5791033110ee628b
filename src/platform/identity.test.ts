import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { MeridianError } from '#contract/errors.ts';
import {
  createNodeVerifier,
  generateSigningKey,
  loadOrCreateSigningKey,
  signNodeRequest,
  signText,
  verifyText,
} from './identity.ts';

const parts = { method: 'GET', host: 'dublin.example:8112', path: '/origin/v1/default/a?x=1' };
const NOW_MS = 1_800_000_000_000;

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof MeridianError);
    return `${error.code}: ${error.message}`;
  }
  return 'accepted';
}

test('a signed request names its node', () => {
  const key = generateSigningKey();
  const header = signNodeRequest('dublin-1-a', key, parts, NOW_MS);
  const verifier = createNodeVerifier();
  assert.equal(verifier.verify(header, parts, NOW_MS + 1_000, () => key.publicKey).nodeId, 'dublin-1-a');
});

test('a request signed for something else, too old, replayed or by a stranger is refused', () => {
  const key = generateSigningKey();
  const known = (): string => key.publicKey;
  const header = (): string => signNodeRequest('dublin-1-a', key, parts, NOW_MS);
  const cases: [string, (verifier: ReturnType<typeof createNodeVerifier>) => unknown, RegExp][] = [
    [
      'another path',
      (verifier) => verifier.verify(header(), { ...parts, path: '/other' }, NOW_MS, known),
      /does not match/,
    ],
    [
      'another method',
      (verifier) => verifier.verify(header(), { ...parts, method: 'PUT' }, NOW_MS, known),
      /does not match/,
    ],
    [
      'another host',
      (verifier) => verifier.verify(header(), { ...parts, host: 'x' }, NOW_MS, known),
      /does not match/,
    ],
    [
      'another key',
      (verifier) => verifier.verify(header(), parts, NOW_MS, () => generateSigningKey().publicKey),
      /does not match/,
    ],
    [
      'an unknown node',
      (verifier) => verifier.verify(header(), parts, NOW_MS, () => undefined),
      /node_unknown/,
    ],
    ['an old one', (verifier) => verifier.verify(header(), parts, NOW_MS + 31_000, known), /31000 ms off/],
    [
      'one of the future',
      (verifier) => verifier.verify(header(), parts, NOW_MS - 31_000, known),
      /-31000 ms off/,
    ],
    [
      'a time that is no number',
      (verifier) => verifier.verify('a;b;c;d', parts, NOW_MS, known),
      /NaN ms off/,
    ],
    ['none', (verifier) => verifier.verify(undefined, parts, NOW_MS, known), /missing/],
    [
      'a replay',
      (verifier) => {
        const once = header();
        verifier.verify(once, parts, NOW_MS, known);
        verifier.verify(once, parts, NOW_MS, known);
      },
      /used before/,
    ],
  ];
  for (const [name, action, expected] of cases)
    assert.match(
      refusal(() => action(createNodeVerifier())),
      expected,
      name,
    );
});

test('texts are verified, and garbage is never an exception', () => {
  const key = generateSigningKey();
  const signature = signText(key, 'world');
  assert.equal(verifyText(key.publicKey, 'world', signature), true);
  assert.equal(verifyText(key.publicKey, 'World', signature), false);
  assert.equal(verifyText('not a key', 'world', signature), false);
  assert.equal(verifyText(key.publicKey, 'world', '%%%'), false);
});

test('a key file is made once, private to its owner, and read again', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'meridian-identity-'));
  try {
    const path = join(directory, 'node-key.pem');
    const made = await loadOrCreateSigningKey(path);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal((await loadOrCreateSigningKey(path)).publicKey, made.publicKey);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
