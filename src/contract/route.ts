// Routes are data: what a path takes, gives, may refuse with, and who may call it.
// control/ serves them, the CLI and the console call them, OpenAPI is generated from them.

import type { z } from 'zod';
import type { ErrorCode } from './errors.ts';

export type ApiRole = 'viewer' | 'operator' | 'admin';
/** Who may call: anyone, a role of people and tokens (each includes the one before), a joined node, or a sender of alerts. */
export type Permission = 'anyone' | ApiRole | 'node' | 'sender';

export interface RouteDefinition {
  readonly summary: string;
  readonly tag: string;
  readonly permission: Permission;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Largest body; default JSON_BODY_BYTES_MAX. */
  readonly bodyBytesMax?: number;
  /** Of the answer when all is well; default 200. */
  readonly status?: 202;
  /** Schema of that answer. */
  readonly response: z.ZodType;
  /** Errors beyond those that every route can give. */
  readonly errors?: readonly ErrorCode[];
}

/** `METHOD /path/{parameter}` → definition. */
export type RouteTable = Readonly<Record<string, RouteDefinition>>;

type SchemaInput<T> = T extends z.ZodType ? z.input<T> : undefined;
type SchemaOutput<T> = T extends z.ZodType ? z.output<T> : undefined;

/** What a caller passes. */
export interface RouteArguments<R extends RouteDefinition> {
  params: SchemaInput<R['params']>;
  query: SchemaInput<R['query']>;
  body: SchemaInput<R['body']>;
}

/** What a handler receives, parsed. */
export interface RouteInput<R extends RouteDefinition> {
  params: SchemaOutput<R['params']>;
  query: SchemaOutput<R['query']>;
  body: SchemaOutput<R['body']>;
}

/** What a handler returns and a caller receives. */
export type RouteResult<R extends RouteDefinition> = z.output<R['response']>;

/** Keeps the literal types of a route table. */
export function defineRoutes<const T extends RouteTable>(table: T): T {
  return table;
}
