// What lies beside the media in every region: the asset record and the media document of each attempt.

import { z } from 'zod';
import { encodingReportSchema, presetTextSchema } from './encoding.ts';
import {
  assetIdSchema,
  projectIdSchema,
  regionIdSchema,
  renditionIdSchema,
  sha256Schema,
  timestampMsSchema,
} from './identifiers.ts';
import { jobPrioritySchema } from './priority.ts';

export const visibilitySchema = z.enum(['public', 'private']);
export type Visibility = z.infer<typeof visibilitySchema>;

export const sourceSchema = z.object({
  bytes: z.number().int().nonnegative(),
  sha256: sha256Schema,
  fileName: z.string().max(255),
  contentType: z.string().max(127),
  regionIds: z.array(regionIdSchema).describe('Regions that hold the source'),
});

export const captionKindSchema = z.enum(['subtitles', 'captions']);
export type CaptionKind = z.infer<typeof captionKindSchema>;

/** A language as BCP 47 writes it, e.g. en or pt-BR. */
export const languageSchema = z
  .string()
  .regex(/^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}$/)
  .describe('BCP 47, e.g. en or pt-BR');

/** A caption track. Its file lies beside the media, named by its checksum, and never changes. */
export const captionTrackSchema = z.object({
  id: z.string().regex(/^(?:subtitles|captions)-[a-z0-9-]{2,36}$/),
  language: languageSchema,
  kind: captionKindSchema.describe('captions: with sounds and speakers, for those who do not hear'),
  label: z.string().max(64),
  isDefault: z.boolean(),
  sha256: sha256Schema,
  bytes: z.number().int().positive(),
  cueCount: z.number().int().positive(),
});
export type AssetCaptionTrack = z.infer<typeof captionTrackSchema>;

/** The asset record: small, everywhere; the highest revision wins; a tombstone outlives any absence of a region. */
export const assetRecordSchema = z.object({
  formatVersion: z.literal(1),
  projectId: projectIdSchema,
  assetId: assetIdSchema,
  version: z.number().int().positive(),
  revision: z
    .number()
    .int()
    .nonnegative()
    .describe('0 as written by the ingest; control counts up from there'),
  name: z.string().max(255),
  visibility: visibilitySchema,
  isDeleted: z.boolean().describe('A tombstone'),
  keepsBytes: z
    .boolean()
    .optional()
    .describe('Of a tombstone: the deletion may still be undone, so the bytes stay; absent: they go'),
  createdAtMs: timestampMsSchema,
  priority: jobPrioritySchema
    .optional()
    .describe('As the upload asked for; control alone knows what became of it. Absent: normal'),
  source: sourceSchema,
  preset: presetTextSchema
    .optional()
    .describe('Asked for with the upload of this version; absent: as the project has it'),
  failure: z
    .object({ code: z.string().max(64), message: z.string().max(2_000) })
    .optional()
    .describe('Why it cannot be played; absent while that may still change'),
  captions: z.array(captionTrackSchema).max(64).optional().describe('Absent: none'),
  poster: z
    .object({ sha256: sha256Schema, bytes: z.number().int().positive() })
    .optional()
    .describe('A chosen poster, a JPEG; absent: the one that processing made'),
});
export type AssetRecord = z.infer<typeof assetRecordSchema>;

export const packSchema = z.object({
  firstSegment: z.number().int().nonnegative(),
  segmentCount: z.number().int().positive(),
  bytes: z.number().int().positive(),
  sha256: sha256Schema,
});

export const renditionSchema = z.object({
  id: renditionIdSchema,
  kind: z.enum(['video', 'audio']),
  codecs: z.string().describe('RFC 6381, e.g. avc1.64001f'),
  bandwidthBps: z
    .number()
    .int()
    .positive()
    .describe('Peak of any segment; while growing, the configured maximum'),
  averageBandwidthBps: z.number().int().positive(),
  width: z.number().int().positive().optional(),
  height: z.number().int().positive().optional(),
  frameRate: z.number().positive().optional(),
  language: z.string().optional(),
  name: z.string().optional(),
  isDefault: z.boolean().optional(),
  channels: z.number().int().positive().optional(),
  sampleRate: z.number().int().positive().optional(),
  timescale: z.number().int().positive(),
  firstSegment: z.number().int().nonnegative(),
  firstTimeTicks: z.number().int().nonnegative().describe('Start of the first segment on the timeline'),
  durationRuns: z
    .array(z.tuple([z.number().int().positive(), z.number().int().positive()]))
    .describe('Segment durations in ticks, run-length coded: [ticks, count]'),
  frameCount: z.number().int().nonnegative().describe('Video frames (or audio frames) published so far'),
  packs: z.array(packSchema).describe('Closed packs; later segments are still single objects'),
  initSha256: sha256Schema.optional().describe('Of init.mp4; absent in documents of earlier versions'),
});
export type Rendition = z.infer<typeof renditionSchema>;

/** Small pictures for searching; sheets are numbered from 0. */
export const storyboardSchema = z.object({
  tileWidth: z.number().int().positive(),
  tileHeight: z.number().int().positive(),
  columns: z.number().int().positive(),
  rows: z.number().int().positive(),
  tileCount: z.number().int().positive(),
  intervalMs: z.number().positive(),
  sheetCount: z.number().int().positive(),
  bytes: z.number().int().positive().describe('Of all sheets'),
  sha256s: z.array(sha256Schema).max(10_000).optional().describe('Of the sheets, in their order'),
});

/** What one attempt of the processing job has published. Its one writer is the encoder that holds the lease. */
export const mediaDocumentSchema = z.object({
  formatVersion: z.literal(1),
  projectId: projectIdSchema,
  assetId: assetIdSchema,
  version: z.number().int().positive(),
  attempt: z.number().int().positive(),
  revision: z.number().int().nonnegative(),
  state: z.enum(['growing', 'complete']),
  timelineStartMs: z
    .number()
    .int()
    .nonnegative()
    .describe('Presentation time 0 lies here on the media timeline'),
  segmentDurationMs: z.number().positive(),
  durationMs: z.number().nonnegative().describe('Planned while growing, measured when complete'),
  holders: z.array(regionIdSchema).describe('Regions that keep this attempt, the writer first'),
  hasPoster: z.boolean(),
  posterSha256: sha256Schema.optional(),
  previewSha256: sha256Schema.optional(),
  storyboard: storyboardSchema.optional().describe('Absent: none, or not yet'),
  hasPreview: z.boolean().optional().describe('A short silent loop; absent: none, or not yet'),
  renditions: z.array(renditionSchema),
  encoding: encodingReportSchema.optional().describe('Absent in documents of earlier versions'),
});
export type MediaDocument = z.infer<typeof mediaDocumentSchema>;
