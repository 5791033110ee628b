// What encoders ask of control about chunks of long videos, under /node/v1/jobs. The leader (whoever holds the job)
// says which chunks there are, takes some itself and hears which are done; helpers keep the leases of theirs.

import { z } from 'zod';
import { jobIdSchema } from './identifiers.ts';
import {
  chunkPlanSchema,
  chunkResultSchema,
  chunkSpanSchema,
  doneChunkSchema,
  jobFailureSchema,
} from './jobs.ts';
import { acceptedSchema, fence, leaseKeptSchema } from './leases.ts';
import { CHUNKS_MAX, CLAIM_WAIT_MS_MAX } from './limits.ts';
import { defineRoutes } from './route.ts';

const jobParams = z.object({ jobId: jobIdSchema });
const chunkParams = jobParams.extend({ index: z.coerce.number().int().nonnegative() });
const chunkFence = fence.describe('Of the chunk');
const jobFence = fence.describe('Of the job: of its leader');
const takenSchema = z.object({ index: z.number().int().nonnegative(), fence: chunkFence });

export const chunkNodeRoutes = defineRoutes({
  'POST /node/v1/jobs/{jobId}/chunks': {
    summary:
      'Say which chunks a long video has; those that an earlier attempt finished by the same plan stay',
    tag: 'nodes',
    permission: 'node',
    params: jobParams,
    body: z.object({
      fence: jobFence,
      recipe: z.string().max(200),
      plan: chunkPlanSchema,
      spans: z.array(chunkSpanSchema).min(2).max(CHUNKS_MAX),
      takes: z.boolean().describe('Takes the first chunk in the same breath, since it is making it already'),
    }),
    response: z.object({
      doneCount: z.number().int().nonnegative().describe('Finished already'),
      taken: takenSchema.nullable(),
    }),
    errors: ['lease_lost'],
  },
  'POST /node/v1/jobs/{jobId}/chunks/next': {
    summary: 'For the leader: take a chunk, or wait for finished ones',
    tag: 'nodes',
    permission: 'node',
    params: jobParams,
    body: z.object({
      fence: jobFence,
      from: z
        .number()
        .int()
        .nonnegative()
        .describe('Finished chunks are wanted from this one on, in their order'),
      takes: z.boolean().describe('Takes the first chunk that nobody works on'),
      waitMs: z.number().int().min(0).max(CLAIM_WAIT_MS_MAX),
    }),
    response: z.object({
      taken: takenSchema.nullable(),
      done: z.array(doneChunkSchema).describe('Beginning with `from`, without a gap, some at a time'),
      openCount: z.number().int().nonnegative().describe('Chunks that are not finished'),
    }),
    errors: ['lease_lost'],
  },
  'POST /node/v1/jobs/{jobId}/chunks/{index}/heartbeat': {
    summary: 'Keep the lease of a chunk and report progress',
    tag: 'nodes',
    permission: 'node',
    params: chunkParams,
    body: z.object({ fence: chunkFence, share: z.number().min(0).max(1) }),
    response: leaseKeptSchema,
    errors: ['lease_lost'],
  },
  'POST /node/v1/jobs/{jobId}/chunks/{index}/complete': {
    summary: 'Finish a chunk',
    tag: 'nodes',
    permission: 'node',
    params: chunkParams,
    body: z.object({ fence: chunkFence, result: chunkResultSchema }),
    response: acceptedSchema,
    errors: ['lease_lost'],
  },
  'POST /node/v1/jobs/{jobId}/chunks/{index}/fail': {
    summary: 'Give a chunk back; failures of all chunks count together',
    tag: 'nodes',
    permission: 'node',
    params: chunkParams,
    body: z.object({ fence: chunkFence, failure: jobFailureSchema }),
    response: acceptedSchema,
    errors: ['lease_lost'],
  },
  'POST /node/v1/jobs/{jobId}/chunks/{index}/lost': {
    summary: 'For the leader: a finished chunk cannot be had, so that it is made again',
    tag: 'nodes',
    permission: 'node',
    params: chunkParams,
    body: z.object({ fence: jobFence, reason: z.string().max(500) }),
    response: acceptedSchema,
    errors: ['lease_lost'],
  },
});
