// Work that encoders lease from control over HTTP, with a fencing token.

import { z } from 'zod';
import { jobEncodingSchema } from './encoding.ts';
import { jobIdSchema, regionIdSchema, renditionIdSchema, sha256Schema } from './identifiers.ts';
import { leaseFields } from './leases.ts';
import { assetRecordSchema, mediaDocumentSchema } from './media.ts';

export const jobStateSchema = z.enum(['ready', 'leased', 'done', 'dead', 'cancelled']);

/** Stages of processing, in order, as people see them. */
export const stageSchema = z.enum(['queued', 'probing', 'encoding', 'replicating', 'ready', 'failed']);
export type Stage = z.infer<typeof stageSchema>;

export const leasedJobSchema = z.object({
  id: jobIdSchema,
  kind: z.literal('process'),
  ...leaseFields,
  attempt: z.number().int().positive(),
  record: assetRecordSchema,
  targetLufs: z
    .number()
    .optional()
    .describe('Loudness to which tracks are brought (EBU R 128); absent: as they are'),
  encoding: jobEncodingSchema.optional().describe('Absent: the standard preset'),
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
  isHandover: z
    .boolean()
    .optional()
    .describe('Given back by a node that stops: that says nothing about the file'),
});
export type JobFailure = z.infer<typeof jobFailureSchema>;

/** What an encoder takes: whole jobs, and chunks of long ones. */
export const workKindSchema = z.enum(['process', 'chunk']);
export type WorkKind = z.infer<typeof workKindSchema>;

/** What an encoder says of itself when it asks for work. */
export const encoderFactsSchema = z.object({
  recipe: z
    .string()
    .max(200)
    .describe('Engine and version that encode: chunks of one video are all made by the same'),
  megapixelsPerSecond: z
    .number()
    .positive()
    .nullable()
    .describe('Measured: pixels of all renditions made in a second; null before the first measurement'),
  sources: z.array(sha256Schema).max(64).describe('Copies of sources of other regions that it has at hand'),
});
export type EncoderFacts = z.infer<typeof encoderFactsSchema>;

/** Where a chunk lies: segments follow from the timeline alone, so whoever makes it makes the same ones. */
export const chunkSpanSchema = z.object({
  index: z.number().int().nonnegative(),
  firstFrame: z.number().int().nonnegative(),
  frameCount: z.number().int().positive(),
  firstSegment: z.number().int().nonnegative(),
  segmentCount: z.number().int().positive(),
});
export type ChunkSpan = z.infer<typeof chunkSpanSchema>;

const frameRateSchema = z.object({
  numerator: z.number().int().positive(),
  denominator: z.number().int().positive(),
});

/** The part of a plan that makes pictures, as it travels to other encoders. What a later version adds travels along. */
export const chunkPlanSchema = z.looseObject({
  timelineStartMs: z.number().int().positive(),
  segmentDurationMs: z.number().positive(),
  firstSegmentMs: z.number().positive(),
  packMs: z.number().positive().describe('From this length on segments become a pack'),
  video: z.looseObject({
    streamIndex: z.number().int().nonnegative(),
    rotationDegrees: z.union([z.literal(0), z.literal(90), z.literal(180), z.literal(270)]),
    frameRate: frameRateSchema,
    framesPerSegment: z.number().int().positive(),
    firstSegmentFrames: z.number().int().positive(),
    frameCount: z.number().int().positive().describe('Of the whole video'),
    outputs: z
      .array(
        z.looseObject({
          id: renditionIdSchema,
          width: z.number().int().positive(),
          height: z.number().int().positive(),
          bitrateBps: z.number().positive(),
          maxBitrateBps: z.number().positive(),
        }),
      )
      .min(1)
      .max(16),
  }),
});
export type ChunkPlan = z.infer<typeof chunkPlanSchema>;

/** A chunk of a long video, leased by an encoder that helps. */
export const leasedChunkSchema = z.object({
  ...leaseFields,
  jobId: jobIdSchema,
  attempt: z.number().int().positive().describe('Of the job: what is made is kept beside it'),
  record: assetRecordSchema,
  span: chunkSpanSchema,
  plan: chunkPlanSchema,
});
export type LeasedChunk = z.infer<typeof leasedChunkSchema>;

/** A pack of a chunk, wherever it lies. */
export const chunkPackSchema = z.object({
  renditionId: renditionIdSchema,
  key: z.string().max(400).describe('In the object store of the region that made it'),
  bytes: z.number().int().positive(),
  sha256: sha256Schema,
  firstSegment: z.number().int().nonnegative(),
  firstTimeTicks: z.number().int().nonnegative(),
  durationRuns: z.array(z.tuple([z.number().int().positive(), z.number().int().positive()])).min(1),
  frameCount: z.number().int().positive(),
});
export type ChunkPack = z.infer<typeof chunkPackSchema>;

export const chunkResultSchema = z.object({
  inits: z
    .array(z.object({ renditionId: renditionIdSchema, sha256: sha256Schema }))
    .describe('Initialisation segments: they must be those of the other chunks, byte for byte'),
  packs: z.array(chunkPackSchema).min(1).max(256),
});
export type ChunkResult = z.infer<typeof chunkResultSchema>;

/** A finished chunk, as its leader fetches it. */
export const doneChunkSchema = z.object({
  index: z.number().int().nonnegative(),
  regionId: regionIdSchema.describe('Region that made it and has its packs'),
  nodeId: z.string(),
  result: chunkResultSchema,
});
export type DoneChunk = z.infer<typeof doneChunkSchema>;
