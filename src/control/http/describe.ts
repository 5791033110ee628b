// The route table as OpenAPI operations, and the whole document. The served app and the committed document are made
// from the same operations, so they cannot differ.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { apiRoutes } from '#contract/api/routes.ts';
import { noticeSchema } from '#contract/api/updates.ts';
import { ERRORS, type ErrorCode } from '#contract/errors.ts';
import { nodeRoutes } from '#contract/node-api.ts';
import type { RouteDefinition, RouteTable } from '#contract/route.ts';
import { UPDATE_TOPICS, UPDATES_PATH } from '#contract/update-topics.ts';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

type OperationMethod = 'get' | 'post' | 'patch' | 'put' | 'delete';
type Operation = ReturnType<typeof describeRoute>;

const problemSchema = z
  .object({
    type: z.string().describe('Address that names the kind of error'),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
    status: z.number().int(),
    title: z.string().describe('What is wrong'),
    action: z.string().describe('What to do about it'),
    details: z.record(z.string(), z.union([z.string(), z.number()])),
  })
  .openapi('Problem');

/** Errors that a route can give beyond those that it names itself. */
export function errorsOf(path: string, route: RouteDefinition): readonly ErrorCode[] {
  const codes = new Set<ErrorCode>(['internal', 'unavailable']);
  if (route.params !== undefined || route.query !== undefined || route.body !== undefined)
    codes.add('invalid_request');
  if (route.body !== undefined) codes.add('request_too_large');
  if (route.permission === 'node')
    for (const code of ['node_unknown', 'node_signature'] as const) codes.add(code);
  else if (route.permission === 'sender')
    for (const code of ['unauthenticated', 'wrong_credential'] as const) codes.add(code);
  else if (route.permission !== 'anyone')
    for (const code of ['unauthenticated', 'wrong_credential', 'forbidden', 'wrong_project'] as const)
      codes.add(code);
  if (path.includes('{')) codes.add('not_found');
  for (const code of route.errors ?? []) codes.add(code);
  return [...codes].sort();
}

/** One entry of a table as an OpenAPI operation. */
export function describeRoute(key: string, route: RouteDefinition) {
  const [method = '', path = ''] = key.split(' ');
  const request = {
    ...(route.params === undefined ? {} : { params: route.params as z.ZodObject }),
    ...(route.query === undefined ? {} : { query: route.query as z.ZodObject }),
    ...(route.body === undefined
      ? {}
      : { body: { required: true, content: { 'application/json': { schema: route.body } } } }),
  };
  return createRoute({
    method: method.toLowerCase() as OperationMethod,
    path,
    summary: route.summary,
    tags: [route.tag],
    operationId: operationId(method, path),
    security: securityOf(route),
    request,
    responses: {
      [route.status ?? 200]: {
        description: 'Done',
        content: { 'application/json': { schema: route.response } },
      },
      ...problemResponses(errorsOf(path, route)),
    },
  });
}

function problemResponses(codes: readonly ErrorCode[]) {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes)
    byStatus.set(ERRORS[code].status, [...(byStatus.get(ERRORS[code].status) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      {
        description: ofStatus.map((code) => `\`${code}\`: ${ERRORS[code].message}`).join('\n\n'),
        content: { [PROBLEM_CONTENT_TYPE]: { schema: problemSchema } },
      },
    ]),
  );
}

function securityOf(route: RouteDefinition): { [scheme: string]: string[] }[] {
  if (route.permission === 'anyone') return [];
  if (route.permission === 'node') return [{ nodeSignature: [] }];
  if (route.permission === 'sender') return [{ alertSender: [] }];
  return [{ apiToken: [route.permission] }, { session: [route.permission] }];
}

/** GET /v1/assets/{assetId} → getAssetsAssetId: what generated clients call it. */
function operationId(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '' && word !== 'v1');
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** Every operation of the tables, by route key. */
export function describeRoutes(...tables: readonly RouteTable[]): ReadonlyMap<string, Operation> {
  return new Map(
    tables.flatMap((table) =>
      Object.entries(table).map(([key, route]) => [key, describeRoute(key, route)] as const),
    ),
  );
}

/** The stream of notices: its answer is no JSON, so it stands beside the table. */
const UPDATES_OPERATION = {
  method: 'get' as const,
  path: UPDATES_PATH,
  summary: 'A stream of notices that something of a topic changed; ask its routes again',
  tags: ['live updates'],
  operationId: operationId('GET', UPDATES_PATH),
  security: [{ apiToken: ['viewer'] }, { session: ['viewer'] }],
  request: {
    query: z.object({
      topics: z
        .string()
        .optional()
        .describe(`Of ${UPDATE_TOPICS.join(', ')}, with commas; default: all that the caller may hear of`),
    }),
  },
  responses: {
    200: {
      description: 'Server-sent events; the data of each is a notice',
      content: { 'text/event-stream': { schema: noticeSchema } },
    },
    ...problemResponses([
      'forbidden',
      'internal',
      'invalid_request',
      'overloaded',
      'unauthenticated',
      'unavailable',
      'wrong_credential',
      'wrong_project',
    ]),
  },
};

/** The OpenAPI 3.1 document of everything that control serves. */
export function openApiDocument(): object {
  const app = new OpenAPIHono();
  for (const operation of describeRoutes(apiRoutes, nodeRoutes).values())
    app.openAPIRegistry.registerPath(operation);
  app.openAPIRegistry.registerPath(UPDATES_OPERATION);
  const schemes = {
    apiToken: { type: 'http', scheme: 'bearer', description: 'API token, mrd_…' },
    alertSender: { type: 'http', scheme: 'bearer', description: 'Token of a sender of alerts, mra_…' },
    session: { type: 'apiKey', in: 'cookie', name: 'meridian_session', description: 'Console session' },
    nodeSignature: {
      type: 'apiKey',
      in: 'header',
      name: 'meridian-node',
      description: 'nodeId;sentAtMs;nonce;signature, Ed25519 over method, host, path, time and nonce',
    },
  } as const;
  for (const [name, scheme] of Object.entries(schemes))
    app.openAPIRegistry.registerComponent('securitySchemes', name, scheme);
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Meridian',
      version: '1',
      description: 'Control plane: assets, world, access, and what nodes ask.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
  });
}
