// A provider of identities on loopback that signs whatever a test wants: right tokens, and wrong ones of every kind.

import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeServer } from '#platform/http/server.ts';

export interface Issued {
  /** Changes to the claims of the ID token. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Signed by a key that the provider does not publish. */
  readonly isForged?: boolean;
}

export interface FakeIssuer {
  readonly issuer: string;
  /** What the next ID tokens are like; a test changes it freely. */
  issued: Issued;
  /** What its metadata says besides. */
  metadata: Readonly<Record<string, unknown>>;
  /** Every request is refused while it is away. */
  isAway: boolean;
  /** Follows an authorization URL as a browser would whose user is known; resolves to where that leads. */
  authorize(url: string): string;
  stop(): Promise<void>;
}

interface Grant {
  readonly nonce: string;
  readonly challenge: string;
}

const KEY_ID = 'k1';
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Starts it; `clientId` and `clientSecret` are those that it knows. */
export async function startFakeIssuer(
  clientId: string,
  clientSecret: string,
  nowMs: () => number,
): Promise<FakeIssuer> {
  const own = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const other = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const grants = new Map<string, Grant>();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', fake.issuer);
    const answer = fake.isAway ? { status: 503, body: {} } : await answerTo(request, url.pathname);
    response
      .writeHead(answer.status, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer.body));
  });

  async function answerTo(request: IncomingMessage, path: string): Promise<{ status: number; body: object }> {
    if (path === '/.well-known/openid-configuration') return { status: 200, body: metadata() };
    if (path === '/jwks')
      return {
        status: 200,
        body: {
          keys: [{ ...own.publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'RS256', use: 'sig' }],
        },
      };
    if (path === '/token') return exchange(request);
    return { status: 404, body: {} };
  }

  function metadata(): object {
    return {
      issuer: fake.issuer,
      authorization_endpoint: `${fake.issuer}/authorize`,
      token_endpoint: `${fake.issuer}/token`,
      jwks_uri: `${fake.issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      ...fake.metadata,
    };
  }

  async function exchange(request: IncomingMessage): Promise<{ status: number; body: object }> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const form = new URLSearchParams(text);
    // RFC 6749, section 2.3.1: both halves are form-encoded before they are joined.
    const sent = Buffer.from(request.headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString();
    const code = form.get('code') ?? '';
    const grant = grants.get(code);
    grants.delete(code);
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (decodeURIComponent(sent) !== `${clientId}:${clientSecret}`)
      return { status: 401, body: { error: 'invalid_client' } };
    if (grant === undefined || grant.challenge !== challenge)
      return { status: 400, body: { error: 'invalid_grant' } };
    const idToken = makeToken(grant.nonce);
    return { status: 200, body: { access_token: 'at', token_type: 'Bearer', id_token: idToken } };
  }

  function makeToken(nonce: string): string {
    const nowSeconds = Math.floor(nowMs() / 1_000);
    const claims = {
      iss: fake.issuer,
      sub: 'ada-1',
      aud: clientId,
      iat: nowSeconds,
      exp: nowSeconds + 300,
      nonce,
      name: 'Ada',
      ...fake.issued.claims,
    };
    const input = `${encode({ alg: 'RS256', kid: KEY_ID })}.${encode(claims)}`;
    const { privateKey } = fake.issued.isForged === true ? other : own;
    return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
  }

  const fake: FakeIssuer = {
    issuer: '',
    issued: {},
    metadata: {},
    isAway: false,
    authorize(url) {
      const { searchParams } = new URL(url);
      const code = randomBytes(16).toString('hex');
      grants.set(code, {
        nonce: searchParams.get('nonce') ?? '',
        challenge: searchParams.get('code_challenge') ?? '',
      });
      const back = new URL(searchParams.get('redirect_uri') ?? '');
      back.searchParams.set('code', code);
      back.searchParams.set('state', searchParams.get('state') ?? '');
      return back.href;
    },
    stop: () => closeServer(server),
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(fake, { issuer });
}
