// Processing as operators see it: jobs with their chunks, why each runs where it does, how long it will take; which
// encoders there are, and whether their region gets work.

import { z } from 'zod';
import {
  assetIdSchema,
  jobIdSchema,
  nodeIdSchema,
  projectIdSchema,
  regionIdSchema,
  siteIdSchema,
  timestampMsSchema,
} from '../identifiers.ts';
import { jobStateSchema, stageSchema } from '../jobs.ts';
import { PAGE_SIZE_MAX } from '../limits.ts';
import { jobPrioritySchema } from '../priority.ts';
import { defineRoutes } from '../route.ts';
import { reasonSchema } from '../snapshot.ts';

const failureSchema = z.object({ code: z.string(), message: z.string() });

/** A decision about where work runs, or why it waits. */
export const placementViewSchema = z.object({
  atMs: timestampMsSchema,
  nodeId: nodeIdSchema.nullable().describe('null: it waits'),
  reason: reasonSchema,
});
export type PlacementView = z.infer<typeof placementViewSchema>;

export const jobViewSchema = z.object({
  id: jobIdSchema,
  assetId: assetIdSchema,
  assetName: z.string(),
  assetVersion: z.number().int().positive(),
  projectId: projectIdSchema,
  state: jobStateSchema,
  priority: jobPrioritySchema,
  attempt: z.number().int(),
  failureCount: z
    .number()
    .int()
    .describe('Attempts at it and at its chunks that failed, together, since it was last begun anew'),
  failuresMax: z.number().int().describe('With so many it is given up'),
  nodeId: z.string().nullable(),
  regionId: regionIdSchema.nullable().describe('Of the node'),
  stage: stageSchema,
  progress: z.number().describe('Done, of the current stage'),
  estimatedEndAtMs: timestampMsSchema
    .nullable()
    .describe('End of the current stage at the present rate; null while that cannot be told'),
  placement: placementViewSchema.nullable().describe('The newest decision'),
  chunks: z
    .object({
      total: z.number().int(),
      done: z.number().int(),
      running: z.number().int(),
      nodeIds: z.array(nodeIdSchema).describe('Nodes that work on chunks now'),
    })
    .nullable()
    .describe('Of a long video that several encoders share; else null'),
  failure: failureSchema.nullable(),
  createdAtMs: timestampMsSchema,
  updatedAtMs: timestampMsSchema,
});
export type JobView = z.infer<typeof jobViewSchema>;

export const chunkViewSchema = z.object({
  index: z.number().int(),
  state: z.enum(['ready', 'leased', 'done']),
  startMs: z.number().describe('On the timeline of the video'),
  durationMs: z.number(),
  attempt: z.number().int().describe('Leases of this chunk so far'),
  failureCount: z.number().int(),
  progress: z.number().min(0).max(1),
  nodeId: nodeIdSchema.nullable().describe('Works on it, or has made it'),
  regionId: regionIdSchema.nullable().describe('Of the node'),
  placement: placementViewSchema.nullable(),
  failure: failureSchema.nullable().describe('Of the last attempt that failed'),
});
export type ChunkView = z.infer<typeof chunkViewSchema>;

export const jobDetailSchema = jobViewSchema.extend({
  placements: z.array(placementViewSchema).describe('The last decisions, newest first'),
  chunkList: z.array(chunkViewSchema).describe('In their order; empty when the job is not shared'),
});
export type JobDetail = z.infer<typeof jobDetailSchema>;

export const encoderViewSchema = z.object({
  nodeId: nodeIdSchema,
  siteId: siteIdSchema,
  isAlive: z.boolean(),
  isDrained: z.boolean().describe('Its site drains, so that it gets no work'),
  running: z.number().int().describe('Jobs and chunks that it works on'),
  freeSlots: z.number().int().nullable().describe('For which it asks for work now; null: it does not ask'),
  slots: z.number().int().nullable().describe('Jobs and chunks that it takes at once; null: it has not said'),
  slotsMax: z.number().int().nullable().describe('Most that the cores of its machine allow'),
  recipe: z.string().nullable().describe('Engine and version; null before it has asked'),
  megapixelsPerSecond: z.number().nullable().describe('Measured speed; null before it has made something'),
});
export type EncoderView = z.infer<typeof encoderViewSchema>;

export const regionEncodingSchema = z.object({
  id: regionIdSchema,
  name: z.string(),
  costPerGb: z.number(),
  isPaused: z.boolean().describe('It finishes what it has and gets nothing new'),
  pausedAtMs: timestampMsSchema.nullable(),
  pausedBy: z.string().nullable(),
  slots: z.number().int().describe('Jobs and chunks that its encoders take at once, all together'),
  slotsMax: z.number().int().describe('Most that the cores of those that are alive allow'),
  scaledTo: z.number().int().nullable().describe('What somebody ordered; null: as nodes are configured'),
  scaledAtMs: timestampMsSchema.nullable(),
  scaledBy: z.string().nullable(),
  encoders: z.array(encoderViewSchema),
});
export type RegionEncoding = z.infer<typeof regionEncodingSchema>;

const jobParams = z.object({ jobId: jobIdSchema });

export const jobRoutes = defineRoutes({
  'GET /v1/jobs': {
    summary: 'Processing jobs, newest first',
    tag: 'jobs',
    permission: 'viewer',
    query: z.object({
      state: jobStateSchema.optional(),
      projectId: projectIdSchema.optional(),
      assetId: assetIdSchema.optional(),
      before: jobIdSchema.optional().describe('Jobs older than this one'),
      limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50),
    }),
    response: z.object({ jobs: z.array(jobViewSchema), nextBefore: jobIdSchema.nullable() }),
  },
  'GET /v1/jobs/{jobId}': {
    summary: 'One job with its chunks and where they ran, and why',
    tag: 'jobs',
    permission: 'viewer',
    params: jobParams,
    response: jobDetailSchema,
    errors: ['not_found'],
  },
  'PATCH /v1/jobs/{jobId}': {
    summary: 'Change who comes first',
    tag: 'jobs',
    permission: 'operator',
    params: jobParams,
    body: z.strictObject({ priority: jobPrioritySchema }),
    response: jobDetailSchema,
    errors: ['not_found', 'conflict'],
  },
  'POST /v1/jobs/{jobId}/cancel': {
    summary: 'End a job; its encoders stop within a heartbeat. Retrying the asset begins it anew',
    tag: 'jobs',
    permission: 'operator',
    params: jobParams,
    response: jobDetailSchema,
    errors: ['not_found', 'conflict'],
  },
  'GET /v1/encoding': {
    summary: 'Encoders by region: speed, free slots, and which regions are paused',
    tag: 'jobs',
    permission: 'viewer',
    response: z.object({ regions: z.array(regionEncodingSchema) }),
  },
  'PUT /v1/regions/{regionId}/encoding': {
    summary: 'Pause or resume encoding in a region; a paused one finishes what it has and gets nothing new',
    tag: 'jobs',
    permission: 'operator',
    params: z.object({ regionId: regionIdSchema }),
    body: z.strictObject({ isPaused: z.boolean() }),
    response: regionEncodingSchema,
    errors: ['not_found', 'wrong_region'],
  },
});
