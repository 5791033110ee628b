// Turns a route table and its handlers into Hono routes: who calls, may they, is the input valid, then the handler.
// In that order, so that a stranger learns nothing from validation messages.

import type { OpenAPIHono } from '@hono/zod-openapi';
import type { z } from 'zod';
import { defined } from '#base/assert.ts';
import { MeridianError } from '#contract/errors.ts';
import type { Permission, RouteTable } from '#contract/route.ts';
import { authorize, type Principal } from '../access/principal.ts';
import type { Handlers } from './call.ts';
import { describeRoute } from './describe.ts';
import type { ControlContext, ControlEnvironment } from './middleware.ts';

export interface RouteGate {
  /** Tells who calls; `permission` says which kind of credential counts. */
  authenticate(context: ControlContext, permission: Permission): Promise<Principal>;
  /** Runs what needs the database, or refuses at once when it is away. */
  guard<T>(run: () => Promise<T>): Promise<T>;
  /** Routes that are answered from memory, also while the database is away. */
  readonly fromMemory: ReadonlySet<string>;
  addressOf(context: ControlContext): string;
}

type AnyHandler = (call: unknown) => Promise<object>;
type AnyRequest = { valid(target: 'param' | 'query' | 'json'): unknown };

/** Mounts every route of the table. */
export function mountRoutes<T extends RouteTable>(
  app: OpenAPIHono<ControlEnvironment>,
  table: T,
  handlers: Handlers<T>,
  gate: RouteGate,
): void {
  for (const [key, route] of Object.entries(table)) {
    const handler = defined((handlers as Record<string, unknown>)[key], `a handler for ${key}`) as AnyHandler;
    const principals = new WeakMap<Request, Principal>();
    const guard = gate.fromMemory.has(key) ? <R>(run: () => Promise<R>): Promise<R> => run() : gate.guard;
    app.openapi(
      {
        ...describeRoute(key, route),
        middleware: async (context: ControlContext, next: () => Promise<void>) => {
          const principal = await guard(() => gate.authenticate(context, route.permission));
          authorize(principal, route.permission);
          principals.set(context.req.raw, principal);
          await next();
        },
      },
      async (context) => {
        const request = context.req as unknown as AnyRequest;
        const call = {
          params: route.params === undefined ? undefined : request.valid('param'),
          query: route.query === undefined ? undefined : request.valid('query'),
          body: route.body === undefined ? undefined : request.valid('json'),
          principal: principals.get(context.req.raw) ?? { kind: 'anyone' },
          requestId: context.get('requestId'),
          address: gate.addressOf(context as unknown as ControlContext),
          signal: context.req.raw.signal,
          setHeader: (name: string, value: string) => context.header(name, value, { append: true }),
        };
        const answer = context.json(await guard(() => handler(call)), route.status ?? 200);
        return answer as never;
      },
      (result) => {
        if (!result.success) throw invalidRequest(result.error, result.target);
      },
    );
  }
}

const PLACES: Readonly<Record<string, string>> = { json: 'body', param: 'path', query: 'query' };

/** Names the first field that is wrong and why. */
export function invalidRequest(error: z.core.$ZodError, target: string): MeridianError {
  const issue = error.issues[0];
  const place = [PLACES[target] ?? target, ...(issue?.path ?? [])].join('.');
  const unknownKeys = issue?.code === 'unrecognized_keys' ? ` (${issue.keys.join(', ')})` : '';
  return new MeridianError('invalid_request', {
    reason: `${place}: ${issue?.message ?? 'not valid'}${unknownKeys}`,
  });
}
