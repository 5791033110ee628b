// A control plane for the console's tests: it serves the built console under a strict content security policy and
// answers the API from memory. Requests and answers both pass through the schemas of the contract, so that neither
// the console nor this fake can drift away from it.

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defined } from '#base/assert.ts';
import { apiRoutes } from '#contract/api/routes.ts';
import { MeridianError, toProblem } from '#contract/errors.ts';
import type { RouteDefinition } from '#contract/route.ts';
import { UPDATES_PATH } from '#contract/update-topics.ts';
import { makeBroadcasts } from '../live/fake-broadcasts.ts';
import { makeOncall } from '../oncall/fake-oncall.ts';
import { answerAsEdge } from './fake-edge.ts';
import { edgeUrlsOf, makeHandlers } from './fake-handlers.ts';
import { makeCopies, makeEdges, makeImports, makeTimeline, makeUsage } from './fake-operations.ts';
import { makeOrders } from './fake-orders.ts';
import { makeFakeRunbooks } from './fake-runbooks.ts';
import { makeFakeSessions } from './fake-sessions.ts';
import { makeSlos } from './fake-slos.ts';
import type { ApiKey, FakeState } from './fake-state.ts';
import { createFakeUpdates, type FakeUpdates } from './fake-updates.ts';
import { makeWebhooks } from './fake-webhooks.ts';
import { makeJobs, makeLibrary, makeWorld } from './fake-world.ts';

const DIST = fileURLToPath(new URL('../../console/dist/', import.meta.url));

export interface FakeControl {
  readonly url: string;
  readonly edgeUrl: string;
  readonly state: FakeState;
  /** Streams of notices; every change through the API is told to them, tests tell what they change themselves. */
  readonly updates: FakeUpdates;
  /** Calls received, newest last. */
  readonly calls: { key: ApiKey; params: unknown; query: unknown; body: unknown }[];
  /** Answers or requests that the contract does not allow; must stay empty. */
  readonly drift: string[];
  close(): Promise<void>;
}

/** Nothing inline, nothing from elsewhere but pictures and frames of edges and uploads to ingests. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' http:",
  "connect-src 'self' http:",
  'frame-src http:',
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/** Three healthy regions and a library of a dozen assets. */
function makeState(edgeUrl: string): FakeState {
  const nowMs = Date.now();
  const assets = makeLibrary(nowMs, edgeUrl);
  const world = makeWorld(nowMs);
  return {
    world,
    assets,
    storage: {
      copies: new Map(assets.slice(5, 6).map((asset) => [asset.id, makeCopies(asset, nowMs)])),
      usage: makeUsage(['default']),
      restore() {
        throw new MeridianError('gone', { what: 'asset' });
      },
    },
    encoding: { preset: 'standard', isPerTitle: null, codecs: ['h264'] },
    imports: { list: makeImports(nowMs, assets) },
    oncall: makeOncall(),
    broadcasts: { list: makeBroadcasts(nowMs, edgeUrlsOf(world)) },
    incidents: {
      nowMs,
      changes: [],
      differences: [],
      revertedIds: new Set(),
      closeness: [],
      list: [],
      timelines: new Map(),
      written: new Map(),
      statusUpdates: new Map(),
    },
    alerts: { list: [], silences: [], rules: [], channels: [], notifications: [] },
    orders: { list: makeOrders(world, nowMs) },
    runbooks: makeFakeRunbooks(),
    sessions: makeFakeSessions(nowMs),
    slos: makeSlos(),
    seriesPoints: () => [],
    jobs: makeJobs(assets, nowMs),
    tokens: [
      {
        id: 'tok_1',
        name: 'first admin',
        role: 'admin',
        projectId: null,
        regionIds: null,
        createdAtMs: nowMs - 9e8,
        lastUsedAtMs: nowMs - 4_000,
        expiresAtMs: null,
      },
      {
        id: 'tok_2',
        name: 'upload robot',
        role: 'operator',
        projectId: 'default',
        regionIds: null,
        createdAtMs: nowMs - 3e8,
        lastUsedAtMs: nowMs - 7e6,
        expiresAtMs: nowMs + 2e9,
      },
      {
        id: 'tok_3',
        name: 'wallboard',
        role: 'viewer',
        projectId: null,
        regionIds: null,
        createdAtMs: nowMs - 8e7,
        lastUsedAtMs: null,
        expiresAtMs: null,
      },
    ],
    projects: [
      {
        id: 'default',
        name: 'Default',
        createdAtMs: nowMs - 9e8,
        assetCount: assets.length,
        targetLufs: null,
      },
    ],
    audit: makeAudit(nowMs),
    edges: makeEdges(world, assets),
    timeline: assets.slice(5, 6).flatMap(makeTimeline),
    webhooks: makeWebhooks(nowMs),
    findings: [],
    ingests: [],
    drainWarnings: [],
    signInProvider: null,
    access: { glass: [], recoveryCode: '7KQ2M-0F8XA-P3D6T-9XW4T', codes: [] },
    pausedRegionIds: [],
    scaledRegions: {},
    role: 'admin',
    isAway: false,
    isCutShort: false,
    hold: undefined,
    failing: new Map(),
  };
}

/** Starts the fake with three healthy regions and a library of a dozen assets. */
export async function startFakeControl(): Promise<FakeControl> {
  const edge = createServer(answerAsEdge);
  const edgeUrl = await listen(edge);
  const state = makeState(edgeUrl);
  const calls: FakeControl['calls'] = [];
  const drift: string[] = [];
  const handlers = makeHandlers(state);
  const updates = createFakeUpdates(() => state.isAway);

  async function answerApi(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const found = findRoute(request.method ?? 'GET', url.pathname);
    if (found === undefined) throw new MeridianError('not_found', { what: 'such route' });
    const { key, params } = found;
    const route: RouteDefinition = apiRoutes[key];
    const isLoggedIn = request.headers.cookie?.includes('meridian_session=yes') === true;
    if (route.permission !== 'anyone' && !isLoggedIn) throw new MeridianError('unauthenticated');
    const body = await readJson(request);
    const given = {
      params: parse(route.params, params, `${key} params`),
      query: parse(route.query, Object.fromEntries(url.searchParams), `${key} query`),
      body: parse(route.body, body, `${key} body`),
    };
    calls.push({ key, ...given });
    if (!key.endsWith(' /v1/session')) await state.hold;
    const failure = state.failing.get(key);
    if (failure !== undefined) throw failure;
    const handler = handlers[key] as (given: object) => unknown;
    const answer = parse(route.response, await handler(given), `${key} answer`);
    if (!key.startsWith('GET ')) updates.tellAll();
    if (key === 'POST /v1/session')
      response.setHeader('set-cookie', 'meridian_session=yes; Path=/; HttpOnly; SameSite=Lax');
    if (key === 'DELETE /v1/session')
      response.setHeader('set-cookie', 'meridian_session=; Path=/; Max-Age=0');
    if (state.isCutShort) cutShort(response);
    else sendJson(response, 200, answer);
  }

  function parse(schema: RouteDefinition['body'], value: unknown, what: string): unknown {
    if (schema === undefined) return undefined;
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const reason = `${what}: ${result.error.message}`;
    drift.push(reason);
    throw new MeridianError('invalid_request', { reason });
  }

  const control = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (!url.pathname.startsWith('/v1/')) {
      void sendFile(response, url.pathname);
      return;
    }
    if (state.isAway) {
      request.socket.destroy();
      return;
    }
    if (url.pathname === UPDATES_PATH) {
      updates.answer(request, response);
      return;
    }
    answerApi(request, response, url).catch((error: unknown) => {
      if (!(error instanceof MeridianError)) drift.push(String(error));
      const problem = toProblem(error);
      sendJson(response, problem.status, problem);
    });
  });
  const url = await listen(control);
  return {
    url,
    edgeUrl,
    state,
    updates,
    calls,
    drift,
    close: async () => {
      updates.close();
      await close(control);
      await close(edge);
    },
  };
}

function findRoute(
  method: string,
  path: string,
): { key: ApiKey; params: Record<string, string> } | undefined {
  for (const key of Object.keys(apiRoutes) as ApiKey[]) {
    const [wanted, template] = key.split(' ');
    const pattern = new RegExp(`^${defined(template, 'a path').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
    const match = wanted === method ? pattern.exec(path) : null;
    if (match !== null) return { key, params: { ...match.groups } };
  }
  return undefined;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? undefined : JSON.parse(text);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

/** The head and the first byte of an answer, then the end of the connection. */
function cutShort(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
  response.write('{', () => response.destroy());
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

async function sendFile(response: ServerResponse, path: string): Promise<void> {
  const name = extname(path) === '' ? 'index.html' : path.slice(1);
  try {
    const content = await readFile(join(DIST, name));
    response.writeHead(200, {
      'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
    });
    response.end(content);
  } catch (error) {
    response.writeHead(404);
    response.end(`${name} is missing: run \`npm run build\` first (${String(error)})`);
  }
}

function makeAudit(nowMs: number): FakeState['audit'] {
  const rows = [
    ['first admin', 'drain.start', 'los-angeles', {}],
    ['upload robot', 'asset.visibility', 'ast_01jd0000000000000000000000', { to: 'private' }],
    ['first admin', 'drain.end', 'los-angeles', {}],
    ['first admin', 'token.create', 'upload robot', { role: 'operator' }],
    ['system', 'token.create', 'first admin', { role: 'admin', file: 'admin-token' }],
  ] as const;
  return rows.map(([actor, action, subject, details], index) => ({
    id: 100 - index,
    atMs: nowMs - index * 4_100_000,
    actor,
    action,
    subject,
    projectId: action.startsWith('asset') ? 'default' : null,
    details,
  }));
}
