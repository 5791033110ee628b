// A typed client of the route tables: the CLI and tests call control by route key, with the types of the table.
// Answers are not validated again: they come from the same table, and old and new versions run together.

import { type ApiRoutes, apiRoutes } from './api/routes.ts';
import { fromProblem, MeridianError } from './errors.ts';
import type { RouteArguments, RouteResult, RouteTable } from './route.ts';

/** Leaves out what a route does not take, and lets be left out what has only defaults. */
type Given<T> = {
  [P in keyof T as undefined extends T[P] ? never : IsOptional<T[P]> extends true ? never : P]: T[P];
} & {
  [P in keyof T as undefined extends T[P] ? never : IsOptional<T[P]> extends true ? P : never]?: T[P];
};
type IsOptional<T> = Record<never, never> extends T ? true : false;

export type CallArguments<T extends RouteTable, K extends keyof T> = Given<RouteArguments<T[K]>>;
type Rest<T extends RouteTable, K extends keyof T> =
  IsOptional<CallArguments<T, K>> extends true
    ? [given?: CallArguments<T, K>, options?: CallOptions]
    : [given: CallArguments<T, K>, options?: CallOptions];

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ClientOptions {
  /** Address of control, without a slash at the end. */
  readonly baseUrl: string;
  /** API token; without it the caller relies on a cookie, or calls what anyone may. */
  readonly token?: string;
  readonly fetch: typeof globalThis.fetch;
  /** Headers for each request, e.g. a node's signature. */
  readonly headersFor?: (method: string, path: string) => Readonly<Record<string, string>>;
}

export interface RouteClient<T extends RouteTable> {
  /** Calls a route; throws MeridianError for every refusal, `unavailable` when nobody answers. */
  call<K extends keyof T & string>(key: K, ...rest: Rest<T, K>): Promise<RouteResult<T[K]>>;
}

export type ApiClient = RouteClient<ApiRoutes>;

/** Client of the public API. */
export function createApiClient(options: ClientOptions): ApiClient {
  return createRouteClient(apiRoutes, options);
}

/** Client of any route table. */
export function createRouteClient<T extends RouteTable>(table: T, options: ClientOptions): RouteClient<T> {
  return {
    async call(key, ...rest) {
      const [given, callOptions] = rest;
      const { params, query, body } = (given ?? {}) as { params?: object; query?: object; body?: object };
      const [method = 'GET', template = '/'] = key.split(' ');
      const path = fillPath(template, params) + queryText(query);
      const hasBody = table[key]?.body !== undefined;
      const response = await send(
        options,
        method,
        path,
        hasBody ? JSON.stringify(body ?? {}) : undefined,
        callOptions,
      );
      const answer: unknown = await response.json().catch(() => undefined);
      if (response.ok) return answer as never;
      throw (
        fromProblem(answer) ??
        new MeridianError('unavailable', { what: `${options.baseUrl} (status ${response.status})` })
      );
    },
  };
}

async function send(
  options: ClientOptions,
  method: string,
  path: string,
  body: string | undefined,
  callOptions: CallOptions | undefined,
): Promise<Response> {
  try {
    return await options.fetch(options.baseUrl + path, {
      method,
      headers: {
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headersFor?.(method, path),
        ...callOptions?.headers,
      },
      ...(body === undefined ? {} : { body }),
      ...(callOptions?.signal === undefined ? {} : { signal: callOptions.signal }),
    });
  } catch (error) {
    if (callOptions?.signal?.aborted === true) throw error;
    throw new MeridianError('unavailable', { what: options.baseUrl }, { cause: error });
  }
}

function fillPath(template: string, params: object | undefined): string {
  const values = new Map(Object.entries(params ?? {}));
  return template.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(values.get(name) ?? '')),
  );
}

function queryText(query: object | undefined): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
