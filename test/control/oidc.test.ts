// Sign-in through a provider of identities: a real one (oidc-provider) from button to session, and one that signs
// whatever a test wants for everything that must be refused.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Provider } from 'oidc-provider';
import { closeServer } from '#platform/http/server.ts';
import { type FakeIssuer, type Issued, startFakeIssuer } from './fake-issuer.ts';
import { onEveryDatabase, type TestControl } from './support.ts';

const CLIENT_ID = 'meridian';
const CLIENT_SECRET = 'secret-secret-secret';
const secretFile = join(tmpdir(), `meridian-oidc-${process.pid}`);
writeFileSync(secretFile, `${CLIENT_SECRET}\n`, { mode: 0o600 });

const configFor = (issuer: string, changes: object = {}) => ({
  config: {
    access: {
      oidc: {
        label: 'Example',
        issuer,
        clientId: CLIENT_ID,
        clientSecretFile: secretFile,
        roles: [
          { group: 'sre', role: 'admin' },
          { group: 'ops-eu', role: 'operator', regions: ['dublin'] },
        ],
        ...changes,
      },
    },
  },
});

/** A browser with its cookies, which follows nothing by itself. */
class Browser {
  readonly #cookies = new Map<string, string>();

  async go(url: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(init.headers as Record<string, string>), cookie };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const text of response.headers.getSetCookie()) {
      const [pair = ''] = text.split(';');
      const at = pair.indexOf('=');
      const value = pair.slice(at + 1);
      if (value === '') this.#cookies.delete(pair.slice(0, at));
      else this.#cookies.set(pair.slice(0, at), value);
    }
    return response;
  }

  /** Where a redirect leads. */
  async leadsTo(url: string): Promise<string> {
    const response = await this.go(url);
    await response.body?.cancel();
    assert.ok(response.status >= 300 && response.status < 400, `${url} redirects: ${response.status}`);
    return new URL(response.headers.get('location') ?? '', url).href;
  }

  /** The page that an address leads to in the end. */
  async page(url: string): Promise<string> {
    const response = await this.go(url);
    const text = await response.text();
    if (response.status < 300 || response.status >= 400) return text;
    return this.page(new URL(response.headers.get('location') ?? '', url).href);
  }

  async logOut(world: TestControl): Promise<unknown> {
    const headers = { origin: world.url };
    return (await this.go(`${world.url}/v1/session`, { method: 'DELETE', headers })).json();
  }

  async session(world: TestControl): Promise<Record<string, unknown> | null> {
    const response = await this.go(`${world.url}/v1/session`);
    const body = (await response.json()) as Record<string, unknown>;
    return response.status === 200 ? body : null;
  }
}

const begin = (world: TestControl, browser: Browser) => browser.leadsTo(`${world.url}/login/oidc`);
const leave = (world: TestControl, browser: Browser) => browser.leadsTo(`${world.url}/logout/oidc`);
const problemOf = (url: string): string | null => new URL(url).searchParams.get('sign-in');

/** From the button to where control sends the browser in the end. */
async function signIn(world: TestControl, fake: FakeIssuer, browser = new Browser()): Promise<string> {
  return browser.leadsTo(fake.authorize(await begin(world, browser)));
}

const HOUR_S = 3_600;
const nowS = () => Math.floor(Date.now() / 1_000);

const REFUSED: readonly { readonly what: string; readonly issued: Issued; readonly problem: string }[] = [
  { what: 'no group at all', issued: {}, problem: 'no_role' },
  { what: 'a group that has no role', issued: { claims: { groups: ['strangers'] } }, problem: 'no_role' },
  {
    what: 'another nonce',
    issued: { claims: { groups: ['sre'], nonce: 'of-another-sign-in' } },
    problem: 'not_valid',
  },
  {
    what: 'a token that has expired',
    issued: { claims: { groups: ['sre'], iat: nowS() - 2 * HOUR_S, exp: nowS() - HOUR_S } },
    problem: 'not_valid',
  },
  {
    what: 'a token for another client',
    issued: { claims: { groups: ['sre'], aud: 'other' } },
    problem: 'not_valid',
  },
  {
    what: 'a token of another issuer',
    issued: { claims: { groups: ['sre'], iss: 'https://elsewhere.example' } },
    problem: 'not_valid',
  },
  {
    what: 'a token that somebody else signed',
    issued: { claims: { groups: ['sre'] }, isForged: true },
    problem: 'not_valid',
  },
];

onEveryDatabase('sign-in through a provider', (suite) => {
  test('with oidc-provider: button, provider, session, logout', async () => {
    let listener: RequestListener = (_, response) => response.writeHead(503).end();
    const server = createServer((request, response) => listener(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const world = await suite.start(configFor(issuer));
      const browser = new Browser();
      // While the provider does not answer, people are told, and tokens go on.
      assert.equal(problemOf(await begin(world, browser)), 'provider_away');
      assert.equal((await world.admin.call('GET /v1/session')).role, 'admin');
      assert.equal(await leave(world, browser), `${world.url}/`);
      listener = new Provider(issuer, {
        clients: [
          {
            client_id: CLIENT_ID,
            client_secret: CLIENT_SECRET,
            redirect_uris: [`${world.url}/login/oidc/callback`],
            post_logout_redirect_uris: [`${world.url}/`],
          },
        ],
        pkce: { required: () => true },
        claims: { openid: ['sub'], profile: ['name', 'groups'] },
        findAccount: (_context: unknown, id: string) => ({
          accountId: id,
          claims: () => ({ sub: id, name: 'Ada Lovelace', groups: ['ops-eu', 'others'] }),
        }),
      }).callback();
      assert.deepEqual(await world.client().call('GET /v1/sign-in'), {
        provider: { label: 'Example', path: '/login/oidc' },
      });
      let url = await begin(world, browser);
      while (!url.startsWith(world.url)) {
        const response = await browser.go(url);
        const text = await response.text();
        if (response.status >= 300 && response.status < 400) {
          url = new URL(response.headers.get('location') ?? '', url).href;
          continue;
        }
        const body = text.includes('value="login"') ? 'prompt=login&login=ada&password=x' : 'prompt=consent';
        const headers = { 'content-type': 'application/x-www-form-urlencoded' };
        const next = await browser.go(url, { method: 'POST', body, headers });
        url = new URL(next.headers.get('location') ?? '', url).href;
      }
      assert.equal(problemOf(await browser.leadsTo(url)), null);
      const session = await browser.session(world);
      assert.deepEqual(
        [session?.name, session?.role, session?.regionIds],
        ['Ada Lovelace', 'operator', ['dublin']],
      );
      const { entries } = await world.admin.call('GET /v1/audit', { query: { limit: 1 } });
      assert.deepEqual(
        [entries[0]?.action, entries[0]?.actor],
        ['session.create', 'person:Ada Lovelace (oidc:ada)'],
      );
      // The code counts once, and so does the attempt.
      assert.equal(problemOf(await browser.leadsTo(url)), 'expired');
      assert.deepEqual(await browser.logOut(world), { isLoggedOut: true, path: '/logout/oidc' });
      assert.equal(await browser.session(world), null);

      // The provider still knows the person, asks, forgets them, and sends the browser back.
      const question = await browser.page(await leave(world, browser));
      const [, action = '', xsrf = ''] = /action="([^"]+)".*name="xsrf" value="([^"]+)"/.exec(question) ?? [];
      const back = await browser.go(action, {
        method: 'POST',
        body: new URLSearchParams({ xsrf, logout: 'yes' }).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
      assert.equal(back.headers.get('location'), `${world.url}/`);
      assert.match(await browser.page(await begin(world, browser)), /value="login"/);
    } finally {
      await closeServer(server);
    }
  });

  test('what the provider does not vouch for properly is refused with a reason', async () => {
    const fake = await startFakeIssuer(CLIENT_ID, CLIENT_SECRET, Date.now);
    try {
      const world = await suite.start(configFor(fake.issuer));
      for (const { what, issued, problem } of REFUSED) {
        fake.issued = issued;
        const browser = new Browser();
        assert.equal(problemOf(await signIn(world, fake, browser)), problem, what);
        assert.equal(await browser.session(world), null, what);
      }
      fake.issued = { claims: { groups: ['sre'] } };
      const ada = new Browser();
      assert.equal(problemOf(await signIn(world, fake, ada)), null);
      assert.equal((await ada.session(world))?.role, 'admin');

      // An answer counts in the browser that asked, for the question that it asked, once.
      const mallory = new Browser();
      const stolen = fake.authorize(await begin(world, ada));
      assert.equal(problemOf(await mallory.leadsTo(stolen)), 'expired');
      await begin(world, mallory);
      assert.equal(problemOf(await mallory.leadsTo(stolen)), 'not_valid');
      assert.equal(await mallory.session(world), null);
      // A code that was used goes into a new attempt of the same browser.
      const used = new URL(fake.authorize(await begin(world, ada)));
      await ada.leadsTo(used.href);
      const fresh = new URL(fake.authorize(await begin(world, ada)));
      fresh.searchParams.set('code', used.searchParams.get('code') ?? '');
      assert.equal(problemOf(await ada.leadsTo(fresh.href)), 'not_valid');
      // The provider says no.
      const denied = new URL(fake.authorize(await begin(world, ada)));
      denied.searchParams.delete('code');
      denied.searchParams.set('error', 'access_denied');
      assert.equal(problemOf(await ada.leadsTo(denied.href)), 'refused');
      // It goes away between the question and the answer.
      const late = fake.authorize(await begin(world, ada));
      fake.isAway = true;
      assert.equal(problemOf(await ada.leadsTo(late)), 'provider_away');
    } finally {
      await fake.stop();
    }
  });

  test('logging out leads to the provider where it can, with nothing of a token and nowhere else', async () => {
    const fake = await startFakeIssuer(CLIENT_ID, CLIENT_SECRET, Date.now);
    fake.issued = { claims: { groups: ['sre'] } };
    const loggedOut = async (world: TestControl): Promise<unknown> => {
      const browser = new Browser();
      await signIn(world, fake, browser);
      return browser.logOut(world);
    };
    try {
      const without = await suite.start(configFor(fake.issuer));
      assert.deepEqual(await loggedOut(without), { isLoggedOut: true, path: '/logout/oidc' });
      assert.equal(await leave(without, new Browser()), `${without.url}/`);

      fake.metadata = { end_session_endpoint: `${fake.issuer}/logout?of=example` };
      const world = await suite.start(configFor(fake.issuer));
      const url = new URL(
        await new Browser().leadsTo(
          `${world.url}/logout/oidc?post_logout_redirect_uri=https://elsewhere.example`,
        ),
      );
      assert.equal(url.origin + url.pathname, `${fake.issuer}/logout`);
      assert.deepEqual(Object.fromEntries(url.searchParams), {
        of: 'example',
        client_id: CLIENT_ID,
        post_logout_redirect_uri: `${world.url}/`,
      });
      assert.deepEqual(await world.admin.call('DELETE /v1/session'), { isLoggedOut: true, path: null });

      const unwanted = await suite.start(configFor(fake.issuer, { logoutAtProvider: false }));
      assert.deepEqual(await loggedOut(unwanted), { isLoggedOut: true, path: null });
    } finally {
      await fake.stop();
    }
  });

  test('an address that nobody confirmed gives no role, and a changed mapping counts for open sessions', async () => {
    const fake = await startFakeIssuer(CLIENT_ID, CLIENT_SECRET, Date.now);
    try {
      const email = 'ada@example.org';
      const world = await suite.start(
        configFor(fake.issuer, { rolesClaim: 'email', roles: [{ group: email, role: 'admin' }] }),
      );
      fake.issued = { claims: { email, email_verified: false } };
      assert.equal(problemOf(await signIn(world, fake)), 'no_role');
      fake.issued = { claims: { email, email_verified: true } };
      const browser = new Browser();
      assert.equal(problemOf(await signIn(world, fake, browser)), null);
      assert.equal((await browser.session(world))?.role, 'admin');
      await world.database
        .updateTable('person_sessions')
        .set({ groups: ['gone'] })
        .execute();
      assert.equal(await browser.session(world), null);
    } finally {
      await fake.stop();
    }
  });
});
