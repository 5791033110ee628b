// Playback tokens, upload grants and stream keys (law 5): compact JWS with EdDSA, checked against the keys of the snapshot.
// A token is verified once and remembered until it expires or the snapshot changes, since a player repeats it
// with every segment. The form is plain JWT, so that any backend can sign with any JWT library.

import { type KeyObject, verify } from 'node:crypto';
import { CompactSign } from 'jose';
import type { z } from 'zod';
import { MeridianError } from '#contract/errors.ts';
import { TOKEN_LENGTH_MAX } from '#contract/limits.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import {
  type PlaybackClaims,
  type PublishClaims,
  playbackClaimsSchema,
  publishClaimsSchema,
  type UploadClaims,
  uploadClaimsSchema,
} from '#contract/tokens.ts';
import { parsePublicKey, type SigningKey } from './identity.ts';

/** Verified tokens remembered by one process: about 1 kB each. */
const VERIFIED_MAX = 50_000;

/** Signs claims as a compact JWS. */
export function signToken(
  claims: PlaybackClaims | UploadClaims | PublishClaims,
  keyId: string,
  key: SigningKey,
): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'EdDSA', kid: keyId, typ: 'JWT' })
    .sign(key.privateKey);
}

export interface TokenVerifier<Claims> {
  /**
   * Claims of a valid token.
   * @throws MeridianError token_forged, token_expired, token_revoked
   */
  check(token: string, nowMs: number): Claims;
}

interface KnownKey {
  readonly key: KeyObject;
  readonly projectId: string | null;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

function decodePart(part: string | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
  } catch {
    throw new MeridianError('token_forged');
  }
}

function createVerifier<Claims extends PlaybackClaims | UploadClaims | PublishClaims>(
  use: 'playback' | 'upload',
  schema: z.ZodType<Claims>,
  snapshotOf: () => WorldSnapshot | undefined,
): TokenVerifier<Claims> {
  const verified = new Map<string, Claims>();
  let snapshot: WorldSnapshot | undefined;
  let keys = new Map<string, KnownKey>();
  let revoked = new Set<string>();

  function refresh(): void {
    const newest = snapshotOf();
    if (newest === snapshot) return;
    snapshot = newest;
    const isSameTrust = keys.size > 0 && describe(newest) === trust;
    if (isSameTrust) return;
    trust = describe(newest);
    verified.clear();
    revoked = new Set(newest?.revocations.map(({ tokenId }) => tokenId));
    keys = new Map(
      (newest?.keys ?? [])
        .filter((key) => key.use === use)
        .map((key) => [key.id, { ...key, key: parsePublicKey(key.publicKey) }]),
    );
  }
  let trust = '';
  const describe = (world: WorldSnapshot | undefined): string =>
    JSON.stringify([world?.keys ?? [], world?.revocations ?? []]);

  function verifyFirst(token: string, nowMs: number): Claims {
    const [header, payload, signature, ...rest] = token.split('.');
    if (!header || !payload || !signature || rest.length > 0 || token.length > TOKEN_LENGTH_MAX)
      throw new MeridianError('token_forged');
    const protectedHeader = decodePart(header) as { alg?: unknown; kid?: unknown } | null;
    if (protectedHeader?.alg !== 'EdDSA' || typeof protectedHeader.kid !== 'string')
      throw new MeridianError('token_forged');
    const known = keys.get(protectedHeader.kid);
    if (known === undefined || nowMs < known.notBeforeMs || nowMs > known.notAfterMs)
      throw new MeridianError('token_forged');
    if (!verify(null, Buffer.from(`${header}.${payload}`), known.key, Buffer.from(signature, 'base64url')))
      throw new MeridianError('token_forged');
    const claims = schema.safeParse(decodePart(payload));
    if (!claims.success) throw new MeridianError('token_forged');
    if (known.projectId !== null && known.projectId !== claims.data.project)
      throw new MeridianError('wrong_project');
    return claims.data;
  }

  return {
    check(token, nowMs) {
      refresh();
      let claims = verified.get(token);
      if (claims === undefined) {
        claims = verifyFirst(token, nowMs);
        if (verified.size >= VERIFIED_MAX) verified.clear();
        verified.set(token, claims);
      }
      if (claims.exp * 1_000 <= nowMs) throw new MeridianError('token_expired');
      if (revoked.size > 0 && revoked.has(claims.jti)) throw new MeridianError('token_revoked');
      return claims;
    },
  };
}

/** Verifier of playback tokens; the caller compares project and asset. */
export function createPlaybackVerifier(
  snapshotOf: () => WorldSnapshot | undefined,
): TokenVerifier<PlaybackClaims> {
  return createVerifier('playback', playbackClaimsSchema, snapshotOf);
}

/** Verifier of upload grants. */
export function createUploadVerifier(
  snapshotOf: () => WorldSnapshot | undefined,
): TokenVerifier<UploadClaims> {
  return createVerifier('upload', uploadClaimsSchema, snapshotOf);
}

/** Verifier of stream keys; the caller compares the broadcast. */
export function createPublishVerifier(
  snapshotOf: () => WorldSnapshot | undefined,
): TokenVerifier<PublishClaims> {
  return createVerifier('upload', publishClaimsSchema, snapshotOf);
}
