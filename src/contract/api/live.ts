// Broadcasts for people: create, look at, end; and for nodes: the list of broadcasts, reports of those who work on them.

import { z } from 'zod';
import {
  assetIdSchema,
  broadcastIdSchema,
  DEFAULT_PROJECT_ID,
  nodeIdSchema,
  projectIdSchema,
  regionIdSchema,
  timestampMsSchema,
} from '../identifiers.ts';
import { CLAIM_WAIT_MS_MAX, PAGE_SIZE_MAX } from '../limits.ts';
import {
  broadcastListSchema,
  broadcastScheduleSchema,
  broadcastSettingsSchema,
  broadcastStateSchema,
  liveReportSchema,
  liveRungSchema,
} from '../live.ts';
import { mediaDocumentSchema, visibilitySchema } from '../media.ts';
import { defineRoutes } from '../route.ts';

/** low: two seconds behind the moment; ultra_low: one, which needs good networks; relaxed: ordinary HLS distances. */
export const liveLatencySchema = z.enum(['ultra_low', 'low', 'relaxed']);

const newBroadcastSchema = z.strictObject({
  name: z.string().min(1).max(255),
  projectId: projectIdSchema.default(DEFAULT_PROJECT_ID),
  visibility: visibilitySchema.default('public'),
  plannedStartMs: timestampMsSchema.optional().describe('Absent: ready at once'),
  plannedDurationMs: z.number().int().min(60_000).max(172_800_000).optional(),
  timeZone: z.string().max(64).optional().describe('IANA, e.g. Europe/Dublin; for people'),
  expectedViewers: z.number().int().nonnegative().max(100_000_000).optional(),
  publisherRegionId: regionIdSchema.optional().describe('Region nearest to the publisher'),
  latency: liveLatencySchema.default('low'),
  dvrWindowMs: z
    .number()
    .int()
    .min(12_000)
    .max(14_400_000)
    .optional()
    .describe('Default: half an hour, or 30 s without a recording, which is then the most'),
  graceMs: z.number().int().min(1_000).max(3_600_000).default(60_000),
  onSecondPublisher: z.enum(['refuse', 'replace']).default('refuse'),
  isRecorded: z.boolean().default(true),
  rungs: z.array(liveRungSchema).min(1).max(6).optional().describe('Default: 720p and 360p'),
  takesSrt: z.boolean().default(false).describe('Also by SRT, on a port and with a passphrase of its own'),
});

export const broadcastViewSchema = z.object({
  id: broadcastIdSchema,
  projectId: projectIdSchema,
  name: z.string(),
  visibility: visibilitySchema,
  state: broadcastStateSchema,
  stateReason: z.string().nullable(),
  plannedStartMs: timestampMsSchema.nullable(),
  plannedDurationMs: z.number().nullable(),
  timeZone: z.string().nullable(),
  expectedViewers: z.number().nullable(),
  settings: broadcastSettingsSchema,
  takesSrt: z.boolean(),
  schedule: broadcastScheduleSchema,
  drainedRegionIds: z.array(regionIdSchema).describe('Regions that it was moved off'),
  recordingAssetId: assetIdSchema.nullable(),
  watchUrls: z.array(z.string()).describe('One per pathway'),
  reports: z
    .array(liveReportSchema.extend({ nodeId: nodeIdSchema, regionId: regionIdSchema, ageMs: z.number() }))
    .describe('What nodes said last'),
  createdAtMs: timestampMsSchema,
  startedAtMs: timestampMsSchema.nullable(),
  endedAtMs: timestampMsSchema.nullable(),
});
export type BroadcastView = z.infer<typeof broadcastViewSchema>;

const quantiles = {
  latencyP50Ms: z.number().nullable().describe('Behind the newest part, as players tell; null: none told'),
  latencyP95Ms: z.number().nullable(),
};

/** Who watches a broadcast now, as players and swarm tell. */
const viewersSchema = z.object({
  viewers: z.number().int().nonnegative(),
  ...quantiles,
  regions: z
    .array(
      z.object({
        regionId: z.string().describe('Of the pathway that they use now'),
        viewers: z.number().int().nonnegative(),
        stalledViewers: z.number().int().nonnegative().describe('Had a stall since they began'),
        ...quantiles,
      }),
    )
    .describe('Most viewers first'),
  points: z.array(z.object({ atMs: timestampMsSchema, viewers: z.number().int() })),
});

/** What one node reported of a broadcast over the last minutes. */
const figureHistorySchema = z.object({
  role: z.enum(['ingest', 'channel']),
  nodeId: nodeIdSchema,
  channel: z.number().int().positive().nullable(),
  points: z.array(z.object({ atMs: timestampMsSchema, figures: z.record(z.string(), z.number()) })),
});
export type FigureHistory = z.infer<typeof figureHistorySchema>;

const ingestAddressSchema = z.object({
  protocol: z.enum(['rtmp', 'rtmps', 'srt', 'whip']),
  regionId: regionIdSchema,
  isPrimary: z.boolean(),
  url: z.string().describe('Without the key, as OBS wants it; of SRT and WHIP whole'),
});
export type IngestAddress = z.infer<typeof ingestAddressSchema>;

/** How to publish. Holds the stream key: for those who may operate. */
export const ingestAddressesSchema = z.object({
  streamKey: z.string(),
  expiresAtMs: timestampMsSchema,
  addresses: z.array(ingestAddressSchema),
  srtPassphrase: z.string().nullable().describe('For encoders that ask for it by itself; null: no SRT'),
});

const params = z.object({ broadcastId: broadcastIdSchema });
const regionParams = params.extend({ regionId: regionIdSchema });

export const liveRoutes = defineRoutes({
  'POST /v1/broadcasts': {
    summary: 'Create a broadcast; it is scheduled at once, and refused when no encoder has room for it',
    tag: 'live',
    permission: 'operator',
    body: newBroadcastSchema,
    response: broadcastViewSchema,
    errors: ['not_found', 'unavailable', 'overloaded', 'conflict'],
  },
  'GET /v1/broadcasts': {
    summary: 'Broadcasts, the newest first',
    tag: 'live',
    permission: 'viewer',
    query: z.object({
      state: broadcastStateSchema.optional(),
      before: broadcastIdSchema.optional().describe('Broadcasts older than this one'),
      limit: z.coerce.number().int().min(1).max(PAGE_SIZE_MAX).default(50),
    }),
    response: z.object({
      broadcasts: z.array(broadcastViewSchema),
      nextBefore: broadcastIdSchema.nullable(),
    }),
  },
  'GET /v1/broadcasts/{broadcastId}': {
    summary: 'A broadcast',
    tag: 'live',
    permission: 'viewer',
    params,
    response: broadcastViewSchema,
    errors: ['not_found'],
  },
  'GET /v1/broadcasts/{broadcastId}/viewers': {
    summary: 'Who watches a broadcast, by region, and how far behind the newest part; the last ten minutes',
    tag: 'live',
    permission: 'viewer',
    params,
    response: viewersSchema,
    errors: ['not_found'],
  },
  'GET /v1/broadcasts/{broadcastId}/figures': {
    summary: 'What ingests and channels reported over the last ten minutes, since control began',
    tag: 'live',
    permission: 'viewer',
    params,
    response: z.object({ workers: z.array(figureHistorySchema) }),
    errors: ['not_found'],
  },
  'POST /v1/broadcasts/{broadcastId}/drains/{regionId}': {
    summary: 'Move a broadcast off a region: its channel there ends, and publishers are sent elsewhere',
    tag: 'live',
    permission: 'operator',
    params: regionParams,
    response: broadcastViewSchema,
    errors: ['not_found', 'conflict', 'gone'],
  },
  'DELETE /v1/broadcasts/{broadcastId}/drains/{regionId}': {
    summary: 'Let a broadcast be made in a region again',
    tag: 'live',
    permission: 'operator',
    params: regionParams,
    response: broadcastViewSchema,
    errors: ['not_found', 'gone'],
  },
  'POST /v1/broadcasts/{broadcastId}/channels/{regionId}': {
    summary: 'Make a broadcast in a further region too, or move its last backup there',
    tag: 'live',
    permission: 'operator',
    params: regionParams,
    body: z.strictObject({
      isMoved: z.boolean().default(false).describe('In the place of the last backup; the primary stays'),
    }),
    response: broadcastViewSchema,
    errors: ['not_found', 'conflict', 'gone', 'wrong_region'],
  },
  'DELETE /v1/broadcasts/{broadcastId}/channels/{regionId}': {
    summary: 'End the channel in a region; two others must be left',
    tag: 'live',
    permission: 'operator',
    params: regionParams,
    response: broadcastViewSchema,
    errors: ['not_found', 'conflict', 'gone', 'wrong_region'],
  },
  'GET /v1/broadcasts/{broadcastId}/ingest': {
    summary: 'Where and with which key to publish',
    tag: 'live',
    permission: 'operator',
    params,
    response: ingestAddressesSchema,
    errors: ['not_found'],
  },
  'POST /v1/broadcasts/{broadcastId}/end': {
    summary: 'End a broadcast; its recording becomes an asset',
    tag: 'live',
    permission: 'operator',
    params,
    response: broadcastViewSchema,
    errors: ['not_found'],
  },
  'POST /v1/broadcasts/{broadcastId}/rotate-passphrase': {
    summary: 'Make another SRT passphrase; whoever publishes with the old one is cut off',
    tag: 'live',
    permission: 'operator',
    params,
    response: broadcastViewSchema,
    errors: ['not_found', 'conflict', 'gone'],
  },
  'POST /v1/broadcasts/{broadcastId}/switch': {
    summary: 'Make the backup channel the primary',
    tag: 'live',
    permission: 'operator',
    params,
    response: broadcastViewSchema,
    errors: ['not_found', 'conflict', 'wrong_region'],
  },
});

export const liveNodeRoutes = defineRoutes({
  'GET /node/v1/broadcasts': {
    summary: 'All broadcasts, changed or not; waits a while when the asker has the newest list',
    tag: 'nodes',
    permission: 'node',
    query: z.object({
      term: z.coerce.number().int().nonnegative(),
      revision: z.coerce.number().int().nonnegative(),
      waitMs: z.coerce.number().int().min(0).max(CLAIM_WAIT_MS_MAX).default(0),
    }),
    response: broadcastListSchema,
  },
  'POST /node/v1/live-reports': {
    summary: 'What this node sees of the broadcasts that it works on',
    tag: 'nodes',
    permission: 'node',
    body: z.object({ nodeId: nodeIdSchema, reports: z.array(liveReportSchema).max(1_000) }),
    response: z.object({ isAccepted: z.literal(true) }),
  },
  'POST /node/v1/broadcasts/{broadcastId}/recording': {
    summary: 'The complete recording that a channel has made; repeats are harmless',
    tag: 'nodes',
    permission: 'node',
    params,
    body: z.object({
      channel: z.number().int().positive(),
      media: mediaDocumentSchema,
      copies: z.array(regionIdSchema).max(64),
    }),
    response: z.object({ isAccepted: z.literal(true) }),
    errors: ['not_found', 'gone'],
  },
});
