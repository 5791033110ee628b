// OpenID Connect as a client: the authorization code flow with PKCE (RFC 6749, RFC 7636, OpenID Connect Core 1.0) by
// openid-client. State, nonce and verifier belong to one attempt of one browser; the ID token's signature, issuer,
// audience, times and nonce are checked, although it came straight from the provider. Logging out is OpenID Connect
// RP-Initiated Logout 1.0 by client_id: no ID token is kept to hint with, so the provider asks the person.
//
// Limits: the provider's metadata is kept for an hour; every request to it ends after five seconds.

import * as client from 'openid-client';

const REQUEST_SECONDS_MAX = 5;
const METADATA_KEPT_MS = 3_600_000;

export interface OidcOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scopes: readonly string[];
  /** A claim that must be looked for at the provider when the ID token does not hold it. */
  readonly wantedClaim: string;
}

/** What one attempt to sign in must remember until its answer comes. */
export interface OidcAttempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly redirectUri: string;
}

export type OidcClaims = Readonly<Record<string, unknown>> & { readonly sub: string };

/** Why nobody was signed in. away: the provider; refused: it said no; invalid: what came back is not to be believed. */
export class OidcError extends Error {
  readonly kind: 'away' | 'refused' | 'invalid';

  constructor(kind: OidcError['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

export interface OidcClient {
  /** Begins an attempt: where the browser goes, and what to remember. */
  begin(redirectUri: string): Promise<{ readonly url: string; readonly attempt: OidcAttempt }>;
  /** Ends it with the query that the browser brought back. */
  finish(search: string, attempt: OidcAttempt): Promise<OidcClaims>;
  /** Where the browser goes to log out at the provider, which sends it to `returnUri` then; null: it has no such place. */
  logoutUrl(returnUri: string): Promise<string | null>;
}

/** Creates the client; the provider is asked when somebody signs in. */
export function createOidcClient(options: OidcOptions, nowMs: () => number): OidcClient {
  let known: { readonly atMs: number; readonly found: Promise<client.Configuration> } | undefined;

  function configuration(): Promise<client.Configuration> {
    if (known === undefined || nowMs() - known.atMs > METADATA_KEPT_MS) {
      const own = { atMs: nowMs(), found: discover(options) };
      known = own;
      // What failed is tried again at the next attempt.
      own.found.catch(() => {
        if (known === own) known = undefined;
      });
    }
    return known.found;
  }

  return {
    async begin(redirectUri) {
      const found = await configuration();
      const attempt = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
        redirectUri,
      };
      const url = client.buildAuthorizationUrl(found, {
        redirect_uri: redirectUri,
        scope: [...new Set(['openid', ...options.scopes])].join(' '),
        code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
        state: attempt.state,
        nonce: attempt.nonce,
      });
      return { url: url.href, attempt };
    },
    async finish(search, { redirectUri, state, nonce, verifier }) {
      const found = await configuration();
      const url = new URL(redirectUri);
      url.search = search;
      try {
        const tokens = await client.authorizationCodeGrant(found, url, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        if (claims === undefined) throw new OidcError('invalid', 'the answer holds no ID token');
        if (
          claims[options.wantedClaim] !== undefined ||
          found.serverMetadata().userinfo_endpoint === undefined
        )
          return claims;
        const more = await client.fetchUserInfo(found, tokens.access_token, claims.sub);
        return { ...more, ...claims };
      } catch (error) {
        throw judge(error);
      }
    },
    async logoutUrl(returnUri) {
      const found = await configuration();
      if (found.serverMetadata().end_session_endpoint === undefined) return null;
      try {
        return client.buildEndSessionUrl(found, { post_logout_redirect_uri: returnUri }).href;
      } catch (error) {
        throw judge(error);
      }
    },
  };
}

async function discover({ issuer, clientId, clientSecret }: OidcOptions): Promise<client.Configuration> {
  const url = new URL(issuer);
  const isPlain = url.protocol === 'http:';
  try {
    const found = await client.discovery(url, clientId, {}, authenticate(clientSecret), {
      timeout: REQUEST_SECONDS_MAX,
      execute: isPlain ? [client.allowInsecureRequests] : [],
    });
    client.enableNonRepudiationChecks(found);
    return found;
  } catch (error) {
    throw new OidcError('away', `the provider's metadata cannot be read: ${textOf(error)}`, { cause: error });
  }
}

/** The secret in the header, as the standard's default says, unless the provider takes it in the body alone. */
function authenticate(clientSecret: string): client.ClientAuth {
  const basic = client.ClientSecretBasic(clientSecret);
  const post = client.ClientSecretPost(clientSecret);
  return (server, own, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (methods.includes('client_secret_basic') ? basic : post)(server, own, body, headers);
  };
}

/** Codes of openid-client for a provider that does not answer as one. */
const AWAY_CODES: ReadonlySet<unknown> = new Set(['OAUTH_TIMEOUT', 'OAUTH_RESPONSE_IS_NOT_CONFORM']);

function judge(error: unknown): OidcError {
  if (error instanceof OidcError) return error;
  const options = { cause: error };
  if (error instanceof client.AuthorizationResponseError)
    return new OidcError('refused', `the provider refused: ${error.error}`, options);
  if (error instanceof client.ResponseBodyError)
    return new OidcError('invalid', `the provider does not take the code: ${error.error}`, options);
  if (error instanceof client.ClientError && !AWAY_CODES.has(error.code))
    return new OidcError('invalid', `what came back is not valid: ${textOf(error)}`, options);
  return new OidcError('away', `the provider does not answer: ${textOf(error)}`, options);
}

/** An error with what caused it; never with what was sent. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error.message}${cause}`.slice(0, 500);
}
