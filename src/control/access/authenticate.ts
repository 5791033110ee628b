// Who calls: a node by its signature, a script by its API token, a browser by its session cookie. A cookie rides
// along with requests that other sites' pages make, so a change made with one must come from our own origin.

import { getCookie } from 'hono/cookie';
import { MeridianError } from '#contract/errors.ts';
import { NODE_SIGNATURE_HEADER } from '#contract/peer-api.ts';
import type { Permission } from '#contract/route.ts';
import { createNodeVerifier } from '#platform/identity.ts';
import type { ControlContext } from '../context.ts';
import type { ControlContext as HttpContext } from '../http/middleware.ts';
import { LAST_USED_EVERY_MS } from '../limits.ts';
import { elevated } from './break-glass.ts';
import { findPerson, PERSON_SESSION_PREFIX } from './people.ts';
import type { Principal } from './principal.ts';
import { hashSecret } from './secrets.ts';
import { findSender } from './senders.ts';
import { type FoundToken, findSession, findToken, touchToken } from './store.ts';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** `__Host-` ties a cookie to this host over https; browsers refuse the prefix on plain http. */
export function sessionCookieName(isHttps: boolean): string {
  return isHttps ? '__Host-meridian_session' : 'meridian_session';
}

/** The header that sets a session's cookie, or takes it back with an empty value. */
export function sessionCookie(isHttps: boolean, value: string, maxAgeSeconds: number): string {
  return `${sessionCookieName(isHttps)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${isHttps ? '; Secure' : ''}`;
}

/** Creates the function that tells who calls. `publicKeyOf` knows the joined nodes. */
export function createAuthenticator(
  { config, database, clock }: ControlContext,
  isHttps: boolean,
  publicKeyOf: (nodeId: string) => string | undefined,
): (context: HttpContext, permission: Permission) => Promise<Principal> {
  const verifier = createNodeVerifier();

  function authenticateNode(context: HttpContext): Principal {
    const url = new URL(context.req.url);
    // The host is what the node addressed; only control serves these paths, so a request captured by another
    // node cannot be one of them.
    const parts = {
      method: context.req.method,
      host: context.req.header('host') ?? '',
      path: url.pathname + url.search,
    };
    const header = context.req.header(NODE_SIGNATURE_HEADER);
    const { nodeId } = verifier.verify(header, parts, clock.nowMs(), publicKeyOf);
    return { kind: 'node', nodeId };
  }

  /** A node that joins for the first time signs with a key that is not known yet: it is anyone. */
  function authenticateNewcomer(context: HttpContext): Principal {
    try {
      return authenticateNode(context);
    } catch (error) {
      if (error instanceof MeridianError) return { kind: 'anyone' };
      throw error;
    }
  }

  async function authenticateBearer(authorization: string): Promise<Principal> {
    const token = bearerOf(authorization);
    const found =
      token === undefined ? undefined : await findToken(database, hashSecret(token), clock.nowMs());
    if (found === undefined) throw new MeridianError('wrong_credential');
    await noteUse(found);
    return elevated(database, found.principal, clock.nowMs());
  }

  async function authenticateSender(authorization: string | undefined): Promise<Principal> {
    if (authorization === undefined) return { kind: 'anyone' };
    const token = bearerOf(authorization);
    const found =
      token === undefined ? undefined : await findSender(database, hashSecret(token), clock.nowMs());
    if (found === undefined) throw new MeridianError('wrong_credential');
    return found;
  }

  async function noteUse({ principal, lastUsedAtMs }: FoundToken): Promise<void> {
    const nowMs = clock.nowMs();
    if (lastUsedAtMs === null || nowMs - lastUsedAtMs > LAST_USED_EVERY_MS)
      await touchToken(database, principal.tokenId, nowMs);
  }

  return async (context, permission) => {
    if (permission === 'node') return authenticateNode(context);
    if (permission === 'anyone') {
      // A node that announces new addresses proves with its signature that it is itself.
      if (context.req.header(NODE_SIGNATURE_HEADER) !== undefined) return authenticateNewcomer(context);
      // Logging in also comes with a cookie in its answer: no other site may do it in a visitor's name.
      if (context.req.header('origin') !== undefined) requireOwnOrigin(context);
      return { kind: 'anyone' };
    }
    const authorization = context.req.header('authorization');
    if (permission === 'sender') return authenticateSender(authorization);
    if (authorization !== undefined) return authenticateBearer(authorization);
    const cookie = getCookie(context, sessionCookieName(isHttps));
    if (cookie === undefined || cookie.length > 256) return { kind: 'anyone' };
    if (!SAFE_METHODS.has(context.req.method)) requireOwnOrigin(context);
    const hash = hashSecret(cookie);
    const principal = cookie.startsWith(PERSON_SESSION_PREFIX)
      ? await findPerson(database, config.access.oidc, hash, clock.nowMs())
      : (await findSession(database, hash, clock.nowMs()))?.principal;
    return principal === undefined ? { kind: 'anyone' } : elevated(database, principal, clock.nowMs());
  };
}

/** The token of an Authorization header. */
function bearerOf(authorization: string): string | undefined {
  return /^Bearer\s+(\S{1,256})$/i.exec(authorization)?.[1];
}

/** Throws unless the request comes from a page of our own address. */
function requireOwnOrigin(context: HttpContext): void {
  const origin = context.req.header('origin');
  const host = context.req.header('host');
  const originHost = origin !== undefined && URL.canParse(origin) ? new URL(origin).host : undefined;
  if (originHost === undefined || originHost !== host) throw new MeridianError('cross_origin');
}
