// Storage: copies and their repair, the scrubber, deletions with their proof, usage and quotas.

import { z } from 'zod';
import {
  assetIdSchema,
  nodeIdSchema,
  projectIdSchema,
  regionIdSchema,
  timestampMsSchema,
} from '../identifiers.ts';
import { stageSchema } from '../jobs.ts';
import { PAGE_SIZE_MAX } from '../limits.ts';
import { defineRoutes } from '../route.ts';
import { reasonSchema } from '../snapshot.ts';
import {
  copyClassSchema,
  findingSchema,
  repairIdSchema,
  scrubStateSchema,
  storageClassSchema,
} from '../storage.ts';
import { assetViewSchema } from './assets.ts';

const copyViewSchema = z.object({
  regionId: regionIdSchema,
  class: storageClassSchema,
  version: z.number().int(),
  attempt: z.number().int(),
  bytes: z.number(),
  isComplete: z.boolean(),
  damagedObjects: z.number().int(),
  verifiedAtMs: timestampMsSchema.nullable().describe('Every byte was read and its checksum was right'),
  reportedAtMs: timestampMsSchema.nullable().describe('null: not reported yet'),
  lostAtMs: timestampMsSchema.nullable().describe('Its region no longer has it'),
});

const repairStateSchema = z.enum(['waiting', 'leased', 'done', 'dead', 'cancelled']);

export const repairViewSchema = z.object({
  id: repairIdSchema,
  kind: z.enum(['copy', 'encode']),
  assetId: assetIdSchema,
  projectId: projectIdSchema,
  version: z.number().int(),
  attempt: z.number().int(),
  class: copyClassSchema,
  regionId: regionIdSchema.nullable().describe('Where the copy is made'),
  fromRegionIds: z.array(regionIdSchema),
  state: repairStateSchema,
  reason: reasonSchema,
  attempts: z.number().int(),
  bytesDone: z.number(),
  nodeId: nodeIdSchema.nullable(),
  failure: z.object({ code: z.string(), message: z.string() }).nullable(),
  dueAtMs: timestampMsSchema.describe('It runs from then on'),
  createdAtMs: timestampMsSchema,
  updatedAtMs: timestampMsSchema,
});
export type RepairView = z.infer<typeof repairViewSchema>;

const deletionViewSchema = z.object({
  assetId: assetIdSchema,
  projectId: projectIdSchema,
  name: z.string(),
  deletedAtMs: timestampMsSchema,
  restoreUntilMs: timestampMsSchema.nullable().describe('It can be restored until then; null: no longer'),
  goneEverywhereAtMs: timestampMsSchema
    .nullable()
    .describe('Every region had said by then that nothing is left'),
  regions: z.array(
    z.object({
      regionId: regionIdSchema,
      goneAtMs: timestampMsSchema.nullable().describe('null: it has not said so'),
      bytes: z.number().describe('What it held by its last report'),
    }),
  ),
});
export type DeletionView = z.infer<typeof deletionViewSchema>;

const quotaSchema = z.object({
  storedBytesMax: z.number().int().positive().nullable().describe('In all regions together; null: no limit'),
  assetsMax: z.number().int().positive().nullable(),
  uploadBytesPerDayMax: z.number().int().positive().nullable(),
  retentionDays: z
    .number()
    .int()
    .min(1)
    .max(36_500)
    .nullable()
    .describe('Older assets are deleted; null: never'),
});

const assetParams = z.object({ assetId: assetIdSchema });
const projectParams = z.object({ projectId: projectIdSchema });

export const storageRoutes = defineRoutes({
  'GET /v1/assets/{assetId}/copies': {
    summary: 'Where an asset is kept, also a deleted one: copies, versions, repairs, proof of deletion',
    tag: 'storage',
    permission: 'viewer',
    params: assetParams,
    response: z.object({
      assetId: assetIdSchema,
      servedVersion: z.number().int(),
      servedAttempt: z.number().int().nullable(),
      wanted: z.object({ source: z.number().int(), renditions: z.number().int() }),
      copies: z.array(copyViewSchema),
      versions: z.array(
        z.object({
          version: z.number().int(),
          state: z.enum(['serving', 'processing', 'replaced', 'failed']),
          stage: stageSchema,
          progress: z.number(),
          sourceBytes: z.number(),
          failure: z.object({ code: z.string(), message: z.string() }).nullable(),
          registeredAtMs: timestampMsSchema,
          replacedAtMs: timestampMsSchema.nullable(),
        }),
      ),
      repairs: z.array(repairViewSchema),
      deletion: deletionViewSchema.nullable(),
    }),
  },
  'POST /v1/assets/{assetId}/restore': {
    summary: 'Undo a deletion, within its grace time',
    tag: 'storage',
    permission: 'operator',
    params: assetParams,
    response: assetViewSchema,
    errors: ['gone', 'conflict'],
  },
  'GET /v1/storage/deletions': {
    summary: 'Deleted assets, newest first, and which regions still hold bytes',
    tag: 'storage',
    permission: 'viewer',
    query: z.object({ limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50) }),
    response: z.object({ deletions: z.array(deletionViewSchema) }),
  },
  'GET /v1/storage/repairs': {
    summary: 'Repairs, newest first, with their reasons',
    tag: 'storage',
    permission: 'viewer',
    query: z.object({
      state: repairStateSchema.optional(),
      limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50),
    }),
    response: z.object({ repairs: z.array(repairViewSchema) }),
  },
  'GET /v1/storage/scrub': {
    summary: 'Where the scrubber of each region is, and what was found lately',
    tag: 'storage',
    permission: 'viewer',
    query: z.object({ limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50) }),
    response: z.object({
      regions: z.array(
        z.object({
          regionId: regionIdSchema,
          nodeId: nodeIdSchema.nullable(),
          reportedAtMs: timestampMsSchema.nullable(),
          state: scrubStateSchema.nullable(),
        }),
      ),
      findings: z.array(findingSchema.extend({ regionId: regionIdSchema, nodeId: nodeIdSchema })),
    }),
  },
  'GET /v1/storage/usage': {
    summary: 'What projects store and send, and what it costs; what regions send',
    tag: 'storage',
    permission: 'viewer',
    query: z.object({ projectId: projectIdSchema.optional() }),
    response: z.object({
      projects: z.array(
        z.object({
          projectId: projectIdSchema,
          assets: z.number().int(),
          storedBytes: z.number(),
          storedCostPerMonth: z.number().describe('By each region’s storageCostPerGbMonth'),
          stored: z.array(
            z.object({ class: storageClassSchema, regionId: regionIdSchema, bytes: z.number() }),
          ),
          uploadedBytesLastDay: z.number(),
          egress: z
            .array(z.object({ regionId: regionIdSchema, bytesLast30Days: z.number(), cost: z.number() }))
            .describe('What edges sent of it, by each region’s costPerGb'),
          quotas: quotaSchema,
        }),
      ),
      egress: z
        .array(z.object({ regionId: regionIdSchema, bytesLast30Days: z.number(), cost: z.number() }))
        .describe('Of all projects together, by each region’s costPerGb'),
    }),
  },
  'GET /v1/projects/{projectId}/quotas': {
    summary: 'Quotas and retention of a project',
    tag: 'storage',
    permission: 'viewer',
    params: projectParams,
    response: quotaSchema,
  },
  'PUT /v1/projects/{projectId}/quotas': {
    summary: 'Set quotas and retention of a project',
    tag: 'storage',
    permission: 'admin',
    params: projectParams,
    body: quotaSchema.strict(),
    response: quotaSchema,
  },
});
