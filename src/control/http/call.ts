// What a route's handler is given, and the maps of handlers: typed so that a table is served completely, each route
// by exactly one handler, or the program does not compile.

import { assert } from '#base/assert.ts';
import type { RouteDefinition, RouteInput, RouteResult, RouteTable } from '#contract/route.ts';
import type { PrincipalOf } from '../access/principal.ts';

export interface Call<R extends RouteDefinition> extends RouteInput<R> {
  readonly principal: PrincipalOf<R['permission']>;
  readonly requestId: string;
  /** Address of the caller's end of the connection. */
  readonly address: string;
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal;
  /** Adds a header to the answer. */
  setHeader(name: string, value: string): void;
}

export type Handler<R extends RouteDefinition> = (call: Call<R>) => Promise<RouteResult<R>>;

/** Handlers for the routes `K` of a table. */
export type Handlers<T extends RouteTable, K extends keyof T = keyof T> = {
  readonly [P in K]: Handler<T[P]>;
};

type UnionToIntersection<U> = (U extends unknown ? (value: U) => void : never) extends (
  value: infer I,
) => void
  ? I
  : never;

/** Joins the maps of several domains; no route may appear in two of them. */
export function joinHandlers<const Maps extends readonly object[]>(
  ...maps: Maps
): UnionToIntersection<Maps[number]> {
  const joined: Record<string, unknown> = {};
  for (const map of maps)
    for (const [key, handler] of Object.entries(map)) {
      assert(!(key in joined), `one handler for ${key}`);
      joined[key] = handler;
    }
  return joined as UnionToIntersection<Maps[number]>;
}
