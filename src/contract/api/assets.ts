// Assets: upload grants, list, detail, change, delete, playback tokens.

import { z } from 'zod';
import { encodingReportSchema, presetNameSchema } from '../encoding.ts';
import {
  assetIdSchema,
  DEFAULT_PROJECT_ID,
  projectIdSchema,
  regionIdSchema,
  timestampMsSchema,
} from '../identifiers.ts';
import { stageSchema } from '../jobs.ts';
import { FILE_BODY_BYTES_MAX, PAGE_SIZE_MAX, POSTER_UPLOAD_BYTES_MAX } from '../limits.ts';
import { captionKindSchema, captionTrackSchema, languageSchema, visibilitySchema } from '../media.ts';
import { jobPrioritySchema } from '../priority.ts';
import { defineRoutes } from '../route.ts';

export const assetViewSchema = z.object({
  id: assetIdSchema,
  projectId: projectIdSchema,
  name: z.string(),
  version: z.number().int(),
  visibility: visibilitySchema,
  stage: stageSchema,
  progress: z.number().min(0).max(1).describe('Done, of the current stage'),
  isPlayable: z.boolean(),
  failure: z.object({ code: z.string(), message: z.string() }).nullable(),
  createdAtMs: timestampMsSchema,
  readyAtMs: timestampMsSchema.nullable(),
  durationMs: z.number().nullable(),
  sourceBytes: z.number(),
  sourceRegionIds: z.array(regionIdSchema),
  mediaRegionIds: z.array(regionIdSchema),
  renditions: z.array(
    z.object({
      id: z.string(),
      kind: z.enum(['video', 'audio']),
      codecs: z.string().optional().describe('RFC 6381; absent: encoded by an earlier version'),
      width: z.number().nullable(),
      height: z.number().nullable(),
      bandwidthBps: z.number().describe('Peak'),
      frameCount: z.number(),
      averageBandwidthBps: z.number().optional(),
    }),
  ),
  preset: z.string().nullable().describe('Asked for with the upload; null: as the project has it'),
  encoding: encodingReportSchema.nullable().describe('How it was encoded, and why so; null: not yet'),
  captions: z.array(captionTrackSchema),
  posterKind: z.enum(['automatic', 'chosen']),
  hasStoryboard: z.boolean(),
  hasPreview: z.boolean(),
  watchUrl: z.string().describe('Watch page at the first region; private assets need a playback token'),
  playlists: z.array(
    z.object({ regionId: regionIdSchema, hls: z.string(), dash: z.string(), poster: z.string() }),
  ),
});
export type AssetView = z.infer<typeof assetViewSchema>;

const assetParams = z.object({ assetId: assetIdSchema });
const captionParams = assetParams.extend({ language: languageSchema });

export const assetRoutes = defineRoutes({
  'POST /v1/upload-grants': {
    summary: 'Make a signed grant, good at any region’s ingest, also while control is away',
    tag: 'assets',
    permission: 'operator',
    body: z.object({
      projectId: projectIdSchema.default(DEFAULT_PROJECT_ID),
      visibility: visibilitySchema.default('public'),
      preset: presetNameSchema.optional().describe('Default: that of the project'),
      ttlMs: z.number().int().min(60_000).max(604_800_000).default(86_400_000),
      assetId: assetIdSchema
        .optional()
        .describe('The upload replaces the video of this asset; good for one upload'),
      priority: jobPrioritySchema
        .default('normal')
        .describe('Of its processing: who comes first when encoders are short'),
    }),
    response: z.object({
      grant: z.string(),
      version: z
        .number()
        .int()
        .optional()
        .describe('Of a grant that names an asset: what the upload becomes'),
      expiresAtMs: timestampMsSchema,
      bytesMax: z.number(),
      ingests: z.array(z.object({ regionId: regionIdSchema, url: z.string().describe('tus endpoint') })),
    }),
    errors: ['not_found', 'gone', 'quota_exceeded'],
  },
  'GET /v1/assets': {
    summary: 'Assets, newest first',
    tag: 'assets',
    permission: 'viewer',
    query: z.object({
      projectId: projectIdSchema.optional(),
      search: z.string().max(100).optional(),
      before: assetIdSchema.optional().describe('Assets older than this one'),
      limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50),
    }),
    response: z.object({ assets: z.array(assetViewSchema), nextBefore: assetIdSchema.nullable() }),
  },
  'GET /v1/assets/{assetId}': {
    summary: 'One asset',
    tag: 'assets',
    permission: 'viewer',
    params: assetParams,
    response: assetViewSchema,
    errors: ['gone'],
  },
  'PATCH /v1/assets/{assetId}': {
    summary: 'Rename, or change who may watch',
    tag: 'assets',
    permission: 'operator',
    params: assetParams,
    body: z.strictObject({
      name: z.string().min(1).max(255).optional(),
      visibility: visibilitySchema.optional(),
    }),
    response: assetViewSchema,
    errors: ['gone'],
  },
  'DELETE /v1/assets/{assetId}': {
    summary: 'Delete, everywhere; the bytes go when the deletion can no longer be undone',
    tag: 'assets',
    permission: 'operator',
    params: assetParams,
    response: z.object({ isDeleted: z.literal(true) }),
    errors: ['gone'],
  },
  'POST /v1/assets/{assetId}/retry': {
    summary: 'Process again an asset whose processing failed',
    tag: 'assets',
    permission: 'operator',
    params: assetParams,
    response: assetViewSchema,
    errors: ['gone', 'conflict'],
  },
  'PUT /v1/assets/{assetId}/captions/{language}': {
    summary: 'Add or replace a caption track from a WebVTT or SubRip file',
    tag: 'assets',
    permission: 'operator',
    params: captionParams,
    body: z.strictObject({
      text: z.string().min(1).describe('The file, at most 1 MiB'),
      kind: captionKindSchema.default('subtitles'),
      label: z.string().trim().min(1).max(64).optional().describe('Default: the name of the language'),
      isDefault: z.boolean().default(false).describe('Shown unless the viewer chooses otherwise'),
    }),
    bodyBytesMax: FILE_BODY_BYTES_MAX,
    response: assetViewSchema,
    errors: ['gone', 'captions_invalid', 'conflict', 'request_too_large'],
  },
  'DELETE /v1/assets/{assetId}/captions/{language}': {
    summary: 'Remove a caption track',
    tag: 'assets',
    permission: 'operator',
    params: captionParams,
    query: z.object({ kind: captionKindSchema.default('subtitles') }),
    response: assetViewSchema,
    errors: ['gone', 'not_found'],
  },
  'PUT /v1/assets/{assetId}/poster': {
    summary: 'Choose the poster: a picture of one’s own, or the frame at a time',
    tag: 'assets',
    permission: 'operator',
    params: assetParams,
    body: z.union([
      z.strictObject({
        imageBase64: z
          .base64()
          .min(1)
          .max(Math.ceil(POSTER_UPLOAD_BYTES_MAX / 3) * 4)
          .describe('A JPEG of at most 2 MiB'),
      }),
      z.strictObject({ atMs: z.number().int().nonnegative().describe('Time of the frame') }),
    ]),
    bodyBytesMax: FILE_BODY_BYTES_MAX,
    response: assetViewSchema,
    errors: ['gone', 'image_invalid', 'conflict', 'unavailable', 'request_too_large'],
  },
  'DELETE /v1/assets/{assetId}/poster': {
    summary: 'Go back to the poster that processing made',
    tag: 'assets',
    permission: 'operator',
    params: assetParams,
    response: assetViewSchema,
    errors: ['gone'],
  },
  'POST /v1/assets/{assetId}/playback-tokens': {
    summary: 'Make a playback token for a private asset',
    tag: 'assets',
    permission: 'operator',
    params: assetParams,
    body: z.object({ ttlMs: z.number().int().min(10_000).max(604_800_000).default(14_400_000) }),
    response: z.object({
      token: z.string(),
      tokenId: z.string(),
      expiresAtMs: timestampMsSchema,
      watchUrl: z.string(),
      playlists: z.array(z.object({ regionId: regionIdSchema, hls: z.string(), dash: z.string() })),
    }),
    errors: ['gone'],
  },
  'POST /v1/revocations': {
    summary: 'Revoke a playback token or an upload grant; it stops working within a few beats',
    tag: 'assets',
    permission: 'operator',
    body: z.object({ tokenId: z.string().min(8).max(64), expiresAtMs: timestampMsSchema.optional() }),
    response: z.object({ tokenId: z.string(), expiresAtMs: timestampMsSchema }),
  },
});
