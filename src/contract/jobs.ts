// Work that encoders lease from control over HTTP, with a fencing token.

import { z } from 'zod';
import { jobIdSchema, regionIdSchema, timestampMsSchema } from './identifiers.ts';
import { assetRecordSchema, mediaDocumentSchema } from './media.ts';

export const jobStateSchema = z.enum(['ready', 'leased', 'done', 'dead', 'cancelled']);

/** Stages of processing, in order, as people see them. */
export const stageSchema = z.enum(['queued', 'probing', 'encoding', 'replicating', 'ready', 'failed']);
export type Stage = z.infer<typeof stageSchema>;

export const leasedJobSchema = z.object({
  id: jobIdSchema,
  kind: z.literal('process'),
  fence: z.number().int().positive().describe('Grows with each lease; a smaller one is refused'),
  attempt: z.number().int().positive(),
  leaseUntilMs: timestampMsSchema,
  record: assetRecordSchema,
  targetLufs: z
    .number()
    .optional()
    .describe('Loudness to which tracks are brought (EBU R 128); absent: as they are'),
});
export type LeasedJob = z.infer<typeof leasedJobSchema>;

export const jobProgressSchema = z.object({
  stage: stageSchema,
  share: z.number().min(0).max(1).describe('Done, of the current stage'),
  isPlayable: z.boolean(),
  durationMs: z.number().nonnegative().nullable(),
});
export type JobProgress = z.infer<typeof jobProgressSchema>;

export const jobResultSchema = z.object({ media: mediaDocumentSchema, copies: z.array(regionIdSchema) });

export const jobFailureSchema = z.object({
  code: z.string().describe('A code of the error table'),
  message: z.string().max(2_000).describe('A sentence for people'),
  isRetryable: z.boolean(),
});
export type JobFailure = z.infer<typeof jobFailureSchema>;
