// The one way to the control plane: calls the routes of contract/api with their types, and says plainly
// whether a failure was an answer (ApiError), or no answer at all (UnreachableError).

import type { ApiRoutes } from '../../src/contract/api/routes.ts';
import { fromProblem } from '../../src/contract/errors.ts';
import type { RouteArguments, RouteResult } from '../../src/contract/route.ts';
import { noteAnswered, noteMissed } from './connection.ts';

export type RouteKey = keyof ApiRoutes;
export type ApiResult<K extends RouteKey> = RouteResult<ApiRoutes[K]>;

type Given<T> = { [P in keyof T as undefined extends T[P] ? never : P]: T[P] } & {
  [P in keyof T as undefined extends T[P] ? P : never]?: Exclude<T[P], undefined>;
};
export type ApiArguments<K extends RouteKey> = Given<RouteArguments<ApiRoutes[K]>>;

/** An answer that refuses, with what the reader can do about it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly action: string;

  constructor(status: number, code: string, message: string, action: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.action = action;
  }
}

/** Control did not answer: it is down, restarting, or the network between is. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  readonly action = 'The console tries again by itself. Playback and uploads do not depend on it.';
}

/** Longer than any honest answer takes; past it the operator is better served by the banner. */
const ANSWER_MS_MAX = 8_000;
/** A proxy in front of control answers with these when control itself is away. */
const GATEWAY_STATUSES: ReadonlySet<number> = new Set([502, 504]);

let onSessionEnded: () => void = () => {};
/** Sets what happens when control no longer knows who we are. */
export function setSessionEndedHandler(handler: () => void): void {
  onSessionEnded = handler;
}

/** Calls a route, e.g. `call('GET /v1/assets/{assetId}', { params: { assetId } })`. */
export async function call<K extends RouteKey>(
  key: K,
  given: ApiArguments<K>,
  signal?: AbortSignal,
): Promise<ApiResult<K>> {
  const { params, query, body } = given as { params?: object; query?: object; body?: object };
  const [method = 'GET', template = '/'] = key.split(' ');
  const timeout = AbortSignal.timeout(ANSWER_MS_MAX);
  let response: Response;
  let parsed: unknown;
  try {
    response = await fetch(fillPath(template, params) + queryText(query), {
      method,
      credentials: 'same-origin',
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    if (GATEWAY_STATUSES.has(response.status)) throw new Error(`status ${response.status}`);
    // An error without a readable body is still an answer; a success without one is a broken connection.
    parsed = await (response.ok ? response.json() : response.json().catch(() => undefined));
  } catch (error) {
    if (signal?.aborted === true) throw error;
    noteMissed();
    throw new UnreachableError('The control plane does not answer.', { cause: error });
  }
  noteAnswered();
  if (response.ok) return parsed as ApiResult<K>;
  if (response.status === 401 && key !== 'POST /v1/session') onSessionEnded();
  throw toApiError(response.status, parsed);
}

function toApiError(status: number, body: unknown): ApiError {
  const known = fromProblem(body);
  if (known !== undefined) return new ApiError(status, known.code, known.message, known.action);
  return new ApiError(status, 'internal', `Control answered with status ${status}.`, 'Look at its log.');
}

function fillPath(template: string, params: object = {}): string {
  const values = params as Readonly<Record<string, unknown>>;
  return template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])));
}

function queryText(query: object = {}): string {
  const entries = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  return entries.length === 0
    ? ''
    : `?${new URLSearchParams(entries.map(([name, value]) => [name, String(value)]))}`;
}
