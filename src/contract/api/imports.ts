// Imports: media that a node fetches from an address or from a bucket, instead of somebody sending it. Control only
// keeps the list; the bytes go straight to an ingest and are kept as an upload's are. Secrets of buckets never travel:
// a source is a name that the configuration of the nodes explains (`imports.sources`).

import { z } from 'zod';
import { presetNameSchema, presetTextSchema } from '../encoding.ts';
import { assetIdSchema, DEFAULT_PROJECT_ID, projectIdSchema, timestampMsSchema } from '../identifiers.ts';
import { jobFailureSchema } from '../jobs.ts';
import { acceptedSchema, claimSchema, fence, leaseFields, leaseKeptSchema } from '../leases.ts';
import { PAGE_SIZE_MAX } from '../limits.ts';
import { visibilitySchema } from '../media.ts';
import { defineRoutes } from '../route.ts';

/** Objects that a node reports in one request: a page of a listing. */
export const IMPORT_OBJECTS_PER_PAGE_MAX = 1_000;

export const importIdSchema = z
  .string()
  .regex(/^imp_[0-9a-z]{26}$/)
  .describe('Import');
export const importSourceNameSchema = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/)
  .describe('A name under `imports.sources` in the configuration of the nodes');

const importUrlSchema = z
  .url({ protocol: /^https?$/ })
  .max(4_096)
  .describe('Where the media lies, http(s)');
const objectKeySchema = z.string().min(1).max(1_024);

export const importStateSchema = z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']);

export const importViewSchema = z.object({
  id: importIdSchema,
  projectId: projectIdSchema,
  kind: z.enum(['url', 'bucket', 'object']).describe('object: one object of a bucket import'),
  parentId: importIdSchema.nullable().describe('The bucket import that an object belongs to'),
  location: z.string().describe('The address without its query, or s3://source/key'),
  name: z.string().nullable().describe('null: the last part of the address'),
  visibility: visibilitySchema,
  preset: z.string().nullable().describe('null: as the project has it'),
  state: importStateSchema.describe('A bucket is running until all of its objects have ended'),
  assetId: assetIdSchema.nullable().describe('The asset that it becomes; null for a bucket'),
  attempt: z.number().int(),
  nodeId: z.string().nullable().describe('The node that fetches it, or did last'),
  receivedBytes: z.number(),
  totalBytes: z.number().nullable().describe('null: not known yet'),
  objects: z
    .object({
      found: z.number().int(),
      skipped: z.number().int().describe('Imported before, unchanged since'),
      waiting: z.number().int(),
      running: z.number().int(),
      done: z.number().int(),
      failed: z.number().int(),
      cancelled: z.number().int(),
    })
    .nullable()
    .describe('Of a bucket; else null'),
  failure: z.object({ code: z.string(), message: z.string() }).nullable(),
  createdAtMs: timestampMsSchema,
  updatedAtMs: timestampMsSchema,
});
export type ImportView = z.infer<typeof importViewSchema>;

const importParams = z.object({ importId: importIdSchema });

const newImportSchema = z.strictObject({
  url: importUrlSchema.optional(),
  s3: z
    .strictObject({
      source: importSourceNameSchema,
      prefix: z.string().max(1_024).default('').describe('Only objects whose keys begin so'),
    })
    .optional()
    .describe('All media of a bucket, or below a prefix'),
  projectId: projectIdSchema.default(DEFAULT_PROJECT_ID),
  name: z.string().trim().min(1).max(255).optional().describe('Default: the last part of the address'),
  visibility: visibilitySchema.default('public'),
  preset: presetNameSchema.optional().describe('Default: that of the project'),
});

export const importRoutes = defineRoutes({
  'POST /v1/imports': {
    summary: 'Fetch media from an address, or all media of a bucket',
    tag: 'imports',
    permission: 'operator',
    body: newImportSchema,
    response: importViewSchema,
    errors: ['import_forbidden', 'overloaded', 'not_found', 'quota_exceeded'],
  },
  'GET /v1/imports': {
    summary: 'Imports, newest first',
    tag: 'imports',
    permission: 'viewer',
    query: z.object({
      projectId: projectIdSchema.optional(),
      parentId: importIdSchema.optional().describe('Objects of this bucket import'),
      state: importStateSchema.optional(),
      before: importIdSchema.optional().describe('Imports older than this one'),
      limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50),
    }),
    response: z.object({ imports: z.array(importViewSchema), nextBefore: importIdSchema.nullable() }),
  },
  'GET /v1/imports/{importId}': {
    summary: 'One import, with its progress',
    tag: 'imports',
    permission: 'viewer',
    params: importParams,
    response: importViewSchema,
  },
  'POST /v1/imports/{importId}/cancel': {
    summary: 'Stop an import; what a bucket has already brought stays',
    tag: 'imports',
    permission: 'operator',
    params: importParams,
    response: importViewSchema,
    errors: ['conflict'],
  },
});

/** What a node is given to fetch. */
export const importTaskSchema = z.object({
  id: importIdSchema,
  ...leaseFields,
  attempt: z.number().int().positive(),
  projectId: projectIdSchema,
  visibility: visibilitySchema,
  name: z.string().max(255).nullable(),
  bytesMax: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('Largest file that the quota of the project allows now; absent: as the installation allows'),
  preset: presetTextSchema.optional(),
  target: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('url'), assetId: assetIdSchema, url: z.string() }),
    z.object({
      kind: z.literal('object'),
      assetId: assetIdSchema,
      source: importSourceNameSchema,
      key: objectKeySchema,
      etag: z.string(),
    }),
    z.object({ kind: z.literal('bucket'), source: importSourceNameSchema, prefix: z.string() }),
  ]),
});
export type ImportTask = z.infer<typeof importTaskSchema>;

export const importObjectSchema = z.object({
  key: objectKeySchema,
  etag: z.string().max(256),
  bytes: z.number().int().nonnegative(),
});
export type ImportObject = z.infer<typeof importObjectSchema>;

export const importProgressSchema = z.object({
  receivedBytes: z.number().int().nonnegative(),
  totalBytes: z.number().int().nonnegative().nullable(),
});
export type ImportProgress = z.infer<typeof importProgressSchema>;

/** What nodes ask, signed by their keys; part of the node API. */
export const importNodeRoutes = defineRoutes({
  'POST /node/v1/imports/claim': {
    summary: 'Lease imports, waiting a while when there are none',
    tag: 'nodes',
    permission: 'node',
    body: claimSchema,
    response: z.object({ tasks: z.array(importTaskSchema) }),
  },
  'POST /node/v1/imports/{importId}/heartbeat': {
    summary: 'Keep the lease of an import and report progress',
    tag: 'nodes',
    permission: 'node',
    params: importParams,
    body: z.object({ fence, progress: importProgressSchema }),
    response: leaseKeptSchema,
    errors: ['lease_lost'],
  },
  'POST /node/v1/imports/{importId}/objects': {
    summary: 'Report media that a bucket holds; repeats are harmless',
    tag: 'nodes',
    permission: 'node',
    params: importParams,
    body: z.object({ fence, objects: z.array(importObjectSchema).max(IMPORT_OBJECTS_PER_PAGE_MAX) }),
    response: z.object({ added: z.number().int() }),
    errors: ['lease_lost', 'overloaded'],
  },
  'POST /node/v1/imports/{importId}/complete': {
    summary: 'Finish an import',
    tag: 'nodes',
    permission: 'node',
    params: importParams,
    body: z.object({ fence, bytes: z.number().int().nonnegative() }),
    response: acceptedSchema,
    errors: ['lease_lost'],
  },
  'POST /node/v1/imports/{importId}/fail': {
    summary: 'Give an import back, to be tried again or given up',
    tag: 'nodes',
    permission: 'node',
    params: importParams,
    body: z.object({ fence, failure: jobFailureSchema }),
    response: acceptedSchema,
    errors: ['lease_lost'],
  },
});
