// Sign-in through a provider of identities. An attempt is bound to the browser that began it by a cookie of its own,
// counts once, and lives ten minutes; in its place comes a session like any other, whose row keeps the groups that the
// provider vouched for. Roles are chosen from them at each request, so that a changed mapping counts for open sessions.
//
// Limits: attempts are kept in memory, so that a restart of control ends them; groups that change at the provider count
// at the next sign-in, twelve hours later at most.

import { readFile } from 'node:fs/promises';
import { getCookie } from 'hono/cookie';
import type { OidcConfig } from '#contract/access.ts';
import { MeridianError } from '#contract/errors.ts';
import { chooseRole, groupsIn } from '#core/access/choose-role.ts';
import {
  createOidcClient,
  type OidcAttempt,
  type OidcClaims,
  type OidcClient,
  OidcError,
} from '#platform/oidc.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { ControlContext as HttpContext } from '../http/middleware.ts';
import { GROUPS_MAX, SESSION_MS, SIGN_IN_ATTEMPT_MS, SIGN_IN_ATTEMPTS_MAX } from '../limits.ts';
import { sessionCookie } from './authenticate.ts';
import { addPersonSession, principalOfPerson } from './people.ts';
import { hashSecret, makeSecret } from './secrets.ts';

export const SIGN_IN_PATH = '/login/oidc';
export const SIGN_IN_CALLBACK_PATH = '/login/oidc/callback';
export const SIGN_OUT_PATH = '/logout/oidc';

/** What the login page is told; it has words for each (console/src/login/sign-in-problem.ts). */
type Problem = 'provider_away' | 'refused' | 'no_role' | 'expired' | 'not_valid';

export interface SignIn {
  readonly label: string;
  /** Sends the browser to the provider. */
  begin(context: HttpContext): Promise<Response>;
  /** Takes it back. */
  finish(context: HttpContext, address: string): Promise<Response>;
  /** Where the browser goes, at control, once its session has ended here; null: it stays. */
  readonly signOutPath: string | null;
  /** Sends the browser to where the provider ends its own session, or to the login page when there is no such place. */
  signOut(context: HttpContext): Promise<Response>;
}

interface Kept {
  readonly attempt: OidcAttempt;
  readonly startedAtMs: number;
}

/** Creates it, when the configuration asks for it; a secret that cannot be read is an error. */
export async function createSignIn(context: ControlContext, isHttps: boolean): Promise<SignIn | null> {
  const { oidc } = context.config.access;
  if (oidc === undefined) return null;
  const { issuer, clientId, scopes, rolesClaim } = oidc;
  const clientSecret = await readSecret(oidc);
  const options = { issuer, clientId, clientSecret, scopes, wantedClaim: rolesClaim };
  return new BrowserSignIn(context, oidc, createOidcClient(options, context.clock.nowMs), isHttps);
}

async function readSecret({ clientSecretFile, clientSecretEnv }: OidcConfig): Promise<string> {
  const secret =
    clientSecretFile === undefined
      ? process.env[clientSecretEnv]
      : await readFile(clientSecretFile, 'utf8').catch((error: unknown) => {
          const why = error instanceof Error ? error.message : String(error);
          throw new MeridianError('invalid_config', {
            reason: `access.oidc.clientSecretFile: the file cannot be read (${why})`,
          });
        });
  const trimmed = secret?.trim() ?? '';
  if (trimmed === '')
    throw new MeridianError('invalid_config', {
      reason:
        clientSecretFile === undefined
          ? `access.oidc.clientSecretEnv: the environment variable ${clientSecretEnv} is not set`
          : `access.oidc.clientSecretFile: ${clientSecretFile} is empty`,
    });
  return trimmed;
}

class BrowserSignIn implements SignIn {
  readonly label: string;
  readonly signOutPath: string | null;
  readonly #context: ControlContext;
  readonly #config: OidcConfig;
  readonly #client: OidcClient;
  readonly #isHttps: boolean;
  /** By the hash of the browser's cookie, oldest first. */
  readonly #kept = new Map<string, Kept>();

  constructor(context: ControlContext, config: OidcConfig, client: OidcClient, isHttps: boolean) {
    this.#context = context;
    this.#config = config;
    this.#client = client;
    this.#isHttps = isHttps;
    this.label = config.label;
    this.signOutPath = config.logoutAtProvider ? SIGN_OUT_PATH : null;
  }

  async begin(http: HttpContext): Promise<Response> {
    const { clock, log, random } = this.#context;
    const callback = this.#urlOf(http, SIGN_IN_CALLBACK_PATH);
    if (callback === null) return this.#back('not_valid');
    try {
      const { url, attempt } = await this.#client.begin(callback);
      const secret = makeSecret('mra', random);
      this.#keep(hashSecret(secret), { attempt, startedAtMs: clock.nowMs() });
      return redirect(url, [this.#cookie(secret, SIGN_IN_ATTEMPT_MS / 1_000)]);
    } catch (error) {
      if (!(error instanceof OidcError)) throw error;
      log.warn({ error: error.message }, 'nobody can sign in through the provider now; tokens go on');
      return this.#back('provider_away');
    }
  }

  async finish(http: HttpContext, address: string): Promise<Response> {
    const { clock, log } = this.#context;
    const kept = this.#take(getCookie(http, this.#cookieName()));
    if (kept === undefined || clock.nowMs() - kept.startedAtMs > SIGN_IN_ATTEMPT_MS)
      return this.#back('expired');
    try {
      const claims = await this.#client.finish(new URL(http.req.url).search, kept.attempt);
      return await this.#open(claims, address);
    } catch (error) {
      if (!(error instanceof OidcError)) throw error;
      log.warn({ kind: error.kind, error: error.message }, 'a sign-in through the provider did not succeed');
      const problems = { away: 'provider_away', refused: 'refused', invalid: 'not_valid' } as const;
      return this.#back(problems[error.kind]);
    }
  }

  async signOut(http: HttpContext): Promise<Response> {
    const home = this.#urlOf(http, '/');
    try {
      const url = home === null ? null : await this.#client.logoutUrl(home);
      return redirect(url ?? '/', []);
    } catch (error) {
      if (!(error instanceof OidcError)) throw error;
      this.#context.log.warn(
        { error: error.message },
        'somebody who logged out here may not be at the provider',
      );
      return redirect('/', []);
    }
  }

  /** An address of control as the browser knows it; null when it cannot be told. */
  #urlOf(http: HttpContext, path: string): string | null {
    const base = this.#context.config.control.url ?? `http://${http.req.header('host') ?? ''}`;
    return URL.canParse(path, base) ? new URL(path, base).href : null;
  }

  async #open(claims: OidcClaims, address: string): Promise<Response> {
    const { clock, database, log, random } = this.#context;
    const { rolesClaim, roles, issuer } = this.#config;
    // An address that its owner never confirmed may be anybody's.
    const isTrusted = rolesClaim !== 'email' || claims.email_verified === true;
    const known = new Set(roles.map(({ group }) => group));
    // Only groups that mean something here are kept.
    const groups = isTrusted ? groupsIn(claims[rolesClaim]).filter((group) => known.has(group)) : [];
    const person = {
      issuer,
      subject: claims.sub.slice(0, 255),
      name: nameIn(claims),
      groups: groups.slice(0, GROUPS_MAX),
    };
    const chosen = chooseRole(person.groups, roles);
    if (chosen === null) {
      log.warn({ subject: person.subject }, 'a person whom the provider knows has no role here');
      return this.#back('no_role');
    }
    const nowMs = clock.nowMs();
    const expiresAtMs = nowMs + SESSION_MS;
    const secret = makeSecret('mro', random);
    const principal = principalOfPerson(person, chosen, expiresAtMs, null);
    await database.transaction().execute(async (transaction) => {
      await addPersonSession(transaction, { ...person, hash: hashSecret(secret), nowMs, expiresAtMs });
      await recordAudit(transaction, principal, nowMs, {
        action: 'session.create',
        subject: principal.tokenId,
        projectId: principal.projectId,
        details: { address, role: chosen.role, groups: person.groups },
      });
    });
    return redirect('/', [sessionCookie(this.#isHttps, secret, SESSION_MS / 1_000), this.#cookie('', 0)]);
  }

  #keep(hash: string, kept: Kept): void {
    this.#kept.set(hash, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= SIGN_IN_ATTEMPTS_MAX) return;
      this.#kept.delete(oldest);
    }
  }

  /** An attempt counts once, whatever becomes of it. */
  #take(secret: string | undefined): Kept | undefined {
    if (secret === undefined || secret.length > 256) return undefined;
    const hash = hashSecret(secret);
    const kept = this.#kept.get(hash);
    this.#kept.delete(hash);
    return kept;
  }

  #back(problem: Problem): Response {
    return redirect(`/?sign-in=${problem}`, [this.#cookie('', 0)]);
  }

  #cookieName(): string {
    return this.#isHttps ? '__Host-meridian_sign_in' : 'meridian_sign_in';
  }

  #cookie(value: string, maxAgeSeconds: number): string {
    const secure = this.#isHttps ? '; Secure' : '';
    return `${this.#cookieName()}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${secure}`;
  }
}

function redirect(location: string, cookies: readonly string[]): Response {
  const headers = new Headers({ location, 'cache-control': 'no-store' });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return new Response(null, { status: 303, headers });
}

/** How a person is shown: what the provider calls them, in one line. */
function nameIn(claims: OidcClaims): string {
  const verified = claims.email_verified === true ? claims.email : undefined;
  const found = [claims.name, claims.preferred_username, verified, claims.sub].find(
    (value): value is string => typeof value === 'string' && value.trim() !== '',
  );
  return (found ?? claims.sub)
    .replace(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, 100);
}
