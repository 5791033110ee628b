// The HTTP side of control: API, node API, console, health, metrics, in one Hono app on one node:http server.

import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { OpenAPIHono } from '@hono/zod-openapi';
import { HTTPException } from 'hono/http-exception';
import { type ApiRoutes, apiRoutes } from '#contract/api/routes.ts';
import { MeridianError, toProblem } from '#contract/errors.ts';
import { nodeRoutes } from '#contract/node-api.ts';
import { UPDATES_PATH } from '#contract/update-topics.ts';
import { closeServer, listen } from '#platform/http/server.ts';
import type { Log } from '#platform/log.ts';
import type { Metrics } from '#platform/metrics.ts';
import { authorize, type UserPrincipal } from '../access/principal.ts';
import { SIGN_IN_CALLBACK_PATH, SIGN_IN_PATH, SIGN_OUT_PATH, type SignIn } from '../access/sign-in.ts';
import { FEED_PATH } from '../oncall/feeds.ts';
import type { Handlers } from './call.ts';
import { consoleResponse } from './console-files.ts';
import { openApiDocument, PROBLEM_CONTENT_TYPE } from './describe.ts';
import {
  bodyBytesMaxOf,
  bodyLimit,
  type ControlContext,
  type ControlEnvironment,
  requestIds,
  securityHeaders,
} from './middleware.ts';
import { mountRoutes, type RouteGate } from './routes.ts';

export interface ControlServerDependencies {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly random: (bytes: number) => Uint8Array;
  readonly isHttps: boolean;
  readonly consoleDirectory: string;
  readonly apiHandlers: Handlers<ApiRoutes>;
  readonly nodeHandlers: Handlers<typeof nodeRoutes>;
  readonly gate: Omit<RouteGate, 'addressOf'>;
  /** Through a provider of identities; null: there is none. */
  readonly signIn: SignIn | null;
  /** The calendar that a secret opens. */
  readFeed(token: string): Promise<string>;
  /** A stream of notices for whoever may listen. */
  openUpdates(principal: UserPrincipal, topics: string | undefined): Promise<ReadableStream<Uint8Array>>;
  /** Why control cannot do its work now, each a sentence; empty when it can. */
  notReadyReasons(): readonly string[];
}

/** Bodies are small; a client that takes longer than this to send one only holds a socket. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Long polls of a large fleet plus people. */
const CONNECTIONS_MAX = 10_000;

/** Address of the connection's other end, in one form for IPv4. */
export function addressOf(context: ControlContext): string {
  return (getConnInfo(context).remote.address ?? 'unknown').replace(/^::ffff:/, '');
}

function createApp(dependencies: ControlServerDependencies): OpenAPIHono<ControlEnvironment> {
  const { log, metrics } = dependencies;
  const app = new OpenAPIHono<ControlEnvironment>();
  const answered = (status: number) =>
    metrics.counter('control_requests_total', 'Requests answered', {
      class: `${Math.floor(status / 100)}xx`,
    });

  app.use(requestIds(dependencies.random));
  app.use(securityHeaders(dependencies.isHttps));
  app.use(async (context, next) => {
    await next();
    answered(context.res.status).value += 1;
  });
  app.use(bodyLimit);
  mountStatusPages(app, dependencies);
  mountUpdates(app, dependencies);
  mountRoutes(app, apiRoutes, dependencies.apiHandlers, { ...dependencies.gate, addressOf });
  mountRoutes(app, nodeRoutes, dependencies.nodeHandlers, { ...dependencies.gate, addressOf });

  let document: string | undefined;
  app.get('/v1/openapi.json', (context) => {
    document ??= JSON.stringify(openApiDocument());
    return context.body(document, 200, { 'content-type': 'application/json' });
  });
  app.get(FEED_PATH, async (context) =>
    context.body(await dependencies.readFeed(context.req.query('token') ?? ''), 200, {
      'content-type': 'text/calendar; charset=utf-8',
    }),
  );
  const { signIn } = dependencies;
  if (signIn !== null) {
    app.get(SIGN_IN_PATH, (context) => signIn.begin(context));
    app.get(SIGN_IN_CALLBACK_PATH, (context) =>
      dependencies.gate.guard(() => signIn.finish(context, addressOf(context))),
    );
    app.get(SIGN_OUT_PATH, (context) => signIn.signOut(context));
  }
  app.all('/v1/*', () => {
    throw new MeridianError('not_found', { what: 'such route' });
  });
  app.all('/node/*', () => {
    throw new MeridianError('not_found', { what: 'such route' });
  });
  app.get('*', (context) => consoleResponse(dependencies.consoleDirectory, context.req.path));
  app.notFound(() => {
    throw new MeridianError('not_found', { what: 'such route' });
  });
  app.onError((error, context) => problemResponse(error, context, log));
  return app;
}

function mountUpdates(
  app: OpenAPIHono<ControlEnvironment>,
  { gate, openUpdates }: ControlServerDependencies,
): void {
  app.get(UPDATES_PATH, async (context) => {
    const principal = await gate.guard(() => gate.authenticate(context, 'viewer'));
    authorize(principal, 'viewer');
    // `authorize` lets none but users pass here; the compiler does not know.
    if (principal.kind !== 'user') throw new MeridianError('unauthenticated');
    const body = await openUpdates(principal, context.req.query('topics'));
    return context.body(body, 200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
  });
}

function problemResponse(error: Error, context: ControlContext, log: Log): Response {
  const requestId = context.get('requestId') ?? '';
  const known = knownError(error, context);
  if (!(known instanceof MeridianError))
    log.error(
      { requestId, method: context.req.method, path: context.req.path, error: error.stack ?? String(error) },
      'a request failed for a reason of our own',
    );
  const problem = toProblem(known, requestId);
  const headers: Record<string, string> = { 'content-type': PROBLEM_CONTENT_TYPE };
  const { retryAfterSeconds } = problem.details;
  if (retryAfterSeconds !== undefined) headers['retry-after'] = String(retryAfterSeconds);
  else if (problem.code === 'unavailable') headers['retry-after'] = '1';
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}

function knownError(error: Error, context: ControlContext): Error {
  if (context.get('isTooLarge') === true)
    return new MeridianError('request_too_large', {
      limitBytes: bodyBytesMaxOf(context.req.method, context.req.path),
    });
  if (error instanceof HTTPException && error.status < 500)
    return new MeridianError('invalid_request', { reason: `body: ${error.message}` }, { cause: error });
  return error;
}

function mountStatusPages(
  app: OpenAPIHono<ControlEnvironment>,
  dependencies: ControlServerDependencies,
): void {
  app.get('/healthz', (context) =>
    context.json({ isAlive: true, reasons: dependencies.notReadyReasons() }, 200),
  );
  app.get('/readyz', (context) => {
    const reasons = dependencies.notReadyReasons();
    const isReady = reasons.length === 0;
    return context.json({ isReady, reason: reasons[0] ?? null, reasons }, isReady ? 200 : 503);
  });
  app.get('/metrics', async (context) =>
    context.body(await dependencies.metrics.text(), 200, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    }),
  );
}

export interface ControlServer {
  /** Listens and returns the port. */
  start(host: string, port: number): Promise<number>;
  stop(): Promise<void>;
}

/** Creates the server; nothing listens until `start`. */
export function createControlServer(dependencies: ControlServerDependencies): ControlServer {
  const app = createApp(dependencies);
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, getRequestListener(app.fetch));
  server.maxConnections = CONNECTIONS_MAX;
  return {
    start: (host, port) => listen(server, host, port, 'the control plane'),
    stop: () => closeServer(server),
  };
}
