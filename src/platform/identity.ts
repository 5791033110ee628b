// Node identity: an Ed25519 key per node, and requests signed with it. Every request between nodes carries one
// header over method, host, path, time and a nonce; the public keys travel in the world snapshot, so that a check
// needs nobody else. Bodies are covered by TLS between machines, and by their SHA-256 where they are stored.

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MeridianError } from '#contract/errors.ts';
import { NODE_SIGNATURE_AGE_MS_MAX } from '#contract/limits.ts';
import { isMissing, makeDirectoryDurably, writeFileDurably } from './disk.ts';

/** A key that can sign. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  /** SPKI DER in base64url: how public keys travel. */
  readonly publicKey: string;
}

/** Public key text → key object; throws on anything but an Ed25519 SPKI key. */
export function parsePublicKey(text: string): KeyObject {
  const key = createPublicKey({ key: Buffer.from(text, 'base64url'), format: 'der', type: 'spki' });
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('not an Ed25519 key');
  return key;
}

function toSigningKey(privateKey: KeyObject): SigningKey {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { privateKey, publicKey: spki.toString('base64url') };
}

/** Makes a new key. */
export function generateSigningKey(): SigningKey {
  return toSigningKey(generateKeyPairSync('ed25519').privateKey);
}

/** Reads a key from PEM. */
export function parseSigningKey(pem: string): SigningKey {
  return toSigningKey(createPrivateKey(pem));
}

/** PEM (PKCS #8) of a key. */
export function signingKeyPem(key: SigningKey): string {
  return key.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/**
 * Reads the key in a file, or makes one there with mode 0600. A new key is durable before anybody hears of it: a node
 * that came back with another one, or with half of one, would be a stranger for good.
 */
export async function loadOrCreateSigningKey(path: string): Promise<SigningKey> {
  try {
    return parseSigningKey(await readFile(path, 'utf8'));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const key = generateSigningKey();
  await makeDirectoryDurably(dirname(path));
  await writeFileDurably(path, signingKeyPem(key));
  return key;
}

/** Signs any text; base64url. */
export function signText(key: SigningKey, text: string): string {
  return sign(null, Buffer.from(text, 'utf8'), key.privateKey).toString('base64url');
}

/** Checks a text against a signature and a public key; false for anything malformed. */
export function verifyText(publicKey: string, text: string, signature: string): boolean {
  try {
    return verify(
      null,
      Buffer.from(text, 'utf8'),
      parsePublicKey(publicKey),
      Buffer.from(signature, 'base64url'),
    );
  } catch {
    return false;
  }
}

interface SignedParts {
  readonly method: string;
  /** Authority as in the Host header, e.g. 127.0.0.1:8102. */
  readonly host: string;
  /** Path with query, as in the request line. */
  readonly path: string;
}

function signedText(parts: SignedParts, sentAtMs: number, nonce: string): string {
  return `${parts.method}\n${parts.host}\n${parts.path}\n${sentAtMs}\n${nonce}`;
}

/** Makes the value of the node signature header. */
export function signNodeRequest(nodeId: string, key: SigningKey, parts: SignedParts, nowMs: number): string {
  const nonce = randomBytes(9).toString('base64url');
  return `${nodeId};${nowMs};${nonce};${signText(key, signedText(parts, nowMs, nonce))}`;
}

/** Replays are remembered for as long as a signature is valid; past this many the oldest are forgotten first. */
const NONCES_MAX = 200_000;
/** Parsed public keys kept: one per node of a large fleet. */
const KEYS_MAX = 10_000;

export interface NodeVerifier {
  /**
   * Checks a node signature header.
   * @param publicKeyOf the key of a node, or undefined when it is not known
   * @throws MeridianError node_signature, node_unknown
   */
  verify(
    header: string | undefined,
    parts: SignedParts,
    nowMs: number,
    publicKeyOf: (nodeId: string) => string | undefined,
  ): { nodeId: string };
}

/** Creates a verifier with its memory of nonces. */
export function createNodeVerifier(): NodeVerifier {
  const seen = new Map<string, number>();
  const keys = new Map<string, KeyObject>();

  function keyOf(text: string): KeyObject {
    let key = keys.get(text);
    if (key === undefined) {
      key = parsePublicKey(text);
      if (keys.size >= KEYS_MAX) keys.clear();
      keys.set(text, key);
    }
    return key;
  }

  function forgetOld(nowMs: number): void {
    for (const [nonce, sentAtMs] of seen) {
      if (seen.size <= NONCES_MAX && nowMs - sentAtMs <= 2 * NODE_SIGNATURE_AGE_MS_MAX) return;
      seen.delete(nonce);
    }
  }

  return {
    verify(header, parts, nowMs, publicKeyOf) {
      const [nodeId, sentAtText, nonce, signature] = (header ?? '').split(';');
      if (!nodeId || !sentAtText || !nonce || !signature)
        throw new MeridianError('node_signature', { reason: 'it is missing or malformed' });
      const sentAtMs = Number(sentAtText);
      if (!(Math.abs(nowMs - sentAtMs) <= NODE_SIGNATURE_AGE_MS_MAX))
        throw new MeridianError('node_signature', {
          reason: `its time is ${Math.round(nowMs - sentAtMs)} ms off`,
        });
      const publicKey = publicKeyOf(nodeId);
      if (publicKey === undefined) throw new MeridianError('node_unknown');
      const text = Buffer.from(signedText(parts, sentAtMs, nonce), 'utf8');
      if (!verify(null, text, keyOf(publicKey), Buffer.from(signature, 'base64url')))
        throw new MeridianError('node_signature', { reason: 'it does not match the request' });
      const replay = `${nodeId};${nonce}`;
      if (seen.has(replay)) throw new MeridianError('node_signature', { reason: 'it was used before' });
      seen.set(replay, sentAtMs);
      forgetOld(nowMs);
      return { nodeId };
    },
  };
}
